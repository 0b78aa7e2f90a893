"""Goals that support others beside the tree (docs/domain.md section 1): shown, never counted."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cascade import versions
from goals import structure
from goals.models import Alignment, Goal
from people.models import Person


def create(goal: Goal, supports: Goal, *, by: Person, note: str = "", reason: str = "") -> Alignment:
    """Raises ValidationError (supports: same_goal, other_organisation, in_its_path, aligned_already)."""
    with structure.lock(goal.organisation_id):  # nothing moves between the check and the write
        refuse_meaningless(goal, supports)
        made = Alignment(organisation_id=goal.organisation_id, goal=goal, supports=supports)
        versions.write(made, by, reason, note=note)
        return made


def refuse_meaningless(goal: Goal, supports: Goal) -> None:
    if goal.pk == supports.pk:
        raise refused("same_goal", _("A goal cannot support itself."))
    if goal.organisation_id != supports.organisation_id:
        raise refused("other_organisation", _("That goal belongs to another organisation."))
    if supports.pk in structure.ancestor_ids([goal.pk]):
        raise refused("in_its_path", _("It stands below that goal and counts there already."))
    if goal.pk in structure.ancestor_ids([supports.pk]):
        raise refused("in_its_path", _("That goal stands below this one and counts here already."))
    if Alignment.objects.filter(goal=goal, supports=supports).exists():
        raise refused("aligned_already", _("It supports that goal already."))


def refused(code: str, message: str) -> ValidationError:
    return ValidationError({"supports": ValidationError(message, code=code)})


def candidates(goal: Goal, person: Person) -> QuerySet[Goal]:
    """The goals it could support, of those the person may see."""
    taken = goal.alignments.values("supports")
    goals = Goal.objects.visible_to(person).open().exclude(pk__in=structure.ancestor_ids([goal.pk]))
    below = Goal.objects.subtree(goal).values("pk")
    return goals.exclude(pk__in=below).exclude(pk__in=taken)
