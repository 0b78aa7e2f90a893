"""The values of one KPI: read by period, put, corrected, withdrawn, and never lost."""

import datetime as dt
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.models import DirtyMark
from kpis.models import Kpi, Measurement, MeasurementRevision
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure
from tests.cast import token


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def goal(cast):
    return cast.goal("Grow", owner=cast.cy)


@pytest.fixture
def sales(goal) -> Kpi:
    return kpi(goal)


@pytest.fixture
def at(sales) -> str:
    return f"kpis/{sales.pk}/measurements/"


@pytest.fixture
def june(at) -> str:
    return f"{at}2026-06-17/"


def periods(response) -> list[tuple[str, str]]:
    return [(row["period"], row["value"]) for row in response.body["results"]]


def test_a_value_is_put_by_any_date_of_its_period(cast, cy, sales, june):
    response = cy.put(june, {"value": "40.50", "note": " counted by hand "})
    assert response.status_code == 201
    assert response.body == {
        "kpi": sales.pk,
        "period": "2026-06-01",
        "period_name": "2026-06",
        "period_end": "2026-06-30",
        "value": "40.5",
        "observed_on": "2026-06-30",
        "final": True,
        "note": "counted by hand",
        "recorded_at": "2026-07-15T12:00:00Z",
        "recorded_by": cast.cy.pk,
        "version": 1,
    }
    assert response.headers["ETag"] == '"1"'
    assert cy.get(june).body == response.body
    assert DirtyMark.objects.filter(kpi_id=sales.pk).exists()


def test_the_same_value_again_is_no_new_revision(cy, june):
    first = cy.put(june, {"value": "40.5"})
    DirtyMark.objects.all().delete()
    again = [cy.put(june, body) for body in ({"value": "40.50"}, {"value": 40.5, "note": "again"})]
    assert [(one.status_code, one.body) for one in again] == [(200, first.body)] * 2
    assert MeasurementRevision.objects.count() == 1
    assert not DirtyMark.objects.exists()


def test_a_correction_needs_a_reason(cy, june):
    cy.put(june, {"value": "40"})
    response = cy.put(june, {"value": "41"})
    assert (response.status_code, codes(response)) == (400, {("note", "reason_required")})
    response = cy.put(june, {"value": "41", "note": "recount"})
    assert (response.status_code, response.body["value"], response.body["version"]) == (200, "41", 2)


def test_a_running_period_has_an_interim_value(cy, at):
    row = cy.put(f"{at}2026-07-31/", {"value": "10"}).body
    assert (row["observed_on"], row["final"], row["period_end"]) == ("2026-07-15", False, "2026-07-31")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "value", "required"),
        ({"value": None}, "value", "null"),
        ({"value": "much"}, "value", "not_a_number"),
        ({"value": "1e3"}, "value", "not_a_number"),
        ({"value": "1,5"}, "value", "not_a_number"),
        ({"value": "١"}, "value", "not_a_number"),
        ({"value": "NaN"}, "value", "not_a_number"),
        ({"value": True}, "value", "not_a_number"),
        ({"value": [1]}, "value", "not_a_number"),
        ({"value": "0.12345678901"}, "value", "too_many_digits"),
        ({"value": "1" * 19}, "value", "too_many_digits"),
        ({"value": 10**30}, "value", "too_many_digits"),
        ({"value": "1", "observed_on": "2026-07-16"}, "observed_on", "observed_in_future"),
        ({"value": "1", "observed_on": "2026-05-31"}, "observed_on", "observed_before_period"),
        ({"value": "1", "observed_on": "yesterday"}, "observed_on", "invalid"),
        ({"value": "1", "note": 5}, "note", "invalid"),
        ({"value": "1", "note": "x" * 10_001}, "note", "max_length"),
        ({"value": "-1"}, "value", "below_min"),
        ({"value": "1001"}, "value", "above_max"),
    ],
)
def test_bad_values_say_where_and_why(cy, goal, body, field, code):
    made = kpi(goal, min_value=Decimal(0), max_value=Decimal(1000))
    for response in (
        cy.put(f"kpis/{made.pk}/measurements/2026-06-01/", body),
        cy.post(f"kpis/{made.pk}/measurements/", {"date": "2026-06-01", **body}),
    ):
        assert (response.status_code, codes(response)) == (400, {(field, code)})
    assert not MeasurementRevision.objects.exists()


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-08-01", "future_period"),
        ("2025-12-31", "outside_kpi_life"),
        ("9999-12-31", "outside_kpi_life"),
        ("2026-02-30", "invalid"),
        ("0000-01-01", "invalid"),
        ("0001-01-01", "outside_kpi_life"),
    ],
)
def test_dates_without_a_period(cy, at, day, code):
    response = cy.put(f"{at}{day}/", {"value": "1"})
    assert (response.status_code, codes(response)) == (400, {("date", code)})
    assert cy.get(f"{at}{day}/").status_code == (400 if code == "invalid" else 404)


def test_a_kpi_that_is_not_active_takes_no_values(cy, goal):
    made = kpi(goal, state="paused")
    response = cy.put(f"kpis/{made.pk}/measurements/2026-06-01/", {"value": "1"})
    assert (response.status_code, codes(response)) == (400, {("kpi", "kpi_not_active")})


def test_a_value_is_posted_by_date_or_period(cy, at):
    assert cy.post(at, {"date": "2026-06-17", "value": "1"}).status_code == 201
    assert cy.post(at, {"period": "2026-05-01", "value": "2"}).status_code == 201
    assert cy.post(at, {"period": "2026-05-01", "value": "2"}).status_code == 200
    assert periods(cy.get(at)) == [("2026-05-01", "2"), ("2026-06-01", "1")]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "date", "required"),
        ({"date": "2026-05-01", "period": "2026-05-01"}, "date", "given_twice"),
        ({"period": "2026-05-02"}, "period", "not_a_period"),
        ({"period": "2026-05"}, "period", "invalid"),
        ({"date": "2026-09-01"}, "date", "future_period"),
        ({"period": "2024-01-01"}, "date", "outside_kpi_life"),
        ({"date": None}, "date", "null"),
    ],
)
def test_a_post_without_a_period(cy, at, body, field, code):
    response = cy.post(at, {"value": "1", **body})
    assert (response.status_code, codes(response)) == (400, {(field, code)})


def test_the_same_post_again_does_nothing_twice(cy, at):
    body = {"date": "2026-06-17", "value": "1"}
    first, second = (cy.post(at, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status_code, second.body) == (201, first.body)
    assert cy.post(at, {**body, "value": "2"}, **{"Idempotency-Key": "k"}).status_code == 409


def test_the_list_is_cut_by_dates(cy, sales, at):
    for month in range(1, 8):
        measure(sales, month, month)
    assert [row[1] for row in periods(cy.get(at))] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [row[1] for row in periods(cy.get(f"{at}?from=2026-03-31&to=2026-05-01"))] == ["3", "4", "5"]
    assert [row[1] for row in periods(cy.get(f"{at}?from=2026-06-30&ordering=-period"))] == ["7", "6"]
    assert [row[1] for row in periods(cy.get(f"{at}?to=2026-01-31"))] == ["1"]
    first = cy.get(f"{at}?page_size=4").body
    assert [row["value"] for row in cy.get(first["next"]).body["results"]] == ["5", "6", "7"]
    assert (first["count"], "count" in cy.get(f"{at}?count=false").body) == (7, False)


def test_the_list_of_what_is_measured_once(cy, goal):
    once = kpi(goal, cadence="once", start=date(2026, 3, 1), due=date(2026, 6, 30))
    at = f"kpis/{once.pk}/measurements/"
    row = cy.put(f"{at}2026-06-10/", {"value": "1"}).body
    assert [row[name] for name in ("period", "period_name", "period_end", "observed_on", "final")] == [
        "2026-03-01", "2026-03-01", "2026-06-30", "2026-06-10", False,
    ]  # fmt: skip
    found = {
        query: len(periods(cy.get(at + query))) for query in ("?from=2026-05-01", "?from=2026-07-01", "?to=2026-02-28")
    }
    assert found == {"?from=2026-05-01": 1, "?from=2026-07-01": 0, "?to=2026-02-28": 0}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("from=x", "from", "invalid"),
        ("from=0001-01-01", "from", "out_of_range"),
        ("to=2026-02-30", "to", "invalid"),
        ("known=2026", "known", "invalid"),
        ("as_of=2027-01-01", "as_of", "in_future"),
        ("ordering=value", "ordering", "invalid_choice"),
        ("date=2026-01-01", "date", "unknown_parameter"),
    ],
)
def test_odd_parameters_are_bad_input(cy, at, query, field, code):
    response = cy.get(f"{at}?{query}")
    assert (response.status_code, codes(response)) == (400, {(field, code)})


@pytest.fixture
def corrected(cy, sales, at, june, clock):
    """June: interim 10 on 20 June, 40 since 12:00 on 15 July, 44 since 13:00, withdrawn at 14:00; May: 7 at 14:00."""
    cy.put(june, {"value": "10", "observed_on": "2026-06-20"})
    cy.put(june, {"value": "40"})
    for body in ({"value": "44", "note": "recount"}, None):
        clock.shift(dt.timedelta(hours=1))
        cy.put(june, body) if body else cy.delete(f"{june}?reason=wrong+KPI")
    cy.put(f"{at}2026-05-01/", {"value": "7"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [("2026-05-01", "7")]),
        ("known=2026-07-15T12:59:59Z", [("2026-06-01", "40")]),
        ("known=2026-07-15T13:00:00Z", [("2026-06-01", "44")]),
        ("known=2026-07-15T14:00:00Z", [("2026-05-01", "7")]),
        ("known=2026-07-15T11:00:00Z", []),
        ("as_of=2026-06-29", [("2026-05-01", "7"), ("2026-06-01", "10")]),
        ("as_of=2026-06-30", [("2026-05-01", "7")]),
        ("as_of=2026-06-30&known=2026-07-15T13:30:00Z", [("2026-06-01", "44")]),
        ("as_of=2026-06-19", [("2026-05-01", "7")]),
        ("known=2026-07-15T13:30:00Z&from=2026-07-01", []),
    ],
)
def test_values_as_they_were_and_as_they_were_known(cy, at, corrected, query, found):
    assert periods(cy.get(f"{at}?{query}")) == found


def test_one_value_as_it_was_known(cy, june, corrected):
    assert cy.get(june).status_code == 404
    row = cy.get(f"{june}?known=2026-07-15T13:30:00Z").body
    assert (row["value"], row["note"], row["version"]) == ("44", "recount", 3)
    assert cy.get(f"{june}?as_of=2026-06-19").status_code == 404


def test_every_revision_is_told(cast, cy, june, corrected):
    rows = cy.get(f"{june}revisions/").body["results"]
    assert [(row["value"], row["observed_on"], row["note"], row["recorded_at"]) for row in rows] == [
        ("10", "2026-06-20", "", "2026-07-15T12:00:00Z"),
        ("40", "2026-06-30", "", "2026-07-15T12:00:00Z"),
        ("44", "2026-06-30", "recount", "2026-07-15T13:00:00Z"),
        (None, "2026-06-30", "wrong KPI", "2026-07-15T14:00:00Z"),
    ]
    assert {(row["period"], row["recorded_by"]) for row in rows} == {("2026-06-01", cast.cy.pk)}
    newest = cy.get(f"{june}revisions/?ordering=-recorded_at&page_size=1").body
    assert (newest["results"], newest["count"]) == (rows[-1:], 4)


def test_a_period_that_never_had_a_value_has_no_revisions(cy, at):
    assert cy.get(f"{at}2026-06-01/revisions/").status_code == 404


def test_a_withdrawal_needs_a_reason(cy, sales, at, june):
    cy.put(june, {"value": "40"})
    for response in (cy.delete(june), cy.delete(f"{june}?reason="), cy.call("DELETE", june, {"reason": 5})):
        assert response.status_code == 400
        assert {field for field, _ in codes(response)} == {"reason"}
    assert cy.delete(f"{june}?reason=wrong").status_code == 204
    assert cy.delete(f"{june}?reason=wrong").status_code == 404
    assert periods(cy.get(at)) == []
    response = cy.put(june, {"value": "41"})
    assert (response.status_code, response.body["version"]) == (201, 3)
    assert cy.call("DELETE", june, {"reason": "in the body"}).status_code == 204
    assert MeasurementRevision.objects.latest("id").note == "in the body"


def test_if_match_prevents_lost_updates(cy, june):
    assert cy.put(june, {"value": "1"}, **{"If-Match": '"1"'}).body["current"] == 0
    assert cy.put(june, {"value": "1"}, **{"If-Match": '"0"'}).status_code == 201
    response = cy.put(june, {"value": "2", "note": "n"}, **{"If-Match": '"0"'})
    assert (response.status_code, response.body["current"]) == (412, 1)
    assert cy.delete(f"{june}?reason=r", **{"If-Match": '"7"'}).status_code == 412
    assert Measurement.objects.get().value == 1
    assert cy.put(june, {"value": "2", "note": "n"}, **{"If-Match": '"1"'}).headers["ETag"] == '"2"'
    assert cy.delete(f"{june}?reason=r", **{"If-Match": '"2"'}).status_code == 204


def test_a_mismatch_is_found_under_the_lock_too(cast, cy, sales, june, monkeypatch):
    cy.put(june, {"value": "1"})
    from kpis import recording

    record = recording.record

    def record_after_somebody_else(*args, **options):
        monkeypatch.undo()
        measure(sales, 6, 5, note="first")
        return record(*args, **options)

    monkeypatch.setattr(recording, "record", record_after_somebody_else)
    response = cy.put(june, {"value": "2", "note": "n"}, **{"If-Match": '"1"'})
    assert (response.status_code, response.body["current"]) == (412, 2)
    assert Measurement.objects.get().value == 5


@pytest.fixture
def everybody(cast, sales, june):
    Caller(cast.ada).put(june, {"value": "1"})
    return [("GET", june), ("PUT", june), ("DELETE", f"{june}?reason=r"), ("POST", june[: -len("2026-06-17/")])]


def calls(caller, ways) -> list[int]:
    body = {"value": "2", "note": "n", "date": "2026-06-01"}
    return [caller.call(method, path, None if method == "GET" else body).status_code for method, path in ways]


def test_who_sees_but_may_not_record(cast, everybody, sales, june):
    assert calls(Caller(cast.dee), everybody) == [200, 403, 403, 403]
    assert Caller(cast.dee).get(f"{june}revisions/").status_code == 200
    assert Measurement.objects.get().value == 1


def test_who_does_not_see_a_kpi_finds_nothing(cast, eve, cy, everybody, june):
    assert calls(eve, everybody) == [404] * 4
    assert eve.get(f"{june}revisions/").status_code == 404
    hidden = kpi(cast.goal("Secret", visibility="private", owner=cast.ada), name="Hidden")
    assert cy.put(f"kpis/{hidden.pk}/measurements/2026-06-01/", {"value": "1"}).status_code == 404
    assert cy.get("kpis/999999/measurements/").status_code == 404


def test_contributors_and_data_owners_record(cast, cy):
    goal = cast.goal("Ada's", owner=cast.ada)
    made = kpi(goal)
    at = f"kpis/{made.pk}/measurements/2026-06-01/"
    assert cy.put(at, {"value": "1"}).status_code == 403
    goal.contributors.add(cast.cy)
    assert cy.put(at, {"value": "1"}).status_code == 201
    goal.contributors.clear()
    Kpi.objects.filter(pk=made.pk).update(data_owner=cast.cy)
    assert cy.put(at, {"value": "1"}).status_code == 200


def test_a_token_for_values_records_and_does_nothing_else(cast, everybody, sales, goal):
    caller = Caller(cast.ada, "measurements:write")
    assert calls(caller, everybody) == [403, 200, 204, 201]
    assert caller.patch(f"kpis/{sales.pk}/", {"name": "x"}).status_code == 403
    assert caller.post("kpis/", {"goal": goal.pk, "name": "x", "target": "1"}).status_code == 403
    assert caller.post("levels/", {"name": "x"}).status_code == 403


def test_a_token_for_named_kpis_records_only_these(cast, goal, everybody, sales):
    other = kpi(goal, name="Other")
    caller = Caller(text=token(cast.ada, "measurements:write", kpi_ids=[other.pk]))
    assert calls(caller, everybody) == [403, 403, 403, 403]
    assert caller.put(f"kpis/{other.pk}/measurements/2026-06-01/", {"value": "1"}).status_code == 201


@pytest.mark.parametrize("scopes", [["read"]])
def test_a_token_that_only_reads(cast, everybody, scopes):
    assert calls(Caller(cast.ada, *scopes), everybody) == [200, 403, 403, 403]


def test_a_method_that_is_not_there(cy, june, at):
    assert cy.patch(june, {"value": "1"}).status_code == 405
    assert cy.put(at, {"value": "1"}).status_code == 405


@pytest.mark.parametrize("query", ["", "?known=2026-07-15T12:00:00Z", "?from=2026-01-01"])
def test_a_list_takes_a_fixed_number_of_queries(cy, sales, at, query):
    def queries(months):
        for month in months:
            measure(sales, month, month)
        with CaptureQueriesContext(connection) as captured:
            assert len(periods(cy.get(f"{at}{query}"))) == max(months)
        return len(captured)

    cy.get(at)
    assert queries([1]) == queries([2, 3])


@pytest.mark.parametrize(("method", "most"), [("PUT", 20), ("GET", 8), ("DELETE", 18)])
def test_one_value_takes_few_queries(cy, june, method, most, django_assert_max_num_queries):
    cy.put(june, {"value": "1"})
    with django_assert_max_num_queries(most):
        response = cy.call(method, f"{june}?reason=r" if method == "DELETE" else june, {"value": "2", "note": "n"})
    assert response.status_code < 300
