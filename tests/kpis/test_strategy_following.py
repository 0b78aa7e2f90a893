"""What follows when a goal moves: whom it reaches, when, and who shows it already."""

import datetime as dt

import pytest
import time_machine

from goals import linking
from goals.models import CausalLink
from kpis.strategy.following import followers, move_of
from kpis.strategy.links import Comparing
from tests.kpis.comparing import measured


@pytest.fixture
def goals(april, cast):
    """a > b (one month later) > c (one month later), and a > d at once; the last month that is over is March 2026."""
    made = {name: cast.goal(name) for name in "abcd"}
    for cause, effect, lag in (("a", "b", 1), ("b", "c", 1), ("a", "d", 0)):
        linking.draw(made[cause], made[effect], by=None, hypothesis="x", lag=lag)
    return made


def asked(cast, goals, start="a"):
    comparing = Comparing(cast.ada, {goal.pk for goal in goals.values()})
    links = CausalLink.objects.select_related("cause", "effect")
    return comparing, followers(goals[start].pk, links, comparing)


def told(found):
    return [(each.way[-1].effect.title, each.first and each.first.month, str(each.shown)) for each in found]


def test_each_goal_is_to_show_it_its_lag_after_the_last_change(cast, goals):
    measured(goals["a"], "1 2 2")  # it last moved in February
    measured(goals["b"], "5 5 6")  # in March, upward
    measured(goals["c"], "5 5 6")
    measured(goals["d"], "5 4 9")  # in February, downward
    comparing, found = asked(cast, goals)
    move = move_of(goals["a"].pk, comparing)
    assert (move.first, move.better_by) == (dt.date(2026, 2, 1), 1)
    assert told(found) == [("d", 2, "no"), ("b", 3, "yes"), ("c", 4, "waiting")]
    assert [link.effect.title for link in found[2].way] == ["b", "c"]


def test_what_gets_worse_shows_as_getting_worse(cast, goals):
    measured(goals["a"], "1 2 1", direction="decrease", baseline=9, target=0)  # better again in March
    measured(goals["d"], "7 7 8")
    _, found = asked(cast, goals)
    assert told(found)[0] == ("d", 3, "yes")


def test_without_values_or_measures_it_says_so(cast, goals):
    measured(goals["a"], "1 2 2")
    measured(goals["b"], "5 5 -")
    _, found = asked(cast, goals)
    assert told(found) == [("b", 3, "missing"), ("d", None, "unknown"), ("c", None, "unknown")]


def test_nothing_moved_yet(cast, goals):
    measured(goals["a"], "2 2 2")
    _, found = asked(cast, goals)
    assert {each.shown for each in found} == {"unknown"}
    assert len(found) == 3


def test_a_goal_reached_on_two_ways_counts_on_the_earlier(cast, goals):
    linking.draw(goals["a"], goals["c"], by=None, hypothesis="x", lag=0)
    for name in "abc":
        measured(goals[name], "1 2 3")
    _, found = asked(cast, goals)
    assert [each.first.month for each in found if each.way[-1].effect == goals["c"]] == [3]


def test_the_running_month_is_not_over(cast, goals):
    kpi = measured(goals["a"], "1 2 3")
    measured(goals["d"], "1 2 3")
    with time_machine.travel(dt.datetime(2026, 3, 30, tzinfo=dt.UTC), tick=False):
        comparing, _ = asked(cast, goals)
        assert move_of(kpi.goal_id, comparing).first == dt.date(2026, 2, 1)
