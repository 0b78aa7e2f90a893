"""What settings would do before they are saved: the next reviews of each level, and what changes in the calendar."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import dropwhile, islice

from kpis.periods import period_of
from people.models import Level, Organisation
from reviews import schedule
from reviews.models import Cadence, Review, ReviewSettings
from reviews.rhythm import ReviewDate, review_dates
from reviews.schedule import Rules

EACH = 4
YEAR = dt.timedelta(days=366)


@dataclass(frozen=True)
class Next:
    """A review to come; `due` is its day before weekends and holidays were looked at."""

    review: ReviewDate
    due: dt.date

    @property
    def is_shifted(self) -> bool:
        return self.review.day != self.due


@dataclass(frozen=True)
class Line:
    level: Level
    cadence: str
    dates: list[Next]


@dataclass(frozen=True)
class Effect:
    """How many reviews that are planned now get another day, come new, or are called off; `kept` were moved by a person
    and stay where they are."""

    moved: int
    new: int
    off: int
    kept: int

    @property
    def is_nothing(self) -> bool:
        return not (self.moved or self.new or self.off)


def supposed(organisation: Organisation, settings: ReviewSettings, levels: Mapping[int, str]) -> Rules:
    """The rules as they would be with these settings and cadences of levels."""
    years = schedule.years_around(organisation.today())
    workdays = schedule.workdays_of(organisation, settings, years)
    return replace(schedule.rules_of(organisation), settings=settings, levels=levels, workdays=workdays)


def lines(organisation: Organisation, rules: Rules) -> list[Line]:
    """The next reviews of a goal on each level that runs from last year through the next."""
    today = organisation.today()
    start = period_of(today - YEAR, Cadence.YEARLY, rules.fiscal).first
    end = period_of(today + YEAR, Cadence.YEARLY, rules.fiscal).last
    found = []
    for level in organisation.levels.order_by("rank"):
        cadence = rules.cadence_of(level)
        rhythm = schedule.Rhythm(cadence, days_after=rules.settings.days_after, shift=rules.settings.shift)
        dates = review_dates(start, end, rhythm, rules.workdays, rules.fiscal)
        ahead = islice(dropwhile(lambda each: each.day < today, dates), EACH)
        after = dt.timedelta(days=rules.settings.days_after)
        found.append(Line(level, cadence, [Next(each, each.end + after) for each in ahead]))
    return found


def effect(organisation: Organisation, rules: Rules) -> Effect:
    held, today = schedule.held_by(organisation), organisation.today()
    asked = schedule.wanted(organisation, rules, held)
    new = sum(place not in held and fields["day"] >= today for place, fields in asked.items())
    counted = Counter({"new": new})
    for place, review in held.items():
        was, wish = (review.state, review.day), asked.get(place)
        kept = review.was_moved and wish is not None and wish["day"] != review.day
        counted["kept"] += kept and review.state == Review.State.PLANNED
        if schedule.brought_up_to_date(review, wish, today):
            counted["off"] += review.state == Review.State.CANCELLED
            counted["new"] += was[0] == Review.State.CANCELLED
            counted["moved"] += was[0] == review.state and was[1] != review.day
    return Effect(counted["moved"], counted["new"], counted["off"], counted["kept"])
