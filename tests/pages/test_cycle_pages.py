"""A cycle is closed and its goals go on, in a browser; a bonus is frozen and signed by two."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals import progress
from goals.models import Cycle, Goal
from kpis.models import Kpi, PayPlan
from kpis.payout import plans, switching
from tests.cast import person
from tests.kpis.cycles import last_year

pytestmark = [pytest.mark.browser]


@pytest.fixture
def past(cast):
    found = last_year(cast)
    for month in range(1, 13):
        found.record(found.leads, month, month * 5)
    cast.goal("Answer faster", found.goal, owner=cast.bo)
    progress.roll_up(cast.works.pk)
    return found


def test_a_cycle_is_closed_and_its_goals_go_on_by_keyboard(visit, cast, past):
    office = visit(person(cast.works, "Hal", "strategy_office"))
    page = office.open(f"/cycles/{past.cycle.pk}/")
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("heading", name="Goals have no data")).to_be_visible()
    office.check_looks()
    page.get_by_label("Why is it closed now?").fill("Approved by the board")
    page.get_by_role("button", name="Close all the same").click()
    expect(page.get_by_text("Nothing differs")).to_be_visible()
    office.check_looks()

    Cycle.objects.filter(pk=cast.cycle.pk).update(state="planning")
    page.get_by_role("link", name="Carry goals over").click()
    expect(page.get_by_text("3 goals chosen")).to_be_visible()
    page.get_by_label("Call more").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Answer faster")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("2 goals chosen")).to_be_visible()
    office.check_looks()
    page.get_by_role("button", name="Look at the targets").click()
    target = page.get_by_label("New target of Leads")
    expect(target).to_have_value("63")
    target.fill("66.5")
    office.check_looks()
    page.get_by_role("button", name="Carry 2 goals over").click()
    expect(page.get_by_text("2 goals carried over to").first).to_be_visible()
    assert Kpi.objects.get(carried_from__source=past.leads).target == Decimal("66.5")
    assert set(Goal.objects.filter(cycle=cast.cycle).values_list("state", flat=True)) == {"draft"}


def test_a_bonus_is_frozen_explained_and_signed_by_two(visit, cast, past):
    switching.turn(cast.ada, on=True)
    hana = person(cast.works, "Hana", "hr")
    plan = plans.save(
        PayPlan(organisation=cast.works),
        [{"kpi": past.leads, "weight": Decimal(1), "minimum": Decimal("0.5")}],
        by=hana,
        name="Bonus of Cy",
        beneficiary=cast.cy,
        first_signer=cast.bo,
        second_signer=cast.dee,
        start=past.cycle.start,
        due=past.cycle.due,
        bonus=Decimal(100_000),
        currency="NOK",
        threshold=Decimal("0.5"),
    )
    office = visit(hana)
    page = office.open(f"/pay/{plan.pk}/edit/")
    office.check_looks()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Show it to the beneficiary").click()
    page.get_by_role("button", name="Freeze the result").click()
    expect(page.get_by_text("60,000 NOK").first).to_be_visible()
    office.check_looks()
    for who in (cast.bo, cast.dee):
        page = visit(who).open(f"/pay/{plan.pk}/")
        page.get_by_role("button", name="Sign").click()
        expect(page.get_by_text("You have signed.")).to_be_visible()
    page = visit(cast.cy).open(f"/pay/{plan.pk}/")
    expect(page.get_by_text("The items together reach 60.00%.")).to_be_visible()
    expect(page.get_by_text(cast.dee.name, exact=False).first).to_be_visible()
