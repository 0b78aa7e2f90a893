"""The goal tree of a cycle as it was on a date, by what was known at a moment: laid out as goals/outline.py lays out
today's, with rows of goals/then.py. Who may see a goal is decided by what it is today."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from goals import past
from goals.detail import Moment
from goals.models import Cycle, Goal
from goals.nodes import TROUBLE, Status
from goals.outline import ROWS, Entry, Everything, Line, Restricted, Spot, Spots, flat
from goals.then import Then
from people.models import Person

WELL = (Status.on_track, Status.achieved)


@dataclass(frozen=True)
class Shown:
    """`entries` with their rows (None for goals that may not be seen); `left` lines come after these."""

    entries: list[tuple[Entry, dict[str, Any] | None]]
    opened: list[int]
    left: int


class Earlier:
    """The goals of one cycle at a moment, for one person."""

    def __init__(self, person: Person, cycle: Cycle, moment: Moment) -> None:
        self.then = Then(person, past.tree_at(person.organisation, moment.on, moment.known))
        self.on = self.then.tree.on
        told = self.then.tree.told
        self.ids = [pk for pk in self.then.in_tree_order if told[pk]["cycle_id"] == cycle.pk]
        self.visible = [pk for pk in self.ids if pk in self.then.seen]
        self.inside: Counter[int] = Counter()
        here, seen = set(self.ids), set(self.visible)
        self.parents = {pk: told[pk]["parent_id"] if told[pk]["parent_id"] in here else None for pk in self.ids}
        for pk in reversed(self.ids):
            if (parent := self.parents[pk]) is not None:
                self.inside[parent] += 1 + self.inside[pk]
        self.spots: Spots = defaultdict(list)
        for pk in self.ids:
            parent = self.parents[pk]
            if parent is None or parent in seen:
                self.spots[parent].append(self.spot(pk, parent))
            elif pk in seen:
                self.spots[None].append(self.spot(pk, None))

    def spot(self, pk: int, parent: int | None) -> Spot:
        told = self.then.tree.told[pk]
        return Spot(pk, parent, told["weight"], told["state"], self.inside[pk], pk in self.then.seen)

    def standing(self) -> Mapping[str, int]:
        """How many goals, how many keep pace, need attention or have too little data."""
        statuses = Counter(self.then.figures[pk].status for pk in self.visible)
        return {
            "goals": len(self.visible),
            "branches": sum(self.parents[pk] is None for pk in self.visible),
            "keeping": sum(statuses[status] for status in WELL),
            "trouble": sum(statuses[status] for status in TROUBLE),
            "unknown": statuses[Status.no_data] + statuses[Status.insufficient],
        }

    def tree(self, opened: Collection[int] | Everything | None, at: int = 0) -> Shown:
        """The tops and what is below the opened goals; None: below every top."""
        if isinstance(opened, Everything):
            wanted = set(self.ids)
        elif opened is None:
            wanted = {spot.id for spot in self.spots[None]}
        else:
            wanted = set(opened)
        spots = {parent: group for parent, group in self.spots.items() if parent is None or parent in wanted}
        return self.shown(list(flat(None, spots, 1)), at)

    def found(self, words: str, *, trouble: bool, at: int = 0) -> Shown:
        """The goals that are called so or, with `trouble`, were behind, each below the goals above it."""
        wanted = {pk for pk in self.visible if self.fits(pk, words.casefold(), trouble)}
        shown = set(wanted)
        for pk in wanted:
            while (pk := self.parents[pk]) is not None and pk not in shown:
                shown.add(pk)
        groups = {parent: [s for s in group if s.seen and s.id in shown] for parent, group in self.spots.items()}
        entries = list(flat(None, groups, 1))
        for entry in entries:
            if isinstance(entry, Line):
                entry.context = entry.spot.id not in wanted
        return self.shown(entries, at)

    def fits(self, pk: int, words: str, trouble: bool) -> bool:
        status = self.then.figures[pk].status
        return words in self.then.tree.told[pk]["title"].casefold() and (not trouble or status in TROUBLE)

    def shown(self, entries: list[Entry], at: int) -> Shown:
        here = entries[at : at + ROWS]
        rows = {row["id"]: row for row in self.then.rows([e.spot.id for e in here if isinstance(e, Line)])}
        levels = {level.pk: level for level in self.then.person.organisation.levels.all()}
        for row in rows.values():
            row["level"] = levels[row["level_id"]]
            row["state_words"] = "" if row["state"] == Goal.State.ACTIVE else str(Goal.State(row["state"]).label)
        opened = [entry.spot.id for entry in entries if isinstance(entry, Line) and entry.expanded]
        pairs = [(e, None if isinstance(e, Restricted) else rows[e.spot.id]) for e in here]
        return Shown(pairs, opened, max(0, len(entries) - at - ROWS))
