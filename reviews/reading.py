"""Which reviews there are for a person, and what stands around one; the pages share this."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from goals.models import Goal
from people.models import Person
from reviews.models import CheckIn, Review

SOON = dt.timedelta(days=14)


@dataclass(frozen=True)
class Month:
    first: dt.date
    reviews: list[Review]


def listed(person: Person, whose: str) -> QuerySet:
    """The reviews a person may see that are not called off, in the order of their days, each with `checked_in`: its
    owner has handed in. `whose`: "mine" or "all"."""
    rows = Review.objects.visible_to(person).exclude(state=Review.State.CANCELLED)
    if whose == "mine":
        rows = rows.filter(mine(person))
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=OuterRef("owner"))
    rows = rows.select_related("goal__level", "goal__figures", "owner")
    return rows.annotate(checked_in=Exists(handed_in)).order_by("day", "pk")


def overdue(rows: QuerySet, today: dt.date) -> QuerySet:
    return rows.owed().filter(day__lt=today)


def mine(person: Person) -> Q:
    return Q(owner_id=person.pk) | Q(goal__owner_id=person.pk)


def by_month(reviews: Iterable[Review]) -> list[Month]:
    months: dict[dt.date, list[Review]] = {}
    for review in reviews:
        months.setdefault(review.day.replace(day=1), []).append(review)
    return [Month(first, each) for first, each in months.items()]


def check_ins_owed(person: Person) -> list[Review]:
    """The reviews of a person's own goals, held within two weeks or overdue, that they have not checked in for."""
    until = person.organisation.today() + SOON
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=person)
    rows = Review.objects.owed().filter(organisation_id=person.organisation_id, owner=person, day__lte=until)
    rows = rows.filter(goal__state=Goal.State.ACTIVE).exclude(Exists(handed_in))
    return list(rows.select_related("goal__level", "goal__figures").order_by("day", "pk"))


def before(review: Review, person: Person) -> CheckIn | None:
    """The last check-in of the goal's earlier reviews by the same person."""
    earlier = CheckIn.objects.submitted().filter(
        review__goal_id=review.goal_id, review__end__lt=review.end, author=person
    )
    return earlier.order_by("-review__end").first()
