"""Many rows in one statement, as a table inside the statement that is read from one parameter of JSON.

`bulk_create` makes a statement of every few hundred rows on SQLite, and a model instance of each row everywhere.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, models

from cascade.fields import plain


def insert(
    model: type[models.Model],
    columns: Mapping[str, str],
    rows: str,
    *,
    same: Mapping[str, Any],
    replaces: Sequence[str] = (),
) -> None:
    """Inserts rows, written by `rows_of`, with `columns` (name and PostgreSQL type) of their own and `same` alike.

    `replaces` are unique columns by which a row takes the place of the one that is there; its `version` goes on.
    """
    table, names = model._meta.db_table, ", ".join([*columns, *same])
    taken = ", ".join([*columns, *["%s"] * len(same)])
    statement = f"INSERT INTO {table} ({names}) SELECT {taken} FROM {recordset(columns)} WHERE true"  # noqa: S608
    if replaces:
        changed = ", ".join(
            f"{name} = {table}.version + 1" if name == "version" else f"{name} = excluded.{name}"
            for name in [*columns, *same]
            if name not in replaces
        )
        statement += f" ON CONFLICT ({', '.join(replaces)}) DO UPDATE SET {changed}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(prepared, same.values()), rows])


def update(model: type[models.Model], columns: Mapping[str, str], rows: str, *, same: Mapping[str, Any]) -> None:
    """Gives rows that are there, found by `id`, the other `columns` of their own and `same` alike."""
    table = model._meta.db_table
    changed = [*(f"{name} = told.{name}" for name in columns if name != "id"), *(f"{name} = %s" for name in same)]
    statement = f"UPDATE {table} SET {', '.join(changed)} FROM {recordset(columns)} WHERE {table}.id = told.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(prepared, same.values()), rows])


def recordset(columns: Mapping[str, str]) -> str:
    """SQL of a table with these columns, whose one parameter is made by `rows_of`."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"json_to_recordset(%s) AS told({typed})"
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {taken} FROM json_each(%s)) AS told"  # noqa: S608  names from the code, never from outside


def rows_of(columns: Iterable[str], rows: Iterable[Sequence]) -> str:
    """Rows with these columns in that order, numbers as exact texts."""
    names = tuple(columns)
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=as_text)


def as_text(value: Decimal | dt.date) -> str:
    return plain(value) if isinstance(value, Decimal) else value.isoformat()


def prepared(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, dt.datetime) else value
