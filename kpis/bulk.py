"""Many measurements in one request: JSON or CSV in, entries for `kpis.recording` out, every wrong row told.

Rows are counted from 1; the header of a CSV is not one. The number of queries does not depend on the number of rows.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec
from rest_framework import exceptions, parsers

from cascade.wire import DAY, LARGEST_ID, finite
from kpis.access import recordable_among
from kpis.models import Kpi
from kpis.recording import Entry, Refusal, record
from kpis.serializers import LONGEST_NOTE, number
from people.models import ApiToken, Person

MOST_ROWS = 10_000
COLUMNS = ("kpi", "kpi_external_id", "date", "value", "note", "observed_on")
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
PLACE = re.compile(r"\$\.rows\[(\d+)\](?:\.(\w+))?`$")


class RawRow(msgspec.Struct):
    """A row as it was sent: what it holds is not checked yet. `surplus`: a CSV's row with more cells than columns."""

    kpi: Any = None
    kpi_external_id: Any = None
    date: Any = None
    value: Any = msgspec.UNSET
    note: Any = ""
    observed_on: Any = None
    surplus: bool = False


class Batch(msgspec.Struct):
    rows: list[RawRow]
    on_error: Literal["reject", "skip"] | msgspec.UnsetType = msgspec.UNSET
    dry_run: bool | msgspec.UnsetType = msgspec.UNSET


class JsonRows(parsers.BaseParser):
    media_type = "application/json"
    decoder = msgspec.json.Decoder(Batch, float_hook=finite)

    def parse(self, stream, media_type=None, parser_context=None) -> Batch:
        try:
            return self.decoder.decode(body_of(stream))
        except msgspec.ValidationError as error:
            raise malformed(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise exceptions.ParseError("The body is not JSON in UTF-8.", "not_json") from None


def malformed(message: str) -> exceptions.ValidationError:
    """Where the body has another shape than rows in a list."""
    place, said = PLACE.search(message), message.partition(" - at ")[0]
    field = f"rows.{place[1]}.{place[2] or ''}".rstrip(".") if place else ""
    return exceptions.ValidationError({field or "non_field_errors": [exceptions.ErrorDetail(said, "invalid")]})


class CsvRows(parsers.BaseParser):
    media_type = "text/csv"

    def parse(self, stream, media_type=None, parser_context=None) -> Batch:
        try:
            lines = csv.reader(io.StringIO(body_of(stream).decode("utf-8-sig"), newline=""), strict=True)
            header = [name.strip() for name in next(lines, [])]
            refuse_wrong_header(header)
            return Batch([csv_row(header, cells) for cells in lines if any(cells)])
        except (UnicodeDecodeError, csv.Error) as error:
            raise exceptions.ParseError(f"The body is not CSV in UTF-8: {error}.", "not_csv") from None


def body_of(stream) -> bytes:
    return stream.body if hasattr(stream, "body") else stream.read()


def refuse_wrong_header(header: Sequence[str]) -> None:
    wrong = {name: ("unknown_column", f"There is no column {name!r} here.") for name in header if name not in COLUMNS}
    wrong |= {name: ("given_twice", "The column is there twice.") for name in header if header.count(name) > 1}
    needed = ["date", "value"] if {"kpi", "kpi_external_id"} & set(header) else ["kpi", "date", "value"]
    wrong |= {name: ("missing_column", "The column is missing.") for name in needed if name not in header}
    if wrong:
        raise exceptions.ValidationError(
            {name or "non_field_errors": [exceptions.ErrorDetail(said, code)] for name, (code, said) in wrong.items()}
        )


def csv_row(header: Sequence[str], cells: Sequence[str]) -> RawRow:
    """Cells by column; an empty one says nothing, the note is kept as it is."""
    told = {name: cell if name == "note" else cell.strip() or None for name, cell in zip(header, cells, strict=False)}
    if told.get("value") is None:
        told.pop("value", None)
    kpi = told.get("kpi")
    if kpi and kpi.isascii() and kpi.isdigit():
        told["kpi"] = int(kpi) if len(kpi) < 20 else 0
    return RawRow(**told, surplus=len(cells) > len(header))


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows; `errors` in the order of the rows."""

    accepted: int
    unchanged: int
    rejected: int
    errors: list[Refusal]


def take_in(person: Person, rows: Sequence[RawRow], *, token: ApiToken | None, on_error: str, dry_run: bool) -> Taken:
    """Records the rows. Codes beside those of `kpis.recording.record`: required, invalid, max_length, forbidden,
    another_kpi, too_many_cells."""
    found = lookup(person, {name for row in rows for name in (by_id(row), by_external_id(row)) if name})
    may = recordable_among(person, set(found.values()), token)
    entries, errors = [], []
    for place, row in enumerate(rows, 1):
        taken = entry_of(row, place, found, may)
        (entries if isinstance(taken, Entry) else errors).append(taken)
    nothing = on_error == "reject" and bool(errors)
    outcome = record(person.organisation, entries, by=person, on_error=on_error, dry_run=dry_run or nothing)
    errors = sorted([*errors, *outcome.refusals], key=lambda error: error.row)
    return Taken(0 if nothing else outcome.accepted, outcome.unchanged, len(errors), errors)


def by_id(row: RawRow) -> int | str | None:
    """What `kpi` names: a number is an id, a text an external id."""
    if type(row.kpi) is int:
        return row.kpi if 0 < row.kpi <= LARGEST_ID else None
    return external(row.kpi)


def by_external_id(row: RawRow) -> str | None:
    return external(row.kpi_external_id)


def external(name: Any) -> str | None:
    return name if isinstance(name, str) and not NO_TEXT.search(name) else None


def lookup(person: Person, names: Iterable[int | str]) -> dict[int | str | None, int]:
    """The ids of the KPIs named that the person may see."""
    ids, texts = [name for name in names if isinstance(name, int)], [name for name in names if isinstance(name, str)]
    visible = Kpi.objects.visible_to(person).order_by()
    found: dict[int | str | None, int] = {}
    for column, wanted in (("id", ids), ("external_id", texts)):
        if wanted:
            found |= dict(visible.filter(**{f"{column}__in": wanted}).values_list(column, "pk"))
    return found


def entry_of(row: RawRow, place: int, found: dict[int | str | None, int], may: set[int]) -> Entry | Refusal:
    """The row as an entry, or the first thing that is wrong with it."""
    field = "kpi" if row.kpi is not None or row.kpi_external_id is None else "kpi_external_id"
    kpi_id = found.get(by_id(row) if field == "kpi" else by_external_id(row))

    def because(field, code, message):
        return Refusal(place, field, code, message)

    if row.surplus:
        return because("", "too_many_cells", "The row has more cells than the header.")
    if row.kpi is None and row.kpi_external_id is None:
        return because("kpi", "required", "Name the KPI by its id or its external id.")
    if kpi_id is None:
        return because(field, "does_not_exist", "There is no such KPI, or you may not see it.")
    if field == "kpi" and row.kpi_external_id is not None and found.get(by_external_id(row)) != kpi_id:
        return because("kpi_external_id", "another_kpi", "It names another KPI than `kpi`.")
    if kpi_id not in may:
        return because(field, "forbidden", "You may not enter values of this KPI.")
    date, observed_on = day_of(row.date), day_of(row.observed_on)
    if date is None:
        missing = row.date is None
        return because("date", "required" if missing else "invalid", "Give a date as YYYY-MM-DD.")
    if observed_on is None and row.observed_on is not None:
        return because("observed_on", "invalid", "Give a date as YYYY-MM-DD.")
    if row.value is msgspec.UNSET:
        return because("value", "required", "Give the value.")
    value = None if row.value is None else number(row.value)
    if value is None and row.value is not None:
        return because("value", "not_a_number", "Enter a number, such as 12.5.")
    if not isinstance(row.note, str) or NO_TEXT.search(row.note):
        return because("note", "invalid", "Enter a text.")
    if len(row.note) > LONGEST_NOTE:
        return because("note", "max_length", f"At most {LONGEST_NOTE} characters.")
    return Entry(kpi_id, date, value, observed_on, row.note.strip(), place)


def day_of(told: Any) -> dt.date | None:
    return read_day(told) if isinstance(told, str) else None


@lru_cache(maxsize=4096)
def read_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
