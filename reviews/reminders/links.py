"""Links of reminders that work without signing in: one opens the check-in of one review, one stops the mails.

Signed statements, of which nothing is stored. A link to a check-in ends when it expires, when the person leaves,
changes the password or may no longer check in; a link that stops mails never ends.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from kpis.record_links import LASTS, Ended, NoLink, stamp
from people.models import Person
from reviews import access
from reviews.models import Review

CHECK_IN, STOP = "reviews: one check-in", "reviews: no more mails"


@dataclass(frozen=True)
class Opened:
    person: Person
    review: Review


def check_in_link(person: Person, review: Review) -> str:
    token = signing.dumps([person.pk, review.pk, stamp(person)], salt=CHECK_IN)
    return settings.BASE_URL + reverse("reviews:check_in_link", args=[token])


def opened(token: str) -> Opened:
    """Raises NoLink, and Ended with the page to sign in for."""
    try:
        person_id, review_id, stamped = signing.loads(token, salt=CHECK_IN)
    except signing.BadSignature:
        raise NoLink from None
    page = reverse("reviews:check_in", args=[review_id])
    try:
        signing.loads(token, salt=CHECK_IN, max_age=LASTS)
    except signing.SignatureExpired:
        raise Ended(page) from None
    person = Person.objects.active().filter(pk=person_id).select_related("organisation", "unit").first()
    if person is None or stamp(person) != stamped:
        raise Ended(page)
    reviews = Review.objects.visible_to(person).select_related("goal__level", "goal__figures", "goal__owner", "owner")
    review = reviews.filter(pk=review_id).first()
    if review is None or not access.can_check_in(person, review):
        raise Ended(page)
    return Opened(person, review)


def stop_link(person: Person) -> str:
    return settings.BASE_URL + reverse("reviews:stop_mails", args=[signing.dumps(person.pk, salt=STOP)])


def whose(token: str) -> Person:
    """Raises NoLink and Ended."""
    try:
        pk = signing.loads(token, salt=STOP)
    except signing.BadSignature:
        raise NoLink from None
    person = Person.objects.active().filter(pk=pk).select_related("organisation").first()
    if person is None:
        raise Ended
    return person
