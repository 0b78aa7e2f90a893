"""Bonus plans: what they come to, who sees them, and that a result never changes silently."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from cascade.errors import Conflict
from goals import progress
from kpis import definitions
from kpis.models import PayLog, PayPlan, PaySignature
from kpis.payout import export, late, plans, switching
from people.models import Notification
from tests.cast import person
from tests.kpis.cycles import last_year


@pytest.fixture
def hana(cast):
    switching.turn(cast.ada, on=True)
    for each in (cast.ada, cast.bo, cast.cy, cast.dee):
        each.organisation.refresh_from_db()
    return person(cast.works, "Hana", "hr")


@pytest.fixture
def past(cast):
    found = last_year(cast)
    found.record(found.leads, 12, 90)
    found.record(found.calls, 12, 110)
    progress.roll_up(cast.works.pk)
    return found


@pytest.fixture
def plan(cast, past, hana):
    """Cy earns 100,000 by Leads (60) and Calls (40); Bo and Dee sign."""
    items = [
        {"kpi": past.leads, "weight": Decimal(60), "minimum": None},
        {"kpi": past.calls, "weight": Decimal(40), "minimum": None},
    ]
    return plans.save(PayPlan(organisation=cast.works), items, by=hana, **terms(cast, past))


def terms(cast, past):
    return {
        "name": "Bonus of Cy",
        "beneficiary": cast.cy,
        "first_signer": cast.bo,
        "second_signer": cast.dee,
        "start": past.cycle.start,
        "due": past.cycle.due,
        "bonus": Decimal("100000.00"),
        "currency": "NOK",
    }


@pytest.fixture
def frozen(plan, hana):
    plans.agree(plan, by=hana)
    plans.freeze(plan, by=hana)
    plan.refresh_from_db()
    return plan


def signed_in(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_plan_comes_to_what_its_kpis_reached(plan):
    found = plans.calculated(plan)
    assert (found.attainment, found.amount) == (Decimal("0.98"), Decimal("95000.00"))


def test_a_goal_counts_by_its_progress_and_a_gate_by_its_minimum(cast, past, plan, hana):
    items = [
        {"goal": past.goal, "weight": Decimal(1), "minimum": None},
        {"kpi": past.leads, "weight": Decimal(0), "minimum": Decimal("0.95")},
    ]
    plan = plans.save(plan, items, by=hana)
    found = plans.calculated(plan)
    assert [line.item.attainment for line in found.lines] == [Decimal("0.9"), Decimal("0.95")]
    assert (found.state, found.amount) == ("gate_failed", 0)


def test_days_employed_and_position_count(past, plan, hana):
    plan.intervals = [[past.day(1, 1).isoformat(), past.day(1, 31).isoformat()]]
    plan.position_share = Decimal("0.5")
    expected = Decimal(95000) * 31 / ((plan.due - plan.start).days + 1) / 2
    assert plans.calculated(plan).amount == round(expected, 2)


def test_a_missing_value_blocks_freezing_and_says_so(cast, past, plan, hana):
    kpi = definitions.create(past.goal, by=None, name="Silent", target=Decimal(1), baseline=Decimal(0))
    plan = plans.save(plan, [{"kpi": kpi, "weight": Decimal(1), "minimum": None}], by=hana)
    plans.agree(plan, by=hana)
    with pytest.raises(Conflict) as refused:
        plans.freeze(plan, by=hana)
    assert refused.value.code == "blocked"
    plan.refresh_from_db()
    assert plan.state == "agreed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"due": dt.date(2000, 1, 1)}, "dates_order"),
        ({"threshold": Decimal("1.2")}, "threshold_range"),
        ({"most": Decimal("0.5")}, "most_range"),
        ({"position_share": Decimal("1.1")}, "share_range"),
        ({"first_signer": "cy"}, "same_person"),
        ({"first_signer": "dee"}, "same_person"),
        ({"first_signer": "eve"}, "other_organisation"),
    ],
)
def test_plans_that_cannot_be_are_refused(cast, plan, hana, fields, code):
    fields = {name: getattr(cast, value) if isinstance(value, str) else value for name, value in fields.items()}
    items = [{"kpi": item.kpi, "weight": item.weight, "minimum": None} for item in plan.items.all()]
    with pytest.raises(ValidationError) as refused:
        plans.save(plan, items, by=hana, **fields)
    assert [error.code for errors in refused.value.error_dict.values() for error in errors] == [code]


def test_the_database_keeps_signers_and_beneficiary_apart(cast, plan):
    with pytest.raises(IntegrityError), transaction.atomic():
        PayPlan.objects.filter(pk=plan.pk).update(second_signer=cast.cy)


def test_a_result_is_frozen_once_and_does_not_change(past, frozen, hana):
    assert (frozen.result.amount, frozen.result.state) == (Decimal("95000.00"), "ok")
    assert plans.freeze(frozen, by=hana) == frozen.result
    past.record(past.leads, 12, 50, note="Counted twice")
    frozen.refresh_from_db()
    assert frozen.result.amount == Decimal("95000.00")
    assert plans.calculated(frozen).amount != frozen.result.amount
    with pytest.raises(Conflict) as refused:
        plans.save(frozen, [], by=hana, bonus=Decimal(1))
    assert refused.value.code == "frozen"


def test_a_running_plan_is_not_frozen(cast, plan, hana):
    plans.agree(plan, by=hana)
    PayPlan.objects.filter(pk=plan.pk).update(due=cast.works.today())
    with pytest.raises(Conflict) as refused:
        plans.freeze(plan, by=hana)
    assert refused.value.code == "not_over"


def test_two_people_sign_each_once(cast, frozen):
    for who in (cast.bo, cast.bo, cast.dee):
        plans.sign(frozen, by=who)
    assert [each.person for each in PaySignature.objects.all()] == [cast.bo, cast.dee]


def test_nothing_is_signed_before_it_is_frozen(cast, plan):
    with pytest.raises(Conflict):
        plans.sign(plan, by=cast.bo)


def test_everything_done_is_logged_and_told(cast, frozen, hana):
    plans.sign(frozen, by=cast.bo)
    told = [(each.person.name, each.what) for each in PayLog.objects.order_by("pk")]
    assert told == [("Hana", "made"), ("Hana", "agreed"), ("Hana", "frozen"), ("Bo", "signed")]
    told = {(each.kind, each.person.name) for each in Notification.objects.all()}
    assert told == {("pay_plan", "Cy"), ("pay_to_sign", "Bo"), ("pay_to_sign", "Dee")}


def test_changes_of_the_last_third_are_listed(cast, past, plan, hana):
    definitions.revise(past.leads, by=cast.ada, target=Decimal(80), reason="Too hard")
    definitions.revise(past.leads, by=cast.ada, name="Other name")
    past.goal.revise(by=cast.ada, weight=Decimal(2))
    found = late.changes(plan)
    assert [(each.title, each.fields, each.by, each.reason) for each in found] == [
        ("Leads", ["target"], cast.ada, "Too hard")
    ]
    type(past.leads).history.filter(id=past.leads.pk).update(history_date="2000-01-01T00:00Z")
    assert late.changes(plan) == []


def test_the_last_third_begins_after_two_thirds(plan):
    plan.start, plan.due = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    assert late.last_third(plan) == dt.date(2026, 9, 2)


def test_payroll_gets_what_two_have_signed_and_no_formulas(cast, frozen, hana):
    assert len(list(export.rows(hana))) == 1
    cast.cy.name = "=HYPERLINK(1)"
    cast.cy.save()
    for who in (cast.bo, cast.dee):
        plans.sign(frozen, by=who)
    response = signed_in(hana).post("/pay/payroll.csv")
    [row] = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["name"], row["amount"], row["currency"]) == ("'=HYPERLINK(1)", "95000.00", "NOK")
    assert row["signed_by"] == "Bo, Dee"
    assert PayLog.objects.filter(what="exported", person=hana).count() == 1


SEEN = {"hana": 200, "cy": 200, "bo": 200, "dee": 200, "ada": 404, "eve": 404}


@pytest.mark.parametrize(("who", "status"), SEEN.items())
def test_a_plan_is_there_for_hr_its_beneficiary_and_the_signers_alone(cast, frozen, hana, who, status):
    client = signed_in(hana if who == "hana" else getattr(cast, who))
    assert client.get(f"/pay/{frozen.pk}/").status_code == status
    assert client.get("/pay/").status_code == status


@pytest.mark.parametrize("who", ["cy", "bo", "dee", "ada", "eve"])
def test_only_hr_makes_changes_and_freezes(cast, plan, hana, who):
    plans.agree(plan, by=hana)
    client = signed_in(getattr(cast, who))
    refused = 404 if who in ("ada", "eve") else 403
    assert [client.post(f"/pay/{plan.pk}/{act}/").status_code for act in ("edit", "agree", "freeze")] == [refused] * 3
    assert [client.post(path).status_code for path in ("/pay/new/", "/pay/payroll.csv")] == [404, 404]
    assert PayPlan.objects.get().state == "agreed"


@pytest.mark.parametrize(("who", "status"), [("bo", 302), ("hana", 403), ("cy", 403), ("ada", 404), ("eve", 404)])
def test_only_the_two_named_sign(cast, frozen, hana, who, status):
    client = signed_in(hana if who == "hana" else getattr(cast, who))
    assert client.post(f"/pay/{frozen.pk}/sign/").status_code == status
    assert PaySignature.objects.exists() == (status == 302)


def test_hr_does_not_manage_the_own_plan(cast, plan, hana):
    PayPlan.objects.filter(pk=plan.pk).update(beneficiary=hana, state="agreed")
    client = signed_in(hana)
    assert client.get(f"/pay/{plan.pk}/").status_code == 200
    assert client.post(f"/pay/{plan.pk}/freeze/").status_code == 403


def test_a_draft_is_not_there_for_its_beneficiary(cast, plan):
    assert signed_in(cast.cy).get(f"/pay/{plan.pk}/").status_code == 404


def test_switched_off_nothing_is_there_for_anybody(cast, frozen, hana):
    switching.turn(cast.ada, on=False)
    for who in (hana, cast.cy, cast.bo):
        who.organisation.refresh_from_db()
        assert signed_in(who).get(f"/pay/{frozen.pk}/").status_code == 404
    assert signed_in(hana).get("/pay/new/").status_code == 404


def test_an_administrator_switches_it_and_nobody_else(cast, hana):
    assert signed_in(hana).post("/settings/pay/", {}).status_code == 403
    signed_in(cast.ada).post("/settings/pay/", {})
    cast.works.refresh_from_db()
    assert cast.works.pays is False


def test_hr_makes_a_plan_on_a_page(cast, past, hana):
    client = signed_in(hana)
    fields = {
        **{name: str(value) for name, value in terms(cast, past).items()},
        "threshold": "80",
        "threshold_factor": "50 %",
        "most": "120",
        "most_factor": "150",
        "item_cap": "150",
        "position_share": "100",
        "no_data": "block",
        "item-TOTAL_FORMS": "2",
        "item-INITIAL_FORMS": "0",
        "item-0-about": f"kpi-{past.leads.pk}",
        "item-0-weight": "60",
        "item-0-minimum": "50",
    }
    wrong = client.post("/pay/new/", {**fields, "item-0-weight": ""})
    assert (wrong.status_code, "Say what it weighs" in text(wrong)) == (422, True)
    assert client.post("/pay/new/", fields).status_code == 302
    plan = PayPlan.objects.get()
    assert (plan.beneficiary, plan.threshold, plan.most_factor) == (cast.cy, Decimal("0.8"), Decimal("1.5"))
    assert [(item.kpi, item.weight, item.minimum) for item in plan.items.all()] == [(past.leads, 60, Decimal("0.5"))]
    page = text(client.get(f"/pay/{plan.pk}/edit/"))
    assert 'value="80"' in page
    assert client.post(f"/pay/{plan.pk}/edit/", {**fields, "version": "1", "bonus": "5"}).status_code == 302


def test_the_page_explains_the_result_and_shows_a_later_difference(cast, past, frozen, hana):
    page = text(signed_in(cast.cy).get(f"/pay/{frozen.pk}/"))
    assert "95,000 NOK" in page
    assert "The items together reach 98.00%." in page
    past.record(past.leads, 12, 100, note="Found ten more")
    page = text(signed_in(cast.bo).get(f"/pay/{frozen.pk}/"))
    assert "a difference of" in page
    assert "95,000 NOK" in page
