"""What a KPI would come to, while its form is being filled in; nothing is saved."""

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from cascade.errors import Conflict
from cascade.unfinished import readable
from kpis import definitions, scoring
from kpis.models import Kpi
from kpis.periods import period_name
from kpis.rolled import double, graph, rules
from kpis.rolled import values as derived_values
from kpis.rolled.picture import Picture, picture_of
from kpis.rolled.telling import Told, told
from people.models import Person

UNSAVED = 0
LAST = 4


@dataclass(frozen=True)
class Preview:
    """`problems` in words, or where the values come from, the newest ones by period, and what would count twice."""

    kpi: Kpi
    problems: list[str] = field(default_factory=list)
    told: Told | None = None
    picture: Picture | None = None
    values: list[tuple[str, Decimal]] = field(default_factory=list)
    twice: list[Any] = field(default_factory=list)


def preview_of(form: Any, person: Person) -> Preview | None:
    """None where the values do not come from other KPIs."""
    kpi = described(form)
    if not kpi.is_derived:
        return None
    problems = unreadable(form) or wrong(kpi, person)
    if problems:
        return Preview(kpi, problems)
    newest = values(kpi)
    found = told(kpi, person, newest[-1][1] if newest else None)
    return Preview(kpi, [], found, picture_of(found.top), newest, double.counted_twice(kpi, person))


def described(form: Any) -> Kpi:
    """The KPI that the form describes; what cannot be read yet is as it was."""
    kpi = copy(form.kpi) if form.kpi else Kpi(organisation=form.goal.organisation, goal=form.goal)
    given = {name: value for name, value in readable(form).items() if name in definitions.FIELDS}
    given["direction"] = given.get("direction") or None
    given.pop("milestones", None)
    if form.keeps_formula:
        given["formula"] = kpi.formula
    if not given.get("key"):
        given.pop("key", None)
    definitions.assign(kpi, given)
    return kpi


def unreadable(form: Any) -> list[str]:
    """What is wrong with the rows of links by themselves."""
    try:
        form.fields["links"].clean(form["links"].value())
    except ValidationError as error:
        return error.messages
    return []


def wrong(kpi: Kpi, person: Person) -> list[str]:
    try:
        rules.refuse_wrong(kpi, person)
    except ValidationError as error:
        return error.messages
    except Conflict as error:
        return [str(error)]
    return []


def values(kpi: Kpi) -> list[tuple[str, Decimal]]:
    """The newest values, by the names of their periods, oldest first."""
    organisation, on = kpi.organisation, kpi.organisation.today()
    needed = Kpi.objects.filter(pk__in=graph.needed(kpi)).order_by()
    rows = [scoring.with_life(row) for row in needed.values(*scoring.COLUMNS, *scoring.LIFE)]
    known, held, _ = scoring.family(organisation, rows, on, None)
    own = {**kpi.asked, "id": UNSAVED}
    fiscal = scoring.fiscal_of(organisation)
    found = derived_values.calculate({**known, UNSAVED: own}, held, on, fiscal, {UNSAVED})[UNSAVED]
    newest = sorted(found.items())[-LAST:]
    return [(period_name(first, kpi.cadence, fiscal), each.value) for first, each in newest]
