"""Recording a value and looking at a KPI in a real browser."""

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from goals import progress
from kpis.models import Kpi
from tests.kpis.measuring import made, record

pytestmark = pytest.mark.browser


@pytest.fixture
def kpi(cast) -> Kpi:
    """Measured each quarter of the year by Cy, Bo's KPI."""
    goal = cast.goal("Answer faster", owner=cast.bo, unit=cast.sales)
    start = dt.date(cast.cycle.start.year - 1, 1, 1)
    kpi = made(goal, data_owner=cast.cy, start=start, cadence="yearly", target=Decimal(40))
    record(kpi, start, "49")
    progress.roll_up(cast.works.pk)
    return kpi


@pytest.fixture
def last_year(kpi) -> str:
    return f"FY{kpi.start.year}"


@pytest.fixture
def this_year(kpi) -> str:
    return f"FY{kpi.start.year + 1}"


def test_a_value_is_recorded_in_place_and_its_effect_told(cast, kpi, this_year, visit):
    page = visit(cast.cy).open(f"/kpis/{kpi.pk}/")
    page.get_by_label(this_year, exact=True).fill("45,5")
    page.get_by_role("button", name="Save").click()
    saved = page.get_by_text(f"45.5 min recorded for {this_year}.")
    expect(saved).to_be_visible()
    expect(page.locator(".lede")).to_contain_text("45% of the way")
    expect(page.get_by_text("Figures are being updated")).to_be_visible()
    progress.roll_up(cast.works.pk)
    expect(page.get_by_text("Lifts Answer faster from 10% to 45%.")).to_be_visible()
    expect(page.get_by_text("Figures are being updated")).to_have_count(0)
    page.reload()
    expect(saved).to_be_visible()


def test_a_correction_asks_why_and_keeps_what_was_typed(cast, kpi, last_year, visit):
    visitor = visit(cast.cy)
    page = visitor.open(f"/kpis/{kpi.pk}/")
    visitor.refusals.add(422)
    page.get_by_role("link", name=f"Correct {last_year}").click()
    field = page.get_by_label(last_year, exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value("49")
    field.fill("48")
    page.get_by_role("button", name="Save").click()
    why = page.get_by_label("Why does it change?")
    expect(page.get_by_text("say why it changes")).to_be_visible()
    expect(why).to_be_focused()
    expect(field).to_have_value("48")
    assert page.url.endswith(f"/kpis/{kpi.pk}/")
    why.fill("Two desks were missing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"48 min recorded for {last_year}; it was 49 min.")).to_be_visible()
    expect(page.get_by_text("Corrected from 49 min to 48 min")).to_contain_text("Two desks were missing")


def test_a_number_that_could_be_misread_is_refused_at_its_field(cast, kpi, this_year, visit):
    visitor = visit(cast.cy)
    page = visitor.open(f"/kpis/{kpi.pk}/")
    visitor.refusals.add(422)
    field = page.get_by_label(this_year, exact=True)
    field.fill("1,234")
    field.press("Enter")
    expect(page.get_by_text("Is that 1234 or 1.234?")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("1,234")


def test_everything_is_done_by_keyboard(cast, kpi, last_year, visit):
    page = visit(cast.cy).open(f"/kpis/{kpi.pk}/")
    page.get_by_role("link", name=f"Correct {last_year}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label(last_year, exact=True)).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("47")
    page.keyboard.press("Tab")
    page.keyboard.type("Read again")
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"47 min recorded for {last_year}")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="recorded")).to_be_focused()


def test_a_value_is_withdrawn_with_a_reason(cast, kpi, last_year, visit):
    page = visit(cast.cy).open(f"/kpis/{kpi.pk}/?period={kpi.start}")
    page.get_by_text(f"Withdraw the value of {last_year}").click()
    page.get_by_label("Why is it wrong?").fill("Another desk's number")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text(f"The value of {last_year} is withdrawn.")).to_be_visible()
    assert kpi.measurements.get().value is None


def test_a_double_click_and_back_record_once(cast, kpi, this_year, visit):
    page = visit(cast.cy).open(f"/kpis/{kpi.pk}/")
    page.get_by_label(this_year, exact=True).fill("45")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_text("45 min recorded")).to_be_visible()
    page.get_by_role("link", name="Edit").count()
    page.goto("/accounts/password/change/")
    page.go_back()
    expect(page.get_by_text("45 min recorded")).to_be_visible()
    assert kpi.revisions.count() == 2


def test_without_javascript_everything_still_works(cast, kpi, last_year, this_year, visit, browser, live_server):
    visitor = visit(cast.cy)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(visitor.context.cookies())
    page = context.new_page()
    page.goto(f"/kpis/{kpi.pk}/")
    page.get_by_label(this_year, exact=True).fill("45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"45 min recorded for {this_year}.")).to_be_visible()
    page.get_by_role("link", name=f"Correct {last_year}").click()
    page.get_by_label(last_year, exact=True).fill("48")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("say why it changes")).to_be_visible()
    context.close()


def test_the_chart_is_drawn_and_a_table_says_the_same(cast, kpi, last_year, visit):
    page = visit(cast.cy).open(f"/kpis/{kpi.pk}/")
    expect(page.locator("[data-chart=drawn] .scatterlayer .trace")).not_to_have_count(0)
    chart = page.get_by_role("img", name="49 min, 10% of the way")
    expect(chart).to_be_visible()
    expect(page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=last_year))).to_contain_text("49")


def test_the_page_of_a_kpi_is_for_everybody(cast, kpi, visit):
    record(kpi, kpi.start, "48", by=cast.cy, note="Two desks were missing " * 20)
    visitor = visit(cast.bo)
    page = visitor.open(f"/kpis/{kpi.pk}/?period={kpi.start}")
    page.wait_for_selector("[data-chart=drawn]")
    for summary in page.locator("main summary").all():
        summary.click()
    visitor.check_looks()


def test_a_kpi_with_the_longest_words_stays_in_its_page(cast, kpi, visit):
    Kpi.objects.filter(pk=kpi.pk).update(name="x" * 500, unit="µ" * 100, definition="y" * 900, source_note="z" * 900)
    visitor = visit(cast.bo)
    visitor.open(f"/kpis/{kpi.pk}/").wait_for_selector("[data-chart=drawn]")
    visitor.check_looks()


def test_done_or_not_is_for_everybody(cast, kpi, visit):
    done = made(
        kpi.goal,
        name="Depot open",
        kind="boolean",
        cadence="once",
        direction="increase",
        target=Decimal(1),
        baseline=None,
    )
    visitor = visit(cast.bo)
    page = visitor.open(f"/kpis/{done.pk}/")
    visitor.check_looks()
    page.get_by_label("Done", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Done recorded")).to_be_visible()


def test_a_definition_is_changed_and_what_is_wrong_said_at_its_field(cast, kpi, visit):
    visitor = visit(cast.bo)
    page = visitor.open(f"/kpis/{kpi.pk}/edit/")
    visitor.refusals.add(422)
    visitor.check_looks()
    page.get_by_label("Target", exact=True).fill("50")
    page.get_by_role("button", name="Save KPI").click()
    expect(page.get_by_role("alert")).to_contain_text("Why does it change?")
    page.get_by_label("Why does it change?").first.fill("Agreed in the review")
    page.get_by_role("button", name="Save KPI").click()
    expect(page.locator(".field-error:visible")).to_contain_text("It is the same as the start")
    visitor.check_looks()
    page.get_by_label("Target", exact=True).fill("41")
    page.get_by_role("button", name="Save KPI").click()
    expect(page.get_by_text("The KPI is saved.")).to_be_visible()
    expect(page.get_by_label("Changes").get_by_role("list")).to_be_visible()


def test_fields_without_meaning_for_the_choice_are_away(cast, kpi, visit):
    page = visit(cast.bo).open(f"/goals/{kpi.goal_id}/kpis/new/")
    expect(page.get_by_label("At least")).to_be_hidden()
    page.get_by_label("Good is").select_option("maintain")
    expect(page.get_by_label("At least")).to_be_visible()
    expect(page.get_by_label("Start", exact=False).first).to_be_hidden()
    page.get_by_label("It is", exact=True).select_option("boolean")
    expect(page.get_by_label("Target", exact=True)).to_be_hidden()


def test_who_records_is_chosen_by_typing(cast, kpi, visit):
    page = visit(cast.bo).open(f"/kpis/{kpi.pk}/edit/")
    field = page.get_by_label("Who records it")
    expect(field).to_have_value("Cy")
    field.press("ControlOrMeta+A")
    field.press_sequentially("de")
    page.get_by_role("option", name="Dee").click()
    page.get_by_role("button", name="Save KPI").click()
    expect(page.get_by_text("The KPI is saved.")).to_be_visible()
    kpi.refresh_from_db()
    assert kpi.data_owner == cast.dee


def test_a_target_changes_from_a_day_on_with_its_effect_told_before(cast, kpi, visit):
    visitor = visit(cast.bo)
    page = visitor.open(f"/kpis/{kpi.pk}/")
    page.get_by_role("link", name="Change from a day on").click()
    page.get_by_label("Target", exact=True).fill("48")
    effect = page.locator("#effect")
    expect(effect).to_contain_text("50%")
    expect(effect).to_contain_text("Answer faster")
    visitor.check_looks()
    page.get_by_label("Why does it change?").fill("The new switchboard comes later")
    page.get_by_role("button", name="Change the target").click()
    expect(page.locator("#targets")).to_contain_text("The new switchboard comes later")
    expect(page.get_by_text("48 min", exact=True).first).to_be_visible()
    page.get_by_text("Say what happened on a day").click()
    page.get_by_label("What happened").fill("Two colleagues left")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#annotations")).to_contain_text("Two colleagues left")
    visitor.check_looks()


def test_a_long_unit_stands_beside_the_number(cast, visit):
    unit = "tickets per desk and working day"
    kpi = made(cast.goal("Answer faster", owner=cast.bo), unit=unit)
    page = visit(cast.bo).open(f"/kpis/{kpi.pk}/target/")
    field = page.locator(".with-unit").first
    number, words = field.locator("input").bounding_box(), field.locator(".unit").bounding_box()
    assert number["x"] + number["width"] <= words["x"]
    assert number["width"] >= 56
