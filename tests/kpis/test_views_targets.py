"""The page on which a target changes from a date on, and what happened on the course of a KPI."""

import datetime as dt
import html
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.once import new_key
from goals import progress
from kpis import targets
from kpis.models import Annotation, Kpi, Process
from tests.kpis.measuring import made, record
from tests.pages.conftest import signed_in

MARCH = "2026-03-01"


def words(response) -> str:
    return html.unescape(" ".join(response.content.decode().split()))


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def kpi(april, cast) -> Kpi:
    kpi = made(cast.goal("Answer faster", cast.goal("Be trusted"), owner=cast.bo), data_owner=cast.cy)
    record(kpi, dt.date(2026, 2, 1), "49")
    record(kpi, dt.date(2026, 3, 1), "45")
    progress.begin_day(cast.works.pk)
    return kpi


@pytest.fixture
def bo(cast):
    return signed_in(cast.bo)


@pytest.fixture
def cy(cast):
    return signed_in(cast.cy)


def asked(kpi: Kpi, **fields) -> dict:
    return {"since": MARCH, "target": "30", "reason": "The board decided", "version": kpi.version, **fields}


def test_a_target_changes_from_a_day_on_and_the_page_tells_it(kpi, bo):
    response = bo.post(f"/kpis/{kpi.pk}/target/", asked(kpi))
    assert (response.status_code, response.url) == (302, f"/kpis/{kpi.pk}/#targets")
    kpi.refresh_from_db()
    assert (kpi.target, [entry["since"] for entry in kpi.targets]) == (Decimal(30), [None, MARCH])
    page = words(bo.get(f"/kpis/{kpi.pk}/"))
    assert "30 min" in page
    assert "The board decided" in page


def test_the_effect_is_told_before_and_nothing_is_saved(kpi, bo):
    query = {"since": MARCH, "target": "30", "version": kpi.version}
    told = words(bo.get(f"/kpis/{kpi.pk}/target/effect/", query))
    for shown in ("50%", "25%", "Answer faster", "Be trusted"):
        assert shown in told
    assert "same as the start" in words(bo.get(f"/kpis/{kpi.pk}/target/effect/", {**query, "target": "50"}))
    seen = bo.post(f"/kpis/{kpi.pk}/target/", {**asked(kpi), "see": "1"})
    assert (seen.status_code, "25%" in words(seen)) == (200, True)
    kpi.refresh_from_db()
    assert kpi.targets == []


def test_what_cannot_be_asked_stays_in_the_form_with_its_sentence(kpi, bo):
    for fields, told in (
        ({"reason": ""}, "This field is required"),
        ({"target": "60"}, "wrong direction"),
        ({"since": "2026-01-01"}, "Choose a day after the first"),
        ({"target": "1,234"}, "Is that 1234 or 1.234?"),
    ):
        response = bo.post(f"/kpis/{kpi.pk}/target/", asked(kpi, **fields))
        assert response.status_code == 422
        assert told in words(response), fields
    kpi.refresh_from_db()
    assert kpi.targets == []


def test_somebody_elses_change_is_told_first(kpi, bo):
    form = asked(kpi)
    targets.change(kpi, dt.date(2026, 2, 1), by=None, reason="Earlier", target=Decimal(35))
    response = bo.post(f"/kpis/{kpi.pk}/target/", form)
    assert response.status_code == 422
    assert "in the meantime" in words(response)


def test_a_new_start_is_asked_for(kpi, bo):
    bo.post(f"/kpis/{kpi.pk}/target/", asked(kpi, rebase="on", since="2026-04-01"))
    kpi.refresh_from_db()
    assert (kpi.baseline, kpi.rebased_on) == (Decimal(45), dt.date(2026, 4, 1))


def test_only_who_edits_the_goal_changes_its_target(cast, kpi, cy):
    for client in (cy, signed_in(cast.dee)):
        assert client.get(f"/kpis/{kpi.pk}/target/").status_code == 403
        assert client.get(f"/kpis/{kpi.pk}/target/effect/").status_code == 403
        assert client.post(f"/kpis/{kpi.pk}/target/", asked(kpi)).status_code == 403
    assert signed_in(cast.eve).post(f"/kpis/{kpi.pk}/target/", asked(kpi)).status_code == 404
    kpi.refresh_from_db()
    assert kpi.targets == []


def test_what_is_done_or_not_has_no_target_to_change(cast, bo):
    fields = {"kind": "boolean", "cadence": "once", "direction": "increase", "baseline": None, "target": Decimal(1)}
    done = made(cast.goal("Move", owner=cast.bo), **fields)
    assert bo.get(f"/kpis/{done.pk}/target/").status_code == 404


def annotated(kpi: Kpi, **fields) -> dict:
    key = "7b7e8b6e-5c0e-4d1c-9a43-0f3f0a1b2c3d"
    return {"on": "2026-03-12", "text": "The switchboard was down", "once": key, **fields}


def test_who_records_says_what_happened_once(kpi, cy):
    for _ in range(2):
        response = cy.post(f"/kpis/{kpi.pk}/annotations/", annotated(kpi))
        assert response.status_code == 302
    annotation = Annotation.objects.get()
    assert (annotation.on, annotation.author.name) == (dt.date(2026, 3, 12), "Cy")
    page = cy.get(f"/kpis/{kpi.pk}/")
    assert "The switchboard was down" in words(page)
    [marks] = [trace for trace in page.context["figure"]["data"] if trace["name"] == "happened"]
    assert "The switchboard was down" in marks["text"][0]


def test_what_happened_is_refused_with_its_sentence(kpi, cy):
    response = cy.post(f"/kpis/{kpi.pk}/annotations/", annotated(kpi, text=""))
    assert (response.status_code, Annotation.objects.count()) == (422, 0)


def test_who_may_not_record_says_nothing(cast, kpi):
    assert signed_in(cast.dee).post(f"/kpis/{kpi.pk}/annotations/", annotated(kpi)).status_code == 403
    assert signed_in(cast.eve).post(f"/kpis/{kpi.pk}/annotations/", annotated(kpi)).status_code == 404
    assert not Annotation.objects.exists()


def test_an_annotation_is_removed_by_its_author_or_who_edits_the_goal(cast, kpi, bo, cy):
    for client in (cy, bo):
        cy.post(f"/kpis/{kpi.pk}/annotations/", annotated(kpi, once=new_key()))
        path = f"/kpis/{kpi.pk}/annotations/{Annotation.objects.get().pk}/remove/"
        assert signed_in(cast.dee).post(path).status_code == 403
        assert client.post(path).status_code == 302
        assert not Annotation.objects.exists()
    assert Annotation.history.filter(history_type="-").count() == 2


def test_corrections_and_targets_appear_on_the_chart_by_themselves(kpi, bo):
    record(kpi, dt.date(2026, 3, 1), "44", note="Two desks were missing")
    targets.change(kpi, dt.date(2026, 3, 1), by=None, reason="The board decided", target=Decimal(30))
    figure = bo.get(f"/kpis/{kpi.pk}/").context["figure"]
    [marks] = [trace for trace in figure["data"] if trace["name"] == "happened"]
    assert any("Two desks were missing" in text.replace("<br>", " ") for text in marks["text"])
    assert any("30\N{NO-BREAK SPACE}min: The board decided" in text.replace("<br>", " ") for text in marks["text"])
    [earlier] = [trace for trace in figure["data"] if trace["name"] == "earlier"]
    assert earlier["x"] == ["2025-12-31", "2026-02-28"]


def test_it_tells_the_processes_and_who_may_record(cast, kpi, bo):
    process = Process.objects.create(organisation=cast.works, name="Answering calls")
    process.kpis.set([kpi], through_defaults={"organisation": cast.works})
    page = words(bo.get(f"/kpis/{kpi.pk}/"))
    assert "Answering calls" in page
    assert "Cy, Bo, and who may edit the goal" in page


def test_the_page_takes_as_many_queries_however_much_happened(kpi, bo):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert bo.get(f"/kpis/{kpi.pk}/").status_code == 200
        return len(captured)

    def happen(month):
        targets.change(kpi, dt.date(2026, month, 1), by=None, reason="More", target=Decimal(40 - month))
        Annotation.objects.create(organisation=kpi.organisation, kpi=kpi, on="2026-03-01", text="So")

    happen(2)
    queries()
    before = queries()
    happen(3)
    happen(4)
    assert queries() == before


def test_periods_before_a_new_start_say_so(kpi, bo):
    bo.post(f"/kpis/{kpi.pk}/target/", asked(kpi, rebase="on", since="2026-03-01"))
    lines = {line.name: line for line in bo.get(f"/kpis/{kpi.pk}/").context["course"].lines}
    assert (lines["2026-02"].remark, lines["2026-02"].asked) == ("before the new start, not counted", None)
    assert lines["2026-03"].remark == ""
    assert lines["2026-03"].asked is not None
    assert lines["2026-01"].remark == "before the new start, not counted"
