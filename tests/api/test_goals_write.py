"""Goals are created, changed, moved, ended and removed over the API: who may, what is refused, nothing twice."""

from datetime import date
from decimal import Decimal

import pytest

from goals.models import DirtyMark, Goal
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure, rolled_up


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def bo(cast) -> Caller:
    return Caller(cast.bo)


@pytest.fixture
def top(cast) -> Goal:
    return cast.goal("Top", external_id="top")


@pytest.fixture
def own(cast, top) -> Goal:
    """Cy's goal, which Cy may change and add to."""
    return cast.goal("Own", top, owner=cast.cy)


def everything(cast, top) -> dict:
    return {
        "external_id": "crm-7",
        "cycle": cast.cycle.pk,
        "level": cast.levels[2].pk,
        "parent": top.pk,
        "title": "Sell more <b>boats</b>",
        "description": "All of them",
        "why": "Because",
        "contribution": "Boats pay",
        "owner": cast.cy.pk,
        "contributors": [cast.ada.pk, cast.bo.pk],
        "unit": cast.sales.pk,
        "perspective": cast.customer.pk,
        "weight": "2.5",
        "rollup_method": "weakest_link",
        "state": "proposed",
        "visibility": "unit",
        "start": "2026-01-01",
        "due": "2026-12-31",
    }


def test_a_goal_is_created_with_everything_people_decide(cast, ada, top):
    sent = everything(cast, top)
    response = ada.post("goals/", sent | {"reason": "Agreed in January"})
    assert response.status_code == 201, response.body
    assert {name: response.body[name] for name in sent} == sent
    assert (response.body["version"], response.headers["ETag"]) == (1, '"1"')
    goal = Goal.objects.get(pk=response.body["id"])
    assert (goal.history.first().history_user, goal.history.first().history_change_reason) == (
        cast.ada,
        "Agreed in January",
    )


def test_other_systems_name_rows_by_their_external_ids(cast, ada, top):
    for row in (cast.cycle, cast.levels[1], cast.cy, cast.sales, cast.customer):
        row.external_id = f"x-{row.pk}"
        row.save()
    names = {"cycle": cast.cycle, "level": cast.levels[1], "owner": cast.cy, "unit": cast.sales}
    named = {name: row.external_id for name, row in names.items()}
    response = ada.post("goals/", {"title": "Sell", "parent": "top", "perspective": cast.customer.external_id, **named})
    assert response.status_code == 201, response.body
    assert {name: response.body[name] for name in names} == {name: row.pk for name, row in names.items()}
    assert (response.body["parent"], response.body["perspective"]) == (top.pk, cast.customer.pk)


def test_what_is_not_given_has_its_default_and_the_parents_cycle(cast, ada, top):
    body = ada.post("goals/", {"title": "Sell", "level": cast.levels[1].pk, "parent": top.pk}).body
    told = ("cycle", "weight", "rollup_method", "state", "visibility", "owner", "rolled_up", "status")
    assert [body[name] for name in told] == [
        cast.cycle.pk,
        "1",
        "weighted_mean",
        "draft",
        "organisation",
        None,
        False,
        "draft",
    ]


def test_a_new_goal_stands_before_the_sibling_it_names(cast, ada, top, own):
    new = {"title": "First", "level": cast.levels[1].pk, "parent": top.pk, "before": own.pk}
    assert ada.post("goals/", new).status_code == 201
    assert [row["title"] for row in ada.get(f"goals/?parent={top.pk}").body["results"]] == ["First", "Own"]


def test_computed_fields_and_the_organisation_are_not_taken(cast, ada, top):
    sly = {
        "organisation": cast.elsewhere.pk,
        "organisation_id": cast.elsewhere.pk,
        "id": 4711,
        "version": 9,
        "progress": "1",
        "final_progress": "1",
        "closed_on": "2026-01-01",
        "tree_id": 1,
        "lft": 1,
        "position": 99,
        "created_at": "2020-01-01T00:00:00Z",
        "outcome": "achieved",
    }
    body = ada.post("goals/", {"title": "Sly", "level": cast.levels[1].pk, "parent": top.pk, **sly}).body
    goal = Goal.objects.get(title="Sly")
    assert (goal.organisation_id, goal.version, goal.final_progress, goal.closed_on) == (cast.works.pk, 1, None, None)
    assert (body["id"] != 4711, body["progress"], body["position"], body["outcome"]) == (True, None, 0, "")
    patched = ada.patch(f"goals/{goal.pk}/", sly).body
    assert (patched["version"], patched["progress"], patched["outcome"]) == (1, None, "")


WRONG = {
    "no title": ({"title": ""}, {("title", "blank")}),
    "a title that is a number": ({"title": 7}, {("title", "invalid")}),
    "a title that is too long": ({"title": "x" * 501}, {("title", "max_length")}),
    "no level": ({"level": None}, {("level", "null")}),
    "a level there is not": ({"level": 999_999}, {("level", "does_not_exist")}),
    "a level above the parent": ({"parent": "low"}, {("parent", "level_above_parent")}),
    "a parent there is not": ({"parent": "nowhere"}, {("parent", "does_not_exist")}),
    "a sibling elsewhere": ({"before": "top"}, {("before", "before_not_a_sibling")}),
    "another cycle": ({"cycle": "next"}, {("parent", "other_cycle")}),
    "a negative weight": ({"weight": "-1"}, {("weight", "min_value")}),
    "seven decimals": ({"weight": "0.1234567"}, {("weight", "max_decimal_places")}),
    "not a weight": ({"weight": "much"}, {("weight", "invalid")}),
    "dates in the wrong order": ({"start": "2026-05-02", "due": "2026-05-01"}, {("due", "dates_order")}),
    "not a date": ({"due": "20260501"}, {("due", "invalid")}),
    "an owner who left": ({"owner": "gone"}, {("owner", "does_not_exist")}),
    "a person twice as a list": ({"contributors": 7}, {("contributors", "not_a_list")}),
    "a closed one": ({"state": "closed"}, {("state", "invalid_choice")}),
    "an external id that is taken": ({"external_id": "top"}, {("external_id", "external_id_taken")}),
    "many things at once": ({"title": "", "weight": "x"}, {("title", "blank"), ("weight", "invalid")}),
}


@pytest.mark.parametrize(("wrong", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_goal_is_refused_by_field_and_code(cast, ada, top, wrong, expected):
    cast.goal("Low", level=3, external_id="low")
    cast.works.cycles.create(name="Next", external_id="next", start=date(2027, 1, 1), due=date(2027, 12, 31))
    cast.works.people.create(name="Gone", email="gone@works.example", external_id="gone", is_active=False)
    before = Goal.objects.count()
    response = ada.post("goals/", {"title": "Sell", "level": cast.levels[1].pk, "parent": top.pk, **wrong})
    assert response.status_code == 400
    assert codes(response) == expected
    assert Goal.objects.count() == before


def test_rows_of_another_organisation_do_not_exist(cast, ada, eve, top):
    theirs = {
        "cycle": cast.elsewhere.cycles.get().pk,
        "level": cast.elsewhere.levels.first().pk,
        "owner": cast.eve.pk,
        "contributors": [cast.eve.pk],
    }
    response = ada.post("goals/", {"title": "Sell", "parent": top.pk, **theirs})
    fields = {"cycle", "level", "owner", "contributors.0"}
    assert codes(response) == {(field, "does_not_exist") for field in fields}
    response = eve.post("goals/", {"title": "Sell", "level": theirs["level"], "parent": top.pk})
    assert codes(response) == {("parent", "does_not_exist")}


def test_a_root_needs_a_cycle(cast, ada):
    assert codes(ada.post("goals/", {"title": "Root", "level": cast.levels[0].pk})) == {("cycle", "required")}
    root = {"title": "Root", "level": cast.levels[0].pk, "cycle": cast.cycle.pk}
    assert ada.post("goals/", root).body["parent"] is None


def test_nothing_is_added_below_what_has_ended(cast, ada, top):
    Goal.objects.filter(pk=top.pk).update(state="cancelled")
    response = ada.post("goals/", {"title": "Sell", "level": cast.levels[1].pk, "parent": top.pk})
    assert (response.status_code, response.body["code"]) == (409, "parent_ended")


def test_who_may_add_where(cast, ada, bo, cy, top, own):
    new = {"title": "Sell", "level": cast.levels[1].pk}
    assert ada.post("goals/", new | {"cycle": cast.cycle.pk}).status_code == 201
    assert cy.post("goals/", new | {"parent": own.pk}).status_code == 201
    assert bo.post("goals/", new | {"parent": own.pk}).status_code == 201
    assert cy.post("goals/", new | {"parent": top.pk}).status_code == 403
    assert cy.post("goals/", new | {"cycle": cast.cycle.pk}).status_code == 403
    assert Caller(cast.dee).post("goals/", new | {"parent": own.pk}).status_code == 403
    assert Caller(cast.ada, "read").post("goals/", new | {"parent": own.pk}).status_code == 403


def test_an_active_goal_is_made_by_its_owner_or_the_strategy_office(cast, ada, cy, own):
    new = {"title": "Sell", "level": cast.levels[2].pk, "parent": own.pk, "state": "active"}
    assert codes(cy.post("goals/", new | {"owner": cast.bo.pk})) == {("state", "owner_must_accept")}
    assert cy.post("goals/", new | {"owner": cast.cy.pk}).status_code == 201
    assert ada.post("goals/", new | {"owner": cast.bo.pk}).status_code == 201


def test_the_same_creation_twice_makes_one_goal(cast, ada, top):
    new = {"title": "Sell", "level": cast.levels[1].pk, "parent": top.pk}
    first = ada.post("goals/", new, **{"Idempotency-Key": "k1"})
    again = ada.post("goals/", new, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Goal.objects.filter(title="Sell").count() == 1
    other = ada.post("goals/", new | {"title": "Buy"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.body["code"]) == (409, "idempotency_key_reused")


def test_a_refused_creation_may_be_tried_again_with_its_key(cast, ada, top):
    new = {"title": "", "level": cast.levels[1].pk, "parent": top.pk}
    assert ada.post("goals/", new, **{"Idempotency-Key": "k1"}).status_code == 400
    assert ada.post("goals/", new | {"title": "Sell"}, **{"Idempotency-Key": "k1"}).status_code == 201


def test_a_change_changes_what_it_names(cast, cy, own):
    response = cy.patch(
        f"goals/{own.pk}/",
        {"title": "New", "weight": "3", "contributors": [cast.bo.pk], "reason": "Better"},
        **{"If-Match": '"1"'},
    )
    assert response.status_code == 200, response.body
    told = ("title", "weight", "contributors", "owner", "version")
    assert [response.body[name] for name in told] == ["New", "3", [cast.bo.pk], cast.cy.pk, 2]
    assert response.headers["ETag"] == '"2"'
    assert own.history.first().history_change_reason == "Better"
    cleared = cy.patch(f"goals/{own.pk}/", {"contributors": [], "owner": None, "due": None, "unit": None})
    assert cleared.body["contributors"] == []


def test_what_is_so_already_is_no_change(cast, ada, top):
    before = ada.get(f"goals/{top.pk}/").body
    response = ada.patch(f"goals/{top.pk}/", before)
    assert response.status_code == 200, response.body
    assert response.body == before


def test_a_lost_update_is_noticed(cast, ada, cy, own):
    ada.patch(f"goals/{own.pk}/", {"title": "First"})
    for act in (
        lambda: cy.patch(f"goals/{own.pk}/", {"title": "Second"}, **{"If-Match": '"1"'}),
        lambda: cy.delete(f"goals/{own.pk}/", **{"If-Match": '"1"'}),
        lambda: ada.post(f"goals/{own.pk}/move/", {"parent": None}, **{"If-Match": '"1"'}),
        lambda: cy.post(f"goals/{own.pk}/state/", {"state": "paused"}, **{"If-Match": '"1"'}),
    ):
        response = act()
        assert (response.status_code, response.body["current"]) == (412, 2)
    stored = Goal.objects.get(pk=own.pk)
    assert (stored.title, stored.state, stored.parent_id, stored.version) == ("First", "active", own.parent_id, 2)


def test_a_change_of_place_or_state_has_its_own_address(cast, ada, top, own):
    for sent, expected in (
        ({"parent": None}, {("parent", "use_move")}),
        ({"parent": own.pk}, {("parent", "use_move")}),
        ({"parent": {}}, {("parent", "use_move")}),
        ({"state": "closed"}, {("state", "use_state")}),
        ({"state": []}, {("state", "use_state")}),
    ):
        assert codes(ada.patch(f"goals/{own.pk}/", sent)) == expected
    for same in ({"parent": top.pk}, {"parent": "top"}, {"state": "active"}):
        assert ada.patch(f"goals/{own.pk}/", same).status_code == 200


@pytest.mark.parametrize("name", ["wrong type", "wrong value"])
def test_a_wrong_change_is_refused(ada, own, name):
    sent = {"wrong type": {"title": []}, "wrong value": {"weight": "-1"}}[name]
    assert ada.patch(f"goals/{own.pk}/", sent).status_code == 400
    assert Goal.objects.get(pk=own.pk).version == 1


def test_a_level_and_a_cycle_must_fit_around(cast, ada, top, own):
    cast.works.cycles.create(name="Next", external_id="next", start=date(2027, 1, 1), due=date(2027, 12, 31))
    assert codes(ada.patch(f"goals/{top.pk}/", {"level": cast.levels[2].pk})) == {("level", "level_above_parent")}
    assert codes(ada.patch(f"goals/{own.pk}/", {"cycle": "next"})) == {("cycle", "other_cycle")}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "", {"title": "x"}),
        ("delete", "", None),
        ("post", "move/", {"parent": None}),
        ("post", "state/", {"state": "paused"}),
    ],
)
def test_who_may_write(cast, eve, cy, top, own, method, path, body):
    secret = cast.goal("Secret", top, visibility="private")

    def asked(caller, goal):
        given = [] if body is None else [body]
        return getattr(caller, method)(f"goals/{goal.pk}/{path}", *given).status_code

    assert asked(cy, top) == 403
    assert asked(Caller(cast.dee), own) == 403
    assert asked(Caller(cast.cy, "read"), own) == 403
    assert asked(cy, secret) == 404
    assert asked(eve, own) == 404
    assert asked(Caller(), own) == 401
    assert Goal.objects.get(pk=own.pk).version == 1


def test_a_goal_moves_with_everything_below(cast, ada, top, own):
    other = cast.goal("Other")
    below = cast.goal("Below", own)
    response = ada.post(f"goals/{own.pk}/move/", {"parent": other.pk, "reason": "Fits better"})
    assert (response.status_code, response.body["parent"], response.body["version"]) == (200, other.pk, 2)
    assert [row["title"] for row in ada.get("goals/").body["results"]] == ["Top", "Other", "Own", "Below"]
    assert ada.get(f"goals/{below.pk}/ancestors/").body[0]["id"] == other.pk
    first = ada.post(f"goals/{other.pk}/move/", {"parent": None, "before": "top"})
    assert first.status_code == 200
    assert [row["title"] for row in ada.get("goals/").body["results"]] == ["Other", "Own", "Below", "Top"]


def test_a_move_is_refused_with_its_reason(cast, ada, top, own):
    low = cast.goal("Low", level=3)
    for goal, sent, status, code in (
        (top, {"parent": own.pk}, 409, "goal_cycle"),
        (top, {"parent": low.pk}, 400, ("parent", "level_above_parent")),
        (own, {"parent": top.pk, "before": low.pk}, 400, ("before", "before_not_a_sibling")),
        (own, {"parent": 999}, 400, ("parent", "does_not_exist")),
        (own, {}, 400, ("parent", "required")),
    ):
        response = ada.post(f"goals/{goal.pk}/move/", sent)
        assert response.status_code == status
        assert response.body["code"] == code if status == 409 else codes(response) == {code}
    assert Goal.objects.get(pk=own.pk).version == 1


def test_moving_needs_rights_at_both_ends(cast, cy, top, own):
    below = cast.goal("Below", own)
    assert cy.post(f"goals/{below.pk}/move/", {"parent": top.pk}).status_code == 403
    assert cy.post(f"goals/{below.pk}/move/", {"parent": None}).status_code == 403
    assert cy.post(f"goals/{below.pk}/move/", {"parent": own.pk}).status_code == 200


def test_a_goal_goes_through_its_life(cast, cy, own):
    measure(kpi(own), 6, 40)

    def put(state, **sent):
        return cy.post(f"goals/{own.pk}/state/", {"state": state, **sent})

    assert put("paused", reason="Waiting").body["state"] == "paused"
    assert put("active").body["state"] == "active"
    closed = put("closed", reason="Enough").body
    told = ("state", "outcome", "closing_note", "closed_on")
    assert [closed[name] for name in told] == ["closed", "missed", "Enough", "2026-07-15"]
    assert codes(put("active")) == {("reason", "reason_required")}
    assert put("active", reason="More").body["closed_on"] is None
    assert codes(put("closed", judged_progress="0.9", reason="so")) == {("judged_progress", "has_data")}
    assert codes(put("closed", judged_progress="1.5", reason="so")) == {("judged_progress", "max_value")}
    assert codes(put("done")) == {("state", "invalid_choice")}
    assert (put("proposed").status_code, put("proposed").body["code"]) == (409, "state_not_allowed")


def test_ending_a_goal_above_open_ones_is_said(cast, ada, cy, bo, top, own):
    below = cast.goal("Below", own)
    refused = cy.post(f"goals/{own.pk}/state/", {"state": "cancelled"})
    assert (refused.status_code, refused.body["code"]) == (409, "live_descendants")
    assert cy.post(f"goals/{own.pk}/state/", {"state": "cancelled", "with_descendants": True}).status_code == 200
    assert Goal.objects.get(pk=below.pk).state == "cancelled"


def test_a_manager_does_not_end_what_others_own_below(cast, bo, top):
    sales = cast.goal("Sales", top, unit=cast.sales)
    cast.goal("Elsewhere", sales)
    end = {"state": "cancelled", "with_descendants": True}
    assert bo.post(f"goals/{sales.pk}/state/", end).status_code == 403
    Goal.objects.filter(title="Elsewhere").update(owner=cast.cy)
    assert bo.post(f"goals/{sales.pk}/state/", end).status_code == 200


def test_the_owner_accepts_what_was_proposed(cast, ada, cy, top):
    goal = cast.goal("Sell", top, state="proposed", owner=cast.cy)
    refused = ada.post(f"goals/{goal.pk}/state/", {"state": "active"})
    assert (refused.status_code, refused.body["code"]) == (409, "owner_must_accept")
    assert cy.post(f"goals/{goal.pk}/state/", {"state": "active"}).body["state"] == "active"


def test_a_goal_is_removed_while_nothing_hangs_on_it(cast, ada, top, own):
    for goal, code in ((top, "has_children"), (own, "has_values")):
        if goal == own:
            measure(kpi(own), 6, 40)
        response = ada.delete(f"goals/{goal.pk}/")
        assert (response.status_code, response.body["code"]) == (409, code)
    fresh = cast.goal("Mistaken", own)
    assert ada.delete(f"goals/{fresh.pk}/", **{"If-Match": '"1"'}).status_code == 204
    assert ada.delete(f"goals/{fresh.pk}/").status_code == 404


def test_a_change_waits_for_the_figures(cast, ada, own, monkeypatch):
    measure(kpi(own), 6, 40)
    rolled_up(cast.works)
    monkeypatch.setattr("cascade.waiting.time.sleep", lambda seconds: rolled_up(cast.works))
    plain = ada.patch(f"goals/{own.pk}/", {"weight": "2"})
    assert plain.body["rolled_up"] is False
    waited = ada.patch(f"goals/{own.pk}/", {"weight": "3"}, Prefer="wait=3")
    assert (waited.body["rolled_up"], waited.headers["Preference-Applied"]) == (True, "wait=3")
    assert not DirtyMark.objects.exists()
    assert Decimal(waited.body["effective_weight"]) == 1


def test_who_hands_over_a_private_goal_is_told_once_more(cast, cy, own):
    response = cy.patch(f"goals/{own.pk}/", {"owner": cast.ada.pk, "visibility": "private"}, Prefer="wait=1")
    assert (response.status_code, response.body["owner"], response.body["version"]) == (200, cast.ada.pk, 2)
    assert cy.get(f"goals/{own.pk}/").status_code == 404
