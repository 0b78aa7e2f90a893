"""A goal and its calculation in a real browser: reading why, from a strategic goal down to a measurement."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from goals import lifecycle, progress
from goals.models import Goal
from tests.goals.measuring import kpi, rolled_up
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser

LONG = "Øk kundetilfredsheten gjennom " + "sammenhengende" * 12 + " tjenester 顧客満足度を高める"


@pytest.fixture
def company(cast):
    """Vision over Speed (60 %) and a long title (40 %); Speed has a KPI of its own and a goal below that has two."""
    vision = cast.goal("Vision", why="Customers stay", owner=cast.ada, perspective=cast.customer)
    speed = cast.goal("Speed", vision, weight=Decimal(60), owner=cast.bo, unit=cast.sales, why="Waiting costs us")
    long = cast.goal(LONG, vision, weight=Decimal(40), owner=cast.cy, why=LONG, description=LONG)
    paused = cast.goal("Paused", speed)
    below = cast.goal("Below", speed, owner=cast.cy)
    kpi(vision, "nps", 44)
    kpi(speed, "answer", 30, unit="min", direction="decrease", baseline=Decimal(50), target=Decimal(10))
    kpi(below, "first", 35)
    kpi(below, "second", 80)
    kpi(long, "long", -3, unit="a unit with a very long name", name=LONG)
    speed.revise(by=cast.bo, why=LONG, reason="Said better")
    lifecycle.change_state(paused, "paused", by=cast.ada)
    Goal.history.update(history_date=timezone.now() - dt.timedelta(days=60))
    today = cast.works.today()
    for back in (40, 30, 20, 10, 1):
        progress.snapshot(cast.works, today - dt.timedelta(days=back))
    return rolled_up(vision), speed, long, below


def test_the_way_from_a_strategic_goal_down_to_a_measurement(cast, company, visit):
    vision, speed, _, below = company
    page = visit(cast.cy).open(f"/goals/{vision.pk}/")
    page.get_by_role("link", name="Where this number comes from").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("comes from")
    expect(page.get_by_text("It agrees with the stored figure")).to_be_visible()

    mark = page.get_by_role("link", name="Parts of Below")
    expect(mark).to_have_attribute("aria-expanded", "false")
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="How first is scored")).to_be_visible()
    expect(page.get_by_role("link", name="Parts of Below")).to_be_focused()
    expect(page.get_by_role("link", name="Parts of Below")).to_have_attribute("aria-expanded", "true")

    page.get_by_role("link", name="How first is scored").click()
    expect(page.get_by_role("row", name="Reached")).to_contain_text("35 ÷ 100 =35.00%")
    assert f"{below.pk}" in page.url
    page.go_back()
    expect(page.get_by_role("row", name="Reached")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('htmx-history-cache')") is None

    page.get_by_role("link", name="Speed", exact=True).click()
    expect(page).to_have_url(f"{page.url.split('/goals/')[0]}/goals/{speed.pk}/")


def test_a_goal_looks_right_in_both_themes_and_widths_with_everything_open(cast, company, visit):
    vision, speed, long, _ = company
    ada = visit(cast.ada)
    for goal in (vision, speed, long):
        page = ada.open(f"/goals/{goal.pk}/")
        for closed in page.locator("main details").all():
            closed.evaluate("details => details.open = true")
        ada.check_looks()


def test_a_calculation_looks_right_with_everything_open(cast, company, visit):
    vision, speed, long, below = company
    kpis = ",".join(str(pk) for pk in Goal.objects.filter(kpis__isnull=False).values_list("kpis__pk", flat=True))
    ada = visit(cast.ada)
    ada.open(f"/goals/{vision.pk}/explain/?open={speed.pk},{long.pk},{below.pk}&how={kpis}")
    ada.check_looks()


def test_the_past_and_the_pages_around_a_goal_look_right(cast, company, visit):
    _, speed, long, _ = company
    ada, today = visit(cast.ada), cast.works.today().isoformat()
    for path in (
        f"/goals/{speed.pk}/?as_of={today}",
        f"/goals/{speed.pk}/explain/?as_of={today}&known={today}",
        f"/goals/{speed.pk}/history/",
        f"/goals/{long.pk}/delete/",
    ):
        ada.open(path)
        ada.check_looks()


def test_a_day_is_chosen_and_left_again(cast, company, visit):
    _, speed, *_ = company
    page = visit(cast.ada).open(f"/goals/{speed.pk}/")
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="See an earlier date").click()
    expect(page.get_by_text("Nothing can be changed here.")).to_be_visible()
    page.get_by_role("link", name="As known then").click()
    expect(page.get_by_role("link", name="As known then")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Where this number comes from").click()
    expect(page.get_by_text("Only what had been recorded by then.")).to_be_visible()
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_text("Nothing can be changed here.")).to_have_count(0)


def test_rows_open_without_javascript_too(cast, company, browser, live_server, visit):
    vision = company[0]
    visitor = visit(cast.ada)
    cookies = visitor.context.cookies()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": c["name"], "value": c["value"], "url": live_server.url} for c in cookies])
    page = context.new_page()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"/goals/{vision.pk}/explain/")
    page.get_by_role("link", name="Parts of Below").click()
    expect(page.get_by_text("second", exact=True)).to_be_visible()
    context.close()
