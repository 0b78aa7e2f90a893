"""The minutes by mail: to everybody who was part of the review and may see it, each with what they may see, once."""

import zoneinfo

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from people import language, mail
from people.models import Person
from reviews.models import MailedMinutes, Review
from reviews.room import minutes
from reviews.room.attending import attending


def awaiting(review: Review) -> list[int]:
    """Who is still to get the minutes of a signed review."""
    if review.state != Review.State.SIGNED:
        return []
    had = MailedMinutes.objects.filter(review=review).values("person")
    return list(attending(review).exclude(pk__in=had).values_list("pk", flat=True))


def send(review: Review, person: Person) -> bool:
    """Claims the mail in the database before it leaves, so that nobody gets it twice; whether it was sent."""
    try:
        with transaction.atomic():
            MailedMinutes.objects.create(organisation_id=review.organisation_id, review=review, person=person)
    except IntegrityError:
        return False
    with language.read_by(person), timezone.override(zoneinfo.ZoneInfo(person.timezone)):
        found = minutes.minutes(review, person)
        document = minutes.document(found)
    told = {"review": review, "minutes": found, "path": reverse("reviews:minutes", args=[review.pk])}
    mail.send(person, "minutes", told, attachments=[(minutes.file_name(review), document, "application/pdf")])
    return True
