"""Creating, changing and removing KPIs: who may, what is refused, and that nobody's change is lost."""

from datetime import date
from decimal import Decimal

import pytest

from goals.models import DirtyMark
from kpis.models import Kpi
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def goal(cast):
    return cast.goal("Grow", owner=cast.cy)


@pytest.fixture
def sales(goal) -> Kpi:
    return kpi(goal)


@pytest.fixture
def dee(cast) -> Caller:
    return Caller(cast.dee)


EVERYTHING = {
    "external_id": "crm-1",
    "key": "response_time",
    "name": "Response time",
    "definition": "Hours from a question to its answer, by the help desk's clock",
    "unit": "h",
    "kind": "number",
    "direction": "decrease",
    "baseline": "10.5",
    "target": "8",
    "stretch": "7.25",
    "lower": None,
    "upper": None,
    "fade": None,
    "zero_at": None,
    "start": "2026-01-01",
    "due": "2026-12-31",
    "cadence": "quarterly",
    "aggregation": "mean",
    "target_mode": "by_due",
    "trajectory": "milestones",
    "milestones": {"2026-04-01": "9.5", "2026-10-01": "8"},
    "weight": "2.5",
    "indicator": "lead",
    "source": "api",
    "source_note": "Help desk",
    "state": "active",
    "min_value": "0",
    "max_value": "1000",
    "benchmark": "6",
    "benchmark_source": "Trade association",
    "benchmark_on": "2025-12-31",
}


def test_a_kpi_is_made_with_all_it_says(cast, cy, goal):
    response = cy.post("kpis/", {**EVERYTHING, "goal": goal.pk, "data_owner": cast.bo.pk, "reason": "Kick-off"})
    assert response.status_code == 201
    sent = {**EVERYTHING, "goal": goal.pk, "data_owner": cast.bo.pk}
    assert {name: response.body[name] for name in sent} == sent
    assert response.headers["ETag"] == '"1"'
    made = Kpi.objects.get(pk=response.body["id"])
    history = made.history.get()
    assert (made.organisation, history.history_user, history.history_change_reason) == (cast.works, cast.cy, "Kick-off")
    assert DirtyMark.objects.filter(kpi_id=made.pk).exists()


def test_a_kpi_needs_little(cy, goal):
    response = cy.post("kpis/", {"goal": goal.pk, "name": "Response time", "target": 100})
    assert (response.status_code, response.body["key"]) == (201, "response_time")
    assert (response.body["cadence"], response.body["weight"], response.body["target"]) == ("monthly", "1", "100")


def test_what_was_read_can_be_sent_back(cy, sales):
    row = cy.get(f"kpis/{sales.pk}/").body
    response = cy.patch(f"kpis/{sales.pk}/", {**row, "reason": "none"})
    assert response.status_code == 200
    figures = {"version": 2, "updated_at": response.body["updated_at"]}
    assert response.body == {**row, **figures, "rolled_up": response.body["rolled_up"]}


def test_a_goal_is_named_by_its_external_id_too(cast, cy):
    goal = cast.goal("By name", owner=cast.cy, external_id="g-7")
    response = cy.post("kpis/", {"goal": "g-7", "name": "K", "target": "1"})
    assert (response.status_code, response.body["goal"]) == (201, goal.pk)


def test_who_may_not_add_a_kpi(dee, goal):
    response = dee.post("kpis/", {"goal": goal.pk, "name": "K", "target": "1"})
    assert (response.status_code, response.body["code"]) == (403, "forbidden")
    assert not Kpi.objects.exists()


def test_a_goal_one_does_not_see_does_not_exist(cast, cy, eve, goal):
    secret = cast.goal("Secret", visibility="private", owner=cast.ada)
    for caller, row in ((cy, secret), (eve, goal), (eve, secret)):
        response = caller.post("kpis/", {"goal": row.pk, "name": "K", "target": "1"})
        assert (response.status_code, codes(response)) == (400, {("goal", "does_not_exist")})


WRONG = {
    "no name": ({"name": None}, {("name", "null")}),
    "an empty name": ({"name": " "}, {("name", "blank")}),
    "a very long name": ({"name": "x" * 501}, {("name", "max_length")}),
    "a key of another shape": ({"key": "Response Time"}, {("key", "key_shape")}),
    "a goal of another type": ({"goal": {}}, {("goal", "invalid")}),
    "a kind there is not": ({"kind": "colour"}, {("kind", "invalid_choice")}),
    "a target that is no number": ({"target": "much"}, {("target", "invalid")}),
    "a target with more decimals": ({"target": "0.12345678901"}, {("target", "max_decimal_places")}),
    "a weight with more decimals": ({"weight": "0.1234567"}, {("weight", "max_decimal_places")}),
    "a negative weight": ({"weight": "-1"}, {("weight", "weight_negative")}),
    "a date there is not": ({"start": "2026-02-30"}, {("start", "invalid")}),
    "a date before calendars": ({"start": "0001-01-01"}, {("start", "out_of_range")}),
    "an owner there is not": ({"data_owner": 999999}, {("data_owner", "does_not_exist")}),
    "a reason that is too long": ({"reason": "x" * 10_001}, {("reason", "max_length")}),
    "milestones that are no numbers": ({"milestones": {"2026-02-01": "x"}}, {("milestones.2026-02-01", "invalid")}),
    "milestones of no period": ({"milestones": {"2026-02-02": "5"}}, {("milestones", "milestone_unknown_period")}),
    "milestones of no day": ({"milestones": {"May": "5"}}, {("milestones", "milestone_unknown_period")}),
    "milestones before calendars": (
        {"milestones": {"0001-01-01": "5"}, "cadence": "yearly"},
        {("milestones", "milestone_unknown_period")},
    ),
    "a list of milestones": ({"milestones": ["5"]}, {("milestones", "not_a_dict")}),
    "a target on the wrong side": ({"baseline": "200"}, {("target", "target_wrong_side")}),
    "no target": ({"target": None}, {("target", "target_missing")}),
    "no direction": ({"direction": None}, {("direction", "direction_missing")}),
    "bounds the wrong way round": ({"min_value": "5", "max_value": "4"}, {("max_value", "bounds_order")}),
    "two things": ({"weight": "-1", "due": "2025-01-01"}, {("weight", "weight_negative"), ("due", "dates_order")}),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_definitions_say_where_and_why(cast, cy, goal, case):
    cast.works.fiscal_start_month = 4
    cast.works.save()
    fields, expected = WRONG[case]
    response = cy.post("kpis/", {"goal": goal.pk, "name": "K", "baseline": "0", "target": "100", **fields})
    assert (response.status_code, codes(response)) == (400, expected)
    assert not Kpi.objects.exists()


@pytest.mark.parametrize("body", [None, [], "x", 5, {"goal": None}])
def test_odd_bodies_are_bad_input(cy, goal, body):
    assert cy.call("POST", "kpis/", body).status_code == 400


def test_keys_and_external_ids_are_taken_once(cast, cy, eve, goal, sales):
    response = cy.post("kpis/", {"goal": goal.pk, "name": "K", "target": "1", "key": "sales"})
    assert (response.status_code, codes(response)) == (400, {("key", "key_taken")})
    first = {"goal": goal.pk, "name": "K", "target": "1", "external_id": "crm-1"}
    assert cy.post("kpis/", first).status_code == 201
    assert cy.post("kpis/", first).status_code == 409


def test_a_change_is_kept_with_who_and_why(cast, cy, sales):
    response = cy.patch(f"kpis/{sales.pk}/", {"target": "120", "data_owner": cast.cy.pk, "reason": "Board"})
    assert (response.status_code, response.body["target"], response.body["version"]) == (200, "120", 2)
    assert response.headers["ETag"] == '"2"'
    last = Kpi.objects.get().history.first()
    assert (last.target, last.history_user, last.history_change_reason) == (120, cast.cy, "Board")


def test_a_change_that_cannot_be_scored_changes_nothing(cy, sales):
    response = cy.patch(f"kpis/{sales.pk}/", {"target": "-5", "name": "Other"})
    assert (response.status_code, codes(response)) == (400, {("target", "target_wrong_side")})
    assert Kpi.objects.get().name == "Sales"


def test_what_decides_the_periods_stays_once_there_are_values(cy, sales):
    measure(sales, 6, 1)
    response = cy.patch(f"kpis/{sales.pk}/", {"cadence": "weekly"})
    assert (response.status_code, codes(response)) == (400, {("cadence", "has_values")})


def test_a_kpi_stays_with_its_goal(cast, ada, sales):
    other = cast.goal("Other")
    for goal in (other.pk, None, {}, "x"):
        response = ada.patch(f"kpis/{sales.pk}/", {"goal": goal})
        assert (response.status_code, codes(response)) == (400, {("goal", "cannot_change")})


@pytest.mark.parametrize(
    ("tag", "status"), [('"1"', 200), ('W/"1"', 200), ("*", 200), ('"2"', 412), ("x", 412), ('"1", "7"', 200)]
)
def test_if_match_prevents_lost_changes(cy, sales, tag, status):
    response = cy.patch(f"kpis/{sales.pk}/", {"name": "Other"}, **{"If-Match": tag})
    assert response.status_code == status
    assert Kpi.objects.get().name == ("Other" if status == 200 else "Sales")
    assert status == 200 or response.body["current"] == 1


def test_who_may_not_change_or_remove(cast, dee, eve, cy, sales):
    secret = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), name="Hidden")
    for caller, row, status in ((dee, sales, 403), (eve, sales, 404), (cy, secret, 404)):
        assert caller.patch(f"kpis/{row.pk}/", {"name": "Mine"}).status_code == status
        assert caller.delete(f"kpis/{row.pk}/").status_code == status
    assert set(Kpi.objects.values_list("name", flat=True)) == {"Sales", "Hidden"}


@pytest.mark.parametrize("scope", ["read", "measurements:write"])
def test_a_token_that_may_not_write(cast, goal, sales, scope):
    caller = Caller(cast.ada, scope)
    assert caller.post("kpis/", {"goal": goal.pk, "name": "K", "target": "1"}).status_code == 403
    assert caller.patch(f"kpis/{sales.pk}/", {"name": "Mine"}).status_code == 403
    assert caller.delete(f"kpis/{sales.pk}/").status_code == 403


def test_a_kpi_without_values_is_removed(cy, sales):
    assert cy.delete(f"kpis/{sales.pk}/", **{"If-Match": '"7"'}).status_code == 412
    assert cy.delete(f"kpis/{sales.pk}/", **{"If-Match": '"1"'}).status_code == 204
    assert cy.delete(f"kpis/{sales.pk}/").status_code == 404
    assert cy.get(f"kpis/{sales.pk}/").status_code == 404


def test_a_kpi_with_values_is_archived_instead(cy, sales):
    measure(sales, 6, 1)
    response = cy.delete(f"kpis/{sales.pk}/")
    assert (response.status_code, response.body["code"]) == (409, "kpi_has_values")
    response = cy.patch(f"kpis/{sales.pk}/", {"state": "archived"})
    assert (response.status_code, response.body["state"]) == (200, "archived")


def test_the_same_request_again_makes_no_second_kpi(cy, goal):
    body = {"goal": goal.pk, "name": "K", "target": "1"}
    first, second = (cy.post("kpis/", body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, second.status_code, second.body) == (201, 201, first.body)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert cy.post("kpis/", {**body, "name": "L"}, **{"Idempotency-Key": "k1"}).status_code == 409
    assert Kpi.objects.count() == 1


def test_the_answer_of_then_is_given_again_when_the_kpi_is_gone(cy, goal, monkeypatch):
    monkeypatch.setattr("cascade.waiting.for_roll_up", lambda organisation, seconds: True)
    body, headers = {"goal": goal.pk, "name": "K", "target": "1"}, {"Idempotency-Key": "k1", "Prefer": "wait=1"}
    first = cy.post("kpis/", body, **headers)
    cy.delete(f"kpis/{first.body['id']}/")
    again = cy.post("kpis/", body, **headers)
    assert (again.status_code, again.body["id"]) == (201, first.body["id"])


def test_an_answer_waits_for_the_figures(cast, cy, sales, monkeypatch):
    measure(sales, 6, 50)
    monkeypatch.setattr("cascade.waiting.for_roll_up", lambda organisation, seconds: bool(roll_up(organisation)))
    response = cy.patch(f"kpis/{sales.pk}/", {"target": "200"}, Prefer="wait=5")
    assert response.headers["Preference-Applied"] == "wait=5"
    assert (response.body["progress"], response.body["rolled_up"]) == ("0.250000", True)


def roll_up(organisation):
    from goals import progress

    return progress.roll_up(organisation.pk)


@pytest.mark.parametrize("action", ["post", "patch"])
def test_a_write_takes_few_queries(ada, goal, sales, action, django_assert_max_num_queries):
    ada.get("kpis/")
    with django_assert_max_num_queries(22):
        if action == "post":
            ada.post("kpis/", {"goal": goal.pk, "name": "K", "target": "1"})
        else:
            ada.patch(f"kpis/{sales.pk}/", {"name": "Other"})


def test_text_is_kept_as_typed(cy, goal):
    odd = "=1+1 <script>alert(1)</script> æøå 😀 \u202e"
    response = cy.post("kpis/", {"goal": goal.pk, "name": odd, "definition": odd, "unit": odd, "target": "1"})
    assert [response.body[name] for name in ("name", "definition", "unit")] == [odd] * 3
    assert response.body["key"][:1].isalpha()


def test_a_life_of_its_own(cy, goal):
    body = {"goal": goal.pk, "name": "K", "target": "1", "start": "2026-03-01", "due": "2026-03-31"}
    row = cy.post("kpis/", body).body
    assert (row["measured_from"], row["measured_until"]) == ("2026-03-01", "2026-03-31")
    row = cy.patch(f"kpis/{row['id']}/", {"start": None}).body
    assert (row["start"], row["measured_from"]) == (None, date(2026, 1, 1).isoformat())


def test_numbers_are_exact(cy, goal):
    raw = f'{{"goal": {goal.pk}, "name": "K", "baseline": 0.1, "target": 123456789012345678.1234567891}}'.encode()
    response = cy.call("POST", "kpis/", raw=raw)
    assert (response.body["baseline"], response.body["target"]) == ("0.1", "123456789012345678.1234567891")
    assert Kpi.objects.get().target == Decimal("123456789012345678.1234567891")
