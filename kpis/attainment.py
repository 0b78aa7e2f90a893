"""How one KPI stands: its definition, its values and a date in, its score out (docs/domain.md sections 4 to 6).

Pure: no database, no clock, no settings. Values are exact decimals in the KPI's own unit; raw, progress, expected and
gap are shares (1 = the target is reached), rounded half-even to 18 places. Dates mean the end of the day in the
organisation's time zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from goals.nodes import ONE, ZERO, Id, KpiPart, Status, Thresholds, compared, exactly, stored
from goals.rollup import DEFAULTS
from kpis.periods import CALENDAR_YEAR, DAY, Cadence, Fiscal, Period, days_of, number_of


class Kind(StrEnum):
    number = "number"
    boolean = "boolean"


class Direction(StrEnum):
    increase = "increase"
    decrease = "decrease"
    maintain = "maintain"


class Aggregation(StrEnum):
    """How the values of many periods become one (section 6.4)."""

    latest = "latest"
    sum = "sum"
    mean = "mean"
    min = "min"
    max = "max"


class TargetMode(StrEnum):
    """Whether the target is to be reached by the due date or anew in each period."""

    by_due = "by_due"
    each_period = "each_period"


class Trajectory(StrEnum):
    """How expected progress runs from the baseline to the target (section 6.7)."""

    linear = "linear"
    milestones = "milestones"
    steps = "steps"


class Reason(StrEnum):
    """Why a KPI that has started has no score (section 6.8, and what imported definitions may lack)."""

    not_due_yet = "not_due_yet"
    missing = "missing"
    missing_baseline = "missing_baseline"
    missing_direction = "missing_direction"
    missing_target = "missing_target"
    missing_dates = "missing_dates"


GRACE: Mapping[str, int] = {
    Cadence.daily: 1,
    Cadence.weekly: 3,
    Cadence.monthly: 7,
    Cadence.quarterly: 14,
    Cadence.yearly: 30,
    Cadence.once: 7,
}
"""Days after a period's end before a missing value is overdue (section 6.1)."""


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """How a KPI is measured and judged (section 4). `milestones` are values by the first day of their period.

    `direction`, `target`, `start` and `due` may be absent in imported data; such a KPI has no score and says why.
    `earlier` is what was asked before, the oldest first: where each period has its target, a period is judged by what
    was asked when it ended.
    """

    kind: Kind | str = Kind.number
    direction: Direction | str | None = Direction.increase
    baseline: Decimal | None = None
    target: Decimal | None = None
    stretch: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    fade: Decimal | None = None
    zero_at: Decimal | None = None
    start: date | None = None
    due: date | None = None
    cadence: Cadence | str = Cadence.monthly
    aggregation: Aggregation | str = Aggregation.latest
    target_mode: TargetMode | str = TargetMode.by_due
    trajectory: Trajectory | str = Trajectory.linear
    milestones: Mapping[date, Decimal] = field(default_factory=dict, hash=False)
    weight: Decimal = ONE
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    earlier: "tuple[Earlier, ...]" = ()

    def asking(self, period: Period) -> "KpiDefinition":
        """What was asked when a period ended: a target that changed from a date on leaves the periods before as they
        were judged (section 15)."""
        return next((each.definition for each in self.earlier if period.life_end <= each.until), self)

    @property
    def is_boolean(self) -> bool:
        return self.kind == Kind.boolean

    @property
    def is_maintain(self) -> bool:
        return self.direction == Direction.maintain and not self.is_boolean

    @property
    def by_due(self) -> bool:
        return self.target_mode == TargetMode.by_due

    @property
    def sums(self) -> bool:
        return self.aggregation == Aggregation.sum


class Earlier(NamedTuple):
    """What was asked up to and including a day."""

    until: date
    definition: KpiDefinition


@dataclass(frozen=True, slots=True)
class Revision:
    """One act of recording, correcting or (value None) withdrawing the value of a period (section 5)."""

    period: date
    value: Decimal | None
    observed_on: date
    recorded_at: datetime | date
    id: int = 0


class CurrentValue(NamedTuple):
    """The value that counts for a period, and the day on which the world was like that."""

    value: Decimal
    observed_on: date


class PeriodRow(NamedTuple):
    """One period's value as the explanation shows it.

    `target` and `attainment` (unclamped) are None where the period is not judged by itself (by_due). An interim value
    (`final` False) was observed before the period ended.
    """

    period: Period
    value: Decimal
    observed_on: date
    final: bool
    judged: bool
    target: Decimal | None
    attainment: Decimal | None


@dataclass(frozen=True, slots=True)
class KpiScore:
    """How a KPI stands on a date (section 6).

    `actual` is in the KPI's unit; `raw` may be below 0 or above 1, `progress` and `expected` are 0..1; without a score
    all but `actual` are None and `reason` says why. `completeness` is the share of judged periods that have a value,
    None when nothing was to be judged. `pace` is the date at which expected was taken.
    """

    actual: Decimal | None
    raw: Decimal | None
    progress: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    status: Status
    reason: Reason | None
    stale: bool
    late: bool
    ended: bool
    completeness: Decimal | None
    counted: bool
    pace: date | None
    stretch: Decimal | None
    latest_period: date | None
    latest_value: Decimal | None
    latest_observed_on: date | None
    rows: Sequence[PeriodRow] = ()

    def as_part(self, kpi: Id, goal: Id, weight: Decimal = ONE, *, active: bool = True) -> KpiPart:
        """This score as a part of its goal's roll-up."""
        return KpiPart(kpi, goal, weight, active, self.progress, self.expected, self.status, self.counted, self.stale)


def current_values(
    revisions: Iterable[Revision], on: date, known: datetime | date | None = None
) -> dict[date, CurrentValue]:
    """The value of each period as it was on `on`, by what had been recorded by `known` (None: everything).

    Of the revisions observed by then and recorded by then the last one (recorded_at, then id) holds; a withdrawal
    leaves the period without a value (section 5). `known` as a date means the end of that day as `recorded_at` counts
    it: give a moment where time zones matter.
    """
    last: dict[date, Revision] = {}
    for revision in revisions:
        if revision.observed_on > on or not _recorded_by(revision.recorded_at, known):
            continue
        held = last.get(revision.period)
        if held is None or (revision.recorded_at, revision.id) >= (held.recorded_at, held.id):
            last[revision.period] = revision
    return {
        period: CurrentValue(revision.value, revision.observed_on)
        for period, revision in last.items()
        if revision.value is not None
    }


def _recorded_by(recorded_at: datetime | date, known: datetime | date | None) -> bool:
    if known is None:
        return True
    if isinstance(recorded_at, datetime) and isinstance(known, datetime):
        return recorded_at <= known
    return _day(recorded_at) <= _day(known)


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


class _Clock(NamedTuple):
    """Which periods of a life have ended or are overdue on a date, counted without walking them."""

    on: date
    start: date
    due: date
    overdue: int
    last_overdue_end: date | None
    grace: timedelta

    def is_overdue(self, period: Period) -> bool:
        return self.last_overdue_end is not None and period.life_end <= self.last_overdue_end


def _clock(start: date, due: date, cadence: str, on: date, fiscal: Fiscal, days: int) -> _Clock:
    grace = timedelta(days=days)
    asked = on - grace
    if cadence == Cadence.once:
        overdue, end = (1, due) if asked > due else (0, None)
        return _Clock(on, start, due, overdue, end, grace)
    month = fiscal.start_month
    first = number_of(start, cadence, month)
    if asked > due:
        return _Clock(on, start, due, number_of(due, cadence, month) - first + 1, due, grace)
    overdue = max(0, number_of(asked, cadence, month) - first)
    end = days_of(first + overdue - 1, cadence, month)[1] if overdue else None
    return _Clock(on, start, due, overdue, end, grace)


def _period_in_life(key: date, start: date, due: date, cadence: str, fiscal: Fiscal) -> Period | None:
    """The KPI's period with this identity, or None when it has no such period."""
    if cadence == Cadence.once:
        return Period(start, due, start, due) if key == start else None
    month = fiscal.start_month
    first, last = days_of(number_of(key, cadence, month), cadence, month)
    if first != key or last < start or first > due:
        return None
    return Period(first, last, max(first, start), min(last, due))


class _Value(NamedTuple):
    """One value of a period that has begun, seen on the date of the score."""

    period: Period
    value: Decimal
    observed_on: date
    final: bool
    judged: bool


def _seen(
    definition: KpiDefinition, values: Mapping[date, CurrentValue], clock: _Clock, fiscal: Fiscal
) -> list[_Value]:
    seen = []
    for key in sorted(values):
        value, observed_on = values[key]
        period = _period_in_life(key, clock.start, clock.due, definition.cadence, fiscal)
        if period is None or period.life_start > clock.on or observed_on > clock.on:
            continue
        final = observed_on >= period.life_end
        judged = final or clock.is_overdue(period)
        seen.append(_Value(period, value, observed_on, final, judged))
    return seen


class _Attained(NamedTuple):
    """Raw and clamped attainment, and the aggregated target it was measured against (for the stretch)."""

    raw: Decimal
    progress: Decimal
    rows: Sequence[PeriodRow] = ()


def clamp(value: Decimal) -> Decimal:
    return min(ONE, max(ZERO, value))


def attainment(value: Decimal, target: Decimal, zero: Decimal, direction: str) -> Decimal:
    """How far a value is from its zero point (0) to its target (1), unclamped; with no zero point on the worse side of
    the target it is met (1) or not (0), so nothing is ever divided by zero (section 6.2)."""
    if direction == Direction.decrease:
        return (value - zero) / (target - zero) if zero > target else (ONE if value <= target else ZERO)
    return (value - zero) / (target - zero) if zero < target else (ONE if value >= target else ZERO)


class Band(NamedTuple):
    """The values that are fine, and over how far beyond an edge the score falls from 1 to 0 (section 6.5)."""

    lower: Decimal | None
    upper: Decimal | None
    fade: Decimal | None

    def times(self, part: Decimal) -> "Band":
        return Band(*(None if edge is None else edge * part for edge in self))

    def breached_by(self, value: Decimal) -> tuple[Decimal, Decimal] | None:
        """The edge a value lies beyond and the fade there; None inside the band."""
        if self.lower is not None and value < self.lower:
            edge = self.lower
        elif self.upper is not None and value > self.upper:
            edge = self.upper
        else:
            return None
        if self.fade is not None:
            return edge, self.fade
        width = self.upper - self.lower if self.lower is not None and self.upper is not None else ZERO
        return edge, width / 2 if width > 0 else abs(edge) / 10


def within(value: Decimal, band: Band) -> Decimal:
    """1 inside the band, falling to 0 over the fade beyond the breached edge and on below 0 (section 6.5)."""
    breach = band.breached_by(value)
    if breach is None:
        return ONE
    edge, fade = breach
    return ONE - abs(value - edge) / fade if fade > 0 else ZERO


def aggregate(aggregation: str, values: Sequence[Decimal]) -> Decimal:
    """Many values, in the order of their periods, as one. Needs at least one."""
    if aggregation == Aggregation.sum:
        return sum(values, ZERO)
    if aggregation == Aggregation.mean:
        return sum(values, ZERO) / len(values)
    if aggregation == Aggregation.min:
        return min(values)
    if aggregation == Aggregation.max:
        return max(values)
    return values[-1]


def _part_of_period(period: Period) -> Decimal:
    return ONE if period.is_whole else Decimal(period.life_days) / period.days


def period_target(definition: KpiDefinition, period: Period) -> Decimal | None:
    """What one period is judged against: its own milestone, else the target, which a sum owes only for the days that
    lie in the KPI's life (section 6.4)."""
    definition = definition.asking(period)
    own = definition.milestones.get(period.first)
    if own is not None or definition.target is None:
        return own
    return definition.target * _part_of_period(period) if definition.sums else definition.target


def period_zero(definition: KpiDefinition, period: Period, target: Decimal) -> Decimal:
    """The value of a period that counts as nothing attained (section 6.4)."""
    definition = definition.asking(period)
    if definition.zero_at is None:
        return ZERO if definition.direction == Direction.increase else 2 * target
    return definition.zero_at * _part_of_period(period) if definition.sums else definition.zero_at


def band_of(definition: KpiDefinition, target: Decimal | None) -> Band:
    """What a KPI to maintain allows; without a band the target alone is fine."""
    if _has_no_band(definition):
        return Band(target, target, definition.fade)
    return Band(definition.lower, definition.upper, definition.fade)


def period_band(definition: KpiDefinition, period: Period) -> Band:
    """The band of one period; a sum owes it only for the days that lie in the KPI's life (section 6.5)."""
    definition = definition.asking(period)
    target = period_target(definition, period)
    band = band_of(definition, definition.target if target is None else target)
    if definition.sums and not _has_no_band(definition):
        return band.times(_part_of_period(period))
    return band


def _summed(edges: Iterable[Decimal | None]) -> Decimal | None:
    known = [edge for edge in edges if edge is not None]
    return sum(known, ZERO) if known else None


def _by_due(definition: KpiDefinition, actual: Decimal) -> Decimal | Reason:
    """Raw attainment of the aggregated value (sections 6.3 and 6.5)."""
    if definition.is_maintain:
        return within(actual, band_of(definition, definition.target))
    baseline = baseline_of(definition)
    if baseline is None:
        return Reason.missing_baseline
    if definition.target is None:
        return Reason.missing_target
    return attainment(actual, definition.target, baseline, str(definition.direction))


def baseline_of(definition: KpiDefinition) -> Decimal | None:
    """Where a by_due KPI starts; a sum starts at 0 (section 6.3)."""
    return ZERO if definition.baseline is None and definition.sums else definition.baseline


def _period_attainment(definition: KpiDefinition, seen: _Value) -> tuple[Decimal | None, Decimal]:
    """A period's target and what its value attains of it, unclamped."""
    target = period_target(definition, seen.period)
    if definition.is_maintain:
        return target, within(seen.value, period_band(definition, seen.period))
    if target is None:
        return None, ZERO
    zero = period_zero(definition, seen.period, target)
    return target, attainment(seen.value, target, zero, str(definition.direction))


def _has_no_band(definition: KpiDefinition) -> bool:
    return definition.lower is None and definition.upper is None


def summed_band(definition: KpiDefinition, periods: Sequence[Period]) -> Band:
    """The band of several periods together (section 6.5)."""
    if definition.earlier:
        return _together([period_band(definition, period) for period in periods])
    parts = sum((_part_of_period(period) for period in periods), ZERO)
    if not _has_no_band(definition):
        return band_of(definition, None).times(parts)
    edge = _summed(period_target(definition, period) for period in periods)
    return Band(edge, edge, None if definition.fade is None else definition.fade * parts)


def _together(bands: Sequence[Band]) -> Band:
    """Bands that differ, added up; an edge holds only where every period has it."""
    sides = zip(*bands, strict=True)
    return Band(*(_summed(side) if None not in side else None for side in sides))


def summed_target(definition: KpiDefinition, periods: Sequence[Period]) -> tuple[Decimal, Decimal]:
    """What several periods together ask for, and their zero point (section 6.4)."""
    asked = [period_target(definition, period) or ZERO for period in periods]
    zeros = [period_zero(definition, period, target) for period, target in zip(periods, asked, strict=True)]
    return sum(asked, ZERO), sum(zeros, ZERO)


def _sum_of_periods(definition: KpiDefinition, judged: Sequence[_Value]) -> Decimal:
    """A volume: the sum of the values against the sum of what the same periods asked for (sections 6.4 and 6.5)."""
    total, periods = sum((seen.value for seen in judged), ZERO), [seen.period for seen in judged]
    if definition.is_maintain:
        return within(total, summed_band(definition, periods))
    target, zero = summed_target(definition, periods)
    return attainment(total, target, zero, str(definition.direction))


def _each_period(definition: KpiDefinition, judged: Sequence[_Value]) -> _Attained:
    """Raw and progress over the judged periods that have a value (section 6.4, the table of aggregations)."""
    found = [_period_attainment(definition, seen) for seen in judged]
    rows = [
        PeriodRow(seen.period, seen.value, seen.observed_on, seen.final, True, target, attained)
        for seen, (target, attained) in zip(judged, found, strict=True)
    ]
    attained = [each for _, each in found]
    if definition.sums:
        raw = _sum_of_periods(definition, judged)
        return _Attained(raw, clamp(raw), rows)
    raw = aggregate(definition.aggregation, attained)
    if definition.aggregation == Aggregation.mean:
        return _Attained(raw, aggregate(Aggregation.mean, [clamp(each) for each in attained]), rows)
    return _Attained(raw, clamp(raw), rows)


def _eve(start: date) -> date:
    """The day before a life begins, where there is one."""
    return start if start == date.min else start - DAY


def _pace(clock: _Clock, seen: Sequence[_Value]) -> date:
    """The date up to which something can be asked for: nobody is blamed for what is not yet due (section 6.7)."""
    dates = [_eve(clock.start)]
    if clock.last_overdue_end is not None:
        dates.append(clock.last_overdue_end)
    dates.extend(min(each.observed_on, each.period.life_end) for each in seen)
    return min(clock.due, max(dates))


def period_in_life(definition: KpiDefinition, key: date, fiscal: Fiscal = CALENDAR_YEAR) -> Period | None:
    """The period of a KPI whose first calendar day is `key`; None when the KPI has no such period."""
    if definition.start is None or definition.due is None:
        return None
    return _period_in_life(key, definition.start, definition.due, str(definition.cadence), fiscal)


@exactly
def planned(definition: KpiDefinition, on: date, fiscal: Fiscal = CALENDAR_YEAR) -> Decimal | None:
    """The value that the plan of a by_due KPI has for a date, in its unit (section 6.7); None when it has no plan."""
    baseline = baseline_of(definition)
    if baseline is None or definition.target is None or definition.start is None or definition.due is None:
        return None
    return _planned(definition, baseline, definition.target, (definition.start, definition.due), on, fiscal)


def _planned(
    definition: KpiDefinition, baseline: Decimal, target: Decimal, life: tuple[date, date], on: date, fiscal: Fiscal
) -> Decimal:
    start, due = life
    before = _eve(start)
    if on >= due:
        return target
    if on <= before:
        return baseline
    if definition.trajectory == Trajectory.linear or not definition.milestones:
        return baseline + (target - baseline) * (on - before).days / (due - before).days
    points = [(before, baseline), *_milestone_points(definition, life, fiscal), (due, target)]
    behind = max((point for point in points if point[0] <= on), key=lambda point: point[0])
    if definition.trajectory == Trajectory.steps:
        return behind[1]
    ahead = min((point for point in points if point[0] > on), key=lambda point: point[0])
    return behind[1] + (ahead[1] - behind[1]) * (on - behind[0]).days / (ahead[0] - behind[0]).days


def _milestone_points(definition: KpiDefinition, life: tuple[date, date], fiscal: Fiscal) -> list[tuple[date, Decimal]]:
    points = []
    for first, value in definition.milestones.items():
        period = _period_in_life(first, *life, definition.cadence, fiscal)
        if period is not None and period.life_end < life[1]:
            points.append((period.life_end, value))
    return sorted(points)


@exactly
def expected_of(definition: KpiDefinition, pace: date | None, on: date, fiscal: Fiscal = CALENDAR_YEAR) -> Decimal:
    """The progress that can be asked for at the pace date, 0..1 (section 6.7); 1 where no plan says less."""
    start, due = definition.start, definition.due
    if definition.is_boolean:
        return ONE if due is None or on >= due else ZERO
    baseline, target = baseline_of(definition), definition.target
    if definition.is_maintain or not definition.by_due or baseline is None or target is None:
        return ONE
    if start is None or due is None or pace is None or pace >= due or baseline == target:
        return ONE
    plan = _planned(definition, baseline, target, (start, due), pace, fiscal)
    return stored(clamp((plan - baseline) / (target - baseline)))


def _lacks(definition: KpiDefinition) -> Reason | None:
    """What an imported definition lacks before any value could be judged."""
    if definition.start is None or definition.due is None:
        return Reason.missing_dates
    if definition.is_boolean:
        return None
    if definition.direction is None:
        return Reason.missing_direction
    if definition.target is not None:
        return None
    if definition.is_maintain and not _has_no_band(definition):
        return None
    return Reason.missing_target


def _is_asked(definition: KpiDefinition, period: Period) -> bool:
    """False for a period that ended when nothing could be judged yet."""
    asked = definition.asking(period)
    return asked is definition or _lacks(asked) is None


def _stretch(
    definition: KpiDefinition, actual: Decimal | None, raw: Decimal, judged: Sequence[_Value]
) -> Decimal | None:
    """How far beyond the target towards the stretch, 0..1, shown once the target is met (section 6.8)."""
    stretch, target = definition.stretch, definition.target
    if stretch is None or target is None or actual is None or definition.is_maintain or compared(raw) < 1:
        return None
    if definition.sums and not definition.by_due:
        parts = [(_part_of_period(seen.period), definition.asking(seen.period)) for seen in judged]
        if any(asked.stretch is None or asked.target is None for _, asked in parts):
            return None
        stretch = sum((part * (asked.stretch or ZERO) for part, asked in parts), ZERO)
        target = sum((part * (asked.target or ZERO) for part, asked in parts), ZERO)
    return stored(clamp((actual - target) / (stretch - target))) if stretch != target else None


def _status(
    definition: KpiDefinition, clock: _Clock, attained: _Attained, gap: Decimal, whole: bool, thresholds: Thresholds
) -> Status:
    """achieved, else by the gap (section 6.8)."""
    if definition.is_boolean or (definition.by_due and not definition.is_maintain):
        achieved = compared(attained.raw) >= 1
    else:
        achieved = clock.on >= clock.due and compared(attained.progress) >= 1 and whole
    return Status.achieved if achieved else thresholds.judge(gap)


def _unscored(
    status: Status,
    reason: Reason | None,
    *,
    actual: Decimal | None = None,
    stale: bool = False,
    counted: bool = False,
    completeness: Decimal | None = None,
    pace: date | None = None,
    ended: bool = False,
    latest: tuple[date | None, Decimal | None, date | None] = (None, None, None),
    rows: Sequence[PeriodRow] = (),
) -> KpiScore:
    return KpiScore(
        actual=actual,
        raw=None,
        progress=None,
        expected=None,
        gap=None,
        status=status,
        reason=reason,
        stale=stale,
        late=False,
        ended=ended,
        completeness=completeness,
        counted=counted,
        pace=pace,
        stretch=None,
        latest_period=latest[0],
        latest_value=latest[1],
        latest_observed_on=latest[2],
        rows=rows,
    )


def _latest(values: Mapping[date, CurrentValue], on: date) -> tuple[date | None, Decimal | None, date | None]:
    period = max((key for key, value in values.items() if value[1] <= on), default=None)
    if period is None:
        return None, None, None
    return period, values[period][0], values[period][1]


def _plain_row(seen: _Value) -> PeriodRow:
    return PeriodRow(seen.period, seen.value, seen.observed_on, seen.final, seen.judged, None, None)


@exactly
def score(
    definition: KpiDefinition,
    values: Mapping[date, CurrentValue],
    on: date,
    fiscal: Fiscal = CALENDAR_YEAR,
    grace: Mapping[str, int] = GRACE,
    thresholds: Thresholds = DEFAULTS,
    *,
    actual: Decimal | None = None,
) -> KpiScore:
    """How a KPI stands on a date, by its current values keyed by the first day of their period (section 6).

    Values of periods outside the KPI's life, of periods that have not begun and values observed after `on` are not
    seen. `grace` is in days by cadence. `actual` supposes an aggregated value of a by_due KPI, seen today.
    """
    latest = _latest(values, on)
    start, due = definition.start, definition.due
    if start is None or due is None:
        return _unscored(Status.no_data, Reason.missing_dates, actual=latest[1], latest=latest)
    if on < start:
        return _unscored(Status.scheduled, None)
    days = grace[str(definition.cadence)]
    clock = _clock(start, due, str(definition.cadence), on, fiscal, days)
    return _scored(definition, _seen(definition, values, clock, fiscal), clock, fiscal, thresholds, latest, actual)


def _scored(
    definition: KpiDefinition,
    seen: Sequence[_Value],
    clock: _Clock,
    fiscal: Fiscal,
    thresholds: Thresholds,
    latest: tuple[date | None, Decimal | None, date | None],
    supposed: Decimal | None = None,
) -> KpiScore:
    judged = [each for each in seen if each.judged]
    asked = clock.overdue + sum(1 for each in judged if not clock.is_overdue(each.period))
    completeness = stored(Decimal(len(judged)) / asked) if asked else None
    stale = clock.last_overdue_end is not None and all(each.observed_on < clock.last_overdue_end for each in seen)
    if definition.is_boolean:
        stale = clock.overdue > 0 and not seen
    pace, ended = _pace(clock, seen), clock.on > clock.due
    scored = [each for each in judged if _is_asked(definition, each.period)]
    actual = _actual(definition, seen, scored)
    if supposed is not None:
        actual, pace = supposed, min(clock.on, clock.due)
    attained = _attain(definition, judged, actual, clock)
    if isinstance(attained, Reason):
        return _unscored(
            Status.no_data,
            attained,
            actual=actual,
            stale=stale,
            counted=clock.overdue > 0,
            completeness=completeness,
            pace=pace,
            ended=ended,
            latest=latest,
            rows=tuple(map(_plain_row, seen)),
        )
    raw, progress = stored(attained.raw), stored(attained.progress)
    expected = expected_of(definition, pace, clock.on, fiscal)
    judged_rows = {row.period.first: row for row in attained.rows}
    return KpiScore(
        actual=None if actual is None else stored(actual),
        raw=raw,
        progress=progress,
        expected=expected,
        gap=progress - expected,
        status=_status(definition, clock, attained, progress - expected, completeness == 1, thresholds),
        reason=None,
        stale=stale,
        late=definition.is_boolean and any(each.value >= 1 and each.observed_on > clock.due for each in seen),
        ended=ended,
        completeness=completeness,
        counted=True,
        pace=pace,
        stretch=_stretch(definition, actual, attained.raw, scored),
        latest_period=latest[0],
        latest_value=latest[1],
        latest_observed_on=latest[2],
        rows=tuple(judged_rows.get(each.period.first) or _plain_row(each) for each in seen),
    )


def _actual(definition: KpiDefinition, seen: Sequence[_Value], judged: Sequence[_Value]) -> Decimal | None:
    counting = seen if definition.by_due or definition.is_boolean else judged
    if counting:
        return aggregate(definition.aggregation, [each.value for each in counting])
    return ZERO if definition.is_boolean else None


def _attain(
    definition: KpiDefinition, judged: Sequence[_Value], actual: Decimal | None, clock: _Clock
) -> _Attained | Reason:
    """What was attained, or the reason why nothing can be said."""
    lacks = _lacks(definition)
    if lacks is not None:
        return lacks
    if actual is None:
        return Reason.missing if clock.overdue > len(judged) else Reason.not_due_yet
    if definition.is_boolean:
        return _Attained(actual, clamp(actual))
    if not definition.by_due:
        return _each_period(definition, [each for each in judged if _is_asked(definition, each.period)])
    raw = _by_due(definition, actual)
    return raw if isinstance(raw, Reason) else _Attained(raw, clamp(raw))


ABSENT = frozenset({"direction_missing", "target_missing", "dates_missing"})
"""Codes of `validate` for what imported data may lack: such a KPI is kept, shows its values and has no score."""


@exactly
def validate(definition: KpiDefinition, fiscal: Fiscal = CALENDAR_YEAR) -> set[str]:
    """The codes of everything that is wrong with a definition; empty when it may be saved (section 4)."""
    codes = _wrong_in_general(definition)
    if definition.is_boolean:
        return codes | _wrong_boolean(definition)
    codes |= _wrong_milestones(definition, fiscal)
    if definition.is_maintain:
        return codes | _wrong_band(definition)
    return codes | _wrong_target(definition)


def _wrong_in_general(definition: KpiDefinition) -> set[str]:
    codes = set()
    if definition.weight < 0:
        codes.add("weight_negative")
    if definition.direction is None and not definition.is_boolean:
        codes.add("direction_missing")
    if definition.start is None or definition.due is None:
        return codes | {"dates_missing"}
    if definition.start > definition.due or (definition.start == definition.due and definition.cadence != Cadence.once):
        codes.add("dates_order")
    return codes


def _wrong_boolean(definition: KpiDefinition) -> set[str]:
    right = (
        definition.cadence == Cadence.once
        and definition.by_due
        and definition.direction == Direction.increase
        and definition.baseline in (None, 0)
        and definition.target == 1
    )
    return set() if right else {"boolean_shape"}


def _wrong_milestones(definition: KpiDefinition, fiscal: Fiscal) -> set[str]:
    if definition.start is None or definition.due is None or definition.start > definition.due:
        return set()
    codes = set()
    for first, value in definition.milestones.items():
        period = _period_in_life(first, definition.start, definition.due, str(definition.cadence), fiscal)
        if period is None:
            codes.add("milestone_unknown_period")
        elif period.life_end == definition.due and definition.by_due and value != definition.target:
            codes.add("last_milestone_not_target")
    return codes


def _wrong_band(definition: KpiDefinition) -> set[str]:
    lower, upper, target = definition.lower, definition.upper, definition.target
    codes = set()
    if lower is None and upper is None and target is None:
        codes.add("target_missing")
    if lower is not None and upper is not None and lower > upper:
        codes.add("band_order")
    elif target is not None and ((lower is not None and target < lower) or (upper is not None and target > upper)):
        codes.add("target_outside_band")
    if definition.fade is not None and definition.fade <= 0:
        codes.add("fade_not_positive")
    if definition.sums and definition.by_due:
        codes.add("maintain_sum_by_due")
    if definition.stretch is not None:
        codes.add("stretch_on_maintain")
    return codes


def _wrong_target(definition: KpiDefinition) -> set[str]:
    """Of a KPI that is to rise or fall. Without a direction only what holds for both is said."""
    target, direction = definition.target, definition.direction
    if target is None:
        return {"target_missing"}
    codes = set()
    if definition.by_due:
        codes |= _wrong_start(definition, target)
    elif (
        definition.zero_at is not None and direction is not None and not _beyond(target, definition.zero_at, direction)
    ):
        codes.add("zero_at_wrong_side")
    if definition.stretch is not None and direction is not None and not _beyond(definition.stretch, target, direction):
        codes.add("stretch_not_beyond_target")
    return codes


def _wrong_start(definition: KpiDefinition, target: Decimal) -> set[str]:
    """What by_due asks of the baseline; a sum starts at 0 and only rises (a budget or cap is each_period and sum)."""
    if definition.sums:
        if definition.direction == Direction.decrease:
            return {"sum_decrease_by_due"}
        if definition.baseline not in (None, 0):
            return {"sum_baseline_not_zero"}
    baseline = baseline_of(definition)
    if baseline is None or definition.direction is None:
        return set()
    if baseline == target:
        return {"baseline_equals_target"}
    return set() if _beyond(target, baseline, definition.direction) else {"target_wrong_side"}


def _beyond(value: Decimal, border: Decimal, direction: str) -> bool:
    """Strictly on the better side of a border."""
    return value < border if direction == Direction.decrease else value > border
