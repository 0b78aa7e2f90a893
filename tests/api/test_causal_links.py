"""Cause-effect links over the API: drawn, read with their evidence, changed, erased."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import linking
from goals.models import CausalLink
from tests.api.calling import Caller, codes
from tests.kpis.comparing import CAUSE, EFFECT, measured


@pytest.fixture
def goals(cast):
    """Own is Cy's, Secret is private to Ada; Own moves Top one month later."""
    top = cast.goal("Top")
    own = cast.goal("Own", top, owner=cast.cy)
    measured(top, EFFECT)
    measured(own, CAUSE)
    return {"top": top, "own": own, "secret": cast.goal("Secret", top, owner=cast.ada, visibility="private")}


def new(goals, cause="own", effect="top", **fields):
    return {"cause": goals[cause].pk, "effect": goals[effect].pk, "hypothesis": "Because.", "lag": 1, **fields}


def test_a_link_is_drawn_with_its_evidence(cast, ada, goals):
    made = ada.post("causal-links/", new(goals, strength=3))
    assert made.status_code == 201
    told = made.body
    assert (told["cause"], told["effect"], told["strength"], told["lag"]) == (goals["own"].pk, goals["top"].pk, 3, 1)
    assert told["evidence"]["label"] == "supports"
    assert (told["evidence"]["n"], told["evidence"]["r"][:6]) == (10, "0.9846")
    assert CausalLink.history.get(id=told["id"]).history_user == cast.ada


def test_the_evidence_tells_every_pair_and_every_lag(ada, goals):
    link = ada.post("causal-links/", new(goals)).body
    told = ada.get(f"causal-links/{link['id']}/evidence/").body
    assert (told["cadence"], told["lag"], told["n"], len(told["pairs"])) == ("monthly", 1, 10, 10)
    assert (told["pairs"][0]["cause_change"], told["pairs"][0]["effect_change"]) == ("2.000000", "2.000000")
    assert {each["lag"]: each["label"] for each in told["by_lag"]}[0] == "contradicts"
    assert told["cause_kpi"] == goals["own"].kpis.get().pk


def test_a_link_is_changed_by_version_and_erased(ada, goals):
    link = ada.post("causal-links/", new(goals)).body
    path = f"causal-links/{link['id']}/"
    changed = ada.patch(path, {"lag": 0}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.body["version"], changed.body["evidence"]["label"]) == (200, 2, "contradicts")
    assert ada.patch(path, {"lag": 2}, **{"If-Match": '"1"'}).status_code == 412
    assert ada.delete(path, **{"If-Match": '"1"'}).status_code == 412
    assert ada.delete(path, **{"If-Match": '"2"'}).status_code == 204
    assert ada.get(path).status_code == 404


def test_what_is_refused(ada, goals):
    assert codes(ada.post("causal-links/", new(goals, effect="own"))) == {("effect", "same_goal")}
    assert codes(ada.post("causal-links/", new(goals, lag=9))) == {("lag", "max_value")}
    assert codes(ada.post("causal-links/", new(goals, hypothesis=" "))) == {("hypothesis", "blank")}
    assert ada.post("causal-links/", new(goals)).status_code == 201
    again, back = ada.post("causal-links/", new(goals)), ada.post("causal-links/", new(goals, "top", "own"))
    assert (again.status_code, again.body["code"]) == (409, "link_exists")
    assert (back.status_code, back.body["code"]) == (409, "causal_cycle")
    assert "“Top” → “Own” → “Top”" in back.body["detail"]


def test_who_edits_neither_goal_draws_nothing(cast, goals):
    dee, bo = Caller(cast.dee), Caller(cast.bo)
    assert dee.post("causal-links/", new(goals)).status_code == 403
    made = bo.post("causal-links/", new(goals)).body  # Cy is in a unit of Bo's
    assert dee.patch(f"causal-links/{made['id']}/", {"lag": 0}).status_code == 403
    assert dee.delete(f"causal-links/{made['id']}/").status_code == 403
    assert dee.get(f"causal-links/{made['id']}/").body["lag"] == 1


def test_a_link_with_a_hidden_goal_is_not_there(cast, ada, cy, eve, goals):
    hidden = ada.post("causal-links/", new(goals, "secret", "top")).body
    for caller in (cy, eve):
        assert caller.get(f"causal-links/{hidden['id']}/").status_code == 404
        assert caller.get(f"causal-links/{hidden['id']}/evidence/").status_code == 404
        assert caller.delete(f"causal-links/{hidden['id']}/").status_code == 404
        assert caller.get("causal-links/").body["results"] == []
    assert codes(cy.post("causal-links/", new(goals, "secret", "own"))) == {("cause", "does_not_exist")}


def test_a_measure_that_is_hidden_tells_nothing(cast, ada, cy, goals):
    kpi = measured(cast.goal("Below", goals["secret"], visibility="private"), CAUSE)
    link = ada.post("causal-links/", new(goals)).body
    assert ada.put(f"goals/{goals['top'].pk}/measure/", {"kpi": kpi.pk}).body == {"kpi": kpi.pk, "chosen": True}
    assert cy.get(f"causal-links/{link['id']}/").body["evidence"] == {"label": "restricted", "n": 0, "r": None}
    told = cy.get(f"causal-links/{link['id']}/evidence/").body
    assert (told["effect_kpi"], told["pairs"], told["by_lag"]) == (None, [], [])
    assert cy.get(f"goals/{goals['top'].pk}/measure/").body == {"kpi": None, "chosen": True}


def test_the_measure_of_a_goal_is_chosen_by_who_edits_it(cast, ada, cy, goals):
    path = f"goals/{goals['own'].pk}/measure/"
    own = goals["own"].kpis.get()
    assert cy.get(path).body == {"kpi": own.pk, "chosen": False}
    other = measured(goals["own"], EFFECT, "other", weight=0)
    assert cy.put(path, {"kpi": other.pk}).body == {"kpi": other.pk, "chosen": True}
    assert codes(cy.put(path, {"kpi": goals["top"].kpis.get().pk})) == {("kpi", "not_below")}
    assert cy.put(path, {"kpi": None}).body == {"kpi": own.pk, "chosen": False}
    assert cy.put(f"goals/{goals['top'].pk}/measure/", {"kpi": own.pk}).status_code == 403
    assert cy.get(f"goals/{goals['secret'].pk}/measure/").status_code == 404


def test_lists_filter_and_need_the_same_queries_whatever_they_hold(cast, ada, goals):
    linking.draw(goals["own"], goals["top"], by=None, hypothesis="One")
    ada.get("causal-links/")  # the token's first use is noted
    with CaptureQueriesContext(connection) as one:
        assert len(ada.get(f"causal-links/?cycle={cast.cycle.pk}").body["results"]) == 1
    for n in range(3):
        linking.draw(cast.goal(f"G{n}", goals["top"]), goals["top"], by=None, hypothesis="More")
    with CaptureQueriesContext(connection) as four:
        assert len(ada.get(f"causal-links/?cycle={cast.cycle.pk}").body["results"]) == 4
    assert len(one) == len(four)
    assert len(ada.get(f"causal-links/?effect={goals['top'].pk}").body["results"]) == 4
    assert len(ada.get(f"causal-links/?cause={goals['own'].pk}").body["results"]) == 1
