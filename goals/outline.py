"""The goal tree in lines, as one person sees it: opened, searched, or named after a change.

Goals a person may not see leave one line with their weight, so that shares still add up; goals below those stand at
the top (docs/domain.md section 17). Every reading takes a fixed number of queries and tells at most ROWS goals; the
shape names all the others, so that they can be asked for as they come into view.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.templatetags.ui import percent_text
from goals import advice, reading, structure
from goals.access import Rights
from goals.models import Cycle, Goal, GoalFigures
from people.models import Person

ROWS = 200
FOUND = 5000  # of a search, beside the goals above them
STALE_FROM = Decimal("0.25")  # docs/domain.md section 18, H10
COUNTING = (Goal.State.ACTIVE, Goal.State.CLOSED)
ORDERS = {
    "title": F("title"),
    "owner": F("owner__name"),
    "weight": F("weight"),
    "progress": F("figures__progress"),
    "gap": F("figures__gap"),
    "due": Coalesce("due", "cycle__due"),
}


class Everything:
    """Every goal is open."""


class Spot(NamedTuple):
    """Where a goal stands: enough to lay out the tree before its rows are read."""

    id: int
    parent: int | None
    weight: Decimal
    state: str
    inside: int
    seen: bool
    key: Any = None  # by which siblings are ordered, if not as people placed them

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
    below: int = 0  # the goal it stands below in the tree as it is shown; 0 at the top
    effective: Decimal | None = None
    smart: int | None = None

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
class Restricted:
    """Goals below one parent that this person may not see."""

    kind: ClassVar[str] = "restricted"
    parent: int | None
    level: int
    count: int
    weight: Decimal
    below: int = 0
    share: Decimal | None = None

    @property
    def words(self) -> str:
        counted = ngettext("%(count)d restricted goal", "%(count)d restricted goals", self.count) % {
            "count": self.count
        }
        if self.share is None:
            return counted
        return _("%(goals)s with %(share)s of the weight") % {"goals": counted, "share": percent_text(self.share)}


Entry = Line | Restricted


@dataclass
class Part:
    """Some of the lines of a tree, told, and the shape of all of it; `left` come after these."""

    entries: list[Entry] = field(default_factory=list)
    shape: dict[str, Any] = field(default_factory=dict)
    left: int = 0
    total: int = 0


class Outline:
    """Reads the lines of one cycle for one person."""

    def __init__(self, person: Person, cycle: Cycle, order: str = "") -> None:
        self.person, self.cycle = person, cycle
        self.visible = Goal.objects.visible_to(person)
        self.rights = Rights.of(person)
        self.order = order if order.removeprefix("-") in ORDERS else ""

    def tree(self, opened: Collection[int] | Everything | None, at: int = 0) -> Part:
        """The tops and what is below the opened goals (None: below every top), told from the `at`th line on."""
        spots = self.spots(opened, tops=True)
        entries = list(flat(None, spots, 1))
        return self.part(entries, spots, at)

    def below(self, parents: Sequence[Goal], *, tops: bool = False) -> Part:
        """The children of each parent, and with `tops` those at the top; none of them opened."""
        spots = self.spots([parent.pk for parent in parents], tops=tops)
        levels: dict[int | None, int] = {parent.pk: parent.depth + 2 for parent in parents}
        levels |= {None: 1} if tops else {}
        entries = [line for key, level in levels.items() for line in siblings(key, spots, level)]
        part = self.part(entries, spots, 0)
        for key in levels:
            part.shape["below"].setdefault(key or 0, [])
        return part

    def named(self, goal_ids: Collection[int]) -> list[Line]:
        """These goals, as far as they are seen, to be shown where they already stand."""
        parents = dict(self.visible.filter(pk__in=goal_ids, cycle=self.cycle).values_list("pk", "parent_id"))
        spots = self.spots({parent for parent in parents.values() if parent}, tops=True)
        every = [spot for group in spots.values() for spot in group]
        lines = [Line(spot, 1, 0, 0, False if spot.inside else None) for spot in every if spot.id in parents]
        return self.told(lines, spots)

    def found(self, matches: QuerySet, at: int = 0) -> Part:
        """The goals of a search in tree order, each below the goals above it."""
        wanted = set(matches.in_tree_order().values_list("pk", flat=True)[:FOUND])
        shown = self.visible.filter(pk__in=structure.ancestor_ids(wanted)).in_tree_order()
        inside: Spots = defaultdict(list)
        known: set[int] = set()
        for pk, parent, weight, state, lft, rght, key in self.keyed(shown).values_list(*COLUMNS, "key"):
            spot = Spot(pk, parent, weight, state, (rght - lft) // 2, True, key)
            inside[parent if parent in known else None].append(spot)
            known.add(pk)
        entries = list(flat(None, self.ordered(inside), 1))
        for line in entries:
            line.context = line.spot.id not in wanted
        parents = {line.spot.parent for line in entries[at : at + ROWS] if line.spot.parent}
        return self.part(entries, self.spots(parents, tops=False), at)

    def part(self, entries: list[Entry], spots: Spots, at: int) -> Part:
        here = entries[at : at + ROWS]
        elsewhere = [*entries[:at], *entries[at + ROWS :]]
        self.told([*here, *(entry for entry in elsewhere if isinstance(entry, Restricted))], spots)
        return Part(here, shape(entries), max(0, len(entries) - at - ROWS), len(entries))

    def keyed(self, goals: QuerySet) -> QuerySet:
        return goals.annotate(key=ORDERS[self.order.removeprefix("-")] if self.order else Value(0))

    def ordered(self, spots: Spots) -> Spots:
        """Siblings by what the reader asked for; those without come last."""
        if not self.order:
            return spots
        down = self.order.startswith("-")
        for parent, group in spots.items():
            known = sorted((spot for spot in group if spot.key not in (None, "")), key=sort_key, reverse=down)
            spots[parent] = [*known, *(spot for spot in group if spot.key in (None, ""))]
        return spots

    def spots(self, opened: Collection[int] | Everything | None, *, tops: bool) -> Spots:
        """The children of the opened goals (None: of every root) and, under None, the tops; one query."""
        mine = Goal.objects.filter(organisation_id=self.person.organisation_id)
        roots = mine.filter(parent=None, cycle=self.cycle)
        if isinstance(opened, Everything):
            where = Q(cycle=self.cycle)
        else:
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
        rows = self.keyed(mine.filter(where).annotate(seen=seen, lost=lost)).in_tree_order()
        for pk, parent, weight, state, lft, rght, key, is_seen, is_lost in rows.values_list(
            *COLUMNS, "key", "seen", "lost"
        ):
            spot = Spot(pk, parent, weight, state, (rght - lft) // 2, bool(is_seen), key)
            if not is_lost:
                found[parent].append(spot)
            elif is_seen and tops:
                found[None].append(spot)
        return self.ordered(found)

    def told(self, entries: list, spots: Mapping[int | None, list[Spot]]) -> list:
        """Gives each line its goal, share and rights, in one query for all."""
        lines = [entry for entry in entries if isinstance(entry, Line)]
        hidden = [entry for entry in entries if isinstance(entry, Restricted)]
        wanted = {line.spot.id for line in lines} | {line.spot.parent for line in lines}
        wanted |= {entry.parent for entry in hidden}
        goals = with_kpis(Goal.objects.filter(pk__in=wanted - {None}))
        for line in lines:
            line.goal = goals[line.spot.id]
            line.mine = line.goal.owner_id == self.person.pk
            line.editable = self.rights.can_edit(line.goal)
            line.hidden_above = line.spot.parent is not None and line.spot.parent not in spots
            line.share = share(line.spot, goals.get(line.spot.parent), spots)
        for entry in hidden:
            if entry.parent in goals:
                whole = total(goals[entry.parent], spots)
                entry.share = entry.weight / whole if whole else None
        return entries

    def weigh(self, entries: Iterable[Entry]) -> None:
        """Adds what each goal weighs in the root of its tree (docs/domain.md section 9)."""
        lines = [entry for entry in entries if isinstance(entry, Line)]
        above = reading.path_figures([line.spot.id for line in lines])
        for line in lines:
            line.effective = reading.in_root(line.spot.id, above)[0]

    def judge(self, entries: Iterable[Entry]) -> None:
        """Adds how well each goal is put (docs/domain.md section 12)."""
        lines = [entry for entry in entries if isinstance(entry, Line)]
        found = advice.verdicts(self.person.organisation, [line.spot.id for line in lines])
        for line in lines:
            line.smart = found[line.spot.id].score


COLUMNS = ("pk", "parent_id", "weight", "state", "lft", "rght")


def sort_key(spot: Spot) -> Any:
    return spot.key.casefold() if isinstance(spot.key, str) else spot.key


def flat(parent: int | None, spots: Mapping[int | None, list[Spot]], level: int) -> Iterator[Entry]:
    """Every line below a parent, each followed by what is open below it."""
    waiting = [siblings(parent, spots, level)]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            continue
        yield entry
        if isinstance(entry, Line) and spots.get(entry.spot.id):
            entry.expanded = True
            waiting.append(siblings(entry.spot.id, spots, entry.level + 1))


def siblings(parent: int | None, spots: Mapping[int | None, list[Spot]], level: int) -> Iterator[Entry]:
    """The lines directly below one parent."""
    group = spots.get(parent, [])
    shown = [spot for spot in group if spot.seen]
    for place, spot in enumerate(shown, 1):
        yield Line(spot, level, place, len(shown), False if spot.inside else None, below=parent or 0)
    if len(shown) < len(group):
        weight = sum((spot.counted for spot in group if not spot.seen), Decimal(0))
        yield Restricted(parent, level, len(group) - len(shown), weight, below=parent or 0)


def shape(entries: Iterable[Entry]) -> dict[str, Any]:
    """Who stands below whom, as a page lays it out: `below` a parent (0: the top) its goals in order, each as its id,
    whether something stands below it, and whether it is only there because of what was searched for; `hidden` what is
    said about goals there that may not be seen."""
    below: dict[int, list[list[int]]] = {0: []}
    hidden: dict[int, str] = {}
    for entry in entries:
        if isinstance(entry, Restricted):
            hidden[entry.below] = entry.words
            continue
        below.setdefault(entry.below, []).append([entry.spot.id, int(entry.spot.inside > 0), int(entry.context)])
        if entry.expanded:
            below.setdefault(entry.spot.id, [])
    return {"below": below, "hidden": hidden}


def with_kpis(goals: QuerySet) -> dict[int, Goal]:
    """Everything a line shows of its goal, by id: also how many KPIs count in it, their weight, when last measured."""
    own = Goal.objects.filter(pk=OuterRef("pk"), kpis__state="active").order_by().values("pk")
    rows = goals.select_related("figures", "level", "unit", "owner__unit", "perspective").annotate(
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
