"""The whole cascade as one picture: each goal as wide as it weighs in the strategy, its goals below it.

The picture is bounded: LEVELS levels from where it begins, at most MOST_TOPS goals side by side at the top, and of all
these the widest MOST; deeper ones come when somebody goes down to them.
"""

from dataclasses import dataclass
from decimal import Decimal

from goals.heat import tint
from goals.lines import Line, Lines
from goals.nodes import ONE, TROUBLE, ZERO, Status, exactly, stored

LEVELS, MOST_TOPS, MOST = 3, 12, 300
JUDGED = {Status.on_track, Status.achieved, *TROUBLE}


@dataclass(frozen=True, slots=True)
class Block:
    """One goal, or one that the reader may not see (`seen` False), of which only the weight is told: its part of what
    the picture begins with, 0..1. `tint` as in goals/heat.py, "none" where nothing is judged. `inner`: goals count in
    it."""

    line: Line
    parent: int | None
    depth: int
    weight: Decimal
    seen: bool
    tint: str
    inner: bool


@dataclass(frozen=True)
class Icicle:
    """`blocks` are parents first; `left_out` counts the goals of these levels that are too narrow to draw."""

    blocks: list[Block]
    left_out: int


@exactly
def icicle(lines: Lines, root: Line | None = None) -> Icicle:
    """From the strategic goals, or from one goal, down. Goals that do not count above have no width."""
    below: dict[int | None, list[Line]] = {}
    for line in lines.all:
        below.setdefault(line.parent, []).append(line)
    level = [(root, None, ONE)] if root else tops(lines)
    found: list[tuple[int, Line, int | None, Decimal]] = []
    for depth in range(LEVELS):
        found += [(depth, line, parent, stored(weight)) for line, parent, weight in level if weight]
        level = [
            (child, line.id, weight * (child.share or ZERO))
            for line, _, weight in level
            for child in below.get(line.id, ())
        ]
    kept = {line.id for _, line, *_ in sorted(found, key=lambda each: (each[0], -each[3]))[:MOST]}
    blocks = [block(lines, below, *each) for each in found if each[1].id in kept]
    return Icicle(blocks, len(found) - len(blocks))


def tops(lines: Lines) -> list[tuple[Line, int | None, Decimal]]:
    """The heaviest strategic goals that stand below no other one, each with its part of these by weight."""
    strategic = {line.id for line in lines.strategic}
    roots = [line for line in lines.strategic if line.parent not in strategic]
    heaviest = {line.id for line in sorted(roots, key=lambda line: -line.weight)[:MOST_TOPS]}
    roots = [line for line in roots if line.id in heaviest]
    whole = sum((line.weight for line in roots), ZERO)
    return [(line, None, line.weight / whole if whole else ZERO) for line in roots]


def block(
    lines: Lines, below: dict[int | None, list[Line]], depth: int, line: Line, parent: int | None, weight: Decimal
) -> Block:
    seen = line.id in lines.seen
    judged = seen and line.gap is not None and line.status in JUDGED
    inner = any(child.share for child in below.get(line.id, ()))
    shade = tint(line.gap, lines.thresholds) if judged and line.gap is not None else "none"
    return Block(line, parent, depth, weight, seen, shade, inner)
