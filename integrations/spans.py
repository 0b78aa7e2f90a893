"""How often and from when to when imported KPIs are measured, read from the dates of their values. Pure."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from kpis.periods import Cadence, Fiscal, Period, period_of

STATED = {each.value: each for each in Cadence} | {
    "annual": Cadence.yearly,
    "annually": Cadence.yearly,
}
CALENDAR = (Cadence.yearly, Cadence.quarterly, Cadence.monthly)
BY_LENGTH = (*CALENDAR, Cadence.weekly, Cadence.daily)


def cadence_of(frequency: str, dates: Collection[dt.date], fiscal: Fiscal) -> Cadence:
    """The cadence the file states, if it is one of ours, unless all dates begin longer periods (values a year apart
    are yearly, however often the number is published). Where none is stated: the longest one in which every date has
    a period of its own, preferring one whose periods begin on these dates; yearly when there are no values."""
    stated = STATED.get(frequency.strip().lower())
    if stated == Cadence.once:
        stated = stated if len(dates) <= 1 else None
    elif stated and len(dates) >= 2:
        longer = BY_LENGTH[: BY_LENGTH.index(stated)]
        return next((each for each in CALENDAR if each in longer and fits(dates, each, fiscal)), stated)
    if stated:
        return stated
    apart = [each for each in BY_LENGTH if keeps_apart(dates, each, fiscal)]
    return next((each for each in CALENDAR if fits(dates, each, fiscal)), apart[0])


def fits(dates: Collection[dt.date], cadence: Cadence, fiscal: Fiscal) -> bool:
    return keeps_apart(dates, cadence, fiscal) and begins_on(dates, cadence, fiscal)


def keeps_apart(dates: Collection[dt.date], cadence: Cadence, fiscal: Fiscal) -> bool:
    return len({period_of(date, cadence, fiscal).first for date in dates}) == len(dates)


def begins_on(dates: Collection[dt.date], cadence: Cadence, fiscal: Fiscal) -> bool:
    return all(period_of(date, cadence, fiscal).first == date for date in dates)


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day of a KPI's life, as far as the files say."""

    start: dt.date | None = None
    due: dt.date | None = None

    def holding(self, start: dt.date | None, due: dt.date | None) -> "Span":
        """The shortest span that holds this one and the given days."""
        starts = [day for day in (self.start, start) if day]
        dues = [day for day in (self.due, due) if day]
        return Span(min(starts, default=None), max(dues, default=None))


def span_of(dates: Collection[dt.date], cadence: Cadence, fiscal: Fiscal) -> Span:
    """From the first period that has a row to the end of the last one; a single day is no span."""
    if not dates:
        return Span()
    if cadence == Cadence.once:
        return Span(min(dates), max(dates))
    first, last = period_of(min(dates), cadence, fiscal), period_of(max(dates), cadence, fiscal)
    return Span(first.first, last.last if last.last > first.first else None)


def period_for(date: dt.date, cadence: Cadence, fiscal: Fiscal, span: Span) -> Period:
    if cadence == Cadence.once:
        return Period(span.start or date, span.due or date, span.start or date, span.due or date)
    return period_of(date, cadence, fiscal)


def whole_years(span: Span, today: dt.date) -> tuple[dt.date, dt.date]:
    """The calendar years that hold a span; this year when nothing is known."""
    return dt.date((span.start or span.due or today).year, 1, 1), dt.date(
        (span.due or span.start or today).year, 12, 31
    )
