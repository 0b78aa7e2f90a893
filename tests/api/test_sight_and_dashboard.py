"""me/line-of-sight/, people/{id}/line-of-sight/ and dashboard/: what they answer, to whom, and at which cost."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from kpis.recording import record_one
from tests.api.calling import Caller, codes


def owned_goal(cast, owner, title="Sell", parent=None, **fields):
    """A goal with a KPI measured in the last month that is over."""
    goal = cast.goal(title, parent, owner=owner, why="Because", **fields)
    year = cast.works.today().year
    kpi = Kpi.objects.create(
        organisation=cast.works,
        goal=goal,
        key=f"k{goal.pk}",
        name="Deals",
        unit="deals",
        baseline=Decimal(0),
        target=Decimal(100),
        start=dt.date(year - 1, 1, 1),
        due=dt.date(year, 12, 31),
    )
    record_one(kpi, dt.date(year - 1, 12, 1), Decimal(40), by=owner)
    progress.roll_up(cast.works.pk)
    return goal, kpi


@pytest.mark.parametrize("offset", ["+22:42", "-23:59", "Z"])
def test_a_moment_may_have_any_offset(cast, cy, offset):
    owned_goal(cast, cast.cy)
    answer = cy.get(f"me/line-of-sight/?known=2020-08-16T12:50:55{offset.replace('+', '%2B')}")
    assert (answer.status_code, answer.body["goals"]) == (200, [])


def test_my_line_of_sight_tells_the_way_up(cast, cy):
    top = cast.goal("Top", why="To live")
    goal, kpi = owned_goal(cast, cast.cy, parent=top)
    body = cy.get("me/line-of-sight/").body
    [found] = body["goals"]

    assert body["person"] == cast.cy.pk
    assert (found["goal"], found["owns"], found["aligned"], found["rolled_up"]) == (goal.pk, True, True, True)
    assert [(step["goal"], step["why"], step["progress"], step["effective_weight"]) for step in found["path"]] == [
        (goal.pk, "Because", "0.400000", "1.000000"),
        (top.pk, "To live", "0.400000", "1.000000"),
    ]
    assert [(each["kpi"], each["latest_value"], each["actual"]) for each in found["kpis"]] == [
        (kpi.pk, "40", "40.000000")
    ]
    assert [step["headroom"] for step in found["kpis"][0]["path"]] == ["0.600000", "0.600000"]


def test_what_is_owed_names_the_period_and_how_late_it_is(cast, cy):
    _, kpi = owned_goal(cast, cast.cy)
    Kpi.objects.filter(pk=kpi.pk).update(cadence="yearly", start=dt.date(2024, 1, 1), due=dt.date(2025, 12, 31))
    [task] = cy.get("me/line-of-sight/").body["owes"]

    assert {name: task[name] for name in ("kpi", "period", "period_name", "due", "late", "earlier")} == {
        "kpi": kpi.pk,
        "period": "2025-01-01",
        "period_name": "FY2025",
        "due": "2025-12-31",
        "late": True,
        "earlier": 1,
    }


def test_a_hidden_goal_above_is_restricted(cast, cy):
    secret = cast.goal("Merge", visibility=Goal.Visibility.PRIVATE, owner=cast.ada, why="Nobody knows")
    owned_goal(cast, cast.cy, parent=secret)
    [own] = cy.get("me/line-of-sight/").body["goals"]

    assert own["path"][1] == {
        "goal": None,
        "restricted": True,
        "title": None,
        "why": None,
        "level": None,
        "owner": None,
        "progress": None,
        "expected": None,
        "status": None,
        "effective_weight": "1.000000",
        "headroom": None,
    }


@pytest.mark.parametrize(("who", "status"), [("cy", 200), ("bo", 200), ("ada", 200), ("dee", 200), ("eve", 404)])
def test_the_line_of_cy_is_for_cy_and_who_manages_or_reads_all(cast, who, status):
    assert Caller(getattr(cast, who)).get(f"people/{cast.cy.pk}/line-of-sight/").status_code == status


def test_the_line_of_a_manager_is_not_for_their_people(cast, cy):
    assert cy.get(f"people/{cast.bo.pk}/line-of-sight/").status_code == 403


@pytest.mark.parametrize("pk", ["0", "999999999", "9" * 30, "x"])
def test_nobody_has_no_line(cy, pk):
    assert cy.get(f"people/{pk}/line-of-sight/").status_code == 404


def test_without_a_token_nothing_is_told(db):
    assert Caller().get("me/line-of-sight/").status_code == 401


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("as_of=2026-02-30", "as_of", "invalid"),
        ("as_of=9999-01-01", "as_of", "in_future"),
        ("known=yesterday", "known", "invalid"),
        ("goal=1", "goal", "unknown_parameter"),
    ],
)
@pytest.mark.parametrize("path", ["me/line-of-sight/", "dashboard/"])
def test_bad_parameters_are_refused(cast, cy, path, query, field, code):
    response = cy.get(f"{path}?{query}")
    assert response.status_code == 400
    assert codes(response) == {(field, code)}


def test_the_line_of_sight_as_of_a_date(cast, cy):
    _, kpi = owned_goal(cast, cast.cy)
    record_one(kpi, cast.works.today(), Decimal(90), by=cast.cy)
    progress.roll_up(cast.works.pk)
    yesterday = cast.works.today() - dt.timedelta(days=1)
    then = cy.get(f"me/line-of-sight/?as_of={yesterday}").body

    assert cy.get("me/line-of-sight/").body["goals"][0]["path"][0]["progress"] == "0.900000"
    assert then["date"] == yesterday.isoformat()
    assert then["goals"][0]["path"][0]["progress"] == "0.400000"
    assert then["goals"][0]["rolled_up"] is True
    unknown = cy.get(f"me/line-of-sight/?known={yesterday}T00:00:00Z").body
    assert unknown["goals"] == []


@pytest.mark.parametrize("query", ["", "?as_of="])
def test_the_line_of_sight_takes_the_same_queries_for_one_goal_and_for_three(cast, cy, query):
    query = query and f"{query}{cast.works.today()}"
    counts = []
    cy.get("me/")  # a token's first use is noted
    for number in range(3):
        owned_goal(cast, cast.cy, f"Goal {number}", parent=cast.goal(f"Above {number}"))
        if number != 1:
            with CaptureQueriesContext(connection) as queries:
                assert len(cy.get(f"me/line-of-sight/{query}").body["goals"]) == number + 1
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_dashboard_tells_the_strategy(cast, cy):
    top = cast.goal("Top", weight=Decimal(2))
    goal, _ = owned_goal(cast, cast.cy, parent=top)
    body = cy.get("dashboard/").body

    assert (body["cycle"]["id"], body["date"]) == (cast.cycle.pk, cast.works.today().isoformat())
    assert [(each["goal"], each["share_of_strategy"], each["progress"]) for each in body["strategic"]] == [
        (top.pk, "1.000000", "0.400000")
    ]
    assert [(each["goal"], each["strategic"], each["effective_weight"]) for each in body["attention"]] == [
        (goal.pk, top.pk, "1.000000")
    ]
    assert [(row["name"], [cell["goals"] for cell in row["cells"]]) for row in body["units"]] == [
        ("Inside sales", [[goal.pk]])
    ]
    assert [(level["level"], level["goals"]) for level in body["levels"]] == [("Strategic", 1), ("Department", 1)]
    assert body["trust"]["kpis"] == {"total": 1, "by_hand": 1, "nobodys": 0}


def test_an_organisation_without_a_cycle_has_an_empty_dashboard(cast, cy):
    cast.cycle.delete()
    body = cy.get("dashboard/").body

    assert (body["cycle"], body["strategic"], body["trust"]) == (None, [], None)


def test_the_dashboard_as_of_a_date(cast, cy):
    _, kpi = owned_goal(cast, cast.cy, parent=cast.goal("Top"))
    record_one(kpi, cast.works.today(), Decimal(90), by=cast.cy)
    progress.roll_up(cast.works.pk)
    yesterday = cast.works.today() - dt.timedelta(days=1)
    then = cy.get(f"dashboard/?as_of={yesterday}").body

    assert cy.get("dashboard/").body["strategic"][0]["progress"] == "0.900000"
    assert (then["date"], then["strategic"][0]["progress"]) == (yesterday.isoformat(), "0.400000")
    assert then["trust"]["kpis"] is None
    assert cy.get(f"dashboard/?as_of={yesterday}&known={yesterday}T00:00:00Z").body["strategic"] == []


def test_a_private_goal_is_not_on_the_dashboard_of_others(cast, cy, ada):
    secret, _ = owned_goal(cast, cast.ada, parent=cast.goal("Top"), visibility=Goal.Visibility.PRIVATE)

    assert [each["goal"] for each in ada.get("dashboard/").body["attention"]] == [secret.pk]
    assert cy.get("dashboard/").body["attention"] == []
    assert cy.get("dashboard/").body["strategic"][0]["progress"] == "0.400000"


def test_the_cycle_of_another_organisation_does_not_exist(cast, eve):
    response = eve.get(f"dashboard/?cycle={cast.cycle.pk}")

    assert response.status_code == 400
    assert codes(response) == {("cycle", "does_not_exist")}
    assert eve.get("dashboard/").body["strategic"] == []


@pytest.mark.parametrize("query", ["", "?as_of="])
def test_the_dashboard_takes_the_same_queries_for_one_goal_and_for_three(cast, cy, query):
    query = query and f"{query}{cast.works.today()}"
    counts = []
    cy.get("me/")  # a token's first use is noted
    for number in range(3):
        owned_goal(cast, cast.cy, f"Goal {number}", parent=cast.goal(f"Above {number}"))
        if number != 1:
            with CaptureQueriesContext(connection) as queries:
                assert len(cy.get(f"dashboard/{query}").body["strategic"]) == number + 1
            counts.append(len(queries))
    assert counts[0] == counts[1]
