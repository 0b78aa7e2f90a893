"""The health checks in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.insights.test_checks import clock, company, h2, h3, h11

pytestmark = pytest.mark.browser
__all__ = ["clock", "company"]


def test_from_the_dashboard_to_what_mends_a_finding(cast, company, visit):
    h2(company), h3(company), h11(company)
    cast.goal("A very long title of a goal " * 7, company.tops[0], owner=None)
    company.roll_up()
    visitor = visit(cast.ada)
    page = visitor.open("/dashboard/")
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("heading", name="of 20 checks found something")).to_be_visible()
    visitor.check_looks()
    page.get_by_role("link", name=re.compile("Add a KPI.*Bare")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("KPI")
