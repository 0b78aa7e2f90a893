"""The strategy map in a browser: links pulled and drawn by keys, a circle refused, taken back, saved as a picture."""

import re
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from goals import linking
from goals.models import CausalLink, Goal, Perspective
from tests.goals.measuring import rolled_up
from tests.kpis.comparing import CAUSE, EFFECT, measured

pytestmark = pytest.mark.browser


@pytest.fixture
def goals(cast) -> dict[str, Goal]:
    """Money in a lane of its own above Service and Growth, which are Customer's; Growth leads to Money."""
    money = Perspective.objects.create(organisation=cast.works, name="Financial", position=0)
    Perspective.objects.filter(pk=cast.customer.pk).update(position=1)
    top = cast.goal("Earn money", perspective=money)
    made = {"money": top}
    for title in ("Serve well", "Grow fast"):
        made[title.split()[0].lower()] = cast.goal(title, top, perspective=cast.customer)
    measured(top, EFFECT)
    measured(made["serve"], CAUSE)
    rolled_up(top)
    linking.draw(made["grow"], top, by=cast.ada, hypothesis="More to sell")
    return made


def node(page: Page, title: str) -> Locator:
    return page.locator(".node-g").filter(has_text=title)


def pull(page: Page, start: str, end: str) -> None:
    """Pulls from the dot above one goal onto another."""
    node(page, start).hover()
    dot, target = node(page, start).locator(".handle").bounding_box(), node(page, end).bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 50, steps=6)
    page.mouse.up()


def say_why(page: Page, words: str) -> None:
    panel = page.locator("#map-panel")
    expect(panel.get_by_label("Because")).to_be_focused()
    panel.get_by_label("Because").fill(words)
    panel.get_by_label("When").select_option("1")
    panel.get_by_role("button", name="Draw the link").click()


def test_a_link_is_drawn_by_pulling_then_changed_erased_and_taken_back(cast, goals, visit):
    page = visit(cast.ada).open("/strategy-map/")
    pull(page, "Serve well", "Earn money")
    say_why(page, "Customers who stay pay.")
    expect(page.locator(".ev-supports.is-sel")).to_have_text(re.compile(r"0\.98"))
    panel = page.locator("#map-panel")
    expect(panel).to_contain_text("agreement 0.98")
    assert CausalLink.objects.get(cause=goals["serve"]).lag == 1
    panel.get_by_role("link", name="Edit link").click()
    panel.get_by_label("How strongly").select_option("3")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("strongly, one month later")
    panel.get_by_role("link", name="Delete").click()
    panel.get_by_role("button", name="Delete").click()
    expect(page.locator(".ev")).to_have_count(1)
    page.locator("[data-toast]").last.get_by_role("button", name="Undo").click()
    expect(page.locator(".ev")).to_have_count(2)
    assert CausalLink.objects.get(cause=goals["serve"]).strength == 3


def test_a_link_is_drawn_by_keys_alone(cast, goals, visit):
    page = visit(cast.ada).open("/strategy-map/")
    node(page, "Serve well").locator(".node").focus()
    page.keyboard.press("l")
    expect(page.locator("#map-say")).to_contain_text("What should “Serve well” lead to?")
    page.keyboard.type("earn")
    expect(node(page, "Earn money").locator(".node")).to_be_focused()
    page.keyboard.press("Enter")
    say_why(page, "Customers who stay pay.")
    expect(page.locator(".ev")).to_have_count(2)
    page.keyboard.press("Escape")
    node(page, "Earn money").locator(".node").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".node:focus")).to_have_count(1)
    page.keyboard.press("l")
    page.keyboard.press("Escape")
    expect(page.locator("#map-say")).to_have_text("No link is drawn.")


def test_a_circle_is_refused_in_words_before_and_by_the_server(cast, goals, visit):
    visitor = visit(cast.ada)
    visitor.refusals |= {422}
    page = visitor.open("/strategy-map/")
    pull(page, "Earn money", "Grow fast")
    expect(page.locator("#map-hint")).to_have_text("That would be a circle: “Earn money” → “Grow fast” → “Earn money”.")
    page.get_by_role("link", name="Draw a link").click()
    panel = page.locator("#map-panel")
    panel.get_by_label("This", exact=True).select_option(str(goals["money"].pk))
    panel.get_by_label("should lead to").select_option(str(goals["grow"].pk))
    panel.get_by_label("Because").fill("Round and round")
    panel.get_by_role("button", name="Draw the link").click()
    expect(panel.get_by_role("alert")).to_contain_text("That would be a circle")
    assert CausalLink.objects.count() == 1


def test_pointing_at_a_goal_shows_where_it_leads(cast, goals, visit):
    page = visit(cast.ada).open("/strategy-map/")
    node(page, "Grow fast").hover()
    expect(page.locator(".node-g.is-traced")).to_have_count(2)
    expect(node(page, "Serve well")).not_to_have_class(re.compile("is-traced"))


def test_the_map_is_saved_as_a_picture_that_needs_nothing_else(cast, goals, visit, tmp_path):
    cast.goal("Secret plans", goals["money"], owner=cast.ada, visibility="private")
    page = visit(cast.cy).open("/strategy-map/")
    for kind in ("SVG", "PNG"):
        page.get_by_text("Save picture").click()
        with page.expect_download() as saving:
            page.get_by_role("button", name=f"As {kind}").click()
        name = saving.value.suggested_filename
        assert re.fullmatch(rf"strategy-map-works-\d{{4}}-\d{{4}}-\d\d-\d\d\.{kind.lower()}", name)
        saving.value.save_as(tmp_path / kind)
    picture = (tmp_path / "SVG").read_text()
    ElementTree.fromstring(picture)  # noqa: S314  our own file
    assert "Earn money" in picture
    assert "Strategy map" in picture
    assert "Secret plans" not in picture
    assert not re.search(r"var\(|<use|href=|data-|light-dark", picture.replace("data:font", ""))
    assert (tmp_path / "PNG").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "PNG").stat().st_size > 10_000


@pytest.mark.parametrize("chosen", ["link", "goal"])
def test_it_looks_right_with_the_panel_open(cast, goals, visit, chosen):
    link = linking.draw(goals["serve"], goals["money"], by=cast.ada, hypothesis="Because " + "x" * 200, lag=1)
    visitor = visit(cast.ada)
    visitor.open(f"/strategy-map/?{chosen}={link.pk if chosen == 'link' else goals['serve'].pk}")
    visitor.check_looks()
