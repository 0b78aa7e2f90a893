"""The goal tree in a browser: read, found, edited, added to, moved and undone, by mouse and by keys alone."""

from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from goals.models import Goal
from goals.progress import roll_up
from tests.goals.measuring import kpi, rolled_up
from tests.pages.browsing import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def goals(cast) -> dict[str, Goal]:
    """Two tops; below the first two departments, the first of which has two teams."""
    made = {"Grow": cast.goal("Grow", owner=cast.bo), "Serve": cast.goal("Serve")}
    for title, parent in (("Sell", "Grow"), ("Win", "Grow"), ("Call", "Sell"), ("Visit", "Sell"), ("Answer", "Serve")):
        made[title] = cast.goal(title, made[parent], owner=cast.cy, unit=cast.team)
    for title, value in (("Win", 10), ("Call", 20), ("Visit", 60), ("Answer", 90)):
        kpi(made[title], title.lower(), value)
    rolled_up(made["Grow"])
    return made


@pytest.fixture
def opened(cast, goals, visit) -> Page:
    return visit(cast.ada).open("/goals/")


@pytest.fixture
def reader(cast, goals, visit):
    """A visitor who expects refusals with 422: a form that comes back with its reasons."""
    visitor = visit(cast.ada)
    visitor.refusals |= {409, 422}
    return visitor


def row(page: Page, title: str) -> Locator:
    return page.locator(".tg-row").filter(has=page.get_by_role("link", name=title, exact=True))


def titles(page: Page) -> list[str]:
    return page.locator(".tg-title").all_inner_texts()


def shown(page: Page, *expected: str) -> None:
    """Waits until these goals stand there, in this order."""
    expect(page.locator(".tg-title")).to_have_text(list(expected))


def held(page: Page, title: str) -> None:
    """Waits until the row of a goal has the focus."""
    expect(row(page, title)).to_be_focused()


def fresh(goal: Goal) -> Goal:
    return Goal.objects.select_related("parent", "owner").get(pk=goal.pk)


def test_goals_are_opened_on_demand_and_stay_open_after_a_reload(opened):
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    row(opened, "Sell").locator(".tg-twist").click()
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    expect(row(opened, "Sell")).to_have_attribute("aria-expanded", "true")
    call = row(opened, "Call")
    assert [call.get_attribute(f"aria-{name}") for name in ("level", "posinset", "setsize")] == ["3", "1", "2"]
    row(opened, "Serve").locator(".tg-twist").click()
    opened.reload()
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve")


def test_what_is_typed_is_found_and_stands_in_the_address(opened):
    expect(opened.get_by_role("button", name="Open all")).to_be_visible()
    opened.get_by_role("searchbox").fill("visit")
    shown(opened, "Grow", "Sell", "Visit")
    expect(opened.get_by_role("button", name="Open all")).to_be_hidden()  # what is found is open
    assert "q=visit" in opened.url
    expect(row(opened, "Sell")).to_have_class("tg-row is-context")
    opened.get_by_role("searchbox").fill("nothing like it")
    expect(opened.get_by_text("Nothing found")).to_be_visible()
    opened.get_by_role("link", name="Clear").click()
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    opened.get_by_label("Needs attention").check()
    expect(row(opened, "Win")).to_be_visible()
    expect(row(opened, "Answer")).to_have_count(0)
    opened.reload()
    expect(row(opened, "Answer")).to_have_count(0)


def test_the_keys_reach_every_row_and_act_on_it(opened):
    opened.get_by_role("searchbox").focus()
    opened.keyboard.press("ArrowDown")
    held(opened, "Grow")
    for key, title in (("ArrowRight", "Sell"), ("End", "Answer"), ("ArrowLeft", "Serve"), ("Home", "Grow")):
        opened.keyboard.press(key)
        held(opened, title)
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowRight")
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    opened.keyboard.press("ArrowRight")
    held(opened, "Call")
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowLeft")
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    held(opened, "Sell")
    opened.keyboard.press("Shift+?")
    expect(opened.get_by_role("dialog", name="Keys in the goal tree")).to_be_visible()
    opened.keyboard.press("Escape")
    held(opened, "Sell")
    opened.keyboard.press("/")
    expect(opened.get_by_role("searchbox")).to_be_focused()


def test_only_one_row_is_a_tab_stop(opened):
    assert opened.locator(".tg-row[tabindex='0']").count() == 1
    row(opened, "Win").click(position={"x": 500, "y": 10})
    assert opened.locator(".tg-row[tabindex='0']").count() == 1


def test_the_panel_opens_beside_the_tree_and_gives_the_focus_back(opened, goals):
    row(opened, "Sell").focus()
    opened.keyboard.press("Enter")
    panel = opened.locator("#tree-panel")
    expect(panel.get_by_role("heading", name="Sell")).to_be_focused()
    expect(panel).to_contain_text("Counts for")
    assert f"panel={goals['Sell'].pk}" in opened.url
    opened.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    held(opened, "Sell")
    row(opened, "Win").locator(".tg-title").click()
    expect(panel).to_contain_text("win")
    opened.reload()
    expect(panel.get_by_role("heading", name="Win")).to_be_visible()


def test_a_title_is_edited_in_its_cell_and_tab_goes_on_to_owner_and_weight(opened, goals):
    row(opened, "Win").focus()
    opened.keyboard.press("F2")
    opened.get_by_label("Title of Win").fill("Win more")
    opened.keyboard.press("Tab")
    owner = opened.get_by_label("Owner of Win more")
    expect(owner).to_be_focused()
    owner.fill("de")
    expect(opened.get_by_role("option", name="Dee")).to_be_visible()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    expect(owner).to_have_value("Dee")
    opened.keyboard.press("Tab")
    weight = opened.get_by_label("Weight of Win more")
    weight.fill("3")
    expect(opened.locator(".cell-form output")).to_have_text("= 75.0% of the goal above")
    opened.keyboard.press("Enter")
    expect(row(opened, "Win more").locator(".tg-weight")).to_have_text("75%")
    expect(row(opened, "Sell").locator(".tg-weight")).to_have_text("25%")
    held(opened, "Win more")
    saved = fresh(goals["Win"])
    assert (saved.title, saved.owner.name, saved.weight) == ("Win more", "Dee", Decimal(3))


def test_an_error_stays_at_the_cell_and_escape_gives_up(reader, goals):
    page = reader.open("/goals/")
    row(page, "Win").locator(".tg-goal").dblclick()
    page.get_by_label("Title of Win").fill(" ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".cell-form")).to_have_count(0)
    held(page, "Win")
    assert fresh(goals["Win"]).title == "Win"


@pytest.mark.parametrize("choice", ["Keep mine", "Take theirs"])
def test_two_people_who_change_one_title_see_both(cast, goals, reader, choice):
    page = reader.open("/goals/")
    row(page, "Win").focus()
    page.keyboard.press("F2")
    page.get_by_label("Title of Win").fill("Mine")
    goals["Win"].revise(by=cast.bo, title="Theirs")
    page.keyboard.press("Enter")
    conflict = page.get_by_role("alert").filter(has_text="Bo")
    expect(conflict).to_contain_text("“Theirs”")
    conflict.get_by_role("button", name=choice).click()
    expect(conflict).to_have_count(0)
    left = "Mine" if choice == "Keep mine" else "Theirs"
    expect(row(page, left)).to_be_visible()
    assert fresh(goals["Win"]).title == left


@pytest.mark.parametrize(("steps", "left"), [(1, "Mine"), (2, "Theirs")])
def test_a_conflict_is_settled_by_keys_alone(cast, goals, reader, steps, left):
    page = reader.open("/goals/")
    row(page, "Win").focus()
    page.keyboard.press("F2")
    page.get_by_label("Title of Win").fill("Mine")
    goals["Win"].revise(by=cast.bo, title="Theirs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Bo")).to_be_visible()
    expect(page.locator(".cell-form input[name=title]")).to_be_focused()
    for _ in range(steps):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    held(page, left)
    assert fresh(goals["Win"]).title == left


def test_goals_are_added_one_after_the_other(opened, goals):
    row(opened, "Sell").focus()
    opened.keyboard.press("a")
    title = opened.get_by_role("textbox", name="Title of the new goal below Sell")
    expect(title).to_be_focused()
    for words in ("Write letters", "Knock at doors"):
        title.fill(words)
        opened.keyboard.press("Enter")
        expect(row(opened, words)).to_be_visible()
        expect(title).to_be_focused()
        expect(title).to_have_value("")
    opened.keyboard.press("Escape")
    held(opened, "Sell")
    shown(opened, "Grow", "Sell", "Call", "Visit", "Write letters", "Knock at doors", "Win", "Serve", "Answer")
    made = Goal.objects.get(title="Knock at doors")
    assert (made.parent, made.state, made.level.name) == (goals["Sell"], "draft", "Team")


def test_the_first_goal_below_a_leaf_opens_it(opened):
    row(opened, "Win").focus()
    opened.keyboard.press("Insert")
    opened.get_by_role("textbox", name="Title of the new goal below Win").fill("First")
    opened.keyboard.press("Enter")
    expect(row(opened, "First")).to_have_attribute("aria-level", "3")
    expect(row(opened, "Win")).to_have_attribute("aria-expanded", "true")


def test_a_strategic_goal_is_added_at_the_top(opened):
    opened.get_by_role("link", name="Add goal").click()
    opened.get_by_role("textbox", name="Title of the new goal").fill("Learn")
    opened.keyboard.press("Enter")
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer", "Learn")
    expect(row(opened, "Learn")).to_have_attribute("aria-level", "1")


def test_keys_move_a_goal_among_its_siblings_in_and_out_and_back(opened, goals):
    row(opened, "Win").focus()
    opened.keyboard.press("Alt+ArrowUp")
    shown(opened, "Grow", "Win", "Sell", "Serve", "Answer")
    held(opened, "Win")
    opened.keyboard.press("Alt+ArrowDown")
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    opened.keyboard.press("Alt+ArrowRight")
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    expect(row(opened, "Win")).to_have_attribute("aria-level", "3")
    held(opened, "Win")
    assert fresh(goals["Win"]).parent == goals["Sell"]
    opened.keyboard.press("Alt+ArrowLeft")
    shown(opened, "Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer")
    expect(row(opened, "Win")).to_have_attribute("aria-level", "2")
    opened.keyboard.press("Control+z")
    expect(row(opened, "Win")).to_have_attribute("aria-level", "3")
    held(opened, "Win")


def test_a_move_that_is_refused_says_why(reader, goals):
    page = reader.open("/goals/")
    goals["Sell"].revise(by=None, level=Goal.objects.get(title="Call").level)
    row(page, "Win").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_text("stands above the level of that goal")).to_be_visible()
    held(page, "Win")
    assert fresh(goals["Win"]).parent == goals["Grow"]


def test_the_dialog_finds_a_place_tells_the_effect_and_moves_with_undo(opened, goals):
    row(opened, "Win").focus()
    opened.keyboard.press("m")
    dialog = opened.get_by_role("dialog", name="Move “Win”")
    dialog.get_by_role("searchbox").fill("serve")
    dialog.get_by_role("radio", name="Strategic Serve").check()
    expect(dialog.locator(".move-effect")).to_contain_text("Serve90% to 50% −40")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    expect(dialog.get_by_role("radio", name="Strategic Serve")).to_be_checked()
    dialog.get_by_role("button", name="Move").click()
    expect(dialog).to_be_hidden()
    shown(opened, "Grow", "Sell", "Serve", "Answer", "Win")
    held(opened, "Win")
    opened.get_by_role("button", name="Undo", exact=True).click()
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    assert fresh(goals["Win"]).parent == goals["Grow"]


def drag(page: Page, title: str, onto: str, part: float) -> None:
    """Takes a goal by its handle over another row, `part` of the row's height down, and holds it there."""
    page.wait_for_selector(".tg-row[data-drops]")
    grip, target = row(page, title).locator(".tg-grip").bounding_box(), row(page, onto).bounding_box()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    over = target["y"] + target["height"] * part
    page.mouse.move(target["x"] + 200, over + 3, steps=6)
    page.mouse.move(target["x"] + 240, over, steps=4)


def test_a_goal_is_dragged_onto_another_and_the_effect_is_told_before(opened, goals):
    drag(opened, "Win", "Serve", 0.5)
    hint = opened.locator("#drag-hint")
    expect(hint).to_contain_text("Below “Serve”")
    expect(hint).to_contain_text("50%")
    expect(row(opened, "Serve")).to_have_class("tg-row drop-into")
    assert fresh(goals["Win"]).parent == goals["Grow"]
    opened.mouse.up()
    shown(opened, "Grow", "Sell", "Serve", "Answer", "Win")
    expect(hint).to_be_hidden()
    assert fresh(goals["Win"]).parent == goals["Serve"]


def test_a_goal_is_dragged_between_two_others(opened, goals):
    drag(opened, "Win", "Sell", 0.05)
    expect(opened.locator("#drag-hint")).to_contain_text("Before “Sell”")
    opened.mouse.up()
    shown(opened, "Grow", "Win", "Sell", "Serve", "Answer")


def test_a_place_that_is_not_allowed_is_told_while_dragging(opened, goals):
    drag(opened, "Grow", "Win", 0.5)
    expect(opened.locator("#drag-hint")).to_have_text("A goal cannot stand below itself.")
    opened.mouse.up()
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    assert fresh(goals["Grow"]).parent is None


def test_figures_come_by_themselves_without_disturbing_an_open_editor(opened, cast, goals):
    row(opened, "Win").focus()
    opened.keyboard.press("F2")
    opened.get_by_label("Title of Win").fill("Half typed")
    opened.evaluate("document.querySelector('.treegrid').dataset.pending = 'true'")
    kpi(goals["Win"], "second", 100)
    goals["Answer"].revise(by=cast.ada, weight=Decimal(2))
    roll_up(cast.works.pk)
    opened.evaluate("import('/static/js/tree/waiting.js').then(waiting => waiting.expect())")
    expect(row(opened, "Grow").locator(".pct")).to_have_text("47.5%")
    field = opened.get_by_label("Title of Win")
    expect(field).to_have_value("Half typed")
    expect(field).to_be_focused()
    expect(opened.get_by_text("Figures are being updated")).to_be_hidden()


def test_the_menu_changes_the_state_and_asks_for_what_it_needs(reader, goals):
    page = reader.open("/goals/")
    row(page, "Win").focus()
    page.keyboard.press("Shift+F10")
    page.get_by_role("button", name="Pause").click()
    expect(row(page, "Win").locator(".tg-status")).to_have_text("Paused")
    expect(row(page, "Sell").locator(".tg-weight")).to_have_text("100%")
    row(page, "Sell").get_by_role("link", name="Actions for Sell").click()
    page.get_by_role("link", name="Cancel…").click()
    dialog = page.get_by_role("dialog", name="Cancel “Sell”")
    dialog.get_by_label("Reason").fill("Not this year")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_contain_text("Goals below it are still open")
    expect(dialog.get_by_label("Reason")).to_have_value("Not this year")
    dialog.get_by_label("With all goals below it").check()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(row(page, "Sell")).to_have_class("tg-row is-ended")
    assert fresh(goals["Call"]).state == "cancelled"


def test_who_may_only_read_gets_no_handles_editors_or_buttons(cast, goals, visit):
    page = visit(cast.dee).open("/goals/")
    assert page.locator(".tg-grip, .inline-edit, [data-add-top]").count() == 0
    row(page, "Win").focus()
    for key in ("F2", "a", "m", "Alt+ArrowUp"):
        page.keyboard.press(key)
    assert page.locator("form.cell-form, .tg-add, dialog[open]").count() == 0
    shown(page, "Grow", "Sell", "Win", "Serve", "Answer")


def test_the_page_works_without_scripts(cast, goals, browser, live_server, ada):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": ada.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/goals/")
    page.locator(f"#goal-{goals['Sell'].pk} .tg-twist").click()
    assert titles(page) == ["Grow", "Sell", "Call", "Visit", "Win", "Serve", "Answer"]
    page.get_by_role("searchbox").fill("visit")
    page.get_by_role("button", name="Filter").click()
    assert titles(page) == ["Grow", "Sell", "Visit"]
    page.get_by_role("link", name="Actions for Visit").click()
    page.get_by_role("link", name="Move to…").click()
    page.get_by_role("radio", name="Strategic Serve").check()
    page.get_by_role("button", name="Move").click()
    assert fresh(goals["Visit"]).parent == goals["Serve"]
    context.close()


def test_on_a_phone_the_panel_takes_the_screen_and_the_rows_two_lines(cast, goals, visit):
    visitor = visit(cast.ada)
    visitor.resize(PHONE, "light")
    page = visitor.open("/goals/")
    row(page, "Win").locator(".tg-title").click()
    panel = page.locator("#tree-panel")
    expect(panel.get_by_role("heading", name="Win")).to_be_focused()
    assert panel.bounding_box()["width"] == PHONE[0]
    panel.get_by_role("button", name="Close details").click()
    expect(panel).to_be_hidden()
    assert row(page, "Win").bounding_box()["height"] < 110


def test_the_page_is_accessible_and_fits_with_the_longest_words(cast, goals, visit):
    goals["Win"].revise(by=cast.ada, title="Långt " * 78 + "=1+1 <b>نص</b>")
    goals["Call"].revise(by=cast.ada, title="W" * 480, why="V" * 2000)
    visitor = visit(cast.ada)
    page = visitor.open(f"/goals/?open={goals['Grow'].pk},{goals['Sell'].pk}")
    visitor.check_looks()
    page.locator(f"#goal-{goals['Call'].pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    visitor.check_looks()
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_be_visible()
    visitor.check_looks()
    page.keyboard.press("Escape")
    page.goto("/goals/?q=visit")
    visitor.check_looks()


def test_the_form_pages_are_accessible(cast, goals, visit):
    visitor = visit(cast.ada)
    for path in ("/goals/new/", f"/goals/{goals['Win'].pk}/edit/", f"/goals/{goals['Win'].pk}/state/"):
        visitor.open(path)
        visitor.check_looks()


def test_changes_are_taken_back_one_after_the_other_also_after_a_reload(opened, goals):
    row(opened, "Win").focus()
    opened.keyboard.press("F2")
    opened.get_by_label("Title of Win").fill("Win more")
    opened.keyboard.press("Enter")
    held(opened, "Win more")
    opened.keyboard.press("Alt+ArrowUp")
    shown(opened, "Grow", "Win more", "Sell", "Serve", "Answer")
    opened.reload()
    button = opened.get_by_role("button", name="Undo")
    expect(button).to_have_attribute("title", "“Win more” has another place among its siblings")
    button.click()
    shown(opened, "Grow", "Sell", "Win more", "Serve", "Answer")
    expect(button).to_have_attribute("title", "title of “Win more” changed")
    opened.keyboard.press("Control+z")
    shown(opened, "Grow", "Sell", "Win", "Serve", "Answer")
    expect(button).to_be_hidden()
