"""Who is to take a part of a goal: units and people to choose from, and those chosen."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.http import urlencode

from goals.models import Goal
from kpis.preparing import Work
from people.models import Person, Unit

MOST_UNITS = 200
MOST_PEOPLE = 20


@dataclass
class UnitRow:
    """A unit with the people in it and below; `key` of itself as one part, `left` of its people are not chosen yet."""

    unit: Unit
    depth: int
    people: int
    left: int
    chosen: bool
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"u{self.unit.pk}"


def active_people(person: Person):
    return Person.objects.visible_to(person).active()


def people_keys(person: Person, unit_id: str) -> list[str]:
    """The keys of everybody in a unit and below it."""
    unit = Unit.objects.visible_to(person).filter(pk=int(unit_id)).first() if unit_id.isdigit() else None
    if unit is None:
        return []
    ids = active_people(person).filter(unit__path__startswith=unit.path).order_by("name", "pk")
    return [f"p{pk}" for pk in ids.values_list("pk", flat=True)]


def scene(request: HttpRequest, work: Work) -> dict[str, Any]:
    person, chosen = request.user, set(work.parts)
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    rows = unit_rows(person, chosen, work.goal)
    asked = request.GET.get("unit", "")
    opened = next((row for row in rows if str(row.unit.pk) == asked), None)
    people, more = [], False
    if opened is not None:
        people = list(of_unit(person, opened.unit))
    elif words:
        found = active_people(person).filter(Q(name__icontains=words) | Q(email__icontains=words))
        people = list(found.select_related("unit").order_by("name", "pk")[: MOST_PEOPLE + 1])
        more = len(people) > MOST_PEOPLE
        rows = [row for row in rows if words.lower() in row.unit.name.lower()]
    query = urlencode({name: value for name, value in (("q", words), ("unit", opened and asked)) if value})
    return {
        "q": words,
        "query": query,
        "units": rows[:MOST_UNITS] if opened is None else [],
        "more_units": max(0, len(rows) - MOST_UNITS),
        "opened": opened,
        "people": [{"person": each, "key": f"p{each.pk}", "chosen": f"p{each.pk}" in chosen} for each in people[:500]]
        if opened
        else [
            {"person": each, "key": f"p{each.pk}", "chosen": f"p{each.pk}" in chosen} for each in people[:MOST_PEOPLE]
        ],
        "more_people": more,
    }


def of_unit(person: Person, unit: Unit):
    people = active_people(person).filter(unit__path__startswith=unit.path)
    return people.select_related("unit").order_by("name", "pk")[:500]


def unit_rows(person: Person, chosen: set[str], goal: Goal) -> list[UnitRow]:
    """All units in the order of their tree, the goal's own branch first."""
    units = list(Unit.objects.visible_to(person))
    rows = active_people(person).filter(unit__isnull=False).order_by()
    counted = dict(rows.values_list("unit_id").annotate(Count("pk")))
    taken = [int(key[1:]) for key in chosen if key.startswith("p")]
    there = dict(rows.filter(pk__in=taken).values_list("unit_id").annotate(Count("pk"))) if taken else {}
    people, here = below(units, counted), below(units, there)
    children = defaultdict(list)
    for unit in units:
        children[unit.parent_id].append(unit)
    own = goal.unit.path if goal.unit_id else ""
    found: list[UnitRow] = []
    stack = [(unit, 0) for unit in reversed(own_first(children[None], own))]
    while stack:
        unit, depth = stack.pop()
        found.append(UnitRow(unit, depth, people[unit.pk], people[unit.pk] - here[unit.pk], f"u{unit.pk}" in chosen))
        inner = own_first(children[unit.pk], own)
        stack.extend((child, depth + 1) for child in reversed(inner))
    return found


def below(units: list[Unit], counted: dict[int, int]) -> dict[int, int]:
    """How many each unit has with all units below it."""
    totals: dict[int, int] = defaultdict(int)
    for unit in units:
        for pk in unit.path.strip("/").split("/"):
            totals[int(pk)] += counted.get(unit.pk, 0)
    return totals


def own_first(units: list[Unit], own: str) -> list[Unit]:
    """By name, but for the one that holds the unit with the path `own`."""
    return sorted(units, key=lambda unit: not own.startswith(unit.path))
