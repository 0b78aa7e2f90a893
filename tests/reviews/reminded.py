"""A company whose people are reminded day by day, and what each ought to get, calculated in another way than the
product does: by walking through time person by person, with clocks read hour by hour."""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from django.utils import timezone

from goals.models import Goal
from kpis.models import Kpi, Measurement
from people.models import Person, Role
from reviews.models import FreeDay, ReminderWishes, Review, ReviewSettings

ZONES = ("Europe/Oslo", "America/New_York")
DAY = dt.timedelta(days=1)
RUNS = ("06:55", "07:40", "14:30", "20:30")  # UTC
GRACE, CAP = 7, 4


@dataclass
class Promise:
    """A review: who owes it from which day on, and on which days it was moved and done."""

    id: int
    day: dt.date
    owners: list[tuple[dt.date, int]]
    moved: tuple[dt.date, dt.date] | None
    done: dt.date | None


@dataclass
class World:
    start: dt.date
    days: int
    free: set[dt.date]
    people: dict[int, Person]
    managers: dict[int, int | None]
    joined: dict[int, dt.date]
    away: dict[int, tuple[dt.date, dt.date]]
    promises: list[Promise] = field(default_factory=list)
    values: dict[tuple[int, dt.date], dt.date] = field(default_factory=dict)
    kpis: dict[int, int] = field(default_factory=dict)
    outage: tuple[dt.date, dt.date] = (dt.date.max, dt.date.max)

    @property
    def moments(self) -> list[dt.datetime]:
        found = []
        for number in range(self.days):
            day = self.start + number * DAY
            if not self.outage[0] <= day <= self.outage[1]:
                found += [dt.datetime.combine(day, dt.time.fromisoformat(run), dt.UTC) for run in RUNS]
        return found


def build(cast, people: int, start: dt.date, days: int, diligent: float, seed: int = 7) -> World:
    """People with a goal, a monthly KPI and reviews each; a tenth of them manage the others. So many of them are
    `diligent`: they mostly have everything done before anybody asks."""
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    cast.works.fiscal_start_month = 4
    cast.works.save()
    cast.cycle.start, cast.cycle.due = start, start + (days - 1) * DAY
    cast.cycle.save()
    free = {start + chance.randrange(days) * DAY for _ in range(days // 30)}
    FreeDay.objects.bulk_create([FreeDay(organisation=cast.works, day=day, name="Free") for day in free])
    ReviewSettings.objects.create(organisation=cast.works, mails_a_week=CAP)
    crowd = [hired(cast, number, start) for number in range(people)]
    bosses = crowd[: max(2, people // 10)]
    for number, person in enumerate(crowd):
        person.manager = None if person in bosses else bosses[number % len(bosses)]
        person.save()
    world = World(
        start,
        days,
        free,
        people={person.pk: person for person in crowd},
        managers={person.pk: person.manager_id for person in crowd},
        joined={person.pk: start - DAY for person in crowd},
        away={},
    )
    top = cast.goal("Top", owner=None)
    areas = {boss.pk: cast.goal(f"Area of {boss.name}", top, level=1, owner=None) for boss in bosses}
    for person in crowd:
        if chance.random() < 0.1:
            join(world, person, start + chance.randrange(days) * DAY)
        if chance.random() < 0.2:
            leaves = start + chance.randrange(days) * DAY
            world.away[person.pk] = leaves, leaves + chance.randrange(3, 20) * DAY
        promise(cast, world, person, areas[person.manager_id or person.pk], chance, diligent)
    world.outage = start + days // 2 * DAY, start + (days // 2 + 6) * DAY
    return world


def hired(cast, number: int, start: dt.date) -> Person:
    email = f"p{number}@works.example"
    made = Person(organisation=cast.works, email=email, name=f"P{number}", role=Role.MEMBER, timezone=ZONES[number % 2])
    made.save()
    Person.objects.filter(pk=made.pk).update(joined_at=dt.datetime.combine(start - DAY, dt.time(12), dt.UTC))
    return made


def join(world: World, person: Person, day: dt.date) -> None:
    Person.objects.filter(pk=person.pk).update(joined_at=dt.datetime.combine(day, dt.time(12), dt.UTC))
    world.joined[person.pk] = day


def promise(cast, world: World, person: Person, area: Goal, chance: random.Random, diligent: float) -> None:
    """A goal with its monthly KPI and a review each month, kept early, late or never."""
    goal = cast.goal(f"Goal of {person.name}", area, level=2, owner=person)
    kpi = Kpi.objects.create(
        organisation=cast.works,
        goal=goal,
        key=f"kpi_{person.pk}",
        name=f"Kpi of {person.name}",
        baseline=0,
        target=100,
        cadence="monthly",
    )
    world.kpis[kpi.pk] = person.pk
    is_diligent = chance.random() < diligent
    for first, end in months(world.start, world.days):
        early = is_diligent and chance.random() < 0.9
        if chance.random() < 0.8 or early:
            world.values[kpi.pk, first] = end + (0 if early else chance.randrange(1, 16)) * DAY
        day = end + 5 * DAY
        review = Review.objects.create(
            organisation=cast.works, goal=goal, owner=person, name=f"{first:%Y-%m}", first=first, end=end, day=day
        )
        moved = (day - 6 * DAY, day + 9 * DAY) if chance.random() < 0.1 else None
        done = day + chance.randrange(-12, 50) * DAY if chance.random() < 0.85 else None
        done = max(first, day - 20 * DAY) if early else done
        owners = [(dt.date.min, person.pk)]
        if chance.random() < 0.05:
            owners.append((day + chance.randrange(-9, 20) * DAY, chance.choice(list(world.people))))
        world.promises.append(Promise(review.pk, day, owners, moved, done))


def months(start: dt.date, days: int) -> list[tuple[dt.date, dt.date]]:
    found, first, last = [], start.replace(day=1), start + (days - 1) * DAY
    while first <= last:
        after = (first + 32 * DAY).replace(day=1)
        if first >= start and after - DAY <= last:
            found.append((first, after - DAY))
        first = after
    return found


def live(cast, world: World, day: dt.date) -> None:
    """What people do in the morning of a day."""
    for each in world.promises:
        row = Review.objects.filter(pk=each.id)
        if each.moved and each.moved[0] == day:
            row.update(day=each.moved[1], revision=2)
        if each.done == day:
            row.update(state=Review.State.SIGNED)
        for since, owner in each.owners[1:]:
            if since == day:
                row.update(owner=owner)
    for pk, (leaves, back) in world.away.items():
        if leaves == day:
            ReminderWishes.objects.update_or_create(pk=pk, defaults={"back_on": back})
    Measurement.objects.bulk_create(
        [
            Measurement(
                organisation=cast.works,
                kpi_id=kpi,
                period=first,
                value=Decimal(50),
                observed_on=day,
                recorded_at=timezone.now(),
            )
            for (kpi, first), given in world.values.items()
            if given == day
        ]
    )


# What ought to go out.


@cache
def clock_shows(day: dt.date, hour: int, zone: str) -> dt.datetime:
    """The first moment at which the clock of a zone shows a full hour of a day."""
    moment = dt.datetime.combine(day, dt.time(), dt.UTC) - DAY
    while (local := moment.astimezone(ZoneInfo(zone))) and (local.date(), local.hour) < (day, hour):
        moment += dt.timedelta(hours=1)
    return moment


@dataclass(frozen=True)
class Ought:
    key: str
    about: str
    person: int
    day: dt.date
    rank: int


def works(world: World, day: dt.date) -> bool:
    return day.weekday() < 5 and day not in world.free


def forward(world: World, day: dt.date) -> dt.date:
    return day if works(world, day) else forward(world, day + DAY)


def back(world: World, day: dt.date) -> dt.date:
    return day if works(world, day) else back(world, day - DAY)


def of_promise(world: World, each: Promise, today: dt.date) -> list[Ought]:
    """What one review asks for as it stands on a day, its rank the more the more urgent."""
    if each.done is not None and each.done <= today:
        return []
    owner = [owner for since, owner in each.owners if since <= today][-1]
    was_moved = each.moved is not None and each.moved[0] <= today
    day, name = (each.moved[1], f"review{each.id}:r2") if was_moved else (each.day, f"review{each.id}:r1")
    steps = [("before", 14, back(world, day - 14 * DAY), owner, 1), ("before", 3, back(world, day - 3 * DAY), owner, 2)]
    steps.append(("before", 0, day, owner, 3))
    for week in range(1, 9):
        late = forward(world, day + 7 * week * DAY)
        steps.append(("overdue", 7 * week, late, owner, 10 + week))
        if week > 1 and world.managers[owner]:
            steps.append(("escalation", 7 * week, late, world.managers[owner], 30 + week))
    about = f"review{each.id}"
    return [Ought(f"{name}:{kind}:{n}:{to}:email", about, to, on, rank) for kind, n, on, to, rank in steps]


def of_value(world: World, kpi: int, today: dt.date) -> list[Ought]:
    """What the newest months without a value ask for."""
    found, to = [], world.kpis[kpi]
    for first, end in reversed(months(world.start, world.days)):
        given = world.values.get((kpi, first))
        if given is not None and given <= today:
            break
        if end < today <= end + (GRACE + 7) * DAY:
            steps = [("value", forward(world, end + DAY), 1), ("value_last", back(world, end + GRACE * DAY), 2)]
            found += [
                Ought(f"kpi{kpi}.{first}:r1:{kind}:0:{to}:email", f"kpi{kpi}", to, on, rank) for kind, on, rank in steps
            ]
    return found


def expected(world: World) -> dict[str, dt.datetime]:
    """Every key that goes out, and when, were there one careful person with all the papers and a clock."""
    sent: dict[str, dt.datetime] = {}
    passed: set[str] = set()
    mails: dict[int, list[dt.date]] = defaultdict(list)
    seen, pile = None, defaultdict(list)
    for moment in world.moments:
        if moment.date() != seen:
            seen, pile = moment.date(), defaultdict(list)
            asked = [ought for each in world.promises for ought in of_promise(world, each, seen)]
            asked += [ought for kpi in world.kpis for ought in of_value(world, kpi, seen)]
            for ought in asked:
                pile[ought.person].append(ought)
        for person in world.people:
            here = moment.astimezone(ZoneInfo(world.people[person].timezone))
            if not dt.time(7) <= here.time() <= dt.time(20) or is_away(world, person, seen, here.date()):
                continue
            week = here.date() - here.weekday() * DAY
            if here.date() in mails[person] or sum(day >= week for day in mails[person]) >= CAP:
                continue
            chosen = choose(world, pile[person], moment, sent, passed)
            if chosen:
                mails[person].append(here.date())
                sent |= dict.fromkeys(chosen, moment)
    return sent


def is_away(world: World, person: int, seen: dt.date, here: dt.date) -> bool:
    leaves, back_on = world.away.get(person, (dt.date.max, dt.date.max))
    return leaves <= seen and here < back_on


def choose(world: World, pile: list[Ought], moment: dt.datetime, sent: dict, passed: set[str]) -> list[str]:
    """The latest of each thing whose time has come; what is older is passed over for good."""
    chosen = []
    by_thing: dict[str, list[Ought]] = defaultdict(list)
    for ought in pile:
        by_thing[ought.about].append(ought)
    for oughts in by_thing.values():
        best_of_day: dict[dt.date, Ought] = {}
        for ought in sorted(oughts, key=lambda each: (each.day, each.rank)):
            best_of_day[ought.day] = ought
        ready = [
            ought
            for day, ought in sorted(best_of_day.items())
            if day >= world.joined[ought.person]
            and clock_shows(day, 9, world.people[ought.person].timezone) <= moment
            and ought.key not in sent
            and ought.key not in passed
        ]
        if ready:
            chosen.append(ready[-1].key)
            passed |= {ought.key for ought in ready[:-1]}
    return chosen
