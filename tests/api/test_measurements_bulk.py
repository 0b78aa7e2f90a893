"""Many values at once, as JSON and as CSV: all or the good ones, every bad row told, twice changes nothing."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.models import DirtyMark
from kpis.models import Kpi, Measurement, MeasurementRevision
from tests.api.calling import Caller, codes
from tests.api.measuring import frozen, kpi, measure
from tests.cast import token

PATH = "measurements/bulk/"


@pytest.fixture(autouse=True)
def clock():
    with frozen() as traveller:
        yield traveller


@pytest.fixture
def goal(cast):
    return cast.goal("Grow", owner=cast.cy)


@pytest.fixture
def sales(goal) -> Kpi:
    return kpi(goal, external_id="crm-1")


@pytest.fixture
def costs(goal) -> Kpi:
    return kpi(goal, name="Costs", external_id="erp-7", max_value=Decimal(1000))


def values() -> list[tuple]:
    return list(Measurement.objects.order_by("kpi", "period").values_list("kpi__key", "period__month", "value", "note"))


def sent_csv(caller, text, query=""):
    raw = text if isinstance(text, bytes) else text.encode()
    return caller.call("POST", f"{PATH}{query}", raw=raw, content_type="text/csv; charset=utf-8")


def rows(*told, header=("kpi_external_id", "date", "value", "note")) -> list[dict]:
    return [dict(zip(header, row, strict=False)) for row in told]


def as_csv(told: list[dict]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["kpi", "kpi_external_id", "date", "value", "note", "observed_on"])
    writer.writeheader()
    writer.writerows(told)
    return text.getvalue()


@pytest.fixture(params=["json", "csv"])
def send(request):
    """Sends rows and options the one way and the other."""

    def as_json(caller, told, **options):
        return caller.post(PATH, {"rows": told, **options})

    def in_csv(caller, told, **options):
        query = "&".join(f"{name}={str(value).lower()}" for name, value in options.items())
        return sent_csv(caller, as_csv(told), f"?{query}")

    return {"json": as_json, "csv": in_csv}[request.param]


GOOD = rows(("crm-1", "2026-06-17", "40.5", "=1+1"), ("erp-7", "2026-06-01", "-3"), ("crm-1", "2026-07-01", "7"))


def test_rows_are_recorded(cast, cy, sales, costs, send):
    response = send(cy, GOOD)
    assert (response.status_code, response.body) == (
        200,
        {"accepted": 3, "unchanged": 0, "rejected": 0, "errors": []},
    )
    assert values() == [("sales", 6, Decimal("40.5"), "=1+1"), ("sales", 7, 7, ""), ("costs", 6, -3, "")]
    assert set(MeasurementRevision.objects.values_list("recorded_by", "organisation")) == {(cast.cy.pk, cast.works.pk)}
    assert set(DirtyMark.objects.exclude(kpi_id=None).values_list("kpi_id", flat=True)) == {sales.pk, costs.pk}


def test_the_same_rows_twice_change_nothing(cy, sales, costs, send):
    send(cy, GOOD)
    DirtyMark.objects.all().delete()
    before = list(Measurement.objects.values()), list(MeasurementRevision.objects.values())
    assert send(cy, GOOD).body == {"accepted": 0, "unchanged": 3, "rejected": 0, "errors": []}
    assert (list(Measurement.objects.values()), list(MeasurementRevision.objects.values())) == before
    assert not DirtyMark.objects.exists()


def test_a_kpi_is_named_by_id_or_external_id(cy, sales, costs, send):
    told = [{"kpi": sales.pk, "date": "2026-06-01", "value": "1"}, {"kpi": "erp-7", "date": "2026-06-01", "value": "2"}]
    told += [{"kpi": sales.pk, "kpi_external_id": "crm-1", "date": "2026-05-01", "value": "3"}]
    assert send(cy, told).body["accepted"] == 3


BAD = [
    *rows(("crm-1", "2026-06-01", "1"), ("crm-2", "2026-06-01", "1"), ("crm-1", "2026-09-01", "1")),
    *rows(("crm-1", "2026-02-30", "1"), ("crm-1", "2026-05-01", "1,5"), ("erp-7", "2026-05-01", "1001")),
    *rows(("crm-1", "", "1"), ("", "2026-05-01", "1"), ("crm-1", "2026-04-01", "1", "x" * 10_001)),
    *rows(("crm-1", "2026-04-01", "0.12345678901"), ("erp-7", "2026-04-01", "5")),
    {"kpi_external_id": "crm-1", "date": "2026-04-01", "value": "1", "observed_on": "soon"},
    {"kpi": 999_999, "kpi_external_id": "", "date": "2026-04-01", "value": "1"},
    {"kpi": "crm-1", "kpi_external_id": "erp-7", "date": "2026-04-01", "value": "1"},
]
TOLD = [
    (2, "kpi_external_id", "does_not_exist"),
    (3, "date", "future_period"),
    (4, "date", "invalid"),
    (5, "value", "not_a_number"),
    (6, "value", "above_max"),
    (7, "date", "required"),
    (8, "kpi", "required"),
    (9, "note", "max_length"),
    (10, "value", "too_many_digits"),
    (12, "observed_on", "invalid"),
    (13, "kpi", "does_not_exist"),
    (14, "kpi_external_id", "another_kpi"),
]


def told(response) -> list[tuple]:
    return [(error["row"], error["field"], error["code"]) for error in response.body["errors"]]


@pytest.fixture
def bad(send, request):
    """BAD as this format can say it: JSON has no empty cells."""
    if "json" not in request.node.name:
        return BAD
    return [{name: None if cell == "" else cell for name, cell in row.items()} for row in BAD]


def test_one_bad_row_and_nothing_is_written(cy, sales, costs, send, bad):
    response = send(cy, bad)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    assert told(response) == TOLD
    assert [response.body[name] for name in ("accepted", "unchanged", "rejected")] == [0, 0, 12]
    assert all(error["message"] for error in response.body["errors"])
    assert values() == []
    assert not MeasurementRevision.objects.exists()


def test_bad_rows_are_skipped_when_asked(cy, sales, costs, send, bad):
    response = send(cy, bad, on_error="skip")
    assert (response.status_code, told(response)) == (200, TOLD)
    assert [response.body[name] for name in ("accepted", "unchanged", "rejected")] == [2, 0, 12]
    assert [row[:3] for row in values()] == [("sales", 6, 1), ("costs", 4, 5)]
    assert send(cy, bad, on_error="skip").body["unchanged"] == 2


@pytest.mark.parametrize("on_error", ["reject", "skip"])
def test_a_dry_run_answers_the_same_and_writes_nothing(cy, sales, costs, send, bad, on_error):
    for some in (GOOD, bad):
        tried = send(cy, some, on_error=on_error, dry_run=True)
        assert values() == []
        really = send(cy, some, on_error=on_error)
        assert (tried.status_code, tried.body) == (really.status_code, really.body)
        MeasurementRevision.objects.all().delete()
        Measurement.objects.all().delete()


def test_a_correction_in_many_rows_needs_a_reason(cy, sales, send):
    measure(sales, 6, 1)
    response = send(cy, rows(("crm-1", "2026-06-01", "2"), ("crm-1", "2026-05-01", "2")))
    assert told(response) == [(1, "note", "reason_required")]
    assert send(cy, rows(("crm-1", "2026-06-01", "2", "recount"))).body["accepted"] == 1


def test_of_several_rows_for_a_period_the_last_counts(cy, sales, send):
    some = rows(("crm-1", "2026-06-01", "1"), ("crm-1", "2026-06-30", "2"))
    first, second = send(cy, some).body, send(cy, some).body
    assert [(found["accepted"], found["unchanged"]) for found in (first, second)] == [(1, 1), (0, 2)]
    assert [row[2] for row in values()] == [2]


def test_null_withdraws_with_a_reason(cy, sales):
    measure(sales, 6, 1)
    row = {"kpi": sales.pk, "date": "2026-06-01", "value": None}
    assert told(cy.post(PATH, {"rows": [row]})) == [(1, "note", "reason_required")]
    assert cy.post(PATH, {"rows": [{**row, "note": "wrong"}]}).body["accepted"] == 1
    assert cy.get(f"kpis/{sales.pk}/measurements/2026-06-01/").status_code == 404


def test_an_empty_cell_does_not_withdraw(cy, sales):
    measure(sales, 6, 1)
    response = sent_csv(cy, "kpi,date,value,note\ncrm-1,2026-06-01,,because\n")
    assert told(response) == [(1, "value", "required")]


def test_who_may_not_record(cast, cy, eve, sales, costs, send):
    dee = Caller(cast.dee)
    response = send(dee, GOOD)
    assert (response.status_code, response.body["accepted"]) == (403, 0)
    assert {code for _, _, code in told(response)} == {"forbidden"}
    assert send(dee, GOOD, on_error="skip").body["rejected"] == 3
    assert {code for _, _, code in told(send(eve, GOOD))} == {"does_not_exist"}
    kpi(cast.goal("Secret", visibility="private", owner=cast.ada), name="Hidden", external_id="secret")
    hidden = send(cy, rows(("secret", "2026-06-01", "1"), ("crm-1", "2026-06-01", "1")), on_error="skip")
    assert told(hidden) == [(1, "kpi_external_id", "does_not_exist")]
    assert [row[0] for row in values()] == ["sales"]


def test_external_ids_of_another_organisation_are_not_mixed_up(cast, cy, eve, sales, send):
    assert send(eve, GOOD, on_error="skip").body["accepted"] == 0
    assert values() == []


def test_a_token_for_named_kpis(cast, sales, costs, send):
    caller = Caller(text=token(cast.ada, "measurements:write", kpi_ids=[sales.pk]))
    assert send(caller, GOOD).status_code == 403
    response = send(caller, GOOD, on_error="skip")
    assert (told(response), response.body["accepted"]) == ([(2, "kpi_external_id", "forbidden")], 2)


def test_a_token_that_only_reads(cast, sales, send):
    assert send(Caller(cast.ada, "read"), GOOD).status_code == 403
    assert send(Caller(), GOOD).status_code == 401


ODD_JSON = {
    b"": 400,
    b"{": 400,
    b"[]": 400,
    b"null": 400,
    b"5": 400,
    b"{}": 400,
    b'{"rows": null}': 400,
    b'{"rows": {}}': 400,
    b'{"rows": [5]}': 400,
    b'{"rows": [[]]}': 400,
    b'{"rows": [], "on_error": "maybe"}': 400,
    b'{"rows": [], "on_error": null}': 400,
    b'{"rows": [], "dry_run": "yes"}': 400,
    b'{"rows": [{"value": NaN}]}': 400,
    b'{"rows": [{"value": 1e999999999}]}': 400,
    b'{"rows": [{"value": ' + b"9" * 5000 + b"}]}": 400,
    b'{"rows": [{"value": ' + b"[" * 100_000: 400,
    b'{"rows": [{"note": "\xff"}]}': 400,
    b'{"rows": [{"note": "\\ud800"}]}': 400,
    b'{"rows": [{"note": "\\udc00"}]}': 400,
    b'{"rows": []}': 200,
    b'{"rows": [], "whatever": 1}': 200,
}


@pytest.mark.parametrize("raw", ODD_JSON)
def test_odd_json(cy, raw):
    response = cy.call("POST", PATH, raw=raw)
    assert response.status_code == ODD_JSON[raw]
    assert response.status_code == 200 or response.body["errors"]


ODD_CELLS = {
    "kpi": [True, 0, -1, 2**70, 1.5, "", [], {}, "\x00", "no such"],
    "kpi_external_id": [7, "\x00", [], True],
    "date": [20260601, "2026-6-1", "20260601", "2026-W23-1", "2026-06-01T00:00:00Z", [], True, "２０２６-06-01"],
    "value": ["", " 1", "1 ", "+1", "0x10", "1_000", "--1", "Infinity", True, [], {}, "1.", ".5", "٣"],
    "note": [5, None, [], "\x00"],
    "observed_on": [5, "", "2026-13-01", []],
}


@pytest.mark.parametrize(("field", "cell"), [(name, cell) for name, cells in ODD_CELLS.items() for cell in cells])
def test_odd_cells_are_told_by_row_and_field(cy, sales, field, cell):
    row = {"kpi": sales.pk, "date": "2026-06-01", "value": "1"}
    if field == "kpi_external_id":
        del row["kpi"]
    response = cy.post(PATH, {"rows": [row | {field: cell}], "on_error": "skip"})
    assert response.status_code == 200
    assert [(error["row"], error["field"]) for error in response.body["errors"]] == [(1, field)]


def test_where_the_shape_is_wrong(cy):
    response = cy.post(PATH, {"rows": [{}, 5]})
    assert (response.status_code, codes(response)) == (400, {("rows.1", "invalid")})


def test_a_csv_may_have_a_bom_crlf_quotes_and_blank_lines(cy, sales, costs):
    text = (
        '\ufeff"kpi_external_id",value,date,"note",observed_on\r\n'
        'crm-1," 40.50 ",2026-06-17,"said ""now"", twice\r\nand again",2026-06-30\r\n'
        "\r\n"
        ",,,,\r\n"
        "erp-7,-3,2026-06-01,@SUM(A1),\r\n"
    )
    assert sent_csv(cy, text).body == {"accepted": 2, "unchanged": 0, "rejected": 0, "errors": []}
    assert [row[2:] for row in values()] == [(Decimal("40.5"), 'said "now", twice\r\nand again'), (-3, "@SUM(A1)")]


def test_a_csv_without_the_last_line_end_and_with_short_rows(cy, sales):
    assert sent_csv(cy, "kpi,date,value,note,observed_on\ncrm-1,2026-06-01,1").body["accepted"] == 1


def test_a_csv_row_with_too_many_cells(cy, sales):
    response = sent_csv(cy, "kpi,date,value\ncrm-1,2026-06-01,1,5\ncrm-1,2026-05-01,1\n", "?on_error=skip")
    assert (told(response), response.body["accepted"]) == ([(1, "", "too_many_cells")], 1)


ODD_CSV = {
    "": {("rows", "required")},
    "\n": {("kpi", "missing_column"), ("date", "missing_column"), ("value", "missing_column")},
    "kpi,date\n": {("value", "missing_column")},
    "date,value\n": {("kpi", "missing_column")},
    "kpi,date,value,colour\n": {("colour", "unknown_column")},
    "kpi,date,value,value\n": {("value", "given_twice")},
    "kpi;date;value\n": {
        ("kpi;date;value", "unknown_column"),
        ("kpi", "missing_column"),
        ("date", "missing_column"),
        ("value", "missing_column"),
    },
    'kpi,date,value\n"crm-1,2026-06-01,1\n': {("", "not_csv")},
    'kpi,date,value\n"crm"-1,2026-06-01,1\n': {("", "not_csv")},
    "kpi,date,value,note\nc,2026-06-01,1," + "x" * 200_000 + "\n": {("", "not_csv")},
}


@pytest.mark.parametrize("text", ODD_CSV, ids=range(len(ODD_CSV)))
def test_odd_csv(cy, text):
    response = sent_csv(cy, text)
    assert (response.status_code, codes(response)) == (400, ODD_CSV[text])


@pytest.mark.parametrize("raw", [b"kpi,date,value\n\xff,2026-06-01,1", "kpi,date,value\næ,1,1".encode("utf-16")])
def test_a_csv_that_is_not_utf_8(cy, raw):
    assert sent_csv(cy, raw).status_code == 400


@pytest.mark.parametrize("name", ["999999999999999999999", "0", "-1", "٣", "crm\x001"])
def test_odd_names_in_a_csv(cy, sales, name):
    response = sent_csv(cy, f"kpi,date,value\n{name},2026-06-01,1\n")
    assert told(response) == [(1, "kpi", "does_not_exist")]


def test_another_content_type(cy):
    assert cy.call("POST", PATH, raw=b"x", content_type="application/xml").status_code == 415


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("on_error=maybe", "on_error", "invalid_choice"),
        ("dry_run=1", "dry_run", "invalid"),
        ("mode=x", "mode", "unknown_parameter"),
    ],
)
def test_odd_parameters_are_bad_input(cy, query, field, code):
    response = cy.post(f"{PATH}?{query}", {"rows": []})
    assert (response.status_code, codes(response)) == (400, {(field, code)})


def test_what_a_body_says_goes_before_the_address(cy, sales):
    told = {"rows": [{"kpi": sales.pk, "date": "2026-06-01", "value": "1"}], "dry_run": False}
    assert cy.post(f"{PATH}?dry_run=true", told).body["accepted"] == 1
    assert len(values()) == 1


def test_a_get_is_not_there(cy):
    assert cy.get(PATH).status_code == 405


def test_the_same_request_again_does_nothing_twice(cy, sales):
    body = {"rows": [{"kpi": sales.pk, "date": "2026-06-01", "value": "1"}]}
    first, second = (cy.post(PATH, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.body, second.headers["Idempotency-Replayed"]) == (first.body, "true")
    wrong = {"rows": [{"kpi": sales.pk, "date": "2026-09-01", "value": "1"}]}
    assert cy.post(PATH, wrong, **{"Idempotency-Key": "w"}).status_code == 400
    assert cy.post(PATH, body, **{"Idempotency-Key": "w"}).status_code == 200


def planted(goal, number: int) -> list[Kpi]:
    made = [
        Kpi(organisation=goal.organisation, goal=goal, key=f"k{n}", external_id=f"x{n}", name=f"K{n}", target=100)
        for n in range(number)
    ]
    Kpi.objects.bulk_create(made)
    Kpi.objects.update(cadence="daily")
    return list(Kpi.objects.order_by("pk"))


def days(number: int) -> list[str]:
    return [(date(2026, 1, 1) + timedelta(n)).isoformat() for n in range(number)]


@pytest.mark.parametrize("who", ["ada", "bo", "cy"])
def test_the_number_of_queries_does_not_depend_on_the_rows(cast, goal, send, who):
    made, caller = planted(goal, 300), Caller(getattr(cast, who))

    def queries(number, value):
        some = [{"kpi_external_id": kpi.external_id, "date": "2026-01-01", "value": value, "note": "n"} for kpi in made]
        with CaptureQueriesContext(connection) as captured:
            assert send(caller, some[:number]).body["accepted"] == number
        return len(captured)

    caller.get("kpis/")
    assert queries(3, "1") == queries(300, "2") <= 20


def test_ten_thousand_rows_in_one_go(cast, ada, goal, send):
    made = planted(goal, 100)
    some = [{"kpi": kpi.pk, "date": day, "value": f"{n}.5"} for n, day in enumerate(days(100)) for kpi in made]
    with CaptureQueriesContext(connection) as captured:
        assert send(ada, some).body == {"accepted": 10_000, "unchanged": 0, "rejected": 0, "errors": []}
    assert len(captured) <= 20
    assert Measurement.objects.count() == MeasurementRevision.objects.count() == 10_000
    assert send(ada, some).body["unchanged"] == 10_000
    assert DirtyMark.objects.filter(kpi_id__isnull=False).count() == 100


def test_one_row_more_than_that(ada, sales, send):
    response = send(ada, [{"kpi": sales.pk, "date": "2026-06-01", "value": "1"}] * 10_001)
    assert (response.status_code, codes(response)) == (400, {("rows", "max_length")})
