"""One tree as it was on a date, from what was recorded by a moment: the same engine with other inputs.

Structure, weights, owners and states follow `known` (docs/domain.md sections 0 and 5): they come from the history
when it is given and from the tables otherwise; values follow both.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from goals.kpi_source import Scored, source
from goals.models import Goal
from goals.rollup import GoalFigures, GoalNode, KpiPart, Method, State, Thresholds, roll_up
from people.models import Organisation

COLUMNS = (
    "id",
    "parent_id",
    "weight",
    "state",
    "rollup_method",
    "level__rank",
    "start",
    "due",
    "closed_on",
    "final_progress",
    "final_coverage",
    "final_expected",
)
TOLD = (
    "external_id",
    "title",
    "why",
    "owner_id",
    "unit_id",
    "position",
    "cycle_id",
    "level_id",
    "perspective_id",
    "updated_at",
)
MOST_NAMED = 5000  # ids in one statement; beyond it everything is read


@dataclass(frozen=True)
class Tree:
    """Goals and KPIs of an organisation at (`on`, `known`), ready for every question to the engine.

    `told` holds what people had decided about a goal (COLUMNS and TOLD), by goal id, as it was known then.
    """

    on: dt.date
    known: dt.datetime | None
    thresholds: Thresholds
    goals: list[GoalNode]
    scores: Scored
    told: dict[int, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def kpis(self) -> list[KpiPart]:
        return list(self.scores.parts)

    def figures(self) -> dict[Any, GoalFigures]:
        return roll_up(self.goals, self.kpis, self.on, self.thresholds)


def tree_at(
    organisation: Organisation,
    on: dt.date | None = None,
    known: dt.datetime | None = None,
    goal_ids: Collection[int] | None = None,
) -> Tree:
    """The goals named (None: all of the organisation) with their KPIs, scored afresh; nothing is stored."""
    rows = list(goal_rows(organisation, known, goal_ids))
    return planted(organisation, on, known, rows, None if goal_ids is None else [row["id"] for row in rows])


def subtree_at(goal: Goal, on: dt.date | None = None, known: dt.datetime | None = None) -> Tree:
    """The goal and everything below it, with their KPIs; without the goal when it was not there yet."""
    return below(goal.organisation, goal.pk, on, known)


def whole_tree_at(goal: Goal, on: dt.date | None = None, known: dt.datetime | None = None) -> Tree:
    """All of the tree in which the goal stood."""
    if known is None:
        root = Goal.objects.filter(tree_id=goal.tree_id, parent=None).values_list("pk", flat=True).get()
        return below(goal.organisation, root, on, None)
    rows = goal_rows(goal.organisation, known)
    parents = {row["id"]: row["parent_id"] for row in rows}
    root, seen = goal.pk, set()
    while parents.get(root) is not None and root not in seen:
        seen.add(root)
        root = parents[root]
    return below(goal.organisation, root, on, known, rows)


def below(
    organisation: Organisation,
    top: int,
    on: dt.date | None,
    known: dt.datetime | None,
    rows: Iterable[dict[str, Any]] | None = None,
) -> Tree:
    if known is None:
        subtree = Goal.objects.subtree(Goal.objects.get(pk=top))
        rows = list(subtree.order_by().values(*COLUMNS, *TOLD))
    else:
        rows = subtree_rows(goal_rows(organisation, known) if rows is None else rows, top)
    ids = [row["id"] for row in rows]
    return planted(organisation, on, known, rows, ids if len(ids) <= MOST_NAMED else None)


def subtree_rows(rows: Iterable[dict[str, Any]], top: int) -> list[dict[str, Any]]:
    """The rows of one goal and everything below it."""
    children = defaultdict(list)
    for row in rows:
        children[row["parent_id"]].append(row)
    found = [row for each in children.values() for row in each if row["id"] == top]
    for row in found:
        found.extend(children.pop(row["id"], ()))
    return found


def planted(
    organisation: Organisation,
    on: dt.date | None,
    known: dt.datetime | None,
    rows: list[dict[str, Any]],
    goal_ids: Collection[int] | None,
) -> Tree:
    """A tree of these rows, its KPIs scored by the settings as they were known."""
    on = on or organisation.today()
    settings = organisation if known is None else organisation_known(organisation, known)
    scores = source().at(settings, on, known, goal_ids)
    return Tree(on, known, thresholds(settings), nodes(rows), scores, {row["id"]: row for row in rows})


def organisation_known(organisation: Organisation, known: dt.datetime) -> Organisation:
    """The organisation with the settings it had by then, or its first ones."""
    versions = Organisation.history.filter(id=organisation.pk)
    held = versions.filter(history_date__lte=known).order_by("history_date", "history_id").last()
    held = held or versions.order_by("history_date", "history_id").first()
    return held.instance if held else organisation


def thresholds(organisation: Organisation) -> Thresholds:
    return Thresholds(organisation.on_track, organisation.at_risk, organisation.min_coverage)


def goal_rows(
    organisation: Organisation, known: dt.datetime | None, goal_ids: Collection[int] | None = None
) -> Iterable[dict[str, Any]]:
    """What the engine needs of each goal, and TOLD, now or as recorded by `known`."""
    if known is None:
        goals = Goal.objects.filter(organisation_id=organisation.pk)
        if goal_ids is not None:
            goals = goals.filter(pk__in=goal_ids)
        return goals.order_by().values(*COLUMNS, *TOLD)
    return rows_known(Goal.history, organisation, known, "level__rank", ids=goal_ids)


def rows_known(
    history: Any,
    organisation: Organisation,
    known: dt.datetime,
    *joined: str,
    ids: Collection[int] | None = None,
) -> list[dict[str, Any]]:
    """The last recorded version of each row by `known`, without the deleted ones."""
    versions = history.filter(organisation_id=organisation.pk, history_date__lte=known)
    if ids is not None:
        versions = versions.filter(id__in=ids)
    own = [f.attname for f in history.model._meta.concrete_fields if f.name != "history_change_reason"]
    last = {row["id"]: row for row in versions.order_by("history_date", "history_id").values(*own, *joined)}
    return [row for row in last.values() if row["history_type"] != "-"]


def nodes(rows: Iterable[dict[str, Any]]) -> list[GoalNode]:
    return [
        GoalNode(
            id=row["id"],
            parent=row["parent_id"],
            weight=row["weight"],
            state=State(row["state"]),
            method=Method(row["rollup_method"]),
            rank=row["level__rank"],
            start=row["start"],
            due=row["due"],
            closed_on=row["closed_on"],
            final_progress=row["final_progress"],
            final_coverage=row["final_coverage"],
            final_expected=row["final_expected"],
        )
        for row in rows
    ]
