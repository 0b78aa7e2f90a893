"""The REST API of reviews and check-ins."""

from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from cascade import versions
from cascade.paging import by
from cascade.resource import Resource, operation
from reviews import access, checking_in
from reviews import serializers as shapes
from reviews.calendar import moving
from reviews.models import CheckIn, Review
from reviews.room import api as room
from reviews.room import holding
from reviews.room.api import HeldReviews

FILTERS = {"goal": "goal", "owner": "owner", "state": "state", "since": "day__gte", "until": "day__lte"}


class Reviews(HeldReviews):
    """The calendar works itself out; people move its reviews and call them off."""

    orders = {"day": by("day"), "-day": by("day", descending=True)}

    def filled(self, ids: list[int]) -> list[dict]:
        return shapes.ReviewRow.filled(Review.objects.visible_to(self.person), ids)

    @operation(query=shapes.ReviewQuery, answer=shapes.ReviewRow, page=True)
    def list(self, request):
        """The reviews of the goals the person may see, called off ones included."""
        rows = Review.objects.visible_to(self.person)
        rows = rows.filter(**{lookup: self.query[name] for name, lookup in FILTERS.items() if name in self.query})
        return self.paged(rows, self.orders[self.query["ordering"]], self.filled)

    @operation(answer=shapes.ReviewRow)
    def retrieve(self, request, pk):
        """One review."""
        return Response(self.filled([get_object_or_404(Review.objects.visible_to(self.person), pk=int(pk)).pk])[0])

    @operation(body=shapes.ReviewChange, answer=shapes.ReviewRow, versioned=True, refuses=(409,))
    def partial_update(self, request, pk):
        """Moves a review, calls it off or plans it again; opens it, writes down what is said, and signs it off.

        Errors have the codes `reason_required`, `in_past`, `before_period`, `too_late`; 409 `review_held`,
        `review_signed`, `review_called_off`, `not_called_off`, `too_early`, `review_not_open`, `review_over`, and
        `own_review` where who owes it or checked in for it would sign it off.
        """
        joined = ("goal__unit", "goal__owner__unit")
        review = get_object_or_404(Review.objects.visible_to(self.person).select_related(*joined), pk=int(pk))
        self.may(access.can_hold(self.person, review))
        version, fields = versions.expected(request, review.version), self.body(partial=True)
        held = holding.asked_for(fields)
        (holding.change if held else moving.change)(review, by=self.person, version=version, **fields)
        return Response(self.filled([review.pk])[0])


class CheckIns(Resource):
    """What owners and contributors say before a review."""

    orders = {"-id": by("id", descending=True), "id": by("id")}

    def visible(self):
        return CheckIn.objects.visible_to(self.person)

    def filled(self, ids: list[int]) -> list[dict]:
        """Confidence and blockers only to those whom they concern."""
        candid = set(self.visible().filter(access.candid_to(self.person), pk__in=ids).values_list("pk", flat=True))
        rows = shapes.CheckInRow.filled(self.visible(), ids)
        return [row if row["id"] in candid else row | {"confidence": None, "blockers": ""} for row in rows]

    @operation(query=shapes.CheckInQuery, answer=shapes.CheckInRow, page=True)
    def list(self, request):
        """What was handed in for the goals the person may see, and the person's own drafts."""
        rows = self.visible()
        for name, lookup in {"review": "review", "goal": "review__goal", "author": "author"}.items():
            if name in self.query:
                rows = rows.filter(**{lookup: self.query[name]})
        return self.paged(rows, self.orders[self.query["ordering"]], self.filled)

    @operation(answer=shapes.CheckInRow)
    def retrieve(self, request, pk):
        """One check-in."""
        return Response(self.filled([get_object_or_404(self.visible(), pk=int(pk)).pk])[0])

    @operation(body=shapes.CheckInNew, answer=shapes.CheckInRow, status=201, refuses=(409,))
    def create(self, request):
        """Hands in the person's check-in for a review; handed in again, it changes. The figures are frozen as they are.

        `draft` only keeps what is written so far. Errors have the codes `confidence_missing` and `comment_needed`; 409
        `review_signed`, and `handed_in` for a draft of what was handed in.
        """
        fields = self.body()
        review = fields.pop("review")
        self.may(access.can_check_in(self.person, review))
        write = checking_in.keep_draft if fields.pop("draft") else checking_in.submit
        return Response(self.filled([write(review, self.person, **fields).pk])[0], 201)

    @operation(body=shapes.CheckInWritten, answer=shapes.CheckInRow, versioned=True, refuses=(409,))
    def partial_update(self, request, pk):
        """Hands in one's own check-in again, changed, until the review is signed off. Errors as for POST."""
        row = get_object_or_404(self.visible().select_related("review__goal"), pk=int(pk))
        self.may(row.author_id == self.person.pk and access.can_check_in(self.person, row.review))
        version = versions.expected(request, row.version)
        row = checking_in.submit(row.review, self.person, version, **self.body(partial=True))
        return Response(self.filled([row.pk])[0])


routes = [("reviews", Reviews), ("check-ins", CheckIns), *room.routes]
singles = []
