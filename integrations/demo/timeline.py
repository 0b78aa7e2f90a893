"""The dates of the demo company, all of them relative to today."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
MONTHS_GONE = 8  # of the running cycle; so there is a past to look at and a third of the way to go
MONTHS_BEFORE = 10  # for which the company used Cascade before


@dataclass(frozen=True)
class Timeline:
    """The running cycle is in its ninth month on `now`, whatever the day; the company has used Cascade since ten months
    before it began. Months count from 0, the first of the cycle; those before are negative."""

    now: dt.datetime
    zone: zoneinfo.ZoneInfo

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(self.zone).date()

    def month(self, number: int) -> dt.date:
        """The first day of a month."""
        months = self.today.year * 12 + self.today.month - 1 - MONTHS_GONE + number
        return dt.date(months // 12, months % 12 + 1, 1)

    @property
    def start(self) -> dt.date:
        return self.month(0)

    @property
    def due(self) -> dt.date:
        return self.month(12) - DAY

    @property
    def first_used(self) -> dt.date:
        return self.month(-MONTHS_BEFORE)

    def day_of(self, month: int, day: int) -> dt.date:
        return self.month(month) + (day - 1) * DAY

    def at(self, day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(hour, minute), self.zone)

    def snapshot_days(self) -> list[dt.date]:
        """The days whose figures are kept: every month end of the cycle before, every Sunday since, and each of the
        last thirty days."""
        yesterday, daily = self.today - DAY, self.today - 30 * DAY
        months = [self.month(number) - DAY for number in range(1 - MONTHS_BEFORE, 1)]
        sundays = [self.start + count * DAY for count in range((daily - self.start).days)]
        last = [daily + count * DAY for count in range((yesterday - daily).days + 1)]
        return sorted({*months, *(day for day in sundays if day.weekday() == 6), *last})
