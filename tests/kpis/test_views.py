import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import DirtyMark, Goal
from kpis import definitions
from kpis.models import Kpi, MeasurementRevision
from tests.cast import signed_in
from tests.kpis.measuring import made, record

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
PAGES = ["", "edit/", "values/2026-03-01/", "values/2026-03-01/withdraw/", "first-value/", "state/"]


@pytest.fixture
def goal(april, cast) -> Goal:
    return cast.goal("Answer faster", owner=cast.bo, unit=cast.sales)


@pytest.fixture
def kpi(goal, cast) -> Kpi:
    """Bo edits it, Cy records it, everybody in Works sees it."""
    return made(goal, data_owner=cast.cy)


def send(who, kpi, first="2026-03-01", **fields):
    return signed_in(who).post(f"/kpis/{kpi.pk}/values/{first}/", {"seen": 0, "value": "48", **fields})


def words(response) -> str:
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def errors(form) -> dict[str, list[str]]:
    return {name: [each.code for each in found] for name, found in form.errors.as_data().items()}


@pytest.mark.parametrize("part", PAGES)
def test_another_organisation_and_who_may_not_see_the_goal_find_nothing(cast, kpi, goal, part):
    hidden = made(cast.goal("Merge", visibility=Goal.Visibility.PRIVATE, owner=cast.ada))
    for who, asked in ((cast.eve, kpi), (cast.cy, hidden)):
        client = signed_in(who)
        assert client.post(f"/kpis/{asked.pk}/{part}", {"value": "1"}).status_code == 404
        assert client.get(f"/kpis/{asked.pk}/{part}").status_code in (404, 405)
    assert not MeasurementRevision.objects.exists()


@pytest.mark.parametrize("part", PAGES[1:])
def test_who_only_reads_is_refused(cast, kpi, part):
    sent = signed_in(cast.dee).post(f"/kpis/{kpi.pk}/{part}", {"seen": 0, "value": "1", "note": "x", "state": "paused"})
    assert sent.status_code == 403
    kpi.refresh_from_db()
    assert (kpi.version, kpi.revisions.count()) == (1, 0)


@pytest.mark.parametrize("part", ["edit/", "first-value/", "state/"])
def test_who_records_does_not_define(cast, kpi, part):
    assert signed_in(cast.cy).post(f"/kpis/{kpi.pk}/{part}", {"state": "paused", "reason": "x"}).status_code == 403


def test_a_stranger_is_asked_to_sign_in(kpi, client):
    assert client.get(f"/kpis/{kpi.pk}/").url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "records", "edits"), [("ada", True, True), ("bo", True, True), ("cy", True, False), ("dee", False, False)]
)
def test_each_sees_what_they_may_do(cast, kpi, name, records, edits):
    page = signed_in(getattr(cast, name)).get(f"/kpis/{kpi.pk}/")
    assert (page.context["form"] is not None, page.context["may_edit"]) == (records, edits)
    assert (f"/kpis/{kpi.pk}/edit/" in words(page), "Enter a value" in words(page)) == (edits, records)


def test_the_page_opens_with_a_sentence_and_the_way_up(cast, kpi, goal):
    page = words(signed_in(cast.cy).get(f"/kpis/{kpi.pk}/"))
    assert "No value yet; the first was due on 31 Jan 2026." in page
    assert f'<a href="/goals/{goal.pk}/">Answer faster</a>' in page


def test_the_score_can_be_opened(cast, kpi, goal):
    record(kpi, MARCH, "48")
    page = words(signed_in(cast.cy).get(f"/kpis/{kpi.pk}/"))
    assert "(48 − 50) ÷ (40 − 50)" in page
    assert f"/goals/{goal.pk}/explain/#kpi-{kpi.pk}" in page


def test_a_goal_above_that_may_not_be_seen_is_called_restricted(cast, kpi, goal):
    secret = cast.goal("Secret merger", visibility=Goal.Visibility.PRIVATE, owner=cast.ada)
    below = made(cast.goal("Answer", secret, owner=cast.bo), data_owner=cast.cy)
    page = words(signed_in(cast.cy).get(f"/kpis/{below.pk}/"))
    assert "Restricted goal" in page
    assert "Secret merger" not in page
    assert "Secret merger" in words(signed_in(cast.ada).get(f"/kpis/{below.pk}/"))


@pytest.mark.parametrize(
    ("typed", "value"), [("48", "48"), ("48,5", "48.5"), ("48.5", "48.5"), ("48 min", "48"), ("−3", "-3")]
)
def test_a_value_is_recorded_as_typed(cast, kpi, typed, value):
    answer = send(cast.cy, kpi, value=typed)
    held = kpi.measurements.get()
    assert (held.period, held.value, held.recorded_by) == (MARCH, Decimal(value), cast.cy)
    assert answer.url == f"/kpis/{kpi.pk}/?recorded={kpi.revisions.get().pk}"


def test_after_saving_the_page_says_so_waits_and_then_tells_the_effect(cast, kpi, goal):
    record(kpi, dt.date(2026, 2, 1), "49")
    progress.roll_up(cast.works.pk)
    client = signed_in(cast.cy)
    told = client.post(f"/kpis/{kpi.pk}/values/2026-03-01/", {"seen": 0, "value": "48"}, follow=True)
    assert "<b>48 min</b> recorded for 2026-03." in words(told)
    assert "Figures are being updated" in words(told)
    progress.roll_up(cast.works.pk)
    told = words(client.get(told.redirect_chain[-1][0]))
    assert "Figures are being updated" not in told
    assert "Lifts Answer faster from 10% to 20%." in told


def test_the_same_form_again_is_harmless(cast, kpi, goal):
    record(kpi, dt.date(2026, 2, 1), "49")
    progress.roll_up(cast.works.pk)
    client = signed_in(cast.cy)
    first, again = (client.post(f"/kpis/{kpi.pk}/values/2026-03-01/", {"seen": 0, "value": "48"}).url for _ in range(2))
    assert first == again
    assert kpi.revisions.filter(period=MARCH).count() == 1
    progress.roll_up(cast.works.pk)
    client.post(f"/kpis/{kpi.pk}/values/2026-03-01/", {"seen": 0, "value": "48"})
    assert "Lifts Answer faster from 10% to 20%." in words(client.get(again))


def test_what_one_person_did_is_not_told_to_another(cast, kpi):
    url = send(cast.cy, kpi).url
    assert "recorded for" not in words(signed_in(cast.bo).get(url))


@pytest.mark.parametrize(
    ("first", "fields", "expected"),
    [
        ("2026-03-01", {"value": "1,234"}, {"value": ["ambiguous_number"]}),
        ("2026-03-01", {"value": "many"}, {"value": ["not_a_number"]}),
        ("2026-03-01", {"value": ""}, {"value": ["required"]}),
        ("2026-03-01", {"value": "101"}, {"value": ["above_max"]}),
        ("2026-03-01", {"observed_on": "2026-04-11"}, {"observed_on": ["observed_in_future"]}),
        ("2026-03-01", {"observed_on": "2026-02-28"}, {"observed_on": ["observed_before_period"]}),
        ("2026-03-01", {"observed_on": "soon"}, {"observed_on": ["invalid"]}),
        ("2026-03-01", {"seen": ""}, {"seen": ["required"]}),
    ],
)
def test_a_refused_value_stays_in_its_field_with_the_reason(cast, kpi, first, fields, expected):
    definitions.revise(kpi, by=None, max_value=Decimal(100))
    answer = send(cast.cy, kpi, first, **fields)
    assert (answer.status_code, errors(answer.context["form"])) == (422, expected)
    assert not kpi.revisions.exists()
    if fields.get("value"):
        assert f'value="{fields["value"]}"' in words(answer)


def test_a_correction_of_a_finished_period_asks_why_at_its_field(cast, kpi):
    record(kpi, MARCH, "48")
    answer = send(cast.cy, kpi, value="47", seen=1)
    assert (answer.status_code, errors(answer.context["form"])) == (422, {"note": ["reason_required"]})
    assert send(cast.cy, kpi, value="47", seen=1, note="Counted twice").status_code == 302
    page = words(signed_in(cast.cy).get(f"/kpis/{kpi.pk}/"))
    assert "Corrected from 48 min to 47 min: <q>Counted twice</q>" in page


def test_a_value_is_withdrawn_with_a_reason(cast, kpi):
    record(kpi, MARCH, "48")
    client, url = signed_in(cast.cy), f"/kpis/{kpi.pk}/values/2026-03-01/withdraw/"
    refused = client.post(url, {"note": ""})
    assert (refused.status_code, errors(refused.context["withdrawal"])) == (422, {"note": ["reason_required"]})
    told = client.post(url, {"note": "Another desk's number"}, follow=True)
    assert "The value of 2026-03 is withdrawn." in words(told)
    assert kpi.measurements.get().value is None


def test_somebody_elses_value_is_told_and_replaced_only_when_sent_again(cast, kpi):
    record(kpi, APRIL, "44", by=cast.bo)
    answer = send(cast.cy, kpi, "2026-04-01", value="43")
    assert errors(answer.context["form"]) == {"value": ["changed_meanwhile"]}
    assert "Bo recorded 44 min in the meantime." in words(answer)
    assert send(cast.cy, kpi, "2026-04-01", value="43", seen=answer.context["form"]["seen"].value()).status_code == 302
    assert kpi.measurements.get().value == 43


@pytest.mark.parametrize("first", ["2026-05-01", "2025-12-01", "2026-03-02", "2026-13-01", "2026-02-30", "march"])
def test_a_period_that_cannot_have_a_value_is_not_there(cast, kpi, first):
    assert send(cast.cy, kpi, first).status_code == 404


def test_a_paused_kpi_shows_no_form_and_refuses_values(cast, kpi):
    definitions.revise(kpi, by=None, state="paused")
    page = signed_in(cast.cy).get(f"/kpis/{kpi.pk}/")
    assert (page.context["form"], "It takes no values" in words(page)) == (None, True)
    assert send(cast.cy, kpi).status_code == 422
    assert not kpi.revisions.exists()


def test_an_earlier_period_is_chosen_by_address(cast, kpi):
    page = signed_in(cast.cy).get(f"/kpis/{kpi.pk}/?period=2026-02-01")
    assert page.context["line"].name == "2026-02"
    assert "autofocus" in str(page.context["form"]["value"])
    for nonsense in ("2026-13-01", "x", "2030-01-01"):
        assert signed_in(cast.cy).get(f"/kpis/{kpi.pk}/?period={nonsense}").context["line"].name == "2026-04"


def test_leaving_a_form_by_its_address_goes_to_the_page(cast, kpi):
    for page in ("values/2026-03-01/", "values/2026-03-01/withdraw/"):
        assert signed_in(cast.cy).get(f"/kpis/{kpi.pk}/{page}").url == f"/kpis/{kpi.pk}/"


def test_a_refused_fragment_keeps_the_address(cast, kpi):
    answer = signed_in(cast.cy).post(
        f"/kpis/{kpi.pk}/values/2026-03-01/", {"seen": 0, "value": "x"}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer["HX-Replace-Url"]) == (422, "false")


def test_done_or_not_is_recorded_with_its_day(cast, goal):
    kpi = made(goal, kind="boolean", direction="increase", cadence="once", target=Decimal(1), baseline=None)
    send(cast.bo, kpi, "2026-01-01", value="1", observed_on="2026-03-12")
    held = kpi.measurements.get()
    assert (held.value, held.observed_on) == (1, dt.date(2026, 3, 12))
    page = words(signed_in(cast.bo).get(f"/kpis/{kpi.pk}/"))
    assert "Done on 12 Mar 2026." in page
    assert "data-chart" not in page
    assert errors(send(cast.bo, kpi, "2026-01-01", value="2").context["form"]) == {"value": ["invalid_choice"]}


def test_values_without_target_are_shown_without_a_score(cast, kpi):
    record(kpi, MARCH, "48")
    Kpi.objects.filter(pk=kpi.pk).update(direction=None, target=None)
    page = words(signed_in(cast.cy).get(f"/kpis/{kpi.pk}/"))
    assert "It does not say whether more or less is good, so it has no score." in page
    assert "No data" in page


def test_the_first_value_becomes_the_start(cast, kpi):
    record(kpi, MARCH, "48")
    Kpi.objects.filter(pk=kpi.pk).update(baseline=None)
    assert "Use the first value, 48 min in 2026-03" in words(signed_in(cast.bo).get(f"/kpis/{kpi.pk}/"))
    assert "Use the first value" not in words(signed_in(cast.cy).get(f"/kpis/{kpi.pk}/"))
    answer = signed_in(cast.bo).post(f"/kpis/{kpi.pk}/first-value/", follow=True)
    kpi.refresh_from_db()
    assert (kpi.baseline, "measured from the first value" in words(answer)) == (48, True)
    again = signed_in(cast.bo).post(f"/kpis/{kpi.pk}/first-value/", follow=True)
    assert "Its start is 48 already." in words(again)


def test_only_the_last_year_is_shown_until_all_is_asked_for(cast, goal):
    kpi = made(goal, cadence="weekly")
    page = signed_in(cast.bo).get(f"/kpis/{kpi.pk}/")
    assert (len(page.context["lines"]), "All 15 periods" in words(page)) == (12, True)
    assert len(signed_in(cast.bo).get(f"/kpis/{kpi.pk}/?all").context["lines"]) == 15


def test_typed_markup_is_shown_as_text(cast, goal):
    evil = "<script>alert(1)</script></script>"
    kpi = made(goal, name=evil, unit=evil[:90], definition=evil, source_note=evil)
    record(kpi, MARCH, "48")
    record(kpi, MARCH, "47", note=evil)
    page = words(signed_in(cast.bo).get(f"/kpis/{kpi.pk}/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_every_form_carries_its_token(cast, kpi):
    record(kpi, MARCH, "48")
    Kpi.objects.filter(pk=kpi.pk).update(baseline=None)
    for page, forms in (("?period=2026-03-01", 4), ("edit/", 2)):
        main = words(signed_in(cast.bo).get(f"/kpis/{kpi.pk}/{page}")).partition("<main")[2].partition("</main>")[0]
        assert (main.count("<form"), main.count("csrfmiddlewaretoken")) == (forms, forms)


def test_a_get_changes_nothing(cast, kpi):
    record(kpi, MARCH, "48")
    marks = DirtyMark.objects.count()
    client = signed_in(cast.bo)
    for page in ("", "?period=2026-03-01", "?recorded=1", "edit/", "values/2026-03-01/"):
        client.get(f"/kpis/{kpi.pk}/{page}")
    kpi.refresh_from_db()
    assert (kpi.version, kpi.revisions.count(), DirtyMark.objects.count()) == (1, 1, marks)


def asked(who, url) -> int:
    client = signed_in(who)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_page_takes_the_same_queries_for_any_number_of_values_years_and_levels(cast, goal):
    few = made(cast.goal("Call", goal, owner=cast.bo))
    record(few, MARCH, "48", by=cast.bo)
    deep = cast.goal("Dial", cast.goal("Call", goal, owner=cast.bo), owner=cast.bo)
    many = made(deep, cadence="daily", start=dt.date(2023, 1, 1))
    for day in range(1, 9):
        record(many, dt.date(2026, 3, day), "48", by=cast.bo)
        record(many, dt.date(2026, 3, day), "47", by=cast.cy, note="Wrong")
    definitions.revise(many, by=cast.bo, target=Decimal(41), data_owner=cast.cy)
    definitions.revise(many, by=cast.ada, target=Decimal(42), data_owner=cast.bo)
    progress.roll_up(cast.works.pk)
    counts = {asked(cast.bo, f"/kpis/{kpi.pk}/") for kpi in (few, many)}
    assert len(counts) == 1, counts
    assert counts.pop() <= 22
