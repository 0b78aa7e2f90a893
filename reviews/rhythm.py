"""When goals are reviewed, and by whom (docs/domain.md section 14). Pure arithmetic on dates."""

from calendar import monthrange
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count
from typing import NamedTuple

from kpis.periods import CALENDAR_YEAR, DAY, Fiscal, period_name, periods

LEAST_IN_HAND = 14  # days; who had a goal for less of a period owes no review of it


class Shift(StrEnum):
    """Where a review goes that falls on a day nobody works."""

    next = "next"
    previous = "previous"
    none = "none"


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which days are worked on: neither weekend (Monday is 0) nor holiday."""

    holidays: Container[date] = ()
    weekend: frozenset[int] = frozenset({5, 6})

    def __contains__(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def shifted(self, day: date, shift: str) -> date:
        if shift == Shift.none:
            return day
        step = DAY if shift == Shift.next else -DAY
        while day not in self:
            day += step
        return day


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often: by the fiscal calendar (`cadence`), or every `months` from an `anchor`, the first day on which a
    period ends. The review follows `days_after` the end of its period."""

    cadence: str = "quarterly"
    anchor: date | None = None
    months: int = 0
    days_after: int = 5
    shift: str = Shift.next


class ReviewDate(NamedTuple):
    """One review: its period's name, first day and end, the day it is held, and whether it is the last one."""

    name: str
    first: date
    end: date
    day: date
    closing: bool


def from_anchor(anchor: date, months: int) -> Iterator[date]:
    """The anchor, then every `months` months from it: a month too short for its day ends the period on its last."""
    if months < 1:
        raise ValueError("An anchored review comes back after one month or more.")
    for number in count():
        month = anchor.year * 12 + anchor.month - 1 + number * months
        year, of_year = divmod(month, 12)
        if year > date.max.year:
            return
        yield date(year, of_year + 1, min(anchor.day, monthrange(year, of_year + 1)[1]))


def spans(start: date, due: date, rhythm: Rhythm, fiscal: Fiscal) -> Iterator[tuple[str, date, date]]:
    """Name, first day and end of each period from `start` to `due`; the last one ends on the due date."""
    if rhythm.anchor is None:
        for period in periods(start, due, rhythm.cadence, fiscal):
            yield period_name(period.first, rhythm.cadence, fiscal), period.first, period.life_end
        return
    first = start
    for end in from_anchor(rhythm.anchor, rhythm.months):
        if end < start:
            continue
        yield min(end, due).isoformat(), first, min(end, due)
        if end >= due:
            return
        first = end + DAY


def review_dates(
    start: date,
    due: date,
    rhythm: Rhythm,
    workdays: Workdays,
    fiscal: Fiscal = CALENDAR_YEAR,
) -> Iterator[ReviewDate]:
    """The reviews of a goal that runs from `start` to `due`, in order, one at a time."""
    for name, first, end in spans(start, due, rhythm, fiscal):
        day = workdays.shifted(end + timedelta(days=rhythm.days_after), rhythm.shift)
        yield ReviewDate(name, first, end, day, closing=end == due)


def owes(review: ReviewDate, goal_start: date, owner_since: date) -> bool:
    """Whether the owner owes this review: the goal was in hand for LEAST_IN_HAND days of its period, or it is the
    closing one. A new owner owes nothing older."""
    if owner_since > review.end:
        return False
    in_hand = (review.end - max(review.first, goal_start, owner_since)).days + 1
    return review.closing or in_hand >= LEAST_IN_HAND
