"""The past as it was known equals what was shown then, whatever people edit afterwards."""

import datetime as dt
import random
from decimal import Decimal

import pytest
import time_machine

from goals import lifecycle, past, progress, tree
from goals.models import Goal, GoalFigures, GoalSnapshot
from kpis import definitions, targets
from kpis.models import Kpi
from kpis.recording import record_one

BEGIN = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)
DAYS, EDITS = 12, 3
SHOWN = ("progress", "expected", "gap", "coverage", "status")


def weigh(chance, cast):
    goal = chance.choice(list(Goal.objects.exclude(parent=None)))
    goal.revise(by=cast.ada, weight=Decimal(chance.randint(0, 5)))


def place(chance, cast):
    goal = chance.choice(list(Goal.objects.filter(depth=2)))
    tree.move(goal, chance.choice(list(Goal.objects.filter(depth=1))), by=cast.ada)


def measure(chance, cast):
    month = dt.date(2026, chance.randint(1, 3), 1)
    kpi = chance.choice(list(Kpi.objects.all()))
    record_one(kpi, month, Decimal(chance.randint(0, 120)), by=cast.ada, note="Counted again")


def ask(chance, cast):
    kpi = chance.choice(list(Kpi.objects.all()))
    targets.change(
        kpi, cast.works.today(), by=cast.ada, reason="Plan", target=Decimal(chance.randint(5000, 15000)) / 100
    )


def pause(chance, cast):
    goal = chance.choice(list(Goal.objects.filter(depth=2)))
    state = "paused" if goal.state == "active" else "active"
    lifecycle.change_state(goal, state, by=cast.ada, reason="Waiting")


def method(chance, cast):
    goal = chance.choice(list(Goal.objects.filter(depth__lt=2)))
    goal.revise(by=cast.ada, rollup_method=chance.choice(Goal.Method.values))


EDIT = (weigh, place, measure, measure, ask, pause, method)


@pytest.mark.parametrize("seed", range(3))
def test_each_evening_is_found_again_after_every_later_edit(cast, seed):
    """K1, I10: what the tables gave on an evening is what the history gives for it, and what was kept of it."""
    chance, shown = random.Random(seed), {}  # noqa: S311  reproducible, not secret
    with time_machine.travel(BEGIN, tick=False) as clock:
        top = cast.goal("Top")
        for number in range(2):
            middle = cast.goal(f"Middle {number}", top)
            for leaf in range(3):
                goal = cast.goal(f"Leaf {number}{leaf}", middle)
                year = {"start": dt.date(2026, 1, 1), "due": dt.date(2026, 12, 31)}
                target = {"baseline": Decimal(0), "target": Decimal(100)}
                definitions.create(goal, by=None, name=f"Sales {number}{leaf}", **target, **year)
        for _ in range(DAYS):
            day = cast.works.today()
            for edit in chance.choices(EDIT, k=EDITS):
                clock.shift(dt.timedelta(hours=1))
                edit(chance, cast)
            progress.roll_up(cast.works.pk, everything=True)
            shown[day] = {row.pop("goal_id"): row for row in GoalFigures.objects.values("goal_id", *SHOWN)}
            clock.move_to(BEGIN + dt.timedelta(days=(day - BEGIN.date()).days + 1))
            progress.snapshot(cast.works, day)
        for day, figures in shown.items():
            found = past.tree_at(cast.works, day, cast.works.end_of(day)).figures()
            assert {pk: {name: getattr(each, name) for name in SHOWN} for pk, each in found.items()} == figures
            assert kept_on(day) == figures
    assert len({str(each) for each in shown.values()}) > DAYS // 2  # the edits did change something


def kept_on(day: dt.date) -> dict:
    rows = GoalSnapshot.objects.filter(day__lte=day).order_by("day").values("goal_id", *SHOWN)
    return {row.pop("goal_id"): row for row in rows}
