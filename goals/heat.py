"""Who carries what: units by strategic goals.

A cell holds the topmost goals of a unit, or of the units below it, under a strategic goal: goals under one of these are
inside its figures already. Progress, gap and coverage are means weighted by effective weight in the strategic goal; the
cell's weight is their sum, the part of that strategic goal which the unit carries (docs/domain.md section 16).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from goals.lines import Line, Lines
from goals.nodes import ZERO, Status, Thresholds, compared, exactly, stored
from people.models import Unit

AHEAD, FAR_AHEAD = Decimal("0.05"), Decimal("0.15")


@dataclass(frozen=True, slots=True)
class Cell:
    """`goal_id` is set where one goal alone is meant; a cell without data has goals and no progress."""

    strategic: int
    goals: tuple[int, ...]
    weight: Decimal
    progress: Decimal | None
    gap: Decimal | None
    status: Status
    tint: str

    @property
    def goal_id(self) -> int | None:
        return self.goals[0] if len(self.goals) == 1 else None


@dataclass(frozen=True)
class UnitRow:
    """One unit and its cells in the order of the strategic goals, None where it has no goal."""

    unit: Unit
    cells: list[Cell | None]


def grid(lines: Lines, units: Iterable[Unit]) -> list[UnitRow]:
    """The topmost units; when there is only one, the units below it. Units without a goal are left out."""
    rows = {unit.pk: unit for unit in units}
    row_of = rows_of(list(rows.values()))
    tops = topmost(lines, row_of)
    strategic = [line.id for line in lines.strategic]
    found = []
    for unit in rows.values():
        cells = [tops.get((unit.pk, goal)) for goal in strategic]
        if any(cells):
            made = [None if own is None else cell(goal, own, lines) for goal, own in zip(strategic, cells, strict=True)]
            found.append(UnitRow(unit, made))
    return found


def rows_of(units: list[Unit]) -> dict[int, int]:
    """The row in which each unit counts."""
    paths = {unit.pk: [int(part) for part in unit.path.strip("/").split("/")] for unit in units}
    only_top = len({path[0] for path in paths.values()}) == 1
    return {pk: path[min(1, len(path) - 1)] if only_top else path[0] for pk, path in paths.items()}


def topmost(lines: Lines, row_of: dict[int, int]) -> dict[tuple[int, int], list[Line]]:
    """By row and strategic goal, the visible goals below it that have no other goal of that row above them."""
    above: dict[int, frozenset[int]] = {}
    found: dict[tuple[int, int], list[Line]] = {}
    for line in lines.all:
        over = above.get(line.parent, frozenset()) if line.parent is not None else frozenset()
        row, top = row_of.get(line.unit_id or 0), lines.top(line)
        if line.rank == 0:
            over = frozenset()
        elif row is not None and top is not None and row not in over and line.id in lines.seen:
            found.setdefault((row, top), []).append(line)
            over |= {row}
        above[line.id] = over
    return found


@exactly
def cell(strategic: int, own: list[Line], lines: Lines) -> Cell:
    weighed = [(lines.effective_weight(line), line) for line in own]
    weight = sum((w for w, _ in weighed), ZERO)
    ids = tuple(line.id for line in own)
    if not weight:
        return Cell(strategic, ids, ZERO, None, None, Status.no_data, "0")
    progress = stored(sum((w * (line.progress or ZERO) for w, line in weighed), ZERO) / weight)
    gap = stored(sum((w * (line.gap or ZERO) for w, line in weighed), ZERO) / weight)
    coverage = sum((w * (line.coverage or ZERO) for w, line in weighed), ZERO) / weight
    status = status_of(gap, coverage, lines.thresholds)
    if all(line.status == Status.achieved for _, line in weighed):
        status = Status.achieved
    shade = "0" if status == Status.insufficient else tint(gap, lines.thresholds)
    return Cell(strategic, ids, weight, progress, gap, status, shade)


def status_of(gap: Decimal, coverage: Decimal, thresholds: Thresholds) -> Status:
    return Status.insufficient if compared(coverage) < thresholds.min_coverage else thresholds.judge(gap)


def tint(gap: Decimal, thresholds: Thresholds) -> str:
    """n3 off track, n2 at risk, 0 on pace, p1 and p2 ahead by more than 5 and 15 points."""
    judged = thresholds.judge(gap)
    if judged != Status.on_track:
        return "n3" if judged == Status.off_track else "n2"
    return "p2" if gap > FAR_AHEAD else "p1" if gap > AHEAD else "0"
