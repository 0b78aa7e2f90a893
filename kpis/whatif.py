"""What would happen if: overrides in, old and new figures out; nothing is saved and the input is not touched
(docs/domain.md section 9).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from goals.nodes import (
    ONE,
    ZERO,
    GoalFigures,
    GoalNode,
    Id,
    KpiPart,
    Method,
    State,
    Status,
    Thresholds,
    compared,
    exactly,
    stored,
)
from goals.rollup import DEFAULTS, Refusal, check_move, roll_up
from kpis.attainment import (
    GRACE,
    Aggregation,
    CurrentValue,
    KpiDefinition,
    KpiScore,
    aggregate,
    expected_of,
    period_in_life,
    score,
)
from kpis.derived import Derivation, Operand, in_order
from kpis.periods import CALENDAR_YEAR, Fiscal


class Kept(Enum):
    """The parent stays as it is; None would make the goal a root."""

    kept = "kept"


KEPT = Kept.kept


class Refused(ValueError):
    """A hypothesis that cannot be: `refusal` holds its code and what it is about."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class KpiInput:
    """A KPI with its current values, keyed by the first day of their period; of one that comes from others how it
    does."""

    id: Id
    goal: Id
    definition: KpiDefinition
    values: Mapping[date, CurrentValue] = field(default_factory=dict, hash=False)
    weight: Decimal = ONE
    active: bool = True
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the figures of a date depend on.

    What no override touches may be given by what was found before: `scored` holds such KPIs, `known` the figures of
    such goals (as in `goals.rollup.roll_up`). So the path above a KPI is enough to try a result of it. `operands` are
    the KPIs that come from others and what they need, by their periods.
    """

    goals: Sequence[GoalNode]
    kpis: Sequence[KpiInput]
    on: date
    fiscal: Fiscal = CALENDAR_YEAR
    grace: Mapping[str, int] = field(default_factory=lambda: GRACE, hash=False)
    thresholds: Thresholds = DEFAULTS
    scored: Sequence[KpiPart] = ()
    known: Mapping[Id, GoalFigures] = field(default_factory=dict, hash=False)
    operands: Mapping[Id, Operand] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class KpiOverride:
    """What is supposed of a KPI; None leaves as is.

    `definition` replaces how it is measured. `actual` is the aggregated value today (by_due only), `values` period
    values by first day (None takes one away), `progress` 0..1 replaces the score altogether. KPIs that come from this
    one follow its values, and an actual as if its newest period had brought it about.
    """

    definition: KpiDefinition | None = None
    actual: Decimal | None = None
    values: Mapping[date, Decimal | None] = field(default_factory=dict, hash=False)
    progress: Decimal | None = None
    target: Decimal | None = None
    weight: Decimal | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class GoalOverride:
    """What is supposed of a goal; None leaves as is. Closing freezes `final`, or else the goal's figures of today."""

    weight: Decimal | None = None
    method: Method | str | None = None
    state: State | str | None = None
    parent: Id | Kept | None = KEPT
    final: GoalFigures | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A goal's figures as they are and as they would be. `delta` is new minus old progress, None if one is missing."""

    old: GoalFigures
    new: GoalFigures

    @property
    def delta(self) -> Decimal | None:
        if self.old.progress is None or self.new.progress is None:
            return None
        return stored(self.new.progress - self.old.progress)


@exactly
def what_if(
    situation: Situation,
    kpis: Mapping[Id, KpiOverride] | None = None,
    goals: Mapping[Id, GoalOverride] | None = None,
) -> dict[Id, Difference]:
    """What overrides would do to the goals: those at or above a touched place, where it is and where it would be, and
    every other goal whose figures would change.

    Moves are checked one after the other; a move that is not allowed, a weight below 0, a progress outside 0..1, an
    actual for a KPI that is not by_due and a value for a period the KPI does not have raise `Refused`. KeyError for an
    unknown KPI or goal.
    """
    kpis, goals = kpis or {}, goals or {}
    parts = [_part(situation, kpi, KpiOverride()) for kpi in situation.kpis]
    old = _rolled_up(situation, situation.goals, parts)
    nodes = _overridden_goals(situation, goals, old)
    changed = _overridden_parts(situation, kpis, parts)
    new = _rolled_up(situation, nodes, changed)
    touched = [*goals, *(kpi.goal for kpi in situation.kpis if kpi.id in kpis)]
    answered = _at_or_above(situation.goals, touched) | _at_or_above(nodes, touched)
    return {
        goal.id: Difference(old[goal.id], new[goal.id])
        for goal in situation.goals
        if goal.id in answered or _differs(old[goal.id], new[goal.id])
    }


def _rolled_up(situation: Situation, goals: Sequence[GoalNode], parts: Sequence[KpiPart]) -> dict[Id, GoalFigures]:
    parts = [*parts, *situation.scored]
    found = roll_up(goals, parts, situation.on, situation.thresholds, situation.known)
    return {**situation.known, **found}


def _differs(old: GoalFigures, new: GoalFigures) -> bool:
    seen = ("progress", "expected", "coverage", "status", "stale_share", "aligned")
    return any(getattr(old, name) != getattr(new, name) for name in seen)


def _at_or_above(goals: Iterable[GoalNode], touched: Iterable[Id]) -> set[Id]:
    parents = {goal.id: goal.parent for goal in goals}
    found: set[Id] = set()
    for goal in touched:
        above: Id | None = goal
        while above is not None and above not in found:
            found.add(above)
            above = parents.get(above)
    return found


def _overridden_goals(
    situation: Situation, overrides: Mapping[Id, GoalOverride], old: Mapping[Id, GoalFigures]
) -> list[GoalNode]:
    nodes = {goal.id: goal for goal in situation.goals}
    for goal, override in overrides.items():
        node = nodes[goal]
        if not isinstance(override.parent, Kept) and override.parent != node.parent:
            refusal = check_move(nodes.values(), goal, override.parent)
            if refusal is not None:
                raise Refused(refusal)
            node = replace(node, parent=override.parent)
        if override.method is not None:
            node = replace(node, method=override.method)
        final = override.final or old[goal]
        nodes[goal] = _in_state(_weighed(node, override.weight), override.state, final, situation.on)
    return list(nodes.values())


def _weighed(node: GoalNode, weight: Decimal | None) -> GoalNode:
    if weight is None:
        return node
    _check_weight(weight, node.id)
    return replace(node, weight=weight)


def _check_weight(weight: Decimal, about: Id) -> None:
    if weight < 0:
        raise Refused(Refusal("weight_negative", str(about)))


def _in_state(node: GoalNode, state: str | None, figures: GoalFigures, on: date) -> GoalNode:
    if state is None or state == node.state:
        return node
    if state != State.closed:
        return replace(node, state=state)
    return replace(
        node,
        state=state,
        closed_on=on,
        final_progress=figures.progress,
        final_coverage=figures.coverage,
        final_expected=figures.expected,
    )


def _overridden_parts(
    situation: Situation, overrides: Mapping[Id, KpiOverride], parts: Sequence[KpiPart]
) -> list[KpiPart]:
    found = {part.id: part for part in parts}
    inputs, followed = _followed(situation, overrides)
    for kpi in [*overrides, *followed]:
        found[kpi] = _part(situation, inputs[kpi], overrides.get(kpi, KpiOverride()))
    return list(found.values())


def _followed(situation: Situation, overrides: Mapping[Id, KpiOverride]) -> tuple[dict[Id, KpiInput], dict[Id, None]]:
    """The KPIs with the values that they would have because others have supposed ones, and which these are."""
    inputs = {kpi.id: kpi for kpi in situation.kpis}
    derived = {kpi.id: kpi.derivation for kpi in situation.kpis if kpi.derivation is not None}
    operands = dict(situation.operands)
    changed: set[Id] = set()
    followed: dict[Id, None] = {}
    for kpi in in_order({kpi: derivation.needs & operands.keys() for kpi, derivation in derived.items()}):
        override = overrides.get(kpi, KpiOverride())
        if kpi in derived and derived[kpi].needs & changed:
            follows = derived[kpi].values(operands[kpi].definition, operands, situation.on, situation.fiscal)
            operands[kpi] = replace(operands[kpi], values=follows)
            inputs[kpi] = replace(inputs[kpi], values=follows)
            changed.add(kpi)
            followed[kpi] = None
        if kpi in inputs and (override.values or override.actual is not None):
            values = _with_actual(situation, inputs[kpi], operands[kpi], override)
            operands[kpi] = replace(operands[kpi], values=values)
            changed.add(kpi)
    return inputs, followed


def _with_actual(
    situation: Situation, kpi: KpiInput, operand: Operand, override: KpiOverride
) -> Mapping[date, CurrentValue]:
    """The supposed values of a KPI, as the KPIs that come from it take them: its newest period makes the actual."""
    values = _overridden_values(situation, kpi, override)
    held = {first: each.value for first, each in sorted(values.items()) if _has_begun(situation, operand, first)}
    if override.actual is None or not held:
        return values
    newest, aggregation = max(held), operand.definition.aggregation
    wanted = override.actual
    if aggregation in (Aggregation.sum, Aggregation.mean):
        times = len(held) if aggregation == Aggregation.mean else 1
        wanted = held[newest] + (override.actual - aggregate(str(aggregation), list(held.values()))) * times
    return {**values, newest: values[newest]._replace(value=wanted)}


def _has_begun(situation: Situation, operand: Operand, first: date) -> bool:
    period = period_in_life(operand.definition, first, situation.fiscal)
    return period is not None and period.life_start <= situation.on


def _part(situation: Situation, kpi: KpiInput, override: KpiOverride) -> KpiPart:
    definition = override.definition or kpi.definition
    if override.target is not None:
        definition = replace(definition, target=override.target)
    values = _overridden_values(situation, kpi, override)
    if override.actual is not None and not definition.by_due and not definition.is_boolean:
        raise Refused(Refusal("actual_needs_by_due", str(kpi.id)))
    found = score(
        definition,
        values,
        situation.on,
        situation.fiscal,
        situation.grace,
        situation.thresholds,
        actual=override.actual,
    )
    if override.weight is not None:
        _check_weight(override.weight, kpi.id)
    part = found.as_part(
        kpi.id,
        kpi.goal,
        kpi.weight if override.weight is None else override.weight,
        active=kpi.active if override.active is None else override.active,
    )
    if override.progress is None or found.status == Status.scheduled:
        return part
    return _at_progress(situation, definition, found, part, override.progress)


def _overridden_values(situation: Situation, kpi: KpiInput, override: KpiOverride) -> Mapping[date, CurrentValue]:
    if not override.values:
        return kpi.values
    values = dict(kpi.values)
    for first, value in override.values.items():
        period = period_in_life(kpi.definition, first, situation.fiscal)
        if period is None or period.life_start > situation.on:
            raise Refused(Refusal("unknown_period", f"{kpi.id}@{first.isoformat()}"))
        if value is None:
            values.pop(first, None)
        else:
            values[first] = CurrentValue(value, min(period.life_end, situation.on))
    return values


def _at_progress(
    situation: Situation, definition: KpiDefinition, found: KpiScore, part: KpiPart, progress: Decimal
) -> KpiPart:
    """A KPI that is simply supposed to stand at a progress; what is expected of it stays."""
    if not ZERO <= progress <= ONE:
        raise Refused(Refusal("progress_out_of_range", str(part.id)))
    expected = found.expected
    if expected is None:
        expected = expected_of(definition, found.pace, situation.on, situation.fiscal)
    status = situation.thresholds.judge(progress - expected)
    lasting = definition.by_due and not definition.is_maintain
    if compared(progress) >= 1 and (lasting or definition.is_boolean or found.status == Status.achieved):
        status = Status.achieved
    return replace(part, progress=stored(progress), expected=expected, status=status, counted=True)
