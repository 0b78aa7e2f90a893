from django.core.management.base import BaseCommand, CommandError

from goals import tree
from goals.management.commands.recalculate import chosen


class Command(BaseCommand):
    help = "Finds goals whose tree numbers do not follow from parent and position; --repair rebuilds them."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true")
        parser.add_argument("--organisation", type=int, help="the id of one organisation; else all of them")

    def handle(self, *args, repair, organisation, **options):
        found = 0
        for each in chosen(organisation):
            faults = list(tree.faults(each.pk))
            for fault in faults:
                self.stdout.write(f"goal {fault.goal_id} {fault.what}")
            if repair and faults:
                self.stdout.write(f"{each}: {tree.repair(each.pk)} goals repaired")
            else:
                self.stdout.write(f"{each}: {len(faults)} faults")
                found += len(faults)
        if found:
            raise CommandError(f"{found} goals have wrong tree numbers; --repair rebuilds them.")
