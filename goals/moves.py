"""What a move of a goal would do, before it is done: whether it is allowed, and the figures of the goals above."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goals import past, structure
from goals.access import Rights
from goals.kpi_source import source
from goals.models import Goal, RollupState
from goals.nodes import GoalFigures, exactly
from goals.progress import STORED, restored
from goals.rollup import roll_up
from people.models import Person


@dataclass(frozen=True)
class Effect:
    """A goal's progress as it is and as it would be; None without data."""

    goal: Goal
    before: Decimal | None
    after: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before


MAY_NOT = gettext_lazy("You may not move this goal.")
MAY_NOT_BELOW = gettext_lazy("You may not add goals below that goal.")


def against(rights: Rights, goal: Goal, parent: Goal | None) -> str:
    """Why this person may not move the goal there, in words; empty when nothing speaks against it."""
    if not rights.can_edit(goal):
        return str(MAY_NOT)
    if parent is None or parent.pk == goal.parent_id:
        return "" if rights.can_move(goal, parent) else _("Only the strategy office places goals at the top.")
    if goal.tree_id == parent.tree_id and goal.lft <= parent.lft and parent.rght <= goal.rght:
        return _("A goal cannot stand below itself.")
    if parent.cycle_id != goal.cycle_id:
        return _("The two goals belong to different cycles.")
    if goal.level.rank < parent.level.rank:
        sentence = _("Its level, %(level)s, stands above the level of that goal, %(above)s.")
        return sentence % {"level": goal.level, "above": parent.level}
    return "" if rights.can_add_below(parent) else str(MAY_NOT_BELOW)


@exactly
def effects(moving: Collection[Goal], parent: Goal | None, person: Person) -> list[Effect]:
    """What moving these goals below `parent` makes of every goal above the old and the new places whose progress would
    change, and of the parents anyway, nearest first.

    The roll-up of the two paths from the stored figures of everything beside them: nothing is scored, nothing saved.
    """
    organisation = person.organisation
    ids = {goal.pk for goal in moving}
    ends = {pk for pk in (*(goal.parent_id for goal in moving), parent and parent.pk) if pk}
    above = structure.ancestor_ids(ends)
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    wanted = goals.filter(Q(pk__in=above) | Q(parent_id__in=above) | Q(pk__in=ids)).order_by()
    rows = list(wanted.values(*past.COLUMNS, *[f"figures__{name}" for name in STORED]))
    known = known_figures(rows, above)
    state = RollupState.objects.filter(organisation_id=organisation.pk).first()
    on = (state and state.figures_on) or organisation.today()
    parts = source().stored(organisation, on, (), above).parts
    limits = past.thresholds(organisation)
    now = past.nodes(rows)
    then = [replace(node, parent=parent and parent.pk) if node.id in ids else node for node in now]
    before = roll_up(now, parts, on, limits, known)
    after = roll_up(then, parts, on, limits, known)
    seen = Goal.objects.visible_to(person).filter(pk__in=above).order_by("-depth")
    found = [Effect(each, before[each.pk].progress, after[each.pk].progress) for each in seen]
    return [effect for effect in found if effect.before != effect.after or effect.goal.pk in ends]


def known_figures(rows: Iterable[dict], above: list[int]) -> dict[int, GoalFigures]:
    """The stored figures of the goals beside the paths."""
    known = {}
    for row in rows:
        figures = {name: row[f"figures__{name}"] for name in STORED}
        if row["id"] not in above and figures["status"]:
            known[row["id"]] = restored(figures)
    return known
