"""What is asked of a KPI from which day on (docs/domain.md section 15). Pure: rows in, rows out.

A KPI's `targets` are empty while nothing changed with a date. Else they are all it was and will be asked, the oldest
first: `since` (None: from the beginning) and the columns of DATED as texts. The columns themselves hold what is asked
today.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from cascade.fields import plain
from kpis.periods import DAY

NUMBERS = ("baseline", "target", "stretch", "lower", "upper", "fade", "zero_at")
DATED = (*NUMBERS, "trajectory", "milestones", "rebased_on")

Row = dict[str, Any]


def kept(row: Mapping[str, Any], since: dt.date | None) -> Row:
    """What a row asks, as it is stored."""
    numbers = {name: None if row[name] is None else plain(row[name]) for name in NUMBERS}
    return {
        "since": since and since.isoformat(),
        **numbers,
        "trajectory": row["trajectory"],
        "milestones": dict(row["milestones"]),
        "rebased_on": row["rebased_on"] and row["rebased_on"].isoformat(),
    }


def told(entry: Mapping[str, Any]) -> Row:
    """The columns of DATED of something kept."""
    numbers = {name: None if entry[name] is None else Decimal(entry[name]) for name in NUMBERS}
    rebased_on = entry["rebased_on"]
    return {
        **numbers,
        "trajectory": entry["trajectory"],
        "milestones": dict(entry["milestones"]),
        "rebased_on": rebased_on and dt.date.fromisoformat(rebased_on),
    }


def since(entry: Mapping[str, Any]) -> dt.date:
    return dt.date.fromisoformat(entry["since"]) if entry["since"] else dt.date.min


def place(targets: Sequence[Mapping[str, Any]], on: dt.date) -> int:
    """Which of the targets holds on a day; there must be some."""
    return max(number for number, entry in enumerate(targets) if since(entry) <= on)


def asked_on(row: Row, on: dt.date) -> Row:
    """A KPI's row with what is asked on a day. `earlier` is what was asked up to which day before, the oldest first."""
    targets = row["targets"]
    if not targets:
        return row
    number = place(targets, on)
    so_far = targets[: number + 1]
    earlier = [(since(after) - DAY, {**row, **told(entry)}) for entry, after in pairwise(so_far)]
    return {**row, **told(targets[number]), "earlier": earlier}


def changed(row: Row, asking: Mapping[str, Any], day: dt.date) -> list[Row]:
    """The targets of a KPI that asks for something else from a day on, in place of what was to change on that day."""
    others = [entry for entry in row["targets"] or [kept(row, None)] if since(entry) != day]
    return sorted([*others, kept(asking, day)], key=since)


def corrected(targets: Sequence[Row], row: Mapping[str, Any], on: dt.date) -> list[Row]:
    """The targets, where that of a day is what `row` says now; of a KPI without dated ones nothing is kept."""
    if not targets:
        return []
    number = place(targets, on)
    entry = targets[number]
    mended = kept(row, dt.date.fromisoformat(entry["since"]) if entry["since"] else None)
    return [*targets[:number], mended, *targets[number + 1 :]]
