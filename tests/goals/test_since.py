"""What changed since a day: figures known then against now, and what people decided, as one reader may see it."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, progress, tree
from goals.lines import lines_now
from goals.models import Goal
from goals.since import since
from kpis.recording import record_one
from tests.goals.test_views_board import daily, page


def noon(day: int) -> dt.datetime:
    return dt.datetime(2026, 4, day, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(noon(10), tick=False) as clock:
        yield clock


@pytest.fixture
def company(clock, cast):
    """On 10 April Serve stands at 95 % through Faster, Win at 40 %; the snapshots of that day are kept."""
    serve, win = cast.goal("Serve", owner=cast.ada), cast.goal("Win")
    faster = cast.goal("Faster", serve, owner=cast.bo, unit=cast.sales)
    daily(faster, "speed", 95)
    daily(win, "wins", 40)
    progress.roll_up(cast.works.pk)
    progress.snapshot(cast.works, dt.date(2026, 4, 10))
    return serve, win, faster


def changed(person, cast, day=10):
    return since(person, lines_now(person, cast.cycle), dt.date(2026, 4, day))


def test_goals_that_fell_behind_and_caught_up(clock, cast, company):
    _serve, win, faster = company
    clock.move_to(noon(12))
    for goal, value in ((faster, 30), (win, 100)):
        record_one(goal.kpis.get(), dt.date(2026, 4, 12), Decimal(value), by=cast.ada)
    progress.roll_up(cast.works.pk)
    found = changed(cast.cy, cast)
    assert [(each.told.title, each.progress, each.line.progress) for each in found.strategic] == [
        ("Serve", Decimal("0.95"), Decimal("0.3")),
        ("Win", Decimal("0.4"), Decimal(1)),
    ]
    assert [(each.told.title, each.status, each.line.status) for each in found.fell] == [
        ("Serve", "on_track", "off_track"),
        ("Faster", "on_track", "off_track"),
    ]
    assert [(each.told.title, each.change) for each in found.recovered] == [("Win", Decimal("0.6"))]
    assert not found.decided


def test_what_people_decided_and_why(clock, cast, company):
    serve, win, faster = company
    clock.move_to(noon(12))
    win.revise(by=cast.ada, reason="It matters more", weight=Decimal(3))
    lifecycle.change_state(serve, "paused", by=cast.ada, reason="Waits for the move")
    tree.move(faster, win, by=cast.ada)
    new = cast.goal("New here", win)
    progress.roll_up(cast.works.pk)
    found = {each.title: each for each in changed(cast.ada, cast).decided}
    assert found["Win"].fields == [("weight", "1", "3")]
    assert (found["Win"].by, found["Win"].reason) == ("Ada", "It matters more")
    assert found["Serve"].fields == [("state", "Active", "Paused")]
    assert found["Faster"].fields == [("goal above", "Serve", "Win")]
    assert (found["New here"].fields, found["New here"].goal_id) == ([], new.pk)
    assert changed(cast.ada, cast, day=12).decided == []


def test_what_was_changed_and_changed_back_is_no_change(clock, cast, company):
    clock.move_to(noon(12))
    win = company[1]
    for weight in (3, 1):
        win.revise(by=cast.ada, weight=Decimal(weight))
    win.revise(by=cast.ada, why="Only words")
    assert changed(cast.ada, cast).decided == []


def test_it_tells_only_what_the_reader_may_see(clock, cast, company):
    serve = company[0]
    hidden = cast.goal("Secret merger", serve, owner=cast.ada, visibility=Goal.Visibility.PRIVATE)
    clock.move_to(noon(12))
    hidden.revise(by=cast.ada, weight=Decimal(3))
    tree.move(company[2], hidden, by=cast.ada)
    progress.roll_up(cast.works.pk)
    assert "Secret merger" in [each.title for each in changed(cast.ada, cast, day=9).decided]
    for day in (9, 10):
        shown = page(cast.cy, "/dashboard/changed/", since=f"2026-04-{day:02}")
        assert "Secret merger" not in shown.text
        assert "Serve" in shown.text
    assert "goal above Serve to a restricted goal" in page(
        cast.cy, "/dashboard/changed/", since="2026-04-10"
    ).text.replace("→", "").replace("  ", " ")
    assert "Serve" not in page(cast.eve, "/dashboard/changed/").text


@pytest.mark.parametrize("odd", ["", "x", "2026-02-31", "2030-01-01", "2026-04-12"])
def test_a_day_that_makes_no_sense_is_thirty_days_back(clock, cast, company, odd):
    clock.move_to(noon(12))
    shown = page(cast.cy, "/dashboard/changed/", since=odd)
    assert "13 Mar 2026" in shown.text


def test_as_many_queries_whatever_the_goals(clock, cast, company):
    client = Client()
    client.force_login(cast.cy)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/dashboard/changed/", {"since": "2026-04-10"}).status_code == 200
        return len(found)

    clock.move_to(noon(12))
    made = []
    for number in range(6):
        goal = cast.goal(f"More {number}", company[number % 2], owner=cast.cy)
        daily(goal, f"m{number}", 20)
        company[number % 3].revise(by=cast.ada, weight=Decimal(number + 5))
        progress.roll_up(cast.works.pk)
        made.append(queries())
    assert made[3] == made[5]  # when each kind of change is there
