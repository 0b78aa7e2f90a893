"""Two people change one goal at once: what can be joined without asking, and what the second one is told."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from goals.models import Goal
from people.models import Person


@dataclass(frozen=True)
class Theirs:
    """What somebody else made of a field: what it holds now, who did it, and what it held before, if recorded."""

    now: Any
    by: Person | None
    before: Any
    recorded: bool


def theirs(goal: Goal, version: int, names: Collection[str]) -> dict[str, Theirs]:
    """Of these fields, those that changed since `version`; without a record of that version all of them."""
    if version == goal.version:
        return {}
    steps = list(
        Goal.history.filter(id=goal.pk, version__gte=version)
        .select_related("history_user")
        .order_by("history_date", "history_id")
    )
    recorded = bool(steps) and steps[0].version == version
    last = steps[-1].history_user if steps else None
    found = {}
    for name in names:
        column = Goal._meta.get_field(name).attname
        now = getattr(goal, column)
        if not recorded:
            found[name] = Theirs(now, last, None, recorded=False)
        elif getattr(steps[0], column) != now:
            by = next((step for step in reversed(steps[1:]) if getattr(step, column) == now), steps[-1])
            found[name] = Theirs(now, by.history_user, getattr(steps[0], column), recorded=True)
    return found
