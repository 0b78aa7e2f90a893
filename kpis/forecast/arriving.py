"""Where the goals of a tree end up if the trends of their KPIs go on, and how likely they arrive
(docs/domain.md section 11).

Pure. The progress foreseen is the exact roll-up with the foreseen progress of each KPI that has a forecast, each at
its own due date; all other parts stay as they are. The chance is the share of draws, in each of which every KPI goes
its own random way: KPIs are taken as independent, which makes extremes look too rare.

Where section 11 leaves freedom: what counts, and with what weight, is what counts on the date of the forecast; a goal's
draws are those of the KPIs below it, so a goal and the goals under it tell of the same ways.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from goals.mix import Forest, Part, mixed, parts_of
from goals.nodes import ONE, ZERO, GoalFigures, GoalNode, Id, KpiPart, Method, State, Thresholds, compared, exactly
from goals.rollup import DEFAULTS
from kpis.forecast.drawn import share_from
from kpis.forecast.trend import Floats, decimal

MOSTLY = 0.7
LEAST_SHARE = Decimal("0.5")


class Arrival(NamedTuple):
    """`progress` foreseen, 0..1, None where the goal has no data; `share` of its effective weight that has a forecast.

    Where that is at least a half: between `low` and `high` end 8 in 10 draws, and the chance of at least 0.7 and of 1.
    """

    progress: Decimal | None
    share: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    mostly: Decimal | None = None
    wholly: Decimal | None = None


Draw = Callable[[Id, Id], Floats | None]
"""The progress of a KPI (goal, KPI) in each draw, the same at every call; None where it has no forecast."""


@exactly
def arrivals(
    goals: Iterable[GoalNode],
    kpis: Iterable[KpiPart],
    foreseen: Mapping[Id, Decimal],
    draw: Draw,
    on: date,
    thresholds: Thresholds = DEFAULTS,
) -> dict[Id, Arrival]:
    """The arrival of every goal. `foreseen` is the progress of the KPIs with a forecast; KPIs that do not contribute
    are never drawn."""
    parts = [replace(kpi, progress=foreseen[kpi.id]) if scored(kpi) and kpi.id in foreseen else kpi for kpi in kpis]
    forest = Forest(goals, parts)
    figures = forest.figures(on, thresholds, {})
    shares = shares_foreseen(forest, figures, foreseen)
    told = {goal for goal, share in shares.items() if compared(share) >= LEAST_SHARE}
    drawn = Draws(forest, figures, foreseen.keys(), draw, on).of(told)
    return {goal: Arrival(found.progress, shares[goal], *drawn.get(goal, ())) for goal, found in figures.items()}


def scored(kpi: KpiPart) -> bool:
    return kpi.progress is not None


def shares_foreseen(
    forest: Forest, figures: Mapping[Id, GoalFigures], foreseen: Collection[Id] | Mapping[Id, Decimal]
) -> dict[Id, Decimal]:
    """The part of each goal's effective weight that lies on KPIs with a forecast."""
    shares: dict[Id, Decimal] = {}
    for node in reversed(forest.order):
        found = figures[node.id]
        if node.state == State.closed:
            shares[node.id] = ZERO
            continue
        of_kpis = (share for kpi, share in found.kpi_shares.items() if kpi in foreseen)
        of_goals = (share * shares[child] for child, share in found.goal_shares.items() if share)
        shares[node.id] = min(ONE, sum(of_kpis, ZERO) + sum(of_goals, ZERO))
    return shares


class Draws:
    """The progress of goals in each draw, children before parents, holding no more than one way down a tree."""

    def __init__(
        self,
        forest: Forest,
        figures: Mapping[Id, GoalFigures],
        foreseen: Collection[Id],
        draw: Draw,
        on: date,
    ) -> None:
        self.forest, self.figures, self.foreseen, self.draw, self.on = forest, figures, foreseen, draw, on
        self.waiting: dict[Id, Floats] = {}
        self.found: dict[Id, tuple[Decimal, Decimal, Decimal, Decimal]] = {}

    def of(self, told: Collection[Id]) -> dict[Id, tuple[Decimal, Decimal, Decimal, Decimal]]:
        needed = self.needed(told)
        for node in reversed(self.forest.order):
            if node.id not in needed:
                continue
            drawn = self.progress(node)
            if node.id in told and drawn is not None:
                self.found[node.id] = summary(drawn)
            if drawn is not None and node.parent in needed:
                self.waiting[node.id] = drawn
        return self.found

    def needed(self, told: Collection[Id]) -> set[Id]:
        """The goals whose draws are told, and those that these are made of."""
        needed: set[Id] = set()
        for node in self.forest.order:
            above = node.parent in needed and self.figures[node.id].progress is not None
            if node.id in told or above:
                needed.add(node.id)
        return needed

    def progress(self, node: GoalNode) -> Floats | None:
        children = [(child, self.figures[child.id]) for child in self.forest.children.get(node.id, ())]
        parts = parts_of(node, self.forest.own.get(node.id, ()), children)
        mix = mixed(node, parts, self.on)
        if mix.progress is None or not mix.carried:
            return None
        contributors = [part for part in parts if part.counted and part.progress is not None]
        drawn = {part.leaf: self.part(node, part) for part in contributors}
        if all(isinstance(each, float) for each in drawn.values()):
            return None
        if node.method == Method.weakest_link:
            lowest: Floats = np.minimum.reduce(np.broadcast_arrays(*drawn.values()))
            return lowest
        total = sum(float(part.weight) * drawn[part.leaf] for part in contributors)
        return np.asarray(total / float(sum((part.weight for part in contributors), ZERO)))

    def part(self, node: GoalNode, part: Part) -> "Floats | float":
        """A part's draws; one number where nothing in it is drawn."""
        drawn = None
        if part.kind == "goal":
            drawn = self.waiting.pop(part.id, None)
        elif part.id in self.foreseen:
            drawn = self.draw(node.id, part.id)
        return float(part.progress or ZERO) if drawn is None else drawn


def summary(drawn: Floats) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    low, high = np.quantile(drawn, [0.1, 0.9])
    return (
        decimal(float(low)),
        decimal(float(high)),
        decimal(share_from(drawn, MOSTLY)),
        decimal(share_from(drawn, 1.0)),
    )
