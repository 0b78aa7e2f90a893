"""The people a visitor of the demo company can be, one for each way of working."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from people.models import Person

DOORS = {
    "kari@demo.example": _("Employee"),
    "bo@demo.example": _("Manager"),
    "ingrid@demo.example": _("Leadership"),
    "admin@demo.example": _("Administrator"),
    "barcelona@demo.example": _("Administrator"),
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
