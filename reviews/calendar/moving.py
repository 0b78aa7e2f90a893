"""What people change about a planned review: its day, whether it takes place (docs/domain.md section 14).

Each change raises the review's revision, so that reminders and calendars start anew, and is kept with its reason. The
calendar, worked out again, leaves a review that was moved or called off as it is.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from cascade.versions import refuse_other
from goals import structure
from people.models import Person
from reviews.calendar import choosing
from reviews.models import Review

LONGEST_REASON = 1000
LATEST = dt.timedelta(days=366)  # after the end of its period


def move(
    review: Review, by: Person, day: dt.date, reason: str, version: int | None = None, time: dt.time | None = None
) -> Review:
    """To another day, or another time of it; the same day and time change nothing.

    Raises ValidationError (reason_required, in_past, before_period, too_late), Conflict (review_held, review_signed,
    review_called_off), VersionMismatch.
    """
    with structure.lock(review.organisation_id) as organisation:
        review = held(review, version)
        if review.state == Review.State.CANCELLED:
            raise Conflict("review_called_off", _("This review is called off. Plan it again to move it."))
        if (review.day, review.time) == (day, time):
            return review
        refuse_day(review, day, organisation.today())
        return written(review, by, needed(reason), day=day, time=time, was_moved=True)


def call_off(review: Review, by: Person, reason: str, version: int | None = None) -> Review:
    """It does not take place. Raises ValidationError reason_required, Conflict and VersionMismatch as `move`."""
    with structure.lock(review.organisation_id):
        review = held(review, version)
        if review.called_off_at:
            return review
        return written(review, by, needed(reason), state=Review.State.CANCELLED, called_off_at=timezone.now())


def plan_again(review: Review, by: Person, reason: str = "", version: int | None = None) -> Review:
    """What a person called off takes place after all, on its day; one whose day has passed is owed at once.

    Raises Conflict not_called_off when the calendar called it off: its goal is not active, or has another rhythm now.
    """
    with structure.lock(review.organisation_id):
        review = held(review, version)
        if review.state == Review.State.PLANNED:
            return review
        if not review.called_off_at:
            message = _("Nobody called this review off: its goal is not active, or is reviewed at other times now.")
            raise Conflict("not_called_off", message)
        return written(review, by, reason.strip(), state=Review.State.PLANNED, called_off_at=None)


def change(
    review: Review, by: Person, version: int | None = None, state: str = "", reason: str = "", **place: Any
) -> Review:
    """What is asked for at once: off or on again, then the `day` and `time` that are given."""
    with transaction.atomic():
        if state == Review.State.CANCELLED:
            return call_off(review, by, reason, version)
        if state == Review.State.PLANNED:
            review, version = plan_again(review, by, reason, version), None
        if place:
            day, time = place.get("day", review.day), place.get("time", review.time)
            review = move(review, by, day, reason, version, time)
        return review


def held(review: Review, version: int | None) -> Review:
    """The review as it is now, under the lock; only what is not being held or signed can be changed."""
    review = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("goal", "organisation")
        .get(pk=review.pk)
    )
    refuse_other(review, version)
    if review.state == Review.State.OPEN:
        raise Conflict("review_held", _("This review is being held."))
    if review.state == Review.State.SIGNED:
        raise Conflict("review_signed", _("This review is signed off."))
    return review


def needed(reason: str) -> str:
    refused = None
    if not reason.strip():
        refused = ValidationError(_("Say why."), code="reason_required")
    elif len(reason) > LONGEST_REASON:
        refused = ValidationError(_("Say it in %(n)s characters.") % {"n": LONGEST_REASON}, code="max_length")
    if refused:
        raise ValidationError({"reason": refused})
    return reason.strip()


def refuse_day(review: Review, day: dt.date, today: dt.date) -> None:
    refused = None
    if day < today:
        refused = ValidationError(_("That day has passed."), code="in_past")
    elif day < review.first:
        refused = ValidationError(_("Its period has not begun by then."), code="before_period")
    elif day > review.end + LATEST:
        refused = ValidationError(_("That is more than a year after its period."), code="too_late")
    if refused:
        raise ValidationError({"day": refused})


def written(review: Review, by: Person, reason: str, **fields) -> Review:
    for name, value in fields.items():
        setattr(review, name, value)
    review.reason = reason
    review.revision += 1
    review.version += 1
    review._history_user, review._change_reason = by, reason
    review.save()
    choosing.ask(review.organisation)
    return review
