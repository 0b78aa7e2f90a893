"""The people a visitor of the demo company can be, one for each way of working."""

from dataclasses import dataclass

from people.models import Person

DOORS = {
    "kari@demo.example": "Employee",
    "bo@demo.example": "Manager",
    "ingrid@demo.example": "Leadership",
    "admin@demo.example": "Administrator",
    "barcelona@demo.example": "Administrator",
}


@dataclass(frozen=True)
class Door:
    person: Person
    part: str


def doors() -> list[Door]:
    """Those of the demo's people who are there, in the order above."""
    known = Person.objects.active().filter(email__in=DOORS).select_related("organisation")
    by_email = {person.email: person for person in known}
    return [Door(by_email[email], part) for email, part in DOORS.items() if email in by_email]
