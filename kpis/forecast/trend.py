"""Where a KPI ends up if its trend goes on (docs/domain.md section 11): its definition and values in, its forecast out.

Pure: no database, no clock, no settings. Figures are found in floating point and given as decimals of 14 significant
digits; progress is that of the exact engine with the line's values filled in.

Where section 11 leaves freedom:

- x counts the calendar periods from the one in which the KPI's life begins, so a period without a value is a gap and
  not a step. An overdue period without a value is neither known nor open: it stays without one.
- A sum owes a period only for the days that lie in the KPI's life (section 6.4). Its trend is that of whole periods;
  the values of part periods are brought to whole ones for the line, and the line's value to the part.
- Of more than MOST_POINTS values the last ones make the line: the slopes compared grow with the square of their number.
- With more than MOST_AHEAD periods to come no forecast is made.
- Where nothing is to come, or the one value that counts is known already, the spread is 0.
- What is asked is what is asked today; a target decided for later is not foreseen.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import theilslopes

from goals.nodes import ONE, ZERO, compared
from kpis.attainment import (
    GRACE,
    Aggregation,
    CurrentValue,
    KpiDefinition,
    KpiScore,
    PeriodRow,
    aggregate,
    band_of,
    score,
)
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal, Period, days_of, number_of

Floats = NDArray[np.float64]

LEAST_POINTS = 6
MOST_POINTS = 400
MOST_AHEAD = 800
SPREAD = 1.4826  # of the median absolute residual of a normal distribution to its standard deviation
EDGE = 0.9  # both edges of the 80 % interval
DIGITS = 14
NOTHING = 1e-12  # residuals below this part of the values are what floating point leaves


class State(StrEnum):
    """Whether there is a forecast: ok, or why not."""

    ok = "ok"
    too_few_points = "too_few_points"
    too_far_ahead = "too_far_ahead"
    not_applicable = "not_applicable"


class Ahead(NamedTuple):
    """A period to come: the value of the line, and between what the value of 8 in 10 such periods lies. For a KPI that
    is to reach its target by its due date `value`, `low` and `high` are what all periods up to it come to."""

    period: Period
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A Theil-Sen line through n points, y = intercept + slope * x, and how far values lie from it: `s` is their
    standard deviation, `mean_x` and `sxx` say how the points lie."""

    n: int
    slope: float
    intercept: float
    s: float
    mean_x: float
    sxx: float

    def at(self, x: Floats) -> Floats:
        return self.intercept + self.slope * x

    def error(self, x: Floats) -> Floats:
        """How far the true line may be from this one at x, in parts of s: of its level and of its slope."""
        return np.stack([np.full_like(x, 1 / np.sqrt(self.n)), (x - self.mean_x) / np.sqrt(self.sxx)])


@dataclass(frozen=True, slots=True)
class Course:
    """What the spread of a forecast is drawn from: the line, the periods to come at `x`, of which `parts` lie in the
    KPI's life, and the score that the line's values give, with all known and all forecast periods."""

    definition: KpiDefinition
    line: Line
    ahead: Sequence[Period]
    x: Floats
    parts: Floats
    end: KpiScore


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a KPI ends up: the aggregated value `point` in its unit, progress 0..1, `sd` the standard deviation of the
    point, `low`..`high` the 80 % interval, `probability` 0..1 that the target is met (or the band kept).

    `n` values make the line; without a forecast `state` says why and there are no figures. sd, interval and probability
    are None for min, max and where each period is judged: their spread is drawn (kpis/forecast/drawn.py).
    """

    state: State
    n: int
    slope: Decimal | None = None
    intercept: Decimal | None = None
    point: Decimal | None = None
    progress: Decimal | None = None
    sd: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    probability: Decimal | None = None
    path: tuple[Ahead, ...] = ()
    course: Course | None = None


def forecast(
    definition: KpiDefinition,
    values: Mapping[date, CurrentValue],
    on: date,
    fiscal: Fiscal = CALENDAR_YEAR,
    grace: Mapping[str, int] = GRACE,
    least: int = LEAST_POINTS,
) -> Forecast:
    """The forecast of a KPI from its current values on a date; `least` is how many judged values it takes (4..24)."""
    if definition.is_boolean or definition.cadence == Cadence.once:
        return Forecast(State.not_applicable, 0)
    start, due = definition.start, definition.due
    if start is None or due is None:
        return Forecast(State.not_applicable, 0)
    known = [row for row in score(definition, values, on, fiscal, grace).rows if row.judged]
    if len(known) < least:
        return Forecast(State.too_few_points, len(known))
    cadence, month = str(definition.cadence), fiscal.start_month
    ahead = to_come((start, due), cadence, {row.period.first for row in known}, on - timedelta(grace[cadence]), month)
    if ahead is None:
        return Forecast(State.too_far_ahead, len(known))
    course = course_of(definition, known, ahead, (start, max(on, due)), fiscal, grace)
    end = course.end
    found = Forecast(
        state=State.ok,
        n=course.line.n,
        slope=decimal(course.line.slope),
        intercept=decimal(course.line.intercept),
        point=end.actual,
        progress=end.progress,
        path=path(course),
        course=course,
    )
    if end.actual is None or not is_spread_known(definition):
        return found
    sd = deviation(course, len(ahead))
    reach = quantile(course) * sd
    return replace(
        found,
        sd=decimal(sd),
        low=decimal(float(end.actual) - reach),
        high=decimal(float(end.actual) + reach),
        probability=chance(course, end.actual, sd),
    )


def to_come(
    life: tuple[date, date], cadence: str, judged: Container[date], asked: date, month: int
) -> list[Period] | None:
    """The open periods, those neither final nor overdue (ended before `asked`), in order; None if they are too many."""
    start, due = life
    first, last = number_of(max(start, asked), cadence, month), number_of(due, cadence, month)
    if last - first > MOST_AHEAD:
        return None
    found = []
    for number in range(first, last + 1):
        begins, ends = days_of(number, cadence, month)
        if begins not in judged and min(ends, due) >= asked:
            found.append(Period(begins, ends, max(begins, start), min(ends, due)))
    return found


def course_of(
    definition: KpiDefinition,
    known: Sequence[PeriodRow],
    ahead: Sequence[Period],
    span: tuple[date, date],
    fiscal: Fiscal,
    grace: Mapping[str, int],
) -> Course:
    """The line through the last known values and the score at the end of the span with its values in the open
    periods."""
    cadence, month = str(definition.cadence), fiscal.start_month
    zero = number_of(span[0], cadence, month)

    def places(found: Sequence[Period]) -> Floats:
        return np.array([number_of(period.first, cadence, month) - zero for period in found], dtype=np.float64)

    recent = known[-MOST_POINTS:]
    spent = [row.period for row in recent]
    line = line_through(places(spent), np.array([float(row.value) for row in recent]) / parts_of(definition, spent))
    x, parts = places(ahead), parts_of(definition, ahead)
    values = {row.period.first: CurrentValue(row.value, row.observed_on) for row in known}
    for period, value in zip(ahead, clipped(definition, line.at(x) * parts), strict=True):
        values[period.first] = CurrentValue(decimal(float(value)), period.life_end)
    return Course(definition, line, ahead, x, parts, score(definition, values, span[1], fiscal, grace))


def is_spread_known(definition: KpiDefinition) -> bool:
    """Whether section 11 has a formula for the spread."""
    return definition.by_due and definition.aggregation in (Aggregation.latest, Aggregation.sum, Aggregation.mean)


def line_through(x: Floats, y: Floats) -> Line:
    """The Theil-Sen line through at least 4 points; a median residual of 0 leaves the root of the mean square."""
    found = theilslopes(y, x, method="joint")  # type: ignore[call-overload]  # its stubs do not know "joint"
    slope, intercept = float(found.slope), float(found.intercept)
    n = len(x)
    residuals = np.abs(y - intercept - slope * x)
    residuals[residuals < NOTHING * max(1.0, float(np.abs(y).max()))] = 0
    s = SPREAD * float(np.median(residuals)) * n / (n - 2)
    if s == 0:
        s = float(np.sqrt((residuals**2).sum() / (n - 2)))
    mean_x = float(x.mean())
    return Line(n, slope, intercept, s, mean_x, float(((x - mean_x) ** 2).sum()))


def parts_of(definition: KpiDefinition, found: Sequence[Period]) -> Floats:
    """How much of each period a sum owes; all of it otherwise."""
    if not definition.sums:
        return np.ones(len(found))
    return np.array([period.life_days / period.days for period in found], dtype=np.float64)


def clipped(definition: KpiDefinition, found: Floats) -> Floats:
    """Values within what may be recorded."""
    lowest = -np.inf if definition.min_value is None else float(definition.min_value)
    highest = np.inf if definition.max_value is None else float(definition.max_value)
    return np.clip(found, lowest, highest)


def deviation(course: Course, count: int) -> float:
    """The standard deviation of what the KPI comes to at the end of its first `count` periods to come."""
    aggregation, line = course.definition.aggregation, course.line
    x, parts = course.x[:count], course.parts[:count]
    if aggregation == Aggregation.latest:
        if not count or (count == len(course.ahead) and course.end.rows[-1].period != course.ahead[-1]):
            return 0.0
        x, parts = x[-1:], parts[-1:]
    error = (line.error(x) * parts).sum(axis=1)
    sd = line.s * float(np.sqrt((parts**2).sum() + (error**2).sum()))
    if aggregation != Aggregation.mean:
        return sd
    return sd / (len(course.end.rows) - len(course.ahead) + count)


def chance(course: Course, point: Decimal, sd: float) -> Decimal | None:
    """That the value at the end meets the target, or lies in the band; None where nothing is asked."""
    definition, end = course.definition, course.end
    if end.raw is None:
        return None
    if sd == 0:
        return ONE if compared(end.raw) >= 1 else ZERO
    freedom = course.line.n - 2

    def below(edge: Decimal | None, otherwise: float) -> float:
        return otherwise if edge is None else float(stdtr(freedom, (float(edge) - float(point)) / sd))

    if definition.is_maintain:
        band = band_of(definition, definition.target)
        return decimal(max(0.0, below(band.upper, 1.0) - below(band.lower, 0.0)))
    under = below(definition.target, 0.0)
    return decimal(under if definition.direction == "decrease" else 1 - under)


def quantile(course: Course) -> float:
    """The edge of the 80 % interval in standard deviations."""
    return float(stdtrit(course.line.n - 2, EDGE))


def path(course: Course) -> tuple[Ahead, ...]:
    """The way there, period by period. A KPI whose spread is drawn shows its periods one by one."""
    definition, line = course.definition, course.line
    one_by_one = not is_spread_known(definition) or definition.aggregation == Aggregation.latest
    reach, values = quantile(course), {row.period.first: row.value for row in course.end.rows}
    coming = {period.first for period in course.ahead}
    so_far = [value for first, value in values.items() if first not in coming]
    found = []
    for place, period in enumerate(course.ahead):
        so_far.append(values[period.first])
        at, sd = so_far[-1], 0.0
        if one_by_one:
            error = line.error(course.x[place : place + 1])
            sd = line.s * float(course.parts[place]) * float(np.sqrt(1 + (error**2).sum()))
        else:
            at, sd = aggregate(definition.aggregation, so_far), deviation(course, place + 1)
        found.append(Ahead(period, at, decimal(float(at) - reach * sd), decimal(float(at) + reach * sd)))
    return tuple(found)


def decimal(value: float) -> Decimal:
    return Decimal(f"{value:.{DIGITS}g}")
