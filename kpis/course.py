"""The course of one KPI as its page and chart show it: every period with what was asked, measured and corrected."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kpis.attainment import (
    CurrentValue,
    KpiDefinition,
    KpiScore,
    PeriodRow,
    aggregate,
    period_in_life,
    period_target,
    planned,
)
from kpis.dated import asked_on, since
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.periods import DAY, Cadence, Fiscal, Period, days_of, number_of, period_name, periods
from kpis.scoring import definition_of, fiscal_of, score_of

LAST_PERIODS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One revision and the value it replaced (None: there was none)."""

    revision: MeasurementRevision
    before: Decimal | None

    @property
    def is_correction(self) -> bool:
        return self.before is not None and self.before != self.revision.value


@dataclass(frozen=True, slots=True)
class Line:
    """One period. `asked` is its own target, or where the path to the target stands at its end; `row` how the engine
    took its value, None where there is none or it lies outside the KPI's life. `changes` are in order.
    `is_before_start`: it ended before progress was measured anew."""

    period: Period
    name: str
    asked: Decimal | None
    held: Measurement | None
    row: PeriodRow | None
    changes: tuple[Change, ...]
    is_running: bool
    is_overdue: bool
    is_within_life: bool
    is_before_start: bool

    @property
    def value(self) -> Decimal | None:
        return self.held.value if self.held else None

    @property
    def corrections(self) -> list[Change]:
        return [change for change in self.changes if change.is_correction]

    @property
    def attainment(self) -> Decimal | None:
        return self.row.attainment if self.row else None

    @property
    def remark(self) -> str:
        """What is particular about the period, in a word or two."""
        if not self.is_within_life:
            return _("outside its time, not counted")
        if self.is_before_start:
            return _("before the new start, not counted")
        if self.value is None:
            if self.is_running:
                return _("running")
            return _("overdue") if self.is_overdue else _("due")
        return _("so far") if self.row and not self.row.final else ""

    @property
    def seen_on(self) -> dt.date:
        """The day at which a chart shows the value."""
        return min(self.held.observed_on, self.period.life_end) if self.held else self.period.life_end


@dataclass(frozen=True)
class Course:
    """A KPI on a date: `lines` newest first, all the periods that have begun or hold a value."""

    kpi: Kpi
    on: dt.date
    fiscal: Fiscal
    definition: KpiDefinition
    score: KpiScore
    lines: list[Line]

    @property
    def changed(self) -> list[dt.date]:
        """The days from which something else was, or will be, asked."""
        return [since(entry) for entry in self.kpi.targets if entry["since"]]

    @property
    def before(self) -> list[tuple[KpiDefinition, dt.date, dt.date]]:
        """What was asked before, from which day to which."""
        start = self.kpi.life[0]
        begins = [start, *(each.until + DAY for each in self.definition.earlier)]
        return [
            (each.definition, begin, each.until) for each, begin in zip(self.definition.earlier, begins, strict=False)
        ]

    @property
    def measured(self) -> list[Line]:
        """The periods with a value, oldest first."""
        return [line for line in reversed(self.lines) if line.value is not None]

    @property
    def is_planned(self) -> bool:
        """It has a path from its start to its target."""
        return self.definition.by_due and any(line.asked is not None for line in self.lines)

    @property
    def asks(self) -> bool:
        return any(line.asked is not None for line in self.lines)

    @property
    def judges_periods(self) -> bool:
        return any(line.attainment is not None for line in self.lines)

    @property
    def has_corrections(self) -> bool:
        return any(line.corrections for line in self.measured)

    @property
    def current(self) -> Line | None:
        """The running period, or the last one of a KPI that has ended; None before its start."""
        return next((line for line in self.lines if line.is_within_life), None)

    def line_of(self, first: dt.date) -> Line | None:
        return next((line for line in self.lines if line.period.first == first), None)


def course_of(kpi: Kpi) -> Course:
    """Needs `goal__cycle` and `organisation`; takes two queries, however many values and corrections there are."""
    organisation = kpi.organisation
    on, fiscal = organisation.today(), fiscal_of(organisation)
    kpi.hold(on)
    row = asked_on(kpi.asked, on)
    held = {each.period: each for each in kpi.measurements.select_related("recorded_by")}
    values = {
        period: CurrentValue(each.value, each.observed_on) for period, each in held.items() if each.value is not None
    }
    definition, score = definition_of(row), score_of(organisation, row, values, on)
    lines = lines_of(kpi, definition, score, held, changes_of(kpi), fiscal, on)
    return Course(kpi, on, fiscal, definition, score, lines)


def changes_of(kpi: Kpi) -> Mapping[dt.date, list[Change]]:
    found: dict[dt.date, list[Change]] = defaultdict(list)
    for revision in kpi.revisions.select_related("recorded_by"):
        earlier = found[revision.period]
        earlier.append(Change(revision, earlier[-1].revision.value if earlier else None))
    return found


def lines_of(
    kpi: Kpi,
    definition: KpiDefinition,
    score: KpiScore,
    held: Mapping[dt.date, Measurement],
    changes: Mapping[dt.date, list[Change]],
    fiscal: Fiscal,
    on: dt.date,
) -> list[Line]:
    start, due = kpi.life
    rows = {row.period.first: row for row in score.rows}
    grace = dt.timedelta(days=kpi.organisation.grace[kpi.cadence])
    lines = []
    for period in begun(kpi, held, fiscal, on):
        within = period.last >= start and period.first <= due
        before_start = within and definition.start is not None and period.life_end < definition.start
        lines.append(
            Line(
                period=period,
                name=name_of(period, kpi.cadence, fiscal),
                asked=asked(definition, period, fiscal) if within and not before_start else None,
                held=held.get(period.first),
                row=rows.get(period.first),
                changes=tuple(changes.get(period.first, ())),
                is_running=on < period.life_end,
                is_overdue=on > period.life_end + grace,
                is_within_life=within,
                is_before_start=before_start,
            )
        )
    return lines


def name_of(period: Period, cadence: str, fiscal: Fiscal) -> str:
    if cadence == Cadence.once:
        return _("%(start)s to %(end)s") % {"start": date_format(period.first), "end": date_format(period.last)}
    return period_name(period.first, cadence, fiscal)


def begun(kpi: Kpi, held: Mapping[dt.date, Measurement], fiscal: Fiscal, on: dt.date) -> list[Period]:
    """Every period of the KPI's life that has begun and every one with a value, newest first."""
    start, due = kpi.life
    if kpi.cadence == Cadence.once:
        return [Period(start, due, start, due)] if on >= start or held else []
    month = fiscal.start_month
    numbers = {number_of(first, kpi.cadence, month) for first in held}
    if on >= start:
        numbers |= set(range(number_of(start, kpi.cadence, month), number_of(min(on, due), kpi.cadence, month) + 1))
    found = []
    for number in sorted(numbers, reverse=True):
        first, last = days_of(number, kpi.cadence, month)
        outside = last < start or first > due
        found.append(Period(first, last, *((first, last) if outside else (max(first, start), min(last, due)))))
    return found


def asked(definition: KpiDefinition, period: Period, fiscal: Fiscal) -> Decimal | None:
    if definition.is_boolean or definition.is_maintain:
        return None
    return planned(definition, period.life_end, fiscal) if definition.by_due else period_target(definition, period)


def path(course: Course) -> list[tuple[dt.date, Decimal]]:
    """The planned course of a by_due KPI from the day before its start to its due date, corner by corner."""
    start = course.definition.start or course.kpi.life[0]
    return path_between(course, course.definition, start, course.kpi.life[1])


def path_between(
    course: Course, definition: KpiDefinition, begin: dt.date, end: dt.date
) -> list[tuple[dt.date, Decimal]]:
    """The planned course from the eve of a day to another."""
    found = (period_in_life(definition, first, course.fiscal) for first in definition.milestones)
    between = {period.life_end for period in found if period and begin <= period.life_end < end}
    plan = [(day, planned(definition, day, course.fiscal)) for day in sorted({begin - DAY, end} | between)]
    return [(day, value) for day, value in plan if value is not None]


def targets(course: Course) -> list[tuple[dt.date, dt.date, Decimal]]:
    """What each period of an each_period KPI asks for, from day to day; neighbours that ask the same are one."""
    found: list[tuple[dt.date, dt.date, Decimal]] = []
    for period in periods(*course.kpi.life, course.kpi.cadence, course.fiscal):
        target = period_target(course.definition, period)
        if target is None:
            continue
        if found and found[-1][2] == target and found[-1][1] + DAY == period.life_start:
            found[-1] = (found[-1][0], period.life_end, target)
        else:
            found.append((period.life_start, period.life_end, target))
    return found


def so_far(course: Course) -> list[tuple[Line, Decimal]]:
    """At each measured period of the life what all values up to it come to, as the KPI aggregates them."""
    measured = [line for line in course.measured if line.is_within_life and not line.is_before_start]
    values = [line.value for line in measured]
    return [
        (line, aggregate(course.definition.aggregation, values[: number + 1])) for number, line in enumerate(measured)
    ]
