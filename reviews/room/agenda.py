"""What a review has to talk about, made from what needs attention: the goal itself and every goal right below it, what
is overdue or stale first, then what costs the goal most, then where a statement disagrees with the figures
(docs/domain.md section 15). The number of queries does not depend on the number of goals.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from goals.models import Goal, GoalFigures
from goals.nodes import TROUBLE, ZERO
from kpis.models import Kpi
from people.models import Person
from reviews.models import CheckIn, Decision, Review

ESCALATED = dt.timedelta(days=14)
STALE = Decimal("0.5")
REMEMBERED = dt.timedelta(days=400)  # how far back the last check-in is looked for
RUNS = (Goal.State.ACTIVE, Goal.State.PAUSED)


@dataclass
class Item:
    """One goal on the agenda. `told` are the check-ins of its newest review that lies in the period, the owner's first,
    `earlier` its owner's one before. `cost`: what it lacks against its pace, in progress of the review's goal."""

    goal: Goal
    kpis: list[Kpi]
    told: list[CheckIn] = field(default_factory=list)
    earlier: CheckIn | None = None
    overdue_since: dt.date | None = None
    paused: Decision | None = None
    today: dt.date = dt.date.min
    decided: list[Decision] = field(default_factory=list)

    @property
    def figures(self) -> GoalFigures | None:
        return getattr(self.goal, "figures", None)

    @property
    def authors(self) -> set[int]:
        """Who checked in for it."""
        return {check_in.author_id for check_in in self.told}

    @property
    def check_in(self) -> CheckIn | None:
        return self.told[0] if self.told else None

    @property
    def is_escalated(self) -> bool:
        return self.overdue_since is not None

    @property
    def is_stale(self) -> bool:
        return bool(self.figures and self.figures.stale_share and self.figures.stale_share >= STALE)

    @property
    def pause_is_over(self) -> bool:
        return self.paused is not None and self.paused.until <= self.today

    @property
    def cost(self) -> Decimal:
        found = self.figures
        if found is None or found.gap is None or found.share is None or found.gap >= 0:
            return ZERO
        return -found.gap * found.share

    @property
    def lost(self) -> Decimal:
        """The cost as a difference, below zero."""
        return -self.cost

    @property
    def is_in_trouble(self) -> bool:
        return self.figures is not None and self.figures.status in TROUBLE

    @property
    def disagrees(self) -> bool:
        return any(check_in.disagrees for check_in in self.told)

    @property
    def is_blocked(self) -> bool:
        return any(check_in.blockers.strip() for check_in in self.told)

    @property
    def urgency(self) -> int:
        """0 first of all, 3 only where there is time."""
        if self.is_escalated or self.is_stale or self.pause_is_over:
            return 0
        if self.is_in_trouble:
            return 1
        return 2 if self.disagrees or self.is_blocked else 3

    @property
    def is_quiet(self) -> bool:
        return self.urgency == 3


@dataclass
class Agenda:
    """`own` is the review's goal, `items` those below it that need attention, `rest` the others."""

    own: Item
    items: list[Item]
    rest: list[Item]

    @property
    def all(self) -> list[Item]:
        return [self.own, *self.items, *self.rest]

    @property
    def pressing(self) -> list[Item]:
        return [self.own, *self.items]

    @property
    def decided(self) -> int:
        return sum(bool(item.decided) for item in self.pressing)


def covered(review: Review):
    """The goals that a review is about: its own, and those right below it that run."""
    goals = Goal.objects.filter(organisation_id=review.organisation_id)
    return (goals.filter(pk=review.goal_id) | goals.filter(parent=review.goal_id, state__in=RUNS)).in_tree_order()


def running_below(goal: Any):
    """The goals right below a goal that run."""
    return Goal.objects.filter(parent=goal, state__in=RUNS)


def agenda(review: Review, person: Person, decided: Iterable[Decision]) -> Agenda:
    """As a person may see it; seven queries."""
    seen = covered(review).filter(pk__in=Goal.objects.visible_to(person).values("pk"))
    seen = seen.annotate(has_below=Exists(running_below(OuterRef("pk")))).select_related(
        "level", "figures", "owner__unit", "unit"
    )
    items = {goal.pk: Item(goal, []) for goal in seen}
    for kpi in Kpi.objects.visible_to(person).active().filter(goal__in=items).with_figures().order_by("pk"):
        items[kpi.goal_id].kpis.append(kpi)
    for pk, check_ins in told(review, items).items():
        items[pk].told, items[pk].earlier = check_ins
    for pk, day in overdue(review, items).items():
        items[pk].overdue_since = day
    for pause in Decision.objects.pauses().filter(goal__in=items).order_by("pk"):
        items[pause.goal_id].paused = pause
    for decision in decided:
        if decision.goal_id in items:
            items[decision.goal_id].decided.append(decision)
    today = review.organisation.today()
    for item in items.values():
        item.today = today
    own = items.pop(review.goal_id)
    below = sorted(items.values(), key=lambda item: (item.urgency, -item.cost, item.goal.lft))
    return Agenda(own, [item for item in below if not item.is_quiet], [item for item in below if item.is_quiet])


def told(review: Review, goal_ids: Iterable[int]) -> dict[int, tuple[list[CheckIn], CheckIn | None]]:
    """What was handed in about each goal for its newest period within the review's, and what its owner said before."""
    rows = CheckIn.objects.submitted().filter(
        review__goal__in=list(goal_ids), review__end__gte=review.first - REMEMBERED, review__first__lte=review.end
    )
    found: dict[int, list[CheckIn]] = defaultdict(list)
    related = ("review__goal", "author")
    for check_in in rows.select_related(*related).prefetch_related("corrections__by").order_by("-review__end", "pk"):
        found[check_in.review.goal_id].append(check_in)
    return {pk: newest(check_ins, review) for pk, check_ins in found.items()}


def newest(check_ins: list[CheckIn], review: Review) -> tuple[list[CheckIn], CheckIn | None]:
    now = [each for each in check_ins if each.review.end >= review.first]
    now = [each for each in now if each.review_id == now[0].review_id]
    now.sort(key=lambda each: each.author_id != each.review.owner_id)
    who = now[0].author_id if now else check_ins[0].review.owner_id
    earlier = (each for each in check_ins if each not in now and each.author_id == who)
    return now, next(earlier, None)


def overdue(review: Review, goal_ids: Iterable[int]) -> dict[int, dt.date]:
    """Since when the goals below owe a check-in that went to the manager: fourteen days and more."""
    day = review.organisation.today() - ESCALATED
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=OuterRef("owner"))
    rows = Review.objects.owed().filter(goal__in=list(goal_ids), day__lte=day).exclude(Exists(handed_in))
    found: dict[int, dt.date] = {}
    for goal_id, held in rows.order_by("-day").values_list("goal_id", "day"):
        found[goal_id] = held
    return found
