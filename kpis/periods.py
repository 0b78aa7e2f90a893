"""Measuring periods and the fiscal calendar (docs/domain.md section 3). Pure arithmetic on dates."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

DAY = timedelta(days=1)


class Cadence(StrEnum):
    """How often a KPI is measured; `once` is a single period from its start to its due date."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"
    quarterly = "quarterly"
    yearly = "yearly"
    once = "once"


MONTHS = {Cadence.monthly: 1, Cadence.quarterly: 3, Cadence.yearly: 12}


@dataclass(frozen=True, slots=True)
class Fiscal:
    """An organisation's year: it starts on day 1 of `start_month` (1..12) and is named by the calendar year in which
    it ends ("end") or starts ("start")."""

    start_month: int = 1
    named_by: str = "end"

    def __post_init__(self) -> None:
        if not 1 <= self.start_month <= 12:
            raise ValueError("A fiscal year starts in a month from 1 to 12.")
        if self.named_by not in ("end", "start"):
            raise ValueError("A fiscal year is named by its 'end' or its 'start'.")


CALENDAR_YEAR = Fiscal()


class Period(NamedTuple):
    """One period: its calendar days `first`..`last` (inclusive; `first` is its identity) and the part of it inside
    the KPI's life, `life_start`..`life_end`."""

    first: date
    last: date
    life_start: date
    life_end: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def life_days(self) -> int:
        return (self.life_end - self.life_start).days + 1

    @property
    def is_whole(self) -> bool:
        return self.life_start == self.first and self.life_end == self.last


@lru_cache(maxsize=65536)
def number_of(on: date, cadence: str, start_month: int = 1) -> int:
    """The running number of the calendar period that holds a date; the next period has the next number."""
    if cadence == Cadence.daily:
        return on.toordinal()
    if cadence == Cadence.weekly:
        return (on.toordinal() - 1) // 7
    if cadence == Cadence.once:
        raise ValueError("A KPI measured once has no calendar periods.")
    return (on.year * 12 + on.month - start_month) // MONTHS[Cadence(cadence)]


@lru_cache(maxsize=65536)
def days_of(number: int, cadence: str, start_month: int = 1) -> tuple[date, date]:
    """First and last day of the calendar period with a running number."""
    if cadence == Cadence.daily:
        return date.fromordinal(number), date.fromordinal(number)
    if cadence == Cadence.weekly:
        return date.fromordinal(number * 7 + 1), date.fromordinal(min(number * 7 + 7, date.max.toordinal()))
    length = MONTHS[Cadence(cadence)]
    month = number * length + start_month - 1
    last = min(month + length - 1, date.max.year * 12 + 11)
    year, of_year = divmod(last, 12)
    first = date.min if month < 12 else date(month // 12, month % 12 + 1, 1)
    return first, date(year, of_year + 1, monthrange(year, of_year + 1)[1])


def period_of(on: date, cadence: str, fiscal: Fiscal = CALENDAR_YEAR) -> Period:
    """The calendar period that holds a date. Raises ValueError for `once`, which has none."""
    first, last = days_of(number_of(on, cadence, fiscal.start_month), cadence, fiscal.start_month)
    return Period(first, last, first, last)


def period_name(on: date, cadence: str, fiscal: Fiscal = CALENDAR_YEAR) -> str:
    """The name of the period that holds a date: FY2027-Q1, FY2027, 2026-04, 2026-W14 (ISO) or the day itself."""
    if cadence in (Cadence.daily, Cadence.once):
        return on.isoformat()
    if cadence == Cadence.weekly:
        year, week, _ = on.isocalendar()
        return f"{year}-W{week:02}"
    if cadence == Cadence.monthly:
        return f"{on.year}-{on.month:02}"
    months = on.year * 12 + on.month - fiscal.start_month
    year = months // 12 + (1 if fiscal.named_by == "end" and fiscal.start_month > 1 else 0)
    return f"FY{year}" if cadence == Cadence.yearly else f"FY{year}-Q{months % 12 // 3 + 1}"


def periods(start: date, due: date, cadence: str, fiscal: Fiscal = CALENDAR_YEAR) -> Iterator[Period]:
    """Every period that touches a life from `start` to `due`, in order, one at a time."""
    if cadence == Cadence.once:
        yield Period(start, due, start, due)
        return
    month = fiscal.start_month
    for number in range(number_of(start, cadence, month), number_of(due, cadence, month) + 1):
        first, last = days_of(number, cadence, month)
        yield Period(first, last, max(first, start), min(last, due))
