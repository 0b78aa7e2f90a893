"""Where trends lead, in a browser: on the KPI, its goal and the dashboard."""

import pytest
from playwright.sync_api import expect

from tests.kpis.test_forecasts import august, forecasts_made, measured

pytestmark = pytest.mark.browser
__all__ = ["august"]


def test_from_the_chance_on_the_dashboard_to_the_trend_it_rests_on(august, cast, visit):
    goal = cast.goal("Grow", owner=cast.ada)
    measured(goal, [10, 12, 15, 15, 18, 22, 23], name="Leads")
    forecasts_made(goal)
    visitor = visit(cast.ada)
    page = visitor.open("/dashboard/")
    expect(page.get_by_role("columnheader", name="Chance of 70%")).to_be_visible()
    page.get_by_role("table").first.get_by_role("link", name="Grow").click()
    expect(page.get_by_text("trends lead to 85%")).to_be_visible()
    page.get_by_role("link", name="Leads").first.click()
    expect(page.get_by_role("heading", name="Where the trend leads")).to_be_visible()
    expect(page.get_by_text("Chance: less than 5% to meet its target.")).to_be_visible()
    visitor.check_looks()
