"""The calendar of an organisation's reviews: worked out from goals, rhythms and holidays, as often as one likes
(docs/domain.md section 14). What a person moved, opened, signed or called off stays as it is.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import holidays
from simple_history.utils import bulk_create_with_history

from goals import structure
from goals.models import Goal
from kpis.periods import Fiscal
from people.models import Organisation, Person
from reviews.models import GoalRhythm, LevelRhythm, Review, ReviewSettings
from reviews.rhythm import ReviewDate, Rhythm, Workdays, owes, review_dates

AHEAD = dt.timedelta(days=400)
QUARTERLY_RANKS = 2  # the strategy and the level next to it, unless the organisation says otherwise


@dataclass(frozen=True)
class Course:
    """The reviews of one active goal, and who has had it since when, oldest first."""

    goal_id: int
    start: dt.date
    reviews: list[ReviewDate]
    tenures: list[tuple[dt.date, int | None]]
    people: Mapping[int, tuple[bool, int | None]]

    def owner_of(self, review: ReviewDate, before: int | None) -> int | None:
        """The owner, when the goal was in hand long enough; else who owed it before or had the goal before, and the
        manager of who left."""
        since, owner = self.tenures[-1]
        if owner is not None and owes(review, self.start, since):
            return owner
        earlier = [held for _, held in self.tenures[:-1] if held is not None]
        former = before or (earlier[-1] if earlier else owner)
        is_active, manager = self.people.get(former or 0, (False, None))
        return former if is_active else manager


def settings_of(organisation: Organisation) -> ReviewSettings:
    """What the organisation chose, or the defaults, not saved."""
    return ReviewSettings.objects.filter(pk=organisation.pk).first() or ReviewSettings(organisation=organisation)


def workdays_of(organisation: Organisation, settings: ReviewSettings, years: Iterable[int]) -> Workdays:
    """Without the public holidays of its country and region, and the organisation's own free days."""
    free = set(organisation.free_days.values_list("day", flat=True))
    if settings.country:
        free |= set(holidays.country_holidays(settings.country, settings.region or None, years=years))
    return Workdays(frozenset(free))


def work_out(organisation: Organisation) -> int:
    """Brings the planned reviews up to date, up to 400 days ahead; how many rows changed. A second run changes nothing.

    Reviews whose day has passed are not made afterwards: nobody is late for what nobody knew of.
    """
    with structure.lock(organisation.pk):
        held = {(review.goal_id, review.end): review for review in Review.objects.filter(organisation=organisation)}
        wanted: dict[tuple[int, dt.date], dict[str, Any]] = {}
        for course in courses(organisation):
            for found in course.reviews:
                stored = held.get((course.goal_id, found.end))
                owner_id = course.owner_of(found, stored.owner_id if stored else None)
                wanted[course.goal_id, found.end] = found._asdict() | {"owner_id": owner_id}
        today = organisation.today()
        new = [
            Review(organisation=organisation, goal_id=place[0], **fields)
            for place, fields in wanted.items()
            if place not in held and fields["day"] >= today
        ]
        changed = [review for place, review in held.items() if brought_up_to_date(review, wanted.get(place))]
        bulk_create_with_history(new, Review)
        for review in changed:
            review.version += 1
            review.save()
        return len(new) + len(changed)


def brought_up_to_date(review: Review, wanted: Mapping[str, Any] | None) -> bool:
    """Whether a stored review had to change. What is not wanted is called off, and planned again when it is; what a
    person moved keeps its day."""
    if review.state not in (Review.State.PLANNED, Review.State.CANCELLED):
        return False
    fields = {"state": Review.State.CANCELLED} if wanted is None else {**wanted, "state": Review.State.PLANNED}
    if review.was_moved:
        fields.pop("day", None)
    different = [name for name, value in fields.items() if getattr(review, name) != value]
    for name in different:
        setattr(review, name, fields[name])
    return bool(different)


def courses(organisation: Organisation) -> list[Course]:
    """The reviews of every active goal, from its start to 400 days ahead, in seven queries."""
    settings, today = settings_of(organisation), organisation.today()
    fiscal = Fiscal(organisation.fiscal_start_month, organisation.fiscal_year_named_by)
    workdays = workdays_of(organisation, settings, range(today.year - 2, today.year + 3))
    active = Goal.objects.filter(organisation=organisation, state=Goal.State.ACTIVE)
    levels = dict(LevelRhythm.objects.filter(organisation=organisation).values_list("level_id", "cadence"))
    own = {rhythm.goal_id: rhythm for rhythm in GoalRhythm.objects.filter(organisation=organisation)}
    held = tenures(organisation)
    people = {pk: (is_active, manager) for pk, is_active, manager in everybody(organisation)}
    found = []
    for goal in active.select_related("cycle", "level"):
        had = held.get(goal.pk) or [(goal.start or goal.cycle.start, goal.owner_id)]
        start, due = max(goal.start or goal.cycle.start, had[0][0]), goal.due or goal.cycle.due
        rhythm = rhythm_of(goal, own.get(goal.pk), levels, settings)
        dates = review_dates(start, due, rhythm, workdays, fiscal) if start <= due else iter(())
        dates = takewhile(lambda each: each.day <= today + AHEAD, dates)
        found.append(Course(goal.pk, start, [each for each in dates if owes(each, start, start)], had, people))
    return found


def rhythm_of(goal: Goal, own: GoalRhythm | None, levels: Mapping[int, str], settings: ReviewSettings) -> Rhythm:
    """The goal's own, else its level's, else quarterly for the first two levels and monthly below."""
    after = {"days_after": settings.days_after, "shift": settings.shift}
    if own is not None and own.anchor is not None:
        return Rhythm(anchor=own.anchor, months=own.months, **after)
    default = "quarterly" if goal.level.rank < QUARTERLY_RANKS else "monthly"
    return Rhythm(own.cadence if own is not None else levels.get(goal.level_id, default), **after)


def tenures(organisation: Organisation) -> dict[int, list[tuple[dt.date, int | None]]]:
    """Who owned each goal from which day on, oldest first."""
    versions = Goal.history.filter(organisation_id=organisation.pk).order_by("history_date", "history_id")
    found: dict[int, list[tuple[dt.date, int | None]]] = defaultdict(list)
    for goal_id, owner_id, moment in versions.values_list("id", "owner_id", "history_date").iterator():
        if not found[goal_id] or found[goal_id][-1][1] != owner_id:
            found[goal_id].append((organisation.day_of(moment), owner_id))
    return found


def everybody(organisation: Organisation):
    return Person.objects.filter(organisation=organisation).values_list("pk", "is_active", "manager_id")
