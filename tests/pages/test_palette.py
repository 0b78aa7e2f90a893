"""The search over every page, by keyboard."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_goal_is_opened_from_any_page_without_a_mouse(cast, visit):
    goal = cast.goal("Raise customer satisfaction", owner=cast.bo)
    cast.goal("Raise prices")
    visitor = visit(cast.bo)
    page = visitor.open("/dashboard/")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search")
    expect(dialog.get_by_role("option", name="Raise customer satisfaction")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("raise")
    expect(dialog.get_by_role("option")).to_have_count(2)
    visitor.check_looks()
    page.keyboard.type(" custmer")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/goals/{goal.pk}/")


def test_the_search_is_a_page_of_its_own_too(cast, visit):
    cast.goal("Raise customer satisfaction", owner=cast.bo)
    visitor = visit(cast.bo)
    visitor.open("/search/?q=satisfaction")
    visitor.check_looks()
