"""The rows of goals.csv, kpis.csv and measurements.csv as typed records. Pure: rows in, records and problems out.

A blank cell means that the source does not say: it becomes None, never a default.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from integrations.tables import Problem, Row
from kpis.attainment import Aggregation, Direction

GOALS, KPIS, MEASUREMENTS, TARGETS = "goals.csv", "kpis.csv", "measurements.csv", "targets.csv"
COLUMNS = {
    GOALS: (
        "id",
        "parent_id",
        "level",
        "title",
        "description",
        "owner",
        "unit_of_organisation",
        "weight",
        "start",
        "due",
    ),
    KPIS: (
        "id",
        "goal_id",
        "name",
        "description",
        "unit",
        "direction",
        "baseline",
        "target",
        "frequency",
        "aggregation",
        "source",
    ),
    MEASUREMENTS: ("kpi_id", "date", "value", "note"),
    TARGETS: ("kpi_id", "target", "target_year", "base_year"),
}
LONGEST = {"id": 200, "parent_id": 200, "goal_id": 200, "kpi_id": 200, "title": 500, "name": 500, "unit": 100}
LONGEST |= {"owner": 254, "unit_of_organisation": 200}
MOST_LEVELS = 20
DIRECTIONS = {"up": Direction.increase, "down": Direction.decrease, **{each.value: each for each in Direction}}
AGGREGATIONS = {each.value: each for each in Aggregation}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
YEAR = re.compile(r"\d{4}", re.ASCII)
LEVEL = re.compile(r"\d{1,3}", re.ASCII)
WEIGHT_PLACES, VALUE_PLACES, MOST_DIGITS = 6, 10, 18
MOST_WEIGHT = 10**12
EARLIEST, LATEST = 1800, 2199
EXACT = Context(prec=40)


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """`rank` counts levels from 0, the top."""

    line: int
    id: str
    parent_id: str
    rank: int
    title: str
    description: str
    owner: str
    unit: str
    weight: Decimal | None
    start: dt.date | None
    due: dt.date | None


@dataclass(frozen=True, slots=True)
class KpiRecord:
    """`frequency` is what the file says, in its own words."""

    line: int
    id: str
    goal_id: str
    name: str
    description: str
    unit: str
    direction: Direction | None
    baseline: Decimal | None
    target: Decimal | None
    frequency: str
    aggregation: Aggregation | None
    source: str


@dataclass(frozen=True, slots=True)
class ValueRecord:
    line: int
    kpi_id: str
    date: dt.date
    value: Decimal | None
    note: str


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """The year by which a KPI's target is to be reached, and the year of its baseline."""

    line: int
    kpi_id: str
    target: Decimal | None
    target_year: int | None
    base_year: int | None


class Cells:
    """The cells of one row, read by kind; what is wrong is added to the problems and reads as blank."""

    def __init__(self, file: str, row: Row, *, rounding: bool = False) -> None:
        self.file, self.line, self.cells = file, row.line, row.cells
        self.rounding, self.rounded = rounding, 0
        self.problems: list[Problem] = []

    def refuse(self, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, code, message))

    def text(self, column: str, *, required: bool = False) -> str:
        cell = self.cells[column]
        if required and not cell:
            self.refuse(column, "required", "The cell is empty.")
        if len(cell) > LONGEST.get(column, len(cell)):
            self.refuse(column, "too_long", f"{len(cell)} characters, at most {LONGEST[column]}.")
        return cell

    def number(self, column: str, places: int = VALUE_PLACES) -> Decimal | None:
        cell = self.cells[column]
        if not cell:
            return None
        if not NUMBER.fullmatch(cell):
            return self.refuse(column, "not_a_number", f"{shown(cell)} is no number. Write it like -1234.5.")
        number = Decimal(cell)
        if number and number.adjusted() >= MOST_DIGITS:
            return self.refuse(column, "too_many_digits", f"{shown(cell)} has more than 18 digits before the point.")
        if decimals(number) > places:
            if not self.rounding:
                told = f"{shown(cell)} has more than {places} decimals; --round rounds it."
                return self.refuse(column, "too_many_digits", told)
            self.rounded += 1
            number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, EXACT)
        return number

    def weight(self, column: str) -> Decimal | None:
        number = self.number(column, WEIGHT_PLACES)
        if number is not None and not 0 <= number < MOST_WEIGHT:
            return self.refuse(column, "out_of_range", f"A weight is at least 0 and below {MOST_WEIGHT}.")
        return number

    def date(self, column: str, *, required: bool = False) -> dt.date | None:
        cell = self.text(column, required=required)
        if not cell:
            return None
        try:
            day = dt.date.fromisoformat(cell if DATE.fullmatch(cell) else "")
        except ValueError:
            return self.refuse(column, "not_a_date", f"{shown(cell)} is no date. Write it like 2026-12-31.")
        if not EARLIEST <= day.year <= LATEST:
            return self.refuse(column, "date_out_of_range", f"The years {EARLIEST} to {LATEST} are kept.")
        return day

    def year(self, column: str) -> int | None:
        cell = self.cells[column]
        if cell and not (YEAR.fullmatch(cell) and EARLIEST <= int(cell) <= LATEST):
            return self.refuse(column, "not_a_year", f"{shown(cell)} is no year from {EARLIEST} to {LATEST}.")
        return int(cell) if cell else None

    def one_of(self, column: str, words: Mapping[str, Any]) -> Any:
        cell = self.cells[column].lower()
        if cell and cell not in words:
            return self.refuse(column, f"unknown_{column}", f"{shown(cell)} is none of {', '.join(words)}.")
        return words[cell] if cell else None

    def rank(self, column: str, levels: Sequence[str]) -> int:
        """A level's number from 1, or its name."""
        cell = self.text(column, required=True)
        names = [name.casefold() for name in levels]
        if cell.casefold() in names:
            return names.index(cell.casefold())
        if LEVEL.fullmatch(cell) and 1 <= int(cell) <= (len(levels) or MOST_LEVELS):
            return int(cell) - 1
        if cell:
            told = ", ".join(levels) if levels else f"1 to {MOST_LEVELS}, or those named by --levels"
            self.refuse(column, "unknown_level", f"{shown(cell)} is no level. The levels are {told}.")
        return 0


def decimals(number: Decimal) -> int:
    """How many places after the point it needs, however it is written."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not number:
        return 0
    trailing = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -(exponent + trailing))


def shown(cell: str) -> str:
    return f"“{cell[:60]}…”" if len(cell) > 60 else f"“{cell}”"


def goal(cells: Cells, levels: Sequence[str]) -> GoalRecord:
    start, due = cells.date("start"), cells.date("due")
    if start and due and start > due:
        cells.refuse("due", "dates_order", f"The goal is due before it starts on {start}.")
    return GoalRecord(
        line=cells.line,
        id=cells.text("id", required=True),
        parent_id=cells.text("parent_id"),
        rank=cells.rank("level", levels),
        title=cells.text("title", required=True),
        description=cells.text("description"),
        owner=cells.text("owner").lower(),
        unit=cells.text("unit_of_organisation"),
        weight=cells.weight("weight"),
        start=start,
        due=due,
    )


def kpi(cells: Cells) -> KpiRecord:
    return KpiRecord(
        line=cells.line,
        id=cells.text("id", required=True),
        goal_id=cells.text("goal_id", required=True),
        name=cells.text("name", required=True),
        description=cells.text("description"),
        unit=cells.text("unit"),
        direction=cells.one_of("direction", DIRECTIONS),
        baseline=cells.number("baseline"),
        target=cells.number("target"),
        frequency=cells.text("frequency"),
        aggregation=cells.one_of("aggregation", AGGREGATIONS),
        source=cells.text("source"),
    )


def measurement(cells: Cells) -> ValueRecord:
    date = cells.date("date", required=True) or dt.date.min
    number = cells.number("value")
    return ValueRecord(cells.line, cells.text("kpi_id", required=True), date, number, cells.text("note"))


def target(cells: Cells) -> TargetRecord:
    year, base = cells.year("target_year"), cells.year("base_year")
    return TargetRecord(cells.line, cells.text("kpi_id"), cells.number("target"), year, base)
