"""The dashboard in a real browser: it looks right, its later parts come, the cascade is gone down by mouse and list."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from people.models import Unit
from tests.goals.measuring import kpi
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser

LONG = "Øk kundetilfredsheten gjennom " + "sammenhengende" * 12 + " tjenester 顧客満足度を高める"


@pytest.fixture
def company(cast) -> Goal:
    """Four strategic goals, one with a very long title, units below, one goal hidden, forty days of snapshots."""
    units = [Unit.objects.create(organisation=cast.works, name=name) for name in ("Support", LONG[:200])]
    tops = [cast.goal(title, owner=cast.ada) for title in ("Serve", "Win", LONG, "Learn")]
    for number, top in enumerate(tops[:3]):
        for unit in units:
            below = cast.goal(f"Part {number} of {unit.name}", top, unit=unit, owner=cast.bo)
            judged(below, 20 + 30 * number)
            judged(cast.goal(f"Team {number} of {unit.name}", below), 90 - 30 * number)
    judged(cast.goal("Secret", tops[1], owner=cast.ada, unit=units[0], visibility=Goal.Visibility.PRIVATE), 10)
    cast.goal("Empty", tops[0])
    for model in (Goal, Kpi):
        model.history.update(history_date=timezone.now() - dt.timedelta(days=60))
    for back in (40, 30, 20, 10, 1):
        progress.snapshot(cast.works, cast.works.today() - dt.timedelta(days=back))
    progress.roll_up(cast.works.pk)
    return tops[0]


def judged(goal: Goal, value: int) -> None:
    kpi(goal, f"k{goal.pk}", value, target_mode="each_period", cadence="daily")


def seen_whole(page):
    """The later parts come when the reader gets to them."""
    for part in ("#progress", "#cascade"):
        page.locator(part).scroll_into_view_if_needed()
        page.locator(part).locator("[data-chart]").last.scroll_into_view_if_needed()
        expect(page.locator(part).locator("[data-chart=drawn]").last).to_be_visible()


def test_it_looks_right_to_who_sees_all_and_to_who_does_not(cast, company, visit):
    for person in (cast.ada, cast.cy):
        visitor = visit(person)
        page = visitor.open("/dashboard/")
        seen_whole(page)
        for twin in page.locator(".twin > summary").all():
            twin.click()
        visitor.check_looks()


def test_the_past_and_an_empty_strategy_look_right(cast, company, visit):
    visitor = visit(cast.cy)
    visitor.open(f"/dashboard/?as_of={cast.works.today() - dt.timedelta(days=1)}")
    visitor.check_looks()
    visitor.open(f"/dashboard/progress/?cycle={cast.cycle.pk}")
    visitor.check_looks()
    stranger = visit(cast.eve)
    stranger.open("/dashboard/")
    stranger.check_looks()
    cast.elsewhere.cycles.all().delete()
    stranger.open("/dashboard/")
    stranger.check_looks()


def test_the_cascade_is_gone_down_and_up(cast, company, visit):
    page = visit(cast.ada).open("/dashboard/")
    page.locator("#cascade").scroll_into_view_if_needed()
    expect(page.locator("#cascade [data-chart=drawn]")).to_be_visible()
    page.locator("#cascade g.slice", has_text="Serve").locator("path").click()
    expect(page.locator("#cascade-h")).to_have_text("Serve, all the way down")
    page.locator("#cascade").get_by_role("link", name="The whole cascade").click()
    expect(page.locator("#cascade-h")).to_have_text("The whole cascade")
    page.locator("#cascade summary").press("Enter")
    page.get_by_role("link", name="down from Serve").press("Enter")
    expect(page.locator("#cascade-h")).to_have_text("Serve, all the way down")


def test_another_day_is_chosen_by_keyboard(cast, company, visit):
    page = visit(cast.cy).open("/dashboard/")
    day = cast.works.today() - dt.timedelta(days=1)
    page.get_by_label("As of").fill(day.isoformat())
    page.get_by_label("As of").press("Enter")
    expect(page.get_by_text("With every correction made since.")).to_be_visible()
    page.get_by_role("link", name="As known then").click()
    expect(page.get_by_text("Only what had been recorded by then.")).to_be_visible()
    page.get_by_role("link", name="Back to today").click()
    expect(page.get_by_text("This page shows")).not_to_be_visible()


def test_on_a_phone_every_figure_is_there_without_scrolling_sideways(cast, company, visit):
    visitor = visit(cast.cy)
    visitor.resize(PHONE, "light")
    page = visitor.open("/dashboard/")
    expect(page.locator(".strat tbody tr").first.get_by_text("vs pace")).to_have_count(0)
    for selector in (".strat tbody tr", ".heat tbody td[data-label]"):
        box = page.locator(selector).first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]


def test_printed_it_opens_its_tables_and_leaves_the_controls_out(cast, company, visit):
    page = visit(cast.ada).open("/dashboard/")
    seen_whole(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".twin table").first).to_be_visible()
    expect(page.get_by_role("button", name="Print")).not_to_be_visible()
    expect(page.locator(".asof")).not_to_be_visible()
    expect(page.locator(".board-head")).to_be_visible()


def test_a_value_moves_the_board(cast, company, visit):
    page = visit(cast.ada).open("/dashboard/")
    expect(page.locator(".strat tbody tr", has_text="Serve")).to_contain_text("Off track")
    Goal.objects.get(title="Learn").revise(by=cast.ada, weight=Decimal(2))
    progress.roll_up(cast.works.pk)
    page.reload()
    expect(page.locator(".strat tbody tr", has_text="Learn")).to_contain_text("40% of the strategy")
