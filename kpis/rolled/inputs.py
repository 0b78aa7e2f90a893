"""A derived KPI's newest value down to what was measured, at the moment the score is for.

What the reader may not see is one line with the number of such KPIs alone (docs/domain.md section 17).
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kpis.calculation import joined, operand, plain
from kpis.derived import Link, Missing, Operand, taken
from kpis.formula import with_keys
from kpis.periods import Fiscal, period_name
from kpis.rolled.links import DERIVED, derivation_of
from kpis.rolled.values import Row, Values, measured
from kpis.rolled.words import HIDDEN, restricted

DEEPEST = 4


@dataclass(frozen=True)
class Input:
    """A KPI that a value came from, with what it gave; `kpi` is None for what the reader may not see."""

    kpi: int | None
    key: str
    name: str
    unit: str = ""
    value: Decimal | None = None
    below: "Inputs | None" = None
    count: int = 1


@dataclass(frozen=True)
class Inputs:
    """A value of one period: how it is put together, in numbers, and what it is put together from."""

    period: dt.date
    period_name: str
    value: Decimal
    formula: str
    parts: list[Input] = field(default_factory=list)


@dataclass(frozen=True)
class Family:
    """KPIs with all they come from, at a moment. `seen`: the KPIs that the reader may see."""

    rows: Mapping[int, Row]
    values: Mapping[int, Values]
    on: dt.date
    fiscal: Fiscal
    seen: Collection[int]

    def inputs(self, kpi_id: int, until: dt.date = dt.date.max, depth: int = 1) -> Inputs | None:
        """Of the newest value whose period begins by a day; None where the KPI has none or is measured itself."""
        row = self.rows[kpi_id]
        firsts = [first for first in self.values[kpi_id] if first <= until]
        if row["source"] not in DERIVED or not firsts:
            return None
        first = max(firsts)
        derivation = derivation_of(row, {each["key"]: pk for pk, each in self.rows.items()})
        links = derivation.links.links if derivation.links else [Link(pk) for pk in sorted(derivation.needs)]
        whole = derivation.links is None or derivation.links.rule in (Missing.require_all, Missing.carry)
        given = {(pk, link): self.given(pk, row, first, link, whole) for link in links for pk in link.operands}
        name = period_name(first, row["cadence"], self.fiscal) if row["cadence"] != "once" else ""
        formula = self.in_numbers(row, derivation, given)
        return Inputs(first, name, self.values[kpi_id][first].value, formula, self.parts(given, first, depth))

    def given(self, pk: Any, row: Row, first: dt.date, link: Link, whole: bool) -> Decimal | None:
        told = Operand(measured(self.rows[pk]), self.values[pk])
        return taken(told, measured(row), first, self.on, self.fiscal, link, whole=whole)

    def parts(self, given: Mapping[tuple[Any, Link], Decimal | None], first: dt.date, depth: int) -> list[Input]:
        found = []
        shown = {pk: value for (pk, _), value in given.items() if pk in self.seen}
        for pk, value in shown.items():
            row = self.rows[pk]
            below = self.inputs(pk, first, depth + 1) if depth < DEEPEST and value is not None else None
            found.append(Input(pk, row["key"], row["name"], row["unit"], value, below))
        hidden = len({pk for pk, _ in given} - shown.keys())
        return [*found, Input(None, "", restricted(hidden), count=hidden)] if hidden else found

    def in_numbers(self, row: Row, derivation: Any, given: Mapping[tuple[Any, Link], Decimal | None]) -> str:
        """How the value is put together; empty where the reader may not see all of it or a rule filled it up."""
        if derivation.links is None:
            names = {
                key: HIDDEN if pk not in self.seen else operand(given[pk, Link(pk)] or Decimal(0))
                for key, pk in derivation.keys.items()
            }
            return with_keys(row["formula"], names).replace("*", "×").replace("/", "÷")
        filled = derivation.links.rule in (Missing.zero, Missing.carry) and None in given.values()
        if filled or any(pk not in self.seen for pk, _ in given):
            return ""
        whole = [link for link in derivation.links.links if all(given[pk, link] is not None for pk in link.operands)]
        return put_together(row, whole, given)


def put_together(row: Row, links: list[Link], given: Mapping[tuple[Any, Link], Any]) -> str:
    above = [given[link.kpi, link] for link in links]
    if row["method"] == "ratio":
        below = [given[link.denominator, link] for link in links]
        times = "" if row["scale"] == 1 else f" × {operand(row['scale'])}"
        return f"({joined('sum', above)}) ÷ ({joined('sum', below)}){times}"
    if row["method"] == "weighted_mean":
        parts = [f"{plain(link.weight)} × {operand(value)}" for link, value in zip(links, above, strict=True)]
        return f"({' + '.join(parts)}) ÷ {plain(sum((link.weight for link in links), Decimal(0)))}"
    return joined(row["method"], above)
