"""How sure people are of their goals: what they said when they checked in (docs/domain.md sections 15 and 17)."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db.models import F, Q
from django.urls import reverse

from goals.confidence import Confidence
from people.models import Person
from reviews import access
from reviews.models import CheckIn, Review


def confidences(person: Person, goal_ids: Collection[int], asked: bool) -> Mapping[int, Confidence]:
    """In one query: what whoever owes a goal's reviews, or owns it, said last and the time before, when the person may
    read it. `asked`: in a second one the next review that the person owes."""
    told: dict[int, list[tuple[int, dt.datetime]]] = {}
    owners = Q(author=F("review__owner")) | Q(author=F("review__goal__owner"))
    said = CheckIn.objects.submitted().filter(owners, access.candid_to(person), review__goal__in=goal_ids)
    newest = said.order_by("-review__end", "-submitted_at")
    for goal_id, value, at in newest.values_list("review__goal_id", "confidence", "submitted_at"):
        told.setdefault(goal_id, []).append((value, at))
    doors = check_ins(person, goal_ids) if asked else {}
    return {goal_id: confidence(told.get(goal_id, []), doors.get(goal_id, "")) for goal_id in told.keys() | doors}


def check_ins(person: Person, goal_ids: Collection[int]) -> dict[int, str]:
    """By goal, where the person checks in for the next review that is theirs."""
    found: dict[int, str] = {}
    reviews = Review.objects.owed().filter(organisation_id=person.organisation_id, owner=person, goal__in=goal_ids)
    for pk, goal_id in reviews.order_by("day", "pk").values_list("pk", "goal_id"):
        found.setdefault(goal_id, reverse("reviews:check_in", args=[pk]))
    return found


def confidence(said: list[tuple[int, dt.datetime]], url: str) -> Confidence:
    """`said` newest first."""
    if not said:
        return Confidence(url=url)
    (value, at), *earlier = said
    return Confidence(value, earlier[0][0] if earlier else None, at.date(), url)
