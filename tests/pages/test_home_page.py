"""My line of sight in a real browser: a value is recorded and the strategic goal moves, results are tried, by keyboard
and on a phone."""

import datetime as dt
import re
import time
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals import progress
from goals.models import DirtyMark, Goal
from kpis.models import Kpi, Measurement
from kpis.record_links import record_link
from kpis.recording import record_one
from people.models import Notification
from tests.goals.measuring import kpi
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser

LONG = "Øk kundetilfredsheten gjennom " + "sammenhengende" * 12 + " tjenester 顧客満足度を高める"


@pytest.fixture
def deals(cast) -> Kpi:
    """Cy's Sell is half of Grow; its two KPIs began last year and are late."""
    grow = cast.goal("Grow", why="To stay", owner=cast.ada)
    kpi(cast.goal("Serve", grow), "served", 50)
    sell = cast.goal("Sell", grow, owner=cast.cy, why="Nobody else does", unit=cast.team)
    life = {"start": dt.date(cast.works.today().year - 1, 1, 1), "due": dt.date(cast.works.today().year, 12, 31)}
    deals = kpi(sell, "deals", name="Deals", unit="deals", **life)
    kpi(sell, "calls", name="Calls", unit="h", weight=Decimal(1), **life)
    progress.roll_up(cast.works.pk)
    return deals


def progress_of(page, title: str):
    return page.locator(".station", has_text=title).locator(".st-pct b").first


def test_a_recorded_value_moves_the_strategic_goal(cast, deals, visit):
    page = visit(cast.cy).open("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Two numbers are late.")
    expect(progress_of(page, "Grow")).to_have_text("50%")
    field = page.get_by_label("Deals", exact=True)
    field.fill("80")
    expect(page.get_by_text("80 deals puts your goal at 80%")).to_be_visible()
    field.press("Enter")
    expect(page.get_by_text("Deals: 80 deals saved for")).to_be_visible()
    expect(page.get_by_label("Calls", exact=True)).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_contain_text("One number is late.")
    expect(page.get_by_text("Figures are being updated")).to_be_visible()
    page.get_by_label("Calls", exact=True).type("3")
    progress.roll_up(cast.works.pk)
    expect(page.get_by_text("It puts your goal at 80%.")).to_be_visible()
    expect(progress_of(page, "Grow")).to_have_text("65%")
    expect(page.get_by_text("Figures are being updated")).not_to_be_visible()
    expect(page.get_by_label("Calls", exact=True)).to_have_value("3")
    assert Measurement.objects.get(kpi=deals).value == 80


def test_what_is_wrong_stands_at_the_field(cast, deals, visit):
    visitor = visit(cast.cy)
    page = visitor.open("/")
    visitor.refusals.add(422)
    page.get_by_label("Deals", exact=True).fill("many")
    page.get_by_label("Deals", exact=True).press("Enter")
    expect(page.get_by_text("Enter a number, such as 12.5.")).to_be_visible()
    expect(page.get_by_label("Deals", exact=True)).to_have_value("many")
    expect(page.get_by_label("Deals", exact=True)).to_be_focused()
    visitor.check_looks()


def test_the_slider_changes_every_figure_and_saves_nothing(cast, deals, visit):
    kpi_values(deals, "40")
    page = visit(cast.cy).open("/")
    slider = page.get_by_role("slider")
    expect(page.locator("#sight-h")).to_have_text("If you reach 100 deals, Grow moves up by 30 points.")
    slider.focus()
    slider.press("Home")
    expect(page.locator("#sight-h")).to_have_text("If you reach 0 deals, Grow moves down by 20 points.")
    expect(page.locator(".st-would b").first).to_have_text("25%")
    expect(page.locator("[data-try-output]")).to_have_text("0 deals")
    expect(slider).to_have_attribute("aria-valuetext", "0\N{NO-BREAK SPACE}deals")
    for _ in range(5):
        slider.press("ArrowRight")
    expect(page.locator("[data-try-output]")).not_to_have_text("0 deals")
    expect(slider).to_be_focused()
    assert Measurement.objects.filter(kpi=deals).count() == 1
    assert not DirtyMark.objects.exists()


def kpi_values(made: Kpi, value: str) -> None:
    record_one(made, made.organisation.today(), Decimal(value), by=None)
    progress.roll_up(made.organisation_id)


def test_another_goal_is_chosen_without_losing_what_was_typed(cast, deals, visit):
    other = cast.goal("Learn", Goal.objects.get(title="Grow"), owner=cast.cy)
    kpi(other, "books", 10, name="Books")
    progress.roll_up(cast.works.pk)
    page = visit(cast.cy).open("/")
    page.get_by_label("Deals", exact=True).fill("12")
    page.locator(".mine").get_by_role("link", name="Learn").click()
    expect(page.locator("#sight-h")).to_have_text("If you reach 100, Grow moves up by 45 points.")
    expect(page.locator("[data-goal][aria-current]")).to_contain_text("Learn")
    expect(page.get_by_label("Deals", exact=True)).to_have_value("12")
    expect(page).to_have_url(re.compile(f"goal={other.pk}"))
    page.reload()
    expect(page.locator("[data-goal][aria-current]")).to_contain_text("Learn")


def test_a_value_that_is_not_due_is_entered_under_its_kpi(cast, deals, visit):
    books = kpi(Goal.objects.get(title="Sell"), "books", name="Books", start=cast.works.today())
    progress.roll_up(cast.works.pk)
    page = visit(cast.cy).open("/")
    page.get_by_role("link", name=re.compile("change Books")).press("Enter")
    field = page.locator(f"#value-{books.pk}")
    expect(field).to_be_focused()
    field.fill("7")
    page.locator(f"#edit-{books.pk}").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Books: 7 saved for")).to_be_visible()
    assert Measurement.objects.get(kpi=books).value == 7


def test_on_a_phone_a_value_takes_two_taps_and_15_seconds_until_it_has_reached_the_strategy(cast, deals, visit):
    visitor = visit(cast.cy)
    visitor.resize(PHONE, "light")
    begun = time.monotonic()
    page = visitor.open("/")
    page.evaluate("window.taps = 0; addEventListener('pointerdown', () => window.taps++, true)")
    page.get_by_label("Deals", exact=True).click()
    page.keyboard.type("80")
    page.locator(f"#due-{deals.pk}").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Deals: 80 deals saved for")).to_be_visible()
    assert time.monotonic() - begun < 15
    assert page.evaluate("window.taps") == 2
    progress.roll_up(cast.works.pk)
    expect(page.get_by_text("It puts your goal at 80%.")).to_be_visible()
    expect(progress_of(page, "Grow")).to_have_text("65%")


def test_a_link_in_a_mail_takes_one_number_and_one_tap(cast, deals, visit):
    visitor = visit()
    visitor.resize(PHONE, "light")
    link = record_link(cast.cy, deals, dt.date(cast.works.today().year - 1, 12, 1))
    path = "/" + link.split("/", 3)[3]
    page = visitor.open(path)
    visitor.check_looks()
    page.get_by_label(f"{cast.works.today().year - 1}-12").fill("80")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Saved")
    assert Measurement.objects.get(kpi=deals).recorded_by == cast.cy
    visitor.open(path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded already")
    visitor.open("/record/nonsense/", status=404)
    visitor.check_looks()


def test_whose_goal_leads_nowhere_asks_and_is_given_a_place(cast, deals, visit):
    alone = cast.goal("Alone", level=2, owner=cast.cy)
    progress.roll_up(cast.works.pk)
    page = visit(cast.cy).open(f"/?goal={alone.pk}")
    page.get_by_label("What does your work help with?").fill("It helps us grow")
    page.get_by_role("button", name="Ask for a path").click()
    expect(page.locator("#ask")).to_contain_text("You asked for a path")
    office = visit(cast.ada)
    answering = office.open("/notifications/")
    expect(answering.get_by_text("Cy asks for a path to the strategy: Alone")).to_be_visible()
    answering = office.open(Notification.objects.get(person=cast.ada).url)
    office.check_looks()
    answering.get_by_label("Place it below").select_option(label="Grow")
    answering.get_by_role("button", name="Answer").click()
    expect(answering.get_by_text("It stands below")).to_be_visible()
    page.reload()
    expect(page.locator(".station", has_text="Grow")).to_be_visible()


def test_without_javascript_a_value_is_saved_on_the_page_of_its_kpi(cast, deals, browser, live_server, visit):
    cookies = visit(cast.cy).context.cookies()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": c["name"], "value": c["value"], "url": live_server.url} for c in cookies])
    page = context.new_page()
    page.goto("/?value=30")
    expect(page.locator("#sight-h")).to_contain_text("If you reach 30 deals")
    page.get_by_label("Deals", exact=True).fill("80")
    page.locator(f"#due-{deals.pk}").get_by_role("button", name="Save").click()
    expect(page.get_by_text("recorded for")).to_be_visible()
    assert Measurement.objects.get(kpi=deals).value == 80
    context.close()


def test_it_looks_right_with_long_words_hidden_goals_and_nothing(cast, deals, visit):
    grow = Goal.objects.get(title="Grow")
    grow.revise(by=cast.ada, title=LONG, why=LONG)
    secret = cast.goal("Secret", grow, owner=cast.ada, visibility=Goal.Visibility.PRIVATE)
    own = cast.goal(LONG, secret, owner=cast.cy, why=LONG)
    kpi(own, "long", 30, name=LONG, unit="a unit with a very long name")
    kpi(own, "go", name="Go live", kind="boolean", cadence="once", target=Decimal(1))
    alone = cast.goal("Alone", level=2, owner=cast.cy)
    progress.roll_up(cast.works.pk)
    visitor = visit(cast.cy)
    for path in ("/", f"/?goal={own.pk}", f"/?goal={alone.pk}"):
        visitor.open(path)
        visitor.check_looks()
    managed = visit(cast.bo)
    managed.open(f"/people/{cast.cy.pk}/line-of-sight/")
    managed.check_looks()
    nobody = visit(cast.dee)
    nobody.open("/")
    nobody.check_looks()
