"""What a draft does to goals, as one person may see it: largest change first, what is restricted in one line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.fields import plain_or_none
from cascade.templatetags.ui import percent_text
from goals.models import Draft, Goal
from goals.nodes import Id
from kpis.whatif import Difference
from people.models import Person

LONGEST = 60


@dataclass(frozen=True)
class Effect:
    """A goal's progress and status before and after, and the progress expected after. `goal` None stands for all goals
    that the reader may not see, without figures."""

    goal: Goal | None
    before: Decimal | None = None
    after: Decimal | None = None
    expected: Decimal | None = None
    was: str = ""
    status: str = ""

    @property
    def delta(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def changes_status(self) -> bool:
        return self.was != self.status

    @property
    def size(self) -> tuple:
        delta = self.delta
        place = (self.goal.depth, self.goal.tree_id, self.goal.lft) if self.goal else (0, 0, 0)
        appears = (self.before is None) is not (self.after is None)
        return self.goal is None, -(abs(delta) if delta is not None else Decimal(1 if appears else 0)), place


def effects_of(person: Person, found: Mapping[Id, Difference]) -> list[Effect]:
    goals = visible(person, found)
    rows = [
        Effect(
            goals[pk],
            each.old.progress,
            each.new.progress,
            each.new.expected,
            str(each.old.status),
            str(each.new.status),
        )
        for pk, each in found.items()
        if pk in goals
    ]
    return arranged(rows, hidden=len(goals) < len(found))


def kept(found: Mapping[Id, Difference]) -> list[dict[str, Any]]:
    """The effects as an applied draft keeps them."""
    return [
        {
            "goal": goal,
            "before": plain_or_none(each.old.progress),
            "after": plain_or_none(each.new.progress),
            "expected": plain_or_none(each.new.expected),
            "was": str(each.old.status),
            "status": str(each.new.status),
        }
        for goal, each in found.items()
    ]


def applied_effects(person: Person, draft: Draft) -> list[Effect]:
    """What a draft did when it was applied; goals that were deleted since count as restricted."""
    goals = visible(person, [row["goal"] for row in draft.effects])
    rows = [
        Effect(
            goals[row["goal"]],
            *(decimal(row[name]) for name in ("before", "after", "expected")),
            row["was"],
            row["status"],
        )
        for row in draft.effects
        if row["goal"] in goals
    ]
    return arranged(rows, hidden=len(goals) < len(draft.effects))


def visible(person: Person, ids: Iterable[Id]) -> dict[Id, Goal]:
    goals = Goal.objects.visible_to(person).filter(pk__in=list(ids)).select_related("level").order_by()
    return {goal.pk: goal for goal in goals}


def arranged(rows: list[Effect], *, hidden: bool) -> list[Effect]:
    return sorted([*rows, *([Effect(None)] if hidden else [])], key=lambda effect: effect.size)


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def sentence(effects: list[Effect], *, done: bool = False) -> str:
    """What follows, or what followed, for the highest goal that moves and for those that change their status."""
    seen = [effect for effect in effects if effect.goal is not None]
    moved = [effect for effect in seen if effect.delta]
    changing = sum(effect.changes_status for effect in seen)
    parts = [of_top(min(moved, key=lambda each: (each.goal.depth, each.size)), done)] if moved else []
    if changing:
        parts.append((of_status_done if done else of_status)(changing))
    if not parts:
        return _("No goal's progress changed.") if done else _("No goal's progress changes.")
    return _("%(effects)s.") % {"effects": ", ".join(parts)}


def of_status(count: int) -> str:
    words = ngettext("%(count)s goal changes its status", "%(count)s goals change their status", count)
    return words % {"count": count}


def of_status_done(count: int) -> str:
    words = ngettext("%(count)s goal changed its status", "%(count)s goals changed their status", count)
    return words % {"count": count}


def of_top(effect: Effect, done: bool) -> str:
    given = {
        "goal": Truncator(effect.goal.title).chars(LONGEST),
        "before": percent_text(effect.before),
        "after": percent_text(effect.after),
    }
    if given["before"] == given["after"]:
        if done:
            return _("%(goal)s moved by less than 0.1 points and stayed at %(after)s") % given
        return _("%(goal)s moves by less than 0.1 points and stays at %(after)s") % given
    if effect.delta > 0:
        words = (
            _("%(goal)s rose from %(before)s to %(after)s")
            if done
            else _("%(goal)s rises from %(before)s to %(after)s")
        )
    else:
        words = (
            _("%(goal)s fell from %(before)s to %(after)s")
            if done
            else _("%(goal)s falls from %(before)s to %(after)s")
        )
    return words % given
