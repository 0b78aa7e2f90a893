"""Checking in: drafts that are kept as one types, and submitting, which freezes the figures (docs/domain.md section
15)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cascade.errors import Conflict, VersionMismatch
from cascade.fields import plain_or_none
from goals import progress
from goals.models import Goal, GoalFigures
from kpis.models import Kpi
from people.models import Person
from reviews.models import CheckIn, Review

WRITTEN = ("confidence", "comment", "blockers", "next_steps", "reported_status")
TROUBLE = ("at_risk", "off_track")
LOW = 2
FIGURES = ("progress", "expected", "gap", "coverage")


def needs_comment(status: str, reported: str, confidence: int | None) -> bool:
    """At risk and off track are explained, whether the figures or people say so, and so is low confidence in what the
    figures call good."""
    return status in TROUBLE or reported in TROUBLE or (confidence is not None and confidence <= LOW)


def keep_draft(review: Review, author: Person, version: int | None = None, **fields: Any) -> CheckIn:
    """What was typed so far; only the fields given change. Refusals as for `submit`, but nothing is asked for. Conflict
    handed_in: what was handed in is no draft any more."""
    with transaction.atomic():
        check_in = opened(review, author, version)
        if not check_in.is_draft:
            raise Conflict("handed_in", _("This check-in is handed in; hand it in again to change it."))
        written(check_in, fields)
        check_in.save()
        return check_in


def submit(review: Review, author: Person, version: int | None = None, **fields: Any) -> CheckIn:
    """Hands it in, or again after a change: the figures are frozen as they are known now, with everything rolled up.

    Raises ValidationError (confidence_missing, comment_needed), Conflict review_signed when the review is signed off or
    called off, VersionMismatch when `version` is not the stored one.
    """
    progress.roll_up(review.organisation_id)
    with transaction.atomic():
        check_in = opened(review, author, version)
        written(check_in, fields)
        figures = frozen(review.goal_id)
        found = {}
        if check_in.confidence is None:
            message = _("Say how sure you are, from 1 to 5.")
            found["confidence"] = ValidationError(message, code="confidence_missing")
        explained = needs_comment(figures["status"], check_in.reported_status, check_in.confidence)
        if explained and not check_in.comment.strip():
            message = _("Explain it in a sentence: what is going on, and what would help?")
            found["comment"] = ValidationError(message, code="comment_needed")
        if found:
            raise ValidationError(found)
        check_in.figures, check_in.submitted_at = figures, timezone.now()
        check_in.save()
        return check_in


def opened(review: Review, author: Person, version: int | None) -> CheckIn:
    """The author's check-in of a review that is still owed, held until the transaction ends."""
    review = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    if not review.is_owed:
        raise Conflict("review_signed", _("This review is signed off or called off."))
    check_in = CheckIn.objects.filter(review=review, author=author).first()
    if check_in is None:
        check_in = CheckIn(organisation_id=review.organisation_id, review=review, author=author, version=0)
    elif version is not None and check_in.version != version:
        raise VersionMismatch(check_in.version)
    check_in.version += 1
    check_in._history_user = author
    return check_in


def written(check_in: CheckIn, fields: dict[str, Any]) -> None:
    for name in WRITTEN:
        if name in fields:
            setattr(check_in, name, fields[name])
    check_in.clean_fields(exclude=["organisation", "review", "author", "figures"])


def frozen(goal_id: int) -> dict[str, Any]:
    """The goal's figures and those of its active KPIs, as text."""
    found = GoalFigures.objects.filter(goal_id=goal_id).first()
    state = Goal.objects.values_list("state", flat=True).get(pk=goal_id)
    kpis = Kpi.objects.filter(goal_id=goal_id, state=Kpi.State.ACTIVE).select_related("figures").order_by("pk")
    return {
        "status": found.status if found else state,
        **{name: plain_or_none(getattr(found, name, None)) for name in FIGURES},
        "kpis": [
            {
                "id": kpi.pk,
                "name": kpi.name,
                "unit": kpi.unit,
                "target": plain_or_none(kpi.target),
                "actual": plain_or_none(kpi.figures.actual) if hasattr(kpi, "figures") else None,
                "progress": plain_or_none(kpi.figures.progress) if hasattr(kpi, "figures") else None,
                "status": kpi.figures.status if hasattr(kpi, "figures") else "no_data",
            }
            for kpi in kpis
        ],
    }
