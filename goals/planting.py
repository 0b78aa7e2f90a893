"""Many new goals, below one or as whole trees, and their taking away, at the cost of one (docs/domain.md section 1)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Max, Q
from django.db.models.deletion import Collector

from cascade.errors import Conflict, RowsRefused
from cascade.problems import django_errors
from goals import acts, locks, marks, structure, tree
from goals.models import Cycle, DirtyMark, Goal, TreeNumber
from people.models import Organisation, Person

BATCH = 500


def plant(parent: Goal, rows: Sequence[dict[str, Any]], *, by: Person | None, reason: str = "") -> list[Goal]:
    """The goals of these fields, in this order, last among the children of `parent`. The number of queries does not
    depend on theirs.

    Raises RowsRefused with the codes of `tree.create`, its rows counted from 1, and Conflict (parent_ended, locked,
    cycle_planning).
    """
    with structure.lock(parent.organisation_id) as organisation:
        parent = tree.fresh(parent)
        goals = [Goal(organisation=organisation, parent=parent, cycle=parent.cycle, **row) for row in rows]
        refuse_wrong(goals, parent)
        if not goals:
            return []
        position = tree.next_position(parent.organisation_id, parent)
        room(parent, len(goals))
        for place, goal in enumerate(goals):
            goal.position, goal.tree_id, goal.depth = position + place, parent.tree_id, parent.depth + 1
            goal.lft = parent.rght + 2 * place
            goal.rght = goal.lft + 1
        Goal.objects.bulk_create(goals, batch_size=BATCH)
        Goal.history.bulk_history_create(goals, batch_size=BATCH, default_user=by, default_change_reason=reason)
        marks.mark(parent.organisation_id, [parent.pk, *(goal.pk for goal in goals)])
        for goal in goals:
            acts.note("created", goal.pk, None)
        return goals


@dataclass(frozen=True)
class Sprout:
    """A new goal among many: `key` names it, `parent` is the key of the one above, which is listed before it; else it
    stands below `above`, a goal that is there, or at the top."""

    key: int
    fields: dict[str, Any]
    parent: int | None = None
    above: Goal | None = None


def plant_forest(cycle: Cycle, sprouts: Sequence[Sprout], *, by: Person | None, reason: str = "") -> dict[int, Goal]:
    """The goals of a cycle, by key, each last among its siblings in this order. The number of queries grows with the
    depth alone. Raises as `plant` does, the rows being those of `sprouts`."""
    if not sprouts:
        return {}
    with structure.lock(cycle.organisation_id) as organisation:
        ids = {each.above.pk for each in sprouts if each.above is not None}
        above = Goal.objects.select_related("level", "cycle").in_bulk(ids)
        places = places_of(organisation, sprouts)
        trees = {goal.tree_id for goal in above.values()}
        there = {row["id"]: row for row in tree.rows(organisation.pk).filter(tree_id__in=trees)}
        numbers = tree.numbering([*there.values(), *places.values()])
        make_room(there, numbers)
        planted: dict[int, Goal] = {}
        errors: list[dict[str, Any]] = []
        by_depth = defaultdict(list)
        for place, each in enumerate(sprouts, 1):
            by_depth[numbers[places[each.key]["id"]][3]].append((place, each))
        for depth in sorted(by_depth):
            here = {}
            for place, each in by_depth[depth]:
                parent = planted[each.parent] if each.parent is not None else each.above and above[each.above.pk]
                goal = Goal(organisation=organisation, cycle=cycle, parent=parent, **each.fields)
                goal.position = places[each.key]["position"]
                goal.tree_id, goal.lft, goal.rght, goal.depth = numbers[places[each.key]["id"]]
                errors += wrong(goal, parent, place, cycle)
                here[each.key] = goal
            if errors:
                raise RowsRefused(errors)
            Goal.objects.bulk_create(here.values(), batch_size=BATCH)
            planted |= here
        goals = [planted[each.key] for each in sprouts]
        Goal.history.bulk_history_create(goals, batch_size=BATCH, default_user=by, default_change_reason=reason)
        marks.mark(organisation.pk, [*(goal.pk for goal in goals), *above])
        for goal in goals:
            acts.note("created", goal.pk, None)
        return {each.key: planted[each.key] for each in sprouts}


def places_of(organisation: Organisation, sprouts: Sequence[Sprout]) -> dict[int, dict[str, int | None]]:
    """Each new goal as `tree.numbering` takes it; until the database gives them ids they have negative ones."""
    ids = {each.key: -number for number, each in enumerate(sprouts, 1)}
    below = {each.above and each.above.pk for each in sprouts if each.parent is None}
    siblings = organisation.goals.filter(Q(parent__in=below - {None}) | Q(parent=None)).order_by()
    last = dict(siblings.values_list("parent").annotate(Max("position")))
    places = {}
    for each in sprouts:
        parent = ids[each.parent] if each.parent is not None else each.above and each.above.pk
        last[parent] = last.get(parent, -1) + 1
        tree_id = TreeNumber.take() if parent is None else 0
        places[each.key] = {
            "id": ids[each.key],
            "parent_id": parent,
            "position": last[parent],
            "tree_id": tree_id,
            "lft": 0,
        }
    return places


def make_room(there: Mapping[int, Mapping[str, int]], numbers: Mapping[int, tuple[int, int, int, int]]) -> None:
    """New numbers for goals that were there before."""
    moved = []
    for pk, row in there.items():
        if (row["tree_id"], row["lft"], row["rght"], row["depth"]) != numbers[pk]:
            tree_id, lft, rght, depth = numbers[pk]
            moved.append(Goal(pk=pk, tree_id=tree_id, lft=lft, rght=rght, depth=depth))
    Goal.objects.bulk_update(moved, ["tree_id", "lft", "rght", "depth"], batch_size=BATCH)


def wrong(goal: Goal, parent: Goal | None, place: int, cycle: Cycle) -> list[dict[str, Any]]:
    locks.refuse_ended(cycle, goal.due)
    locks.refuse_start(cycle, goal.state)
    try:
        goal.check_decided()
        tree.refuse_misplaced(goal, parent)
    except ValidationError as refusal:
        return [{"row": place, **told} for told in django_errors(refusal)]
    return []


def refuse_wrong(goals: Sequence[Goal], parent: Goal) -> None:
    errors = []
    for place, goal in enumerate(goals, 1):
        errors += wrong(goal, parent, place, parent.cycle)
    if errors:
        raise RowsRefused(errors)


def room(parent: Goal, count: int) -> None:
    """Makes room for `count` leaves at the end of the parent's own numbers."""
    goals = Goal.objects.filter(tree_id=parent.tree_id)
    goals.filter(rght__gte=parent.rght).update(rght=F("rght") + 2 * count)
    goals.filter(lft__gt=parent.rght).update(lft=F("lft") + 2 * count)


def uproot(goals: Sequence[Goal], *, by: Person | None, reason: str = "") -> None:
    """Takes away goals of one organisation as `tree.delete` does one, in a few queries and the history of each.

    Raises Conflict has_children, has_values or locked.
    """
    with structure.lock(goals[0].organisation_id) as organisation:
        goals = list(Goal.objects.select_related("cycle").filter(pk__in=[goal.pk for goal in goals]))
        ids = [goal.pk for goal in goals]
        if Goal.objects.filter(parent__in=ids).exclude(pk__in=ids).exists():
            raise Conflict("has_children", str(tree.HAS_CHILDREN))
        if Goal.objects.filter(pk__in=ids, kpis__revisions__isnull=False).exists():
            raise Conflict("has_values", str(tree.HAS_VALUES))
        for goal in goals:
            locks.refuse_ended(goal.cycle, goal.due)
            goal._history_user, goal._change_reason = by, reason
        DirtyMark.objects.filter(goal__in=ids).delete()
        for depth in sorted({goal.depth for goal in goals}, reverse=True):
            collector = Collector(using=Goal.objects.db)
            collector.collect([goal for goal in goals if goal.depth == depth])
            collector.delete()
        for tree_id, start, end in reversed(gaps(goals)):
            close(tree_id, start, end)
        marks.mark(organisation.pk, {goal.parent_id for goal in goals} - set(ids))


def gaps(gone: Sequence[Goal]) -> list[tuple[int, int, int]]:
    """The numbers that goals leave free, (tree, first, last), those side by side as one."""
    found: list[tuple[int, int, int]] = []
    for goal in sorted(gone, key=lambda goal: (goal.tree_id, goal.lft)):
        tree_id, start, end = found[-1] if found else (0, 0, -1)
        if tree_id != goal.tree_id or goal.lft > end + 1:
            found.append((goal.tree_id, goal.lft, goal.rght))
        elif goal.rght > end:
            found[-1] = (tree_id, start, goal.rght)
    return found


def close(tree_id: int, start: int, end: int) -> None:
    goals, width = Goal.objects.filter(tree_id=tree_id), end - start + 1
    goals.filter(lft__gt=end).update(lft=F("lft") - width)
    goals.filter(rght__gt=end).update(rght=F("rght") - width)
