"""What 10,000 measurements cost through the REST API, against a bare load of the same rows into the same tables.

python -m bench.ingest [--kpis 1000] [--sqlite]

A request is all of it: the token, the rows read and checked, rights, locks, revisions, current values, dirty marks,
commit. The floor is COPY on PostgreSQL and `executemany` on SQLite, in one transaction: into one table, and into the
two tables in which every value stands, current and as a revision.
"""

import argparse
import io
import itertools
import json
import tempfile
from contextlib import nullcontext
from datetime import date, timedelta
from functools import partial

from bench.measuring import alternate, set_up, statements
from tests.servers import postgres

ROWS, ROUNDS = 10_000, 5
COLUMNS = ("organisation_id", "kpi_id", "period", "value", "observed_on", "recorded_at", "recorded_by_id", "note")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kpis", type=int, default=1000, help="how many KPIs the rows are spread over")
    arguments.add_argument("--sqlite", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = nullcontext(f"sqlite:///{folder}/bench.sqlite3") if asked.sqlite else postgres(durable=True)
        with server as url:
            set_up(url)
            print(f"on {'SQLite' if asked.sqlite else 'PostgreSQL'}; CPU ms of client and database, medians")
            measure(asked.kpis)


def measure(kpis: int) -> None:
    from kpis.models import Measurement, MeasurementRevision

    api, floor = company("Api", kpis), company("Floor", kpis)
    send = partial(post, token_of(api))
    days = itertools.count()
    fresh = {"json": partial(told, api, days), "csv": partial(told, api, days)}
    last: dict[str, list[dict]] = {}

    def send_new(kind):
        last[kind] = fresh[kind]()
        assert send(kind, last[kind])["accepted"] == ROWS

    def send_again(kind):
        assert send(kind, last[kind])["unchanged"] == ROWS

    def correct(kind):
        last[kind] = [{**row, "value": f"{row['value']}5", "note": "recount"} for row in last[kind]]
        assert send(kind, last[kind])["accepted"] == ROWS

    bare = itertools.count()
    found = alternate(
        ROUNDS,
        one=lambda: load(floor, bare, [Measurement]),
        two=lambda: load(floor, bare, [Measurement, MeasurementRevision]),
        json=partial(send_new, "json"),
        again=partial(send_again, "json"),
        corrected=partial(correct, "json"),
        csv=partial(send_new, "csv"),
    )
    with statements() as sent:
        send_new("json")
    print(f"{ROWS} rows over {kpis} KPIs; {len(sent)} statements a request")
    print(f"floor: one table {found['one']:.0f}, both tables {found['two']:.0f}")
    ways = {
        "json": "JSON, all new",
        "csv": "CSV, all new",
        "corrected": "JSON, all corrected",
        "again": "JSON, the same again",
    }
    for name, said in ways.items():
        taken = found[name]
        print(
            f"{said}: {taken:.0f}, {taken / found['one']:.1f}x one table, {taken / found['two']:.1f}x both;"
            f" {ROWS / taken * 1000:,.0f} rows a CPU second"
        )


def company(name: str, kpis: int):
    """An organisation whose KPIs are measured daily."""
    from kpis.models import Kpi
    from tests.company import grow

    organisation = grow(kpis, kpis_a_goal=1, months=0, name=name)
    Kpi.objects.filter(organisation=organisation).update(cadence="daily", start=date(2000, 1, 1))
    return organisation


def token_of(organisation) -> str:
    from people.models import Person
    from tests.cast import token

    return token(Person.objects.get(organisation=organisation), "measurements:write")


def told(organisation, days) -> list[dict]:
    """A value of each KPI on each of some days that have none yet."""
    from kpis.models import Kpi

    ids = list(Kpi.objects.filter(organisation=organisation).order_by("pk").values_list("pk", flat=True))
    some = [date(2000, 1, 1) + timedelta(next(days)) for _ in range(ROWS // len(ids))]
    return [
        {"kpi": kpi, "date": day.isoformat(), "value": f"{(kpi * 7 + day.toordinal()) % 9973 / 10}"}
        for day in some
        for kpi in ids
    ]


def post(token: str, kind: str, rows: list[dict]) -> dict:
    from django.test import Client

    if kind == "json":
        body, content_type = json.dumps({"rows": rows}), "application/json"
    else:
        body = "kpi,date,value\n" + "".join(f"{row['kpi']},{row['date']},{row['value']}\n" for row in rows)
        content_type = "text/csv"
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/measurements/bulk/", body, content_type=content_type, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.content[:500]
    return answer.json()


def load(organisation, days, models) -> None:
    """The same rows, ready made, into the tables and committed."""
    from django.db import connection, transaction
    from django.utils import timezone

    now = timezone.now()
    rows = [
        (organisation.pk, row["kpi"], row["date"], row["value"], row["date"], now, None, "")
        for row in told(organisation, days)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        for model in models:
            version = {"version": 1} if hasattr(model, "version") else {}
            copy(cursor, model._meta.db_table, [*COLUMNS, *version], [(*row, *version.values()) for row in rows])


def copy(cursor, table: str, columns: list[str], rows: list[tuple]) -> None:
    from django.db import connection

    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        lines = ("\t".join("\\N" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO("".join(lines)))
    else:
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608


if __name__ == "__main__":
    main()
