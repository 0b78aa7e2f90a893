"""A review is held: opened, written down, signed off by somebody else, corrected afterwards (docs/domain.md section
15)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cascade import versions
from cascade.errors import Conflict
from goals import progress
from people import notifications
from people.models import Person
from reviews import access
from reviews.models import CheckIn, Correction, Review
from reviews.room.attending import attending
from reviews.room.keeping import kept

State = Review.State
NOTED = ("wins", "notes")


def asked_for(fields: Mapping[str, Any]) -> bool:
    """Whether a change of a review is one of holding it."""
    return bool(fields.keys() & set(NOTED)) or fields.get("state") in (State.OPEN, State.SIGNED)


def change(review: Review, *, by: Person, version: int | None = None, state: str = "", **written: str) -> Review:
    """Opened, written down and signed off as asked for, all or nothing. Raises as these do."""
    progress.roll_up(review.organisation_id)
    with transaction.atomic():
        if state == State.OPEN:
            review, version = begin(review, by=by, version=version), None
        if written:
            review, version = note(review, by=by, version=version, **written), None
        return sign_off(review, by=by, version=version) if state == State.SIGNED else review


def begin(review: Review, *, by: Person, version: int | None = None) -> Review:
    """Opens a planned review; one that is open already stays as it is.

    Raises PermissionDenied, VersionMismatch, Conflict (too_early before its period, review_over).
    """
    with transaction.atomic():
        review = found(review, version)
        refuse_strangers(by, review)
        if review.state == State.OPEN:
            return review
        if review.state != State.PLANNED:
            raise Conflict("review_over", _("This review is signed off or called off."))
        if review.first > review.organisation.today():
            raise Conflict("too_early", _("Its period has not begun yet."))
        written = {"state": State.OPEN, "opened_by": by, "opened_at": timezone.now()}
        versions.write(review, by, **written)
        return review


def note(review: Review, *, by: Person, version: int | None = None, **written: str) -> Review:
    """Keeps what is written down while it is held: `wins`, `notes`. Raises as `begin`, and Conflict review_not_open."""
    with transaction.atomic():
        review = found(review, version)
        refuse_strangers(by, review)
        refuse_not_open(review)
        if any(getattr(review, name) != text for name, text in written.items()):
            versions.write(review, by, **{name: written[name] for name in NOTED if name in written})
        return review


def sign_off(review: Review, *, by: Person, version: int | None = None) -> Review:
    """Ends the review: the figures of what it covers are frozen with what was said about them, everybody who was
    part of it is told and gets the minutes.

    Raises PermissionDenied, VersionMismatch, Conflict (review_not_open, review_over, own_review when somebody signs
    what they said themselves).
    """
    from reviews.tasks import mail_minutes  # tasks import what is mailed, which imports this package

    progress.roll_up(review.organisation_id)
    with transaction.atomic():
        review = found(review, version)
        refuse_strangers(by, review)
        refuse_not_open(review)
        if refusal := against_signing(by, review):
            raise Conflict("own_review", refusal)
        figures = kept(review)
        versions.write(review, by, state=State.SIGNED, signed_by=by, signed_at=timezone.now(), figures=figures)
        tell(review)
        transaction.on_commit(lambda: mail_minutes.delay(review.pk))
        return review


def against_signing(person: Person, review: Review) -> str:
    """Why this person cannot sign the review off, though they may hold it; empty when they can."""
    if person.pk == review.owner_id:
        return _("You owe this review yourself, so somebody else signs it off: a manager above or the strategy office.")
    if CheckIn.objects.submitted().filter(review=review, author=person).exists():
        return _("You checked in for this review, so somebody else signs it off.")
    return ""


def correct(review: Review, text: str, *, by: Person, check_in: CheckIn | None = None) -> Correction:
    """Puts right what a signed review says, beside it: whoever may hold the review, and authors their own check-ins.

    Raises PermissionDenied, ValidationError (text: required), Conflict review_not_signed.
    """
    own = check_in is not None and check_in.author_id == by.pk
    if not own and not access.can_hold(by, review):
        raise PermissionDenied(_("Who held the review corrects it, and authors their own check-ins."))
    if review.state != State.SIGNED:
        raise Conflict("review_not_signed", _("It is not signed off yet; change it as it is."))
    if not text.strip():
        raise ValidationError({"text": ValidationError(_("Say what is right instead."), code="required")})
    correction = Correction(organisation_id=review.organisation_id, review=review, check_in=check_in, by=by)
    correction.text = text.strip()
    correction.full_clean()
    correction.save()
    return correction


def being_held(review: Review) -> Review:
    """The review, locked until the transaction ends. Raises Conflict (review_not_open, review_over)."""
    review = found(review)
    refuse_not_open(review)
    return review


def refuse_strangers(person: Person, review: Review) -> None:
    if not access.can_hold(person, review):
        raise PermissionDenied(_("Its owner, the managers above and the strategy office hold this review."))


def found(review: Review, version: int | None = None) -> Review:
    rows = Review.objects.select_related("organisation", "goal__unit", "goal__owner__unit", "owner")
    return versions.locked(rows, review.pk, version)


def refuse_not_open(review: Review) -> None:
    if review.state == State.PLANNED:
        raise Conflict("review_not_open", _("Open the review first; then it decides."))
    if review.state != State.OPEN:
        raise Conflict("review_over", _("This review is signed off or called off."))


def tell(review: Review) -> None:
    told = {"by": review.signed_by.name, "goal": review.goal.title, "period": review.name}
    others = [person for person in attending(review) if person.pk != review.signed_by_id]
    address = reverse("reviews:minutes", args=[review.pk])
    notifications.notify(others, "review_signed", f"{review.pk}", url=address, **told)
