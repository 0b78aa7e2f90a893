"""The facts that the checks look at: plain rows of one cycle, read once (cascade/insights/reading.py)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from goals.nodes import ONE, ZERO, exactly, stored

ACTIVE, CLOSED = "active", "closed"
RUNNING = (ACTIVE, "paused", "proposed")
"""States of goals that somebody works on, or is asked to."""
BLOCKING = ("draft", "proposed", "cancelled")
"""Nothing below such a goal counts above it, and nobody may expect it to (docs/domain.md section 2)."""


class GoalRow(NamedTuple):
    """A goal of the cycle that was not cancelled. `ends` is its due date, else the cycle's; `owner_left`: its owner
    is no longer active; `status`, `coverage` and `stale_share` as rolled up."""

    id: int
    parent: int | None
    rank: int
    state: str
    method: str
    weight: Decimal
    owner: int | None
    owner_left: bool
    ends: dt.date
    status: str
    coverage: Decimal | None
    stale_share: Decimal | None


class KpiRow(NamedTuple):
    """An active KPI of such a goal. `keeper` is its data owner while active, `never`: a value is overdue and there was
    never one."""

    id: int
    goal: int
    weight: Decimal
    indicator: str
    by_hand: bool
    keeper: int | None
    status: str
    never: bool


class PersonRow(NamedTuple):
    """Somebody who works here; who only reads the books is not counted among them."""

    id: int
    unit: int | None


class SplitRow(NamedTuple):
    """A target that was broken down: what is asked of KPI `source` of goal `goal`, and of the parts that `goals` took
    on, combined by `rule`."""

    source: int
    goal: int
    target: Decimal
    direction: str | None
    rule: str
    goals: Sequence[int]
    parts: Sequence[Decimal]
    weights: Sequence[Decimal]


class FactorRow(NamedTuple):
    id: int
    goal: int
    covered: bool


class StatementRow(NamedTuple):
    """What a goal's newest check-in reports and what the figures said when it was handed in."""

    goal: int
    check_in: int
    day: dt.date
    reported: str
    computed: str


class TwiceRow(NamedTuple):
    """KPI `kpi` of goal `goal` is part of a value of KPI `into` of the goal `above`, which stands above it."""

    kpi: int
    goal: int
    into: int
    above: int


@dataclass(frozen=True)
class Company:
    """One cycle of an organisation as one reader may judge it: `goals` holds all of them, parents first, `seen` those
    that may be named; `followed` the people that may be named. `bad_at_reviews` are goals that were off track at their
    last two reviews while every KPI of the lowest level below was on track."""

    goals: Mapping[int, GoalRow]
    seen: Container[int]
    lowest: int
    kpis: Sequence[KpiRow] = ()
    people: Sequence[PersonRow] = ()
    followed: Container[int] = ()
    helpers: Collection[tuple[int, int]] = ()
    splits: Sequence[SplitRow] = ()
    factors: Sequence[FactorRow] = ()
    statements: Sequence[StatementRow] = ()
    twice: Sequence[TwiceRow] = ()
    bad_at_reviews: Collection[int] = ()
    scores: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def visible(self) -> list[GoalRow]:
        return [goal for goal in self.goals.values() if goal.id in self.seen]

    @cached_property
    def active(self) -> list[GoalRow]:
        return [goal for goal in self.visible if goal.state == ACTIVE]

    @cached_property
    def strategic(self) -> list[GoalRow]:
        """The strategic goals that have begun, also those that the reader may not see."""
        return [goal for goal in self.goals.values() if goal.rank == 0 and goal.state in (ACTIVE, "paused", CLOSED)]

    @cached_property
    def children(self) -> Mapping[int, list[GoalRow]]:
        found: dict[int, list[GoalRow]] = defaultdict(list)
        for goal in self.goals.values():
            if goal.parent is not None:
                found[goal.parent].append(goal)
        return found

    @cached_property
    def kpis_of(self) -> Mapping[int, list[KpiRow]]:
        found: dict[int, list[KpiRow]] = defaultdict(list)
        for kpi in self.kpis:
            found[kpi.goal].append(kpi)
        return found

    @cached_property
    def visible_kpis(self) -> list[KpiRow]:
        """Those of active goals that may be named."""
        return [kpi for goal in self.active for kpi in self.kpis_of.get(goal.id, ())]

    @cached_property
    def splits_told(self) -> list[SplitRow]:
        """The divided targets of running goals, of which the reader may see every part."""
        return [
            row
            for row in self.splits
            if self.goals[row.goal].state in RUNNING and all(goal in self.seen for goal in (row.goal, *row.goals))
        ]

    def parts(self, goal: GoalRow) -> list[tuple[str, int, Decimal]]:
        """What its progress is made of by what people decided, data or not: kind, id and weight (domain section 8)."""
        found = [("kpi", kpi.id, kpi.weight) for kpi in self.kpis_of.get(goal.id, ()) if kpi.weight > 0]
        if goal.method != "own_kpis":
            below = (child for child in self.children.get(goal.id, ()) if child.state in (ACTIVE, CLOSED))
            found += [("goal", child.id, child.weight) for child in below if child.weight > 0]
        return found

    @cached_property
    def on_path(self) -> Mapping[int, bool]:
        """Whether a goal's way up ends at a strategic goal and nothing on it blocks."""
        found: dict[int, bool] = {}
        for goal in self.goals.values():
            above = goal.rank == 0 if goal.parent is None else found.get(goal.parent, False)
            found[goal.id] = above and goal.state not in BLOCKING
        return found

    @cached_property
    def weights(self) -> Mapping[tuple[str, int], Decimal]:
        """The part of the strategy that hangs on a goal or KPI by the weights that were set, data or not, 0..1."""
        return weighed(self)

    def weight(self, kind: str, pk: int) -> Decimal:
        return self.weights.get((kind, pk), ZERO)


@exactly
def weighed(company: Company) -> dict[tuple[str, int], Decimal]:
    whole = sum((goal.weight for goal in company.strategic), ZERO)
    tops = {goal.id for goal in company.strategic}
    found: dict[tuple[str, int], Decimal] = {}
    for goal in company.goals.values():
        if goal.id in tops and goal.parent is None:
            found["goal", goal.id] = stored(goal.weight / whole) if whole else ZERO
        held = found.get(("goal", goal.id), ZERO)
        if not held:
            continue
        parts = company.parts(goal)
        among = sum((weight for _, _, weight in parts), ZERO)
        for kind, pk, weight in parts:
            found[kind, pk] = stored(held * weight / among) if among else ONE
    return found
