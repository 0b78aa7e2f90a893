"""A company with nothing to mend, and how to break one thing of it."""

from decimal import Decimal

from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from tests.cast import Cast
from tests.goals.measuring import kpi

KEPT = {"why": "Because customers wait for it and leave", "description": "From 20 to 60 in all four regions"}


class Company:
    """Three strategic goals, each with a goal below that its owner measures every day, all at 80 %. Everybody of Works
    but the auditor has one."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.tops: list[Goal] = []
        self.below: list[Goal] = []
        for name, owner in (("Grow", cast.ada), ("Serve", cast.bo), ("Learn", cast.cy)):
            top = cast.goal(name, owner=owner, **KEPT)
            below = cast.goal(f"{name} below", top, owner=owner, **KEPT)
            self.daily(top, f"{name}_lead", indicator="lead")
            self.daily(below, f"{name}_below", indicator="lead")
            self.tops.append(top)
            self.below.append(below)
        self.roll_up()

    def daily(self, goal: Goal, key: str, value: int | None = 80, **fields) -> Kpi:
        return kpi(goal, key, value, **{"target_mode": "each_period", "cadence": "daily", **fields})

    def roll_up(self) -> None:
        progress.roll_up(self.cast.works.pk)

    def ask(self, kpi: Kpi, target: int) -> None:
        Kpi.objects.filter(pk=kpi.pk).update(target=Decimal(target))
