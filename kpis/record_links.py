"""Links with which one person records one value of one KPI without signing in, as reminders carry them.

A link is a signed statement and nothing is stored. It ends when it expires, when the person leaves, changes the
password or may no longer record the KPI, and it records nothing once its period has a final value.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from kpis.access import can_record
from kpis.course import Course, Line, course_of
from kpis.models import Kpi
from people.models import Person

SALT = "kpis: record one value"
LASTS = timedelta(days=14)
STAMP = 16  # characters of what changes with the password


class NoLink(Exception):
    """It was never a link of this kind."""


class Ended(Exception):
    """It was a link, and it works no more."""


@dataclass(frozen=True)
class Opened:
    person: Person
    course: Course
    line: Line

    @property
    def kpi(self) -> Kpi:
        return self.course.kpi

    @property
    def is_used(self) -> bool:
        """There is a value that counts for good: another one would be a correction, for which one signs in."""
        held = self.line.held
        if held is None or held.value is None:
            return False
        if self.kpi.kind == Kpi.Kind.BOOLEAN:
            return held.value >= 1
        return held.observed_on >= self.line.period.life_end


def record_link(person: Person, kpi: Kpi, first: date) -> str:
    """The address for a mail to the person, for the period that begins on `first`."""
    token = signing.dumps([person.pk, kpi.pk, first.isoformat(), stamp(person)], salt=SALT)
    return settings.BASE_URL + reverse("kpis:record_link", args=[token])


def opened(token: str) -> Opened:
    """Raises NoLink and Ended."""
    try:
        told = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.SignatureExpired:
        raise Ended from None
    except signing.BadSignature:
        raise NoLink from None
    person_id, kpi_id, first, stamped = told
    person = Person.objects.filter(pk=person_id, is_active=True).select_related("organisation", "unit").first()
    if person is None or stamp(person) != stamped:
        raise Ended
    kpis = Kpi.objects.visible_to(person).active().select_related("goal__cycle", "goal__unit", "goal__owner__unit")
    kpi = kpis.select_related("organisation").filter(pk=kpi_id).first()
    if kpi is None or not can_record(person, kpi):
        raise Ended
    course = course_of(kpi)
    line = course.line_of(date.fromisoformat(first))
    if line is None or not line.is_within_life:
        raise Ended
    return Opened(person, course, line)


def stamp(person: Person) -> str:
    return person.get_session_auth_hash()[:STAMP]
