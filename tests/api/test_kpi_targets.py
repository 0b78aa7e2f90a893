"""Targets from a date on: who may change them, what is answered, and that nothing is lost or done twice."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis import targets
from kpis.models import Kpi
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure, rolled_up
from tests.cast import person

ASKED = {"since": "2026-04-01", "target": "50", "reason": "The board decided"}


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def sales(cast) -> Kpi:
    made = kpi(cast.goal("Grow", owner=cast.cy))
    for month, value in ((1, 10), (3, 30), (6, 40)):
        measure(made, month, value)
    rolled_up(cast.works)
    return made


@pytest.fixture
def path(sales) -> str:
    return f"kpis/{sales.pk}/targets/"


def test_who_may_edit_the_goal_asks_for_something_else_from_a_day_on(cast, sales, path):
    caller = Caller(cast.cy)
    response = caller.call("POST", path, ASKED, Prefer="wait=5")
    assert response.status_code == 201
    made = response.body
    assert (made["since"], made["target"], made["holds"]) == ("2026-04-01", "50", True)
    assert (made["reason"], made["changed_by"], made["version"]) == ("The board decided", cast.cy.pk, 2)
    assert response.headers["ETag"] == '"2"'
    rolled_up(cast.works)
    now, march = caller.get(f"kpis/{sales.pk}/").body, caller.get(f"kpis/{sales.pk}/?as_of=2026-03-31").body
    assert (now["target"], now["progress"]) == ("50", "0.800000")
    assert (march["target"], march["progress"]) == ("100", "0.300000")
    listed = caller.get(path).body["results"]
    assert [(row["since"], row["target"], row["holds"]) for row in listed] == [
        (None, "100", False),
        ("2026-04-01", "50", True),
    ]


def test_who_may_not_edit_it_is_refused(cast, sales, path):
    colleague = person(cast.works, "Fay", "member", unit=cast.team)
    for who in (cast.dee, colleague):
        assert Caller(who).call("POST", path, ASKED).status_code == 403
    sales.refresh_from_db()
    assert (sales.targets, sales.version) == ([], 1)


def test_another_organisation_does_not_see_it(cast, path):
    assert Caller(cast.eve).call("POST", path, ASKED).status_code == 404


def test_a_token_to_read_or_to_record_changes_no_target(cast, path):
    for scope in ("read", "measurements:write"):
        assert Caller(cast.cy, scope).call("POST", path, ASKED).status_code == 403


def test_a_stale_version_changes_nothing(cast, sales, path):
    response = Caller(cast.cy).call("POST", path, ASKED, **{"If-Match": '"7"'})
    assert response.status_code == 412
    sales.refresh_from_db()
    assert sales.targets == []


def test_the_same_again_changes_nothing(cast, sales, path):
    caller = Caller(cast.cy)
    first, again = (caller.call("POST", path, ASKED) for _ in range(2))
    assert (again.status_code, again.body) == (201, first.body)
    assert caller.get(path).body["count"] == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"since": None}, {("since", "null")}),
        ({"since": "2027-01-01"}, {("since", "since_outside_life")}),
        ({"reason": ""}, {("reason", "blank")}),
        ({"target": "0"}, {("target", "baseline_equals_target")}),
        ({"target": "100"}, {("target", "nothing_changes")}),
        ({"target": "many"}, {("target", "invalid")}),
        ({"milestones": {"2026-04-03": "7"}}, {("milestones", "milestone_unknown_period")}),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_code(cast, sales, path, given, expected):
    response = Caller(cast.cy).call("POST", path, {**ASKED, **given})
    assert (response.status_code, codes(response)) == (400, expected)


def test_a_new_start_is_told(cast, path):
    body = Caller(cast.cy).call("POST", path, {**ASKED, "target": "90", "rebase": True}).body
    assert (body["baseline"], body["rebased_on"]) == ("30", "2026-04-01")


def test_many_targets_take_as_many_queries_as_few(cast, sales, path):
    caller = Caller(cast.cy)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            caller.get(path)
        return len(captured)

    queries()
    before = queries()
    for month in (2, 3, 4):
        targets.change(sales, date(2026, month, 1), by=cast.cy, reason="More", target=Decimal(100 + month))
    assert queries() == before
