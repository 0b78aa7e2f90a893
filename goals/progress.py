"""The roll-up of an organisation: takes dirty marks, computes the paths above them, writes what changed.

Every run holds the organisation's lock and reads its marks first, so whatever commits later is marked again and
rolled up again; a crash loses nothing and a second run changes nothing. The number of queries does not depend on the
number of marks or goals. The maths is goals/rollup.py; docs/domain.md section 8 says what it means.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from goals import past, rollup, structure
from goals import rollup as engine
from goals.kpi_source import Difference, compare, source
from goals.models import DirtyMark, Goal, GoalFigures, GoalSnapshot, RollupState
from goals.nodes import ONE, ZERO, GoalNode
from goals.voices import wins
from people.models import Organisation

FIGURES = (
    "progress",
    "expected",
    "gap",
    "coverage",
    "stale_share",
    "status",
    "counted",
    "has_parts",
    "achieved",
    "trouble_below",
)
STORED = (*FIGURES, "share")
SNAPSHOT = ("progress", "expected", "gap", "coverage", "status")
FULL_ABOVE = 0.2  # from this share of dirty goals on, recalculating everything is cheaper
FEW, MOST = 100, 5000  # up to so many never are such a share; more than so many always are
MOST_MISSED_DAYS = 31
BATCH = 2000

Row = dict[str, Any]


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
        rescore = {kpi for _, _, kpi in marks if kpi}
        derived = source().dependents(organisation_id, rescore)
        rescore |= derived.keys()
        dirty |= set(derived.values())
        everything = everything or is_most(dirty, organisation_id) or len(rescore) > MOST
        if everything:
            changed = refresh(organisation, on, None, None)
        else:
            changed = refresh(organisation, on, structure.ancestor_ids(dirty), rescore)
        DirtyMark.objects.filter(pk__in=[mark for mark, _, _ in marks]).delete()
        source().rolled_up(organisation_id, None if everything else rescore, None if everything else dirty)
        state.finished_at, state.figures_on = timezone.now(), on
        state.save(update_fields=["finished_at", "figures_on"])
        return Done(len(marks), changed)


def is_most(dirty: set[int], organisation_id: int) -> bool:
    if len(dirty) <= FEW or len(dirty) > MOST:
        return len(dirty) > MOST
    return len(dirty) > FULL_ABOVE * Goal.objects.filter(organisation_id=organisation_id).count()


def refresh(
    organisation: Organisation, on: dt.date, goal_ids: Collection[int] | None, rescore: Collection[int] | None
) -> int:
    """Rolls up these goals (None: all), which must include everything above them, after scoring these KPIs anew."""
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    if goal_ids is not None:
        goals = goals.filter(Q(pk__in=goal_ids) | Q(parent_id__in=goal_ids))
    rows = list(goals.order_by().values(*past.COLUMNS, *[f"figures__{name}" for name in STORED], "win"))
    before = {row["id"]: {name: row[f"figures__{name}"] for name in STORED} for row in rows if row["figures__status"]}
    wanted = None if goal_ids is None else set(goal_ids)
    known = {} if wanted is None else {pk: restored(row) for pk, row in before.items() if pk not in wanted}
    nodes = past.nodes(rows)
    scores = source().stored(organisation, on, rescore, goal_ids)
    found = rollup.roll_up(nodes, scores.parts, on, past.thresholds(organisation), known=known)
    now = timezone.now()
    scores.store({kpi: share for figures in found.values() for kpi, share in figures.kpi_shares.items()}, now)
    wins.notice(organisation, nodes, found, {row["id"] for row in rows if row["win"]}, on)
    return write(organisation, nodes, found, before, now)


def restored(row: Row) -> engine.GoalFigures:
    """A goal's stored figures as its parent needs them."""
    return engine.GoalFigures(**{name: row[name] for name in FIGURES})


def write(
    organisation: Organisation,
    nodes: Iterable[GoalNode],
    found: Mapping[Any, engine.GoalFigures],
    before: Mapping[int, Row],
    now: dt.datetime,
) -> int:
    """Stores the figures found, and every goal's share of a parent that was rolled up, where something changed."""
    changed = []
    for node in nodes:
        figures = stored_figures(found[node.id]) if node.id in found else dict(before[node.id])
        figures["share"] = share_of(node, found, before)
        if figures != before.get(node.id):
            changed.append(GoalFigures(goal_id=node.id, organisation_id=organisation.pk, rolled_up_at=now, **figures))
    GoalFigures.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["goal"],
        update_fields=[*STORED, "rolled_up_at"],
    )
    return len(changed)


def share_of(node: GoalNode, found: Mapping[Any, engine.GoalFigures], before: Mapping[int, Row]) -> Decimal:
    """The goal's part of its parent's progress; a root is the whole of itself."""
    if node.parent is None:
        return ONE
    if node.parent in found:
        return found[node.parent].goal_shares.get(node.id, ZERO)
    return before[node.id]["share"]


def stored_figures(figures: engine.GoalFigures) -> Row:
    return {name: getattr(figures, name) for name in FIGURES} | {"status": str(figures.status)}


def begin_day(organisation_id: int) -> None:
    """After local midnight: the snapshots of the days that ended, as they were known then, and everything rolled up
    for the new day. What a day's snapshot says never changes, so a second run does nothing."""
    with structure.lock(organisation_id) as organisation:
        today = organisation.today()
        state, _ = RollupState.objects.get_or_create(organisation_id=organisation_id)
        for day in missed_days(state.snapshot_on, today):
            snapshot(organisation, day)
            state.snapshot_on = day
            state.save(update_fields=["snapshot_on"])
        if state.figures_on != today:
            source().begin_day(organisation, today)
            roll_up(organisation_id, everything=True)


def missed_days(last: dt.date | None, today: dt.date) -> list[dt.date]:
    """The days that ended without a snapshot, at most a month of them."""
    yesterday = today - dt.timedelta(days=1)
    if last is None:
        return [yesterday]
    count = min((yesterday - last).days, MOST_MISSED_DAYS)
    return [yesterday - dt.timedelta(days=back) for back in reversed(range(count))]


def snapshot(organisation: Organisation, day: dt.date) -> None:
    """Keeps every goal's and KPI's figures of a day, known by its end, where they differ from the last ones kept."""
    tree = past.tree_at(organisation, day, organisation.end_of(day))
    before = last_snapshots(organisation, day)
    rows = []
    for goal_id, figures in tree.figures().items():
        kept = {name: stored_figures(figures)[name] for name in SNAPSHOT}
        if kept != before.get(goal_id):
            rows.append(GoalSnapshot(goal_id=goal_id, organisation_id=organisation.pk, day=day, **kept))
    still_there = set(Goal.objects.filter(organisation_id=organisation.pk).values_list("pk", flat=True))
    GoalSnapshot.objects.bulk_create(
        [row for row in rows if row.goal_id in still_there], batch_size=BATCH, ignore_conflicts=True
    )
    tree.scores.snapshot(day)


def last_snapshots(organisation: Organisation, day: dt.date) -> dict[int, Row]:
    last = GoalSnapshot.objects.filter(goal=OuterRef("goal"), day__lt=day).order_by("-day").values("day")[:1]
    rows = GoalSnapshot.objects.filter(organisation_id=organisation.pk, day=Subquery(last))
    return {row.pop("goal_id"): row for row in rows.values("goal_id", *SNAPSHOT)}


def differences(organisation: Organisation) -> list[Difference]:
    """Every stored figure of a goal or KPI that a fresh calculation, from all revisions, does not confirm."""
    with structure.lock(organisation.pk):
        state = RollupState.objects.filter(organisation_id=organisation.pk).first()
        tree = past.tree_at(organisation, state and state.figures_on)
        fresh = tree.figures()
        stored = GoalFigures.objects.filter(organisation_id=organisation.pk).values("goal_id", *STORED)
        kept = {row.pop("goal_id"): row for row in stored}
        wrong = tree.scores.differences(
            {kpi: share for figures in fresh.values() for kpi, share in figures.kpi_shares.items()}
        )
    for node in tree.goals:
        right = stored_figures(fresh[node.id]) | {"share": share_of(node, fresh, {})}
        wrong += compare("goal", node.id, kept.get(node.id), right)
    return wrong
