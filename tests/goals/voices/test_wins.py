"""Wins: noticed once in a goal's life, told once to everybody on its path who may see it."""

import datetime as dt
from decimal import Decimal
from importlib import import_module

import pytest
import time_machine
from django.apps import apps

from goals import lifecycle
from goals.models import Goal, RollupState, Win
from goals.tasks import roll_up, sweep
from goals.voices import wins
from kpis.recording import record_one
from people.models import Notification
from tests.cast import person
from tests.goals.measuring import kpi, rolled_up
from tests.goals.voices.telling import line, told


@pytest.fixture
def path(cast):
    """Ada's strategic goal over Bo's over Cy's, which Dee helps with; its KPI stands at 40."""
    top = cast.goal("Top", owner=cast.ada)
    goal = cast.goal("Grow", top, owner=cast.bo)
    low = cast.goal("Call", goal, owner=cast.cy, contributors=[cast.dee])
    other = cast.goal("Other", top, owner=person(cast.works, "Max", "member"))
    kpi(other, "other", 10)
    return top, goal, low, kpi(low, "calls", 40)


def value(cast, measured, number) -> None:
    record_one(measured, cast.works.today(), Decimal(number), by=None, note="again")
    roll_up(cast.works.pk)


def test_everybody_on_the_path_is_told_once_and_not_when_it_falls_and_rises_again(cast, path):
    measured = path[-1]
    roll_up(cast.works.pk)
    assert not Win.objects.exists()
    for number in (100, 40, 120):
        value(cast, measured, number)

    assert set(Win.objects.values_list("goal__title", flat=True)) == {"Call", "Grow"}
    assert [sorted(told(who)) for who in (cast.cy, cast.dee, cast.bo, cast.ada)] == [
        ["Reached: Call", "Reached: Grow"]
    ] * 4
    assert not Notification.objects.filter(person__name="Max").exists()


def test_who_may_not_see_the_goal_is_not_told(cast, path):
    _, goal, low, measured = path
    low.revise(by=cast.ada, visibility="private")
    Goal.objects.filter(pk=goal.pk).update(owner=person(cast.works, "Zoe", "member"))
    value(cast, measured, 100)
    assert list(Notification.objects.filter(person__name="Zoe").values_list("facts", flat=True)) == [{"goal": "Grow"}]


def test_a_worker_that_dies_after_the_roll_up_leaves_the_wins_to_the_next(cast, path):
    record_one(path[-1], cast.works.today(), Decimal(100), by=None, note="again")
    rolled_up(path[0])
    assert told(cast.cy) == []
    assert set(Win.objects.values_list("told_at", flat=True)) == {None}
    RollupState.objects.update(requested_at=None)
    sweep()
    assert RollupState.objects.get(organisation=cast.works).requested_at is not None
    assert [wins.tell(cast.works.pk) for _ in range(2)] == [2, 0]
    assert sorted(told(cast.cy)) == ["Reached: Call", "Reached: Grow"]


def test_closed_without_reaching_it_is_no_win_and_judged_as_reached_is_one(cast):
    goal, low = line(cast)
    lifecycle.change_state(low, "closed", by=cast.ada, reason="Done", judged_progress=Decimal(1))
    roll_up(cast.works.pk)
    assert set(Win.objects.values_list("goal", flat=True)) == {goal.pk, low.pk}
    missed = cast.goal("Missed")
    lifecycle.change_state(missed, "closed", by=cast.ada, reason="Over", judged_progress=Decimal("0.9"))
    roll_up(cast.works.pk)
    assert Win.objects.count() == 2


def test_a_draft_that_would_be_reached_is_none_until_it_runs(cast):
    goal = cast.goal("Draft", state=Goal.State.DRAFT, owner=cast.bo)
    kpi(goal, value=100)
    roll_up(cast.works.pk)
    assert not Win.objects.exists()
    lifecycle.change_state(goal, "active", by=cast.bo)
    roll_up(cast.works.pk)
    assert Win.objects.count() == 1


def test_what_was_closed_long_ago_when_it_became_known_is_no_news(cast):
    low = cast.goal("Call", owner=cast.cy)
    lifecycle.change_state(low, "closed", by=cast.ada, reason="Done", judged_progress=Decimal(1))
    Goal.objects.filter(pk=low.pk).update(closed_on=cast.works.today() - dt.timedelta(days=30))
    Win.objects.all().delete()
    roll_up(cast.works.pk)
    assert (Win.objects.get().reached_on, told(cast.cy)) == (cast.works.today() - dt.timedelta(days=30), [])


def test_lists_of_wins_show_what_their_reader_may_see(cast, path):
    low, measured = path[2:]
    low.revise(by=cast.ada, visibility="private")
    value(cast, measured, 100)
    today, max_ = cast.works.today(), Goal.objects.get(title="Other").owner
    titles = [[win.goal.title for win in wins.newest(who, today, today)] for who in (cast.ada, max_)]
    assert [sorted(each) for each in titles] == [["Call", "Grow"], ["Grow"]]
    own, above = [low.pk], [path[1].pk]
    assert [win.goal.title for win in wins.on_line(max_, own, above, today)] == ["Grow"]
    assert {win.goal.title for win in wins.on_line(cast.cy, own, above, today)} == {"Call", "Grow"}
    assert {win.goal.title for win in wins.on_line(cast.cy, above, [], today)} == {"Call", "Grow"}
    tomorrow = today + dt.timedelta(days=1)
    assert not wins.newest(cast.ada, tomorrow, tomorrow).exists()


def test_goals_reached_before_wins_were_kept_are_known_and_no_news(cast, path):
    value(cast, path[-1], 100)
    Win.objects.all().delete()
    Notification.objects.all().delete()
    import_module("goals.migrations.0009_goals_reached_before").keep(apps, None)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1), tick=False):
        roll_up(cast.works.pk)
    assert set(Win.objects.values_list("goal__title", flat=True)) == {"Call", "Grow"}
    assert not Notification.objects.exists()
