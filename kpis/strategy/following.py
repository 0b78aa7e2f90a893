"""What follows when a goal moves: the goals reached along cause-effect links, when, and which ones show it already.

A goal has moved in the last period that is over in which its measure changed. Along each link the effect is expected
`lag` periods later, in the shared cadence of the two measures; a goal that is reached on several ways counts on the
earliest (docs/domain.md section 16).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from goals.models import CausalLink
from kpis.evidence import Series, changes
from kpis.periods import Cadence, Fiscal, days_of, number_of
from kpis.strategy.links import Comparing


class Shown(StrEnum):
    """yes: it moved the same way; no: it did not move, or the other way; waiting: its period is not over; missing: no
    value for it; unknown: it cannot be said when, or what it did may not be told."""

    yes = "yes"
    no = "no"
    waiting = "waiting"
    missing = "missing"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Move:
    """The last change of a goal's measure: the days of the period, and by how much it got better."""

    first: dt.date
    last: dt.date
    cadence: Cadence
    better_by: Decimal


@dataclass(frozen=True, slots=True)
class Follower:
    """A goal that is reached. `way` are the links to it; `first` to `last` the days of the period in which it is to
    show, None where that cannot be said."""

    goal_id: int
    way: tuple[CausalLink, ...]
    cadence: Cadence | None
    first: dt.date | None
    last: dt.date | None
    shown: Shown


def last_move(values: Series, cadence: Cadence, fiscal: Fiscal) -> Move | None:
    moved = [(number, change) for number, change in changes(values).items() if change]
    if not moved:
        return None
    number, change = max(moved)
    first, last = days_of(number, cadence, fiscal.start_month)
    return Move(first, last, cadence, change)


def move_of(goal_id: int, comparing: Comparing) -> Move | None:
    """None without a measure that the reader may see, or without a change."""
    held = comparing.measures.get(goal_id)
    if held is None or not held.seen or held.measure.direction is None or held.measure.cadence == Cadence.once:
        return None
    cadence = Cadence(held.measure.cadence)
    return last_move(comparing.values(goal_id, cadence), cadence, comparing.fiscal)


def followers(goal_id: int, links: Iterable[CausalLink], comparing: Comparing) -> list[Follower]:
    """The goals reached, those first that are to show it first, those of which it cannot be said last."""
    effects: dict[int, list[CausalLink]] = {}
    for link in links:
        effects.setdefault(link.cause_id, []).append(link)
    move = move_of(goal_id, comparing)
    found: dict[int, Follower] = {}
    waiting = [(goal_id, (), move.last if move else None)]
    while waiting:
        here, way, moved_on = waiting.pop(0)
        for link in effects.get(here, ()):
            reached = follower(link, way, moved_on, move, comparing)
            if reached.goal_id not in found or sooner(reached, found[reached.goal_id]):
                found[reached.goal_id] = reached
                waiting.append((reached.goal_id, reached.way, reached.last))
    return sorted(found.values(), key=lambda each: (each.last is None, each.last or dt.date.max, len(each.way)))


def sooner(one: Follower, other: Follower) -> bool:
    return one.last is not None and (other.last is None or one.last < other.last)


def follower(
    link: CausalLink, way: tuple[CausalLink, ...], moved_on: dt.date | None, move: Move | None, comparing: Comparing
) -> Follower:
    cadence = comparing.weigh(link).cadence
    way = (*way, link)
    if cadence is None or moved_on is None or move is None:
        return Follower(link.effect_id, way, cadence, None, None, Shown.unknown)
    month = comparing.fiscal.start_month
    number = number_of(moved_on, cadence, month) + link.lag
    first, last = days_of(number, cadence, month)
    change = changes(comparing.values(link.effect_id, cadence)).get(number)
    if last > comparing.today:
        shown = Shown.waiting
    elif change is None:
        shown = Shown.missing
    else:
        shown = Shown.yes if change * move.better_by > 0 else Shown.no
    return Follower(link.effect_id, way, cadence, first, last, shown)
