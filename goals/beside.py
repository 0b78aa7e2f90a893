"""What a goal supports beside the tree and what supports it, as its page shows it (docs/domain.md section 1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from goals.access import Rights
from goals.models import Alignment, Goal

JOINED = ("level", "figures", "owner__unit", "unit")


@dataclass(frozen=True)
class Beside:
    """One alignment; `goal` is the other one, None where the reader may not see it."""

    alignment: Alignment
    goal: Goal | None
    may_remove: bool


def beside(goal: Goal, rights: Rights) -> tuple[list[Beside], list[Beside]]:
    """What it supports and what supports it; two queries."""
    rows = list(Alignment.objects.filter(Q(goal=goal) | Q(supports=goal)).order_by("pk"))
    others = {row.supports_id if row.goal_id == goal.pk else row.goal_id for row in rows}
    seen = Goal.objects.visible_to(rights.person).select_related(*JOINED).in_bulk(others) if others else {}
    may = bool(rows) and rights.can_edit(goal)
    supports = told((row, seen.get(row.supports_id)) for row in rows if row.goal_id == goal.pk)
    supported = told((row, seen.get(row.goal_id)) for row in rows if row.supports_id == goal.pk)
    return [
        [Beside(row, other, may or (other is not None and rights.can_edit(other))) for row, other in each]
        for each in (supports, supported)
    ]


def told(pairs: Iterable[tuple[Alignment, Goal | None]]) -> list[tuple[Alignment, Goal | None]]:
    """Those that the reader may see first."""
    return sorted(pairs, key=lambda pair: pair[1] is None)
