"""Reviews as entries of a calendar (RFC 5545), the same in feeds and in invitations."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone

from people.models import Organisation
from reviews.models import Review

MAKER = "-//Cascade//Reviews//EN"
LONG = dt.timedelta(hours=1)  # of a review at a set time


def calendar(organisation: Organisation, reviews: Iterable[Review], method: str) -> Calendar:
    """With the organisation's time zone where an entry has a time. Nothing in it depends on the moment it is made."""
    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", method)
    reviews = list(reviews)
    if timed := [review.day for review in reviews if review.time]:
        until = max(timed) + dt.timedelta(days=366)
        made.add_component(Timezone.from_tzid(organisation.timezone, first_date=min(timed), last_date=until))
    for review in reviews:
        made.add_component(entry(review, organisation))
    return made


def entry(review: Review, organisation: Organisation) -> Event:
    """A whole day that blocks nothing, or an hour when a time was agreed. The review comes with goal and owner."""
    found = Event()
    found.add("uid", uid(review))
    found.add("sequence", review.revision)
    for name in ("dtstamp", "last-modified"):
        found.add(name, review.updated_at.astimezone(dt.UTC).replace(microsecond=0))
    found.add("summary", plain(_("Review: %(goal)s") % {"goal": review.goal.title}))
    found.add("description", plain("\n".join(told(review))))
    found.add("url", settings.BASE_URL + reverse("reviews:room", args=[review.pk]))
    if review.time:
        start = dt.datetime.combine(review.day, review.time, zoneinfo.ZoneInfo(organisation.timezone))
        found.add("dtstart", start)
        found.add("dtend", start + LONG)
    else:
        found.add("dtstart", review.day)
        found.add("dtend", review.day + dt.timedelta(days=1))
    found.add("transp", "OPAQUE" if review.time else "TRANSPARENT")
    found.add("status", "CANCELLED" if review.state == Review.State.CANCELLED else "CONFIRMED")
    return found


def uid(review: Review) -> str:
    return f"review-{review.pk}@{urlsplit(settings.BASE_URL).hostname}"


def told(review: Review) -> Iterable[str]:
    yield _("Period: %(name)s") % {"name": review.name}
    if review.owner:
        yield _("Owed by: %(name)s") % {"name": review.owner.name}
    if review.reason:
        yield _("Why it was changed: %(reason)s") % {"reason": review.reason}
    if review.is_owed:
        address = settings.BASE_URL + reverse("reviews:check_in", args=[review.pk])
        yield _("Check in: %(address)s") % {"address": address}


def plain(text: str) -> str:
    """Without the control characters that RFC 5545 does not know."""
    return "".join(letter for letter in text if letter in "\n\t" or (letter >= " " and letter != "\x7f"))


def last_changed(reviews: Iterable[Review]) -> dt.datetime | None:
    return max((review.updated_at for review in reviews), default=None)
