"""How rows came to be what they are: their history, written backwards from today's row."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from people.models import Person


@dataclass(frozen=True)
class Change:
    """Somebody changed the fields of `was`, by column name, from these values. Without `was` the row was created."""

    at: dt.datetime
    by: Person
    reason: str = ""
    was: Mapping[str, Any] = field(default_factory=dict)


def tell(rows: Sequence[models.Model], changes: Mapping[int, Iterable[Change]]) -> None:
    """Writes the history of rows that are in the database, each from its creation to what it is now, and gives them the
    version and the dates that go with it. Changes are by primary key."""
    if not rows:
        return
    history = rows[0].history.model
    written = []
    for row in rows:
        state = {each.attname: getattr(row, each.attname) for each in history.tracked_fields}
        told = sorted(changes[row.pk], key=lambda change: change.at)
        row.version = state["version"] = len(told)
        row.created_at = state["created_at"] = told[0].at
        row.updated_at = told[-1].at
        backwards = []
        for version in range(len(told), 0, -1):
            change = told[version - 1]
            backwards.append(
                history(
                    history_date=change.at,
                    history_user=change.by,
                    history_change_reason=change.reason or None,
                    history_type="~" if version > 1 else "+",
                    **{**state, "version": version, "updated_at": change.at},
                )
            )
            state |= change.was
        written += reversed(backwards)
    history.objects.bulk_create(written, batch_size=1000)
    type(rows[0]).objects.bulk_update(rows, ["version", "created_at", "updated_at"], batch_size=200)
