"""Reading KPIs: rows with figures, filters, orders, and who sees what."""

import datetime as dt
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.models import Cycle
from kpis import definitions
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure, rolled_up

CONTRACT = {
    *("id", "external_id", "version", "goal", "key", "name", "definition", "unit", "kind", "direction", "baseline"),
    *(
        "target",
        "stretch",
        "lower",
        "upper",
        "fade",
        "zero_at",
        "start",
        "due",
        "cadence",
        "aggregation",
        "target_mode",
    ),
    *("trajectory", "milestones", "weight", "indicator", "source", "formula", "data_owner", "state", "min_value"),
    *(
        "max_value",
        "benchmark",
        "benchmark_source",
        "benchmark_on",
        "processes",
        "resources",
        "actual",
        "raw",
        "progress",
        "expected",
    ),
    *("gap", "status", "reason", "stale", "late", "completeness", "counted", "pace", "latest_period", "latest_value"),
    *("forecast", "probability"),
}


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def goal(cast):
    return cast.goal("Grow", owner=cast.cy)


@pytest.fixture
def sales(cast, goal):
    made = kpi(goal, unit="NOK", external_id="crm-1", data_owner=cast.cy, definition="Orders signed")
    measure(made, 6, "40.5")
    rolled_up(cast.works)
    return made


def keys(response) -> list[str]:
    return [row["key"] for row in response.body["results"]]


def test_a_kpi_tells_its_definition_and_its_figures(cast, ada, goal, sales):
    response = ada.get(f"kpis/{sales.pk}/")
    row = response.body
    assert response.status_code == 200
    assert row.keys() >= CONTRACT
    expected = {
        "id": sales.pk,
        "goal": goal.pk,
        "external_id": "crm-1",
        "key": "sales",
        "unit": "NOK",
        "data_owner": cast.cy.pk,
        "target": "100",
        "baseline": "0",
        "weight": "1",
        "start": None,
        "measured_from": "2026-01-01",
        "measured_until": "2026-12-31",
        "milestones": {},
        "actual": "40.500000",
        "raw": "0.405000",
        "progress": "0.405000",
        "expected": "0.49589041095890411",
        "gap": "-0.09089041095890411",
        "status": "on_track",
        "reason": None,
        "stale": False,
        "late": False,
        "counted": True,
        "completeness": "0.166666666666666667",
        "pace": "2026-06-30",
        "latest_period": "2026-06-01",
        "latest_value": "40.5",
        "latest_observed_on": "2026-06-30",
        "formula": None,
        "processes": [],
        "resources": [],
        "forecast": None,
        "probability": None,
        "rolled_up": True,
    }
    assert {name: row[name] for name in expected} == expected
    assert response.headers["ETag"] == f'"{row["version"]}"' == '"1"'


def test_before_the_first_roll_up_there_are_no_figures(ada, goal):
    row = ada.get(f"kpis/{kpi(goal).pk}/").body
    assert (row["status"], row["progress"], row["stale"], row["rolled_up"]) == (None, None, None, False)


def test_a_value_that_is_not_rolled_up_yet_is_told(cast, ada, sales):
    measure(sales, 5, 10)
    assert ada.get(f"kpis/{sales.pk}/").body["rolled_up"] is False
    rolled_up(cast.works)
    assert ada.get(f"kpis/{sales.pk}/").body["rolled_up"] is True


def test_why_there_is_no_score(cast, ada, goal):
    made = kpi(goal)
    rolled_up(cast.works)
    row = ada.get(f"kpis/{made.pk}/").body
    assert (row["status"], row["reason"], row["stale"], row["progress"]) == ("no_data", "missing", True, None)


def test_who_does_not_see_a_kpi_finds_nothing(cast, cy, eve, sales):
    hidden = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), name="Hidden")
    for caller, made in ((cy, hidden), (eve, sales), (eve, hidden)):
        for query in ("", "?as_of=2026-07-15", "?known=2026-07-15T13:00:00Z"):
            assert caller.get(f"kpis/{made.pk}/{query}").status_code == 404
        assert caller.get(f"kpis/{made.pk}/targets/").status_code == 404
    for caller, seen in ((cy, ["sales"]), (eve, [])):
        response = caller.get("kpis/")
        assert (keys(response), response.body["count"]) == (seen, len(seen))


def test_a_token_that_may_not_read(cast, sales):
    caller = Caller(cast.ada, "measurements:write")
    assert caller.get("kpis/").status_code == 403
    assert caller.get(f"kpis/{sales.pk}/").status_code == 403


@pytest.fixture
def many(cast, goal, sales, clock):
    """Besides sales: costs (another goal and cycle, paused), churn (weekly, nobody's, off track)."""
    earlier = Cycle.objects.create(organisation=cast.works, name="2025", start=date(2025, 1, 1), due=date(2025, 12, 31))
    old = cast.goal("Old", cycle=earlier)
    kpi(old, name="Costs", state="paused", source="api", weight=Decimal(3))
    clock.shift(dt.timedelta(minutes=1))
    churn = kpi(goal, name="Churn", unit="%", cadence="weekly", weight=Decimal("2.5"), due=date(2026, 8, 31))
    measure(churn, 6, 1)
    rolled_up(cast.works)
    clock.shift(dt.timedelta(minutes=1))
    definitions.revise(sales, by=cast.ada, benchmark=Decimal(7))
    return {"goal": goal, "old": old, "earlier": earlier, "cy": cast.cy, "churn": churn, "sales": sales}


FILTERS = {
    "goal={goal.pk}": ["sales", "churn"],
    "goal={old.pk}": ["costs"],
    "cycle={earlier.pk}": ["costs"],
    "state=paused": ["costs"],
    "status=on_track": ["sales"],
    "status=off_track": ["churn"],
    "stale=true": ["costs", "churn"],
    "stale=false": ["sales"],
    "data_owner={cy.pk}": ["sales"],
    "data_owner=none": ["costs", "churn"],
    "unit=%25": ["churn"],
    "cadence=weekly": ["churn"],
    "source=api": ["costs"],
    "external_id=crm-1": ["sales"],
    "external_id=crm-2": [],
    "key=churn": ["churn"],
    "ids={churn.pk},{sales.pk},999999": ["sales", "churn"],
    "search=signed": ["sales"],
    "search=CHU": ["churn"],
    "search=%25": [],
    "updated_since=2026-07-15T12:01:30Z": ["sales"],
    "updated_since=2026-07-15T14:01:00%2B02:00": ["sales", "costs", "churn"],
    "updated_since=2026-07-15T12:02:01Z": [],
    "state=active&unit=%25&stale=true": ["churn"],
}


@pytest.mark.parametrize("query", FILTERS)
def test_filters(ada, many, query):
    response = ada.get(f"kpis/?{query.format(**many)}")
    assert response.status_code == 200
    assert keys(response) == FILTERS[query]
    assert response.body["count"] == len(FILTERS[query])


ORDERS = {
    "id": ["sales", "costs", "churn"],
    "name": ["churn", "costs", "sales"],
    "key": ["churn", "costs", "sales"],
    "due": ["costs", "churn", "sales"],
    "weight": ["sales", "churn", "costs"],
    "progress": ["churn", "sales", "costs"],
    "-progress": ["sales", "churn", "costs"],
    "gap": ["churn", "sales", "costs"],
    "-gap": ["sales", "churn", "costs"],
    "updated_at": ["costs", "churn", "sales"],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("page_size", [500, 1])
def test_orders_hold_over_pages(ada, many, order, page_size):
    found, address = [], f"kpis/?ordering={order}&page_size={page_size}"
    while address:
        response = ada.get(address)
        assert response.status_code == 200
        found += keys(response)
        address = response.body["next"]
    assert found == ORDERS[order]


@pytest.mark.parametrize("name", ["id", "name", "key", "due", "weight", "updated_at"])
def test_orders_can_be_turned_round(ada, many, name):
    assert keys(ada.get(f"kpis/?ordering=-{name}")) == ORDERS[name][::-1]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("goal=x", "goal", "invalid"),
        ("goal=999999", "goal", "does_not_exist"),
        ("cycle=none", "cycle", "invalid"),
        ("state=gone", "state", "invalid_choice"),
        ("status=green", "status", "invalid_choice"),
        ("stale=yes", "stale", "invalid"),
        ("data_owner=0", "data_owner", "does_not_exist"),
        ("cadence=hourly", "cadence", "invalid_choice"),
        ("source=excel", "source", "invalid_choice"),
        ("ids=1,x", "ids", "invalid"),
        ("ids=" + ",".join(["1"] * 501), "ids", "too_many"),
        ("updated_since=2026-07-15", "updated_since", "invalid"),
        ("ordering=status", "ordering", "invalid_choice"),
        ("owner=1", "owner", "unknown_parameter"),
        ("as_of=2026-07-16", "as_of", "in_future"),
        ("known=yesterday", "known", "invalid"),
        ("as_of=2026-07-01&ordering=gap", "ordering", "not_with_as_of"),
    ],
)
def test_odd_parameters_are_bad_input(ada, query, field, code):
    response = ada.get(f"kpis/?{query}")
    assert response.status_code == 400
    assert codes(response) == {(field, code)}


def test_what_belongs_to_others_does_not_exist_in_filters(cast, eve, goal):
    for query in (f"goal={goal.pk}", f"cycle={cast.cycle.pk}", f"data_owner={cast.cy.pk}"):
        assert codes(eve.get(f"kpis/?{query}")) == {(query.split("=")[0], "does_not_exist")}


@pytest.mark.parametrize(
    "query", ["", "?as_of=2026-06-30", "?known=2026-07-15T12:00:00Z", "?as_of=2026-06-30&stale=true"]
)
def test_a_list_takes_a_fixed_number_of_queries(ada, goal, query):
    def queries(rows):
        for number in range(rows):
            measure(kpi(goal, name=f"K{number}"), 6, 1)
        with CaptureQueriesContext(connection) as captured:
            assert ada.get(f"kpis/{query}").status_code == 200
        return len(captured)

    ada.get("kpis/")
    assert queries(1) == queries(3)


@pytest.mark.parametrize("query", ["", "?as_of=2026-06-30&known=2026-07-15T12:00:00Z"])
def test_one_kpi_takes_few_queries(ada, sales, query, django_assert_max_num_queries):
    ada.get("kpis/")
    with django_assert_max_num_queries(10):
        ada.get(f"kpis/{sales.pk}/{query}")


def test_the_world_on_a_date(ada, sales):
    assert ada.get(f"kpis/{sales.pk}/?as_of=2026-06-29").body["latest_value"] is None
    row = ada.get(f"kpis/{sales.pk}/?as_of=2026-06-30").body
    assert (row["latest_value"], row["progress"], row["rolled_up_at"]) == ("40.5", "0.405000", None)


def test_the_figures_of_today_are_the_stored_ones(ada, many):
    stored = ada.get("kpis/").body["results"]
    for query in ("as_of=2026-07-15", "known=2026-07-15T23:59:59Z"):
        rows = ada.get(f"kpis/?{query}").body["results"]
        assert [row | {"rolled_up_at": None} for row in stored] == rows


def test_what_was_known_then(cast, ada, sales, clock):
    clock.shift(dt.timedelta(hours=2))
    measure(sales, 6, 80, note="recount")
    definitions.revise(sales, by=cast.ada, target=Decimal(200), name="Revenue")
    then, now = (f"kpis/{sales.pk}/?known={moment}" for moment in ("2026-07-15T13:00:00Z", "2026-07-15T14:00:00Z"))
    before, after = ada.get(then).body, ada.get(now).body
    assert [before[name] for name in ("name", "target", "latest_value", "progress", "version")] == [
        "Sales", "100", "40.5", "0.405000", 1,
    ]  # fmt: skip
    assert [after[name] for name in ("name", "target", "latest_value", "progress", "version")] == [
        "Revenue", "200", "80", "0.400000", 2,
    ]  # fmt: skip
    true_then = ada.get(f"kpis/{sales.pk}/?as_of=2026-07-15").body
    assert (true_then["target"], true_then["latest_value"]) == ("200", "80")


def test_the_past_is_judged_by_the_settings_of_its_time(cast, ada, sales, clock):
    clock.shift(dt.timedelta(hours=1))
    cast.works.on_track = Decimal("-0.05")
    cast.works.save()
    then = ada.get(f"kpis/{sales.pk}/?known=2026-07-15T12:30:00Z").body
    assert (then["status"], ada.get(f"kpis/{sales.pk}/?as_of=2026-07-15").body["status"]) == ("on_track", "at_risk")


def test_a_kpi_that_was_not_there_yet(ada, sales):
    known = "known=2026-07-15T11:59:59Z"
    assert ada.get(f"kpis/{sales.pk}/?{known}").status_code == 404
    response = ada.get(f"kpis/?{known}")
    assert (response.body["count"], response.body["results"]) == (0, [])


def test_figures_are_filtered_as_they_were(ada, many):
    assert keys(ada.get("kpis/?as_of=2026-05-31&status=no_data")) == ["sales", "costs", "churn"]
    assert keys(ada.get("kpis/?as_of=2026-06-30&status=on_track")) == ["sales"]


def test_the_versions_of_a_target(cast, ada, sales, clock):
    for fields, reason in (
        ({"target": Decimal(120)}, "Board meeting"),
        ({"name": "Revenue"}, "A better name"),
        ({"target": Decimal(90), "stretch": Decimal(110)}, ""),
    ):
        clock.shift(dt.timedelta(hours=1))
        definitions.revise(sales, by=cast.ada, reason=reason, **fields)
    told = ("recorded_at", "version", "target", "stretch", "changed_by", "reason")
    response = ada.get(f"kpis/{sales.pk}/targets/")
    assert [[row[name] for name in told] for row in response.body["results"]] == [
        ["2026-07-15T12:00:00Z", 1, "100", None, None, ""],
        ["2026-07-15T13:00:00Z", 2, "120", None, cast.ada.pk, "Board meeting"],
        ["2026-07-15T15:00:00Z", 4, "90", "110", cast.ada.pk, ""],
    ]
    newest = ada.get(f"kpis/{sales.pk}/targets/?ordering=-recorded_at&page_size=1").body
    assert (newest["results"][0]["target"], newest["count"]) == ("90", 3)
    assert ada.get(newest["next"]).body["results"][0]["target"] == "120"


def test_a_target_list_takes_a_fixed_number_of_queries(cast, ada, sales):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            ada.get(f"kpis/{sales.pk}/targets/")
        return len(captured)

    ada.get("kpis/")
    before = queries()
    for target in range(3):
        definitions.revise(sales, by=cast.ada, target=Decimal(101 + target))
    assert queries() == before
