"""What a decision does to its goal and to every goal above it: promised before, kept with it (docs/domain.md sections
9 and 15)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cascade.fields import plain_or_none
from goals.models import Goal, GoalFigures
from goals.nodes import Id, Status
from kpis.draft_effects import Effect
from kpis.supposing import trial
from kpis.whatif import Difference
from people.models import Person

Row = dict[str, Any]
HIDDEN: Row = dict.fromkeys(("goal", "before", "after", "expected", "was", "status"))


def upwards(goal: Goal) -> list[int]:
    """The goal and the goals above it, nearest first."""
    return [goal.pk, *(each.pk for each in reversed(goal.ancestors()))]


def kept(ids: Iterable[int], found: Mapping[Id, Difference]) -> list[Row]:
    return [
        {
            "goal": pk,
            "before": plain_or_none(found[pk].old.progress),
            "after": plain_or_none(found[pk].new.progress),
            "expected": plain_or_none(found[pk].new.expected),
            "was": str(found[pk].old.status),
            "status": str(found[pk].new.status),
        }
        for pk in ids
        if pk in found
    ]


def supposed(goal: Goal, lines: Sequence[Row]) -> list[Row]:
    """What lines of a draft would do to a goal and above it."""
    return kept(upwards(goal), trial(goal.organisation, lines).found)


def unmoved(goal: Goal) -> list[Row]:
    """How a goal stands, and the goals above it, where a decision moves none of them."""
    ids = upwards(goal)
    held = GoalFigures.objects.in_bulk(ids)
    return [standing(pk, held.get(pk)) for pk in ids]


def standing(pk: int, figures: GoalFigures | None) -> Row:
    progress = plain_or_none(figures.progress) if figures else None
    status = figures.status if figures else str(Status.no_data)
    expected = plain_or_none(figures.expected) if figures else None
    return {"goal": pk, "before": progress, "after": progress, "expected": expected, "was": status, "status": status}


def seen_by(person: Person, rows: Iterable[Row]) -> list[Row]:
    """The rows of the goals that a person may see; the others are one without figures, with `goal` None."""
    rows = list(rows)
    seen = visible(person, rows)
    told = [row for row in rows if row["goal"] in seen]
    return told if len(told) == len(rows) else [*told, HIDDEN]


def moved(person: Person, rows: Iterable[Row]) -> list[Effect]:
    """The same for pages, with the goals."""
    rows = list(rows)
    return arranged(rows, visible(person, rows))


def arranged(rows: Sequence[Row], seen: Mapping[int, Goal]) -> list[Effect]:
    figures = ("before", "after", "expected")
    told = [
        Effect(seen[row["goal"]], *(number(row[name]) for name in figures), row["was"], row["status"])
        for row in rows
        if row["goal"] in seen
    ]
    return told if len(told) == len(rows) else [*told, Effect(None)]


def visible(person: Person, rows: Iterable[Row]) -> dict[int, Goal]:
    goals = Goal.objects.visible_to(person).filter(pk__in=[row["goal"] for row in rows]).order_by()
    return {goal.pk: goal for goal in goals.select_related("level")}


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
