"""Private addresses at which calendar programs read a person's reviews."""

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, vDuration

from people.language import read_by
from people.models import Organisation, Person
from reviews.calendar import entries
from reviews.calendar.finding import mine
from reviews.models import CalendarFeed, Review

BEHIND, AHEAD = dt.timedelta(days=92), dt.timedelta(days=400)
MOST_ENTRIES, MOST_FEEDS = 2000, 10
OFTEN = dt.timedelta(hours=4)  # how often a program is asked to look
NOTED = dt.timedelta(hours=1)  # a reading is noted again after this


def make(person: Person, name: str, shows: str) -> tuple[CalendarFeed, str]:
    """The feed and its token, which is told only now. Raises ValidationError too_many."""
    if person.calendar_feeds.count() >= MOST_FEEDS:
        message = _("You have %(n)s addresses. Withdraw one first.") % {"n": MOST_FEEDS}
        raise ValidationError(message, code="too_many")
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(organisation=person.organisation, person=person, name=name.strip(), shows=shows)
    feed.token_hash = hashed(token)
    feed.save()
    return feed, token


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def address(token: str) -> str:
    return f"{settings.BASE_URL}{reverse('calendar.ics')}?token={token}"


def opened(token: str) -> CalendarFeed | None:
    """The feed of a token, while its person works here."""
    feeds = CalendarFeed.objects.filter(token_hash=hashed(token), person__is_active=True)
    return feeds.select_related("person__organisation", "person__unit").first()


def note_reading(feed: CalendarFeed) -> None:
    now = timezone.now()
    if feed.read_at is None or now - feed.read_at > NOTED:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)


def reviews(feed: CalendarFeed) -> QuerySet:
    """What the person may see now of what the feed shows, from three months back to thirteen ahead."""
    person, today = feed.person, feed.person.organisation.today()
    rows = Review.objects.visible_to(person).filter(day__range=(today - BEHIND, today + AHEAD))
    if feed.shows == CalendarFeed.Shows.OWN:
        rows = rows.filter(mine(person))
    elif feed.shows == CalendarFeed.Shows.UNIT:
        rows = rows.filter(mine(person) | of_unit(person))
    return rows.select_related("goal", "owner").order_by("day", "pk")[:MOST_ENTRIES]


def of_unit(person: Person) -> Q:
    if not person.unit_id:
        return Q(pk=None)
    path = person.unit.path
    return Q(goal__unit__path__startswith=path) | Q(goal__unit=None, goal__owner__unit__path__startswith=path)


def calendar(feed: CalendarFeed, shown: list[Review]) -> Calendar:
    """In the person's language."""
    organisation: Organisation = feed.person.organisation
    with read_by(feed.person):
        made = entries.calendar(organisation, shown, "PUBLISH")
        name = entries.plain(_("Reviews, %(organisation)s") % {"organisation": organisation.name})
        for key in ("name", "x-wr-calname"):
            made.add(key, name)
    made.add("x-wr-timezone", organisation.timezone)
    made.add("refresh-interval", vDuration(OFTEN), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(OFTEN))
    return made
