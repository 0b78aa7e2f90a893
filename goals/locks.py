"""What of a cycle nobody changes any more (docs/domain.md section 3): everything of a closed one, of an open one what
belongs to the days up to `locked_until`. Every door through which something is changed asks here."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cascade.errors import Conflict

if TYPE_CHECKING:
    from goals.models import Cycle, Goal

CODE = "locked"


def sentence(through: dt.date, cycle: str = "") -> str:
    """Why it cannot be changed, and who can help."""
    if through == dt.date.max:
        told = _("The cycle is closed, so its figures are final: “%(cycle)s”. The strategy office can reopen it.")
        return told % {"cycle": cycle}
    told = _("The time up to %(day)s is locked, so its figures stay. The strategy office can unlock it.")
    return told % {"day": date_format(through)}


def refuse(cycle: "Cycle") -> None:
    through = cycle.locked_through
    if through is not None:
        raise Conflict(CODE, sentence(through, cycle.name))


def refuse_closed(cycle: "Cycle") -> None:
    if cycle.is_closed:
        refuse(cycle)


def refuse_from(cycle: "Cycle", *days: dt.date | None) -> None:
    """Refuses a change that reaches back to the first of these days (None: to the cycle's start)."""
    through = cycle.locked_through
    if through is not None and min(day or cycle.start for day in days) <= through:
        refuse(cycle)


def refuse_ended(cycle: "Cycle", due: dt.date | None) -> None:
    """Refuses to touch what lies in the locked time as a whole; `due` is its last day, None the cycle's."""
    through = cycle.locked_through
    if through is not None and (due or cycle.due) <= through:
        refuse(cycle)


def refuse_revision(goal: "Goal", changed: Mapping[str, Any]) -> None:
    """Refuses what a goal is to become, before it does: other dates would measure its KPIs otherwise from its start."""
    refuse_ended(goal.cycle, goal.due)
    if changed.keys() & {"start", "due", "cycle"}:
        refuse_from(goal.cycle, goal.start, changed.get("start", goal.start))
    if "cycle" in changed:
        refuse_closed(changed["cycle"])


def refuse_start(cycle: "Cycle", state: str) -> None:
    """Goals start when their cycle opens."""
    if state == "active" and cycle.state == "planning":
        message = _("“%(cycle)s” is still being planned: its goals start when it opens.")
        raise Conflict("cycle_planning", message % {"cycle": cycle.name})
