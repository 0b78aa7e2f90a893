"""What is kept of a review when it is signed off."""

from typing import Any

from reviews.checking_in import WRITTEN, frozen
from reviews.models import CheckIn, Review
from reviews.room.agenda import covered, told

Row = dict[str, Any]


def kept(review: Review) -> Row:
    """By the id of each goal that it covers: the figures of goal and KPIs, and what was said about it as it stands
    then, so that the minutes stay what they were."""
    ids = list(covered(review).values_list("pk", flat=True))
    said = told(review, ids)
    return {str(pk): {**frozen(pk), "said": [statement(each) for each in said.get(pk, ([], None))[0]]} for pk in ids}


def statement(check_in: CheckIn) -> Row:
    words = {name: getattr(check_in, name) for name in WRITTEN}
    figures = check_in.figures or {}
    then = {"progress": figures.get("progress"), "status": figures.get("status")}
    return {"id": check_in.pk, "author": check_in.author_id, "at": check_in.submitted_at.isoformat(), **words, **then}
