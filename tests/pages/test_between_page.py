"""What changed about a goal, in a browser."""

import datetime as dt

import pytest
import time_machine
from playwright.sync_api import expect

from goals import progress
from tests.goals.test_views_board import daily
from tests.kpis.test_between import company

pytestmark = pytest.mark.browser
__all__ = ["company"]


@pytest.fixture
def clock():
    with time_machine.travel(dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)) as clock:
        yield clock


def test_from_the_goal_to_what_changed_and_other_days(cast, company, visit):
    daily(cast.goal("A very long title " * 9, company[0], owner=cast.bo), "k" * 90, 50)
    progress.roll_up(cast.works.pk)
    visitor = visit(cast.ada)
    page = visitor.open(f"/goals/{company[0].pk}/")
    page.get_by_role("link", name="What changed").first.click()
    page.get_by_label("From").fill("2026-04-10")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("went from 65%")).to_be_visible()
    expect(page.get_by_text("Half the year is gone")).to_be_visible()
    visitor.check_looks()
