"""Writing a goal and a KPI well, in a browser: advice while one types, a suggested target, a template."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from goals.models import Goal
from kpis.models import Kpi
from tests.kpis.measuring import made, record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_goal_is_written_from_a_template_with_advice_while_one_types(cast, visit):
    top = cast.goal("Grow with our customers", owner=cast.ada, perspective=cast.customer)
    visitor = visit(cast.ada)
    page = visitor.open(f"/goals/{top.pk}/new/")
    score = page.locator(".smart-score b")
    before = int(score.inner_text())
    page.get_by_label("Title").fill("Win ten new customers")
    expect(page.locator("#smart")).not_to_contain_text("at least 3 words")
    assert int(score.inner_text()) > before
    page.get_by_role("link", name="Write the why").click()
    expect(page.get_by_label("Why")).to_be_focused()
    page.locator("#smart summary").first.click()
    expect(page.locator("#smart")).to_contain_text("Strong")

    page.get_by_text("Start from a template").click()
    page.get_by_label("Search the templates").fill("rework")
    page.get_by_label("Search the templates").press("Enter")
    page.get_by_role("link", name="Raise units right the first time").click()
    expect(page.get_by_label("Why")).to_have_value("Rework is paid twice and sold once.")
    expect(page.locator("#smart")).not_to_contain_text("Explain the why")
    visitor.check_looks()
    assert Goal.objects.count() == 1
    page.get_by_role("button", name="Add goal").click()
    page.wait_for_url("**/goals/?*")
    assert Goal.objects.get(parent=top).title.startswith("Raise units")


def test_a_kpi_takes_a_suggested_target_and_a_new_one_a_template(cast, visit):
    goal = cast.goal("Answer customers faster", owner=cast.ada)
    year = cast.works.today().year
    kpi = made(goal, definition="Median minutes to the first answer", start=dt.date(year - 1, 1, 1), source="api")
    for month, value in enumerate(("50", "48", "46", "44"), 1):
        record(kpi, dt.date(year - 1, month, 1), value)
    visitor = visit(cast.ada)
    page = visitor.open(f"/kpis/{kpi.pk}/edit/")
    page.get_by_label("Target", exact=True).fill("60")
    expect(page.locator("#smart")).not_to_contain_text("The baseline already meets the target")
    page.get_by_label("Target", exact=True).fill("50")
    expect(page.locator("#smart")).to_contain_text("The baseline already meets the target")
    suggested = page.locator("#suggested button").last
    suggested.click()
    expect(page.get_by_label("Target", exact=True)).to_have_value("40")
    expect(page.locator("#smart")).not_to_contain_text("The baseline already meets the target")
    visitor.check_looks()
    kpi.refresh_from_db()
    assert kpi.target == 40

    page = visitor.open(f"/goals/{goal.pk}/kpis/new/")
    page.locator(".lib > summary").press("Enter")
    page.get_by_label("Search the templates").fill("promoters")
    page.get_by_role("link", name="Net promoter score (NPS)").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Net promoter score (NPS)")
    expect(page.get_by_label("Measured", exact=True)).to_have_value("quarterly")
    visitor.check_looks()
    assert Kpi.objects.count() == 1
