"""The goal tree in a browser: many goals changed and moved together, views and columns, hundreds of open rows."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from goals.models import Goal
from people.models import Person
from tests.company import grow
from tests.pages.browsing import PHONE
from tests.pages.test_tree_page import drag, fresh, goals, row, shown

pytestmark = pytest.mark.browser
__all__ = ["goals"]


@pytest.fixture
def opened(cast, goals, visit) -> Page:
    return visit(cast.ada).open("/goals/")


def bar(page: Page):
    return page.get_by_role("toolbar", name="With the selected goals")


def test_goals_are_selected_by_keys_changed_together_and_taken_back(opened, goals):
    row(opened, "Sell").focus()
    opened.keyboard.press("Space")
    expect(row(opened, "Sell")).to_have_attribute("aria-selected", "true")
    opened.keyboard.press("Shift+ArrowDown")
    expect(bar(opened)).to_contain_text("2 goals selected")
    opened.keyboard.press("Shift+ArrowUp")
    expect(bar(opened)).to_contain_text("1 goal selected")
    opened.keyboard.press("Shift+ArrowDown")
    bar(opened).get_by_role("button", name="Weight").click()
    dialog = opened.get_by_role("dialog", name="Weight of 2 goals")
    dialog.get_by_label("Weight").fill("3")
    dialog.get_by_role("button", name="Change 2 goals").click()
    expect(dialog).to_be_hidden()
    expect(opened.locator("#toasts")).to_contain_text("Weight of 2 goals changed.")
    assert [fresh(goals[title]).weight for title in ("Sell", "Win")] == [Decimal(3)] * 2
    opened.keyboard.press("Escape")
    expect(bar(opened)).to_be_hidden()
    opened.reload()
    opened.get_by_role("button", name="Undo").click()
    expect(opened.locator("#toasts")).to_contain_text("Taken back: weight of 2 goals changed")
    assert [fresh(goals[title]).weight for title in ("Sell", "Win")] == [Decimal(1)] * 2


def test_the_dialog_says_which_goals_stay_as_they_are_and_why(cast, goals, visit):
    visitor = visit(cast.cy)
    visitor.refusals |= {422}
    page = visitor.open("/goals/")
    row(page, "Win").focus()
    page.keyboard.press("Control+a")
    expect(bar(page)).to_contain_text("5 goals selected")
    bar(page).get_by_role("button", name="State").click()
    dialog = page.get_by_role("dialog", name="State of 5 goals")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        dialog.get_by_label("State").select_option("paused")
    expect(dialog).to_contain_text("3 goals change. 2 stay as they are:")
    expect(dialog).to_contain_text("You may not change it.")
    goals["Win"].revise(by=cast.bo, title="Of Bo")
    dialog.get_by_role("button", name="Change 3 goals").click()
    expect(dialog).to_contain_text("Bo changed it meanwhile; look at it first.")
    dialog.get_by_role("button", name="Change 2 goals").click()
    expect(dialog).to_be_hidden()
    assert [fresh(goals[title]).state for title in ("Sell", "Win", "Answer")] == ["paused", "active", "paused"]


def test_boxes_select_and_with_shift_everything_between(opened):
    row(opened, "Sell").get_by_role("checkbox").check()
    row(opened, "Answer").get_by_role("checkbox").click(modifiers=["Shift"])
    expect(bar(opened)).to_contain_text("4 goals selected")
    row(opened, "Win").get_by_role("checkbox").uncheck()
    expect(bar(opened)).to_contain_text("3 goals selected")
    bar(opened).get_by_role("button", name="Clear").click()
    expect(bar(opened)).to_be_hidden()


def test_selected_goals_are_dragged_together_and_back(opened, goals):
    row(opened, "Sell").get_by_role("checkbox").check()
    row(opened, "Win").get_by_role("checkbox").check()
    drag(opened, "Win", "Serve", 0.5)
    expect(opened.locator("#drag-hint")).to_contain_text("Below “Serve”")
    expect(opened.locator("#drag-hint")).to_contain_text("Grow")
    opened.mouse.up()
    shown(opened, "Grow", "Serve", "Answer", "Sell", "Win")
    assert {fresh(goals[title]).parent.title for title in ("Sell", "Win")} == {"Serve"}
    opened.keyboard.press("Control+z")
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")


def test_columns_and_order_are_chosen_and_kept_as_a_view(opened, cast):
    opened.get_by_text("Columns", exact=True).first.click()
    opened.get_by_role("checkbox", name="Unit").uncheck()
    opened.get_by_role("checkbox", name="Due").check()
    expect(opened.get_by_role("columnheader", name="Due")).to_be_visible()
    expect(opened.get_by_role("columnheader", name="Unit")).to_have_count(0)
    opened.keyboard.press("Escape")
    head = opened.get_by_role("columnheader", name="Goal")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").click()
    shown(opened, "Serve", "Answer", "Grow", "Win", "Sell")
    assert "sort=-title" in opened.url
    opened.get_by_text("Views", exact=True).click()
    opened.get_by_label("Save what is shown as a view").fill("Backwards")
    opened.get_by_role("button", name="Save view").click()
    expect(opened.locator("#toasts")).to_contain_text("The view “Backwards” is saved.")
    shown(opened, "Serve", "Answer", "Grow", "Win", "Sell")
    view = cast.ada.saved_views.get()
    assert view.query.endswith("due&sort=-title")
    opened.goto("/goals/")
    opened.get_by_text("Views", exact=True).click()
    opened.get_by_role("link", name="Backwards").click()
    shown(opened, "Serve", "Answer", "Grow", "Win", "Sell")
    opened.get_by_label("Needs attention").check()
    summary = opened.locator("#tree-views summary")
    expect(summary).to_have_text("Backwards· changed")
    summary.click()
    opened.get_by_role("button", name="Save as it is shown now").click()
    expect(opened.locator("#tree-views summary")).to_have_text("Backwards")
    view.refresh_from_db()
    assert view.query.startswith("attention=on&columns=")


def test_what_is_open_is_remembered_on_another_visit_and_after_going_back(opened, goals):
    opened.get_by_role("button", name="Open all").click()
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    row(opened, "Serve").locator(".tg-twist").click()
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve")
    opened.goto(f"/goals/{goals['Win'].pk}/")
    opened.go_back()
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve")
    opened.goto("/goals/")
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve")


@pytest.fixture
def big(db):
    organisation = grow(700, roots=3, kpis_a_goal=0, name="Big")
    return Person.objects.get(organisation=organisation)


def test_of_many_open_rows_only_those_around_what_is_seen_are_in_the_page(big, visit):
    page = visit(big).open("/goals/?open=all")
    goals, grid = Goal.objects.count(), page.get_by_role("treegrid")
    expect(grid).to_have_attribute("aria-rowcount", str(goals + 1))
    assert page.locator(".tg-row").count() < 120
    page.locator(".tg-row").first.focus()
    page.keyboard.press("End")
    last = page.locator(".tg-row:focus")
    expect(last).to_have_attribute("aria-rowindex", str(goals + 1))
    expect(last.locator(".tg-title")).to_contain_text("Goal")
    assert page.locator(".tg-row").count() < 150
    page.keyboard.press("ArrowUp")
    expect(page.locator(".tg-row:focus")).to_have_attribute("aria-rowindex", str(goals))
    page.keyboard.press("Home")
    expect(page.locator(".tg-row:focus")).to_have_attribute("aria-rowindex", "2")
    page.mouse.move(700, 500)
    page.mouse.wheel(0, 9000)
    expect(page.locator(".tg-row").nth(30).locator(".tg-title")).to_be_visible()
    assert page.locator("[role=row][tabindex='0']").count() == 1
    page.keyboard.press("Control+a")
    expect(bar(page)).to_contain_text(f"{goals} goals selected")


def test_the_tree_with_everything_open_is_accessible(cast, goals, visit):
    goals["Win"].revise(by=cast.ada, title="Långt " * 78 + "=1+1 <b>نص</b>")
    visitor = visit(cast.ada)
    page = visitor.open(
        "/goals/?columns=level,owner,unit,perspective,weight,effective,progress,gap,status,coverage,due"
    )
    page.locator(f"#goal-{goals['Win'].pk}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowUp")
    visitor.check_looks()
    page.get_by_text("Views", exact=True).click()
    visitor.check_looks()
    bar(page).get_by_role("button", name="State").click()
    expect(page.get_by_role("dialog", name="State of 2 goals")).to_be_visible()
    visitor.check_looks()


def test_on_a_phone_boxes_are_big_enough_to_touch(cast, goals, visit):
    visitor = visit(cast.ada)
    visitor.resize(PHONE, "light")
    page = visitor.open("/goals/")
    box = row(page, "Win").locator(".tg-check")
    assert min(box.bounding_box()["width"], box.bounding_box()["height"]) >= 44
    box.click()
    expect(bar(page)).to_be_visible()
    assert Goal.objects.filter(pk=goals["Win"].pk, version=1).exists()
