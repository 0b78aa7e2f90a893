"""The roll-up of an organisation: takes dirty marks, computes the paths above them, writes what changed.

Every run holds the organisation's lock and reads its marks first, so whatever commits later is marked again and
rolled up again; a crash loses nothing and a second run changes nothing. The number of queries does not depend on the
number of marks or goals. The maths is goals/rollup.py; docs/domain.md section 8 says what it means.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from goals import past, rollup, structure
from goals.kpi_source import source
from goals.models import DirtyMark, Goal, GoalFigures, RollupState
from people.models import Organisation

STORED = (
    "progress",
    "expected",
    "gap",
    "coverage",
    "stale_share",
    "share",
    "status",
    "counted",
    "has_parts",
    "achieved",
    "trouble_below",
)
SNAPSHOT = ("progress", "expected", "gap", "coverage", "status")
FULL_ABOVE = 0.2  # from this share of dirty goals on, recalculating everything is cheaper
MOST_MISSED_DAYS = 31


@dataclass(frozen=True)
class Done:
    """What one roll-up did: marks taken, goals whose figures changed."""

    marks: int = 0
    changed: int = 0


def roll_up(organisation_id: int, *, everything: bool = False) -> Done:
    """Brings the stored figures up to date with all that was committed before; everything, when the day changed."""
    with structure.lock(organisation_id) as organisation:
        on = organisation.today()
        state, _ = RollupState.objects.get_or_create(organisation_id=organisation_id)
        marks = list(DirtyMark.objects.filter(organisation_id=organisation_id).values_list("id", "goal_id", "kpi_id"))
        everything = everything or state.figures_on != on
        if not marks and not everything:
            return Done()
        dirty = {goal_id for _, goal_id, _ in marks if goal_id}
        everything = (
            everything or len(dirty) > FULL_ABOVE * Goal.objects.filter(organisation_id=organisation_id).count()
        )
        source().refresh(organisation, on, None if everything else {kpi for _, _, kpi in marks if kpi})
        changed = refresh(organisation, on, None if everything else structure.ancestor_ids(dirty))
        DirtyMark.objects.filter(pk__in=[mark for mark, _, _ in marks]).delete()
        state.finished_at, state.figures_on = timezone.now(), on
        state.save(update_fields=["finished_at", "figures_on"])
        return Done(len(marks), changed)


def refresh(organisation: Organisation, on: dt.date, goal_ids: Collection[int] | None) -> int:
    """Rolls up these goals (None: all), which must include everything above them, from the stored KPI figures."""
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    stored = GoalFigures.objects.filter(organisation_id=organisation.pk)
    if goal_ids is not None:
        reach = Q(pk__in=goal_ids) | Q(parent_id__in=goal_ids)
        goals = goals.filter(reach)
        stored = stored.filter(goal__in=goals)
    nodes = past.nodes(goals.order_by().values(*past.COLUMNS))
    before = {row["goal_id"]: row for row in stored.values("goal_id", *STORED)}
    known = {} if goal_ids is None else {pk: restored(row) for pk, row in before.items() if pk not in set(goal_ids)}
    parts = source().stored_parts(organisation, goal_ids)
    found = rollup.roll_up(nodes, parts, on, past.thresholds(organisation), known=known)
    return write(organisation, nodes, parts, {**known, **found}, before)
