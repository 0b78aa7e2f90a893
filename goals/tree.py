"""Creating, moving and deleting goals, and checking and repairing the tree. Everything here holds the lock.

`parent` and `position` are the truth; MPTT's numbers follow them: among siblings, and among the roots of an
organisation, the order of `lft` (or `tree_id`) is the order of `position`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import Conflict
from cascade.versions import refuse_other
from goals import acts, locks, marks, remains, structure
from goals.kpi_source import source
from goals.models import Cycle, Goal, TreeNumber
from people.models import Person

HAS_CHILDREN = gettext_lazy("Move or delete the goals below it first.")
HAS_VALUES = gettext_lazy("Its KPIs have values, which are never thrown away: cancel the goal instead.")
IS_SOURCE = gettext_lazy("KPIs of other goals are calculated from its KPIs. Take them out there first.")


def create(
    *, by: Person | None, parent: Goal | None = None, before: Goal | None = None, reason: str = "", **fields
) -> Goal:
    """A new goal, last among its siblings unless `before` names one.

    Raises ValidationError with the codes of `Goal.check_decided`, level_above_parent, other_cycle, other_organisation
    or before_not_a_sibling, Conflict with parent_ended, locked or cycle_planning.
    """
    contributors = fields.pop("contributors", ())
    organisation_id = fields.pop("organisation_id", None) or fields.pop("organisation").pk
    with structure.lock(organisation_id):
        parent, before = fresh(parent), fresh(before)
        goal = Goal(organisation_id=organisation_id, parent=parent, **fields)
        if goal.cycle_id is None and parent is not None:
            goal.cycle = parent.cycle
        goal.check_decided()
        refuse_locked(goal, parent)
        refuse_misplaced(goal, parent)
        refuse_stranger(before, goal, parent)
        goal.position = next_position(organisation_id, parent)
        goal._history_user, goal._change_reason = by, reason
        goal.save()
        if contributors:
            goal.contributors.set(contributors)
        if before is not None:
            place(goal, parent, before)
        acts.note("created", goal.pk, None)
        marks.mark(organisation_id, [goal.pk, goal.parent_id])
        return goal


def move(
    goal: Goal,
    parent: Goal | None,
    *,
    before: Goal | None = None,
    by: Person | None,
    version: int | None = None,
    reason: str = "",
) -> Goal:
    """Puts a goal and everything below it under another parent, or elsewhere among its siblings; weights go along.

    Raises ValidationError with level_above_parent, other_cycle, other_organisation or before_not_a_sibling, Conflict
    with goal_cycle, parent_ended or locked, VersionMismatch when `version` is given and not the stored one.
    """
    with structure.lock(goal.organisation_id):
        goal, parent, before = fresh(goal), fresh(parent), fresh(before)
        refuse_other(goal, version)
        locks.refuse_ended(goal.cycle, goal.due)
        old_parent_id = goal.parent_id
        if (
            parent is not None
            and goal.tree_id == parent.tree_id
            and goal.lft <= parent.lft
            and parent.rght <= goal.rght
        ):
            between = [above.pk for above in parent.ancestors() if above.depth > goal.depth]
            path = [goal.pk, *between, *([] if parent.pk == goal.pk else [parent.pk]), goal.pk]
            sentence = _("A goal cannot stand below itself: %(path)s.")
            raise Conflict("goal_cycle", sentence % {"path": " > ".join(map(str, path))})
        refuse_misplaced(goal, parent)
        refuse_stranger(before, goal, parent)
        if before is not None and before.pk == goal.pk:
            return goal
        note_place("moved", goal)
        goal._history_user, goal._change_reason = by, reason
        goal.position = next_position(goal.organisation_id, parent)
        goal.version += 1
        place(goal, parent, before)
        marks.mark(goal.organisation_id, [goal.pk, goal.parent_id, old_parent_id])
        return goal


def delete(goal: Goal, *, by: Person | None, version: int | None = None, reason: str = "") -> None:
    """Removes a goal that has nothing below it, with its KPIs, that was never measured; anything else is closed or
    cancelled.

    Raises Conflict has_children, has_values, kpi_is_source or locked, and VersionMismatch when `version` is given and
    not the stored one.
    """
    with structure.lock(goal.organisation_id):
        goal = fresh(goal)
        refuse_other(goal, version)
        locks.refuse_ended(goal.cycle, goal.due)
        if goal.children.exists():
            raise Conflict("has_children", str(HAS_CHILDREN))
        if goal.kpis.filter(revisions__isnull=False).exists():
            raise Conflict("has_values", str(HAS_VALUES))
        if goal.kpis.model.objects.filter(needs__source__goal=goal.pk).exclude(goal=goal.pk).exists():
            raise Conflict("kpi_is_source", str(IS_SOURCE))
        note_place("deleted", goal, remains=remains.written_down)
        goal._history_user, goal._change_reason = by, reason
        parent_id, organisation_id = goal.parent_id, goal.organisation_id
        goal.dirty_marks.all().delete()
        goal.delete()
        marks.mark(organisation_id, [parent_id])


def restore(
    goal_id: int,
    parent: Goal | None,
    before: Goal | None,
    told: Mapping[str, Any],
    *,
    by: Person | None,
    reason: str = "",
) -> Goal:
    """A deleted goal comes back under its old id, with what was deleted with it (`told`, of goals/remains.py).

    Raises what `create` raises.
    """
    columns = {name: remains.column(name, value) for name, value in told["columns"].items()}
    with structure.lock(columns["organisation_id"]) as organisation:
        parent, before = fresh(parent), fresh(before)
        goal = Goal(pk=goal_id, parent=parent, **columns)
        goal.version += 1
        goal.check_decided()
        refuse_locked(goal, parent)
        refuse_misplaced(goal, parent)
        refuse_stranger(before, goal, parent)
        goal.position = next_position(organisation.pk, parent)
        goal._history_user, goal._change_reason = by, reason
        goal.save(force_insert=True)
        if before is not None:
            place(goal, parent, before)
        remains.come_back(told["rows"], by)
        kpis = list(goal.kpis.values_list("pk", flat=True))
        source().came_back(organisation.pk, kpis)
        marks.mark(organisation.pk, [goal.pk, goal.parent_id], kpis=[(pk, goal.pk) for pk in kpis])
        return goal


def note_place(what: str, goal: Goal, **more: Callable[[Goal], Any]) -> None:
    """Where a goal stands before it leaves its place, as far as somebody notes it; `more` is asked for only then."""
    if acts.is_noting():
        following = neighbour_after(goal)
        place = {"parent": goal.parent_id, "before": following and following.pk}
        acts.note(what, goal.pk, goal.version, **place, **{name: told(goal) for name, told in more.items()})


def neighbour_after(sibling: Goal) -> Goal | None:
    """The goal that stands next below the same parent."""
    following = siblings(sibling.organisation_id, sibling.parent)
    if sibling.parent_id is None:
        following = following.filter(cycle_id=sibling.cycle_id)
    return following.filter(position__gt=sibling.position).order_by("position", "pk").first()


def fresh(goal: Goal | None) -> Goal | None:
    """The goal as it is under the lock: what was read before it may have moved."""
    return None if goal is None else Goal.objects.select_related("level", "cycle").get(pk=goal.pk)


def refuse_locked(goal: Goal, parent: Goal | None) -> None:
    """A new goal belongs to time that may still change, and starts only when its cycle is open."""
    same = parent is not None and parent.cycle_id == goal.cycle_id
    cycle = parent.cycle if same else Cycle.objects.get(pk=goal.cycle_id)
    locks.refuse_ended(cycle, goal.due)
    locks.refuse_start(cycle, goal.state)


def refuse_misplaced(goal: Goal, parent: Goal | None) -> None:
    if parent is None:
        return
    if parent.organisation_id != goal.organisation_id:
        raise refusal("parent", "other_organisation", _("The parent belongs to another organisation."))
    if goal.level.rank < parent.level.rank:
        sentence = _("A goal of the level %(level)s cannot stand below one of the level %(above)s.")
        raise refusal("parent", "level_above_parent", sentence % {"level": goal.level, "above": parent.level})
    if goal.cycle_id != parent.cycle_id:
        raise refusal("parent", "other_cycle", _("The parent belongs to another cycle."))
    if goal.is_open and not parent.is_open:
        sentence = _("The goal above is %(state)s; nothing open can stand below it.")
        raise Conflict("parent_ended", sentence % {"state": parent.get_state_display().lower()})


def refuse_stranger(before: Goal | None, goal: Goal, parent: Goal | None) -> None:
    if before is None:
        return
    if before.organisation_id != goal.organisation_id or before.parent_id != (parent.pk if parent else None):
        raise refusal("before", "before_not_a_sibling", _("The goal to stand before has another parent."))


def refusal(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})


def siblings(organisation_id: int, parent: Goal | None):
    return Goal.objects.filter(organisation_id=organisation_id, parent=parent)


def next_position(organisation_id: int, parent: Goal | None) -> int:
    last = siblings(organisation_id, parent).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def place(goal: Goal, parent: Goal | None, before: Goal | None) -> None:
    """Moves a saved goal to its place and renumbers the siblings after it."""
    if parent is not None and goal.parent_id is None:
        # MPTT gives a root its new tree number before its parent; then two roots would have the same one.
        Goal.objects.filter(pk=goal.pk).update(parent=parent)
    if before is None:
        if parent is None and goal.parent_id is None:
            renumber_roots(goal, None)
        else:
            goal.move_to(parent, "last-child")
        return
    position = before.position
    siblings(goal.organisation_id, parent).filter(position__gte=position).exclude(pk=goal.pk).update(
        position=F("position") + 1
    )
    goal.position = position
    if parent is None:
        if goal.parent_id is not None:
            goal.move_to(None)
        renumber_roots(goal, before)
    else:
        goal.move_to(before, "left")


def renumber_roots(goal: Goal, before: Goal | None) -> None:
    """Gives the organisation's trees from `before` on new numbers, so that tree order follows position."""
    goal.save()
    following = Goal.objects.filter(organisation_id=goal.organisation_id, parent=None, position__gte=goal.position)
    for tree_id in list(following.order_by("position").values_list("tree_id", flat=True)):
        number = TreeNumber.take()
        Goal.objects.filter(tree_id=tree_id).update(tree_id=number)
    goal.refresh_from_db(fields=["tree_id"])


@dataclass(frozen=True)
class Fault:
    goal_id: int
    what: str


def faults(organisation_id: int) -> Iterator[Fault]:
    """Every row whose tree numbers do not follow from `parent` and `position` (one read, linear)."""
    stored = {row["id"]: row for row in rows(organisation_id)}
    numbers = numbering(stored.values())
    for goal_id, row in stored.items():
        found = (row["tree_id"], row["lft"], row["rght"], row["depth"])
        if goal_id not in numbers:
            yield Fault(goal_id, "stands below itself; give it another parent")
        elif found != numbers[goal_id]:
            yield Fault(goal_id, f"has tree {found}, should have {numbers[goal_id]}")


def repair(organisation_id: int) -> int:
    """Rebuilds the tree numbers from `parent` and `position`; returns how many rows were wrong. Which of the goals
    that stand below each other is the upper one, only people know: these are left alone."""
    with structure.lock(organisation_id):
        stored = {row["id"]: row for row in rows(organisation_id)}
        wrong = []
        for goal_id, numbers in numbering(stored.values()).items():
            row = stored[goal_id]
            if (row["tree_id"], row["lft"], row["rght"], row["depth"]) != numbers:
                tree_id, lft, rght, depth = numbers
                wrong.append(Goal(pk=goal_id, tree_id=tree_id, lft=lft, rght=rght, depth=depth))
        Goal.objects.bulk_update(wrong, ["tree_id", "lft", "rght", "depth"], batch_size=500)
        marks.mark(organisation_id, [goal.pk for goal in wrong])
        return len(wrong)


def rows(organisation_id: int):
    return Goal.objects.filter(organisation_id=organisation_id).values(
        "id", "parent_id", "position", "tree_id", "lft", "rght", "depth"
    )


def numbering(goals) -> dict[int, tuple[int, int, int, int]]:
    """(tree_id, lft, rght, depth) of each goal, from parent and position alone; a root keeps its tree number as long as
    the numbers of the roots rise with their positions."""
    children: dict[int | None, list] = defaultdict(list)
    for row in sorted(goals, key=lambda row: (row["position"], row["lft"], row["id"])):
        children[row["parent_id"]].append(row)
    numbers: dict[int, tuple[int, int, int, int]] = {}
    tree_id = 0
    for root in sorted(children[None], key=lambda row: (row["position"], row["tree_id"])):
        tree_id = root["tree_id"] if root["tree_id"] > tree_id else TreeNumber.take()
        counter, opened, stack = 0, {}, [(root, 0, False)]
        while stack:
            row, depth, leaving = stack.pop()
            counter += 1
            if leaving:
                numbers[row["id"]] = (tree_id, opened[row["id"]], counter, depth)
                continue
            opened[row["id"]] = counter
            stack.append((row, depth, True))
            stack.extend((child, depth + 1, False) for child in reversed(children[row["id"]]))
    return numbers
