"""The goal tree of an earlier day, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.goals.test_views_earlier import clock, company

pytestmark = pytest.mark.browser
__all__ = ["clock", "company"]


def test_the_date_is_kept_from_the_tree_to_a_goal_and_back_to_today(cast, company, visit):
    visitor = visit(cast.ada)
    page = visitor.open("/goals/?as_of=2026-04-11&known=2026-04-11")
    expect(page.get_by_text("This page shows 11 Apr 2026.")).to_be_visible()
    visitor.check_looks()
    page.get_by_role("link", name="Call", exact=True).click()
    expect(page.get_by_text("This page shows 11 Apr 2026.")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.get_by_role("link", name="An earlier date").click()
    expect(page.get_by_text("This page shows 19 Apr 2026.")).to_be_visible()
