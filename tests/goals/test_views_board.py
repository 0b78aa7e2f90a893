"""The dashboard as a page: its sentences, the past, who sees what, its two later parts, in how many queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import Cycle, Goal, GoalSnapshot
from kpis.recording import record_one
from tests.cast import signed_in
from tests.goals.measuring import kpi, rolled_up
from tests.pages.reading import read

HTMX = {"HX-Request": "true"}


def page(person, path="/dashboard/", status=200, **query):
    answer = signed_in(person).get(path, query)
    assert answer.status_code == status
    return read(answer)


def daily(goal, key, value):
    """Judged each day against 100, so that the value of today is the progress."""
    return kpi(goal, key, value, name=key, target_mode="each_period", cadence="daily")


@pytest.fixture
def company(cast):
    """Serve at 60 % off track through Faster; Win at 100 %."""
    serve, win = cast.goal("Serve", owner=cast.ada, weight=Decimal(3)), cast.goal("Win")
    faster = cast.goal("Faster", serve, owner=cast.bo, unit=cast.sales)
    daily(faster, "speed", 60)
    daily(win, "wins", 100)
    return [rolled_up(goal) for goal in (serve, win, faster)]


def test_it_opens_with_how_the_strategy_stands(cast, company):
    shown = page(cast.cy)
    [_, serve, win] = shown.tables["strat"]

    assert "One of two strategic goals keeps pace." in shown.text
    assert serve.texts == [
        "Serve Ada · 75% of the strategy",
        "60 %",
        "",
        "−40",
        "not known",
        "not known",
        "100%",
        "Off track 1 below in trouble",
    ]
    assert win.texts[0] == "Win No owner · 25% of the strategy"
    assert "−40 points Faster 60%, expected 100% Bo · counts 100% of Serve" in shown.text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((60, 70), "None of the two strategic goals keeps pace."),
        ((100, 95), "Both strategic goals keep pace."),
        ((None, None), "No strategic goal can be judged yet."),
        ((100, None), "Win keeps pace."),
        ((60, None), "Win is behind its pace."),
    ],
)
def test_the_sentence_follows_the_figures(cast, values, sentence):
    for title, value in zip(("Win", "Serve"), values, strict=True):
        daily(cast.goal(title), title.lower(), value)
    progress.roll_up(cast.works.pk)

    assert sentence in page(cast.cy).text


def test_what_slipped_lately_is_said(cast, company):
    GoalSnapshot.objects.create(
        goal=company[0],
        organisation=cast.works,
        day=cast.works.today() - dt.timedelta(days=40),
        progress=Decimal("0.5"),
        gap=Decimal("-0.3"),
        status="off_track",
    )
    shown = page(cast.cy)

    assert "Serve fell back by 10 points against its pace in 30 days." in shown.text
    assert shown.tables["strat"][1].by_label("in 30 days").text == "+10"


def test_who_carries_what_is_a_table(cast, company):
    heat = page(cast.cy).tables["heat"]

    assert heat[0].texts == ["Unit", "Serve", "Win"]
    assert heat[1].texts == ["Sales", "60% −40 100%", "No goal"]


def test_goals_that_say_little_are_listed_in_words(cast, company):
    cast.goal("Empty", company[0])
    kpi(cast.goal("Silent", company[0], start=cast.works.today()), "silent")
    progress.roll_up(cast.works.pk)

    assert "Empty It has no KPI and no goal below that counts." in page(cast.cy).text


def test_goals_are_counted_and_trust_is_told(cast, company):
    shown = page(cast.cy)

    assert shown.tables["counts"][0].texts == ["Level", "On track", "Off track", "All"]
    assert shown.tables["counts"][1].texts == ["Strategic", "1", "1", "2"]
    assert "Weight with data 100%" in shown.text
    assert "Goals with a path to the strategy 3 of 3 active goals" in shown.text


def test_the_past_is_shown_with_a_banner_and_keeps_its_links(cast, company):
    yesterday = cast.works.today() - dt.timedelta(days=1)
    shown = page(cast.cy, as_of=yesterday.isoformat())
    html = signed_in(cast.cy).get("/dashboard/", {"as_of": yesterday.isoformat()}).content.decode()

    assert "With every correction made since." in shown.text
    assert "No strategic goal can be judged yet." in shown.text
    assert f"/dashboard/progress/?cycle={cast.cycle.pk}&amp;as_of={yesterday}" in html
    assert f"/goals/{company[0].pk}/?as_of={yesterday}" in html
    known = page(cast.cy, as_of=yesterday.isoformat(), known=yesterday.isoformat())
    assert "Only what had been recorded by then." in known.text
    assert "No strategic goal was there yet" in known.text


def test_today_is_not_the_past(cast, company):
    assert "This page shows" not in page(cast.cy, as_of=cast.works.today().isoformat()).text


@pytest.mark.parametrize("as_of", ["9999-01-01", "yesterday", "2026-02-30"])
def test_a_day_that_is_none_is_refused(cast, company, as_of):
    page(cast.cy, status=400, as_of=as_of)


def test_another_cycle_is_chosen_by_the_address(cast, company):
    year = cast.works.today().year + 1
    later = Cycle.objects.create(
        organisation=cast.works, name="Later", start=dt.date(year, 1, 1), due=dt.date(year, 12, 31)
    )

    assert "There is no strategic goal yet." in page(cast.cy, cycle=later.pk).text
    assert "Serve" in page(cast.cy, cycle="x").text


@pytest.mark.parametrize(
    ("who", "sentence"), [("ada", "Begin with a strategic goal"), ("cy", "The strategy is not set yet")]
)
def test_an_empty_strategy_says_what_comes_next(cast, who, sentence):
    assert sentence in page(getattr(cast, who)).text


@pytest.mark.parametrize(("who", "sentence"), [("ada", "Open a cycle first"), ("cy", "Goals are set once a cycle")])
def test_without_a_cycle_it_says_so(cast, who, sentence):
    cast.cycle.delete()

    assert sentence in page(getattr(cast, who)).text
    page(getattr(cast, who), "/dashboard/progress/", status=404)


def test_what_others_may_not_see_stays_out(cast, company):
    secret = cast.goal(
        "Merge with Umbra", company[1], owner=cast.ada, unit=cast.sales, visibility=Goal.Visibility.PRIVATE
    )
    daily(secret, "umbra", 0)
    progress.roll_up(cast.works.pk)

    for path in ("/dashboard/", "/dashboard/progress/", "/dashboard/cascade/"):
        assert "Umbra" not in signed_in(cast.cy).get(path).content.decode()
    assert "Restricted" in page(cast.cy, "/dashboard/cascade/").text
    assert "Merge with Umbra" in page(cast.ada).text
    page(cast.cy, "/dashboard/cascade/", status=404, root=secret.pk)


def test_another_organisation_sees_its_own(cast, company):
    assert "Serve" not in page(cast.eve).text
    assert "Serve" not in page(cast.eve, cycle=cast.cycle.pk).text
    page(cast.eve, "/dashboard/cascade/", status=404, root=company[0].pk)


def test_progress_over_the_cycle_has_a_chart_and_a_table_for_each_goal(cast, company):
    GoalSnapshot.objects.create(
        goal=company[0],
        organisation=cast.works,
        day=cast.works.today() - dt.timedelta(days=40),
        progress=Decimal("0.5"),
        expected=Decimal(1),
        coverage=Decimal(1),
        status="off_track",
    )
    answer = signed_in(cast.cy).get("/dashboard/progress/", headers=HTMX)
    shown = read(answer)

    assert b"<html" not in answer.content
    assert answer.content.count(b"data-chart-canvas") == 2
    assert "60% 100% Off track" in shown.text
    assert "50% 100% Off track" in shown.text
    assert "Progress over the cycle" in page(cast.cy, "/dashboard/progress/").text


def test_the_cascade_is_drawn_and_listed_from_any_goal_down(cast, company):
    answer = signed_in(cast.cy).get("/dashboard/cascade/", headers=HTMX)

    assert b"<html" not in answer.content
    assert "Serve down from Serve 60% weight 75%" in read(answer).text
    below = page(cast.cy, "/dashboard/cascade/", root=company[2].pk)
    assert "Faster, all the way down" in below.text
    assert "One up" in below.text
    for odd in ("0", "x", "9" * 30):
        page(cast.cy, "/dashboard/cascade/", status=404, root=odd)


@pytest.mark.parametrize(("path", "queries"), [("", 11), ("progress/", 8), ("cascade/", 7)])
@pytest.mark.parametrize("goals", [1, 5])
def test_the_queries_do_not_depend_on_the_goals(cast, path, queries, goals):
    for number in range(goals):
        top = cast.goal(f"Top {number}")
        daily(cast.goal(f"Below {number}", top, unit=cast.sales), f"k{number}", 10)
    progress.roll_up(cast.works.pk)
    client = signed_in(cast.cy)
    with CaptureQueriesContext(connection) as found:
        assert client.get(f"/dashboard/{path}").status_code == 200

    assert len(found) == queries


def test_a_value_of_today_moves_it(cast, company):
    made = company[2].kpis.get()
    record_one(made, cast.works.today(), Decimal(100), by=cast.bo, note="Counted again")
    progress.roll_up(cast.works.pk)

    assert "Both strategic goals keep pace." in page(cast.cy).text
