"""Who is part of a review."""

from django.db.models import Q, QuerySet

from goals.audience import people_who_see
from goals.models import Goal
from people.models import Person
from reviews.models import CheckIn, Decision, Review


def attending(review: Review) -> QuerySet[Person]:
    """Who owes the review, owns or contributes to its goal, owns an active goal right below it, checked in, opened or
    signed it, decided in it or is to do something for it; of these, who may see the goal, by name."""
    decided = Decision.objects.filter(review=review)
    named = [review.owner_id, review.goal.owner_id, review.opened_by_id, review.signed_by_id]
    part = Q(pk__in=[pk for pk in named if pk]) | Q(pk__in=review.goal.contributors.values("pk"))
    part |= Q(pk__in=Goal.objects.filter(parent=review.goal_id, state=Goal.State.ACTIVE).values("owner"))
    part |= Q(pk__in=CheckIn.objects.submitted().filter(review=review).values("author"))
    part |= Q(pk__in=decided.values("by")) | Q(pk__in=decided.values("action__owner"))
    return people_who_see(review.goal).filter(part).order_by("name", "pk")
