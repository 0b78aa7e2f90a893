"""A review from the mail to the next one, in browsers: an owner checks in, the manager decides, somebody else signs."""

import datetime as dt
from decimal import Decimal

import pytest
from django.conf import settings
from playwright.sync_api import expect

from goals import progress
from goals.models import GoalFigures
from kpis.recording import record_one
from reviews.models import Review
from reviews.reminders.links import check_in_link
from tests.goals.measuring import kpi

pytestmark = pytest.mark.browser
DAY = dt.timedelta(days=1)


@pytest.fixture
def company(cast):
    """Vision over Serve (Bo) over Faster (Cy), whose speed stands at 20 of 100 by its due date."""
    today = cast.works.today()
    vision = cast.goal("Vision", owner=cast.ada)
    serve = cast.goal("Serve", vision, owner=cast.bo, unit=cast.sales)
    faster = cast.goal("Faster", serve, owner=cast.cy, unit=cast.team)
    kpi(faster, "speed", 20, start=today - 90 * DAY, due=today + 90 * DAY, cadence="daily")
    progress.roll_up(cast.works.pk)

    def review(goal, name, end, day):
        fields = {"organisation": cast.works, "goal": goal, "owner": goal.owner, "name": name}
        return Review.objects.create(first=end - 29 * DAY, end=end, day=day, **fields)

    made = [review(goal, "This period", today - DAY, today + 3 * DAY) for goal in (faster, serve)]
    return vision, faster, *made, review(serve, "Next period", today + 29 * DAY, today + 33 * DAY)


def test_from_the_mail_to_the_next_review(cast, visit, company):
    vision, faster, of_faster, review, later = company

    cy = visit()
    page = cy.open(check_in_link(cast.cy, of_faster).removeprefix(settings.BASE_URL))
    page.get_by_label("2 · doubtful").check()
    page.get_by_label("What is going on?").fill("Two depots without parts")
    page.get_by_label("What is in the way?").fill("Parts come late")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Checked in")).to_be_visible()

    bo = visit(cast.bo)
    page = bo.open(f"/reviews/{review.pk}/")
    page.get_by_role("button", name="Open the review").click()
    item = page.get_by_role("region", name="Faster")
    expect(item).to_contain_text("Two depots without parts")
    expect(item).to_contain_text("Parts come late")
    item.get_by_role("link", name="Change target").focus()
    page.keyboard.press("Enter")
    item.get_by_label("Target", exact=True).fill("25")
    expect(item.get_by_text("Effect today:")).to_be_visible()
    expect(item.locator(".effect")).to_contain_text("Vision")
    expect(item.locator(".effect")).to_contain_text("80%")
    bo.check_looks()
    item.get_by_label("Reason").fill("Parts come in May")
    item.get_by_role("button", name="Record decision").click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("speed: 100 becomes 25")
    assert GoalFigures.objects.get(goal=vision).progress == Decimal("0.8")
    page.goto(f"/goals/{vision.pk}/")
    expect(page.locator(".figure-num").first).to_contain_text("80")
    page.goto(f"/reviews/{review.pk}/")
    expect(page.get_by_role("button", name="Sign off")).to_be_disabled()
    expect(page.get_by_text("somebody else signs it off")).to_be_visible()

    ada = visit(cast.ada)
    page = ada.open(f"/reviews/{review.pk}/")
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("What it says stays as it is.")).to_be_visible()
    page.get_by_role("link", name="Minutes", exact=True).click()
    expect(page.get_by_role("region", name="Decisions")).to_contain_text("Parts come in May")
    ada.check_looks()

    record_one(faster.kpis.get(), cast.works.today(), Decimal(25), by=cast.cy, note="Parts have come")
    progress.roll_up(cast.works.pk)
    page = bo.open(f"/reviews/{later.pk}/")
    last = page.get_by_role("region", name="What came of the last decisions")
    expect(last).to_contain_text("speed: 100 becomes 25")
    expect(last).to_contain_text("+80 points since")
    bo.check_looks()
