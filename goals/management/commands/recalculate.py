from django.core.management.base import BaseCommand, CommandError

from goals import progress
from people.models import Organisation


class Command(BaseCommand):
    help = "Calculates every figure from scratch and stores it; --check only compares and lists differences."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a stored figure is wrong")
        parser.add_argument("--organisation", type=int, help="the id of one organisation; else all of them")

    def handle(self, *args, check, organisation, **options):
        wrong = 0
        for each in chosen(organisation):
            if check:
                wrong += self.compare(each)
            else:
                done = progress.roll_up(each.pk, everything=True)
                self.stdout.write(f"{each}: {done.changed} figures changed")
        if wrong:
            raise CommandError(f"{wrong} stored figures are not what a calculation from scratch gives.")

    def compare(self, organisation) -> int:
        found = progress.differences(organisation)
        for each in found:
            self.stdout.write(f"{each.kind} {each.id}: {each.name} is {each.stored}, should be {each.fresh}")
        waiting = organisation.dirty_marks.count()
        also = f"; {waiting} marks are waiting for the worker" if waiting else ""
        counts = f"{organisation.goals.count()} goals and {organisation.kpis.count()} KPIs"
        self.stdout.write(f"{organisation}: {counts} compared, {len(found)} differences{also}")
        return len(found)


def chosen(organisation_id):
    """One organisation or all; CommandError when there is none with that id."""
    organisations = Organisation.objects.order_by("pk")
    if organisation_id is None:
        return organisations
    found = organisations.filter(pk=organisation_id)
    if not found:
        raise CommandError(f"There is no organisation {organisation_id}.")
    return found
