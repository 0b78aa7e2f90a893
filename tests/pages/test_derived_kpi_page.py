"""A KPI that comes from others, made in a real browser."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals import progress
from kpis.models import Kpi
from tests.kpis.measuring import made, record

pytestmark = pytest.mark.browser


@pytest.fixture
def top(cast):
    top = cast.goal("Sell more", owner=cast.bo, unit=cast.sales)
    for name, value in (("North", "3"), ("South", "5")):
        part = made(cast.goal(name, top), name=f"Orders {name}", unit="orders", aggregation="sum",
                    direction="increase", baseline=Decimal(0), target=Decimal(100))  # fmt: skip
        record(part, cast.cycle.start, value)
    progress.roll_up(cast.works.pk)
    return top


def choose(page, place: int, text: str, name: str) -> None:
    """By keyboard: types letters, takes the suggestion."""
    field = page.get_by_label("KPI: name or key", exact=True).nth(place)
    field.press_sequentially(text)
    expect(page.get_by_role("option", name=name)).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value(f"{name} [{name.lower().replace(' ', '_')}]")


def test_a_total_is_taken_from_two_kpis_and_shown(cast, top, visit):
    visitor = visit(cast.bo)
    page = visitor.open(f"/goals/{top.pk}/kpis/new/")
    page.get_by_label("Name", exact=True).fill("Orders")
    page.get_by_label("Unit").fill("orders")
    page.get_by_label("Over time, take").select_option("sum")
    page.get_by_label("Target", exact=True).fill("200")
    page.get_by_label("Values are").select_option("rollup")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Choose at least one KPI.")
    choose(page, 0, "orders n", "Orders North")
    expect(preview).to_contain_text("3 orders")
    page.get_by_role("button", name="Add a KPI").click()
    expect(page.get_by_label("KPI: name or key", exact=True)).to_have_count(2)
    choose(page, 1, "orders s", "Orders South")
    expect(preview).to_contain_text("8 orders")
    expect(preview).to_contain_text("This counts twice")
    visitor.check_looks()
    page.get_by_role("button", name="Save KPI").click()
    expect(page.get_by_role("heading", name="Where the values come from")).to_be_visible()
    progress.roll_up(cast.works.pk)
    page.reload()
    expect(page.locator("#origin")).to_contain_text("In each period the sum of these KPIs.")
    expect(page.locator("#origin .is-top")).to_contain_text("8 orders")
    expect(page.get_by_role("link", name="Orders South")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    visitor.check_looks()
    assert Kpi.objects.get(name="Orders").source == "rollup"
