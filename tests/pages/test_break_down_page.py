"""Breaking a goal down in a browser, and two people who agree on a number."""

import time
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from people.models import Person
from tests.kpis.measuring import made

pytestmark = [pytest.mark.browser]

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}
A_MINUTE = 60


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, unit=cast.sales, level=1)


@pytest.fixture
def leads(goal):
    return made(goal, target=Decimal(100), **LEADS)


@pytest.fixture
def sixty(cast):
    return Person.objects.bulk_create(
        Person(organisation=cast.works, name=f"Person {n:02}", email=f"p{n}@works.example", unit=cast.team)
        for n in range(59)
    )


def test_a_goal_is_broken_down_for_sixty_people_in_under_a_minute_and_taken_back(
    visit, cast, goal, leads, sixty, capsys
):
    visitor = visit(cast.bo)
    page = visitor.open(f"/goals/{goal.pk}/")
    began = time.monotonic()
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Break down").click()
    page.get_by_role("button", name="All 60 people Inside sales").click()
    page.get_by_role("link", name="Split the target").click()
    expect(page.get_by_text("100 of 100")).to_be_visible()
    page.get_by_role("button", name="Look it over").click()
    page.get_by_role("button", name="Create 60 goals").click()
    expect(page.get_by_text("60 owners are asked.")).to_be_visible()
    took = time.monotonic() - began

    with capsys.disabled():
        print(f"\n60 people: {took:.1f} s")
    assert took < A_MINUTE
    below = Goal.objects.filter(parent=goal)
    assert below.filter(state="proposed").count() == 60
    assert sum(Kpi.objects.filter(goal__in=below).values_list("target", flat=True)) == 100
    page.wait_for_load_state()  # the toast came with the tree's page, whose scripts hear the click
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert not Goal.objects.filter(parent=goal).exists()


def test_numbers_are_typed_and_the_rest_follows_without_anything_being_lost(visit, cast, goal, leads, sixty):
    visitor = visit(cast.bo)
    page = visitor.open(f"/goals/{goal.pk}/break-down/")
    page.get_by_label("Search units and people").fill("person 0")
    page.get_by_role("button", name="Add Person 00").click()
    page.get_by_role("button", name="Add Person 01").click()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    visitor.check_looks()
    page.get_by_role("link", name="Split the target").click()
    first, second = (page.get_by_label(f"leads for Person 0{n}") for n in (0, 1))
    first.fill("60")
    expect(second).to_have_value("40")
    second.fill("32")
    expect(page.get_by_text("92 of 100")).to_be_visible()
    expect(page.get_by_text("8 leads still open")).to_be_visible()
    second.fill("many")
    expect(page.get_by_text("Enter a number, such as 12.5.")).to_be_visible()
    visitor.check_looks()
    page.go_back()
    page.go_forward()
    expect(second).to_have_value("many")
    second.fill("32")
    expect(page.get_by_text("92 of 100")).to_be_visible()
    page.get_by_role("button", name="Give 8 to Person 00").click()
    expect(first).to_have_value("68")
    page.get_by_role("button", name="Look it over").click()
    page.get_by_label("Title of the goal for Person 01").fill("Answer every call")
    visitor.check_looks()
    page.get_by_role("button", name="Create 2 goals").dblclick()
    expect(page.get_by_text("2 owners are asked.")).to_be_visible()

    told = Goal.objects.filter(parent=goal).in_tree_order().values_list("title", "kpis__target")
    assert list(told) == [("Generate 68 leads, Person 00", 68), ("Answer every call", 32)]


def test_two_people_agree_on_a_number(visit, cast, goal, leads):
    boss = visit(cast.bo)
    page = boss.open(f"/goals/{goal.pk}/break-down/")
    page.get_by_role("link", name="Inside sales").click()
    page.get_by_role("button", name="Add Cy").click()
    page.get_by_role("link", name="Split the target").click()
    page.get_by_role("button", name="Look it over").click()
    page.get_by_role("button", name="Create 1 goal").click()
    expect(page.get_by_text("1 owner is asked.")).to_be_visible()
    progress.roll_up(cast.works.pk)
    owner = visit(cast.cy)
    owner.refusals.add(422)
    theirs = owner.open("/")
    expect(theirs.get_by_text("Bo proposes you 100 leads.")).to_be_visible()
    theirs.get_by_text("Another number…").click()
    owner.check_looks()
    theirs.get_by_label("Number").fill("92")
    theirs.get_by_role("button", name="Send answer").click()
    expect(theirs.get_by_text("Say why.")).to_be_visible()
    owner.check_looks()
    theirs.get_by_label("Why").fill("Two of us are on leave")
    theirs.get_by_role("button", name="Send answer").click()
    expect(theirs.get_by_text("You answered with 92 leads.")).to_be_visible()
    progress.roll_up(cast.works.pk)
    page.goto("/")
    expect(page.get_by_text("Cy answers with 92 leads.")).to_be_visible()
    page.get_by_role("link", name="Generate 100 leads, Cy").first.click()
    expect(page.locator(".proposal").get_by_text("Two of us are on leave")).to_be_visible()
    boss.check_looks()
    page.get_by_role("button", name="Agree to 92 leads").click()
    expect(page.get_by_text("Agreed. The goal is active now.")).to_be_visible()

    below = Goal.objects.get(parent=goal)
    assert (below.state, below.kpis.get().target) == ("active", 92)
