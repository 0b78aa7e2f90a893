"""Invitations to reviews by mail, for people's calendars (RFC 5546): to whoever owes a review, and to the manager.

What was told last is compared with what holds now, so whatever happened is made good by the next run. A message is
committed before it is sent: a crash may lose one, none goes twice.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from itertools import islice

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from icalendar import Calendar, vCalAddress

from cascade.errors import NotTaken
from people import mail
from people.language import read_by
from people.models import Organisation, Person
from reviews import schedule
from reviews.calendar import entries
from reviews.models import Invitation, Review, WithoutInvitations

log = structlog.get_logger(__name__)

AHEAD = dt.timedelta(days=30)
A_RUN = 200  # mails of an organisation at most; the rest with the next run
Method = Invitation.Method


@dataclass(frozen=True)
class Due:
    """A message to send: the `number`th to this person about this review."""

    review: Review
    person: Person
    method: str
    number: int


def wanted_by(person: Person) -> bool:
    return not WithoutInvitations.objects.filter(person=person).exists()


def want(person: Person, wanted: bool) -> None:
    if wanted:
        WithoutInvitations.objects.filter(person=person).delete()
    else:
        WithoutInvitations.objects.get_or_create(person=person)


def due(organisation: Organisation) -> Iterator[Due]:
    """In four queries. Who was invited and is no longer concerned gets a cancellation; reviews that are being held, are
    signed off or over are left alone."""
    today = organisation.today()
    planned = Review.objects.filter(organisation=organisation, day__gte=today)
    planned = planned.filter(state__in=(Review.State.PLANNED, Review.State.CANCELLED)).order_by("day", "pk")
    last: dict[int, dict[int, Invitation]] = {}
    for each in Invitation.objects.filter(organisation=organisation, review__in=planned).order_by("number"):
        last.setdefault(each.review_id, {})[each.person_id] = each
    invites = schedule.settings_of(organisation).invite
    soon = planned.filter(day__lte=today + AHEAD) | planned.filter(pk__in=last)
    people = Person.objects.filter(organisation=organisation, is_active=True, without_invitations=None).in_bulk()
    for review in soon.select_related("goal", "owner"):
        told = last.get(review.pk, {})
        concerned = set() if review.state == Review.State.CANCELLED else who(review)
        if not invites or review.day > today + AHEAD:
            concerned &= told.keys()
        for pk in sorted(concerned | told.keys()):
            before = told.get(pk)
            method = Method.REQUEST if pk in concerned else Method.CANCEL
            if pk in people and is_news(review, method, before):
                yield Due(review, people[pk], method, before.number + 1 if before else 1)


def who(review: Review) -> set[int]:
    """Who owes it, and that person's manager, who signs it off."""
    owner = review.owner
    return {pk for pk in (owner.pk, owner.manager_id) if pk} if owner else set()


def is_news(review: Review, method: str, before: Invitation | None) -> bool:
    if before is None:
        return method == Method.REQUEST
    if method == Method.CANCEL:
        return before.method != Method.CANCEL
    return (before.method, before.day, before.time) != (method, review.day, review.time)


def send(organisation: Organisation) -> int:
    """Sends what is due, A_RUN at most; how many went. Not to be called inside a transaction."""
    return sum(sent(each) for each in list(islice(due(organisation), A_RUN)))


def sent(each: Due) -> int:
    """0 when another worker has it, when it was surely not taken, and when nobody knows."""
    claim = claimed(each)
    if claim is None:
        return 0
    try:
        mail.send(each.person, "invitation", told(each, claim), attachments=[attached(each)])
    except NotTaken:
        claim.delete()  # so the next run tries again
        log.warning("invitation_not_taken", review=each.review.pk)
        return 0
    except OSError as lost:
        log.warning("invitation_lost", review=each.review.pk, error=str(lost))
        return 0
    Invitation.objects.filter(pk=claim.pk).update(sent_at=timezone.now())
    return 1


def claimed(each: Due) -> Invitation | None:
    """The row that is committed before the mail goes; None when there is one of this number already."""
    review = each.review
    told = {"revision": review.revision, "day": review.day, "time": review.time, "method": each.method}
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                organisation_id=review.organisation_id, review=review, person=each.person, number=each.number, **told
            )
    except IntegrityError:
        return None


def told(each: Due, claim: Invitation) -> dict:
    earlier = Invitation.objects.filter(review=each.review, person=each.person, number=each.number - 1).first()
    again = earlier is not None and earlier.method == Method.REQUEST
    still_on = each.review.state != Review.State.CANCELLED
    return {"review": each.review, "before": earlier if again else None, "method": claim.method, "still_on": still_on}


def attached(each: Due) -> tuple[str, str, str]:
    with read_by(each.person):
        content = invitation(each).to_ical().decode()
    return "invite.ics", content, f"text/calendar; method={each.method}"


def invitation(each: Due) -> Calendar:
    """One entry, from the address that mails come from to the person."""
    made = entries.calendar(each.person.organisation, [each.review], each.method)
    [event] = made.walk("VEVENT")
    if each.method == Method.CANCEL:
        event["status"] = "CANCELLED"
    event.add("organizer", party(settings.DEFAULT_FROM_EMAIL, "Cascade"))
    attendee = party(each.person.email, each.person.name)
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "FALSE"}
    event.add("attendee", attendee)
    return made


def party(address: str, name: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{parseaddr(address)[1]}")
    found.params["CN"] = entries.plain(mail.one_line(name))
    return found
