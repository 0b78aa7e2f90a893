"""Some goals, each with the parts its figures come from: enough for a page, however much lies below.

Live, the parts' own figures are the stored ones; at a date everything is calculated afresh. The digits are the same
(docs/decisions/0001-rounding-at-every-node.md).
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import F, Q

from goals import past, progress, rollup
from goals.kpi_source import Scored, source
from goals.models import Goal, RollupState
from goals.nodes import ZERO, GoalFigures, GoalNode, KpiPart, State, Status, Thresholds
from goals.rollup import Explained, Leaf, Step
from people.models import Organisation


@dataclass(frozen=True)
class Nearby:
    """Goals with their own KPIs and child goals. `held` are the figures of child goals whose parts are not here.

    `told` and `scores` hold what a page shows of goals and KPIs beside their figures.
    """

    on: dt.date
    known: dt.datetime | None
    thresholds: Thresholds
    goals: Mapping[Any, GoalNode]
    kpis: list[KpiPart]
    held: Mapping[Any, GoalFigures]
    told: Mapping[Any, dict[str, Any]]
    scores: Scored

    @cached_property
    def figures(self) -> dict[Any, GoalFigures]:
        found = rollup.roll_up(self.goals.values(), self.kpis, self.on, self.thresholds, self.held)
        return {**self.held, **found}

    def explained(self, goal_id: Any) -> Explained:
        return rollup.explain(goal_id, self.goals.values(), self.kpis, self.on, self.thresholds, self.held)

    def sight(self, goal_id: Any) -> list[Step]:
        """The way up from a goal, as far as its parents are here."""
        leaf: Leaf = ("goal", goal_id)
        nodes = self.goals.values()
        return rollup.lines_of_sight([leaf], nodes, self.kpis, self.on, self.thresholds, self.held)[leaf]

    def reopened(self, goal_id: Any) -> "Nearby":
        """The same with a closed goal still active."""
        return replace(self, goals={**self.goals, goal_id: replace(self.goals[goal_id], state=State.active)})


NOT_ROLLED_UP = GoalFigures(None, None, None, ZERO, None, Status.no_data, counted=False, has_parts=True, achieved=False)


def live(organisation: Organisation, ids: Collection[int]) -> Nearby:
    """These goals with their parts, from the stored figures of the goals right below."""
    state = RollupState.objects.filter(organisation_id=organisation.pk).first()
    stored = {name: F(f"figures__{name}") for name in progress.FIGURES}
    goals = Goal.objects.filter(Q(pk__in=ids) | Q(parent_id__in=ids), organisation_id=organisation.pk)
    rows = list(goals.order_by().values(*past.COLUMNS, *past.TOLD, **stored))
    held = {
        row["id"]: NOT_ROLLED_UP if row["status"] is None else progress.restored(row)
        for row in rows
        if row["id"] not in ids
    }
    on = (state and state.figures_on) or organisation.today()
    scores = source().at(organisation, on, None, ids)
    told = {row["id"]: {name: row[name] for name in past.TOLD} for row in rows}
    nodes = {node.id: node for node in past.nodes(rows)}
    thresholds = past.thresholds(organisation)
    return Nearby(on, None, thresholds, nodes, list(scores.parts), held, told, scores)


def at(tree: past.Tree, figures: Mapping[Any, GoalFigures], ids: Collection[Any]) -> Nearby:
    """The same out of a tree at a date, which has these figures."""
    goals = {node.id: node for node in tree.goals if node.id in ids or node.parent in ids}
    held = {goal_id: figures[goal_id] for goal_id in goals if goal_id not in ids}
    kpis = [kpi for kpi in tree.kpis if kpi.goal in ids]
    return Nearby(tree.on, tree.known, tree.thresholds, goals, kpis, held, tree.told, tree.scores)
