"""Goals over the API: which are listed, in which order and as of when, what one answer says, and to whom."""

import datetime as dt
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import tree
from goals.models import Goal
from people.models import Organisation
from tests.api.calling import Caller, codes
from tests.api.measuring import NOON, frozen, kpi, measure, rolled_up


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def forest(cast):
    """Grow (0.375 of two parts, one private), Low on Cy's desk below it, and Save without data."""
    grow = cast.goal("Grow", external_id="G-1", why="To live", due=date(2026, 12, 31), perspective=cast.customer)
    secret = cast.goal("Secret", grow, visibility="private", weight=Decimal(3), owner=cast.ada)
    low = cast.goal("Low", grow, owner=cast.cy, unit=cast.team, due=date(2026, 9, 30))
    save = cast.goal("Save", level=1, state="paused", weight=Decimal(20))
    measure(kpi(secret, "Secret sales"), 6, 30)
    measure(kpi(low, "Sales"), 6, 60)
    rolled_up(cast.works)
    return {"grow": grow, "secret": secret, "low": low, "save": save}


def titles(response) -> list[str]:
    assert response.status_code == 200, response.body
    return [row["title"] for row in response.body["results"]]


def test_one_goal_with_everything_it_has(cast, ada, forest):
    response = ada.get(f"goals/{forest['low'].pk}/")
    assert response.status_code == 200
    assert response.headers["ETag"] == '"1"'
    assert response.body == {
        "id": forest["low"].pk,
        "external_id": "",
        "version": 1,
        "cycle": cast.cycle.pk,
        "level": cast.levels[1].pk,
        "parent": forest["grow"].pk,
        "has_parent": True,
        "position": 1,
        "depth": 1,
        "title": "Low",
        "description": "",
        "why": "",
        "contribution": "",
        "owner": cast.cy.pk,
        "contributors": [],
        "unit": cast.team.pk,
        "perspective": None,
        "weight": "1",
        "rollup_method": "weighted_mean",
        "state": "active",
        "visibility": "organisation",
        "start": None,
        "due": "2026-09-30",
        "closed_on": None,
        "outcome": "",
        "closing_note": "",
        "aligned": True,
        "progress": "0.600000",
        "expected": response.body["expected"],
        "gap": response.body["gap"],
        "coverage": "1.000000",
        "status": "on_track",
        "stale": False,
        "stale_share": "0.000000",
        "effective_weight": "0.250000",
        "trouble_below": 0,
        "smart_score": 69,
        "confidence": None,
        "kpi_count": 1,
        "child_count": 0,
        "rolled_up": True,
        "rolled_up_at": "2026-07-15T12:00:00Z",
        "created_at": "2026-07-15T12:00:00Z",
        "updated_at": "2026-07-15T12:00:00Z",
    }


def test_goals_are_listed_in_tree_order(ada, forest):
    assert titles(ada.get("goals/")) == ["Grow", "Secret", "Low", "Save"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cycle={cycle}", ["Grow", "Secret", "Low", "Save"]),
        ("level={department}", ["Secret", "Low", "Save"]),
        ("parent={grow}", ["Secret", "Low"]),
        ("parent=none", ["Grow", "Save"]),
        ("root={grow}", ["Grow", "Secret", "Low"]),
        ("root={low}", ["Low"]),
        ("unit={team}", ["Low"]),
        ("unit=none", ["Grow", "Secret", "Save"]),
        ("owner={cy}", ["Low"]),
        ("owner=none", ["Grow", "Save"]),
        ("state=paused", ["Save"]),
        ("state=paused,draft", ["Save"]),
        ("status=at_risk,paused", ["Grow", "Secret", "Save"]),
        ("stale=true", []),
        ("stale=false", ["Grow", "Secret", "Low", "Save"]),
        ("aligned=true", ["Grow", "Secret", "Low"]),
        ("aligned=false", ["Save"]),
        ("perspective={customer}", ["Grow"]),
        ("perspective=none", ["Secret", "Low", "Save"]),
        ("search=live", ["Grow"]),
        ("search=g-1", ["Grow"]),
        ("updated_since=2026-07-15T12:00:00Z", ["Grow", "Secret", "Low", "Save"]),
        ("updated_since=2026-07-15T12:00:01Z", []),
        ("external_id=G-1", ["Grow"]),
        ("ids={low},{grow},999999", ["Grow", "Low"]),
        ("ordering=title", ["Grow", "Low", "Save", "Secret"]),
        ("ordering=-title", ["Secret", "Save", "Low", "Grow"]),
        ("ordering=due", ["Low", "Grow", "Secret", "Save"]),
        ("ordering=-due", ["Grow", "Low", "Save", "Secret"]),
        ("ordering=progress", ["Secret", "Grow", "Low", "Save"]),
        ("ordering=-progress", ["Low", "Grow", "Secret", "Save"]),
        ("ordering=gap&root={grow}", ["Secret", "Grow", "Low"]),
        ("ordering=-gap&root={grow}", ["Low", "Grow", "Secret"]),
        ("ordering=weight", ["Grow", "Low", "Secret", "Save"]),
        ("ordering=-weight", ["Save", "Secret", "Low", "Grow"]),
        ("ordering=updated_at", ["Grow", "Secret", "Low", "Save"]),
        ("ordering=-updated_at", ["Save", "Low", "Secret", "Grow"]),
        ("owner={cy}&state=active&search=low", ["Low"]),
    ],
)
@pytest.mark.parametrize("as_of", ["", "&as_of=2026-07-15"])
def test_every_filter_and_order_now_and_then(cast, ada, forest, query, expected, as_of):
    ids = {name: goal.pk for name, goal in forest.items()}
    ids |= {"cycle": cast.cycle.pk, "department": cast.levels[1].pk, "team": cast.team.pk, "cy": cast.cy.pk}
    ids["customer"] = cast.customer.pk
    assert titles(ada.get(f"goals/?{query.format(**ids)}{as_of}")) == expected


@pytest.mark.parametrize("query", ["", "&ordering=-progress", "&ordering=due", "&as_of=2026-07-15"])
def test_pages_go_forward_and_back_without_a_gap(ada, forest, query):
    whole = titles(ada.get(f"goals/?page_size=500{query}"))
    first = ada.get(f"goals/?page_size=3{query}")
    second = ada.get(first.body["next"])
    assert (first.body["count"], first.body["previous"], second.body["next"]) == (4, None, None)
    assert titles(first) + titles(second) == whole
    assert titles(ada.get(second.body["previous"])) == titles(first)
    assert "count" not in ada.get(f"goals/?count=false{query}").body


def test_a_page_goes_on_where_it_ended_though_goals_moved(cast, ada, forest):
    first = ada.get("goals/?page_size=2")
    tree.move(forest["save"], None, before=forest["grow"], by=None)
    assert titles(first) == ["Grow", "Secret"]
    assert titles(ada.get(first.body["next"])) == ["Low"]


def test_a_cursor_of_one_list_is_none_of_another(ada, forest):
    live = ada.get("goals/?page_size=1").body["next"]
    then = ada.get("goals/?page_size=1&as_of=2026-07-15").body["next"]
    for address in (f"{live}&as_of=2026-07-15", then.replace("as_of=2026-07-15&", "")):
        assert codes(ada.get(address)) == {("cursor", "invalid_cursor")}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cycle=x", ("cycle", "invalid")),
        ("cycle=999", ("cycle", "does_not_exist")),
        ("level=0", ("level", "does_not_exist")),
        ("parent=999", ("parent", "does_not_exist")),
        ("root=none", ("root", "invalid")),
        ("unit=1.5", ("unit", "invalid")),
        ("owner=me", ("owner", "invalid")),
        ("state=done", ("state", "invalid_choice")),
        ("state=", ("state", "invalid_choice")),
        ("status=green", ("status", "invalid_choice")),
        ("stale=1", ("stale", "invalid")),
        ("aligned=yes", ("aligned", "invalid")),
        ("updated_since=2026-01-01", ("updated_since", "invalid")),
        ("ids=1,x", ("ids", "invalid")),
        ("ids=0", ("ids", "min_value")),
        ("as_of=2026-07-16", ("as_of", "in_future")),
        ("as_of=0001-01-01", ("as_of", "out_of_range")),
        ("as_of=2026-13-01", ("as_of", "invalid")),
        ("known=yesterday", ("known", "invalid")),
        ("ordering=colour", ("ordering", "invalid_choice")),
        ("depth=1", ("depth", "unknown_parameter")),
    ],
)
def test_wrong_parameters_are_bad_input(ada, forest, query, code):
    response = ada.get(f"goals/?{query}")
    assert response.status_code == 400
    assert codes(response) == {code}


def test_what_may_not_be_seen_is_in_no_list_and_named_nowhere(cast, cy, forest):
    below = cast.goal("Below", forest["secret"])
    assert titles(cy.get("goals/")) == ["Grow", "Below", "Low", "Save"]
    assert cy.get("goals/").body["count"] == 4
    assert cy.get(f"goals/{forest['secret'].pk}/").status_code == 404
    assert cy.get(f"goals/{forest['secret'].pk}/?as_of=2026-07-15").status_code == 404
    for query in ("", "?as_of=2026-07-15"):
        found = cy.get(f"goals/{below.pk}/{query}").body
        assert (found["parent"], found["has_parent"], found["depth"]) == (None, True, 2)
        assert cy.get(f"goals/{forest['grow'].pk}/{query}").body["child_count"] == 1
    for name in ("parent", "root"):
        assert codes(cy.get(f"goals/?{name}={forest['secret'].pk}")) == {(name, "does_not_exist")}
    assert titles(cy.get(f"goals/?ids={forest['secret'].pk}")) == []


def test_another_organisation_sees_nothing(cast, eve, forest):
    assert titles(eve.get("goals/")) == []
    assert titles(eve.get("goals/?as_of=2026-07-15")) == []
    assert eve.get(f"goals/{forest['grow'].pk}/").status_code == 404
    for name, pk in (("cycle", cast.cycle.pk), ("level", cast.levels[0].pk), ("owner", cast.cy.pk)):
        assert codes(eve.get(f"goals/?{name}={pk}")) == {(name, "does_not_exist")}


def test_goals_are_shown_as_they_were_and_as_was_known(cast, ada, forest, clock):
    Organisation.history.update(history_date=NOON - dt.timedelta(days=30))
    clock.shift(dt.timedelta(hours=20))
    low = forest["low"]
    tree.move(low, None, by=None)
    low.revise(by=None, title="Lower", weight=Decimal(9))
    measure(low.kpis.get(), 6, 10, note="Counted wrong")
    rolled_up(cast.works)
    known = "known=2026-07-15T13:00:00Z"

    now = ada.get(f"goals/{low.pk}/").body
    then = ada.get(f"goals/{low.pk}/?as_of=2026-07-15&{known}").body
    told = ("title", "parent", "depth", "weight", "progress", "effective_weight", "version", "rolled_up_at")
    assert [now[name] for name in told[:-1]] == ["Lower", None, 0, "9", "0.100000", "1.000000", 3]
    assert [then[name] for name in told] == [
        *("Low", forest["grow"].pk, 1, "1", "0.600000", "0.250000", 1),
        None,
    ]
    assert ada.get(f"goals/{low.pk}/?as_of=2026-07-15").body["title"] == "Lower"
    assert titles(ada.get(f"goals/?{known}&root={forest['grow'].pk}")) == ["Grow", "Secret", "Low"]
    assert titles(ada.get(f"goals/?{known}&search=lower")) == []
    assert titles(ada.get("goals/tree/?known=2026-07-15T13:00:00Z")) == ["Grow", "Secret", "Low", "Save"]


def test_before_there_was_a_goal_it_is_not_there(ada, forest):
    assert titles(ada.get("goals/?known=2026-07-01T00:00:00Z")) == []
    assert ada.get(f"goals/{forest['low'].pk}/?known=2026-07-01T00:00:00Z").status_code == 404


def test_then_and_now_agree_about_today(ada, forest):
    for live, then in zip(
        ada.get("goals/").body["results"], ada.get("goals/?as_of=2026-07-15").body["results"], strict=True
    ):
        assert then == live | {"rolled_up_at": None, "smart_score": None}


@pytest.mark.parametrize("query", ["", "&as_of=2026-07-15", "&known=2026-07-15T13:00:00Z", "&ordering=-progress"])
@pytest.mark.parametrize("who", ["ada", "cy"])
def test_the_number_of_queries_does_not_depend_on_the_rows(cast, forest, request, who, query):
    caller = request.getfixturevalue(who)
    caller.get("goals/")  # marks the token as used
    address = f"goals/?level={cast.levels[1].pk}{query}"
    cast.goal("Newer", forest["grow"])
    counts = []
    for size, rows in ((1, 1), (3, 3)):
        with CaptureQueriesContext(connection) as queries:
            assert len(titles(caller.get(f"{address}&page_size={size}"))) == rows
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_the_answer_waits_for_the_roll_up(cast, ada, forest, monkeypatch):
    monkeypatch.setattr("cascade.waiting.time.sleep", lambda seconds: rolled_up(cast.works))
    forest["low"].revise(by=None, weight=Decimal(6))
    assert ada.get(f"goals/{forest['low'].pk}/").body["rolled_up"] is False
    response = ada.get(f"goals/{forest['low'].pk}/", Prefer="wait=5")
    assert response.headers["Preference-Applied"] == "wait=5"
    assert (response.body["rolled_up"], response.body["effective_weight"][:8]) == (True, "0.666666")


def test_reading_needs_a_token_and_its_scope(cast, forest):
    assert Caller().get("goals/").status_code == 401
    assert Caller(cast.ada, "measurements:write").get("goals/").status_code == 403
    assert Caller(cast.ada, "read").get("goals/").status_code == 200


def test_reading_writes_nothing(cast, ada, forest):
    ada.get("goals/")
    before = list(Goal.objects.values()), Goal.history.count()
    for path in ("goals/", "goals/tree/", f"goals/{forest['low'].pk}/", "goals/?as_of=2026-07-15"):
        ada.get(path)
    assert (list(Goal.objects.values()), Goal.history.count()) == before
