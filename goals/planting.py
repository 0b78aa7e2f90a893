"""Many new goals below one, and their taking away, at the cost of one (docs/domain.md section 1)."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.db.models.deletion import Collector

from cascade.errors import Conflict, RowsRefused
from cascade.problems import django_errors
from goals import acts, locks, marks, structure, tree
from goals.models import DirtyMark, Goal
from people.models import Person

BATCH = 500


def plant(parent: Goal, rows: Sequence[dict[str, Any]], *, by: Person | None, reason: str = "") -> list[Goal]:
    """The goals of these fields, in this order, last among the children of `parent`. The number of queries does not
    depend on theirs.

    Raises RowsRefused with the codes of `tree.create`, its rows counted from 1, and Conflict (parent_ended, locked,
    cycle_planning).
    """
    with structure.lock(parent.organisation_id) as organisation:
        parent = tree.fresh(parent)
        goals = [Goal(organisation=organisation, parent=parent, cycle=parent.cycle, **row) for row in rows]
        for goal in goals:
            tree.refuse_locked(goal, parent)
        refuse_wrong(goals, parent)
        if not goals:
            return []
        position = tree.next_position(parent.organisation_id, parent)
        room(parent, len(goals))
        for place, goal in enumerate(goals):
            goal.position, goal.tree_id, goal.depth = position + place, parent.tree_id, parent.depth + 1
            goal.lft = parent.rght + 2 * place
            goal.rght = goal.lft + 1
        Goal.objects.bulk_create(goals, batch_size=BATCH)
        Goal.history.bulk_history_create(goals, batch_size=BATCH, default_user=by, default_change_reason=reason)
        marks.mark(parent.organisation_id, [parent.pk, *(goal.pk for goal in goals)])
        for goal in goals:
            acts.note("created", goal.pk, None)
        return goals


def refuse_wrong(goals: Sequence[Goal], parent: Goal) -> None:
    errors = []
    for place, goal in enumerate(goals, 1):
        try:
            goal.check_decided()
            tree.refuse_misplaced(goal, parent)
        except ValidationError as refusal:
            errors += [{"row": place, **told} for told in django_errors(refusal)]
    if errors:
        raise RowsRefused(errors)


def room(parent: Goal, count: int) -> None:
    """Makes room for `count` leaves at the end of the parent's own numbers."""
    goals = Goal.objects.filter(tree_id=parent.tree_id)
    goals.filter(rght__gte=parent.rght).update(rght=F("rght") + 2 * count)
    goals.filter(lft__gt=parent.rght).update(lft=F("lft") + 2 * count)


def uproot(goals: Sequence[Goal], *, by: Person | None, reason: str = "") -> None:
    """Takes away goals of one organisation as `tree.delete` does one, in a few queries and the history of each.

    Raises Conflict has_children, has_values or locked.
    """
    with structure.lock(goals[0].organisation_id) as organisation:
        goals = list(Goal.objects.select_related("cycle").filter(pk__in=[goal.pk for goal in goals]))
        ids = [goal.pk for goal in goals]
        if Goal.objects.filter(parent__in=ids).exclude(pk__in=ids).exists():
            raise Conflict("has_children", str(tree.HAS_CHILDREN))
        if Goal.objects.filter(pk__in=ids, kpis__revisions__isnull=False).exists():
            raise Conflict("has_values", str(tree.HAS_VALUES))
        for goal in goals:
            locks.refuse_ended(goal.cycle, goal.due)
            goal._history_user, goal._change_reason = by, reason
        DirtyMark.objects.filter(goal__in=ids).delete()
        for depth in sorted({goal.depth for goal in goals}, reverse=True):
            collector = Collector(using=Goal.objects.db)
            collector.collect([goal for goal in goals if goal.depth == depth])
            collector.delete()
        for tree_id, start, end in reversed(gaps(goals)):
            close(tree_id, start, end)
        marks.mark(organisation.pk, {goal.parent_id for goal in goals} - set(ids))


def gaps(gone: Sequence[Goal]) -> list[tuple[int, int, int]]:
    """The numbers that goals leave free, (tree, first, last), those side by side as one."""
    found: list[tuple[int, int, int]] = []
    for goal in sorted(gone, key=lambda goal: (goal.tree_id, goal.lft)):
        tree_id, start, end = found[-1] if found else (0, 0, -1)
        if tree_id != goal.tree_id or goal.lft > end + 1:
            found.append((goal.tree_id, goal.lft, goal.rght))
        elif goal.rght > end:
            found[-1] = (tree_id, start, goal.rght)
    return found


def close(tree_id: int, start: int, end: int) -> None:
    goals, width = Goal.objects.filter(tree_id=tree_id), end - start + 1
    goals.filter(lft__gt=end).update(lft=F("lft") - width)
    goals.filter(rght__gt=end).update(rght=F("rght") - width)
