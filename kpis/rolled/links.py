"""The links of a rolled-up KPI as they are kept in its row, and how a row's values come about. Pure: rows in, rows out.

A kept link has `source` and, of a ratio, `denominator` (ids of KPIs), `weight` as a text, `since` and `until` as texts
or None, and `ended_on` where the goal of one of them was cancelled.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cascade.fields import plain
from kpis.derived import Derivation, Link, Links
from kpis.formula import FormulaError, keys, parse

DERIVED = frozenset({"formula", "rollup"})
KEPT = ("source", "denominator", "weight", "since", "until")

Row = Mapping[str, Any]


def kept(given: Iterable[Row]) -> list[dict[str, Any]]:
    """Links as they are kept; what a link does not say is as usual."""
    return [
        {
            "source": link["source"],
            "denominator": link.get("denominator"),
            "weight": plain(Decimal(link.get("weight", 1))),
            "since": day_text(link.get("since")),
            "until": day_text(link.get("until")),
            **({"ended_on": day_text(link["ended_on"])} if link.get("ended_on") else {}),
        }
        for link in given
    ]


def day_text(day: dt.date | str | None) -> str | None:
    return day.isoformat() if isinstance(day, dt.date) else day or None


def day_of(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def until(link: Row) -> dt.date | None:
    """The last day on which it counts."""
    return min(filter(None, (day_of(link["until"]), day_of(link.get("ended_on")))), default=None)


def named(link: Row) -> tuple[int, ...]:
    return (link["source"],) if link["denominator"] is None else (link["source"], link["denominator"])


def linked(links: Iterable[Row]) -> set[int]:
    """The KPIs that links name."""
    return {kpi for link in links for kpi in named(link)}


def keys_of(text: str) -> set[str]:
    """The keys in a formula; none in what is no formula."""
    try:
        return keys(parse(text))
    except FormulaError:
        return set()


def derivation_of(row: Row, ids: Mapping[str, int]) -> Derivation:
    """How a derived KPI's values come about; `ids` are those of the KPIs that its formula may name, by key."""
    if row["source"] == "formula":
        try:
            formula = parse(row["formula"])
        except FormulaError:  # data from elsewhere
            return Derivation()
        return Derivation(formula=formula, keys={key: ids[key] for key in keys(formula) if key in ids})
    links = [
        Link(
            link["source"],
            link["denominator"] if row["method"] == "ratio" else None,
            Decimal(link["weight"]),
            day_of(link["since"]),
            until(link),
        )
        for link in row["links"]
    ]
    return Derivation(Links(row["method"], links, row["missing"] or None, row["scale"]))
