"""Choosing Norwegian in a real browser: pages follow, long words fit, charts and sliders write as Norwegians do."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals.models import Goal, GoalSnapshot
from people.models import Person
from tests.goals.measuring import kpi, rolled_up

pytestmark = pytest.mark.browser


@pytest.fixture
def company(cast) -> Goal:
    """A strategic goal with history over one of Cy's that is measured in days."""
    top = cast.goal("Vekst", owner=cast.ada, why="Flere skal bli")
    below = cast.goal("Raskere svar", top, owner=cast.cy, unit=cast.team, why="Venting koster")
    kpi(top, "fornoyd", 44, name="Fornøyde kunder")
    kpi(below, "svartid", 30, name="Svartid", unit="dager")
    for number, back in enumerate((40, 20)):
        GoalSnapshot.objects.create(
            organisation=cast.works,
            goal=top,
            day=cast.works.today() - dt.timedelta(days=back),
            progress=Decimal(number + 1) / 10,
            expected=Decimal("0.5"),
            gap=Decimal(number - 4) / 10,
            coverage=Decimal(1),
            status="off_track",
        )
    return rolled_up(top)


def test_the_choice_in_the_person_menu_goes_with_the_person(cast, company, visit):
    visitor = visit(cast.cy)
    page = visitor.open("/goals/")
    page.get_by_label("Your account, Cy").click()
    page.get_by_role("button", name="Norsk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mål")
    expect(page.locator("html")).to_have_attribute("lang", "nb")
    page.get_by_label("Kontoen din, Cy").click()
    expect(page.get_by_role("button", name="Norsk")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.get_by_role("row", name=re.compile("Raskere svar")).click()
    expect(page.locator("#tree-panel")).to_contain_text("Hvor tallet kommer fra")
    visitor.check_looks()

    visitor.open("/")
    slider = page.locator("[data-try]")
    slider.fill("60")
    expect(page.locator("[data-try-output]")).to_have_text("60\u00a0dager")
    expect(page.locator("#picture")).to_contain_text("Hvis du når 60\u00a0dager")

    elsewhere = visit(Person.objects.get(pk=cast.cy.pk)).open("/dashboard/")
    expect(elsewhere.get_by_role("heading", name="Strategiske mål")).to_be_visible()


def test_figures_dates_and_charts_are_written_as_norwegians_write_them(cast, company, visit):
    Person.objects.filter(pk=cast.ada.pk).update(language="nb")
    visitor = visit(Person.objects.get(pk=cast.ada.pk))
    page = visitor.open(f"/goals/{company.pk}/")
    expect(page.locator(".hero-say")).to_contain_text(re.compile(r"\d+(,\d)?\u00a0% er nådd"))
    page.locator("[data-chart]").first.scroll_into_view_if_needed()
    chart = page.locator("[data-chart=drawn]")
    months = ["jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"]
    month = months[(cast.works.today() - dt.timedelta(days=20)).month - 1]
    expect(chart.locator(".xaxislayer-above")).to_contain_text(month)
    visitor.check_looks()


def test_a_number_is_typed_with_a_comma(cast, company, visit):
    Person.objects.filter(pk=cast.cy.pk).update(language="nb")
    measured = company.children.get().kpis.get()
    page = visit(Person.objects.get(pk=cast.cy.pk)).open(f"/kpis/{measured.pk}/")
    page.locator("#value-value").fill("1\u00a0234,5")
    page.locator("#record").get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("1\u00a0234,5\u00a0dager").first).to_be_visible()
    measured.refresh_from_db()
    assert measured.measurements.latest("period").value == Decimal("1234.5")


def test_a_stranger_switches_at_the_door(cast, visit):
    page = visit().open("/accounts/login/")
    page.get_by_role("button", name="Norsk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Logg inn")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
