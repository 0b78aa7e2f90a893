"""Many new goals below one, at the cost of one (docs/domain.md section 1)."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F

from cascade.errors import RowsRefused
from cascade.problems import django_errors
from goals import acts, marks, structure, tree
from goals.models import Goal
from people.models import Person

BATCH = 500


def plant(parent: Goal, rows: Sequence[dict[str, Any]], *, by: Person | None, reason: str = "") -> list[Goal]:
    """The goals of these fields, in this order, last among the children of `parent`. The number of queries does not
    depend on theirs.

    Raises RowsRefused with the codes of `tree.create`, its rows counted from 1, and Conflict (parent_ended).
    """
    with structure.lock(parent.organisation_id) as organisation:
        parent = tree.fresh(parent)
        goals = [Goal(organisation=organisation, parent=parent, cycle=parent.cycle, **row) for row in rows]
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
