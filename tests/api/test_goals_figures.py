"""How a goal's figures came about, over the API: explanation, contributions, change, trend, history, and the tree."""

import datetime as dt
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, progress, tree
from goals.models import Goal
from people.models import Organisation
from tests.api.calling import Caller, codes
from tests.api.measuring import NOON, frozen, kpi, measure, rolled_up


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def tree_of(cast):
    """Top = 3 x Secret (0.4) + 1 x Plain (0.8); Deep without data stands below Plain."""
    top = cast.goal("Top", external_id="top")
    secret = cast.goal("Secret", top, visibility="private", weight=Decimal(3), owner=cast.ada)
    plain = cast.goal("Plain", top, owner=cast.cy)
    deep = cast.goal("Deep", plain, weight=Decimal(0))
    made = {"top": top, "secret": secret, "plain": plain, "deep": deep}
    made["secret kpi"], made["kpi"] = kpi(secret, "Hidden"), kpi(plain, "Sales")
    measure(made["secret kpi"], 6, 40)
    measure(made["kpi"], 6, 80)
    rolled_up(cast.works)
    return made


def parts(line) -> list[tuple]:
    return [(part["kind"], part["id"], part["title"], part["share"]) for part in line["parts"]]


def test_the_whole_calculation_down_to_the_values(cast, ada, tree_of):
    body = ada.get(f"goals/{tree_of['top'].pk}/explain/").body
    told = ("goal", "title", "date", "known", "method", "progress", "coverage", "status")
    assert [body[name] for name in told] == [
        tree_of["top"].pk,
        "Top",
        "2026-07-15",
        None,
        "weighted_mean",
        "0.500000",
        "1.000000",
        "on_track",
    ]
    assert parts(body) == [
        ("goal", tree_of["secret"].pk, "Secret", "0.750000"),
        ("goal", tree_of["plain"].pk, "Plain", "0.250000"),
    ]
    measured, deep = body["parts"][1]["parts"]
    assert (measured["kind"], measured["id"], measured["progress"]) == ("kpi", tree_of["kpi"].pk, "0.800000")
    assert measured["calculation"]["values"] == [
        {
            "period": "2026-06-01",
            "value": "80",
            "observed_on": "2026-06-30",
            "final": True,
            "judged": True,
            "target": None,
            "attainment": None,
        }
    ]
    assert {name: measured["calculation"][name] for name in ("target", "actual", "raw", "pace")} == {
        "target": "100",
        "actual": "80.000000",
        "raw": "0.800000",
        "pace": "2026-06-30",
    }
    assert (deep["title"], deep["contributes"], deep["reason"], deep["parts"]) == ("Deep", False, "weight_zero", [])


def test_what_may_not_be_seen_is_restricted_and_the_sums_agree(cast, cy, tree_of):
    body = cy.get(f"goals/{tree_of['top'].pk}/explain/").body
    assert parts(body) == [
        ("goal", tree_of["plain"].pk, "Plain", "0.250000"),
        ("restricted", None, None, "0.750000"),
    ]
    hidden = body["parts"][1]
    assert (hidden["weight"], hidden["progress"], hidden["status"], hidden["method"]) == ("3", "0.400000", None, None)
    assert "Secret" not in str(body)
    assert "Hidden" not in str(body)
    assert sum(Decimal(part["share"]) * Decimal(part["progress"]) for part in body["parts"]) == Decimal(
        body["progress"]
    )
    lines = cy.get(f"goals/{tree_of['top'].pk}/contributions/").body
    assert [(line["kind"], line["kpi"], line["goal"]) for line in lines] == [
        ("kpi", tree_of["kpi"].pk, tree_of["plain"].pk),
        ("restricted", None, None),
    ]
    assert sum(Decimal(line["points"]) for line in lines) == Decimal(body["progress"])


def test_contributions_are_told_most_points_first(ada, tree_of):
    lines = ada.get(f"goals/{tree_of['top'].pk}/contributions/").body
    assert lines[0] == {
        "kind": "kpi",
        "kpi": tree_of["secret kpi"].pk,
        "goal": tree_of["secret"].pk,
        "title": "Hidden",
        "effective_weight": "0.750000",
        "progress": "0.400000",
        "points": "0.300000",
        "headroom": "0.450000",
    }
    assert [line["points"] for line in lines] == ["0.300000", "0.200000"]


def test_a_closed_goal_contributes_as_itself(cast, ada, tree_of):
    lifecycle.change_state(tree_of["plain"], "closed", by=cast.cy, reason="Enough", with_descendants=True)
    lines = ada.get(f"goals/{tree_of['top'].pk}/contributions/").body
    told = [(line["kind"], line["kpi"], line["goal"], line["points"]) for line in lines]
    assert told[1] == ("goal", None, tree_of["plain"].pk, "0.200000")


def test_explanation_and_contributions_at_another_date_and_knowledge(cast, ada, tree_of, clock):
    Organisation.history.update(history_date=NOON - dt.timedelta(days=30))
    clock.shift(dt.timedelta(hours=20))
    measure(tree_of["kpi"], 6, 20, note="Counted wrong")
    tree.move(tree_of["plain"], None, by=None)
    top, known = f"goals/{tree_of['top'].pk}", "known=2026-07-15T13:00:00Z"
    assert [title for *_, title, _ in parts(ada.get(f"{top}/explain/").body)] == ["Secret"]
    then = ada.get(f"{top}/explain/?as_of=2026-07-15&{known}").body
    assert [title for *_, title, _ in parts(then)] == ["Secret", "Plain"]
    assert (then["progress"], then["date"], then["known"]) == ("0.500000", "2026-07-15", "2026-07-15T13:00:00Z")
    assert len(ada.get(f"{top}/contributions/?{known}").body) == 2
    assert ada.get(f"{top}/contributions/?as_of=2026-06-01").body[0]["progress"] is None
    for path in ("explain", "contributions"):
        assert ada.get(f"{top}/{path}/?known=2026-07-01T00:00:00Z").status_code == 404


def test_why_a_goal_changed(cast, ada, cy, tree_of, clock):
    Organisation.history.update(history_date=NOON - dt.timedelta(days=30))
    clock.shift(dt.timedelta(hours=20))
    measure(tree_of["kpi"], 6, 40, note="Counted wrong")
    tree_of["secret"].revise(by=None, weight=Decimal(1))
    address = f"goals/{tree_of['top'].pk}/change/?from=2026-07-15&to=2026-07-16"
    body = ada.get(address).body
    assert [body[name] for name in ("goal", "from", "to", "before", "after", "change")] == [
        tree_of["top"].pk,
        "2026-07-15",
        "2026-07-16",
        "0.500000",
        "0.400000",
        "-0.100000",
    ]
    assert sum(Decimal(line["value"]) + Decimal(line["mix"]) for line in body["effects"]) == Decimal("-0.1")
    assert [line["title"] for line in body["effects"]] == ["Sales", "Hidden"]
    hidden = cy.get(address).body["effects"][1]
    told = (hidden["kind"], hidden["kpi"], hidden["title"], hidden["value"], hidden["mix"])
    assert told == ("restricted", None, None, "0.000000", "0.012500")
    known_later = ada.get(f"{address}&known=2026-07-16T09:00:00Z").body
    assert (known_later["before"], known_later["change"]) == ("0.400000", "0.000000")


def test_without_data_on_one_day_nothing_is_attributed(cast, ada, tree_of):
    body = ada.get(f"goals/{tree_of['top'].pk}/change/?from=2026-06-01&to=2026-07-15&known=2026-07-15T13:00:00Z").body
    assert (body["before"], body["after"], body["change"], body["effects"]) == (None, "0.500000", None, [])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", {("from", "required"), ("to", "required")}),
        ("from=2026-07-01", {("to", "required")}),
        ("from=2026-07-02&to=2026-07-01", {("to", "dates_order")}),
        ("from=2026-07-01&to=2026-07-16", {("to", "in_future")}),
        ("from=x&to=2026-07-01", {("from", "invalid")}),
        ("from=0001-01-01&to=2026-07-01", {("from", "out_of_range")}),
    ],
)
@pytest.mark.parametrize("path", ["change", "trend"])
def test_a_wrong_span_is_bad_input(ada, tree_of, path, query, code):
    response = ada.get(f"goals/{tree_of['top'].pk}/{path}/?{query}")
    assert response.status_code == 400
    assert codes(response) == code


@pytest.fixture
def snapshots(cast, tree_of):
    kept = {"organisation": cast.works, "status": "on_track", "coverage": Decimal(1), "expected": Decimal("0.3")}
    for day, value in ((date(2026, 5, 20), "0.1"), (date(2026, 6, 30), "0.2"), (date(2026, 7, 10), "0.4")):
        tree_of["top"].snapshots.create(day=day, progress=Decimal(value), gap=Decimal(value) - Decimal("0.3"), **kept)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-07-08&to=2026-07-11", "07-08 0.2, 07-09 0.2, 07-10 0.4, 07-11 0.4"),
        ("from=2026-05-18&to=2026-05-21", "05-20 0.1, 05-21 0.1"),
        ("from=2026-06-22&to=2026-07-11&step=week", "06-28 0.1, 07-05 0.2, 07-11 0.4"),
        ("from=2026-04-01&to=2026-07-15&step=month", "05-31 0.1, 06-30 0.2, 07-15 0.5"),
        ("from=2026-07-14&to=2026-07-15", "07-14 0.4, 07-15 0.5"),
        ("from=2026-01-01&to=2026-02-01", ""),
    ],
)
def test_a_trend_carries_on_what_was_known(ada, tree_of, snapshots, query, expected):
    body = ada.get(f"goals/{tree_of['top'].pk}/trend/?{query}").body
    assert ", ".join(f"{point['date'][5:]} {Decimal(point['progress']).normalize()}" for point in body) == expected


def test_a_trend_tells_every_figure(ada, tree_of, snapshots):
    [point] = ada.get(f"goals/{tree_of['top'].pk}/trend/?from=2026-07-10&to=2026-07-10").body
    assert point == {
        "date": "2026-07-10",
        "progress": "0.400000",
        "expected": "0.300000",
        "gap": "0.100000",
        "coverage": "1.000000",
        "status": "on_track",
    }


def test_a_trend_has_its_bounds(ada, tree_of):
    address = f"goals/{tree_of['top'].pk}/trend/?from=1990-01-01&to=2026-07-15"
    assert codes(ada.get(address)) == {("step", "too_many")}
    assert ada.get(f"{address}&step=month").status_code == 200
    assert codes(ada.get(f"{address}&step=year")) == {("step", "invalid_choice")}


def test_history_tells_who_when_what_and_why(cast, ada, tree_of, clock):
    plain = tree_of["plain"]
    for hours, act in enumerate(
        (
            lambda: plain.revise(by=cast.bo, reason="Heavier", weight=Decimal("2.5"), owner=cast.bo),
            lambda: lifecycle.change_state(plain, "paused", by=cast.cy),
            lambda: tree.move(plain, None, by=cast.ada, reason="On its own"),
        )
    ):
        clock.move_to(NOON + dt.timedelta(hours=hours + 1))
        act()
    body = ada.get(f"goals/{plain.pk}/history/").body
    told = [(row["at"], row["by"], row["reason"], row["kind"], row["version"]) for row in body["results"]]
    assert told == [
        ("2026-07-15T15:00:00Z", cast.ada.pk, "On its own", "changed", 4),
        ("2026-07-15T14:00:00Z", cast.cy.pk, "", "changed", 3),
        ("2026-07-15T13:00:00Z", cast.bo.pk, "Heavier", "changed", 2),
        ("2026-07-15T12:00:00Z", cast.ada.pk, "", "created", 1),
    ]
    moved, paused, revised, created = (row["changes"] for row in body["results"])
    assert {"field": "parent", "from": tree_of["top"].pk, "to": None} in moved
    assert paused == [{"field": "state", "from": "active", "to": "paused"}]
    assert revised == [
        {"field": "owner", "from": cast.cy.pk, "to": cast.bo.pk},
        {"field": "weight", "from": "1", "to": "2.5"},
    ]
    assert created == []


def test_history_is_paged_without_a_gap(cast, ada, tree_of):
    for number in range(5):
        tree_of["deep"].revise(by=cast.ada, title=f"Deep {number}")
    whole = ada.get(f"goals/{tree_of['deep'].pk}/history/").body["results"]
    found, address = [], f"goals/{tree_of['deep'].pk}/history/?page_size=2"
    while address:
        page = ada.get(address).body
        found += page["results"]
        address = page["next"]
    assert found == whole
    assert [row["changes"] and row["changes"][0]["to"] for row in found] == [
        *(f"Deep {number}" for number in reversed(range(5))),
        [],
    ]


def test_history_names_no_parent_that_may_not_be_seen(cast, cy, tree_of):
    tree.move(tree_of["plain"], tree_of["secret"], by=cast.ada)
    changes = cy.get(f"goals/{tree_of['plain'].pk}/history/").body["results"][0]["changes"]
    assert [change for change in changes if change["field"] == "parent"] == [
        {"field": "parent", "from": tree_of["top"].pk, "to": None}
    ]


def titles(answer) -> list[str]:
    rows = answer.body["results"] if isinstance(answer.body, dict) else answer.body
    return [row["title"] for row in rows]


def test_the_way_up_and_down(cast, ada, cy, tree_of):
    under = cast.goal("Under", tree_of["secret"])
    deep, top = tree_of["deep"].pk, tree_of["top"].pk
    assert titles(ada.get(f"goals/{deep}/ancestors/")) == ["Top", "Plain"]
    assert titles(cy.get(f"goals/{under.pk}/ancestors/")) == ["Top"]
    assert titles(ada.get(f"goals/{under.pk}/ancestors/")) == ["Top", "Secret"]
    assert titles(ada.get(f"goals/{top}/descendants/")) == ["Secret", "Under", "Plain", "Deep"]
    assert titles(cy.get(f"goals/{top}/descendants/")) == ["Under", "Plain", "Deep"]
    assert titles(ada.get(f"goals/{top}/descendants/?depth=1")) == ["Secret", "Plain"]
    assert titles(ada.get(f"goals/{deep}/descendants/")) == []


@pytest.mark.parametrize("when", ["", "&as_of=2026-07-15", "&known=2026-07-15T13:00:00Z"])
def test_the_tree_is_a_flat_list_in_tree_order(cast, ada, cy, tree_of, when):
    cast.goal("Next")
    top, plain = tree_of["top"].pk, tree_of["plain"].pk

    def asked(caller, query):
        return [(row["title"], row["depth"]) for row in caller.get(f"goals/tree/?{query}{when}").body["results"]]

    everything = [("Top", 0), ("Secret", 1), ("Plain", 1), ("Deep", 2), ("Next", 0)]
    assert asked(ada, "count=true") == everything
    assert asked(cy, "count=true") == [row for row in everything if row[0] != "Secret"]
    assert asked(ada, "depth=0") == [("Top", 0), ("Next", 0)]
    assert asked(ada, f"root={top}&depth=1") == [("Top", 0), ("Secret", 1), ("Plain", 1)]
    assert asked(ada, f"root={plain}") == [("Plain", 1), ("Deep", 2)]
    assert asked(ada, f"root={plain}&depth=0") == [("Plain", 1)]
    first = ada.get(f"goals/tree/?page_size=3{when}").body
    assert [row["title"] for row in ada.get(first["next"]).body["results"]] == ["Deep", "Next"]


@pytest.mark.parametrize("query", ["depth=-1", "depth=x", "depth=1001", "root=999", "ordering=title"])
def test_wrong_parameters_of_the_tree(ada, tree_of, query):
    assert ada.get(f"goals/tree/?{query}").status_code == 400


EACH = (
    "",
    "ancestors/",
    "descendants/",
    "explain/",
    "contributions/",
    "history/",
    "change/?from=2026-07-01&to=2026-07-15",
    "trend/?from=2026-07-01&to=2026-07-15",
)


@pytest.mark.parametrize("path", EACH)
def test_what_may_not_be_seen_is_not_there(cast, ada, cy, eve, tree_of, path):
    secret = tree_of["secret"].pk
    assert ada.get(f"goals/{secret}/{path}").status_code == 200
    assert cy.get(f"goals/{secret}/{path}").status_code == 404
    assert eve.get(f"goals/{secret}/{path}").status_code == 404
    assert ada.get(f"goals/{'9' * 30}/{path}").status_code == 404
    assert Caller().get(f"goals/{secret}/{path}").status_code == 401
    assert Caller(cast.ada, "measurements:write").get(f"goals/{secret}/{path}").status_code == 403


@pytest.mark.parametrize("path", EACH)
def test_an_unknown_parameter_is_refused_everywhere(ada, tree_of, path):
    joined = "&" if "?" in path else "?"
    response = ada.get(f"goals/{tree_of['top'].pk}/{path}{joined}colour=red")
    assert ("colour", "unknown_parameter") in codes(response)


@pytest.mark.parametrize("path", EACH)
@pytest.mark.parametrize("who", ["ada", "cy"])
def test_the_number_of_queries_does_not_depend_on_what_is_around(cast, tree_of, request, who, path):
    caller = request.getfixturevalue(who)
    caller.get("me/")  # marks the token as used
    cast.goal("Deeper", tree_of["deep"])
    counts = []
    for extra in range(2):
        for number in range(1 + 2 * extra):
            below = cast.goal(f"More {number}", tree_of["plain"], owner=cast.bo)
            measure(kpi(below, f"KPI {number}"), 6, 30)
            tree_of["plain"].revise(by=None, title=f"Plain {number}")
        rolled_up(cast.works)
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(f"goals/{tree_of['plain'].pk}/{path}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


def test_a_deep_tree_is_explained(cast, ada):
    goal = cast.goal("Root")
    root = goal
    for number in range(120):
        goal = cast.goal(f"Step {number}", goal, 3)
    measure(kpi(goal, "Deep down"), 6, 50)
    progress.roll_up(cast.works.pk)
    body = ada.get(f"goals/{root.pk}/explain/").body
    depth = 0
    while body["parts"] and body["parts"][0]["kind"] == "goal":
        body, depth = body["parts"][0], depth + 1
    assert (depth, body["parts"][0]["progress"]) == (120, "0.500000")
    assert Goal.objects.count() == 121
