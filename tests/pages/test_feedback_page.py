"""Signals and kudos in the browser: from the line of sight to the owner, and back into the bell."""

import pytest
from playwright.sync_api import expect

from goals.voices import kudos
from tests.goals.measuring import kpi, rolled_up
from tests.goals.voices.telling import answered, kudo, line, signal

pytestmark = pytest.mark.browser


def test_an_employee_signals_the_owner_answers_and_thanks_arrive_in_the_bell(cast, visit):
    goal, below = line(cast)
    kpi(below, "Calls", 40)
    rolled_up(goal)
    visitor = visit(cast.cy)
    visitor.refusals.add(422)
    page = visitor.open("/")
    page.get_by_role("link", name="Send a signal").click()
    box = page.get_by_label("Why, and what would be better?")
    expect(box).to_be_focused()
    page.get_by_role("button", name="Send the signal").click()
    expect(page.locator(".field-error").first).to_be_visible()
    page.get_by_label("Not reachable").check()
    box.fill("Two of five leave in March")
    page.get_by_role("button", name="Send the signal").click()
    expect(page.locator(".said-waiting")).to_contain_text("Two of five leave in March")

    theirs = visit(cast.bo).open("/")
    expect(theirs.get_by_role("heading", level=1)).to_contain_text("One thing waits for you.")
    theirs.get_by_role("link", name="Answer").click()
    theirs.get_by_label("Agreed, it will be changed").check()
    theirs.get_by_label("Your answer").fill("The target moves to 15")
    theirs.get_by_role("button", name="Send the answer").click()
    expect(theirs.locator(".said-waiting")).to_have_count(0)
    expect(theirs.locator(".said")).to_contain_text("Bo answers: Agreed, it will be changed")

    theirs.get_by_role("link", name="Thank", exact=True).click()
    theirs.get_by_label("Cy", exact=True).check()
    theirs.get_by_label("What do you thank for?").fill("For saying so in time")
    theirs.get_by_role("button", name="Send thanks").click()
    expect(theirs.locator(".said-kudos")).to_contain_text("Bo thanks Cy")

    page.goto("/notifications/")
    expect(page.get_by_role("button", name="Bo answers your signal on Grow")).to_be_visible()
    page.get_by_role("button", name="Bo thanks you for Grow").click()
    expect(page.locator(".said-kudos")).to_contain_text("For saying so in time")


def test_the_goals_feedback_and_the_wall_look_right(cast, visit):
    goal, below = line(cast)
    kpi(below, value=100)
    made = kudo(cast, goal, "For nine calls in a row " + "x" * 200)
    kudos.join(made, cast.ada, joins=True)
    kudo(cast, goal, to=cast.bo, by=cast.cy)
    answered(cast, goal, text="We stay with it " * 20)
    waiting = signal(cast, goal, "y" * 200)
    rolled_up(goal)
    visitor = visit(cast.bo)
    visitor.open(f"/goals/{goal.pk}/?say=thanks&answer={waiting.pk}#feedback")
    visitor.check_looks()
    page = visitor.open("/kudos/")
    visitor.check_looks()
    assert page.locator(".wall-kudos").count() == 2

    other = visit(cast.ada)
    page = other.open("/kudos/")
    chip = page.get_by_role("button", name="Thanks too · 1 Bo")
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.press("Enter")
    expect(page.get_by_role("button", name="Thank too Bo")).to_have_attribute("aria-pressed", "false")

    writer = visit(cast.cy)
    writer.open(f"/goals/{goal.pk}/?say=signal")
    writer.check_looks()
