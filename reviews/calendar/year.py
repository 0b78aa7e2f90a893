"""A fiscal year of reviews: a lane for each level, and one for each goal while they are few."""

import datetime as dt
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet

from kpis.periods import Fiscal, period_name, period_of
from reviews.models import Cadence, Review

MOST_GOALS = 40  # more than this are told by level alone
TALLEST = 30  # of a lane, in pixels
KINDS = ("signed", "overdue", "open", "planned", "cancelled")


@dataclass(frozen=True)
class Year:
    name: str
    first: dt.date
    last: dt.date
    months: list[dt.date]

    def place(self, day: dt.date) -> str:
        """Where a day stands in the year, in percent; every month is as wide as the others."""
        months = (day.year - self.first.year) * 12 + day.month - self.first.month
        within = Decimal(2 * day.day - 1) / (2 * monthrange(day.year, day.month)[1])
        return f"{(months + within) / 12 * 100:.3f}%"

    def holds(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Bar:
    """A part of a stem: reviews of one kind."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True)
class Stem:
    """The reviews of one level on one day."""

    day: dt.date
    x: str
    count: int
    bars: list[Bar]


@dataclass(frozen=True)
class Mark:
    """One review of a goal."""

    review: dict[str, Any]
    kind: str
    x: str


@dataclass(frozen=True)
class GoalLane:
    id: int
    title: str
    marks: list[Mark]


@dataclass(frozen=True)
class LevelLane:
    id: int
    rank: int
    name: str
    counts: dict[str, int]
    stems: list[Stem]
    months: list[int]
    goals: list[GoalLane]

    @property
    def count(self) -> int:
        return sum(self.counts.values())


def year_around(day: dt.date, fiscal: Fiscal) -> Year:
    period = period_of(day, Cadence.YEARLY, fiscal)
    start = period.first.year * 12 + period.first.month - 1
    months = [dt.date((start + n) // 12, (start + n) % 12 + 1, 1) for n in range(12)]
    return Year(period_name(day, Cadence.YEARLY, fiscal), period.first, period.last, months)


def lanes(rows: QuerySet, year: Year, today: dt.date) -> list[LevelLane]:
    """In two queries, whatever the number of reviews; the goals' own lanes while there are at most MOST_GOALS."""
    rows = rows.filter(day__range=(year.first, year.last)).order_by()
    told = {"rank": F("goal__level__rank"), "level": F("goal__level__name"), "level_id": F("goal__level_id")}
    counted = rows.values("day", "state", **told).annotate(n=Count("pk"))
    levels: dict[tuple[int, int, str], dict[dt.date, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for each in counted:
        days = levels[each["rank"], each["level_id"], each["level"]]
        kind = kind_of(each["state"], each["day"], today)
        days[each["day"]][kind] = days[each["day"]].get(kind, 0) + each["n"]
    goals = of_goals(rows, year, today, told)
    most = max((sum(kinds.values()) for days in levels.values() for kinds in days.values()), default=1)
    return [
        LevelLane(pk, rank, name, totals(days), stems(days, year, most), by_month(days, year), goals.get(rank, []))
        for (rank, pk, name), days in sorted(levels.items())
    ]


def kind_of(state: str, day: dt.date, today: dt.date) -> str:
    return "overdue" if state == Review.State.PLANNED and day < today else state


def totals(days: dict[dt.date, dict[str, int]]) -> dict[str, int]:
    return {kind: sum(kinds.get(kind, 0) for kinds in days.values()) for kind in KINDS}


def by_month(days: dict[dt.date, dict[str, int]], year: Year) -> list[int]:
    found = dict.fromkeys(year.months, 0)
    for day, kinds in days.items():
        found[day.replace(day=1)] += sum(kinds.values())
    return list(found.values())


def stems(days: dict[dt.date, dict[str, int]], year: Year, most: int) -> list[Stem]:
    """Heights by the root of the number, so that one review is seen beside hundreds."""
    found = []
    for day, kinds in sorted(days.items()):
        count = sum(kinds.values())
        whole = max(8, round(TALLEST * (count / most) ** 0.5))
        found.append(Stem(day, year.place(day), count, stacked(kinds, count, whole)))
    return found


def stacked(kinds: dict[str, int], count: int, whole: int) -> list[Bar]:
    bars, below, before = [], 0, 0
    for kind in KINDS:
        if not kinds.get(kind):
            continue
        before += kinds[kind]
        top = round(whole * before / count)
        bars.append(Bar(kind, TALLEST - top, max(1, top - below)))
        below = top
    return bars


def of_goals(rows: QuerySet, year: Year, today: dt.date, told: dict) -> dict[int, list[GoalLane]]:
    found: dict[int, dict[int, GoalLane]] = defaultdict(dict)
    columns = ("pk", "goal_id", "day", "state", "name", "closing", "was_moved")
    places = {"title": F("goal__title"), "tree": F("goal__tree_id"), "lft": F("goal__lft")}
    few = rows.values(*columns, **told, **places).order_by("tree", "lft", "day")[: MOST_GOALS * 53 + 1]
    listed: list[dict] = list(few)
    if len({row["goal_id"] for row in listed}) > MOST_GOALS or len(listed) > MOST_GOALS * 53:
        return {}
    for row in listed:
        lane = found[row["rank"]].setdefault(row["goal_id"], GoalLane(row["goal_id"], row["title"], []))
        lane.marks.append(Mark(row, kind_of(row["state"], row["day"], today), year.place(row["day"])))
    return {rank: list(goals.values()) for rank, goals in found.items()}


def summed(found: Iterable[LevelLane]) -> dict[str, int]:
    found = list(found)
    return {"all": sum(lane.count for lane in found)} | {kind: sum(n.counts[kind] for n in found) for kind in KINDS}
