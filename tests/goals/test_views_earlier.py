"""The goal tree on a date gone by: as it stood, as one person may see it, to look at only."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress, tree
from kpis.recording import record_one
from tests.cast import signed_in
from tests.goals.test_views_board import daily
from tests.pages.reading import read


def noon(day: int) -> dt.datetime:
    return dt.datetime(2026, 4, day, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(noon(10), tick=False) as clock:
        yield clock


@pytest.fixture
def company(clock, cast):
    """On 10 April Call stands below Sell at 90 %; on 12 April it moves below Serve, and falls to 30 %."""
    sell, serve = cast.goal("Sell", owner=cast.ada), cast.goal("Serve", owner=cast.ada)
    call = cast.goal("Call", sell, owner=cast.bo, unit=cast.sales)
    daily(call, "calls", 90)
    progress.roll_up(cast.works.pk)
    clock.move_to(noon(12))
    tree.move(call, serve, by=cast.ada, reason="It belongs here")
    call.revise(by=cast.bo, title="Call back")
    record_one(call.kpis.get(), dt.date(2026, 4, 12), Decimal(30), by=cast.ada)
    progress.roll_up(cast.works.pk)
    clock.move_to(noon(20))
    return sell, serve, call


def page(person, status=200, **query):
    answer = signed_in(person).get("/goals/", query)
    assert answer.status_code == status
    return read(answer)


def rows(person, **query) -> list[str]:
    shown = page(person, **query)
    return [row.cells[0].text.split(",")[0].strip() for row in shown.tables["calc"][1:]]


def test_goals_stand_where_they_stood_and_are_called_as_they_were(cast, company):
    then = rows(cast.ada, as_of="2026-04-11", known="2026-04-11")
    now = rows(cast.ada, as_of="2026-04-12", known="2026-04-12")
    assert [each.split(" 1 inside")[0] for each in then] == ["Sell", "Call", "Serve"]
    assert [each.split(" 1 inside")[0] for each in now] == ["Sell", "Serve", "Call back"]
    shown = page(cast.ada, as_of="2026-04-11", known="2026-04-11")
    assert "This page shows 11 Apr 2026. Only what had been recorded by then." in shown.text
    assert "2 of 3 goals keep pace" in shown.text


def test_the_figures_are_those_of_the_day(cast, company):
    [call] = [row for row in page(cast.ada, as_of="2026-04-11").tables["calc"] if "Call back" in row.cells[0].text]
    assert "90%" in call.by_label("Progress").text
    assert "On track" in call.by_label("Status").text


def test_goals_are_opened_closed_and_found(cast, company):
    day = {"as_of": "2026-04-12"}
    assert len(rows(cast.ada, open="", **day)) == 2
    assert len(rows(cast.ada, open="all", **day)) == 3
    assert [each.split(" 1 inside")[0] for each in rows(cast.ada, q="call", **day)] == ["Serve", "Call back"]
    assert len(rows(cast.ada, attention="on", **day)) == 2
    assert "Nothing found" in page(cast.ada, q="nothing like it", **day).text
    assert "No goals then" in page(cast.ada, as_of="2025-12-31", known="2025-12-31").text


def test_what_may_not_be_seen_is_not_named(cast, company):
    _sell, _serve, call = company
    call.revise(by=cast.bo, visibility="private")
    shown = page(cast.cy, as_of="2026-04-11", known="2026-04-11")
    assert "Call" not in shown.text
    assert "1 restricted goal" in shown.text
    assert "Call" in page(cast.bo, as_of="2026-04-11", known="2026-04-11").text
    assert "Sell" not in page(cast.eve, as_of="2026-04-11").text


def test_a_day_to_come_is_refused(cast, company):
    page(cast.ada, 400, as_of="2026-04-21")
    page(cast.ada, 400, as_of="2026-02-30")


def test_as_many_queries_whatever_the_goals(cast, company):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page(cast.cy, as_of="2026-04-12", open="all")
        return len(found)

    queries()
    before = queries()
    with time_machine.travel(noon(12), tick=False):
        for number in range(3):
            daily(cast.goal(f"More {number}", company[1], owner=cast.bo), f"k{number}", 50)
    assert queries() == before
