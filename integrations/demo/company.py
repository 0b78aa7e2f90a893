"""Who works at the demo company: its organisation, levels, units and people."""

import datetime as dt
import random
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from goals import founding
from goals.models import Cycle, Perspective
from integrations.demo.plan import PersonPlan, Plan, UnitPlan
from integrations.demo.timeline import Timeline
from people.models import Level, Organisation, Person, Role, Unit

DOMAIN = "aurdal.example"
TITLES = {
    "frontline": ("Support agent", "Support agent", "Senior support agent"),
    "technical": ("Field engineer", "Diagnostics engineer"),
    "night": ("Night agent",),
    "care": ("Customer adviser",),
    "north": ("Installer", "Installer", "Installer, apprentice"),
    "south": ("Installer", "Installer", "Installer, apprentice"),
    "logistics": ("Warehouse worker", "Driver", "Buyer"),
    "planning": ("Route planner",),
    "accounting": ("Accountant",),
    "controlling": ("Controller",),
}
OTHER_TITLES = {
    "company": ("Executive assistant",),
    "product": ("Software engineer", "Software engineer", "Designer", "Test engineer"),
    "marketing": ("Marketing adviser",),
    "sales": ("Account executive",),
    "people": ("People adviser",),
    "it": ("Systems engineer",),
}


@dataclass(frozen=True)
class Company:
    """What goals refer to, by the names and keys of the plan."""

    organisation: Organisation
    levels: list[Level]
    perspectives: Mapping[str, Perspective]
    units: Mapping[str, Unit]
    people: Mapping[str, Person]
    before: Cycle
    cycle: Cycle


def found(plan: Plan, time: Timeline, external_id: str, chance: random.Random) -> Company:
    """The company as it is today, founded in Cascade when it began to use it."""
    organisation = founding.found(
        plan.units[0].name,
        external_id=external_id,
        timezone=time.zone.key,
        fiscal_start_month=time.start.month,
    )
    founded_at = time.at(time.first_used - dt.timedelta(days=30))
    Organisation.objects.filter(pk=organisation.pk).update(created_at=founded_at)
    organisation.history.update(history_date=founded_at)
    units = dict(placed(organisation, plan))
    people = employ(organisation, plan, units, founded_at, chance)
    for each in plan.units:
        units[each.key].head = people[each.head]
    Unit.objects.bulk_update(units.values(), ["head"])
    return Company(
        organisation=organisation,
        levels=list(organisation.levels.order_by("rank")),
        perspectives={each.name: each for each in organisation.perspectives.all()},
        units=units,
        people=people,
        before=cycle(organisation, time.month(-12), time.start - dt.timedelta(days=1), Cycle.State.CLOSED),
        cycle=cycle(organisation, time.start, time.due, Cycle.State.OPEN),
    )


def cycle(organisation: Organisation, start: dt.date, due: dt.date, state: str) -> Cycle:
    return Cycle.objects.create(
        organisation=organisation, name=f"Strategy {due.year}", start=start, due=due, state=state
    )


def placed(organisation: Organisation, plan: Plan) -> Iterator[tuple[str, Unit]]:
    made: dict[str, Unit] = {}
    for each in plan.units:
        parent = made.get(each.parent)
        made[each.key] = Unit.objects.create(organisation=organisation, name=each.name, kind=each.kind, parent=parent)
        yield each.key, made[each.key]


def employ(
    organisation: Organisation,
    plan: Plan,
    units: Mapping[str, Unit],
    joined_at: dt.datetime,
    chance: random.Random,
) -> dict[str, Person]:
    """Everybody, heads first, each with a manager and nobody with a password: the demo is entered by one click."""
    people: dict[str, Person] = {}
    taken: set[str] = set()
    nobody = make_password(None)
    roster = list(staff(plan, chance))
    for who in roster:
        email = who.email or address(who.name, taken)
        taken.add(email)
        people[who.name] = Person(
            organisation=organisation,
            name=who.name,
            email=email,
            title=who.title,
            role=who.role,
            unit=units[who.unit],
            timezone=organisation.timezone,
            password=nobody,
        )
    Person.objects.bulk_create(people.values(), batch_size=500)
    Person.objects.filter(organisation=organisation).update(joined_at=joined_at)
    heads = {each.key: each.head for each in plan.units}
    above = {each.key: each.parent for each in plan.units}
    for who in roster:
        unit = who.unit if heads[who.unit] != who.name else above[who.unit]
        people[who.name].manager = people[heads[unit]] if unit else None
    Person.objects.bulk_update(people.values(), ["manager"], batch_size=500)
    return people


def staff(plan: Plan, chance: random.Random) -> Iterator[PersonPlan]:
    """The people of the plan and as many others as the units have places, all with different names."""
    named = {who.name: who for who in plan.people}
    for unit in plan.units:
        if unit.head not in named:
            named[unit.head] = PersonPlan(unit.head, f"Head of {unit.name}", unit.key)
    heads = {unit.head for unit in plan.units}
    for who in named.values():
        role = who.role or (Role.UNIT_MANAGER if who.name in heads else Role.MEMBER)
        yield PersonPlan(who.name, who.title, who.unit, who.email, role)
    names = set(named)
    for unit in plan.units:
        known = sum(who.unit == unit.key for who in named.values())
        for _ in range(unit.size - known):
            name = new_name(plan, names, chance)
            names.add(name)
            yield PersonPlan(name, chance.choice(titles(unit)), unit.key, role=Role.MEMBER)


def new_name(plan: Plan, names: set[str], chance: random.Random) -> str:
    while (name := f"{chance.choice(plan.first_names)} {chance.choice(plan.last_names)}") in names:
        pass
    return name


def titles(unit: UnitPlan) -> tuple[str, ...]:
    return TITLES.get(unit.key) or OTHER_TITLES.get(unit.parent) or OTHER_TITLES.get(unit.kind) or ("Adviser",)


def address(name: str, taken: set[str]) -> str:
    """An e-mail address from a name: ASCII, and a number where somebody has it already."""
    letters = name.lower().translate(str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ı": "i", " ": "."}))
    stem = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    numbers = ("", *map(str, range(2, 100)))
    return next(email for number in numbers if (email := f"{stem}{number}@{DOMAIN}") not in taken)
