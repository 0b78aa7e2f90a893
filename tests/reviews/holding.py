"""A review to hold: the goal Serve (Bo) with Faster (Cy) and Cheaper (Cy) below it, and Win beside it, under Vision."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import time_machine

from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from people.models import Person
from reviews.models import Review
from reviews.room import holding
from reviews.schedule import work_out
from tests.cast import Cast
from tests.goals.measuring import kpi
from tests.goals.test_views_board import daily

OPENED = dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)


def at(moment: dt.datetime = OPENED, **later):
    return time_machine.travel(moment + dt.timedelta(**later), tick=False)


@dataclass
class Room:
    """Bo's goal in the review of the first quarter; `speed` is judged by its due date, at 20 of 100."""

    cast: Cast
    vision: Goal
    serve: Goal
    faster: Goal
    cheaper: Goal
    speed: Kpi
    cost: Kpi
    review: Review

    def opened(self, by: Person | None = None) -> Review:
        return holding.begin(self.review, by=by or self.cast.bo)


def room(cast: Cast) -> Room:
    """To be called at the clock of OPENED."""
    vision = cast.goal("Vision", owner=cast.ada)
    serve = cast.goal("Serve", vision, owner=cast.bo, unit=cast.sales, weight=Decimal(3))
    daily(cast.goal("Win", vision), "wins", 50)
    faster, cheaper = (
        cast.goal(title, serve, owner=cast.cy, unit=cast.team, level=2) for title in ("Faster", "Cheaper")
    )
    speed, cost = kpi(faster, "speed", 20), daily(cheaper, "cost", 80)
    progress.roll_up(cast.works.pk)
    work_out(cast.works)
    review = Review.objects.select_related("goal", "organisation").filter(goal=serve).earliest("day")
    return Room(cast, vision, serve, faster, cheaper, speed, cost, review)
