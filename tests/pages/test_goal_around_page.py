"""What is planned and said around a goal, in the browser."""

import pytest
from playwright.sync_api import expect

from people.models import Person
from tests.goals.measuring import kpi, rolled_up
from tests.planning import alignment, comment, factor, initiative, process, resource

pytestmark = pytest.mark.browser


@pytest.fixture
def goal(cast):
    made = cast.goal("Grow", cast.goal("Top"), owner=cast.bo, why="So that we can stay")
    kpi(made, "Calls answered", 5, start=cast.works.today().replace(day=1))
    return rolled_up(made)


def address(goal) -> str:
    return f"/goals/{goal.pk}/"


def settled(page) -> None:
    """What htmx has just put in answers to it; a moment before it is still a plain form."""
    expect(page.locator(".htmx-added, .htmx-settling, .htmx-swapping")).to_have_count(0)


def test_a_comment_reaches_who_is_mentioned(cast, goal, visit):
    Person.objects.filter(pk=cast.cy.pk).update(name="Cy Åsen")
    page = visit(cast.bo).open(address(goal))
    box = page.get_by_label("Write a comment")
    box.fill("Look here, ")
    box.press_sequentially("@cy")
    expect(page.get_by_role("option", name="Cy Åsen")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("Look here, @Cy Åsen ")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".said .mention")).to_have_text("@Cy Åsen")
    expect(box).to_have_value("")

    theirs = visit(cast.cy).open("/notifications/")
    theirs.get_by_role("button", name="Bo mentions you on Grow").first.click()
    expect(theirs.locator(".said li")).to_contain_text("Look here, @Cy Åsen")


def test_comments_are_changed_and_deleted_in_place(cast, goal, visit):
    comment(cast, goal, "Frist", by=cast.cy)
    page = visit(cast.cy).open(address(goal))
    page.get_by_role("link", name="Edit this comment").click()
    box = page.get_by_label("Change your comment")
    expect(box).to_be_focused()
    box.fill("First")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".said")).to_contain_text("First")
    expect(page.locator(".said")).to_contain_text("edited")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this comment").click()
    expect(page.locator(".said")).to_contain_text("This comment was deleted.")


def test_an_initiative_is_added_and_ticked_off_by_keyboard(cast, goal, visit):
    page = visit(cast.bo).open(address(goal))
    page.get_by_text("Add initiative").press("Enter")
    page.get_by_label("What is to be done?").fill("Stock two depots")
    page.get_by_label("Which KPI should it move?").or_(
        page.get_by_role("checkbox", name="Calls answered")
    ).first.check()
    page.get_by_label("What is to be done?").press("Enter")
    row = page.locator(".ini-row")
    expect(row).to_contain_text("Stock two depots")
    settled(page)
    expect(row.locator(".ini-moves")).to_have_text("Calls answered")
    step = page.get_by_label("Next milestone")
    step.fill("Order")
    step.press("Enter")
    tick = page.get_by_role("button", name="Done: Order")
    expect(tick).to_be_visible()
    settled(page)
    tick.press("Enter")
    expect(tick).to_have_attribute("aria-pressed", "true")
    expect(tick).to_be_focused()
    expect(row.locator(".ini-done")).to_contain_text("1 of 1")
    settled(page)
    page.get_by_role("button", name="Done: Stock two depots").press(" ")
    expect(page.get_by_text("1 done or dropped")).to_be_visible()
    assert list(goal.initiatives.values_list("state", flat=True)) == ["done"]


def test_a_factor_is_covered_by_one_click_on_a_kpi(cast, goal, visit):
    factor(cast, goal, "Somebody picks up")
    page = visit(cast.bo).open(address(goal))
    expect(page.locator("#factors")).to_contain_text("covered 0 of 1")
    page.locator("#factors summary", has_text="Link a KPI").click()
    page.locator("#factors").get_by_role("button", name="Calls answered").click()
    expect(page.locator("#factors")).to_contain_text("covered 1 of 1")


def test_a_goal_beside_the_tree_is_picked_by_typing(cast, goal, visit):
    other = cast.goal("Sell abroad", goal.parent)
    page = visit(cast.bo).open(address(goal))
    page.get_by_text("Support another goal").click()
    field = page.get_by_label("Which goal does it help?")
    field.press_sequentially("abr")
    expect(page.get_by_role("option", name="Sell abroad")).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    page.locator("#alignments").get_by_role("button", name="Add").click()
    page.locator(".beside").get_by_role("link", name="Sell abroad").click()
    expect(page.locator("#alignments")).to_contain_text("Supported by")
    expect(page.locator("#alignments")).to_contain_text("Grow")
    assert list(goal.alignments.values_list("supports", flat=True)) == [other.pk]


def test_what_is_wrong_is_said_in_place_and_nothing_typed_is_lost(cast, goal, visit):
    visitor = visit(cast.bo)
    visitor.refusals.add(422)
    page = visitor.open(address(goal))
    page.get_by_text("Add help").click()
    page.locator("#resource-title").fill("A guide")
    page.locator("#help").get_by_role("button", name="Add").click()
    expect(page.locator("#help .field-error")).to_contain_text("Give its address, or write here what helps.")
    expect(page.locator("#resource-title")).to_have_value("A guide")


def test_it_looks_right_with_everything_open(cast, goal, visit):
    other = cast.goal("Sell", goal.parent)
    measured = goal.kpis.get()
    long = "Unbreakable" * 12
    factor(cast, goal, "Covered", kpis=[measured], perspective=cast.customer)
    factor(cast, goal, long)
    initiative(
        cast, goal, other, title=long, kpis=[measured], owner=cast.cy, due="2020-01-01", milestones=[{"title": long}]
    )
    initiative(cast, goal, state="done", milestones=[{"title": "A", "done_on": "2026-01-01"}])
    alignment(cast, goal, other, note=long)
    comment(cast, goal, f"@Cy {long} https://a.example/{long}", by=cast.bo)
    resource(cast, goals=[goal])
    process(cast, kpis=[measured], owner=cast.cy, url="https://a.example")
    visitor = visit(cast.bo)
    page = visitor.open(address(goal))
    page.evaluate("document.querySelectorAll('main details:not([data-menu])').forEach(each => { each.open = true })")
    visitor.check_looks()
    page.locator("#factors details[data-menu] summary").first.click()
    assert visitor.violations() == []


def test_a_value_is_entered_on_the_goals_page(cast, goal, visit):
    visitor = visit(cast.bo)
    visitor.refusals.add(422)
    page = visitor.open(address(goal))
    page.get_by_role("link", name="Enter a value for Calls answered").press("Enter")
    field = page.locator(".value-form .input").last
    expect(field).to_be_focused()
    field.fill("many")
    field.press("Enter")
    expect(page.locator(".value-form .field-error")).to_be_visible()
    expect(field).to_have_value("many")
    field.fill("60")
    expect(page.locator(".value-form .checkin-effect")).to_contain_text("lifts your goal from 5% to 60%")
    field.press("Enter")
    expect(page.locator(".value-saved")).to_contain_text("60 saved")
    expect(page.locator(".pending")).to_be_visible()
    field_below = page.get_by_label("Write a comment")
    field_below.fill("Half a sentence")
    rolled_up(goal)
    expect(page.locator("#figures .figure-num")).to_contain_text("60", timeout=30_000)
    expect(page.locator("#figures-main .kpi-table")).to_contain_text("60")
    expect(page.locator(".value-saved")).to_be_visible()
    expect(field_below).to_have_value("Half a sentence")
    expect(page.locator(".pending")).to_have_count(0)
