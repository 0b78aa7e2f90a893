"""Which check-ins a person owes, and what was said before; the pages share this."""

import datetime as dt

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from goals.models import Goal, GoalFigures
from people.models import Person
from reviews.models import CheckIn, Review

SOON = dt.timedelta(days=14)


def check_ins_owed(person: Person) -> list[Review]:
    """The reviews of a person's own goals, held within two weeks or overdue, that they have not checked in for."""
    until = person.organisation.today() + SOON
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=person)
    rows = Review.objects.owed().filter(organisation_id=person.organisation_id, owner=person, day__lte=until)
    rows = rows.filter(goal__state=Goal.State.ACTIVE).exclude(Exists(handed_in))
    return list(rows.select_related("goal__level", "goal__figures").order_by("day", "pk"))


def waiting_for_sign_off(person: Person) -> list[Review]:
    """The reviews being held that somebody owes whose manager the person is, and for which they did not check in."""
    said = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=person)
    rows = Review.objects.visible_to(person).filter(state=Review.State.OPEN, owner__manager=person)
    return list(rows.exclude(Exists(said)).select_related("goal", "owner").order_by("day", "pk"))


def before(review: Review, person: Person) -> CheckIn | None:
    """The last check-in of the goal's earlier reviews by the same person."""
    earlier = CheckIn.objects.submitted().filter(
        review__goal_id=review.goal_id, review__end__lt=review.end, author=person
    )
    return earlier.order_by("-review__end").first()


def disagreeing(person: Person) -> QuerySet:
    """The latest check-in of each active goal that the person may see, when the status that was reported is not the one
    the figures give today; newest first."""
    latest = CheckIn.objects.submitted().filter(review__goal=OuterRef("review__goal")).order_by("-review__end", "-pk")
    rows = CheckIn.objects.visible_to(person).submitted().exclude(reported_status="")
    rows = rows.filter(pk=Subquery(latest.values("pk")[:1]), review__goal__state=Goal.State.ACTIVE)
    same = Q(review__goal__figures__status=F("reported_status")) | Q(
        review__goal__figures__status=GoalFigures.Status.ACHIEVED, reported_status=CheckIn.Status.ON_TRACK
    )
    rows = rows.filter(review__goal__figures__isnull=False).exclude(same)
    related = ("author", "review__goal__level", "review__goal__figures", "review__goal__owner")
    return rows.select_related(*related).order_by("-submitted_at", "-pk")
