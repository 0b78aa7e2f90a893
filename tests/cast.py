"""The cast everybody knows: a small organisation, Works, and Eve, who belongs to another one.

Ada administers, Bo manages the unit Sales, Cy works in Sales' team, Dee audits; Eve administers Elsewhere.
"""

import datetime as dt
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.test import Client

from goals import tree
from goals.models import Cycle, Goal, Perspective, RollupState
from people.models import ApiToken, Level, Organisation, Person, Unit


@dataclass
class Cast:
    """Everybody and everything a test may name. `levels` from strategic to individual."""

    works: Organisation
    levels: list[Level]
    sales: Unit
    team: Unit
    cycle: Cycle
    customer: Perspective
    ada: Person
    bo: Person
    cy: Person
    dee: Person
    eve: Person
    elsewhere: Organisation

    def goal(self, title: str = "Grow", parent: Goal | None = None, level: int | None = None, **fields) -> Goal:
        """An active goal of Works, one level below its parent unless `level` says otherwise."""
        rank = level if level is not None else min(parent.depth + 1 if parent else 0, 3)
        fields = {
            "state": Goal.State.ACTIVE,
            "cycle": parent.cycle if parent else self.cycle,
            "weight": Decimal(1),
            **fields,
        }
        by = fields.pop("by", self.ada)
        return tree.create(
            by=by, organisation=self.works, parent=parent, level=self.levels[rank], title=title, **fields
        )


def founded(name: str) -> tuple[Organisation, list[Level], Cycle]:
    organisation = Organisation.objects.create(name=name)
    RollupState.objects.create(organisation=organisation)
    levels = [
        Level.objects.create(organisation=organisation, name=str(n), rank=r) for r, n in enumerate(Level.DEFAULTS)
    ]
    year = organisation.today().year
    cycle = Cycle.objects.create(
        organisation=organisation, name=str(year), start=dt.date(year, 1, 1), due=dt.date(year, 12, 31)
    )
    return organisation, levels, cycle


def person(organisation: Organisation, name: str, role: str, **fields) -> Person:
    email = f"{name.lower()}@{organisation.name.lower()}.example"
    return Person.objects.create_user(email, organisation=organisation, name=name, role=role, **fields)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def cast() -> Cast:
    works, levels, cycle = founded("Works")
    sales = Unit.objects.create(organisation=works, name="Sales", kind="department")
    team = Unit.objects.create(organisation=works, name="Inside sales", kind="team", parent=sales)
    elsewhere, _, _ = founded("Elsewhere")
    ada = person(works, "Ada", "admin")
    bo = person(works, "Bo", "unit_manager", unit=sales)
    return Cast(
        works=works,
        levels=levels,
        sales=sales,
        team=team,
        cycle=cycle,
        customer=Perspective.objects.create(organisation=works, name="Customer"),
        ada=ada,
        bo=bo,
        cy=person(works, "Cy", "member", unit=team, manager=bo),
        dee=person(works, "Dee", "auditor"),
        eve=person(elsewhere, "Eve", "admin"),
        elsewhere=elsewhere,
    )


def token(who: Person, *scopes: str, **fields) -> str:
    """The text of a new API token; of every scope when none is named."""
    _, text = ApiToken.objects.create(
        who, expiry=timedelta(days=1), name="test", scopes=list(scopes) or ["admin"], **fields
    )
    return text
