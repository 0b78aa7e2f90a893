"""The line of sight as a page: what it says, to whom, what can be entered and tried on it, in how many queries."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import DirtyMark, Goal
from kpis.models import Kpi, Measurement, MeasurementRevision
from tests.cast import signed_in
from tests.goals.measuring import kpi, rolled_up
from tests.kpis.measuring import record
from tests.pages.reading import read

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def top(april, cast) -> Goal:
    return cast.goal("Grow", why="To stay", owner=cast.ada)


@pytest.fixture
def sell(top, cast) -> Goal:
    """Cy's half of Grow."""
    cast.goal("Beside", top)
    kpi(Goal.objects.get(title="Beside"), "beside", 50)
    return cast.goal("Sell", top, owner=cast.cy, why="Nobody else does")


@pytest.fixture
def deals(sell) -> Kpi:
    """40 of 100 deals until February; March is due."""
    made = kpi(sell, "deals", name="Deals", unit="deals")
    for month in (1, 2):
        record(made, dt.date(2026, month, 1), str(20 * month))
    rolled_up(sell)
    return made


def page(person, path="/", status=200, **query):
    answer = signed_in(person).get(path, query)
    assert answer.status_code == status
    return read(answer)


def asked(person, path, target="", **query):
    return signed_in(person).get(path, query, headers={**HTMX, **({"HX-Target": target} if target else {})})


def enter(person, made, first="2026-03-01", **fields):
    sent = {"seen": 0, "value": "55", "place": "due", **fields}
    return signed_in(person).post(f"/line-of-sight/{made.pk}/{first}/", sent, headers=HTMX)


def test_it_begins_with_what_is_due(cast, deals):
    shown = page(cast.cy)

    assert "Cy. One number is late." in shown.text
    assert "Deals For March 2026. Now 40 deals, target 100 deals" in shown.text
    assert "Next: Deals for April 2026, on 30 April." in shown.text


def test_what_is_late_says_for_how_long(cast, deals):
    assert "3 days late" in page(cast.cy).text
    with time_machine.travel(dt.datetime(2026, 5, 9, 12, tzinfo=dt.UTC), tick=False):
        shown = page(cast.cy)

    assert "2 days late" in shown.text
    assert "1 earlier value missing" in shown.text


def test_within_the_grace_a_value_is_due_and_not_late(cast, deals):
    with time_machine.travel(dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC), tick=False):
        shown = page(cast.cy)

    assert "Cy. One number is due." in shown.text
    assert "days late" not in shown.text


def test_where_nothing_is_due_the_next_value_is_told(cast, deals):
    record(deals, MARCH, "55")
    shown = page(cast.cy)

    assert "Cy. Nothing is due." in shown.text
    assert "Next: Deals for April 2026" in shown.text


def test_the_picture_says_what_the_target_would_do_and_why_at_every_step(cast, deals):
    shown = page(cast.cy)

    assert "If you reach 100 deals, Grow moves up by 30 points." in shown.text
    assert "+30 points" in shown.text
    assert "+60 points" in shown.text
    assert "counts for 50%" in shown.text
    assert "45% would be 75%" in shown.text
    assert "Why To stay" in shown.text
    assert "Why Nobody else does" in shown.text


def test_a_result_that_is_reached_already_tells_what_it_gives(cast, deals):
    record(deals, MARCH, "100")
    progress.roll_up(cast.works.pk)

    assert "Your goal gives Grow 50 points of its 75%." in page(cast.cy).text


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("70", "If you reach 70 deals, Grow moves up by 15 points."),
        ("70 deals", "If you reach 70 deals, Grow moves up by 15 points."),
        ("10", "If you reach 10 deals, Grow moves down by 15 points."),
        ("40", "If you reach 40 deals, Grow moves up by 0 points."),
        ("a lot", "If you reach 100 deals, Grow moves up by 30 points."),
        ("9" * 200, "If you reach 100 deals, Grow moves up by 30 points."),
    ],
)
def test_a_result_can_be_tried_and_nothing_is_saved(cast, deals, value, sentence):
    before = list(Measurement.objects.values())

    assert sentence in page(cast.cy, value=value, kpi=deals.pk).text
    assert list(Measurement.objects.values()) == before
    assert not DirtyMark.objects.exists()


def test_the_slider_gets_the_picture_alone(cast, deals):
    answer = asked(cast.cy, "/", target="picture", value="70")

    assert b"moves up by 15 points" in answer.content
    assert b"<html" not in answer.content
    assert b'type="range"' not in answer.content


def test_a_kpi_judged_in_each_period_is_tried_for_the_last_one(cast, sell):
    calls = kpi(sell, "calls", name="Calls", target_mode="each_period", aggregation="mean")
    record(calls, MARCH, "50")
    rolled_up(sell)
    shown = page(cast.cy)

    assert "If March 2026 had been 100, Grow moves up by 25 points." in shown.text
    assert "Try another result for March 2026" in shown.text


def test_a_milestone_is_tried_as_done(cast, sell):
    kpi(sell, "go", name="Go live", kind="boolean", cadence="once", baseline=None, target=Decimal(1))
    rolled_up(sell)

    assert "If Go live is done, Grow moves up by 50 points." in page(cast.cy).text


def test_a_kpi_without_a_target_is_not_tried(cast, sell):
    kpi(sell, "bare", 3, target=None, direction=None)
    rolled_up(sell)
    shown = page(cast.cy)

    assert "If you reach all of your goal, Grow moves up by" in shown.text
    assert "Try another result" not in shown.text


def test_the_address_chooses_goal_and_kpi(cast, deals, top):
    other = cast.goal("Serve", top, owner=cast.cy)
    kpi(other, "first", 10, name="First")
    kpi(other, "second", 20, name="Second")
    rolled_up(other)
    second = Kpi.objects.get(key="second")

    assert "If you reach 100, Grow" in page(cast.cy, goal=other.pk, kpi=second.pk).text
    assert page(cast.cy, goal=str(2**70), kpi="x").text == page(cast.cy).text


def test_a_hidden_goal_on_the_way_says_only_that_it_is_there(cast, top):
    secret = cast.goal("Merge with Umbra", top, owner=cast.ada, visibility=Goal.Visibility.PRIVATE, why="Hush")
    kpi(cast.goal("Help", secret, owner=cast.cy), "help", 40)
    rolled_up(top)
    shown = page(cast.cy)

    assert "A goal that you may not see." in shown.text
    assert "Umbra" not in shown.text
    assert "Hush" not in shown.text
    assert "Grow moves up by" in shown.text


def test_no_path_to_the_strategy_is_said_plainly(cast, april):
    kpi(cast.goal("Alone", level=2, owner=cast.cy), "alone", 10)
    shown = page(cast.cy)

    assert "No path to a strategic goal." in shown.text
    assert "Ask for a path" in shown.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": Goal.State.PAUSED}, "It is paused, so it does not count in the goal above."),
        ({"state": Goal.State.DRAFT}, "It is a draft, so it does not count in the goal above yet."),
        ({"weight": Decimal(0)}, "Its weight is 0: it is followed, but counts for nothing above."),
    ],
)
def test_a_goal_that_does_not_count_says_why(cast, deals, sell, change, sentence):
    Goal.objects.filter(pk=sell.pk).update(**change)
    progress.roll_up(cast.works.pk, everything=True)
    shown = page(cast.cy)

    assert sentence in shown.text
    assert "Sell does not count in Grow" in shown.text


def test_who_has_no_goal_reads_what_the_unit_works_on(cast, top):
    cast.goal("Dial", top, unit=cast.team, owner=cast.bo)
    cast.goal("Secret", top, unit=cast.team, owner=cast.ada, visibility=Goal.Visibility.PRIVATE)
    shown = page(cast.cy)

    assert "You have no goal of your own yet." in shown.text
    assert "Bo can give you one" in shown.text
    assert "What Inside sales works on" in shown.text
    assert "Dial" in shown.text
    assert "Secret" not in shown.text


def test_what_people_type_is_shown_as_text(cast, top):
    title = "<b>Øk</b> 顧客 {{ 7|add:7 }} " + "x" * 200
    goal = cast.goal(title, top, owner=cast.cy, why="<script>alert(1)</script>")
    kpi(goal, "odd", 10, name="=cmd()|<i>", unit="<u>")
    rolled_up(goal)
    html = signed_in(cast.cy).get("/").content.decode()

    assert "&lt;b&gt;Øk&lt;/b&gt; 顧客 {{ 7|add:7 }}" in html
    assert "<script>alert" not in html
    assert "=cmd()|&lt;i&gt;" in html


def test_the_line_of_somebody_else_is_for_who_manages_them(cast, deals):
    path = f"/people/{cast.cy.pk}/line-of-sight/"
    shown = page(cast.bo, path)

    assert "Cy. One number is late." in shown.text
    assert "name=" not in "".join(signed_in(cast.bo).get(path).content.decode().split("<ul class")[1].split("</ul>")[0])
    page(cast.ada, path)
    page(cast.dee, path)
    page(cast.cy, f"/people/{cast.bo.pk}/line-of-sight/", status=403)
    page(cast.eve, path, status=404)


def test_a_value_is_saved_in_its_row_and_the_figures_follow(cast, deals):
    answer = enter(cast.cy, deals)

    assert Measurement.objects.get(kpi=deals, period=MARCH).value == 55
    assert MeasurementRevision.objects.latest("pk").recorded_by == cast.cy
    assert answer.headers["HX-Retarget"] == f"#due-{deals.pk}"
    assert "Deals: 55 deals saved for March 2026." in read(answer).text
    assert "Cy. Nothing is due." in read(answer).text
    assert f'name="was" value="{deals.pk}:0.4:0.45"' in answer.content.decode()


def test_the_figures_come_once_they_are_rolled_up(cast, deals):
    enter(cast.cy, deals)
    waiting = {"watch": "1", "was": f"{deals.pk}:0.4:0.45"}
    assert asked(cast.cy, "/", **waiting).status_code == 204
    progress.roll_up(cast.works.pk)
    arrived = read(asked(cast.cy, "/", **waiting))

    assert "It lifts your goal from 40% to 55% and Grow by 7.5 points." in arrived.text
    assert "If you reach 100 deals, Grow moves up by 22.5 points." in arrived.text


@pytest.mark.parametrize("was", ["", "x", "1:2:3", "1:0.4", "9" * 300, "0:0.1:0.1"])
def test_odd_figures_of_before_say_nothing(cast, deals, was):
    answer = asked(cast.cy, "/", watch="1", was=was)

    assert answer.status_code == 200
    assert "It lifts" not in read(answer).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "many"}, "Enter a number, such as 12.5."),
        ({"value": ""}, "This field is required."),
        ({"value": "1,234"}, "Is that 1234 or 1.234?"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(cast, deals, fields, sentence):
    answer = enter(cast.cy, deals, **fields)

    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == f"#entry-{deals.pk}"
    assert sentence in read(answer).text
    assert f'value="{fields["value"]}"' in answer.content.decode()
    assert not Measurement.objects.filter(period=MARCH).exists()


def test_a_correction_asks_for_a_reason(cast, deals):
    record(deals, MARCH, "50")
    refused = enter(cast.cy, deals, seen=1)
    assert refused.status_code == 422
    assert "Why does it change?" in read(refused).text
    assert enter(cast.cy, deals, seen=1, note="Counted twice").status_code == 200

    assert Measurement.objects.get(kpi=deals, period=MARCH).value == 55


def test_somebody_elses_value_in_the_meantime_is_shown(cast, deals):
    record(deals, MARCH, "50", by=cast.ada)
    refused = enter(cast.cy, deals, note="Mine")

    assert refused.status_code == 422
    assert "Ada recorded 50 deals in the meantime." in read(refused).text


def test_a_milestone_is_done_with_one_button(cast, sell):
    made = kpi(sell, "go", name="Go live", kind="boolean", cadence="once", target=Decimal(1), due=dt.date(2026, 4, 1))
    page(cast.cy)
    answer = enter(cast.cy, made, first="2026-01-01", value="1")

    assert "Go live: done saved for 1 Apr 2026." in read(answer).text


def test_the_running_period_opens_under_its_kpi(cast, deals):
    record(deals, MARCH, "55")
    answer = asked(cast.cy, f"/line-of-sight/{deals.pk}/2026-04-01/")
    assert "For April 2026" in read(answer).text
    saved = enter(cast.cy, deals, first="2026-04-01", place="mine")

    assert saved.headers["HX-Retarget"] == f"#edit-{deals.pk}"
    assert Measurement.objects.get(kpi=deals, period=APRIL).value == 55


def test_without_htmx_the_row_leads_to_the_page_of_the_kpi(cast, deals):
    answer = signed_in(cast.cy).get(f"/line-of-sight/{deals.pk}/2026-03-01/")

    assert answer.url == f"/kpis/{deals.pk}/?period=2026-03-01#record"


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("ada", 200), ("dee", 403), ("eve", 404)])
def test_who_may_record_enters_values(cast, deals, who, status):
    Goal.objects.filter(pk=deals.goal_id).update(unit=cast.sales)

    assert enter(getattr(cast, who), deals).status_code == status


@pytest.mark.parametrize("first", ["2026-03-02", "2026-05-01", "1999-01-01", "2026-02-30", "x"])
def test_a_period_that_is_not_there_is_not_found(cast, deals, first):
    assert enter(cast.cy, deals, first=first).status_code == 404


def test_a_value_that_is_typed_says_what_it_would_do(cast, deals):
    preview = f"/line-of-sight/{deals.pk}/2026-03-01/preview/"

    assert (
        "60 deals lifts your goal from 40% to 60% and Grow by 10 points."
        in read(asked(cast.cy, preview, value="60")).text
    )
    assert (
        "30 deals lowers your goal from 40% to 30% and Grow by 5 points."
        in read(asked(cast.cy, preview, value="30")).text
    )
    assert "leaves your goal at 40%." in read(asked(cast.cy, preview, value="40")).text
    assert read(asked(cast.cy, preview, value="many")).text == ""
    assert not Measurement.objects.filter(period=MARCH).exists()
    assert "60 deals lifts Sell from 40% to 60%" in read(asked(cast.bo, preview, value="60")).text
    assert asked(cast.dee, preview, value="60").status_code == 403
    assert asked(cast.eve, preview, value="60").status_code == 404
    assert signed_in(cast.cy).post(preview).status_code == 405


@pytest.mark.parametrize("goals", [1, 3])
def test_the_page_takes_the_same_queries_whatever_the_goals(cast, deals, top, goals):
    for number in range(goals - 1):
        made = kpi(cast.goal(f"Goal {number}", top, owner=cast.cy), f"k{number}", 10)
        kpi(made.goal, f"l{number}", 20)
    rolled_up(top)
    client = signed_in(cast.cy)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert len(queries) == 19
