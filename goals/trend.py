"""A goal's figures over time, as they were known at the end of each day (docs/domain.md section 8)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from goals.models import Goal, GoalSnapshot
from goals.nodes import GoalFigures


class Point(NamedTuple):
    """The figures that held from this day on; snapshots are kept only where something changed."""

    day: dt.date
    progress: Decimal | None
    expected: Decimal | None
    coverage: Decimal | None
    status: str


def trend(goal: Goal, until: dt.date, now: GoalFigures | None = None) -> list[Point]:
    """Oldest first up to a day, which ends with the figures of `now` when given."""
    snapshots = GoalSnapshot.objects.filter(goal=goal, day__lte=until).order_by("day")
    points = [Point._make(row) for row in snapshots.values_list(*Point._fields)]
    if now is not None:
        points = [point for point in points if point.day < until]
        points.append(Point(until, now.progress, now.expected, now.coverage, str(now.status)))
    return points


def by_month(points: Sequence[Point]) -> list[Point]:
    """The last figures of each month, newest first: what a table shows of a long line."""
    last = {(point.day.year, point.day.month): point for point in points}
    return list(reversed(last.values()))
