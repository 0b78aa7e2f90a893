"""What the API checks before it writes goals, and many goals at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.db import transaction
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions, serializers

from cascade.errors import Conflict, RowsRefused, VersionMismatch
from cascade.problems import django_errors, field_error, flattened
from cascade.resource import refuse
from cascade.versions import refuse_other
from cascade.wire import MOST_ROWS, Choice, Flag, Reference, Whole
from goals import lifecycle, structure, tree
from goals import serializers as shapes
from goals.access import Rights
from goals.models import Goal
from people import access
from people.models import Person

NO_EDIT = "You may not change this goal."
SHARED = ("cycle", "level", "owner", "unit", "perspective")  # references read once for all rows
PLACES = ("id", "external_id", "parent", "before")


def refuse_creation(person: Person, rights: Rights, fields: Mapping[str, Any]) -> None:
    """403 without the right to add there; bad input where the owner has not agreed to what is active already."""
    parent, owner = fields.get("parent"), fields.get("owner")
    if not rights.can_add_below(parent):
        raise exceptions.PermissionDenied("You may not add goals there.")
    if parent is None and "cycle" not in fields:
        refuse("cycle", "required", "A root needs a cycle.")
    agreed = owner is None or owner.pk == person.pk or access.can_run_cycle(person)
    if fields.get("state") == Goal.State.ACTIVE and not agreed:
        refuse("state", "owner_must_accept", "Propose it: it becomes active when its owner accepts it.")


def create(person: Person, rights: Rights, fields: dict[str, Any]) -> Goal:
    refuse_creation(person, rights, fields)
    with structure.lock(person.organisation_id) as organisation:
        goal = tree.create(by=person, organisation=organisation, **fields)
        if goal.state == Goal.State.ACTIVE:
            lifecycle.refuse_weak(goal, organisation)
    return goal


def refuse_place_and_state(data: Any, goal: Goal) -> None:
    """Place and state change elsewhere; a goal that is sent back as it was read is fine."""
    if not isinstance(data, dict):
        return
    same = {goal.parent_id, None} if goal.parent_id is None else {goal.parent_id, goal.parent.external_id or None}
    if "parent" in data and (not isinstance(data["parent"], int | str | None) or data["parent"] not in same):
        refuse("parent", "use_move", f"Move it with goals/{goal.pk}/move/.")
    if data.get("state", goal.state) != goal.state:
        refuse("state", "use_state", f"Change its state with goals/{goal.pk}/state/.")


class GoalBulkChange(shapes.GoalChange):
    """What a row may change about a goal that is there."""

    parent = Reference(shapes.goals, required=False, allow_null=True)
    before = Reference(shapes.goals, required=False, allow_null=True)
    state = Choice(choices=Goal.State.choices, required=False)
    version = Whole(required=False, min_value=1)


class GoalBulkRow(GoalBulkChange):
    """A goal to create, or to change: `id`, or the `external_id` of a goal there is, names it. What a row does not
    name stays as it is; a new goal needs at least `title` and `level`, and a root `cycle`."""

    id = Whole(required=False, min_value=1)
    external_id = shapes.external_id()
    parent = Reference(
        shapes.goals, required=False, allow_null=True, help_text="Also the external id of an earlier row's goal."
    )
    before = Reference(
        shapes.goals, required=False, allow_null=True, help_text="With a new goal or a new parent; else ignored."
    )
    version = Whole(required=False, min_value=1, help_text="The version a change is meant for.")


@extend_schema_field(GoalBulkRow(many=True, partial=True))
class Rows(serializers.ListField):
    """Rows as they were sent: each is checked on its own, so that every wrong one is told."""


class GoalBulkBody(serializers.Serializer):
    rows = Rows(
        child=serializers.DictField(), min_length=1, max_length=MOST_ROWS, help_text="Parents before what is below."
    )
    dry_run = Flag(required=False, default=False, help_text="Check everything, write nothing.")


class GoalBulkDone(serializers.Serializer):
    row = serializers.IntegerField(help_text="Counted from 1.")
    result = serializers.ChoiceField(choices=["created", "changed", "unchanged"])
    id = serializers.IntegerField(allow_null=True, help_text="Null for a new goal in a dry run.")
    external_id = serializers.CharField()
    version = serializers.IntegerField()


class GoalBulkAnswer(serializers.Serializer):
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    rows = GoalBulkDone(many=True)


def write(person: Person, rows: Sequence[dict[str, Any]], dry_run: bool = False) -> dict[str, Any]:
    """All rows in one transaction, or none: RowsRefused tells every wrong row."""
    with structure.lock(person.organisation_id):
        batch = Batch(person, rows)
        for place, row in enumerate(rows, 1):
            batch.take(place, row)
        if batch.errors:
            raise RowsRefused(batch.errors, rejected=len({error["row"] for error in batch.errors}))
        if dry_run:
            transaction.set_rollback(True)
    counts = {name: sum(row["result"] == name for row in batch.done) for name in ("created", "changed", "unchanged")}
    told = [row | {"id": None} if dry_run and row["result"] == "created" else row for row in batch.done]
    return counts | {"dry_run": dry_run, "rows": told}


class Batch:
    """Rows taken one after the other, each in its own savepoint."""

    def __init__(self, person: Person, rows: Sequence[dict[str, Any]]) -> None:
        self.person = person
        self.errors: list[dict[str, Any]] = []
        self.done: list[dict[str, Any]] = []
        shape = GoalBulkRow()
        self.fetched = {name: shape.fields[name].fetch(person, named(rows, [name])) for name in SHARED}
        self.goals = Reference(shapes.goals).fetch(person, named(rows, PLACES))
        self.fetched |= {"parent": self.goals, "before": self.goals}
        self.rights: Rights | None = None

    def take(self, place: int, row: dict[str, Any]) -> None:
        try:
            with transaction.atomic():
                goal, result = self.written(row)
        except (exceptions.APIException, Invalid, Conflict, VersionMismatch) as error:
            self.errors += [{"row": place, **told} for told in errors_of(error)]
            return
        self.remember(goal)
        told = {"id": goal.pk, "external_id": goal.external_id, "version": goal.version}
        self.done.append({"row": place, "result": result, **told})

    def written(self, row: dict[str, Any]) -> tuple[Goal, str]:
        goal = self.named_goal(row)
        if goal is None:
            return self.create(self.checked(shapes.GoalNew, row)), "created"
        changed = self.change(goal, self.checked(GoalBulkChange, row, partial=True))
        return changed, "unchanged" if changed.version == goal.version else "changed"

    def named_goal(self, row: dict[str, Any]) -> Goal | None:
        """The goal that a row is to change; None for a new one."""
        given = row.get("id")
        if given is not None and type(given) is not int:
            refuse("id", "invalid", "An id is a number.")
        if given is not None:
            missing = Reference.default_error_messages["does_not_exist"]
            return self.goals.get(("id", given)) or refuse("id", "does_not_exist", missing)
        name = row.get("external_id")
        return self.goals.get(("external_id", name)) if isinstance(name, str) else None

    def checked(self, shape: Callable, row: dict[str, Any], partial: bool = False) -> dict[str, Any]:
        found = shape(data=row, partial=partial, context={"person": self.person, "fetched": self.fetched})
        found.is_valid(raise_exception=True)
        return found.validated_data

    def create(self, fields: dict[str, Any]) -> Goal:
        fields["parent"] = self.current(fields.get("parent"))
        return create(self.person, self.rights_now(), fields)

    def change(self, goal: Goal, fields: dict[str, Any]) -> Goal:
        goal, rights = self.current(goal), self.rights_now()
        if not rights.can_edit(goal):
            raise exceptions.PermissionDenied(NO_EDIT)
        refuse_other(goal, fields.pop("version", None))
        reason, state = fields.pop("reason", ""), fields.pop("state", goal.state)
        moves = "parent" in fields
        parent, before = fields.pop("parent", None), fields.pop("before", None)
        if moves and (parent and parent.pk) != goal.parent_id:
            if not rights.can_move(goal, self.current(parent)):
                raise exceptions.PermissionDenied("You may not move this goal there.")
            goal = tree.move(goal, parent, before=before, by=self.person, reason=reason)
        if differing := {name: value for name, value in fields.items() if is_other(goal, name, value)}:
            goal = goal.revise(by=self.person, reason=reason, **differing)
        if state != goal.state:
            goal = lifecycle.change_state(goal, state, by=self.person, reason=reason)
        return goal

    def rights_now(self) -> Rights:
        """Moves shift what an owner's rights are made of; those of the strategy office stay."""
        if self.rights is None or not access.can_run_cycle(self.person):
            self.rights = Rights.of(self.person)
        return self.rights

    def current(self, goal: Goal | None) -> Goal | None:
        """The goal at its place of now."""
        if goal is None or access.can_run_cycle(self.person):
            return goal
        return Goal.objects.select_related("unit", "owner__unit").get(pk=goal.pk)

    def remember(self, goal: Goal) -> None:
        self.goals["id", goal.pk] = goal
        if goal.external_id:
            self.goals["external_id", goal.external_id] = goal


def is_other(goal: Goal, name: str, value: Any) -> bool:
    """A row says something else than what is there; related rows are compared without reading them."""
    if name in SHARED:
        return getattr(goal, f"{name}_id") != (value and value.pk)
    return name == "contributors" or getattr(goal, name) != value


def named(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[int | str]:
    """What rows name in these fields."""
    found = [row.get(name) for row in rows for name in names]
    return list({one for one in found if isinstance(one, int | str) and not isinstance(one, bool)})


def errors_of(error: Exception) -> list[dict[str, Any]]:
    if isinstance(error, exceptions.ValidationError):
        return list(flattened(error.detail))
    if isinstance(error, Invalid):
        return list(django_errors(error))
    if isinstance(error, Conflict):
        return [field_error("", error.code, str(error))]
    if isinstance(error, VersionMismatch):
        return [field_error("version", "version_mismatch", f"{error} It has version {error.current} now.")]
    if isinstance(error, exceptions.PermissionDenied):
        return [field_error("", "forbidden", str(error))]
    raise error
