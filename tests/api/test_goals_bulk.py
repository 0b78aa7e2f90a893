"""Many goals in one request: all of them or none, every wrong row told, the same rows again change nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import tree
from goals.models import DirtyMark, Goal
from tests.api.calling import Caller
from tests.api.measuring import frozen


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def rows(cast) -> list[dict]:
    """A tree of four goals, each named by its external id."""
    for name, level in zip(("strategic", "department", "team", "individual"), cast.levels, strict=True):
        level.external_id = name
        level.save()
    return [
        {"external_id": "a", "title": "A", "level": "strategic", "cycle": cast.cycle.pk, "state": "active"},
        {"external_id": "b", "title": "B", "level": "department", "parent": "a", "weight": "2"},
        {"external_id": "c", "title": "C", "level": "team", "parent": "b", "owner": cast.cy.pk},
        {"external_id": "d", "title": "D", "level": "department", "parent": "a", "before": "b"},
    ]


def send(caller, rows, **more):
    return caller.post("goals/bulk/", {"rows": rows, **more.pop("body", {})}, **more)


def told(response) -> set[tuple]:
    return {(error["row"], error["field"], error["code"]) for error in response.body["errors"]}


def test_a_tree_is_created_at_once(cast, ada, rows):
    response = send(ada, rows)
    assert response.status_code == 200, response.body
    assert {name: response.body[name] for name in ("created", "changed", "unchanged", "dry_run")} == {
        "created": 4,
        "changed": 0,
        "unchanged": 0,
        "dry_run": False,
    }
    goals = {goal.external_id: goal for goal in Goal.objects.all()}
    assert response.body["rows"][2] == {
        "row": 3,
        "result": "created",
        "id": goals["c"].pk,
        "external_id": "c",
        "version": 1,
    }
    assert [row["title"] for row in ada.get("goals/").body["results"]] == list("ADBC")
    assert list(tree.faults(cast.works.pk)) == []
    assert set(DirtyMark.objects.values_list("goal_id", flat=True)) == {goal.pk for goal in goals.values()}


def test_the_same_rows_again_change_nothing(ada, rows):
    send(ada, rows)
    before = list(Goal.objects.values())
    body = send(ada, rows).body
    assert (body["created"], body["changed"], body["unchanged"]) == (0, 0, 4)
    assert list(Goal.objects.values()) == before


def test_rows_change_fields_place_and_state(cast, ada, rows):
    send(ada, rows)
    ids = dict(Goal.objects.values_list("external_id", "pk"))
    changed = [
        {"id": ids["b"], "title": "Better", "version": 1},
        {"external_id": "c", "parent": "d", "state": "proposed", "reason": "Moved on"},
        {"id": ids["a"], "external_id": "top"},
        {"external_id": "e", "title": "E", "level": "department", "parent": "a"},
    ]
    body = send(ada, changed).body
    assert [row["result"] for row in body["rows"]] == ["changed", "changed", "changed", "created"]
    told = ("title", "parent_id", "state", "external_id")
    assert {goal["external_id"]: tuple(goal[name] for name in told) for goal in Goal.objects.values(*told)} == {
        "top": ("A", None, "active", "top"),
        "b": ("Better", ids["a"], "draft", "b"),
        "c": ("C", ids["d"], "proposed", "c"),
        "d": ("D", ids["a"], "draft", "d"),
        "e": ("E", ids["a"], "draft", "e"),
    }
    reasons = Goal.history.filter(id=ids["c"]).values_list("history_change_reason", flat=True)
    assert set(reasons) == {"Moved on", ""}


def test_one_wrong_row_and_nothing_is_written(cast, ada, rows):
    send(ada, rows)
    before = list(Goal.objects.values())
    low = cast.goal("Low", level=3)
    wrong = [
        {"external_id": "b", "title": "Changed"},
        {"external_id": "new", "title": "New", "level": "department", "parent": "a"},
        {"title": "", "level": "nowhere", "parent": "a"},
        {"external_id": "a", "parent": "c"},
        {"external_id": "b", "version": 7},
        {"external_id": "b", "weight": "-1"},
        {"title": "No level", "parent": "a"},
        {"id": 999_999, "title": "x"},
        {"id": True, "title": "x"},
        {"external_id": "b", "parent": low.pk},
        {"external_id": "a", "state": "cancelled"},
        {"title": "No cycle", "level": "strategic"},
        {"title": "Closed", "level": "department", "parent": "a", "state": "closed"},
        {"external_id": "b", "due": "2026-01-01", "start": "2026-02-01"},
        {"title": "Below nothing", "level": "team", "parent": "zzz"},
        {"id": "a"},
    ]
    response = send(ada, wrong)
    assert response.status_code == 400
    assert told(response) == {
        (3, "title", "blank"),
        (3, "level", "does_not_exist"),
        (4, "", "goal_cycle"),
        (5, "version", "version_mismatch"),
        (6, "weight", "min_value"),
        (7, "level", "required"),
        (8, "id", "does_not_exist"),
        (9, "id", "invalid"),
        (10, "parent", "level_above_parent"),
        (11, "", "live_descendants"),
        (12, "cycle", "required"),
        (13, "state", "invalid_choice"),
        (14, "due", "dates_order"),
        (15, "parent", "does_not_exist"),
        (16, "id", "invalid"),
    }
    assert response.body["rejected"] == 14
    assert response.body["detail"] == "14 of the rows cannot be taken; nothing was written."
    assert list(Goal.objects.exclude(pk=low.pk).values()) == before


def test_a_dry_run_checks_and_writes_nothing(ada, rows):
    body = send(ada, rows, body={"dry_run": True}).body
    assert (body["created"], body["dry_run"], [row["id"] for row in body["rows"]]) == (4, True, [None] * 4)
    assert not Goal.objects.exists()
    assert not DirtyMark.objects.exists()
    assert send(ada, [{}], body={"dry_run": True}).status_code == 400


def test_rights_are_asked_row_by_row(cast, ada, cy, rows):
    send(ada, rows)
    own = [
        {"external_id": "c", "title": "Mine"},
        {"external_id": "x", "title": "X", "level": "individual", "parent": "c"},
        {"external_id": "y", "title": "Y", "level": "individual", "parent": "x"},
        {"external_id": "x", "parent": "y", "title": "never"},
    ]
    assert send(cy, own[:3]).status_code == 200
    assert told(send(cy, own)) == {(4, "", "goal_cycle")}
    response = send(cy, [{"external_id": "b", "title": "Not mine"}, {"external_id": "x", "parent": "b"}])
    assert response.status_code == 403
    assert told(response) == {(1, "", "forbidden"), (2, "", "forbidden")}
    assert Goal.objects.get(external_id="b").title == "B"
    assert send(Caller(cast.dee), own).status_code == 403
    assert send(Caller(cast.ada, "read"), own).status_code == 403


def test_what_may_not_be_seen_does_not_exist(cast, cy, eve, ada, rows):
    send(ada, rows)
    Goal.objects.filter(external_id="b").update(visibility="private")
    secret = Goal.objects.get(external_id="b")
    assert told(send(cy, [{"id": secret.pk, "title": "x"}])) == {(1, "id", "does_not_exist")}
    assert told(send(cy, [{"external_id": "c", "parent": secret.pk}])) == {(1, "parent", "does_not_exist")}
    assert told(send(eve, [{"id": secret.pk, "title": "x"}])) == {(1, "id", "does_not_exist")}
    theirs = {"title": "x", "level": cast.elsewhere.levels.first().pk, "parent": "a"}
    assert (1, "level", "does_not_exist") in told(send(ada, [theirs]))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, ("rows", "required")),
        ({"rows": []}, ("rows", "min_length")),
        ({"rows": {}}, ("rows", "not_a_list")),
        ({"rows": [1]}, ("rows.0", "not_a_dict")),
        ({"rows": [{}], "dry_run": "no"}, ("dry_run", "invalid")),
        ({"rows": [{}] * 1001}, ("rows", "max_length")),
    ],
)
def test_another_shape_is_bad_input(ada, sent, code):
    response = ada.post("goals/bulk/", sent)
    assert response.status_code == 400
    assert code in {(error["field"], error["code"]) for error in response.body["errors"]}


def test_the_same_request_twice_is_answered_once(ada, rows):
    rows = [{name: value for name, value in row.items() if name != "external_id"} for row in rows[:1]]
    first = send(ada, rows, **{"Idempotency-Key": "k"})
    again = send(ada, rows, **{"Idempotency-Key": "k"})
    assert (again.body, Goal.objects.count()) == (first.body, 1)
    assert send(ada, rows).body["created"] == 1
    assert Goal.objects.count() == 2


def test_a_dry_run_with_a_key_keeps_the_key_and_nothing_else(ada, rows):
    sent = {"body": {"dry_run": True}, "Idempotency-Key": "dry"}
    assert send(ada, rows, **sent).body["created"] == 4
    sent = {"body": {"dry_run": True}, "Idempotency-Key": "dry"}
    assert send(ada, rows, **sent).headers["Idempotency-Replayed"] == "true"
    assert not Goal.objects.exists()


def test_unchanged_rows_cost_few_statements(ada, rows):
    send(ada, rows)
    counts = []
    for number in (1, 4):
        with CaptureQueriesContext(connection) as queries:
            send(ada, rows[:number])
        counts.append(len(queries))
    each = (counts[1] - counts[0]) / 3
    assert each <= 2.5
