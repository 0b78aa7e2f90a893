"""The REST API of the review room: decisions, the agenda and corrections."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade.paging import by
from cascade.resource import Resource, operation, refuse
from cascade.wire import figure, written
from people.models import Person
from reviews import access
from reviews.models import Correction, Decision, Review
from reviews.room import deciding, effects, holding, outcomes
from reviews.room import serializers as shapes
from reviews.room.agenda import Item, agenda
from reviews.room.page import seen_among

TRIED = "A dry run"


class Decisions(Resource):
    """What reviews decide. Applied when they are made; nobody changes or deletes one."""

    orders = {"-id": by("id", descending=True), "id": by("id")}

    def visible(self):
        return Decision.objects.visible_to(self.person)

    def filled(self, ids: list[int]) -> list[dict]:
        rows = {each.pk: each for each in self.visible().filter(pk__in=ids).select_related("reversal")}
        return told(self.person, [rows[pk] for pk in ids if pk in rows])

    @operation(query=shapes.DecisionQuery, answer=shapes.DecisionRow, page=True)
    def list(self, request):
        """The decisions about the goals the person may see; effects tell only of those."""
        names = ("review", "goal", "kpi", "by", "kind")
        rows = self.visible().filter(**{name: self.query[name] for name in names if name in self.query})
        return self.paged(rows, self.orders[self.query["ordering"]], self.filled)

    @operation(answer=shapes.DecisionRow)
    def retrieve(self, request, pk):
        """One decision."""
        return Response(self.filled([get_object_or_404(self.visible(), pk=int(pk)).pk])[0])

    @operation(
        body=shapes.DecisionNew,
        answer=shapes.DecisionRow,
        status=201,
        also=200,
        refuses=(409, 412),
        examples=(shapes.TARGET, shapes.ACTION, shapes.DECIDED),
    )
    def create(self, request):
        """Decides about a goal in a review that is being held, and applies it in the same transaction.

        A dry run answers 200 with what it would do, and writes nothing. Who may hold the review decides; what is
        changed needs the right to change it as well. 412 `version_mismatch` where somebody changed it since. Errors
        have the codes `reason_required`, `not_covered`, `nothing_changes`, `has_no_target`, `not_a_part`, `not_ahead`,
        `not_for_kind` and those of the target; 409 `review_not_open`, `review_over`, `state_not_allowed`,
        `live_descendants`, `parent_ended`.
        """
        fields = self.body()
        review, dry_run = fields.pop("review"), fields.pop("dry_run")
        fields.setdefault("reason", TRIED)
        self.may(access.can_hold(self.person, review))
        with transaction.atomic():
            made = deciding.decide(review, fields.pop("kind"), by=self.person, **fields)
            answer = told(self.person, [made])[0]
            if dry_run:
                transaction.set_rollback(True)
        if dry_run:
            return Response({**answer, "id": None, "at": None, "action": None})
        return Response(answer, 201)

    @action(detail=True, methods=["post"])
    @operation(body=shapes.DecisionReversal, answer=shapes.DecisionRow, status=201, refuses=(409,))
    def reverse(self, request, pk):
        """Takes a decision back by deciding the opposite, in a review that is being held.

        409 `already_reversed`, `nothing_to_reverse`, `changed_since` where it was changed again, `not_there`,
        `review_not_open`, `review_over`.
        """
        decision = get_object_or_404(self.visible().select_related(*deciding.RELATED), pk=int(pk))
        fields = self.body()
        self.may(access.can_hold(self.person, fields["review"]))
        made = deciding.take_back(decision, by=self.person, **fields)
        return Response(told(self.person, [made])[0], 201)


def told(person: Person, decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """As a person may see them: weights and effects only of the goals they see."""
    decisions = list(decisions)
    seen = seen_among(person, decisions)
    return [row_of(decision, seen.keys()) for decision in decisions]


def row_of(decision: Decision, seen) -> dict[str, Any]:
    row = {name: written(getattr(decision, f"{name}_id")) for name in ("review", "goal", "kpi", "action", "by")}
    row |= {name: written(getattr(decision, name)) for name in ("id", "kind", "reason", "at", "since", "until")}
    row |= {name: about(getattr(decision, name), seen) for name in ("before", "after")}
    hidden = [each for each in decision.effect if each["goal"] not in seen]
    moved = [each for each in decision.effect if each["goal"] in seen]
    row["effect"] = [shapes.MovedRow.told(each) for each in [*moved, *([effects.HIDDEN] if hidden else [])]]
    row["reverses"] = decision.reverses_id
    row["reversed_by"] = decision.reversal.pk if decision.is_reversed else None
    return row


def about(kept: dict[str, Any], seen) -> dict[str, Any]:
    """What was decided about, without what only taking it back needs and without parts the reader may not see."""
    shown = {name: value for name, value in kept.items() if name != "steps"}
    if "weights" in shown:
        shown["weights"] = [row for row in shown["weights"] if row["kind"] == "kpi" or row["id"] in seen]
    return shown


class HeldReviews(Resource):
    """What the room adds to the reviews of the calendar."""

    def held(self, pk: str) -> Review:
        related = ("organisation", "goal__unit", "goal__owner__unit", "goal__level")
        return get_object_or_404(Review.objects.visible_to(self.person).select_related(*related), pk=int(pk))

    @action(detail=True)
    @operation(answer=shapes.AgendaAnswer)
    def agenda(self, request, pk):
        """What the review has to talk about, the most urgent first, and what came of the last one's decisions."""
        review = self.held(pk)
        decided = outcomes.decisions(self.person, review=review)
        found = agenda(review, self.person, decided)
        last = outcomes.last_review(review)
        today = review.organisation.today()
        before = outcomes.decisions(self.person, review=last, reverses=None) if last else []
        return Response(
            {
                "review": review.pk,
                "last_review": last and last.pk,
                "outcomes": [outcome_row(outcomes.outcome(each, today)) for each in before],
                "items": [item_row(item) for item in found.all],
            }
        )

    @action(detail=True)
    @operation(answer=shapes.CorrectionRow, many=True)
    def corrections(self, request, pk):
        """What was put right after sign-off, the oldest first."""
        rows = Correction.objects.visible_to(self.person).filter(review=self.held(pk))
        return Response(shapes.CorrectionRow.filled(rows, list(rows.order_by("pk").values_list("pk", flat=True))))

    @corrections.mapping.post
    @operation(body=shapes.CorrectionNew, answer=shapes.CorrectionRow, status=201, refuses=(409,))
    def correct(self, request, pk):
        """Puts right what a signed review says; what was signed stays, the correction stands beside it.

        Whoever may hold the review, and authors about their own check-ins. 409 `review_not_signed`.
        """
        review, fields = self.held(pk), self.body()
        check_in = fields.get("check_in")
        if check_in is not None and check_in.review_id != review.pk:
            refuse("check_in", "does_not_exist", "This review has no such check-in.")
        own = check_in is not None and check_in.author_id == self.person.pk
        self.may(own or access.can_hold(self.person, review))
        made = holding.correct(review, fields["text"], by=self.person, check_in=check_in)
        return Response(shapes.CorrectionRow.filled(Correction.objects.all(), [made.pk])[0], 201)


def outcome_row(found: outcomes.Outcome) -> dict[str, Any]:
    told = {"then": figure(found.then), "now": figure(found.now)}
    return {"decision": found.decision.pk, **told, "status": str(found.status), "state": found.state}


def item_row(item: Item) -> dict[str, Any]:
    return {
        "goal": item.goal.pk,
        "urgency": item.urgency,
        "overdue_since": written(item.overdue_since),
        "stale": item.is_stale,
        "pause_is_over": item.pause_is_over,
        "disagrees": item.disagrees,
        "cost": figure(item.cost),
        "check_ins": [check_in.pk for check_in in item.told],
        "decisions": [decision.pk for decision in item.decided],
    }


routes = [("decisions", Decisions)]
singles = []
