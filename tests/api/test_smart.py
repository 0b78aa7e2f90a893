"""How well goals are put, over the API."""

from datetime import date

import pytest

from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi


@pytest.fixture(autouse=True)
def july():
    with frozen():
        yield


@pytest.fixture
def goal(cast):
    return cast.goal("Cut response time to 8 hours", owner=cast.cy, unit=cast.team, due=date(2026, 12, 31))


def test_the_verdict_names_each_rule_that_is_not_full(ada, goal):
    measured = kpi(goal, "Hours", definition="Mean hours from question to answer", weight=2)
    vague = kpi(goal, "Mood", unit="points", source="api", weight=1)
    found = ada.get(f"goals/{goal.pk}/smart/").body
    assert (found["goal"], found["verdict"], found["minimum"]) == (goal.pk, "improve", 0)
    assert [(each["code"], each["kpis"]) for each in found["rules"]] == [
        ("S2", [vague.pk]),
        ("M2", [measured.pk]),
        ("M5", [measured.pk]),
        ("A2", [measured.pk, vague.pk]),
        ("R2", []),
        ("R4", []),
        ("T1", []),
    ]
    assert found["rules"][0] == {
        "code": "S2",
        "letter": "S",
        "points": 0,
        "most": 5,
        "message": "Define the KPI in at least 20 characters: what is counted, and how.",
        "weak": "NPS",
        "strong": "Share of promoters less share of detractors among all customers asked in the month",
        "kpis": [vague.pk],
    }
    assert [(part["kpi"], part["weight"], part["score"]) for part in found["parts"]] == [
        (measured.pk, "2", 75),
        (vague.pk, "1", 76),
    ]
    assert found["score"] == 75
    assert found["score"] == ada.get(f"goals/{goal.pk}/").body["smart_score"]
    assert found["letters"] == {"S": 18, "M": 16, "A": 16, "R": 11, "T": 14}


def test_the_verdict_is_for_who_may_see_the_goal(cast, ada, cy, eve, goal):
    assert ada.get(f"goals/{goal.pk}/smart/").body["parts"][0]["kpi"] is None
    assert cy.get(f"goals/{goal.pk}/smart/").status_code == 200
    assert eve.get(f"goals/{goal.pk}/smart/").status_code == 404
    hidden = cast.goal("Secret plan of one", visibility="private", owner=cast.ada)
    assert cy.get(f"goals/{hidden.pk}/smart/").status_code == 404


def test_a_least_score_is_set_by_administrators_and_kept_in_the_history(cast, ada, cy):
    assert cy.patch("organisation/", {"smart_minimum": 60}).status_code == 403
    assert codes(ada.patch("organisation/", {"smart_minimum": 101})) == {("smart_minimum", "max_value")}
    changed = ada.patch("organisation/", {"smart_minimum": 60, "vague_words": "ensure, drive"}).body
    assert (changed["smart_minimum"], changed["vague_words"]) == (60, "ensure, drive")
    assert [each.smart_minimum for each in cast.works.history.all()] == [60, 0]


def test_a_weak_goal_is_started_with_a_reason(cast, ada, goal):
    ada.patch("organisation/", {"smart_minimum": 60})
    cy = Caller(cast.cy)
    draft = cast.goal("Grow", owner=cast.cy, state="draft")
    refused = cy.post(f"goals/{draft.pk}/state/", {"state": "active"})
    assert (refused.status_code, refused.body["code"]) == (409, "smart_too_low")
    sent = {"state": "active", "despite_smart": True}
    assert codes(cy.post(f"goals/{draft.pk}/state/", sent)) == {("reason", "reason_required")}
    assert cy.post(f"goals/{draft.pk}/state/", sent | {"reason": "Today."}).body["state"] == "active"


def test_a_goal_that_begins_active_needs_the_score_too(cast, ada):
    ada.patch("organisation/", {"smart_minimum": 60})
    new = {"title": "Grow", "level": cast.levels[0].pk, "cycle": cast.cycle.pk, "state": "active"}
    assert ada.post("goals/", new).body["code"] == "smart_too_low"
    assert ada.post("goals/bulk/", {"rows": [new]}).body["errors"][0]["code"] == "smart_too_low"
    assert ada.get("goals/").body["results"] == []
    assert ada.post("goals/", new | {"state": "draft"}).status_code == 201
