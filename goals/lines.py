"""Every goal of a cycle as one narrow line with its place in the strategy: what a dashboard is computed from.

A line's strategic goal is the nearest goal of the first level at or above it, its effective weight the one in that
goal (docs/domain.md section 9). Goals at another date are calculated afresh (goals/past.py).
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import F
from django.db.models.functions import Coalesce

from goals import past
from goals.models import Cycle, Goal
from goals.nodes import ONE, ZERO, GoalFigures, Thresholds, exactly, stored
from goals.reading import status_before_roll_up, visible_ids
from people.models import Person

FIGURES = ("progress", "expected", "gap", "coverage", "stale_share", "share", "status", "trouble_below", "has_parts")


class Line(NamedTuple):
    """One goal. `unit_id` is the goal's unit, else its owner's; `share` its part of the parent's progress."""

    id: int
    parent: int | None
    rank: int
    level: str
    unit_id: int | None
    weight: Decimal
    state: str
    progress: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    coverage: Decimal | None
    stale_share: Decimal | None
    share: Decimal | None
    status: str
    trouble_below: int
    has_parts: bool


@dataclass(frozen=True)
class Lines:
    """The goals of a cycle on a date, parents first. `seen` are those whose title and status the reader may see."""

    all: list[Line]
    seen: Container[int]
    on: dt.date
    thresholds: Thresholds

    @cached_property
    def visible(self) -> list[Line]:
        return [line for line in self.all if line.id in self.seen]

    @cached_property
    def by_id(self) -> dict[int, Line]:
        return {line.id: line for line in self.all}

    @cached_property
    def strategic(self) -> list[Line]:
        """The goals of the first level that the reader may see, but for those that ended or never began."""
        states = (Goal.State.ACTIVE, Goal.State.PAUSED, Goal.State.CLOSED)
        return [line for line in self.visible if line.rank == 0 and line.state in states]

    @cached_property
    def places(self) -> Mapping[int, tuple[int | None, Decimal]]:
        """Each goal's strategic goal and its effective weight in it; None and 0 on a tree without one."""
        return placed(self.all)

    def top(self, line: Line) -> int | None:
        return self.places[line.id][0]

    def effective_weight(self, line: Line) -> Decimal:
        return self.places[line.id][1]


@exactly
def placed(lines: Iterable[Line]) -> dict[int, tuple[int | None, Decimal]]:
    places: dict[int, tuple[int | None, Decimal]] = {}
    for line in lines:
        if line.rank == 0:
            places[line.id] = line.id, ONE
        else:
            top, weight = places.get(line.parent, (None, ZERO)) if line.parent is not None else (None, ZERO)
            places[line.id] = top, stored(weight * (line.share or ZERO))
    return places


def lines_now(person: Person, cycle: Cycle) -> Lines:
    """From the stored figures, in one query, and one more for who does not see everything."""
    figures = [F(f"figures__{name}") for name in FIGURES]
    unit = Coalesce("unit_id", "owner__unit_id")
    own = ("id", "parent_id", "level__rank", "level__name", unit, "weight", "state")
    goals = Goal.objects.filter(organisation_id=person.organisation_id, cycle=cycle).in_tree_order()
    rows = goals.exclude(state=Goal.State.CANCELLED).values_list(*own, *figures)
    lines = [complete(Line(*row)) for row in rows]
    organisation = person.organisation
    return Lines(lines, visible_ids(person), organisation.today(), past.thresholds(organisation))


def complete(line: Line) -> Line:
    """A goal that was never rolled up has no figures yet."""
    if line.status is not None:
        return line
    return line._replace(status=status_before_roll_up(line.state), trouble_below=0, has_parts=False)


def lines_at(person: Person, cycle: Cycle, on: dt.date | None, known: dt.datetime | None) -> Lines:
    """As the goals were on a date, from what was recorded by a moment; names and units are those of now."""
    organisation = person.organisation
    tree = past.tree_at(organisation, on, known)
    figures = tree.figures()
    levels = dict(organisation.levels.values_list("pk", "name"))
    units = dict(organisation.people.values_list("pk", "unit_id"))
    nodes = [node for node in tree.goals if in_cycle(tree.told[node.id], node.state, cycle)]
    ids = {node.id for node in nodes}
    below: dict[Any, list] = {}
    for node in sorted(nodes, key=lambda node: tree.told[node.id]["position"]):
        below.setdefault(node.parent if node.parent in ids else None, []).append(node)
    lines, waiting = [], list(reversed(below.get(None, [])))
    while waiting:
        node = waiting.pop()
        told, found = tree.told[node.id], figures[node.id]
        unit_id = told["unit_id"] or units.get(told["owner_id"])
        share = share_at(node.parent, node.id, figures)
        lines.append(line_at(node, levels[told["level_id"]], unit_id, share, found))
        waiting.extend(reversed(below.get(node.id, [])))
    return Lines(lines, visible_ids(person), tree.on, tree.thresholds)


def in_cycle(told: Mapping[str, Any], state: str, cycle: Cycle) -> bool:
    return told["cycle_id"] == cycle.pk and state != Goal.State.CANCELLED


def share_at(parent: int | None, goal: int, figures: Mapping[Any, GoalFigures]) -> Decimal:
    return ONE if parent is None else figures[parent].goal_shares.get(goal, ZERO)


def line_at(node, level: str, unit_id: int | None, share: Decimal, found: GoalFigures) -> Line:
    return Line(
        id=node.id,
        parent=node.parent,
        rank=node.rank,
        level=level,
        unit_id=unit_id,
        weight=node.weight,
        state=str(node.state),
        progress=found.progress,
        expected=found.expected,
        gap=found.gap,
        coverage=found.coverage,
        stale_share=found.stale_share,
        share=share,
        status=str(found.status),
        trouble_below=found.trouble_below,
        has_parts=found.has_parts,
    )
