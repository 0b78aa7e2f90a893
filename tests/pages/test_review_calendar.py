"""The calendar of reviews in a browser: when goals are reviewed is chosen and shown before, a review is moved, and an
owner checks in from the line of sight."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from goals import progress
from reviews.models import CheckIn, Review, ReviewSettings
from reviews.schedule import work_out
from tests.goals.test_views_board import daily

pytestmark = pytest.mark.browser


def test_reviews_are_planned_moved_and_seen_over_the_year(cast, visit):
    cast.cycle.due = cast.cycle.start.replace(year=cast.cycle.start.year + 1, month=12, day=31)
    cast.cycle.save()
    goal = cast.goal("Grow faster than the market " + "in every single country " * 6, owner=cast.ada)
    work_out(cast.works)
    visitor = visit(cast.ada)
    visitor.refusals.add(422)
    page = visitor.open("/settings/reviews/")
    page.get_by_label("Strategic").select_option("monthly")
    expect(page.locator("#preview")).to_contain_text("planned anew")
    assert not ReviewSettings.objects.exists()
    page.get_by_label("Public holidays of").select_option("NO")
    expect(page.get_by_label("Region")).to_be_visible()
    visitor.check_looks()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    work_out(cast.works)

    page.get_by_role("link", name="Reviews").first.click()
    page.get_by_label("More about the review of").first.click()
    page.get_by_role("link", name="Move to another day").first.click()
    review = Review.objects.filter(goal=goal).order_by("day").first()
    page.get_by_label("New day").fill((review.day + dt.timedelta(days=3)).isoformat())
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("Say why.")).to_be_visible()
    page.get_by_label("Why").fill("The board meets then")
    page.get_by_role("button", name="Move it").click()
    expect(page.locator(f"#review-{review.pk}")).to_contain_text("The board meets then")
    visitor.check_looks()

    page.get_by_role("link", name="Year", exact=True).click()
    expect(page.get_by_role("navigation", name="Other years")).to_be_visible()
    review.refresh_from_db()
    page.goto(f"/reviews/?view=year&from={review.day:%Y-%m}")
    expect(page.locator(".year-lane circle").first).to_be_visible()
    visitor.check_looks()


def test_an_owner_checks_in_from_the_line_of_sight(cast, visit):
    goal = cast.goal("Faster", cast.goal("Serve"), level=2, owner=cast.cy)
    daily(goal, "speed", 60)
    progress.roll_up(cast.works.pk)
    work_out(cast.works)
    review = Review.objects.filter(goal=goal).order_by("day").first()
    Review.objects.filter(pk=review.pk).update(day=cast.works.today())
    visitor = visit(cast.cy)
    visitor.refusals.add(422)
    page = visitor.open("/")
    page.get_by_role("link", name="Check in").first.click()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Say how sure you are, from 1 to 5.")).to_be_visible()
    visitor.check_looks()

    page.get_by_label("What is going on?").press_sequentially("Two depots")
    expect(page.locator("#kept")).to_contain_text("Draft kept")
    page.goto(f"/reviews/{review.pk}/check-in/")
    expect(page.get_by_label("What is going on?")).to_have_value("Two depots")
    other = visitor.context.new_page()
    other.goto(page.url)
    other.get_by_label("What comes next?").press_sequentially("A third")
    expect(other.locator("#kept")).to_contain_text("Draft kept")
    page.get_by_label("What is in the way?").press_sequentially("Parts")
    expect(page.locator("#kept")).to_contain_text("another window")
    page.get_by_label("2 · doubtful").check()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="In the other window")).to_be_visible()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("Checked in.")).to_be_visible()
    page.get_by_role("link", name="Back to my line of sight").click()
    expect(page.locator("#mine-h")).to_be_visible()
    expect(page.get_by_role("img", name="Confidence 2 of 5").first).to_be_visible()
    said = CheckIn.objects.get()
    assert (said.confidence, said.comment, said.blockers) == (2, "Two depots", "Parts")
