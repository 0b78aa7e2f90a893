"""What goes away with a goal, written down so that the goal can come back with it."""

from typing import Any

from django.core import serializers
from django.db import models
from django.db.models.deletion import Collector

from goals.models import DirtyMark, Goal
from people.models import Person

PLACE = {"id", "parent_id", "position", "lft", "rght", "tree_id", "depth"}


def written_down(goal: Goal) -> dict[str, Any]:
    """The goal's own columns, but for its place, and every row that would be deleted with it."""
    own = {field.attname: field.value_from_object(goal) for field in goal._meta.concrete_fields}
    return {
        "columns": {name: value for name, value in own.items() if name not in PLACE},
        "rows": serializers.serialize("json", lost_with(goal)),
    }


def lost_with(goal: Goal) -> list[models.Model]:
    """In an order in which they can be written again. Marks are promises about what is there, so they are left out, and
    so is what follows from other rows (`follows`)."""
    collector = Collector(using="default", origin=goal)
    collector.collect([goal])
    for rows in collector.fast_deletes:
        collector.add(rows)
    collector.sort()
    found = [row for rows in reversed(collector.data.values()) for row in rows]
    return [row for row in found if not isinstance(row, Goal | DirtyMark) and not getattr(row, "follows", False)]


def come_back(rows: str, by: Person | None) -> None:
    for found in serializers.deserialize("json", rows):
        found.object._history_user = by
        found.object.save(force_insert=True)


def column(name: str, value: Any) -> Any:
    """A goal's value as it was written down, as its column holds it."""
    field = next(field for field in Goal._meta.concrete_fields if field.attname == name)
    return field.to_python(value) if value is not None else None
