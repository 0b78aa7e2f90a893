"""Many ways a KPI may go from here, drawn at random, and what each would come to (docs/domain.md section 11).

Pure: the same inputs draw the same figures. Each draw has one error of the line, of its level and of its slope, and one
residual a period, normal with the line's own spread, which is itself drawn (chi-square, n - 2): so the value at the end
follows the Student t distribution of the formulas in kpis/forecast/trend.py. Section 11 seeds by organisation, goal and
date; here each KPI has its own stream beneath that seed, so that one KPI's values never move the draws of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

import numpy as np

from goals.nodes import Id
from kpis.attainment import (
    Aggregation,
    Band,
    KpiDefinition,
    PeriodRow,
    band_of,
    baseline_of,
    period_band,
    period_target,
    period_zero,
    summed_band,
    summed_target,
)
from kpis.forecast.trend import Course, Floats, Forecast, State, clipped, decimal, is_spread_known

DRAWS = 5000
AT_ONCE = 400_000
SAME = 1e-12  # of two floats that stand for one number


@dataclass(frozen=True, slots=True)
class Seed:
    """What the draws of a goal's KPIs depend on."""

    organisation: Id
    goal: Id
    on: date

    def generator(self, kpi: Id) -> np.random.Generator:
        text = f"{self.organisation}|{self.goal}|{self.on.isoformat()}|{kpi}"
        return np.random.Generator(np.random.PCG64(int.from_bytes(sha256(text.encode()).digest()[:16], "big")))


def with_drawn_spread(found: Forecast, seed: Seed, kpi: Id) -> Forecast:
    """A forecast whose spread has no formula, with that of the draws: between what 8 in 10 of them end, and how many of
    them end at progress 1."""
    if found.course is None or found.point is None or is_spread_known(found.course.definition):
        return found
    ends, progress = drawn_ends(found.course, seed.generator(kpi))
    low, high = np.quantile(ends, [0.1, 0.9])
    met = None if found.progress is None else decimal(share_from(progress, 1.0))
    return replace(found, low=decimal(float(low)), high=decimal(float(high)), probability=met)


def share_from(drawn: Floats, least: float) -> float:
    """How many of the draws reach at least so much, as a share."""
    return float(np.count_nonzero(drawn >= least - SAME)) / len(drawn)


def drawn_progress(found: Forecast, seed: Seed, kpi: Id) -> Floats | None:
    """The KPI's progress at its due date in each draw; None without a forecast of it."""
    if found.state != State.ok or found.course is None or found.progress is None:
        return None
    return drawn_ends(found.course, seed.generator(kpi))[1]


def drawn_ends(course: Course, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """The aggregated value and the progress at the end of each draw; drawn in portions, so that many periods to come
    need no more memory than few."""
    ends, progress = np.empty(DRAWS), np.empty(DRAWS)
    portion = max(1, min(DRAWS, AT_ONCE // max(1, len(course.ahead))))
    for begin in range(0, DRAWS, portion):
        part = slice(begin, min(DRAWS, begin + portion))
        ends[part], progress[part] = ends_of(course, drawn_values(course, generator, part.stop - part.start))
    return ends, progress


def drawn_values(course: Course, generator: np.random.Generator, draws: int) -> Floats:
    """The values of the periods to come, a row a draw."""
    line, count = course.line, len(course.ahead)
    spread = line.s / np.sqrt(generator.chisquare(line.n - 2, (draws, 1)) / (line.n - 2))
    of_line = generator.standard_normal((draws, 2)) @ line.error(course.x)
    residuals = generator.standard_normal((draws, count))
    return clipped(course.definition, (line.at(course.x) + spread * (of_line + residuals)) * course.parts)


def ends_of(course: Course, values: Floats) -> tuple[Floats, Floats]:
    """What given values of the periods to come, a row a course of events, come to with the known ones: the aggregated
    value and the progress, as kpis/attainment.py scores them."""
    definition, coming = course.definition, {period.first: place for place, period in enumerate(course.ahead)}
    rows = course.end.rows
    known = [np.full(len(values), float(row.value)) for row in rows]
    columns = [
        values[:, coming[row.period.first]] if row.period.first in coming else fixed
        for row, fixed in zip(rows, known, strict=True)
    ]
    end = combined(definition.aggregation, columns)
    if course.end.progress is None:
        return end, np.zeros(len(values))
    if definition.by_due:
        return end, np.clip(by_due(definition, end), 0, 1)
    return end, np.clip(each_period(definition, rows, columns, end), 0, 1)


def combined(aggregation: str, columns: Sequence[Floats]) -> Floats:
    if aggregation == Aggregation.latest:
        return columns[-1]
    table = np.stack(columns)
    if aggregation == Aggregation.min:
        return np.asarray(table.min(axis=0))
    if aggregation == Aggregation.max:
        return np.asarray(table.max(axis=0))
    return np.asarray(table.mean(axis=0) if aggregation == Aggregation.mean else table.sum(axis=0))


def by_due(definition: KpiDefinition, end: Floats) -> Floats:
    if definition.is_maintain:
        return within(end, band_of(definition, definition.target))
    return attained(end, definition.target, baseline_of(definition), str(definition.direction))


def each_period(definition: KpiDefinition, rows: Sequence[PeriodRow], columns: Sequence[Floats], end: Floats) -> Floats:
    asked = [(row, column) for row, column in zip(rows, columns, strict=True) if row.attainment is not None]
    if definition.sums:
        periods = [row.period for row, _ in asked]
        total = combined(Aggregation.sum, [column for _, column in asked])
        if definition.is_maintain:
            return within(total, summed_band(definition, periods))
        return attained(total, *summed_target(definition, periods), str(definition.direction))
    found = [of_period(definition, row, column) for row, column in asked]
    if definition.aggregation == Aggregation.mean:
        found = [np.clip(each, 0, 1) for each in found]
    return combined(definition.aggregation, found)


def of_period(definition: KpiDefinition, row: PeriodRow, column: Floats) -> Floats:
    if definition.is_maintain:
        return within(column, period_band(definition, row.period))
    target = period_target(definition, row.period)
    if target is None:
        return np.zeros(len(column))
    return attained(column, target, period_zero(definition, row.period, target), str(definition.direction))


def attained(values: Floats, target: Decimal | None, zero: Decimal | None, direction: str) -> Floats:
    """`kpis.attainment.attainment` of many values."""
    if target is None or zero is None:
        return np.zeros(len(values))
    falls, goal, start = direction == "decrease", float(target), float(zero)
    if start > goal if falls else start < goal:
        return (values - start) / (goal - start)
    room = SAME * max(1.0, abs(goal))
    return np.where(values <= goal + room if falls else values >= goal - room, 1.0, 0.0)


def within(values: Floats, band: Band) -> Floats:
    """`kpis.attainment.within` of many values."""
    found = np.ones(len(values))
    for edge, sign in ((band.lower, -1.0), (band.upper, 1.0)):
        if edge is None:
            continue
        _, fade = band.breached_by(edge + (1 if sign > 0 else -1)) or (edge, Decimal(0))
        beyond = (values - float(edge)) * sign
        outside = beyond > SAME * max(1.0, abs(float(edge)))
        beyond_score = 1 - beyond / float(fade) if fade > 0 else np.zeros(len(values))
        found = np.where(outside, beyond_score, found)
    return found
