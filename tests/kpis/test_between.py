"""What changed about a goal between two days: effects that sum exactly, what turned, what was decided, who may see."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import progress, tree
from kpis import targets
from kpis.between import reading
from kpis.recording import record_one
from tests.cast import signed_in
from tests.goals.test_views_board import daily

BEGIN, END = dt.date(2026, 4, 10), dt.date(2026, 4, 20)


def noon(day: int) -> dt.datetime:
    return dt.datetime(2026, 4, day, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(noon(10), tick=False) as clock:
        yield clock


@pytest.fixture
def company(clock, cast):
    """Grow has Sell (90) and Win (40). By 20 April Sell fell to 30, Win weighs 3 and is asked less from now on."""
    grow = cast.goal("Grow", owner=cast.ada)
    sell = cast.goal("Sell", grow, owner=cast.bo, unit=cast.sales)
    win = cast.goal("Win", grow, owner=cast.cy)
    daily(sell, "calls", 90)
    wins = daily(win, "wins", 40)
    progress.roll_up(cast.works.pk)
    clock.move_to(noon(12))
    record_one(sell.kpis.get(), dt.date(2026, 4, 12), Decimal(30), by=cast.ada)
    win.revise(by=cast.bo, reason="Winning counts", weight=Decimal(3))
    clock.move_to(noon(15))
    targets.change(wins, dt.date(2026, 4, 15), by=cast.bo, reason="Half the year is gone", target=Decimal(80))
    clock.move_to(noon(20))
    progress.roll_up(cast.works.pk)
    return grow, sell, win


def between(goal, person):
    return reading.between(goal, person, BEGIN, END)


def test_the_effects_sum_to_exactly_the_change(cast, company):
    found = between(company[0], cast.ada)
    assert (found.before, found.after) == (Decimal("0.65"), Decimal("0.375"))
    effects = {each.title: (each.value, each.mix) for each in found.effects}
    assert set(effects) == {"calls", "wins"}
    assert sum(sum(each) for each in effects.values()) == found.change == Decimal("-0.275")
    assert found.value + found.mix == found.change
    assert effects["wins"] == (0, Decimal("-0.028125"))  # it counts for a quarter more, and less than the goal stands


def test_what_turned_and_what_was_decided_is_told_with_its_reason(cast, company):
    found = between(company[0], cast.ada)
    assert ("Sell", "on_track", "off_track") in [(each.title, each.before, each.after) for each in found.fell]
    [asked] = found.asked
    assert (asked.kpi.name, asked.since, asked.by, asked.reason) == (
        "wins",
        dt.date(2026, 4, 15),
        "Bo",
        "Half the year is gone",
    )
    assert [(str(name), before, after) for name, before, after in asked.fields] == [("target", "100", "80")]
    [weighed] = [each for each in found.decided if each.title == "Win"]
    assert (weighed.by, weighed.reason, weighed.fields) == ("Bo", "Winning counts", [("weight", "1", "3")])


def test_a_goal_moved_in_brings_its_leaves_as_mix(clock, cast, company):
    grow, _sell, _win = company
    other = cast.goal("Help", cast.goal("Serve", owner=cast.ada), owner=cast.bo)
    daily(other, "helped", 100)
    tree.move(other, grow, by=cast.ada, reason="It belongs here")
    progress.roll_up(cast.works.pk)
    found = between(grow, cast.ada)
    [entered] = [each for each in found.effects if each.title == "helped"]
    assert entered.value == 0
    assert found.value + found.mix == found.change
    assert "It belongs here" in [each.reason for each in found.decided]


def test_what_the_reader_may_not_see_is_one_line_and_the_sum_stays(cast, company):
    grow, sell, _win = company
    sell.revise(by=cast.bo, visibility="private")
    full, part = between(grow, cast.ada), between(grow, cast.cy)
    assert (part.change, part.value + part.mix) == (full.change, full.change)
    assert [each.title for each in part.effects] == ["wins", None]
    assert {"Sell", "calls"}.isdisjoint({each.title for each in (*part.fell, *part.decided, *part.effects)})
    assert [each.kpi.name for each in part.asked] == ["wins"]


def page(person, goal, status=200, **query):
    answer = signed_in(person).get(reverse("kpis:changed", args=[goal.pk]), query)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_tells_it_and_refuses_wrong_days(cast, company):
    days = {"from": "2026-04-10", "to": "2026-04-20"}
    shown = page(cast.ada, company[0], **days)
    assert "went from 65% on" in shown
    assert "to 37.5% on" in shown
    assert "Results gave −22.5, weights and structure −5." in shown
    assert "Half the year is gone" in shown
    for wrong, words in (
        ({"to": "2026-04-21"}, "lies in the future"),
        ({"from": "2026-04-20", "to": "2026-04-20"}, "has to lie before"),
        ({"from": "2026-02-30"}, "Give both days as dates"),
    ):
        assert words in page(cast.ada, company[0], 400, **wrong)
    assert "nothing to compare" in page(cast.ada, company[0], **{"from": "2025-04-10", "to": "2026-04-20"})


def test_who_may_not_see_the_goal_finds_nothing(cast, company):
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    page(cast.ada, secret)
    page(cast.cy, secret, 404)
    page(cast.eve, company[0], 404)


def test_as_many_queries_whatever_is_below(cast, company):
    grow, *_ = company

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page(cast.cy, grow, **{"from": "2026-04-10", "to": "2026-04-20"})
        return len(found)

    queries()
    before = queries()
    for number in range(3):
        daily(cast.goal(f"More {number}", grow, owner=cast.bo), f"k{number}", 50)
    progress.roll_up(cast.works.pk)
    assert queries() == before
