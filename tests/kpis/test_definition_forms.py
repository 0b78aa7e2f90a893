import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from kpis import definitions
from kpis.models import Kpi
from tests.kpis.measuring import made, record

MARCH = dt.date(2026, 3, 1)


@pytest.fixture
def goal(april, cast):
    return cast.goal("Answer faster", owner=cast.bo, unit=cast.sales)


@pytest.fixture
def bo(cast) -> Client:
    client = Client()
    client.force_login(cast.bo)
    return client


def filled(page, **changed) -> dict[str, str]:
    """What a browser would send of the form on a page."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else str(value) for name, value in {**values, **changed}.items()}


def post(client, url, **changed):
    return client.post(url, filled(client.get(url), **changed))


def errors(page) -> dict[str, list[str]]:
    return {name: [each.code for each in found] for name, found in page.context["form"].errors.as_data().items()}


def test_a_kpi_is_added_to_a_goal(bo, goal, cast):
    answer = post(
        bo,
        f"/goals/{goal.pk}/kpis/new/",
        name="Response time",
        unit="min",
        direction="decrease",
        baseline="50,5",
        target="40",
        data_owner="cy",
    )
    kpi = Kpi.objects.get()
    assert answer.url == f"/kpis/{kpi.pk}/"
    assert (kpi.goal, kpi.key, kpi.baseline, kpi.data_owner) == (goal, "response_time", Decimal("50.5"), cast.cy)
    assert kpi.history.get().history_user == cast.bo


def test_a_new_kpi_sent_twice_is_one_kpi(bo, goal):
    sent = filled(bo.get(f"/goals/{goal.pk}/kpis/new/"), name="Leads", target="100", baseline="0")
    first, again = (bo.post(f"/goals/{goal.pk}/kpis/new/", sent).url for _ in range(2))
    assert (first, Kpi.objects.count()) == (again, 1)


def test_done_or_not_needs_no_numbers(bo, goal):
    post(bo, f"/goals/{goal.pk}/kpis/new/", name="Depot opened", kind="boolean", target="", direction="")
    kpi = Kpi.objects.get()
    assert (kpi.cadence, kpi.target_mode, kpi.direction, kpi.target) == ("once", "by_due", "increase", 1)


def test_a_goal_one_may_not_edit_or_see_gets_no_kpi(cast, goal):
    for who, status in ((cast.cy, 403), (cast.dee, 403), (cast.eve, 404)):
        client = Client()
        client.force_login(who)
        assert client.get(f"/goals/{goal.pk}/kpis/new/").status_code == status
        assert client.post(f"/goals/{goal.pk}/kpis/new/", {"name": "x"}).status_code == status
    assert not Kpi.objects.exists()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"baseline": "100"}, {"target": ["baseline_equals_target"]}),
        ({"baseline": "110"}, {"target": ["target_wrong_side"]}),
        ({"target": ""}, {"target": ["target_missing"]}),
        ({"direction": ""}, {"direction": ["direction_missing"]}),
        ({"aggregation": "sum", "baseline": "3"}, {"baseline": ["sum_baseline_not_zero"]}),
        ({"stretch": "90"}, {"stretch": ["stretch_not_beyond_target"]}),
        ({"weight": "-1"}, {"weight": ["weight_negative"]}),
        ({"weight": "1,234"}, {"weight": ["ambiguous_number"]}),
        ({"start": "2026-06-01", "due": "2026-05-01"}, {"due": ["dates_order"]}),
        ({"direction": "maintain", "lower": "5", "upper": "3", "target": ""}, {"upper": ["band_order"]}),
        ({"direction": "maintain", "lower": "3", "upper": "5", "target": "9"}, {"target": ["target_outside_band"]}),
        ({"target_mode": "each_period", "zero_at": "100"}, {"zero_at": ["zero_at_wrong_side"]}),
        ({"milestones": "2026-12 90"}, {"milestones": ["last_milestone_not_target"]}),
        ({"milestones": "2027-01 90"}, {"milestones": ["milestone_unknown_period"]}),
        ({"milestones": "2026-06 1,234"}, {"milestones": ["ambiguous_number"]}),
        ({"milestones": "2026-06"}, {"milestones": ["not_a_number"]}),
        ({"key": "Not A Key"}, {"key": ["key_shape"]}),
        ({"name": ""}, {"name": ["required"]}),
        ({"cadence": "hourly"}, {"cadence": ["invalid_choice"]}),
        ({"data_owner": "Eve"}, {"data_owner": ["nobody_called_so"]}),
    ],
)
def test_what_cannot_be_is_said_at_its_field(bo, goal, changed, expected):
    sent = {"name": "Leads", "baseline": "0", "target": "100", **changed}
    answer = post(bo, f"/goals/{goal.pk}/kpis/new/", **sent)
    assert (answer.status_code, errors(answer)) == (422, expected)
    assert not Kpi.objects.exists()


def test_milestones_are_named_by_period(bo, goal):
    kpi = made(goal, cadence="quarterly")
    record(kpi, dt.date(2026, 1, 1), "49")
    url = f"/kpis/{kpi.pk}/edit/"
    assert post(bo, url, milestones="FY2026-Q2: 47,5\nfy2026-q3 44 min\n", trajectory="milestones").status_code == 302
    kpi.refresh_from_db()
    assert kpi.milestones == {"2026-04-01": "47.5", "2026-07-01": "44"}
    assert bo.get(url).context["form"]["milestones"].value() == "FY2026-Q2 47.5\nFY2026-Q3 44"


def test_an_unchanged_form_changes_no_definition(bo, goal, cast):
    kpi = made(goal, milestones={"2026-06-01": "45.50"}, stretch=Decimal("38.5"), data_owner=cast.cy)
    before = {name: getattr(kpi, name) for name in definitions.FIELDS}
    assert post(bo, f"/kpis/{kpi.pk}/edit/").status_code == 302
    kpi.refresh_from_db()
    assert {name: getattr(kpi, name) for name in definitions.FIELDS} == before


def test_who_records_stays_after_leaving_and_can_be_replaced(bo, goal, cast):
    kpi = made(goal, data_owner=cast.cy)
    cast.cy.is_active = False
    cast.cy.save()
    assert post(bo, f"/kpis/{kpi.pk}/edit/", name="First response").status_code == 302
    kpi.refresh_from_db()
    assert (kpi.name, kpi.data_owner) == ("First response", cast.cy)
    post(bo, f"/kpis/{kpi.pk}/edit/", data_owner="Dee")
    assert errors(post(bo, f"/kpis/{kpi.pk}/edit/", data_owner="Cy")) == {"data_owner": ["nobody_called_so"]}


def test_a_moved_target_needs_a_reason_once_there_are_values(bo, goal, cast):
    kpi = made(goal)
    url = f"/kpis/{kpi.pk}/edit/"
    assert post(bo, url, target="41").status_code == 302
    record(kpi, MARCH, "48")
    refused = post(bo, url, target="42")
    assert errors(refused) == {"reason": ["reason_required"]}
    assert "The old target was 41." in refused.content.decode()
    assert post(bo, url, name="First response").status_code == 302
    assert post(bo, url, target="42", reason="Two engineers leave").status_code == 302
    page = bo.get(f"/kpis/{kpi.pk}/").content.decode()
    assert "target <b>41</b> to <b>42</b>" in page
    assert "Two engineers leave" in page


def test_how_a_measured_kpi_is_measured_stays(bo, goal):
    kpi = made(goal)
    record(kpi, MARCH, "48")
    assert errors(post(bo, f"/kpis/{kpi.pk}/edit/", cadence="weekly")) == {"cadence": ["has_values"]}


def test_what_imported_data_lacks_may_stay_away(bo, goal):
    kpi = made(goal)
    Kpi.objects.filter(pk=kpi.pk).update(direction=None, target=None, baseline=None)
    assert post(bo, f"/kpis/{kpi.pk}/edit/", name="Noise").status_code == 302
    kpi.refresh_from_db()
    assert (kpi.name, kpi.direction, kpi.target) == ("Noise", None, None)


def test_when_two_change_the_same_both_are_shown_and_mine_can_be_kept(bo, goal, cast):
    kpi = made(goal)
    url = f"/kpis/{kpi.pk}/edit/"
    sent = filled(bo.get(url), target="41", name="First response")
    definitions.revise(kpi, by=cast.ada, target=Decimal(42), unit="minutes")
    met = bo.post(url, sent)
    assert (met.status_code, met.context["both"]) == (422, [("Target", "41", "42")])
    assert "Ada changed this KPI" in met.content.decode()
    kpi.refresh_from_db()
    assert (kpi.target, kpi.name) == (42, "Response time")
    assert bo.post(url, filled(met)).status_code == 302
    kpi.refresh_from_db()
    assert (kpi.target, kpi.name, kpi.unit) == (41, "First response", "minutes")


def test_when_two_change_different_things_both_are_in_the_form(bo, goal, cast):
    kpi = made(goal)
    url = f"/kpis/{kpi.pk}/edit/"
    sent = filled(bo.get(url), name="First response")
    definitions.revise(kpi, by=cast.ada, data_owner=cast.cy)
    met = bo.post(url, sent)
    assert (met.status_code, met.context["both"]) == (422, [])
    bo.post(url, filled(met))
    kpi.refresh_from_db()
    assert (kpi.name, kpi.data_owner) == ("First response", cast.cy)


def test_a_kpi_is_paused_and_resumed_with_a_reason(bo, goal, cast):
    kpi = made(goal)
    refused = bo.post(f"/kpis/{kpi.pk}/state/", {"state": "paused", "reason": ""})
    assert (refused.status_code, "reason" in refused.context["state_form"].errors) == (422, True)
    bo.post(f"/kpis/{kpi.pk}/state/", {"state": "paused", "reason": "The system is replaced"})
    kpi.refresh_from_db()
    assert (kpi.state, kpi.history.first().history_change_reason) == ("paused", "The system is replaced")
    bo.post(f"/kpis/{kpi.pk}/state/", {"state": "active", "reason": "Back again"})
    kpi.refresh_from_db()
    assert kpi.state == "active"
