"""Which values are owed for a KPI on a date, and when the next one is (docs/domain.md sections 3, 5 and 6.1).

Pure: no database, no clock, no settings. A value falls due on the last day of its period and is late when the grace
is over. What is owed are the periods that ended after the newest one with a final value: an older gap lowers
completeness, which the KPI's page shows, but nobody is reminded of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import takewhile

from kpis.attainment import CurrentValue, KpiDefinition
from kpis.periods import DAY, Cadence, Fiscal, Period, days_of, number_of, period_name

MOST = 12
"""Owed periods that are told apart; nobody enters more of them one by one."""


@dataclass(frozen=True, slots=True)
class Due:
    """One value owed since the last day of its period; `days_late` counts from the end of the grace, 0 within it.
    `interim` is a value entered before the period was over, which a final one replaces or confirms."""

    period: Period
    name: str
    days_late: int = 0
    interim: Decimal | None = None

    @property
    def since(self) -> date:
        return self.period.life_end

    @property
    def is_late(self) -> bool:
        return self.days_late > 0


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed, newest period first, the period whose value comes next, and the newest one that is over."""

    due: list[Due]
    next: Due | None
    over: Due | None = None

    def entry(self, on: date) -> Due | None:
        """The period for which a value is entered by who does not say which: the newest owed one, else the running one,
        else the last one."""
        running = self.next if self.next is not None and self.next.period.life_start <= on else None
        return self.due[0] if self.due else running or self.over


def owed(
    definition: KpiDefinition,
    values: Mapping[date, CurrentValue],
    on: date,
    fiscal: Fiscal,
    grace: Mapping[str, int],
) -> Owed:
    """`values` by the first day of their period; only those of the newest MOST + 1 periods matter."""
    start, due = definition.start, definition.due
    if start is None or due is None or start > due:
        return Owed([], None)
    days = grace[str(definition.cadence)]
    ended, coming = _around(definition, start, due, on, fiscal)

    def as_due(period: Period) -> Due:
        name = period_name(period.first, str(definition.cadence), fiscal)
        late = (on - period.life_end - timedelta(days=days)).days
        held = values.get(period.first)
        return Due(period, name, max(0, late), None if held is None else held.value)

    missing = takewhile(lambda period: not _is_given(definition, period, values), ended)
    if coming is not None and _is_given(definition, coming, values):
        coming = None
    return Owed(
        [as_due(period) for period, _ in zip(missing, range(MOST), strict=False)],
        None if coming is None else as_due(coming),
        as_due(ended[0]) if ended else None,
    )


def _is_given(definition: KpiDefinition, period: Period, values: Mapping[date, CurrentValue]) -> bool:
    """A final value; what is measured once is given by any value, and done when it is done."""
    held = values.get(period.first)
    if held is None:
        return False
    if definition.cadence == Cadence.once and (not definition.is_boolean or held.value >= 1):
        return True
    return held.observed_on >= period.life_end


def _around(
    definition: KpiDefinition, start: date, due: date, on: date, fiscal: Fiscal
) -> tuple[list[Period], Period | None]:
    """The newest periods that have ended by a date, newest first, and the next one to end."""
    if definition.cadence == Cadence.once:
        only = Period(start, due, start, due)
        return ([only], None) if due <= on else ([], only)
    cadence, month = str(definition.cadence), fiscal.start_month
    first, last = number_of(start, cadence, month), number_of(due, cadence, month)

    def numbered(number: int) -> Period:
        begin, end = days_of(number, cadence, month)
        return Period(begin, end, max(begin, start), min(end, due))

    if on < start:
        return [], numbered(first)
    newest = last if on >= due else number_of(on + DAY, cadence, month) - 1
    coming = numbered(newest + 1) if newest < last else None
    return [numbered(number) for number in range(newest, max(first, newest - MOST) - 1, -1)], coming
