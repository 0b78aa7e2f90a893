"""Ten tasks done with nothing but a keyboard: every place is reached by Tab, arrows or a key of its own."""

from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from goals.models import CausalLink, Comment, Goal
from kpis.models import Kpi
from people.models import Person
from tests.goals.measuring import kpi, rolled_up

pytestmark = pytest.mark.browser

MOST = 150  # presses of Tab until a place counts as not reached
PASSWORD = "a long way up"


def is_focused(place: Locator) -> bool:
    return place.evaluate_all("found => found.includes(document.activeElement)")


def reach(page: Page, place: Locator) -> None:
    """Presses Tab until the focus is there."""
    expect(place.first).to_be_visible()
    for _ in range(MOST):
        if is_focused(place):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {place}")


def enter(page: Page, place: Locator) -> None:
    reach(page, place)
    page.keyboard.press("Enter")


def write(page: Page, place: Locator, words: str) -> None:
    reach(page, place)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row").filter(has=page.locator(".tg-title", has_text=title))


def to_row(page: Page, title: str) -> None:
    """Tab to the tree, then down to a row."""
    reach(page, page.locator(".treegrid tbody [role=row][tabindex='0']"))
    page.keyboard.press("Home")
    for _ in range(MOST):
        if is_focused(row(page, title)):
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"The arrows do not lead to {title}")


@pytest.fixture
def goals(cast) -> dict[str, Goal]:
    top = cast.goal("Grow", owner=cast.ada, perspective=cast.customer)
    below = {title: cast.goal(title, top, owner=cast.bo, unit=cast.sales) for title in ("Sell", "Serve")}
    kpi(top, "share", 40, name="Market share")
    rolled_up(top)
    return {"Grow": top, **below}


def test_sign_in_record_a_value_and_switch_the_language(cast, goals, visit):
    cast.ada.set_password(PASSWORD)
    cast.ada.save()
    measured = Kpi.objects.get(key="share")
    page = visit().open(f"/accounts/login/?next=/kpis/{measured.pk}/")
    write(page, page.get_by_label("E-mail"), cast.ada.email)
    write(page, page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")

    write(page, page.locator("#value-value"), "55")
    page.keyboard.press("Enter")
    expect(page.get_by_text("recorded for")).to_be_visible()
    assert measured.measurements.get().value == Decimal(55)

    enter(page, page.get_by_label("Your account, Ada"))
    enter(page, page.get_by_role("button", name="Norsk"))
    expect(page.locator("html")).to_have_attribute("lang", "nb")
    assert Person.objects.get(pk=cast.ada.pk).language == "nb"


def test_open_a_goal_from_the_tree_add_one_below_weigh_and_move_it(cast, goals, visit):
    page = visit(cast.ada).open("/goals/")
    to_row(page, "Sell")
    page.keyboard.press("a")
    expect(page.get_by_label("Title of the new goal below Sell")).to_be_focused()
    page.keyboard.type("Call")
    page.keyboard.press("Enter")
    expect(row(page, "Call")).to_be_visible()
    page.keyboard.press("Escape")
    call = Goal.objects.get(title="Call")
    assert call.parent == goals["Sell"]

    to_row(page, "Serve")
    page.keyboard.press("F2")
    expect(page.locator(".cell-form [name=title]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".cell-form [name=owner]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".cell-form [name=weight]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(row(page, "Serve").locator(".tg-weight")).to_contain_text("60%")
    assert Goal.objects.get(title="Serve").weight == 3

    to_row(page, "Call")
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Move “Call”")
    write(page, dialog.get_by_role("searchbox"), "serve")
    expect(dialog.get_by_role("radio")).to_have_count(2)  # the top, and Serve
    reach(page, dialog.get_by_role("radio"))
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Serve")).to_be_checked()
    enter(page, dialog.get_by_role("button", name="Move", exact=True))
    expect(page.get_by_text("“Call” stands below “Serve” now")).to_be_visible()
    assert Goal.objects.get(title="Call").parent == goals["Serve"]

    to_row(page, "Sell")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    enter(page, page.locator("#tree-panel").get_by_role("link", name="Open goal"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sell")


def test_break_a_goal_down_and_comment_on_it(cast, goals, visit):
    page = visit(cast.ada).open(f"/goals/{goals['Grow'].pk}/")
    write(page, page.get_by_label("Write a comment"), "Who takes the north?")
    enter(page, page.get_by_role("button", name="Comment", exact=True))
    expect(page.locator(".said").get_by_text("Who takes the north?")).to_be_visible()
    assert Comment.objects.get().author == cast.ada

    page = visit(cast.ada).open(f"/goals/{goals['Grow'].pk}/")
    enter(page, page.get_by_label("More actions"))
    enter(page, page.get_by_role("link", name="Break down"))
    enter(page, page.get_by_role("button", name="Inside sales").first)
    enter(page, page.get_by_role("link", name="Split the target"))
    enter(page, page.get_by_role("button", name="Look it over"))
    enter(page, page.get_by_role("button", name="Create"))
    expect(page.locator("[data-toast]").get_by_role("button", name="Undo")).to_be_visible()
    assert Goal.objects.filter(parent=goals["Grow"]).count() == 3


def test_draw_a_link_on_the_strategy_map(cast, goals, visit):
    page = visit(cast.ada).open("/strategy-map/")
    reach(page, page.locator(".node-g").filter(has_text="Serve").locator(".node"))
    page.keyboard.press("l")
    page.keyboard.type("grow")
    page.keyboard.press("Enter")
    panel = page.locator("#map-panel")
    expect(panel.get_by_label("Because")).to_be_focused()
    page.keyboard.type("Customers who stay pay.")
    enter(page, panel.get_by_role("button", name="Draw the link"))
    expect(page.locator(".ev")).to_have_count(1)
    link = CausalLink.objects.get()
    assert (link.cause, link.effect) == (goals["Serve"], goals["Grow"])
