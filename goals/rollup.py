"""The roll-up: a goal tree and the scores of its KPIs in, every goal's figures out (docs/domain.md sections 1-2, 8-9).

Pure: no database, no clock, no settings. All figures are exact decimals rounded half-even to 18 places at every goal,
and a parent is computed from its children's rounded figures (docs/decisions/0001-rounding-at-every-node.md). So what is
stored for a child is all that its parent needs, and a roll-up of one path gives the digits of a roll-up of everything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from enum import StrEnum
from fractions import Fraction
from functools import wraps
from typing import Literal, NamedTuple, ParamSpec, TypeVar

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


class _Part(NamedTuple):
    """One part of a goal, KPI or child goal, in the terms of section 8. `progress` is None when it has no data."""

    kind: Kind
    id: Id
    weight: Decimal
    progress: Decimal | None
    expected: Decimal
    coverage: Decimal
    counted: bool
    stale: Decimal
    achieved: bool

    @property
    def contributes(self) -> bool:
        return self.counted and self.progress is not None


class _Mix(NamedTuple):
    """What a goal's parts add up to."""

    progress: Decimal | None
    expected: Decimal | None
    coverage: Decimal
    stale: Decimal | None
    shares: dict[Leaf, Fraction]


def _kpi_part(kpi: KpiPart) -> _Part:
    scored = kpi.progress is not None
    return _Part(
        "kpi",
        kpi.id,
        kpi.weight,
        kpi.progress,
        kpi.expected if kpi.expected is not None else ZERO,
        ONE if scored else ZERO,
        kpi.counted,
        ONE if kpi.stale else ZERO,
        kpi.status == Status.achieved,
    )


def _goal_part(child: GoalNode, figures: GoalFigures) -> _Part:
    return _Part(
        "goal",
        child.id,
        child.weight,
        figures.progress,
        figures.expected if figures.expected is not None else ZERO,
        figures.coverage,
        figures.counted,
        figures.stale_share if figures.stale_share is not None else ZERO,
        figures.achieved,
    )


def _is_part(parent: GoalNode, child: GoalNode) -> bool:
    return child.state in COUNTING and child.weight > 0 and parent.method != Method.own_kpis


def _weakest(parts: Sequence[_Part]) -> _Part:
    """The one part that carries a weakest link: lowest progress, then lowest gap, then type:id (section 9)."""
    return min(parts, key=lambda p: (p.progress, (p.progress or ZERO) - p.expected, f"{p.kind}:{p.id}"))


def _mix(method: str, parts: Sequence[_Part]) -> _Mix:
    counted = [part for part in parts if part.counted]
    contributors = [part for part in counted if part.progress is not None]
    if not contributors:
        return _Mix(None, None, ZERO, None, {})
    coverage = stored(
        sum((part.weight * part.coverage for part in counted), ZERO) / sum((part.weight for part in counted), ZERO)
    )
    # A vanishing share of the weight is still data: progress exists if and only if coverage is above 0.
    coverage = max(coverage, STORED)
    if method == Method.weakest_link:
        return _weakest_mix(contributors, coverage)
    weight = sum((part.weight for part in contributors), ZERO)
    progress = sum((part.weight * part.progress for part in contributors if part.progress is not None), ZERO)
    expected = sum((part.weight * part.expected for part in contributors), ZERO)
    stale = sum((part.weight * part.stale for part in contributors), ZERO)
    whole = Fraction(weight)
    shares: dict[Leaf, Fraction] = {(part.kind, part.id): Fraction(part.weight) / whole for part in contributors}
    return _Mix(stored(progress / weight), stored(expected / weight), coverage, stored(stale / weight), shares)


def _weakest_mix(contributors: Sequence[_Part], coverage: Decimal) -> _Mix:
    chosen = _weakest(contributors)
    progress = stored(chosen.progress or ZERO)
    gap = min(stored(part.progress or ZERO) - stored(part.expected) for part in contributors)
    return _Mix(progress, progress - gap, coverage, stored(chosen.stale), {(chosen.kind, chosen.id): Fraction(1)})


def _closed_expected(node: GoalNode, on: date) -> Decimal:
    """The expected progress of a closed goal goes on by plan, to 1 on its due date (section 2)."""
    frozen = node.final_expected if node.final_expected is not None else ONE
    if node.due is None or node.closed_on is None:
        return stored(frozen)
    if on >= node.due:
        return ONE
    since, planned = max(0, (on - node.closed_on).days), (node.due - node.closed_on).days
    return stored(frozen + (ONE - frozen) * since / planned)


def _closed_mix(node: GoalNode, on: date) -> _Mix:
    if node.final_progress is None:
        return _Mix(None, None, ZERO, None, {})
    progress = stored(node.final_progress)
    return _Mix(progress, _closed_expected(node, on), stored(node.final_coverage or ONE), stored(ZERO), {})


def _status(node: GoalNode, started: bool, mix: _Mix, parts: Sequence[_Part], thresholds: Thresholds) -> Status:
    if node.state != State.active:
        return Status(str(node.state))
    if not started:
        return Status.scheduled
    if mix.progress is None or mix.expected is None:
        return Status.no_data
    if compared(mix.coverage) < thresholds.min_coverage:
        return Status.insufficient
    if parts and all(part.achieved for part in parts):
        return Status.achieved
    return thresholds.judge(mix.progress - mix.expected)


def _figures(
    node: GoalNode,
    own: Sequence[KpiPart],
    children: Sequence[tuple[GoalNode, GoalFigures]],
    aligned: bool,
    on: date,
    thresholds: Thresholds,
) -> GoalFigures:
    parts = [_kpi_part(kpi) for kpi in own if kpi.active and kpi.weight > 0]
    parts += [_goal_part(child, figures) for child, figures in children if _is_part(node, child)]
    started = node.start is None or on >= node.start
    closed = node.state == State.closed
    mix = _closed_mix(node, on) if closed else _mix(node.method, parts if started else [])
    status = _status(node, started, mix, parts, thresholds)
    paused = [child for child, _ in children if child.state == State.paused and child.weight > 0]
    return GoalFigures(
        progress=mix.progress,
        expected=mix.expected,
        gap=None if mix.progress is None or mix.expected is None else mix.progress - mix.expected,
        coverage=mix.coverage,
        stale_share=mix.stale,
        status=status,
        counted=closed
        or (node.state == State.active and started and (not parts or any(part.counted for part in parts))),
        has_parts=bool(parts),
        achieved=status == Status.achieved or (closed and mix.progress is not None and compared(mix.progress) >= 1),
        trouble_below=sum(
            figures.trouble_below + (figures.status in TROUBLE)
            for child, figures in children
            if child.state in COUNTING
        ),
        aligned=aligned,
        past_due=not closed and node.due is not None and on > node.due,
        paused=len(paused),
        paused_weight=sum((child.weight for child in paused), ZERO),
        kpi_shares={kpi.id: _share(mix, "kpi", kpi.id) for kpi in own},
        goal_shares={child.id: _share(mix, "goal", child.id) for child, _ in children},
    )


def _share(mix: _Mix, kind: Kind, part: Id) -> Decimal:
    share = mix.shares.get((kind, part))
    return ZERO if share is None else stored(Decimal(share.numerator) / share.denominator)


class _Tree:
    """Goals and KPIs indexed by parent, and an order in which parents stand before children. Never recursive."""

    def __init__(self, goals: Iterable[GoalNode], kpis: Iterable[KpiPart]) -> None:
        self.nodes = {goal.id: goal for goal in goals}
        self.children: dict[Id, list[GoalNode]] = {}
        self.own: dict[Id, list[KpiPart]] = {}
        tops = []
        for goal in self.nodes.values():
            if goal.parent is not None and goal.parent in self.nodes:
                self.children.setdefault(goal.parent, []).append(goal)
            else:
                tops.append(goal)
        for kpi in kpis:
            self.own.setdefault(kpi.goal, []).append(kpi)
        self.order = list(self._parents_first(tops))
        if len(self.order) != len(self.nodes):
            lost = sorted(str(goal) for goal in self.nodes.keys() - {goal.id for goal in self.order})
            raise ValueError(f"goal_cycle: {', '.join(lost[:5])}")

    def _parents_first(self, tops: list[GoalNode]) -> Iterator[GoalNode]:
        waiting = tops[::-1]
        while waiting:
            goal = waiting.pop()
            yield goal
            waiting.extend(reversed(self.children.get(goal.id, ())))

    def path(self, goal: Id) -> list[GoalNode]:
        """The goal and its ancestors, nearest first."""
        path = []
        node = self.nodes.get(goal)
        while node is not None:
            path.append(node)
            node = self.nodes.get(node.parent) if node.parent is not None else None
        return path

    def figures(self, on: date, thresholds: Thresholds, known: Mapping[Id, GoalFigures]) -> dict[Id, GoalFigures]:
        aligned: dict[Id, bool] = {}
        for goal in self.order:
            above = aligned.get(goal.parent) if goal.parent is not None else None
            aligned[goal.id] = goal.rank == 0 if above is None else above
        found: dict[Id, GoalFigures] = {}
        for goal in reversed(self.order):
            if goal.id in known:
                continue
            children = [
                (child, known[child.id] if child.id in known else found[child.id])
                for child in self.children.get(goal.id, ())
            ]
            own = self.own.get(goal.id, ())
            found[goal.id] = _figures(goal, own, children, aligned[goal.id], on, thresholds)
        return found


DEFAULTS = Thresholds()


@exactly
def roll_up(
    goals: Iterable[GoalNode],
    kpis: Iterable[KpiPart],
    on: date,
    thresholds: Thresholds = DEFAULTS,
    known: Mapping[Id, GoalFigures] | None = None,
) -> dict[Id, GoalFigures]:
    """The figures of every goal that is not in `known`, on a date, children before parents (section 8).

    `known` holds figures computed before for goals that did not change. To roll up a change, give the changed goals and
    all their ancestors, with all KPIs of these, and as further nodes their other children, whose figures are in
    `known`: the digits are those of a roll-up of the whole tree. Raises ValueError when the parents form a cycle.
    """
    return _Tree(goals, kpis).figures(on, thresholds, known or {})
