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
from people.models import Level, Organisation, Person
from reviews.models import Cadence, GoalRhythm, LevelRhythm, Review, ReviewSettings
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


@dataclass(frozen=True)
class Rules:
    """What an organisation chose: its settings, the cadence of levels, the rhythms of goals, its working days."""

    settings: ReviewSettings
    levels: Mapping[int, str]
    goals: Mapping[int, GoalRhythm]
    workdays: Workdays
    fiscal: Fiscal

    def rhythm_of(self, goal: Goal) -> Rhythm:
        """The goal's own, else its level's, else quarterly for the first two levels and monthly below."""
        after = {"days_after": self.settings.days_after, "shift": self.settings.shift}
        own = self.goals.get(goal.pk)
        if own is not None and own.anchor is not None:
            return Rhythm(anchor=own.anchor, months=own.months, **after)
        return Rhythm(own.cadence if own is not None else self.cadence_of(goal.level), **after)

    def cadence_of(self, level: Level) -> str:
        return self.levels.get(level.pk) or usual_cadence(level)


def usual_cadence(level: Level) -> str:
    return Cadence.QUARTERLY if level.rank < QUARTERLY_RANKS else Cadence.MONTHLY


def settings_of(organisation: Organisation) -> ReviewSettings:
    """What the organisation chose, or the defaults, not saved."""
    return ReviewSettings.objects.filter(pk=organisation.pk).first() or ReviewSettings(organisation=organisation)


def rules_of(organisation: Organisation) -> Rules:
    """In four queries."""
    settings = settings_of(organisation)
    return Rules(
        settings=settings,
        levels=dict(LevelRhythm.objects.filter(organisation=organisation).values_list("level_id", "cadence")),
        goals={rhythm.goal_id: rhythm for rhythm in GoalRhythm.objects.filter(organisation=organisation)},
        workdays=workdays_of(organisation, settings, years_around(organisation.today())),
        fiscal=fiscal_of(organisation),
    )


def years_around(today: dt.date) -> range:
    return range(today.year - 2, today.year + 3)


def fiscal_of(organisation: Organisation) -> Fiscal:
    return Fiscal(organisation.fiscal_start_month, organisation.fiscal_year_named_by)


def workdays_of(organisation: Organisation, settings: ReviewSettings, years: Iterable[int]) -> Workdays:
    """Without the public holidays of its country and region, and the organisation's own free days."""
    free = set(organisation.free_days.values_list("day", flat=True))
    if settings.country:
        free |= set(holidays.country_holidays(settings.country, settings.region or None, years=years))
    return Workdays(frozenset(free))


Place = tuple[int, dt.date]  # a goal and the end of a period


def wanted(organisation: Organisation, rules: Rules, held: Mapping[Place, Review], goal_id: int | None = None):
    """What each review is to be, by its place, up to 400 days ahead."""
    found: dict[Place, dict[str, Any]] = {}
    for course in courses(organisation, rules, goal_id):
        for each in course.reviews:
            stored = held.get((course.goal_id, each.end))
            owner_id = course.owner_of(each, stored.owner_id if stored else None)
            found[course.goal_id, each.end] = each._asdict() | {"owner_id": owner_id}
    return found


def held_by(organisation: Organisation, goal_id: int | None = None) -> dict[Place, Review]:
    reviews = Review.objects.filter(organisation=organisation, **({"goal": goal_id} if goal_id else {}))
    return {(review.goal_id, review.end): review for review in reviews}


def work_out(organisation: Organisation, goal_id: int | None = None) -> int:
    """Brings the planned reviews up to date, up to 400 days ahead; how many rows changed. A second run changes nothing.

    Reviews whose day has passed are not made afterwards: nobody is late for what nobody knew of. `goal_id`: only those
    of this goal.
    """
    with structure.lock(organisation.pk):
        held, today = held_by(organisation, goal_id), organisation.today()
        asked = wanted(organisation, rules_of(organisation), held, goal_id)
        new = [
            Review(organisation=organisation, goal_id=place[0], **fields)
            for place, fields in asked.items()
            if place not in held and fields["day"] >= today
        ]
        bulk_create_with_history(new, Review)
        stale = {row.pk: place for place, row in held.items() if brought_up_to_date(row, asked.get(place), today)}
        # Read again under their locks: what a person opens or signs meanwhile is not written over.
        locked = Review.objects.select_for_update(no_key=True).filter(pk__in=stale)
        changed = [row for row in locked if brought_up_to_date(row, asked.get(stale[row.pk]), today)]
        for row in changed:
            row.version += 1
            row.save()
        return len(new) + len(changed)


def brought_up_to_date(review: Review, asked: Mapping[str, Any] | None, today: dt.date) -> bool:
    """Whether a stored review had to change. What is not asked for is called off, and planned again when it is, unless
    its day has passed; so has it for what is overdue. What a person moved keeps its day, and what a person called off
    stays called off."""
    if review.state not in (Review.State.PLANNED, Review.State.CANCELLED) or review.called_off_at:
        return False
    if asked is not None and review.state == Review.State.CANCELLED and asked["day"] < today:
        return False
    fields = {"state": Review.State.CANCELLED} if asked is None else {**asked, "state": Review.State.PLANNED}
    if review.was_moved or (review.state == Review.State.PLANNED and review.day < today):
        fields.pop("day", None)
    different = [name for name, value in fields.items() if getattr(review, name) != value]
    for name in different:
        setattr(review, name, fields[name])
    return bool(different)


def courses(organisation: Organisation, rules: Rules, goal_id: int | None = None) -> list[Course]:
    """The reviews of every active goal, from its start to 400 days ahead, in three queries."""
    until = organisation.today() + AHEAD
    active = Goal.objects.filter(organisation=organisation, state=Goal.State.ACTIVE)
    if goal_id is not None:
        active = active.filter(pk=goal_id)
    held = tenures(organisation, goal_id)
    people = {pk: (is_active, manager) for pk, is_active, manager in everybody(organisation)}
    found = []
    for goal in active.select_related("cycle", "level"):
        had = held.get(goal.pk) or [(goal.start or goal.cycle.start, goal.owner_id)]
        start, due = max(goal.start or goal.cycle.start, had[0][0]), goal.due or goal.cycle.due
        dates = iter(())
        if start <= due:
            dates = review_dates(start, due, rules.rhythm_of(goal), rules.workdays, rules.fiscal)
        dates = takewhile(lambda each: each.day <= until, dates)
        found.append(Course(goal.pk, start, [each for each in dates if owes(each, start, start)], had, people))
    return found


def tenures(organisation: Organisation, goal_id: int | None = None) -> dict[int, list[tuple[dt.date, int | None]]]:
    """Who owned each goal from which day on, oldest first."""
    versions = Goal.history.filter(organisation_id=organisation.pk).order_by("history_date", "history_id")
    if goal_id is not None:
        versions = versions.filter(id=goal_id)
    found: dict[int, list[tuple[dt.date, int | None]]] = defaultdict(list)
    for goal_id, owner_id, moment in versions.values_list("id", "owner_id", "history_date").iterator():
        if not found[goal_id] or found[goal_id][-1][1] != owner_id:
            found[goal_id].append((organisation.day_of(moment), owner_id))
    return found


def everybody(organisation: Organisation):
    return Person.objects.filter(organisation=organisation).values_list("pk", "is_active", "manager_id")
