"""The goal tree in lines, as one person sees it: opened, searched, or named after a change.

Goals a person may not see leave one line with their weight, so that shares still add up; goals below those stand at
the top (docs/domain.md section 17). Every reading takes a fixed number of queries and at most ROWS goals.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from goals import reading, structure
from goals.access import Rights
from goals.models import Cycle, Goal, GoalFigures
from people.models import Person

ROWS = 200
FOUND = 50  # of a search, beside the goals above them
SIBLINGS = 100  # shown below one parent before "show more"
STALE_FROM = Decimal("0.25")  # docs/domain.md section 18, H10
COUNTING = (Goal.State.ACTIVE, Goal.State.CLOSED)


class Spot(NamedTuple):
    """Where a goal stands: enough to lay out the tree before its rows are read."""

    id: int
    parent: int | None
    weight: Decimal
    state: str
    inside: int
    seen: bool

    @property
    def counted(self) -> Decimal:
        """What it weighs in its parent (docs/domain.md section 8)."""
        return self.weight if self.state in COUNTING else Decimal(0)


Spots = dict[int | None, list[Spot]]


@dataclass(slots=True)
class Line:
    """A goal at its place. `level` is 1 at the top; `place` counts from 1 among `among` siblings; `expanded` is None
    when nothing stands below; `share` is its part of the parent's weights, None when it does not count there;
    `context`: only here because something below it was searched for; `moved`: elsewhere in a draft, today below
    `home`."""

    kind: ClassVar[str] = "goal"
    spot: Spot
    level: int
    place: int
    among: int
    expanded: bool | None
    context: bool = False
    share: Decimal | None = None
    editable: bool = False
    mine: bool = False
    hidden_above: bool = False
    goal: Goal | None = None
    toggle: str = ""
    moved: bool = False
    home: str = ""

    @property
    def figures(self) -> GoalFigures:
        """The rolled-up figures; before the first roll-up what the state alone says."""
        found = getattr(self.goal, "figures", None)
        return found or GoalFigures(status=reading.status_before_roll_up(self.goal.state))

    @property
    def status(self) -> str:
        """What the state says is so at once; how an active goal stands is known after the roll-up."""
        rolled_up = self.figures.status
        if self.goal.state == Goal.State.ACTIVE and rolled_up not in Goal.State.values:
            return rolled_up
        return reading.status_before_roll_up(self.goal.state)

    @property
    def why_not(self) -> str:
        """Why it has no share of its parent."""
        if self.hidden_above and self.spot.state in COUNTING:
            return _("Counts for a restricted goal")
        if self.spot.state not in COUNTING:
            return _("Not counted: %(state)s") % {"state": self.goal.get_state_display().lower()}
        return _("Not counted: the goal above counts other parts only")

    @property
    def stale(self) -> bool:
        share = self.figures.stale_share
        return share is not None and share > STALE_FROM


@dataclass(slots=True)
class Rest:
    """Siblings that are not in this answer: `left` of them after the first `skip`."""

    kind: ClassVar[str] = "rest"
    parent: int | None
    level: int
    skip: int
    left: int


@dataclass(slots=True)
class Restricted:
    """Goals below one parent that this person may not see."""

    kind: ClassVar[str] = "restricted"
    parent: int | None
    level: int
    count: int
    weight: Decimal
    share: Decimal | None = None


Entry = Line | Rest | Restricted


class Outline:
    """Reads the lines of one cycle for one person."""

    def __init__(self, person: Person, cycle: Cycle) -> None:
        self.person, self.cycle = person, cycle
        self.visible = Goal.objects.visible_to(person)
        self.rights = Rights.of(person)

    def tree(self, opened: Collection[int] | None) -> list[Entry]:
        """The tops and what is below the opened goals (None: below every top)."""
        spots = self.spots(opened, tops=True)
        entries: list[Entry] = []
        left = ROWS
        waiting = [siblings(None, spots, 1, most=SIBLINGS)]
        while waiting:
            entry = next(waiting[-1], None)
            if entry is None:
                waiting.pop()
            elif isinstance(entry, Line) and not left:
                waiting.pop()
                parent = entry.spot.parent if entry.level > 1 else None
                entries.append(Rest(parent, entry.level, entry.place - 1, entry.among - entry.place + 1))
            else:
                entries.append(entry)
                left -= isinstance(entry, Line)
                if left and isinstance(entry, Line) and spots.get(entry.spot.id):
                    entry.expanded = True
                    waiting.append(siblings(entry.spot.id, spots, entry.level + 1, most=SIBLINGS))
        return self.told(entries, spots)

    def below(self, parents: Sequence[Goal], skip: int = 0, *, tops: bool = False) -> dict[int | None, list[Entry]]:
        """The children of each parent from the `skip`th on, and with `tops` those under None; none of them opened."""
        spots = self.spots([parent.pk for parent in parents], tops=tops)
        levels: dict[int | None, int] = {parent.pk: parent.depth + 2 for parent in parents}
        levels |= {None: 1} if tops else {}
        most = min(SIBLINGS, ROWS // len(levels))
        groups = {key: list(siblings(key, spots, level, skip, most=most)) for key, level in levels.items()}
        self.told([entry for group in groups.values() for entry in group], spots)
        return groups

    def named(self, goal_ids: Collection[int]) -> list[Line]:
        """These goals, as far as they are seen, to be shown where they already stand."""
        parents = dict(self.visible.filter(pk__in=goal_ids, cycle=self.cycle).values_list("pk", "parent_id"))
        spots = self.spots({parent for parent in parents.values() if parent}, tops=True)
        every = [spot for group in spots.values() for spot in group]
        lines = [Line(spot, 1, 0, 0, False if spot.inside else None) for spot in every if spot.id in parents]
        return self.told(lines, spots)

    def found(self, matches: QuerySet, skip: int = 0) -> list[Entry]:
        """The goals of a search in tree order, each below the goals above it."""
        ids = list(matches.in_tree_order().values_list("pk", flat=True)[skip : skip + FOUND + 1])
        more, wanted = len(ids) > FOUND, set(ids[:FOUND])
        shown = self.visible.filter(pk__in=structure.ancestor_ids(wanted)).in_tree_order()
        columns = ("pk", "parent_id", "weight", "state", "lft", "rght")
        inside: Spots = defaultdict(list)
        known: set[int] = set()
        for pk, parent, weight, state, lft, rght in shown.values_list(*columns):
            inside[parent if parent in known else None].append(Spot(pk, parent, weight, state, (rght - lft) // 2, True))
            known.add(pk)
        entries: list[Entry] = []
        waiting = [siblings(None, inside, 1, most=len(known))]
        while waiting:
            line = next(waiting[-1], None)
            if line is None:
                waiting.pop()
                continue
            line.context = line.spot.id not in wanted
            line.expanded = bool(inside.get(line.spot.id)) if line.spot.inside else None
            entries.append(line)
            waiting.append(siblings(line.spot.id, inside, line.level + 1, most=len(known)))
        spots = self.spots({line.spot.parent for line in entries if line.spot.parent}, tops=False)
        self.told(entries, spots)
        return [*entries, Rest(None, 1, skip + FOUND, 0)] if more else entries

    def spots(self, opened: Collection[int] | None, *, tops: bool) -> Spots:
        """The children of the opened goals (None: of every root) and, under None, the tops; one query."""
        mine = Goal.objects.filter(organisation_id=self.person.organisation_id)
        roots = mine.filter(parent=None, cycle=self.cycle)
        where = Q(parent__in=roots.values("pk") if opened is None else list(opened))
        seen, lost = Value(value=True), Value(value=False)
        if tops:
            where |= Q(parent=None, cycle=self.cycle)
        if not self.person.sees_everything:
            hidden = mine.exclude(visibility=Goal.Visibility.ORGANISATION).exclude(pk__in=self.visible.values("pk"))
            seen = Exists(self.visible.filter(pk=OuterRef("pk")))
            lost = Exists(hidden.filter(pk=OuterRef("parent_id")))
            where |= Q(parent__in=hidden.filter(cycle=self.cycle).values("pk")) if tops else Q()
        found: Spots = defaultdict(list)
        rows = mine.filter(where).annotate(seen=seen, lost=lost).in_tree_order()
        columns = ("pk", "parent_id", "weight", "state", "lft", "rght", "seen", "lost")
        for pk, parent, weight, state, lft, rght, is_seen, is_lost in rows.values_list(*columns):
            spot = Spot(pk, parent, weight, state, (rght - lft) // 2, bool(is_seen))
            if not is_lost:
                found[parent].append(spot)
            elif is_seen and tops:
                found[None].append(spot)
        return found

    def told(self, entries: list, spots: Mapping[int | None, list[Spot]]) -> list:
        """Gives each line its goal, share and rights, in one query for all."""
        lines = [entry for entry in entries if isinstance(entry, Line)]
        wanted = {line.spot.id for line in lines} | {line.spot.parent for line in lines}
        goals = with_kpis(Goal.objects.filter(pk__in=wanted - {None}))
        for line in lines:
            line.goal = goals[line.spot.id]
            line.mine = line.goal.owner_id == self.person.pk
            line.editable = self.rights.can_edit(line.goal)
            line.hidden_above = line.spot.parent is not None and line.spot.parent not in spots
            line.share = share(line.spot, goals.get(line.spot.parent), spots)
        for entry in entries:
            if isinstance(entry, Restricted) and entry.parent in goals:
                whole = total(goals[entry.parent], spots)
                entry.share = entry.weight / whole if whole else None
        return entries


def siblings(
    parent: int | None, spots: Mapping[int | None, list[Spot]], level: int, skip: int = 0, *, most: int
) -> Iterator:
    """The lines below one parent, at most `most`, then what is left out."""
    group = spots.get(parent, [])
    shown = [spot for spot in group if spot.seen]
    last = skip + most
    for place, spot in enumerate(shown[skip:last], skip + 1):
        yield Line(spot, level, place, len(shown), False if spot.inside else None)
    if len(shown) > last:
        yield Rest(parent, level, last, len(shown) - last)
    elif len(shown) < len(group):
        weight = sum((spot.counted for spot in group if not spot.seen), Decimal(0))
        yield Restricted(parent, level, len(group) - len(shown), weight)


def with_kpis(goals: QuerySet) -> dict[int, Goal]:
    """Everything a line shows of its goal, by id: also how many KPIs count in it, their weight, when last measured."""
    own = Goal.objects.filter(pk=OuterRef("pk"), kpis__state="active").order_by().values("pk")
    rows = goals.select_related("figures", "level", "unit", "owner__unit").annotate(
        kpi_count=Coalesce(Subquery(own.annotate(n=Count("kpis")).values("n")), 0),
        kpi_weight=Subquery(own.annotate(w=Sum("kpis__weight")).values("w")),
        measured_on=Subquery(own.annotate(d=Max("kpis__figures__latest_observed_on")).values("d")),
    )
    return {goal.pk: goal for goal in rows.order_by()}


def total(parent: Goal, spots: Mapping[int | None, Iterable[Spot]]) -> Decimal:
    """The weights of a goal's parts together: own active KPIs and counting children."""
    own = Decimal(str(parent.kpi_weight or 0))
    if parent.rollup_method == Goal.Method.OWN_KPIS:
        return own
    return own + sum((spot.counted for spot in spots.get(parent.pk, ())), Decimal(0))


def share(spot: Spot, parent: Goal | None, spots: Mapping[int | None, Iterable[Spot]]) -> Decimal | None:
    """A goal's part of its parent's weights."""
    if parent is None or parent.pk not in spots:
        return None
    if spot.state not in COUNTING or parent.rollup_method == Goal.Method.OWN_KPIS:
        return None
    whole = total(parent, spots)
    return spot.counted / whole if whole else None
