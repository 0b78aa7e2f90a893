"""Targets that a KPI's own history suggests: its median, its trend, its last year and some per cent more.

Pure: no database, no clock. Every suggestion can be checked by hand and says from what it was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from statistics import median

from goals.nodes import exactly
from kpis.attainment import Aggregation, Direction, KpiDefinition, aggregate
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal, number_of

LAST = 24
FEWEST = 4
IN_A_YEAR: Mapping[str, int] = {
    Cadence.daily: 365,
    Cadence.weekly: 52,
    Cadence.monthly: 12,
    Cadence.quarterly: 4,
    Cadence.yearly: 1,
}
MORE = (Decimal(5), Decimal(10))


class Way(StrEnum):
    median = "median"
    trend = "trend"
    last_year = "last_year"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A target, in the KPI's unit. `count` values of the past led to it, `base` is what they came to; `more` the per
    cent that was added to it (taken off, where lower is better); `slope` the change in a period."""

    way: Way
    target: Decimal
    count: int
    base: Decimal
    more: Decimal | None = None
    slope: Decimal | None = None


@exactly
def suggestions(
    definition: KpiDefinition, values: Mapping[date, Decimal], fiscal: Fiscal = CALENDAR_YEAR
) -> list[Suggestion]:
    """The targets that the values suggest, each by the first day of its period; those that ask for nothing, seen from
    the baseline, are left out. A target that is to be reached by a sum until the due date is one for all periods."""
    if definition.is_boolean or definition.is_maintain or definition.direction is None:
        return []
    if definition.cadence == Cadence.once or definition.due is None or definition.start is None:
        return []
    days = sorted(values)[-LAST:]
    history = [values[day] for day in days]
    found = []
    if len(history) >= FEWEST:
        found = [by_median(definition, history, fiscal), by_trend(definition, days, history, fiscal)]
    found += by_last_year(definition, values, fiscal)
    return [each for each in found if asks_for_something(definition, each.target)]


def by_median(definition: KpiDefinition, history: Sequence[Decimal], fiscal: Fiscal) -> Suggestion:
    middle = median(history)
    return Suggestion(Way.median, rounded(middle * periods_together(definition, fiscal), history), len(history), middle)


def by_trend(definition: KpiDefinition, days: Sequence[date], history: Sequence[Decimal], fiscal: Fiscal) -> Suggestion:
    """The median of the slopes between all pairs of values (Theil-Sen), drawn on to the last period of the KPI."""
    numbers = [number_of(day, str(definition.cadence), fiscal.start_month) for day in days]
    slopes = [
        (history[j] - history[i]) / (numbers[j] - numbers[i]) for i in range(len(days)) for j in range(i + 1, len(days))
    ]
    slope = median(slopes)
    level = median(value - slope * number for value, number in zip(history, numbers, strict=True))
    first, last = life_numbers(definition, fiscal)
    ahead = level + slope * last
    if sums_up(definition):
        ahead = sum((level + slope * number for number in range(first, last + 1)), Decimal(0))
    return Suggestion(Way.trend, rounded(ahead, history), len(history), level + slope * numbers[-1], slope=slope)


def by_last_year(definition: KpiDefinition, values: Mapping[date, Decimal], fiscal: Fiscal) -> list[Suggestion]:
    """What the last year came to, and 5 or 10 per cent better."""
    history = in_last_year(definition, values, fiscal)
    base = came_to(definition, history, fiscal) if history else None
    better = -1 if definition.direction == Direction.decrease else 1
    return [
        Suggestion(Way.last_year, rounded(base + better * abs(base) * more / 100, history), len(history), base, more)
        for more in MORE
        if base
    ]


def in_last_year(definition: KpiDefinition, values: Mapping[date, Decimal], fiscal: Fiscal) -> list[Decimal]:
    """The values of the year up to the newest one, the oldest first; none where there are too few."""
    cadence = str(definition.cadence)
    length, days = IN_A_YEAR[cadence], sorted(values)
    newest = number_of(days[-1], cadence, fiscal.start_month) if days else 0
    year = [day for day in days if newest - number_of(day, cadence, fiscal.start_month) < length]
    return [values[day] for day in year] if len(year) >= min(length, FEWEST) else []


def came_to(definition: KpiDefinition, history: Sequence[Decimal], fiscal: Fiscal) -> Decimal:
    """These values as the KPI counts them: its last one, sum, mean ..., for its own life."""
    together = aggregate(Aggregation.mean if definition.sums else definition.aggregation, history)
    return together * periods_together(definition, fiscal)


def sums_up(definition: KpiDefinition) -> bool:
    return definition.sums and definition.by_due


def periods_together(definition: KpiDefinition, fiscal: Fiscal) -> int:
    first, last = life_numbers(definition, fiscal)
    return last - first + 1 if sums_up(definition) else 1


def life_numbers(definition: KpiDefinition, fiscal: Fiscal) -> tuple[int, int]:
    first, last = (
        number_of(day, str(definition.cadence), fiscal.start_month)
        for day in (definition.start or date.min, definition.due or date.max)
    )
    return first, last


def rounded(value: Decimal, history: Sequence[Decimal]) -> Decimal:
    """To the decimals that the values themselves have, half-even."""
    places = max(max(0, -int(each.normalize().as_tuple().exponent)) for each in history)
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def asks_for_something(definition: KpiDefinition, target: Decimal) -> bool:
    """Seen from the baseline, the target lies on the better side; without one, or anew in each period, any does."""
    if definition.baseline is None or definition.sums or not definition.by_due:
        return True
    if definition.direction == Direction.decrease:
        return target < definition.baseline
    return target > definition.baseline
