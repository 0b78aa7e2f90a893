"""How a KPI's score came about, step by step, in numbers that give the shown figure again (docs/domain.md section 6).

The score itself is made in kpis/attainment.py; here its way is told: each formula, computed by the reader, is the value
of its step.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.utils.formats import date_format

from cascade.templatetags.ui import rounded, trimmed, written
from goals.nodes import ZERO, Thresholds, exactly
from kpis.attainment import (
    Aggregation,
    Band,
    KpiDefinition,
    KpiScore,
    PeriodRow,
    Reason,
    Trajectory,
    band_of,
    baseline_of,
    clamp,
    period_band,
    period_zero,
    planned,
    summed_band,
    summed_target,
)
from kpis.periods import DAY, Fiscal, period_name

MOST_TERMS = 12
DIGITS = Decimal(1).scaleb(-10)
LACKS = {
    Reason.not_due_yet: "Nothing was to be measured yet.",
    Reason.missing: "A value is overdue and none was entered.",
    Reason.missing_baseline: "It has no starting value, so a value cannot be placed between start and target.",
    Reason.missing_direction: "It does not say whether more or less is better.",
    Reason.missing_target: "It has no target.",
    Reason.missing_dates: "It has no start or no due date.",
}
TOGETHER = {
    Aggregation.sum: "the sum of",
    Aggregation.mean: "the mean of",
    Aggregation.min: "the lowest of",
    Aggregation.max: "the highest of",
}


class Step(NamedTuple):
    """One step: what is found, how (no formula: the note says it), and the value: a share of 0..1, or in the KPI's unit
    when `measured`."""

    name: str
    value: Decimal | None
    formula: str = ""
    note: str = ""
    measured: bool = False


class PeriodLine(NamedTuple):
    """A period's value, and where periods are judged one by one what it attains and how."""

    name: str
    row: PeriodRow
    formula: str


@dataclass(frozen=True)
class Calculation:
    """`short` is the one formula, or few words, that say most."""

    short: str
    steps: list[Step]
    periods: list[PeriodLine] = field(default_factory=list)


@exactly
def calculation(definition: KpiDefinition, score: KpiScore, fiscal: Fiscal, thresholds: Thresholds) -> Calculation:
    periods = [period_line(definition, row, fiscal) for row in score.rows]
    if score.progress is None:
        why = LACKS[score.reason] if score.reason else f"It starts on {day(definition.start)}."
        return Calculation("no score", [Step("Progress", None, note=why)], periods)
    reached = reached_steps(definition, score, periods)
    short = next((step.formula or step.note for step in reversed(reached) if not step.measured), "")
    steps = [*reached, *held(score), expected_step(definition, score, fiscal), *judged(score, thresholds)]
    return Calculation(short, steps, periods)


def plain(value: Decimal) -> str:
    return written(trimmed(value.quantize(DIGITS)))


def operand(value: Decimal) -> str:
    return f"({plain(value)})" if value < 0 else plain(value)


def less(value: Decimal, other: Decimal) -> str:
    return operand(value) if other == 0 else f"({plain(value)} − {operand(other)})"


def way(value: Decimal, target: Decimal, zero: Decimal, direction: str) -> tuple[str, str]:
    """The formula of `attainment`, or words where there is no way to go."""
    if zero > target if direction == "decrease" else zero < target:
        return f"{less(value, zero)} ÷ {less(target, zero)}", ""
    sign = "at most" if direction == "decrease" else "at least"
    return "", f"{sign} {plain(target)} is asked for: met counts as 1, not met as 0"


def beside(value: Decimal, band: Band) -> tuple[str, str]:
    """The formula of `within`, or words inside the band."""
    breach = band.breached_by(value)
    edges = [plain(edge) for edge in (band.lower, band.upper) if edge is not None]
    if breach is None:
        return "", "inside the range" if len(set(edges)) == 2 else "as it should be"
    edge, fade = breach
    if fade <= 0:
        return "", f"beyond {plain(edge)}"
    further, nearer = (edge, value) if value < edge else (value, edge)
    return f"1 − {less(further, nearer)} ÷ {operand(fade)}", f"beyond {plain(edge)}"


def period_line(definition: KpiDefinition, row: PeriodRow, fiscal: Fiscal) -> PeriodLine:
    name = period_name(row.period.first, str(definition.cadence), fiscal)
    if row.attainment is None:
        return PeriodLine(name, row, "")
    if definition.is_maintain:
        return PeriodLine(name, row, beside(row.value, period_band(definition, row.period))[0])
    if row.target is None:
        return PeriodLine(name, row, "")
    zero = period_zero(definition, row.period, row.target)
    return PeriodLine(name, row, way(row.value, row.target, zero, str(definition.direction))[0])


def reached_steps(definition: KpiDefinition, score: KpiScore, periods: Sequence[PeriodLine]) -> list[Step]:
    if definition.is_boolean:
        return [Step("Reached", score.raw, note="done" if score.raw else "not done yet")]
    if definition.by_due:
        return by_due(definition, score, [line.row for line in periods])
    judged = [line for line in periods if line.row.judged]
    return volume(definition, score, judged) if definition.sums else by_period(definition, score, judged)


def by_due(definition: KpiDefinition, score: KpiScore, rows: Sequence[PeriodRow]) -> list[Step]:
    actual = score.actual or ZERO
    value = Step("Value that counts", actual, *combined(definition, [row.value for row in rows]), measured=True)
    if definition.is_maintain:
        formula, note = beside(actual, band_of(definition, definition.target))
    else:
        baseline, target = baseline_of(definition), definition.target
        formula, note = way(actual, target or ZERO, baseline or ZERO, str(definition.direction))
        note = note or f"from {plain(baseline or ZERO)} at the start to {plain(target or ZERO)}"
    return [value, Step("Reached", score.raw, formula, note)]


def combined(definition: KpiDefinition, values: Sequence[Decimal]) -> tuple[str, str]:
    """How many values become the one that counts."""
    if definition.aggregation == Aggregation.latest or len(values) < 2:
        return "", f"the latest of {len(values)} values" if len(values) > 1 else "the only value"
    formula = joined(str(definition.aggregation), values)
    return formula, f"{TOGETHER[Aggregation(definition.aggregation)]} {len(values)} values"


def joined(aggregation: str, values: Sequence[Decimal]) -> str:
    """Many numbers as one formula; nothing where it would be too long to read."""
    if len(values) > MOST_TERMS:
        return ""
    if aggregation in (Aggregation.min, Aggregation.max):
        return f"{aggregation}({'; '.join(map(plain, values))})"
    total = " + ".join(map(operand, values))
    return f"({total}) ÷ {len(values)}" if aggregation == Aggregation.mean else total


def volume(definition: KpiDefinition, score: KpiScore, lines: Sequence[PeriodLine]) -> list[Step]:
    values, periods = [line.row.value for line in lines], [line.row.period for line in lines]
    total = score.actual or ZERO
    value = Step("Value that counts", total, *combined(definition, values), measured=True)
    if definition.is_maintain:
        return [value, Step("Reached", score.raw, *beside(total, summed_band(definition, periods)))]
    target, zero = summed_target(definition, periods)
    asked = Step("Asked for", target, note=f"the targets of the {len(lines)} periods together", measured=True)
    return [value, asked, Step("Reached", score.raw, *way(total, target, zero, str(definition.direction)))]


def by_period(definition: KpiDefinition, score: KpiScore, lines: Sequence[PeriodLine]) -> list[Step]:
    attained = [line.row.attainment for line in lines if line.row.attainment is not None]
    aggregation = Aggregation(definition.aggregation)
    if aggregation == Aggregation.latest:
        last = lines[-1]
        return [Step("Reached", score.raw, last.formula, f"in the latest judged period, {last.name}")]
    words = f"{TOGETHER[aggregation]} what {len(attained)} periods attained"
    if aggregation == Aggregation.mean:
        formula = joined("mean", [clamp(each) for each in attained])
        return [Step("Reached", score.progress, formula, f"{words}, each held between 0 and 1")]
    return [Step("Reached", score.raw, joined(str(aggregation), attained), words)]


def held(score: KpiScore) -> list[Step]:
    """The step from what was reached to progress, where they differ."""
    raw, progress = score.raw, score.progress
    if raw is None or raw == progress or clamp(raw) != progress:
        return []
    return [Step("Progress", progress, note="counts between 0 and 100%")]


def expected_step(definition: KpiDefinition, score: KpiScore, fiscal: Fiscal) -> Step:
    formula, note = pace(definition, score.pace, fiscal)
    return Step("Expected by now", score.expected, formula, note)


def pace(definition: KpiDefinition, on: dt.date | None, fiscal: Fiscal) -> tuple[str, str]:
    start, due = definition.start, definition.due
    if definition.is_boolean:
        return "", f"nothing before {day(due)}, all of it from then on"
    baseline, target = baseline_of(definition), definition.target
    if definition.is_maintain or not definition.by_due or baseline is None or target is None:
        return "", "the whole target, all the time"
    if start is None or due is None or on is None or on >= due or baseline == target:
        return "", "all of it"
    if on < start:
        return "", "nothing can be asked for yet"
    if definition.trajectory == Trajectory.linear or not definition.milestones:
        days, whole = (on - start + DAY).days, (due - start + DAY).days
        return f"{days} ÷ {whole}", f"days from {day(start)} to {day(on)}, of those to {day(due)}"
    plan = planned(definition, on, fiscal) or ZERO
    formula = f"{less(plan, baseline)} ÷ {less(target, baseline)}"
    return formula, f"the milestones put the plan for {day(on)} at {plain(plan)}"


def judged(score: KpiScore, thresholds: Thresholds) -> list[Step]:
    if score.progress is None or score.expected is None:
        return []
    formula = f"{points(score.progress)} − {points(score.expected)}"
    borders = f"on track from {points(thresholds.on_track)}, at risk from {points(thresholds.at_risk)} points"
    return [Step("Gap to the pace", score.gap, formula, borders)]


def points(share: Decimal) -> str:
    return written(trimmed(rounded(share * 100, 4)))


def day(date: dt.date | None) -> str:
    return date_format(date, "j M Y") if date else ""
