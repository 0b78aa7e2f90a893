"""One tree as it was on a date, from what was recorded by a moment: the same engine with other inputs.

Structure, weights, owners and states follow `known` (docs/domain.md sections 0 and 5): they come from the history
when it is given and from the tables otherwise; values follow both.
"""

import datetime as dt
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
TOLD = ("title", "why", "owner_id", "unit_id", "position", "cycle_id", "level_id")


@dataclass(frozen=True)
class Tree:
    """Goals and KPIs of an organisation at (`on`, `known`), ready for every question to the engine.

    `told` holds what a page shows of a goal beside its figures, by goal id, as it was known then.
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
    on = on or organisation.today()
    rows = list(goal_rows(organisation, known, goal_ids))
    scores = source().at(organisation, on, known, None if goal_ids is None else [row["id"] for row in rows])
    told = {row["id"]: {name: row[name] for name in TOLD} for row in rows}
    return Tree(on, known, thresholds(organisation), nodes(rows), scores, told)


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
