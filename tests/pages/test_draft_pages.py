"""What if and a drafted re-organisation in a browser: by mouse and by keys alone, tried, then applied."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from goals.models import Draft, Goal
from goals.progress import roll_up
from kpis.models import Kpi
from tests.goals.measuring import kpi, rolled_up

pytestmark = pytest.mark.browser


@pytest.fixture
def goals(cast) -> dict[str, Goal]:
    """Two tops; below the first two departments, the first of which has two teams."""
    made = {"Grow": cast.goal("Grow", owner=cast.bo), "Serve": cast.goal("Serve")}
    for title, parent in (("Sell", "Grow"), ("Win", "Grow"), ("Call", "Sell"), ("Visit", "Sell"), ("Answer", "Serve")):
        made[title] = cast.goal(title, made[parent])
    for title, value in (("Win", 10), ("Call", 20), ("Visit", 60), ("Answer", 90)):
        kpi(made[title], title.lower(), value, name=f"{title}s made")
    rolled_up(made["Grow"])
    return made


def row(page: Page, title: str):
    return page.locator(".tg-row").filter(has=page.get_by_role("link", name=title, exact=True))


def titles(page: Page, *expected: str) -> None:
    expect(page.locator(".tg-title")).to_have_text(list(expected))


def effects(page: Page) -> list[list[str]]:
    return [line.split() for line in page.locator(".wi-table tbody tr").all_inner_texts()]


def fresh(goal: Goal) -> Goal:
    return Goal.objects.select_related("parent").get(pk=goal.pk)


def test_a_target_and_a_value_are_tried_and_the_target_applied(cast, goals, visit):
    page = visit(cast.ada).open("/what-if/")
    page.get_by_label("Name").fill("Raise the bar")
    page.get_by_role("button", name="New draft").click()
    page.get_by_role("searchbox").fill("wins")
    page.get_by_role("button", name="Wins made").click()
    line = page.locator(".wi-line")
    line.get_by_label("Target").fill("50")
    line.get_by_label("Weight").focus()  # away from the field: it is tried at once
    expect(page.locator("#sentence")).to_have_text("Grow rises from 25% to 30%.")
    page.get_by_label("Why").fill("As agreed")
    line.get_by_label("Today, only tried").fill("50")
    line.get_by_label("Weight").focus()
    expect(page.locator("#sentence")).to_contain_text("Grow rises from 25% to 70%")
    expect(page.get_by_label("Why")).to_have_value("As agreed")
    expect(page.locator("#apply")).to_contain_text("1 supposed value of today is only tried and left out.")
    assert Kpi.objects.get(key="win").target == 100
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied by Ada")).to_be_visible()
    assert Kpi.objects.get(key="win").target == 50
    roll_up(cast.works.pk)
    assert round(fresh(goals["Grow"]).figures.progress, 6) == Decimal("0.3")


def test_every_state_of_the_pages_looks_right(cast, goals, visit):
    visitor = visit(cast.ada)
    page = visitor.open("/what-if/")
    visitor.check_looks()
    page.get_by_role("button", name="New draft").click()
    page.get_by_role("searchbox").fill("wi")
    page.get_by_role("button", name="Wins made").click()
    page.locator(".wi-line").get_by_label("Target").fill("50")
    page.get_by_role("searchbox").fill("sell")
    page.get_by_role("button", name="Sell").click()
    page.get_by_text("elsewhere").click()
    page.get_by_label("Below which goal?").focus()
    expect(page.get_by_role("button", name="At the top, below no goal")).to_be_visible()
    visitor.check_looks()


def test_a_reorganisation_is_drafted_by_keys_alone_and_applied(cast, goals, visit):
    page = visit(cast.ada).open("/goals/")
    page.get_by_role("button", name="Draft a re-organisation").press("Enter")
    titles(page, "Grow", "Sell", "Win", "Serve", "Answer")
    row(page, "Win").focus()
    page.keyboard.press("Alt+ArrowRight")
    refused = page.get_by_text("Its level stands above the level of that goal.")
    titles(page, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    expect(refused).to_have_count(0)
    expect(row(page, "Win")).to_contain_text("moved")
    row(page, "Answer").focus()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Grow").check()
    expect(dialog.locator(".move-effect")).to_contain_text("Grow")
    page.keyboard.press("Enter")
    titles(page, "Grow", "Sell", "Call", "Visit", "Win", "Answer", "Serve")
    expect(page.locator("#draft-bar")).to_contain_text("2 moves in the draft")
    page.keyboard.press("Control+z")
    expect(page.locator("#draft-bar")).to_contain_text("1 move in the draft")
    titles(page, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    assert fresh(goals["Win"]).parent == goals["Grow"]
    page.get_by_role("link", name="Apply…").press("Enter")
    page.get_by_label("Why").fill("Closer to its work")
    page.get_by_role("button", name="Apply").press("Enter")
    expect(page.get_by_text("Applied by Ada")).to_be_visible()
    assert fresh(goals["Win"]).parent == goals["Sell"]
    assert fresh(goals["Answer"]).parent == goals["Serve"]


def test_a_reorganisation_is_drafted_by_mouse_kept_over_a_reload_and_discarded(cast, goals, visit):
    visitor = visit(cast.ada)
    page = visitor.open("/goals/")
    page.get_by_role("button", name="Draft a re-organisation").click()
    grip, target = row(page, "Sell").locator(".tg-grip"), row(page, "Serve")
    start, end = grip.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 4, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 200, end["y"] + end["height"] / 2, steps=12)
    expect(page.locator("#drag-hint")).to_contain_text("Serve")
    page.mouse.up()
    titles(page, "Grow", "Win", "Serve", "Answer", "Sell")
    expect(page.locator("#draft-bar")).to_contain_text("Serve falls from 90% to 65%, 1 goal changes its status.")
    page.reload()
    expect(row(page, "Sell")).to_contain_text("today it stands below Grow")
    visitor.check_looks()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("is discarded")).to_be_visible()
    assert fresh(goals["Sell"]).parent == goals["Grow"]
    assert Draft.objects.get().state == "discarded"
