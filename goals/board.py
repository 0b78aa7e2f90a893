"""The dashboard of a cycle: how the strategic goals stand, what needs attention first, who carries what, and how far
the figures can be trusted (docs/domain.md section 16). The page and the API show the same.

The number of queries does not depend on the number of goals.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, Subquery

from goals import heat
from goals.lines import Line, Lines, lines_at, lines_now
from goals.models import Cycle, Goal, GoalSnapshot
from goals.nodes import TROUBLE, ZERO, Status, compared, exactly, stored
from goals.trend import Point
from people.models import Person, Unit

MOST = 10
DAYS_BACK = 30
LIVE = (Goal.State.ACTIVE, Goal.State.CLOSED)


@dataclass(frozen=True, slots=True)
class Told:
    """What people wrote about a goal, beside its figures."""

    title: str
    owner_id: int | None
    owner: str
    unit: str


class Chances(NamedTuple):
    """That at least 70 %, and that all of a goal is reached, each 0..1."""

    mostly: Decimal
    wholly: Decimal


@dataclass(frozen=True, slots=True)
class Strategic:
    """A strategic goal, its part of the strategy by weight, how it stood DAYS_BACK days earlier, and how likely it
    arrives: None of the past, and where too little of its weight has a trend."""

    line: Line
    told: Told
    part: Decimal
    before: Mapping[str, Any] | None
    chances: Chances | None

    @property
    def change(self) -> Decimal | None:
        before = self.before and self.before["progress"]
        return None if before is None or self.line.progress is None else self.line.progress - before


@dataclass(frozen=True, slots=True)
class Trouble:
    """A goal at risk or off track: `lost` is what its gap takes from its strategic goal, `size` its share of the
    largest loss listed."""

    line: Line
    told: Told
    strategic: str
    effective_weight: Decimal
    lost: Decimal
    size: Decimal

    @property
    def width(self) -> Decimal:
        """The length of its bar, of 100."""
        return round(self.size * 100, 1)

    @property
    def place(self) -> Decimal:
        return 100 - self.width


@dataclass(frozen=True, slots=True)
class Unsure:
    """A goal whose status cannot be judged, or whose newest values are out of date."""

    line: Line
    told: Told
    reason: str


@dataclass(frozen=True, slots=True)
class LevelCount:
    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the figures can be trusted: shares of 0..1 of the strategy's weight, and what is missing. `kpis` is None
    for a date in the past."""

    coverage: Decimal | None
    fresh: Decimal | None
    goals: int
    unaligned: int
    without_parts: int
    kpis: Mapping[str, int] | None

    @property
    def with_path(self) -> int:
        return self.goals - self.unaligned

    @property
    def automatic(self) -> int | None:
        return self.kpis and self.kpis["total"] - self.kpis["by_hand"]


@dataclass(frozen=True)
class Board:
    """The dashboard of one cycle for one reader."""

    cycle: Cycle
    on: dt.date
    lines: Lines
    strategic: list[Strategic]
    attention: list[Trouble]
    troubled: int
    unsure: list[Unsure]
    unjudged: int
    levels: list[LevelCount]
    units: list[heat.UnitRow]
    trust: Trust
    titles: Mapping[int, Told] = field(default_factory=dict)

    @property
    def keeping_pace(self) -> int:
        return sum(each.line.status in (Status.on_track, Status.achieved) for each in self.strategic)

    @property
    def judged(self) -> int:
        pace = (Status.on_track, Status.achieved, *TROUBLE)
        return sum(each.line.status in pace for each in self.strategic)


def cycles_of(person: Person) -> list[Cycle]:
    return list(Cycle.objects.visible_to(person))


def chosen(cycles: Collection[Cycle], today: dt.date) -> Cycle | None:
    """The cycle a reader means who does not say: an open one that has begun, else the newest."""
    begun = [cycle for cycle in cycles if cycle.state == Cycle.State.OPEN and cycle.start <= today]
    return next(iter(begun or cycles), None)


def board(person: Person, cycle: Cycle, on: dt.date | None = None, known: dt.datetime | None = None) -> Board:
    """The dashboard now, or as it was on a date and from what was recorded by a moment."""
    now = on is None and known is None
    lines = lines_now(person, cycle) if now else lines_at(person, cycle, on, known)
    losses = lost_points(lines)
    unsure = doubtful(lines)
    wanted = [line.id for line in (*lines.strategic, *(line for line, _ in losses[:MOST]), *unsure[:MOST])]
    wanted += [lines.top(line) for line, _ in losses[:MOST]]
    titles = told_of(set(wanted))
    before = figures_on([line.id for line in lines.strategic], lines.on - dt.timedelta(days=DAYS_BACK))
    return Board(
        cycle=cycle,
        on=lines.on,
        lines=lines,
        strategic=strategic_of(lines, titles, before, chances_of(lines) if now else {}),
        attention=attention_of(lines, losses[:MOST], titles),
        troubled=len(losses),
        unsure=[Unsure(line, titles[line.id], doubt(line)) for line in unsure[:MOST] if line.id in titles],
        unjudged=len(unsure),
        levels=by_level(lines.visible),
        units=heat.grid(lines, Unit.objects.visible_to(person)),
        trust=trust_of(lines, counted_kpis(person, cycle) if now else None),
        titles=titles,
    )


def told_of(ids: Collection[int | None]) -> dict[int, Told]:
    goals = Goal.objects.filter(pk__in=ids).order_by()
    rows = goals.values_list("pk", "title", "owner_id", "owner__name", "unit__name")
    return {pk: Told(title, owner_id, owner or "", unit or "") for pk, title, owner_id, owner, unit in rows}


def figures_on(ids: Collection[int], day: dt.date) -> dict[int, dict[str, Any]]:
    """The figures of goals as they were known at the end of a day; goals that had none then are left out."""
    last = GoalSnapshot.objects.filter(goal=OuterRef("goal"), day__lte=day).order_by("-day").values("day")[:1]
    rows = GoalSnapshot.objects.filter(goal_id__in=ids, day=Subquery(last))
    return {row.pop("goal_id"): row for row in rows.values("goal_id", "day", "progress", "expected", "gap", "status")}


def chances_of(lines: Lines) -> dict[int, Chances]:
    """How likely each strategic goal arrives if trends go on (docs/domain.md section 11)."""
    goals = Goal.objects.filter(pk__in=[line.id for line in lines.strategic], forecast__mostly__isnull=False)
    rows = goals.order_by().values_list("pk", "forecast__mostly", "forecast__wholly")
    return {pk: Chances(mostly, wholly) for pk, mostly, wholly in rows}


@exactly
def strategic_of(
    lines: Lines,
    titles: Mapping[int, Told],
    before: Mapping[int, Mapping[str, Any]],
    chances: Mapping[int, Chances],
) -> list[Strategic]:
    whole = sum((line.weight for line in lines.strategic), ZERO)
    return [
        Strategic(
            line,
            titles[line.id],
            stored(line.weight / whole) if whole else ZERO,
            before.get(line.id),
            chances.get(line.id),
        )
        for line in lines.strategic
        if line.id in titles
    ]


@exactly
def lost_points(lines: Lines) -> list[tuple[Line, Decimal]]:
    """The goals at risk or off track below the strategic ones by effective weight * |gap|, the largest first."""
    losses = [
        (line, stored(lines.effective_weight(line) * (line.gap or ZERO)))
        for line in lines.visible
        if line.rank > 0 and line.status in TROUBLE and lines.top(line) is not None
    ]
    return sorted(losses, key=lambda each: (each[1], each[0].id))


@exactly
def attention_of(lines: Lines, losses: list[tuple[Line, Decimal]], titles: Mapping[int, Told]) -> list[Trouble]:
    largest = min((lost for _, lost in losses), default=ZERO)
    found = []
    for line, lost in losses:
        top = lines.top(line)
        seen = top in lines.seen and top in titles
        strategic = titles[top].title if seen and top is not None else ""
        size = stored(lost / largest) if largest else ZERO
        if line.id in titles:
            found.append(Trouble(line, titles[line.id], strategic, lines.effective_weight(line), lost, size))
    return found


def doubtful(lines: Lines) -> list[Line]:
    """Active goals that are not judged for lack of data, and those whose figures rest on stale values, the heaviest
    first."""
    found = [line for line in lines.visible if line.state == Goal.State.ACTIVE and doubt(line)]
    return sorted(found, key=lambda line: (-lines.effective_weight(line), line.rank, -line.weight, line.id))


def doubt(line: Line) -> str:
    """Why a goal's figures say little: empty, no_data, insufficient or stale; nothing when they can be relied on."""
    if line.status == Status.no_data:
        return "no_data" if line.has_parts else "empty"
    if line.status == Status.insufficient:
        return "insufficient"
    return "stale" if compared(line.stale_share or ZERO) >= Decimal("0.5") else ""


def by_level(lines: Iterable[Line]) -> list[LevelCount]:
    """How many goals of each level have which status."""
    counts: dict[tuple[int, str], Counter[str]] = {}
    for line in lines:
        counts.setdefault((line.rank, line.level), Counter())[line.status] += 1
    return [LevelCount(name, counts[rank, name]) for rank, name in sorted(counts)]


def trust_of(lines: Lines, kpis: Mapping[str, int] | None) -> Trust:
    active = [line for line in lines.visible if line.state == Goal.State.ACTIVE]
    strategic = [line for line in lines.strategic if line.state in LIVE]
    stale = weighed(strategic, "stale_share")
    return Trust(
        coverage=weighed(strategic, "coverage"),
        fresh=None if stale is None else 1 - stale,
        goals=len(active),
        unaligned=sum(lines.top(line) is None for line in active),
        without_parts=sum(not line.has_parts for line in active),
        kpis=kpis,
    )


def counted_kpis(person: Person, cycle: Cycle) -> dict[str, int]:
    """The active KPIs of active goals: all, those entered by hand, and those of these that nobody is to enter."""
    goals = Goal.objects.visible_to(person).filter(cycle=cycle, state=Goal.State.ACTIVE, kpis__state="active")
    by_hand = Q(kpis__source="manual")
    return goals.aggregate(
        total=Count("kpis"),
        by_hand=Count("kpis", filter=by_hand),
        nobodys=Count("kpis", filter=by_hand & Q(kpis__data_owner=None, owner=None)),
    )


@exactly
def weighed(lines: Collection[Line], name: str) -> Decimal | None:
    """The mean of a figure over the strategic goals that have it, by weight."""
    held = [(line.weight, getattr(line, name)) for line in lines if getattr(line, name) is not None]
    whole = sum((weight for weight, _ in held), ZERO)
    return stored(sum((weight * value for weight, value in held), ZERO) / whole) if whole else None


def trends(strategic: Iterable[Line], since: dt.date, until: dt.date) -> dict[int, list[Point]]:
    """The figures of each goal in a span, oldest first, as they were known at the end of each day; the last ones are
    those of `until` itself."""
    lines = list(strategic)
    rows = GoalSnapshot.objects.filter(goal_id__in=[line.id for line in lines], day__gte=since, day__lt=until)
    found: dict[int, list[Point]] = {line.id: [] for line in lines}
    for goal_id, *row in rows.order_by("day").values_list("goal_id", *Point._fields):
        found[goal_id].append(Point._make(row))
    for line in lines:
        found[line.id].append(Point(until, line.progress, line.expected, line.coverage or ZERO, line.status))
    return found
