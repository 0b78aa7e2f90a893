"""What a folder of goals.csv, kpis.csv and measurements.csv says, checked as a whole. Pure: bytes in, records and
problems out; nothing is written and nothing is asked of the database."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from integrations import records
from integrations.records import (
    COLUMNS,
    GOALS,
    KPIS,
    MEASUREMENTS,
    TARGETS,
    Cells,
    GoalRecord,
    KpiRecord,
    TargetRecord,
    ValueRecord,
)
from integrations.spans import Span, cadence_of, period_for, span_of
from integrations.tables import Problem, read
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Known:
    """What the organisation holds before the import, by the ids of earlier files: each goal's parent and rank, each
    KPI's cadence. `people` are the e-mail addresses of its members; None where they are made with the import."""

    goals: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    kpis: Mapping[str, Cadence] = field(default_factory=dict)
    people: frozenset[str] | None = None
    levels: Sequence[str] = ()
    fiscal: Fiscal = CALENDAR_YEAR


@dataclass(slots=True)
class Folder:
    """The records in the order of their files. `values` hold a number each; `blank`, `repeated` and `rounded` count the
    rows of measurements.csv without one, those that say the same twice, and the numbers cut to ten decimals."""

    goals: list[GoalRecord] = field(default_factory=list)
    kpis: list[KpiRecord] = field(default_factory=list)
    values: list[ValueRecord] = field(default_factory=list)
    targets: dict[str, TargetRecord] = field(default_factory=dict)
    cadences: dict[str, Cadence] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: dict[str, list[str]] = field(default_factory=dict)
    rows: int = 0
    blank: int = 0
    repeated: int = 0
    rounded: int = 0


def understand(files: Mapping[str, bytes], known: Known, *, rounding: bool = False) -> Folder:
    """Reads the three files (and targets.csv, if it is there).

    Codes beside those of `tables.read` and `records.Cells`: missing_file, duplicate_id, unknown_parent, goal_cycle,
    level_above_parent, unknown_owner, unknown_goal, unknown_kpi, two_values_one_period.
    """
    folder = Folder()
    for name in (GOALS, KPIS, MEASUREMENTS):
        if name not in files:
            folder.problems.append(Problem(name, 0, "", "missing_file", "The folder does not hold the file."))
    folder.goals = parsed(files, GOALS, lambda cells: records.goal(cells, known.levels), folder, rounding)
    folder.kpis = parsed(files, KPIS, records.kpi, folder, rounding)
    rows = parsed(files, MEASUREMENTS, records.measurement, folder, rounding)
    for row in parsed(files, TARGETS, records.target, folder, rounding):
        folder.targets[row.kpi_id] = row
    if not folder.problems:
        folder.problems += [*goal_problems(folder, known), *kpi_problems(folder, known)]
        measure(folder, rows, known)
    folder.problems.sort(key=lambda problem: (list(COLUMNS).index(problem.file), problem.line))
    return folder


def parsed(
    files: Mapping[str, bytes], name: str, parse: Callable[[Cells], Record], folder: Folder, rounding: bool
) -> list[Record]:
    if name not in files:
        return []
    table = read(name, files[name], COLUMNS[name])
    folder.problems += table.problems
    if table.unread and name != TARGETS:
        folder.unread[name] = table.unread
    found = []
    for row in table.rows:
        cells = Cells(name, row, rounding=rounding)
        record = parse(cells)
        folder.problems += cells.problems
        folder.rounded += cells.rounded
        found.append(record)
    return found


def repeats(file: str, rows: Iterable[Any]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for row in rows:
        if row.id in lines:
            told = f"{records.shown(row.id)} stands in line {lines[row.id]} already."
            yield Problem(file, row.line, "id", "duplicate_id", told)
        lines.setdefault(row.id, row.line)


def goal_problems(folder: Folder, known: Known) -> Iterator[Problem]:
    yield from repeats(GOALS, folder.goals)
    rows = {row.id: row for row in folder.goals}
    parents, ranks = merged(folder, known)
    for row in folder.goals:
        if row.parent_id and row.parent_id not in parents:
            told = f"No goal has the id {records.shown(row.parent_id)}."
            yield Problem(GOALS, row.line, "parent_id", "unknown_parent", told)
        if row.owner and not has_account(row.owner, known):
            told = f"Nobody of the organisation signs in as {records.shown(row.owner)}."
            yield Problem(GOALS, row.line, "owner", "unknown_owner", told)
    for key, parent in parents.items():
        if ranks[key] < ranks.get(parent, 0):
            where = rows.get(key) or rows.get(parent)
            told = f"{records.shown(key)} cannot stand above the level of its parent {records.shown(parent)}."
            yield Problem(GOALS, where.line if where else 0, "level", "level_above_parent", told)
    for path in circles(parents):
        line = min(rows[key].line for key in path if key in rows)
        told = f"The goals stand below each other: {' > '.join([*path, path[0]])}."
        yield Problem(GOALS, line, "parent_id", "goal_cycle", told)


def merged(folder: Folder, known: Known) -> tuple[dict[str, str], dict[str, int]]:
    """Parent and rank of every goal once the files are taken in; a blank parent leaves a known goal where it is."""
    parents = {key: parent for key, (parent, _) in known.goals.items()}
    parents |= {row.id: row.parent_id for row in folder.goals if row.parent_id or row.id not in parents}
    ranks = {key: rank for key, (_, rank) in known.goals.items()}
    return parents, ranks | {row.id: row.rank for row in folder.goals}


def has_account(email: str, known: Known) -> bool:
    return "@" in email if known.people is None else email in known.people


def circles(parents: Mapping[str, str]) -> Iterator[list[str]]:
    """Each circle of goals once, found by walking up from every goal not walked before."""
    done: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        at = start
        while at in parents and at not in done and at not in path:
            path[at] = None
            at = parents[at]
        if at in path:
            walked = list(path)
            yield walked[walked.index(at) :]
        done.update(path)


def kpi_problems(folder: Folder, known: Known) -> Iterator[Problem]:
    yield from repeats(KPIS, folder.kpis)
    goals = known.goals.keys() | {row.id for row in folder.goals}
    for row in folder.kpis:
        if row.goal_id not in goals:
            told = f"No goal has the id {records.shown(row.goal_id)}."
            yield Problem(KPIS, row.line, "goal_id", "unknown_goal", told)


def measure(folder: Folder, rows: Sequence[ValueRecord], known: Known) -> None:
    """Gives every KPI its cadence and span and keeps one value for each period."""
    folder.rows = len(rows)
    dates: dict[str, set[dt.date]] = defaultdict(set)
    for row in rows:
        dates[row.kpi_id].add(row.date)
    frequencies = {row.id: row.frequency for row in folder.kpis}
    for key in frequencies.keys() | known.kpis.keys():
        cadence = known.kpis.get(key) or cadence_of(frequencies[key], dates[key], known.fiscal)
        folder.cadences[key] = cadence
        folder.spans[key] = span_of(dates[key], cadence, known.fiscal)
    kept: dict[tuple[str, dt.date], ValueRecord] = {}
    for row in rows:
        if row.kpi_id not in folder.cadences:
            told = f"No KPI has the id {records.shown(row.kpi_id)}."
            folder.problems.append(Problem(MEASUREMENTS, row.line, "kpi_id", "unknown_kpi", told))
        elif row.value is None:
            folder.blank += 1
        else:
            keep(folder, kept, row, known.fiscal)
    folder.values = list(kept.values())


def keep(folder: Folder, kept: dict[tuple[str, dt.date], ValueRecord], row: ValueRecord, fiscal: Fiscal) -> None:
    cadence = folder.cadences[row.kpi_id]
    period = period_for(row.date, cadence, fiscal, folder.spans[row.kpi_id])
    first = kept.setdefault((row.kpi_id, period.first), row)
    if first is row:
        return
    if (first.date, first.value, first.note) == (row.date, row.value, row.note):
        folder.repeated += 1
        return
    told = f"Line {first.line} has another value for the same {cadence} period, from {period.first}."
    folder.problems.append(Problem(MEASUREMENTS, row.line, "date", "two_values_one_period", told))
