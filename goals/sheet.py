"""A goal's whole calculation as rows for a spreadsheet: recomputing them gives the figures again, to the last digit.

A goal's progress is the mean of its contributing parts' progress by weight (or what `method` says), rounded half-even
to 18 decimals; so is its expected, and its coverage over the counted parts. A formula of a KPI is over its values.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cascade.fields import plain
from goals import parts, past, rollup
from goals.detail import Moment, Unknown
from goals.explaining import Lines
from goals.models import Goal
from goals.reading import visible_ids
from people.models import Person

FIGURES = ("weight", "share", "progress", "expected", "gap", "coverage", "points", "weight_in_top")
WORDS = ("kind", "id", "title", "method", "status", "counted", "contributes", "reason")
MEASURES = ("unit", "baseline", "target", "value", "observed_on", "attainment", "formula", "note")
COLUMNS = ("depth", "parent", *WORDS, *FIGURES, "step", *MEASURES)

Row = dict[str, Any]


def rows(goal: Goal, person: Person, moment: Moment) -> Iterator[Row]:
    """Parents before their parts; below a KPI its steps and then its values. Raises Unknown when the goal was not there
    at the moment."""
    tree = past.subtree_at(goal, moment.on, moment.known)
    if goal.pk not in tree.told:
        raise Unknown
    found = rollup.explain(goal.pk, tree.goals, tree.kpis, tree.on, tree.thresholds)
    top = parts.with_points(Lines(tree, visible_ids(person), tree.scores.inputs(person)).of(found))
    return lines(top, tree)


def lines(top: parts.Line, tree: past.Tree) -> Iterator[Row]:
    parents = {id(part): line["id"] for line in parts.walk(top) for part in line["parts"]}
    for line in parts.walk(top):
        row = {name: line[name] for name in (*WORDS, *FIGURES)} | {"depth": line["depth"]}
        row["parent"] = parents.get(id(line))
        if line["kind"] != "kpi":
            yield row
            continue
        told, score = line["calculation"], line["calculation"]["score"]
        yield row | {
            "unit": told["unit"],
            "baseline": told["baseline"],
            "target": told["target"],
            "value": score.actual,
        }
        yield from steps(line, tree.scores.calculation(line["id"]))
        if told["inputs"]:
            yield from inputs(told["inputs"], line["depth"] + 1, line["id"])


def steps(line: parts.Line, calculation: Any) -> Iterator[Row]:
    below = {"depth": line["depth"] + 1, "parent": line["id"]}
    for step in calculation.steps:
        told = {"value": step.value, "formula": step.formula, "note": step.note}
        yield below | {"kind": "step", "step": step.name} | told
    for period in calculation.periods:
        row = period.row
        measured = {"value": row.value, "observed_on": row.observed_on, "target": row.target}
        attained = {"attainment": row.attainment, "formula": period.formula}
        yield below | {"kind": "value", "step": period.name} | measured | attained


def inputs(found: Any, depth: int, parent: int | None) -> Iterator[Row]:
    """What a calculated value comes from, each with what it gave; `parent` is the KPI that it was for."""
    below = {"depth": depth, "parent": parent}
    told = {"value": found.value, "formula": found.formula}
    yield below | {"kind": "calculated", "step": found.period_name} | told
    for part in found.parts:
        yield below | {
            "kind": "input", "id": part.kpi, "title": part.name, "step": found.period_name, "unit": part.unit,
            "value": part.value,
        }  # fmt: skip
        if part.below:
            yield from inputs(part.below, depth + 1, part.kpi)


def cells(row: Row) -> list[str]:
    return [cell(row.get(name)) for name in COLUMNS]


def cell(value: Any) -> str:
    """Numbers without exponent; text that a spreadsheet would take for a formula is marked as text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
