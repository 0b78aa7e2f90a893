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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cascade.templatetags.ui import percent_text, rounded, trimmed, written
from goals.nodes import ONE, ZERO, Thresholds, exactly
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
    Reason.not_due_yet: gettext_lazy("Nothing was to be measured yet."),
    Reason.missing: gettext_lazy("A value is overdue and none was entered."),
    Reason.missing_baseline: gettext_lazy(
        "It has no starting value, so a value cannot be placed between start and target."
    ),
    Reason.missing_direction: gettext_lazy("It does not say whether more or less is better."),
    Reason.missing_target: gettext_lazy("It has no target."),
    Reason.missing_dates: gettext_lazy("It has no start or no due date."),
}
VALUES = {
    Aggregation.sum: gettext_lazy("the sum of %(count)s values"),
    Aggregation.mean: gettext_lazy("the mean of %(count)s values"),
    Aggregation.min: gettext_lazy("the lowest of %(count)s values"),
    Aggregation.max: gettext_lazy("the highest of %(count)s values"),
}
ATTAINED = {
    Aggregation.sum: gettext_lazy("the sum of what %(count)s periods attained"),
    Aggregation.mean: gettext_lazy("the mean of what %(count)s periods attained, each held between 0 and 1"),
    Aggregation.min: gettext_lazy("the lowest of what %(count)s periods attained"),
    Aggregation.max: gettext_lazy("the highest of what %(count)s periods attained"),
}


class Step(NamedTuple):
    """One step: what is found, how (no formula: the note says it), and the value: a share of 0..1, or in the KPI's unit
    when `measured`; `is_gap` in points."""

    name: str
    value: Decimal | None
    formula: str = ""
    note: str = ""
    measured: bool = False
    is_gap: bool = False


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
        starts = _("It starts on %(date)s.") % {"date": day(definition.start)}
        why = LACKS[score.reason] if score.reason else starts
        return Calculation(_("no score"), [Step(_("Progress"), None, note=str(why))], periods)
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
    if direction == "decrease":
        words = _("at most %(target)s is asked for: met counts as 1, not met as 0")
    else:
        words = _("at least %(target)s is asked for: met counts as 1, not met as 0")
    return "", words % {"target": plain(target)}


def beside(value: Decimal, band: Band) -> tuple[str, str]:
    """The formula of `within`, or words inside the band."""
    breach = band.breached_by(value)
    edges = [plain(edge) for edge in (band.lower, band.upper) if edge is not None]
    if breach is None:
        return "", _("inside the range") if len(set(edges)) == 2 else _("as it should be")
    edge, fade = breach
    words = _("beyond %(edge)s") % {"edge": plain(edge)}
    if fade <= 0:
        return "", words
    further, nearer = (edge, value) if value < edge else (value, edge)
    return f"1 − {less(further, nearer)} ÷ {operand(fade)}", words


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
        return [Step(_("Reached"), score.raw, note=_("done") if score.raw else _("not done yet"))]
    if definition.by_due:
        return by_due(definition, score, [line.row for line in periods])
    judged = [line for line in periods if line.row.judged]
    return volume(definition, score, judged) if definition.sums else by_period(definition, score, judged)


def by_due(definition: KpiDefinition, score: KpiScore, rows: Sequence[PeriodRow]) -> list[Step]:
    actual = score.actual or ZERO
    value = Step(_("Value that counts"), actual, *combined(definition, [row.value for row in rows]), measured=True)
    if definition.is_maintain:
        formula, note = beside(actual, band_of(definition, definition.target))
    else:
        baseline, target = baseline_of(definition), definition.target
        formula, note = way(actual, target or ZERO, baseline or ZERO, str(definition.direction))
        told = {"start": plain(baseline or ZERO), "target": plain(target or ZERO)}
        note = note or _("from %(start)s at the start to %(target)s") % told
    return [value, Step(_("Reached"), score.raw, formula, note)]


def combined(definition: KpiDefinition, values: Sequence[Decimal]) -> tuple[str, str]:
    """How many values become the one that counts."""
    if definition.aggregation == Aggregation.latest or len(values) < 2:
        words = ngettext("the only value", "the latest of %(count)s values", len(values))
        return "", words % {"count": len(values)}
    formula = joined(str(definition.aggregation), values)
    return formula, VALUES[Aggregation(definition.aggregation)] % {"count": len(values)}


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
    value = Step(_("Value that counts"), total, *combined(definition, values), measured=True)
    if definition.is_maintain:
        return [value, Step(_("Reached"), score.raw, *beside(total, summed_band(definition, periods)))]
    target, zero = summed_target(definition, periods)
    together = ngettext(
        "the target of the %(count)s period", "the targets of the %(count)s periods together", len(lines)
    )
    asked = Step(_("Asked for"), target, note=together % {"count": len(lines)}, measured=True)
    return [value, asked, Step(_("Reached"), score.raw, *way(total, target, zero, str(definition.direction)))]


def by_period(definition: KpiDefinition, score: KpiScore, lines: Sequence[PeriodLine]) -> list[Step]:
    attained = [line.row.attainment for line in lines if line.row.attainment is not None]
    aggregation = Aggregation(definition.aggregation)
    if aggregation == Aggregation.latest:
        last = lines[-1]
        return [
            Step(
                _("Reached"),
                score.raw,
                last.formula,
                _("in the latest judged period, %(period)s") % {"period": last.name},
            )
        ]
    words = ATTAINED[aggregation] % {"count": len(attained)}
    if aggregation == Aggregation.mean:
        formula = joined("mean", [clamp(each) for each in attained])
        return [Step(_("Reached"), score.progress, formula, words)]
    return [Step(_("Reached"), score.raw, joined(str(aggregation), attained), words)]


def held(score: KpiScore) -> list[Step]:
    """The step from what was reached to progress, where they differ."""
    raw, progress = score.raw, score.progress
    if raw is None or raw == progress or clamp(raw) != progress:
        return []
    return [Step(_("Progress"), progress, note=_("counts between 0 and %(whole)s") % {"whole": percent_text(ONE)})]


def expected_step(definition: KpiDefinition, score: KpiScore, fiscal: Fiscal) -> Step:
    formula, note = pace(definition, score.pace, fiscal)
    return Step(_("Expected by now"), score.expected, formula, note)


def pace(definition: KpiDefinition, on: dt.date | None, fiscal: Fiscal) -> tuple[str, str]:
    start, due = definition.start, definition.due
    if definition.is_boolean:
        return "", _("nothing before %(date)s, all of it from then on") % {"date": day(due)}
    baseline, target = baseline_of(definition), definition.target
    if definition.is_maintain or not definition.by_due or baseline is None or target is None:
        return "", _("the whole target, all the time")
    if start is None or due is None or on is None or on >= due or baseline == target:
        return "", _("all of it")
    if on < start:
        return "", _("nothing can be asked for yet")
    if definition.trajectory == Trajectory.linear or not definition.milestones:
        days, whole = (on - start + DAY).days, (due - start + DAY).days
        told = {"start": day(start), "date": day(on), "due": day(due)}
        return f"{days} ÷ {whole}", _("days from %(start)s to %(date)s, of those to %(due)s") % told
    plan = planned(definition, on, fiscal) or ZERO
    formula = f"{less(plan, baseline)} ÷ {less(target, baseline)}"
    return formula, _("the milestones put the plan for %(date)s at %(plan)s") % {"date": day(on), "plan": plain(plan)}


def judged(score: KpiScore, thresholds: Thresholds) -> list[Step]:
    if score.progress is None or score.expected is None:
        return []
    formula = f"{points(score.progress)} − {points(score.expected)}"
    told = {"on_track": points(thresholds.on_track), "at_risk": points(thresholds.at_risk)}
    borders = _("on track from %(on_track)s, at risk from %(at_risk)s points") % told
    return [Step(_("Gap to the pace"), score.gap, formula, borders, is_gap=True)]


def points(share: Decimal) -> str:
    return written(trimmed(rounded(share * 100, 4)))


def day(date: dt.date | None) -> str:
    return date_format(date) if date else ""
