"""How dates move from one cycle to the next (docs/domain.md section 3). Pure."""

import calendar
from dataclasses import dataclass
from datetime import date

from kpis.periods import DAY


@dataclass(frozen=True)
class Span:
    start: date
    due: date

    @property
    def months(self) -> int:
        return self.start.year * 12 + self.start.month


def moved(day: date | None, before: Span, after: Span) -> date | None:
    """First day stays first, last day stays last; between them the day moves by as many months as the cycles lie apart
    (an end of a month stays one), or by days where they begin on different days of the month. What lies beyond the
    earlier cycle and is still ahead stays; nothing falls before the later one begins."""
    if day is None:
        return None
    if day > before.due:
        return day if day > after.start else after.due
    if day == before.due:
        return after.due
    if day <= before.start:
        return after.start
    if before.start.day != after.start.day:
        return min(max(day + (after.start - before.start), after.start), after.due)
    return min(by_months(day, after.months - before.months), after.due)


def by_months(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    is_last = (day + DAY).month != day.month
    return date(years, month + 1, last if is_last else min(day.day, last))
