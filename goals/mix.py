"""How the parts of a goal mix into its figures, and the order of a walk (docs/domain.md section 8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from goals.nodes import (
    COUNTING,
    ONE,
    STORED,
    TROUBLE,
    ZERO,
    GoalFigures,
    GoalNode,
    Id,
    Kind,
    KpiPart,
    Leaf,
    Method,
    State,
    Status,
    Thresholds,
    compared,
    stored,
)


class Part(NamedTuple):
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
    def leaf(self) -> Leaf:
        return self.kind, self.id


class Mix(NamedTuple):
    """What a goal's parts add up to. `carried` holds the weight of each part that the progress is made of."""

    progress: Decimal | None = None
    expected: Decimal | None = None
    coverage: Decimal = ZERO
    stale: Decimal | None = None
    carried: Mapping[Leaf, Decimal] = {}
    weight: Decimal = ZERO

    def share(self, kind: Kind, part: Id) -> Decimal:
        """A part's share of the progress, 0..1."""
        weight = self.carried.get((kind, part))
        return ZERO if weight is None else stored(weight / self.weight)


EMPTY = Mix()


def is_started(goal: GoalNode, on: date) -> bool:
    return goal.start is None or on >= goal.start


def is_part(parent: GoalNode, child: GoalNode) -> bool:
    """A child goal's figures can matter to its parent's at all."""
    return child.state in COUNTING and child.weight > 0 and parent.method != Method.own_kpis


def kpi_part(kpi: KpiPart) -> Part:
    scored = kpi.progress is not None
    return Part(
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


def goal_part(child: GoalNode, figures: GoalFigures) -> Part:
    return Part(
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


def parts_of(goal: GoalNode, own: Sequence[KpiPart], children: Iterable[tuple[GoalNode, GoalFigures]]) -> list[Part]:
    """Own active KPIs and active or closed child goals, with a weight above 0 (section 8)."""
    parts = [kpi_part(kpi) for kpi in own if kpi.active and kpi.weight > 0]
    parts += [goal_part(child, figures) for child, figures in children if is_part(goal, child)]
    return parts


def mixed(goal: GoalNode, parts: Sequence[Part], on: date) -> Mix:
    """A goal's progress, expected and coverage from its parts; a closed goal's are frozen, a scheduled one has none."""
    if goal.state == State.closed:
        return frozen(goal, on)
    if not is_started(goal, on):
        return EMPTY
    counted = [part for part in parts if part.counted]
    contributors = [part for part in counted if part.progress is not None]
    if not contributors:
        return EMPTY
    covered = sum((part.weight * part.coverage for part in counted), ZERO)
    # However thin the data, progress exists if and only if coverage is above 0, also after rounding.
    coverage = max(STORED, stored(covered / sum((part.weight for part in counted), ZERO)))
    if goal.method == Method.weakest_link:
        return weakest_link(contributors, coverage)
    return weighted_mean(contributors, coverage)


def weighted_mean(contributors: Sequence[Part], coverage: Decimal) -> Mix:
    weight = sum((part.weight for part in contributors), ZERO)
    progress = sum((part.weight * (part.progress or ZERO) for part in contributors), ZERO)
    expected = sum((part.weight * part.expected for part in contributors), ZERO)
    stale = sum((part.weight * part.stale for part in contributors), ZERO)
    carried = {part.leaf: part.weight for part in contributors}
    return Mix(stored(progress / weight), stored(expected / weight), coverage, stored(stale / weight), carried, weight)


def weakest_link(contributors: Sequence[Part], coverage: Decimal) -> Mix:
    """The lowest progress with the worst gap, so that an early part cannot hide a late one."""
    chosen = weakest(contributors)
    progress = stored(chosen.progress or ZERO)
    gap = min(stored(part.progress or ZERO) - stored(part.expected) for part in contributors)
    return Mix(progress, progress - gap, coverage, stored(chosen.stale), {chosen.leaf: ONE}, ONE)


def weakest(parts: Sequence[Part]) -> Part:
    """The one part that carries a weakest link: lowest progress, then lowest gap, then type:id (section 9)."""
    return min(parts, key=lambda part: (part.progress, (part.progress or ZERO) - part.expected, leaf_name(part.leaf)))


def leaf_name(leaf: Leaf) -> str:
    return f"{leaf[0]}:{leaf[1]}"


def frozen(goal: GoalNode, on: date) -> Mix:
    """A closed goal keeps its final figures; none were entered: it has no data (section 2)."""
    if goal.final_progress is None:
        return EMPTY
    coverage = stored(goal.final_coverage or ONE)
    return Mix(stored(goal.final_progress), expected_when_closed(goal, on), coverage, stored(ZERO))


def expected_when_closed(goal: GoalNode, on: date) -> Decimal:
    """The expected progress of a closed goal goes on by plan, to 1 on its due date (section 2)."""
    final = goal.final_expected if goal.final_expected is not None else ONE
    if goal.due is None or goal.closed_on is None:
        return stored(final)
    if on >= goal.due:
        return stored(ONE)
    since, planned = max(0, (on - goal.closed_on).days), (goal.due - goal.closed_on).days
    return stored(final + (ONE - final) * since / planned)


def status_of(goal: GoalNode, mix: Mix, parts: Sequence[Part], on: date, thresholds: Thresholds) -> Status:
    """The first that fits (section 8)."""
    if goal.state != State.active:
        return Status(str(goal.state))
    if not is_started(goal, on):
        return Status.scheduled
    if mix.progress is None or mix.expected is None:
        return Status.no_data
    if compared(mix.coverage) < thresholds.min_coverage:
        return Status.insufficient
    if parts and all(part.achieved for part in parts):
        return Status.achieved
    return thresholds.judge(mix.progress - mix.expected)


def is_counted(goal: GoalNode, parts: Sequence[Part], on: date) -> bool:
    """Whether the goal matters to its parent's coverage: an active goal once it has started and something in it could
    have been measured, or nothing is in it at all; a closed goal always (section 8)."""
    if goal.state != State.active:
        return goal.state == State.closed
    return is_started(goal, on) and (not parts or any(part.counted for part in parts))


def figures_of(
    goal: GoalNode,
    own: Sequence[KpiPart],
    children: Sequence[tuple[GoalNode, GoalFigures]],
    aligned: bool,
    on: date,
    thresholds: Thresholds,
) -> GoalFigures:
    parts = parts_of(goal, own, children)
    mix = mixed(goal, parts, on)
    status = status_of(goal, mix, parts, on, thresholds)
    closed = goal.state == State.closed
    paused = [child for child, _ in children if child.state == State.paused and child.weight > 0]
    return GoalFigures(
        progress=mix.progress,
        expected=mix.expected,
        gap=None if mix.progress is None or mix.expected is None else mix.progress - mix.expected,
        coverage=mix.coverage,
        stale_share=mix.stale,
        status=status,
        counted=is_counted(goal, parts, on),
        has_parts=bool(parts),
        achieved=status == Status.achieved or (closed and mix.progress is not None and compared(mix.progress) >= 1),
        trouble_below=sum(
            found.trouble_below + (found.status in TROUBLE) for child, found in children if child.state in COUNTING
        ),
        aligned=aligned,
        past_due=not closed and goal.due is not None and on > goal.due,
        paused=len(paused),
        paused_weight=sum((child.weight for child in paused), ZERO),
        kpi_shares={kpi.id: mix.share("kpi", kpi.id) for kpi in own},
        goal_shares={child.id: mix.share("goal", child.id) for child, _ in children},
    )


class Forest:
    """Goals and KPIs found by their parent, and an order in which parents stand before children. Never recursive, so
    that depth is no limit. Raises ValueError when the parents form a cycle."""

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

    def _parents_first(self, tops: Sequence[GoalNode]) -> Iterator[GoalNode]:
        waiting = list(reversed(tops))
        while waiting:
            goal = waiting.pop()
            yield goal
            waiting.extend(reversed(self.children.get(goal.id, ())))

    def subtree(self, goal: Id) -> Iterator[GoalNode]:
        """The goal and all goals below it, parents before children."""
        return self._parents_first([self.nodes[goal]])

    def path(self, goal: Id) -> list[GoalNode]:
        """The goal and its ancestors, nearest first."""
        path = []
        node = self.nodes.get(goal)
        while node is not None:
            path.append(node)
            node = self.nodes.get(node.parent) if node.parent is not None else None
        return path

    def figures(self, on: date, thresholds: Thresholds, known: Mapping[Id, GoalFigures]) -> dict[Id, GoalFigures]:
        aligned = self._aligned()
        found: dict[Id, GoalFigures] = {}
        for goal in reversed(self.order):
            if goal.id in known:
                continue
            children = [
                (child, known[child.id] if child.id in known else found[child.id])
                for child in self.children.get(goal.id, ())
            ]
            found[goal.id] = figures_of(goal, self.own.get(goal.id, ()), children, aligned[goal.id], on, thresholds)
        return found

    def _aligned(self) -> dict[Id, bool]:
        """Whether the root above each goal stands on the strategic level, rank 0 (section 1)."""
        aligned: dict[Id, bool] = {}
        for goal in self.order:
            above = aligned.get(goal.parent) if goal.parent is not None else None
            aligned[goal.id] = goal.rank == 0 if above is None else above
        return aligned
