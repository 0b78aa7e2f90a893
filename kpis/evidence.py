"""Whether two measures move together as a cause-effect link says (docs/domain.md section 16). Pure and exact.

What is compared are changes from period to period, not levels: two rising series correlate by themselves. Moving
together is no proof of cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from goals.nodes import ONE, ZERO, compared, exactly, stored
from kpis.attainment import Aggregation, CurrentValue, Direction, aggregate
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal, days_of, number_of

LEAST = 8
LAGS = range(9)
SUPPORTS, WEAK, NONE = Decimal("0.5"), Decimal("0.3"), Decimal("-0.3")
COARSER = (Cadence.daily, Cadence.weekly, Cadence.monthly, Cadence.quarterly, Cadence.yearly)

Series = Mapping[int, Decimal]
"""Values by the running number of their period (`periods.number_of`), higher is better."""


class Label(StrEnum):
    supports = "supports"
    weak = "weak"
    none = "none"
    contradicts = "contradicts"
    not_enough_data = "not_enough_data"
    no_variation = "no_variation"


class Pair(NamedTuple):
    """The change of the effect in a period, and that of the cause `lag` periods earlier."""

    period: int
    cause: Decimal
    effect: Decimal


@dataclass(frozen=True, slots=True)
class Evidence:
    """`n` pairs of changes; `r`, -1..1, is None without enough of them or without variation."""

    lag: int
    pairs: Sequence[Pair]
    r: Decimal | None
    label: Label

    @property
    def n(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True, slots=True)
class Measure:
    """What stands for a goal: how a KPI is measured, and the values that count by the first day of their period.

    Higher is better after `better`: a decrease turns the sign, `maintain` counts the distance from the target, or
    from the band where there is no target.
    """

    cadence: Cadence | str
    aggregation: Aggregation | str
    direction: Direction | str | None
    target: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    values: Mapping[date, CurrentValue]

    def better(self, value: Decimal) -> Decimal:
        if self.direction == Direction.decrease:
            return -value
        if self.direction == Direction.maintain:
            return -self._distance(value)
        return value

    def _distance(self, value: Decimal) -> Decimal:
        if self.target is not None:
            return abs(value - self.target)
        over = ZERO if self.upper is None else value - self.upper
        under = ZERO if self.lower is None else self.lower - value
        return max(ZERO, over, under)


def shared_cadence(cause: Measure, effect: Measure) -> Cadence | None:
    """The coarser one of two cadences; None where a measure has no calendar periods or no direction."""
    cadences = [Cadence(cause.cadence), Cadence(effect.cadence)]
    if Cadence.once in cadences or None in (cause.direction, effect.direction):
        return None
    return max(cadences, key=COARSER.index)


@exactly
def series(measure: Measure, cadence: Cadence, until: date, fiscal: Fiscal = CALENDAR_YEAR) -> dict[int, Decimal]:
    """The measure's values for the periods of a cadence, its own or a coarser one, that are over by `until`.

    A finer value belongs to the period in which its own ends. A sum is left out where one of its parts is missing:
    two months are no quarter.
    """
    month = fiscal.start_month
    parts: dict[int, list[tuple[date, Decimal]]] = {}
    for first, held in measure.values.items():
        _, last = days_of(number_of(first, measure.cadence, month), measure.cadence, month)
        parts.setdefault(number_of(last, cadence, month), []).append((last, held.value))
    found = {}
    for number, values in sorted(parts.items()):
        start, end = days_of(number, cadence, month)
        whole = measure.aggregation != Aggregation.sum or len(values) == _parts_of(start, end, measure, month)
        if end <= until and whole:
            found[number] = measure.better(aggregate(measure.aggregation, [value for _, value in sorted(values)]))
    return found


def _parts_of(start: date, end: date, measure: Measure, month: int) -> int:
    """How many periods of the measure end between two days."""
    after = number_of(end, measure.cadence, month)
    complete = days_of(after, measure.cadence, month)[1] <= end
    before = number_of(start, measure.cadence, month)
    return after - before + (1 if complete else 0)


@exactly
def changes(values: Series) -> dict[int, Decimal]:
    """The change in every period that has a value, as has the one before it."""
    return {number: value - values[number - 1] for number, value in values.items() if number - 1 in values}


@exactly
def evidence(cause: Series, effect: Series, lag: int) -> Evidence:
    """What the changes of two series of one cadence say about a link: at least LEAST common periods are needed."""
    before, after = changes(cause), changes(effect)
    pairs = [Pair(t, before[t - lag], change) for t, change in sorted(after.items()) if t - lag in before]
    if len(pairs) < LEAST:
        return Evidence(lag, pairs, None, Label.not_enough_data)
    r = pearson([pair.cause for pair in pairs], [pair.effect for pair in pairs])
    return Evidence(lag, pairs, r, Label.no_variation if r is None else label(r))


@exactly
def pearson(xs: Sequence[Decimal], ys: Sequence[Decimal]) -> Decimal | None:
    """Pearson's correlation, -1..1; None where one side never varies."""
    mean_x, mean_y = sum(xs, ZERO) / len(xs), sum(ys, ZERO) / len(ys)
    dx, dy = [x - mean_x for x in xs], [y - mean_y for y in ys]
    if len(set(xs)) == 1 or len(set(ys)) == 1:
        return None
    spread = sum((x * x for x in dx), ZERO).sqrt() * sum((y * y for y in dy), ZERO).sqrt()
    together = sum((x * y for x, y in zip(dx, dy, strict=True)), ZERO)
    return stored(max(-ONE, min(ONE, together / spread)))


def label(r: Decimal) -> Label:
    r = compared(r)
    if r >= SUPPORTS:
        return Label.supports
    if r >= WEAK:
        return Label.weak
    return Label.none if r > NONE else Label.contradicts
