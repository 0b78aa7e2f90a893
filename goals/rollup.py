"""The roll-up: a goal tree and the scores of its KPIs in, every goal's figures out; and whose work they are made of
(docs/domain.md sections 1, 8 and 9).

Pure: no database, no clock, no settings. All figures are exact decimals rounded half-even to 18 places at every goal,
and a parent is computed from its children's rounded figures (docs/decisions/0001-rounding-at-every-node.md). So what is
stored for a child is all that its parent needs, and a roll-up of one path gives the digits of a roll-up of everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import NamedTuple, Protocol

from goals.mix import Forest, Mix, Part, is_started, leaf_name, mixed, parts_of
from goals.nodes import (
    COUNTING,
    ONE,
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
    exactly,
    stored,
)

__all__ = [
    "DEFAULTS",
    "Change",
    "Contribution",
    "Effect",
    "Explained",
    "GoalFigures",
    "GoalNode",
    "Id",
    "Kind",
    "KpiPart",
    "Leaf",
    "LevelReport",
    "Method",
    "Refusal",
    "State",
    "Status",
    "Step",
    "Thresholds",
    "Tree",
    "TreeAt",
    "apportioned",
    "change",
    "check_levels",
    "check_move",
    "compared",
    "contributions",
    "effective_weights",
    "exactly",
    "explain",
    "line_of_sight",
    "lines_of_sight",
    "roll_up",
    "stored",
]

DEFAULTS = Thresholds()
PLACES = 18


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
    return Forest(goals, kpis).figures(on, thresholds, known or {})


class _Rolled:
    """A tree with its figures: what every question about contribution starts from."""

    def __init__(
        self,
        goals: Iterable[GoalNode],
        kpis: Iterable[KpiPart],
        on: date,
        thresholds: Thresholds,
        known: Mapping[Id, GoalFigures] | None = None,
    ) -> None:
        self.on = on
        self.forest = Forest(goals, kpis)
        known = known or {}
        self.figures = {**known, **self.forest.figures(on, thresholds, known)}
        self._inside: dict[Id, _Inside] = {}

    def inside(self, goal: Id) -> "_Inside":
        if goal not in self._inside:
            node, forest = self.forest.nodes[goal], self.forest
            children = [(child, self.figures[child.id]) for child in forest.children.get(goal, ())]
            parts = parts_of(node, forest.own.get(goal, ()), children)
            self._inside[goal] = _Inside(node, parts, mixed(node, parts, self.on))
        return self._inside[goal]

    def weights(self, top: Id) -> dict[Leaf, Fraction]:
        """The effective weight in `top` of each leaf below it: exact fractions that sum to 1 if `top` has data."""
        weights: dict[Leaf, Fraction] = {}
        waiting = [(top, Fraction(1))]
        while waiting:
            goal, weight = waiting.pop()
            if self.forest.nodes[goal].state == State.closed:
                weights["goal", goal] = weight if self.figures[goal].progress is not None else Fraction(0)
                continue
            inside = self.inside(goal)
            for part in inside.parts:
                share = weight * inside.share(part.leaf)
                if part.kind == "kpi":
                    weights[part.leaf] = share
                else:
                    waiting.append((part.id, share))
        return weights

    def progress(self, leaf: Leaf) -> Decimal | None:
        return self.figures[leaf[1]].progress if leaf[0] == "goal" else self.kpis[leaf[1]].progress

    @cached_property
    def kpis(self) -> dict[Id, KpiPart]:
        return {kpi.id: kpi for own in self.forest.own.values() for kpi in own}

    def path(self, leaf: Leaf) -> list[GoalNode]:
        """The goals above a leaf, nearest first."""
        if leaf[0] == "kpi":
            return self.forest.path(self.kpis[leaf[1]].goal)
        return self.forest.path(leaf[1])[1:]

    def can_rise(self, leaf: Leaf) -> bool:
        """Whether this KPI or goal would count if its progress were 1: it has started and is not frozen."""
        if leaf[0] == "kpi":
            return self.kpis[leaf[1]].status != Status.scheduled
        node = self.forest.nodes[leaf[1]]
        return node.state != State.closed and is_started(node, self.on)

    def headrooms(self, leaf: Leaf) -> list[tuple[Id, Decimal]]:
        """What each goal above would gain if this KPI or goal stood at 1, nearest first (section 9)."""
        rooms = []
        risen = ONE if self.can_rise(leaf) else None
        for node in self.path(leaf):
            risen = None if risen is None else self.inside(node.id).with_part_at(leaf, risen, self.on)
            now = self.figures[node.id].progress
            rooms.append((node.id, ZERO if risen is None else risen - (now or ZERO)))
            leaf = ("goal", node.id)
        return rooms


class _Inside:
    """One goal's parts and their mix, with the sums needed to ask what happens when one part changes."""

    def __init__(self, node: GoalNode, parts: Sequence[Part], mix: Mix) -> None:
        self.node, self.parts, self.mix = node, parts, mix
        self.by_leaf = {part.leaf: part for part in parts}
        self.whole = Fraction(mix.weight)
        self.contributors = [part for part in parts if part.counted and part.progress is not None]
        self.weight = sum((part.weight for part in self.contributors), ZERO)
        self.total = sum((part.weight * (part.progress or ZERO) for part in self.contributors), ZERO)

    def share(self, leaf: Leaf) -> Fraction:
        weight = self.mix.carried.get(leaf)
        return Fraction(0) if weight is None else Fraction(weight) / self.whole

    def with_part_at(self, leaf: Leaf, progress: Decimal, on: date) -> Decimal | None:
        """The goal's progress if one part stood at `progress`; None where the part cannot count or the goal is frozen
        or has not started."""
        part = self.by_leaf.get(leaf)
        if part is None or self.node.state == State.closed or not is_started(self.node, on):
            return None
        contributes = part.counted and part.progress is not None
        if self.node.method == Method.weakest_link:
            others = [other.progress for other in self.contributors if other.leaf != leaf]
            return stored(min([progress, *(other for other in others if other is not None)]))
        weight = self.weight if contributes else self.weight + part.weight
        before = part.weight * (part.progress or ZERO) if contributes else ZERO
        return stored((self.total - before + part.weight * progress) / weight)


def _units(exact: Fraction, places: int) -> tuple[int, Fraction]:
    whole = floor(exact * 10**places)
    return whole, exact * 10**places - whole


@exactly
def apportioned(exact: Mapping[Leaf, Fraction], total: Decimal, places: int = PLACES) -> dict[Leaf, Decimal]:
    """Each fraction at so many places that they sum to `total` exactly: what rounding left over goes, unit by unit of
    the last place, to those with the largest remainders; zeros stay zero unless there is nothing else."""
    nothing_else = not any(exact.values())
    floors = {leaf: _units(value, places) for leaf, value in exact.items() if value or nothing_else}
    if not floors:
        return {}
    rest = int(total.scaleb(places)) - sum(whole for whole, _ in floors.values())
    each, extra = divmod(rest, len(floors))
    ranked = sorted(floors, key=lambda leaf: (-floors[leaf][1], leaf_name(leaf)))
    units = {leaf: floors[leaf][0] + each + (1 if place < extra else 0) for place, leaf in enumerate(ranked)}
    return {leaf: Decimal(units.get(leaf, 0)).scaleb(-places) for leaf in exact}


class Contribution(NamedTuple):
    """What one leaf, a KPI or a closed goal, gives to a goal (section 9). All 0..1; `progress` is None without data.

    Over all leaves the effective weights sum to exactly 1 and the points to exactly the goal's progress. Both are exact
    fractions brought to 18 places; what is left over, by that and by the rounding at the goals between, is less than a
    millionth of a billionth and lies in the last digits of those with the largest remainders.
    """

    kind: Kind
    id: Id
    effective_weight: Decimal
    progress: Decimal | None
    points: Decimal
    headroom: Decimal


@exactly
def effective_weights(
    goal: Id, goals: Iterable[GoalNode], kpis: Iterable[KpiPart], on: date, thresholds: Thresholds = DEFAULTS
) -> dict[Leaf, Fraction]:
    """Each leaf's effective weight in a goal as an exact fraction; their sum is 1, or 0 when the goal has no data."""
    return _Rolled(goals, kpis, on, thresholds).weights(goal)


@exactly
def contributions(
    goal: Id, goals: Iterable[GoalNode], kpis: Iterable[KpiPart], on: date, thresholds: Thresholds = DEFAULTS
) -> list[Contribution]:
    """What every leaf below a goal gives to its progress and how much more it could give, in the order of kind:id.

    Headroom is the goal's progress with that KPI at 1, all else equal, minus its progress; a KPI without data would
    also bring its weight; one that has not started, and a closed goal, which is frozen, have none.
    """
    tree = _Rolled(goals, kpis, on, thresholds)
    exact = tree.weights(goal)
    held = {leaf: tree.progress(leaf) for leaf in exact}
    shown = tree.figures[goal].progress
    weights = apportioned(exact, ONE if shown is not None else ZERO)
    gained = {leaf: weight * Fraction(held[leaf] or ZERO) for leaf, weight in exact.items()}
    points = apportioned(gained, shown or ZERO)
    return [
        Contribution(*leaf, weights[leaf], held[leaf], points[leaf], _headroom(tree, leaf, goal))
        for leaf in sorted(exact, key=leaf_name)
    ]


def _headroom(tree: _Rolled, leaf: Leaf, goal: Id) -> Decimal:
    if leaf == ("goal", goal):
        return ZERO
    return next(room for above, room in tree.headrooms(leaf) if above == goal)


class Step(NamedTuple):
    """One goal on the way up from a KPI or goal: what it weighs there, and what that goal would gain with it at 1."""

    goal: Id
    effective_weight: Decimal
    headroom: Decimal


@exactly
def line_of_sight(
    leaf: Leaf, goals: Iterable[GoalNode], kpis: Iterable[KpiPart], on: date, thresholds: Thresholds = DEFAULTS
) -> list[Step]:
    """Every goal above a KPI or goal, nearest first, with effective weight and headroom there (section 9)."""
    return lines_of_sight([leaf], goals, kpis, on, thresholds)[leaf]


@exactly
def lines_of_sight(
    leaves: Iterable[Leaf],
    goals: Iterable[GoalNode],
    kpis: Iterable[KpiPart],
    on: date,
    thresholds: Thresholds = DEFAULTS,
    known: Mapping[Id, GoalFigures] | None = None,
) -> dict[Leaf, list[Step]]:
    """The line of sight of many KPIs and goals, the tree rolled up once. With `known` as in `roll_up` their paths, and
    the other children of the goals on them, are enough."""
    tree = _Rolled(goals, kpis, on, thresholds, known)
    return {leaf: _steps(tree, leaf) for leaf in leaves}


def _steps(tree: _Rolled, leaf: Leaf) -> list[Step]:
    steps = []
    weight, below = Fraction(1), leaf
    for goal, headroom in tree.headrooms(leaf):
        weight *= tree.inside(goal).share(below)
        steps.append(Step(goal, stored(Decimal(weight.numerator) / weight.denominator), headroom))
        below = ("goal", goal)
    return steps


class Tree(Protocol):
    """Goals and KPIs at one moment, as `change` compares them."""

    @property
    def goals(self) -> Sequence[GoalNode]: ...

    @property
    def kpis(self) -> Sequence[KpiPart]: ...

    @property
    def on(self) -> date: ...

    @property
    def thresholds(self) -> Thresholds: ...


@dataclass(frozen=True, slots=True)
class TreeAt:
    """Goals with their KPIs scored for a date."""

    goals: Sequence[GoalNode]
    kpis: Sequence[KpiPart]
    on: date
    thresholds: Thresholds = DEFAULTS


class Effect(NamedTuple):
    """How one leaf moved a goal: by its own value, and by what it weighs (section 9)."""

    kind: Kind
    id: Id
    value: Decimal
    mix: Decimal


class Change(NamedTuple):
    """A goal's progress before and after, and the effects, which sum to exactly the difference."""

    before: Decimal
    after: Decimal
    effects: list[Effect]


@exactly
def change(goal: Id, before: Tree, after: Tree) -> Change | None:
    """Why a goal's progress changed between two trees; None when it has no data in one of them (section 9)."""
    old = _Rolled(before.goals, before.kpis, before.on, before.thresholds)
    new = _Rolled(after.goals, after.kpis, after.on, after.thresholds)
    was = old.figures[goal].progress if goal in old.figures else None
    now = new.figures[goal].progress if goal in new.figures else None
    if was is None or now is None:
        return None
    value, mix = _effects(_held(old, goal), _held(new, goal))
    exact: dict[Leaf, Fraction] = {("kpi", f"value {leaf_name(leaf)}"): each for leaf, each in value.items()}
    exact |= {("kpi", f"mix {leaf_name(leaf)}"): each for leaf, each in mix.items()}
    shown = apportioned(exact, now - was)
    effects = [
        Effect(*leaf, shown["kpi", f"value {leaf_name(leaf)}"], shown["kpi", f"mix {leaf_name(leaf)}"])
        for leaf in sorted(value, key=leaf_name)
    ]
    return Change(was, now, effects)


def _held(tree: _Rolled, goal: Id) -> dict[Leaf, tuple[Fraction, Fraction | None]]:
    """Effective weight and progress of each leaf."""
    held = {}
    for leaf, weight in tree.weights(goal).items():
        progress = tree.progress(leaf)
        held[leaf] = (weight, None if progress is None else Fraction(progress))
    return held


def _effects(
    old: Mapping[Leaf, tuple[Fraction, Fraction | None]], new: Mapping[Leaf, tuple[Fraction, Fraction | None]]
) -> tuple[dict[Leaf, Fraction], dict[Leaf, Fraction]]:
    """Value and mix effect of every leaf that has data on either side."""
    absent = (Fraction(0), None)
    mean = sum((weight * (p or 0) for side in (old, new) for weight, p in side.values()), Fraction(0)) / 2
    value, mix = {}, {}
    for leaf in old.keys() | new.keys():
        (wa, pa), (wb, pb) = old.get(leaf, absent), new.get(leaf, absent)
        first, last = (pb if pa is None else pa), (pa if pb is None else pb)
        if first is None or last is None:
            continue
        value[leaf] = (wa + wb) / 2 * (last - first)
        mix[leaf] = (wb - wa) * ((first + last) / 2 - mean)
    return value, mix


@dataclass(frozen=True, slots=True)
class Explained:
    """One KPI or goal in the calculation of the goal above it (section 8).

    `share` is its share of that goal's progress. `reason` says why a part is not counted or does not contribute:
    inactive (a paused or archived KPI), draft, proposed, paused, cancelled, weight_zero, own_kpis, not_started,
    not_due_yet, no_data, empty, or frozen (the goal above is closed).
    """

    kind: Kind
    id: Id
    weight: Decimal
    share: Decimal
    progress: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    coverage: Decimal
    status: str
    counted: bool
    contributes: bool
    stale: bool
    reason: str | None
    method: str | None = None
    parts: tuple["Explained", ...] = ()


@exactly
def explain(
    goal: Id,
    goals: Iterable[GoalNode],
    kpis: Iterable[KpiPart],
    on: date,
    thresholds: Thresholds = DEFAULTS,
    known: Mapping[Id, GoalFigures] | None = None,
) -> Explained:
    """A goal's whole calculation, down to its KPIs, with a reason for each part that is left out. `known` as in
    `roll_up`: goals in it are shown with those figures."""
    tree = _Rolled(goals, kpis, on, thresholds, known)
    below: dict[Id, Explained] = {}
    for node in reversed(list(tree.forest.subtree(goal))):
        parent = tree.forest.nodes.get(node.parent) if node.parent is not None and node.id != goal else None
        kpi_lines = [_explained_kpi(tree, node, kpi) for kpi in tree.forest.own.get(node.id, ())]
        goal_lines = [below.pop(child.id) for child in tree.forest.children.get(node.id, ())]
        below[node.id] = _explained_goal(tree, parent, node, (*kpi_lines, *goal_lines))
    return below[goal]


def _explained_kpi(tree: _Rolled, parent: GoalNode, kpi: KpiPart) -> Explained:
    reason = _kpi_reason(kpi) or _parent_reason(parent, tree.on)
    return Explained(
        kind="kpi",
        id=kpi.id,
        weight=kpi.weight,
        share=tree.figures[parent.id].kpi_shares.get(kpi.id, ZERO),
        progress=kpi.progress,
        expected=kpi.expected,
        gap=kpi.gap,
        coverage=ZERO if kpi.progress is None else ONE,
        status=kpi.status,
        counted=reason is None or (reason == "no_data" and kpi.counted),
        contributes=reason is None,
        stale=kpi.stale,
        reason=reason,
    )


def _explained_goal(tree: _Rolled, parent: GoalNode | None, node: GoalNode, parts: tuple[Explained, ...]) -> Explained:
    figures = tree.figures[node.id]
    reason = None if parent is None else _goal_reason(parent, node, figures) or _parent_reason(parent, tree.on)
    return Explained(
        kind="goal",
        id=node.id,
        weight=node.weight,
        share=ONE if parent is None else tree.figures[parent.id].goal_shares.get(node.id, ZERO),
        progress=figures.progress,
        expected=figures.expected,
        gap=figures.gap,
        coverage=figures.coverage,
        status=figures.status,
        counted=figures.counted if reason is None else reason in ("no_data", "empty"),
        contributes=reason is None and figures.progress is not None,
        stale=bool(figures.stale_share),
        reason=reason,
        method=str(node.method),
        parts=parts,
    )


def _kpi_reason(kpi: KpiPart) -> str | None:
    if not kpi.active:
        return "inactive"
    if kpi.weight <= 0:
        return "weight_zero"
    if kpi.status == Status.scheduled:
        return "not_started"
    if not kpi.counted:
        return "not_due_yet"
    return "no_data" if kpi.progress is None else None


def _goal_reason(parent: GoalNode, child: GoalNode, figures: GoalFigures) -> str | None:
    if child.state not in COUNTING:
        return str(child.state)
    if parent.method == Method.own_kpis:
        return "own_kpis"
    if child.weight <= 0:
        return "weight_zero"
    if figures.status == Status.scheduled:
        return "not_started"
    if not figures.counted:
        return "not_due_yet"
    if figures.progress is None:
        return "no_data" if figures.has_parts or child.state == State.closed else "empty"
    return None


def _parent_reason(parent: GoalNode, on: date) -> str | None:
    if parent.state == State.closed:
        return "frozen"
    return None if is_started(parent, on) else "not_started"


class Refusal(NamedTuple):
    """Why a tree may not be so: a code, and the goal or the cycle it is about."""

    code: str
    about: str

    def __str__(self) -> str:
        return f"{self.code}:{self.about}"


def check_move(goals: Iterable[GoalNode], goal: Id, new_parent: Id | None) -> Refusal | None:
    """The first reason against moving a goal: level_above_parent (its level would stand above its parent's) or
    goal_cycle (the new parent is the goal itself or below it). Only the moved goal is checked (section 1)."""
    nodes = {node.id: node for node in goals}
    if new_parent is None:
        return None
    if nodes[goal].rank < nodes[new_parent].rank:
        return Refusal("level_above_parent", str(goal))
    way, above = [new_parent], nodes.get(new_parent)
    while above is not None and above.id != goal and above.parent is not None and len(way) <= len(nodes):
        way.append(above.parent)
        above = nodes.get(above.parent)
    if above is None or above.id != goal:
        return None
    return Refusal("goal_cycle", ">".join(str(each) for each in [*way, new_parent]))


class LevelReport(NamedTuple):
    """What is wrong with the levels of a tree (level_above_parent), and what is worth knowing (level_skipped below a
    parent two or more levels up; unaligned: a root that is not strategic)."""

    errors: list[Refusal]
    flags: list[Refusal]


def check_levels(goals: Iterable[GoalNode]) -> LevelReport:
    """Compares each goal's level with its parent's (section 1)."""
    nodes = {node.id: node for node in goals}
    report = LevelReport([], [])
    for node in nodes.values():
        parent = nodes.get(node.parent) if node.parent is not None else None
        if parent is None:
            if node.rank > 0:
                report.flags.append(Refusal("unaligned", str(node.id)))
        elif node.rank < parent.rank:
            report.errors.append(Refusal("level_above_parent", str(node.id)))
        elif node.rank > parent.rank + 1:
            report.flags.append(Refusal("level_skipped", str(node.id)))
    return report
