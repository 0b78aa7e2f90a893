"""What the roll-up reads and finds: small frozen records, the words for them, and how figures are rounded.

The meaning is that of docs/domain.md sections 1, 2, 6.8 and 8; the maths is in `goals.rollup`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from enum import StrEnum
from functools import wraps
from typing import Literal, ParamSpec, TypeVar

Id = int | str
Kind = Literal["kpi", "goal"]
Leaf = tuple[Kind, Id]

ZERO = Decimal(0)
ONE = Decimal(1)
STORED = Decimal(1).scaleb(-18)
COMPARED = Decimal(1).scaleb(-12)
CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def exactly(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a function in the engine's own decimal context, whatever the calling thread's context is."""

    @wraps(function)
    def in_context(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with localcontext(CONTEXT):
            return function(*args, **kwargs)

    return in_context


def stored(value: Decimal) -> Decimal:
    """A figure as it is kept: rounded half-even to 18 places."""
    return value.quantize(STORED, ROUND_HALF_EVEN, CONTEXT)


def compared(value: Decimal) -> Decimal:
    """A figure as thresholds see it: rounded half-even to 12 places (section 0)."""
    return value.quantize(COMPARED, ROUND_HALF_EVEN, CONTEXT)


class State(StrEnum):
    """Where a goal stands in its life (section 2). Only active and closed goals count in their parent."""

    draft = "draft"
    proposed = "proposed"
    active = "active"
    paused = "paused"
    closed = "closed"
    cancelled = "cancelled"


COUNTING = frozenset({State.active, State.closed})


class Method(StrEnum):
    """How a goal's parts become its progress (section 8)."""

    weighted_mean = "weighted_mean"
    weakest_link = "weakest_link"
    own_kpis = "own_kpis"


class Status(StrEnum):
    """What a goal or KPI shows; a goal that is neither active nor counting shows its state (sections 6.8 and 8)."""

    on_track = "on_track"
    at_risk = "at_risk"
    off_track = "off_track"
    achieved = "achieved"
    scheduled = "scheduled"
    no_data = "no_data"
    insufficient = "insufficient"
    draft = "draft"
    proposed = "proposed"
    paused = "paused"
    closed = "closed"
    cancelled = "cancelled"


TROUBLE = frozenset({Status.at_risk, Status.off_track})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """An organisation's borders: gaps (-1 <= at_risk < on_track <= 0) and the least coverage that is judged (0..1)."""

    on_track: Decimal = Decimal("-0.10")
    at_risk: Decimal = Decimal("-0.25")
    min_coverage: Decimal = Decimal("0.5")

    def judge(self, gap: Decimal) -> Status:
        """on_track, at_risk or off_track for a gap; a gap exactly on a border is on its better side (R16)."""
        seen = compared(gap)
        if seen >= self.on_track:
            return Status.on_track
        return Status.at_risk if seen >= self.at_risk else Status.off_track


@dataclass(frozen=True, slots=True)
class GoalNode:
    """What people decided about one goal.

    `weight` is relative to the other parts of the parent, >= 0; 0 means tracked, not counted. `rank` is the rank of
    its level, 0 the strategy. `final_*` (each 0..1) are the figures frozen when it was closed on `closed_on`; an empty
    `final_progress` means that nobody knew. A missing `final_expected` reads as 1: all of it was due.
    """

    id: Id
    parent: Id | None = None
    weight: Decimal = ONE
    state: State | str = State.active
    method: Method | str = Method.weighted_mean
    rank: int = 0
    start: date | None = None
    due: date | None = None
    closed_on: date | None = None
    final_progress: Decimal | None = None
    final_coverage: Decimal | None = None
    final_expected: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KpiPart:
    """One KPI's score as its goal sees it (`kpis.attainment.score` makes it). `progress` is None without a score."""

    id: Id
    goal: Id
    weight: Decimal = ONE
    active: bool = True
    progress: Decimal | None = None
    expected: Decimal | None = None
    status: str = Status.no_data
    counted: bool = True
    stale: bool = False

    @property
    def gap(self) -> Decimal | None:
        if self.progress is None or self.expected is None:
            return None
        return CONTEXT.subtract(self.progress, self.expected)


@dataclass(frozen=True, slots=True)
class GoalFigures:
    """What the roll-up found for one goal on a date. `progress`, `expected`, `gap` exist together or not at all.

    As a part of its parent: `counted` (it may lower coverage), `achieved`. `stale_share` is the effective weight of its
    stale KPIs, `trouble_below` the number of goals below it that are at risk or off track and not cut off by a goal
    that is not active or closed. `kpi_shares` and `goal_shares` hold each own KPI's and child goal's share of this
    goal's progress, 0 when it does not contribute; a parent does not need them, so they need not be read back.
    """

    progress: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    coverage: Decimal
    stale_share: Decimal | None
    status: Status
    counted: bool
    has_parts: bool
    achieved: bool
    trouble_below: int = 0
    aligned: bool = True
    past_due: bool = False
    paused: int = 0
    paused_weight: Decimal = ZERO
    kpi_shares: Mapping[Id, Decimal] = field(default_factory=dict, hash=False)
    goal_shares: Mapping[Id, Decimal] = field(default_factory=dict, hash=False)
