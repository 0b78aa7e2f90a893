"""The goal tree as a draft's moves would make it: the same lines, at other places; nothing is moved."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from goals import drafts, past, structure
from goals.access import Rights
from goals.kpi_source import source
from goals.models import Cycle, Draft, Goal, RollupState
from goals.moves import Effect, known_figures
from goals.nodes import exactly
from goals.outline import Line, Outline, Spot, Spots
from goals.progress import STORED
from goals.rollup import roll_up
from people.models import Person


@dataclass(frozen=True)
class Move:
    parent: int | None
    before: int | None


def moves_of(draft: Draft) -> dict[int, Move]:
    """The draft's moves by goal, in their order."""
    lines = drafts.moves(draft.changes)
    return {goal: Move(line["set"]["parent"], line["set"].get("before")) for goal, line in lines.items()}


class Shape:
    """Who stands below whom once the moves are made, as far as a move touches it. `inside` is how many goals stand
    below each goal above a move, before or after it."""

    def __init__(self, moves: Mapping[int, Move]) -> None:
        ends = {*moves, *(move.parent for move in moves.values())} - {None}
        above = Goal.objects.filter(pk__in=structure.ancestor_ids(ends)).order_by()
        rows = {pk: (parent, (rght - lft) // 2) for pk, parent, lft, rght in above.values_list(*PLACE)}
        self.moves = {goal: move for goal, move in moves.items() if goal in rows and move.parent in {None, *rows}}
        self.parents = {pk: parent for pk, (parent, _inside) in rows.items()}
        self.inside = {pk: inside for pk, (_parent, inside) in rows.items()}
        for goal, move in self.moves.items():
            if goal in self.way(move.parent):
                continue  # it would stand below itself
            size = self.inside[goal] + 1
            for pk in self.way(self.parents[goal]):
                self.inside[pk] -= size
            self.parents[goal] = move.parent
            for pk in self.way(move.parent):
                self.inside[pk] += size

    def way(self, goal: int | None) -> list[int]:
        """A goal and everything above it."""
        found: list[int] = []
        while goal is not None and goal not in found:
            found.append(goal)
            goal = self.parents.get(goal)
        return found


PLACE = ("pk", "parent_id", "lft", "rght")


class DraftOutline(Outline):
    """Reads the lines of one cycle as they would be."""

    def __init__(self, person: Person, cycle: Cycle, moves: Mapping[int, Move]) -> None:
        super().__init__(person, cycle)
        self.shape = Shape(moves)
        rows = self.visible.filter(pk__in=self.shape.moves, cycle=cycle).values_list("pk", "weight", "state")
        self.moved = {pk: (weight, state) for pk, weight, state in rows}

    def spots(self, opened: Collection[int] | None, *, tops: bool) -> Spots:
        found = super().spots(opened, tops=tops)
        asked = {*(opened or ()), *([None] if tops else [])}
        for parent, group in found.items():
            found[parent] = [self.sized(spot) for spot in group if spot.id not in self.moved]
        for goal in self.shape.moves:
            parent = self.shape.parents[goal]
            if goal in self.moved and parent in asked:
                self.place(found[parent], goal, parent)
        return found

    def sized(self, spot: Spot) -> Spot:
        return spot._replace(inside=self.shape.inside.get(spot.id, spot.inside))

    def place(self, group: list[Spot], goal: int, parent: int | None) -> None:
        weight, state = self.moved[goal]
        before = self.shape.moves[goal].before
        at = next((place for place, spot in enumerate(group) if spot.id == before), len(group))
        group.insert(at, Spot(goal, parent, weight, state, self.shape.inside[goal], seen=True))

    def named(self, goal_ids: Collection[int]) -> list[Line]:
        stored = dict(self.visible.filter(pk__in=goal_ids, cycle=self.cycle).values_list("pk", "parent_id"))
        parents = {goal: self.shape.parents.get(goal, parent) for goal, parent in stored.items()}
        spots = self.spots({parent for parent in parents.values() if parent}, tops=True)
        every = [spot for group in spots.values() for spot in group]
        lines = [Line(spot, 1, 0, 0, False if spot.inside else None) for spot in every if spot.id in parents]
        return self.told(lines, spots)

    def beginning(self) -> list[int]:
        """What is open at first: the tops, and everything above a move."""
        roots = Goal.objects.filter(organisation_id=self.person.organisation_id, cycle=self.cycle, parent=None)
        above = {pk for goal in self.moved for pk in self.shape.way(self.shape.parents[goal])}
        return [*set(roots.values_list("pk", flat=True)) | above]

    def after(self, sibling: int, parent: int | None) -> int | None:
        """The goal that would stand next below the same parent."""
        group = [spot.id for spot in self.spots([parent] if parent else [], tops=parent is None)[parent]]
        at = group.index(sibling) + 1 if sibling in group else len(group)
        return group[at] if at < len(group) else None


def against(shape: Shape, rights: Rights, goal: Goal, parent: Goal | None) -> str:
    """The code against drafting this move for this person; empty when nothing speaks against it."""
    stays = shape.parents.get(goal.pk, goal.parent_id) == (parent and parent.pk)
    if not rights.can_edit(goal) or not (stays or rights.can_add_below(parent)):
        return "forbidden"
    if parent is None:
        return ""
    above = Goal.objects.filter(pk__in=structure.ancestor_ids([parent.pk])).order_by().values_list("pk", "parent_id")
    parents = {**dict(above), **shape.parents}
    at, way = parent.pk, set()
    while at is not None and at not in way:
        way.add(at)
        at = parents.get(at)
    if goal.pk in way:
        return "goal_cycle"
    if parent.cycle_id != goal.cycle_id:
        return "other_cycle"
    if not parent.is_open and goal.is_open:
        return "parent_ended"
    return "level_above_parent" if goal.level.rank < parent.level.rank else ""


@exactly
def effects(moves: Mapping[int, Move], goal: Goal, parent: Goal | None, person: Person) -> list[Effect]:
    """What one more move would do to the goals above, beside those in the draft already; nearest first."""
    organisation = person.organisation
    then = {pk: move.parent for pk, move in moves.items()} | {goal.pk: parent and parent.pk}
    ends = {*then, *then.values(), goal.parent_id} - {None}
    above = structure.ancestor_ids(ends)
    wanted = Goal.objects.filter(organisation_id=organisation.pk).filter(Q(pk__in=above) | Q(parent_id__in=above))
    rows = list(wanted.order_by().values(*past.COLUMNS, *[f"figures__{name}" for name in STORED]))
    known = known_figures(rows, above)
    state = RollupState.objects.filter(organisation_id=organisation.pk).first()
    on = (state and state.figures_on) or organisation.today()
    parts = source().stored(organisation, on, (), above).parts
    limits = past.thresholds(organisation)
    old = {pk: move.parent for pk, move in moves.items()}
    before = roll_up(past.nodes(placed(rows, old)), parts, on, limits, known)
    after = roll_up(past.nodes(placed(rows, then)), parts, on, limits, known)
    shown = {old.get(goal.pk, goal.parent_id), parent and parent.pk}
    found = [
        Effect(each, before[each.pk].progress, after[each.pk].progress)
        for each in Goal.objects.visible_to(person).filter(pk__in=above).order_by("-depth")
    ]
    return [effect for effect in found if effect.before != effect.after or effect.goal.pk in shown]


def placed(rows: Iterable[dict], parents: Mapping[int, int | None]) -> list[dict]:
    return [{**row, "parent_id": parents.get(row["id"], row["parent_id"])} for row in rows]
