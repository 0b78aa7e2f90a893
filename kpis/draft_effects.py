"""What a draft does to goals, as one person may see it: largest change first, what is restricted in one line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.templatetags.ui import percent_text
from goals.models import Draft, Goal
from goals.nodes import GoalFigures, Id
from kpis.whatif import Difference
from people.models import Person

LONGEST = 60


@dataclass(frozen=True)
class Effect:
    """A goal's progress before and after; `goal` None stands for all goals that the reader may not see, without
    figures. `old` and `new` are None in a draft that was applied."""

    goal: Goal | None
    before: Decimal | None = None
    after: Decimal | None = None
    old: GoalFigures | None = None
    new: GoalFigures | None = None

    @property
    def delta(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def changes_status(self) -> bool:
        return self.old is not None and self.new is not None and self.old.status != self.new.status

    @property
    def size(self) -> tuple:
        delta = self.delta
        place = (self.goal.depth, self.goal.tree_id, self.goal.lft) if self.goal else (0, 0, 0)
        appears = (self.before is None) is not (self.after is None)
        return self.goal is None, -(abs(delta) if delta is not None else Decimal(1 if appears else 0)), place


def effects_of(person: Person, found: Mapping[Id, Difference]) -> list[Effect]:
    goals = visible(person, found)
    rows = [
        Effect(goals[pk], each.old.progress, each.new.progress, each.old, each.new)
        for pk, each in found.items()
        if pk in goals
    ]
    return arranged(rows, hidden=len(goals) < len(found))


def applied_effects(person: Person, draft: Draft) -> list[Effect]:
    """What a draft did when it was applied; goals that were deleted since count as restricted."""
    kept = {row["goal"]: row for row in draft.effects}
    goals = visible(person, kept)
    rows = [Effect(goals[pk], decimal(row["before"]), decimal(row["after"])) for pk, row in kept.items() if pk in goals]
    return arranged(rows, hidden=len(goals) < len(kept))


def visible(person: Person, ids: Iterable[Id]) -> dict[Id, Goal]:
    goals = Goal.objects.visible_to(person).filter(pk__in=list(ids)).select_related("level").order_by()
    return {goal.pk: goal for goal in goals}


def arranged(rows: list[Effect], *, hidden: bool) -> list[Effect]:
    return sorted([*rows, *([Effect(None)] if hidden else [])], key=lambda effect: effect.size)


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def sentence(effects: list[Effect]) -> str:
    """What follows, for the highest goal that moves and for those that change their status."""
    seen = [effect for effect in effects if effect.goal is not None]
    moved = [effect for effect in seen if effect.delta]
    changing = sum(effect.changes_status for effect in seen)
    parts = [of_top(min(moved, key=lambda each: (each.goal.depth, each.size)))] if moved else []
    if changing:
        parts.append(
            ngettext("%(count)s goal changes its status", "%(count)s goals change their status", changing)
            % {"count": changing}
        )
    if not parts:
        return _("No goal's progress changes.")
    return _("%(effects)s.") % {"effects": ", ".join(parts)}


def of_top(effect: Effect) -> str:
    given = {
        "goal": Truncator(effect.goal.title).chars(LONGEST),
        "before": percent_text(effect.before),
        "after": percent_text(effect.after),
    }
    if given["before"] == given["after"]:
        return _("%(goal)s moves by less than 0.1 points and stays at %(after)s") % given
    if effect.delta > 0:
        return _("%(goal)s rises from %(before)s to %(after)s") % given
    return _("%(goal)s falls from %(before)s to %(after)s") % given
