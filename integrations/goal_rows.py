"""Writes the goals of an import: new ones in bulk with their place in the tree, known ones by their own doors."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from cascade.errors import Conflict
from goals import locks, marks, tree
from goals.models import Cycle, Goal, TreeNumber
from integrations.records import GOALS, GoalRecord
from integrations.tables import Problem, Refused
from people.models import Level, Organisation, Person, Unit

BATCH = 1000
COLUMN_OF = {"unit": "unit_of_organisation", "parent": "parent_id"}


def take_in(
    organisation: Organisation,
    rows: Sequence[GoalRecord],
    cycle: Cycle,
    *,
    by: Person | None,
    reason: str,
    counts: Counter[str],
) -> dict[str, Goal]:
    """The organisation's goals by their id in the files, after the rows were taken in. Holds the structure's lock."""
    goals = {
        goal.external_id: goal for goal in organisation.goals.exclude(external_id="").select_related("level", "cycle")
    }
    levels = list(organisation.levels.order_by("rank"))
    people = {person.email: person for person in organisation.people.all()}
    units = units_of(organisation, rows)
    known = [row for row in rows if row.id in goals]
    counts["left"] = len(goals) - len(known)
    wanted = {row.id: decided(row, levels, people, units) for row in rows}
    new = [row for row in rows if row.id not in goals]
    refuse_ended(new, goals)
    refuse_locked(new, goals, wanted, cycle)
    planted = plant(organisation, new, goals, wanted, cycle)
    counts["new"] = len(planted)
    Goal.history.bulk_history_create(planted, batch_size=BATCH, default_user=by, default_change_reason=reason)
    marks.mark(organisation.pk, {goal.pk for goal in planted} | {goal.parent_id for goal in planted})
    goals |= {goal.external_id: goal for goal in planted}
    changed = [row for row in known if changes(goals[row.id], wanted[row.id]) or is_elsewhere(row, goals)]
    for row in changed:
        put_on_level(goals[row.id], wanted[row.id]["level"], row.line, by=by, reason=reason)
    for row in from_the_top(changed, rows):
        goals[row.id] = change(row, goals, wanted[row.id], by=by, reason=reason)
    counts["changed"] = len(changed)
    counts["unchanged"] = len(known) - len(changed)
    return goals


def refuse_ended(new: Sequence[GoalRecord], goals: Mapping[str, Goal]) -> None:
    problems = [
        Problem(GOALS, row.line, "parent_id", "parent_ended", f"The goal above is {goals[row.parent_id].state}.")
        for row in new
        if row.parent_id in goals and not goals[row.parent_id].is_open
    ]
    if problems:
        raise Refused(problems)


def refuse_locked(
    new: Sequence[GoalRecord], goals: Mapping[str, Goal], wanted: Mapping[str, Mapping[str, Any]], cycle: Cycle
) -> None:
    """New goals stand in the cycle of the goal of the files above them that is there already, else in `cycle`."""
    cycles: dict[str, Cycle] = {key: goal.cycle for key, goal in goals.items()}
    problems = []
    for row in new:
        cycles[row.id] = cycles.get(row.parent_id, cycle)
        try:
            locks.refuse_ended(cycles[row.id], wanted[row.id].get("due"))
            locks.refuse_start(cycles[row.id], Goal.State.ACTIVE)
        except Conflict as error:
            problems.append(Problem(GOALS, row.line, "due", error.code, str(error)))
    if problems:
        raise Refused(problems)


def units_of(organisation: Organisation, rows: Sequence[GoalRecord]) -> dict[str, Unit]:
    """The units named in the rows, by name; a name that nobody has becomes a unit at the top."""
    units = {unit.name: unit for unit in organisation.units.order_by("-pk")}
    for name in dict.fromkeys(row.unit for row in rows if row.unit):
        if name not in units:
            units[name] = Unit.objects.create(organisation=organisation, name=name)
    return units


def decided(
    row: GoalRecord, levels: Sequence[Level], people: Mapping[str, Person], units: Mapping[str, Unit]
) -> dict[str, Any]:
    """The fields about which the row says something."""
    said = {
        "level": levels[row.rank],
        "title": row.title,
        "description": row.description,
        "owner": people.get(row.owner),
        "unit": units.get(row.unit),
        "weight": row.weight,
        "start": row.start,
        "due": row.due,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def changes(goal: Goal, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(goal, name) != value}


def is_elsewhere(row: GoalRecord, goals: Mapping[str, Goal]) -> bool:
    """The row names another parent than the goal has; without a name it stays where it is."""
    return bool(row.parent_id) and goals[row.parent_id].pk != goals[row.id].parent_id


def from_the_top(changed: Sequence[GoalRecord], rows: Sequence[GoalRecord]) -> list[GoalRecord]:
    """Parents before children as the files have them, so that a goal moves below one that is in its place already."""
    parents = {row.id: row.parent_id for row in rows}

    def depth(key: str) -> int:
        steps = 0
        while key := parents.get(key, ""):
            steps += 1
        return steps

    return sorted(changed, key=lambda row: depth(row.id))


def put_on_level(goal: Goal, level: Level, line: int, *, by: Person | None, reason: str) -> None:
    """Before any goal is moved, and not by `revise`: on the way from one good tree to another a goal may stand above
    its parent's level. The levels of the whole were checked with the files."""
    if goal.level == level:
        return
    try:
        locks.refuse_ended(goal.cycle, goal.due)
    except Conflict as error:
        raise Refused([Problem(GOALS, line, "level", error.code, str(error))]) from None
    goal.level = level
    goal.version += 1
    goal._history_user, goal._change_reason = by, reason
    goal.save(update_fields=["level", "version", "updated_at"])
    marks.mark(goal.organisation_id, [goal.pk, goal.parent_id])


def change(
    row: GoalRecord, goals: Mapping[str, Goal], wanted: Mapping[str, Any], *, by: Person | None, reason: str
) -> Goal:
    goal = goals[row.id]
    try:
        if is_elsewhere(row, goals):
            goal = tree.move(goal, goals[row.parent_id], by=by, reason=reason)
        if found := changes(goals[row.id], wanted):
            goal = goal.revise(by=by, reason=reason, **found)
    except ValidationError as error:
        raise Refused(told(error, GOALS, row.line, COLUMN_OF)) from None
    except Conflict as error:
        raise Refused([Problem(GOALS, row.line, "parent_id", error.code, str(error))]) from None
    return goal


def told(error: ValidationError, file: str, line: int, column_of: Mapping[str, str]) -> list[Problem]:
    """What a model's own check refuses, at the place in the file."""
    return [
        Problem(file, line, column_of.get(name, name), each.code or "invalid", " ".join(each.messages))
        for name, errors in error.error_dict.items()
        for each in errors
    ]


def plant(
    organisation: Organisation,
    rows: Sequence[GoalRecord],
    goals: Mapping[str, Goal],
    wanted: Mapping[str, Mapping[str, Any]],
    cycle: Cycle,
) -> list[Goal]:
    """New goals, last among their siblings in the order of the file, with the tree's numbers computed at once."""
    if not rows:
        return []
    places = places_of(organisation, rows, goals)
    numbers = tree.numbering([*tree.rows(organisation.pk), *places.values()])
    renumber(organisation, numbers)
    planted: dict[str, Goal] = {}
    by_depth = defaultdict(list)
    for row in rows:
        by_depth[numbers[places[row.id]["id"]][3]].append(row)
    for depth in sorted(by_depth):
        here = []
        for row in by_depth[depth]:
            parent = planted.get(row.parent_id) or goals.get(row.parent_id)
            goal = Goal(
                organisation=organisation,
                external_id=row.id,
                cycle=parent.cycle if parent else cycle,
                parent=parent,
                position=places[row.id]["position"],
                state=Goal.State.ACTIVE,
                **{"weight": Decimal(1), **wanted[row.id]},
            )
            goal.tree_id, goal.lft, goal.rght, goal.depth = numbers[places[row.id]["id"]]
            here.append(goal)
        planted |= {goal.external_id: goal for goal in Goal.objects.bulk_create(here, batch_size=BATCH)}
    return list(planted.values())


def places_of(
    organisation: Organisation, rows: Sequence[GoalRecord], goals: Mapping[str, Goal]
) -> dict[str, dict[str, int | None]]:
    """Each new goal as `tree.numbering` takes it. Until the database gives them ids, new goals have negative ones."""
    ids = {row.id: -number for number, row in enumerate(rows, 1)} | {key: goal.pk for key, goal in goals.items()}
    last: dict[int | None, int] = {}
    for parent, position in organisation.goals.order_by("position").values_list("parent_id", "position"):
        last[parent] = position
    places = {}
    for row in rows:
        parent_id = ids[row.parent_id] if row.parent_id else None
        last[parent_id] = last.get(parent_id, -1) + 1
        tree_id = 0 if row.parent_id else TreeNumber.take()
        places[row.id] = {
            "id": ids[row.id],
            "parent_id": parent_id,
            "position": last[parent_id],
            "tree_id": tree_id,
            "lft": 0,
        }
    return places


def renumber(organisation: Organisation, numbers: Mapping[int, tuple[int, int, int, int]]) -> None:
    """Makes room in trees that were there before."""
    moved = []
    for row in tree.rows(organisation.pk):
        found = numbers[row["id"]]
        if (row["tree_id"], row["lft"], row["rght"], row["depth"]) != found:
            tree_id, lft, rght, depth = found
            moved.append(Goal(pk=row["id"], tree_id=tree_id, lft=lft, rght=rght, depth=depth))
    Goal.objects.bulk_update(moved, ["tree_id", "lft", "rght", "depth"], batch_size=500)
