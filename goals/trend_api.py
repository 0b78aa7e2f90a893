"""A goal's trend for the API: one point for each day, week or month."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from cascade.resource import refuse
from cascade.wire import figure
from goals.models import Goal, GoalFigures
from goals.trend import Point, trend

MOST_POINTS = 1100


def points(goal: Goal, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What held at the end of each step; the last step ends with the span."""
    since, until = query["from"], query["to"]
    ends = list(steps(since, until, query["step"]))
    is_today = until == goal.organisation.today()
    now = GoalFigures.objects.filter(goal=goal).first() if is_today else None
    found, left = [], trend(goal, until, now)
    held = None
    for end in ends:
        while left and left[0].day <= end:
            held = left.pop(0)
        if held is not None:
            found.append(told(end, held))
    return found


def steps(since: dt.date, until: dt.date, step: str) -> Iterator[dt.date]:
    """The last day of each step, at most MOST_POINTS of them."""
    length = {"day": 1, "week": 7, "month": 28}[step]
    if (until - since).days // length > MOST_POINTS:
        refuse("step", "too_many", f"That would be more than {MOST_POINTS} points: choose a longer step.")
    day = since
    while day <= until:
        yield (end := min(end_of(day, step), until))
        day = end + dt.timedelta(days=1)


def end_of(day: dt.date, step: str) -> dt.date:
    if step == "week":
        return day + dt.timedelta(days=6 - day.weekday())
    if step == "month":
        return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return day


def told(day: dt.date, held: Point) -> dict[str, Any]:
    gap = None if held.progress is None or held.expected is None else held.progress - held.expected
    return {
        "date": day.isoformat(),
        "progress": figure(held.progress),
        "expected": figure(held.expected),
        "gap": figure(gap),
        "coverage": figure(held.coverage),
        "status": held.status,
    }
