"""The lines of a draft: what is supposed of each goal and KPI, and what it was when that was supposed.

A line is a dict of JSON: `kind` ("goal" or "kpi"), `id`, `title`, `set` (the supposed fields) and `was` (what these
fields were, and the state). Values stand as on the wire: decimals as texts, dates as YYYY-MM-DD. Lines are applied one
after the other; a line that gives a goal another place goes last.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade.fields import plain
from goals.models import Goal

MOST_LINES = 500
GOAL_FIELDS = ("weight", "rollup_method", "state", "parent", "before")

Line = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """A goal or KPI as it is: `now` holds every field that can be supposed and can be read, as on the wire."""

    kind: str
    id: int
    title: str
    now: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        return self.kind, self.id


def goal_subject(goal: Goal) -> Subject:
    now = {
        "weight": plain(goal.weight),
        "rollup_method": goal.rollup_method,
        "state": goal.state,
        "parent": goal.parent_id,
    }
    return Subject("goal", goal.pk, goal.title, now)


def key(line: Line) -> tuple[str, int]:
    return line["kind"], line["id"]


def with_subject(lines: list[Line], subject: Subject, given: Mapping[str, Any] | None = None) -> list[Line]:
    """The lines with these fields supposed. A field that is as it is already is not supposed; a line may be empty.

    Raises ValidationError (too_many_lines).
    """
    given = given or {}
    old = next((line for line in lines if key(line) == subject.key), None)
    supposed = {**(old["set"] if old else {}), **given}
    supposed = {name: value for name, value in supposed.items() if differs(subject, name, value, supposed)}
    was = was_of(subject, old["was"] if old else {}, supposed)
    line = {"kind": subject.kind, "id": subject.id, "title": subject.title, "set": supposed, "was": was}
    if old is None and len(lines) >= MOST_LINES:
        message = _("A draft has at most %(most)s lines.") % {"most": MOST_LINES}
        raise ValidationError(message, code="too_many_lines")
    if old is None or "parent" in given:
        return [*(each for each in lines if each is not old), line]
    return [line if each is old else each for each in lines]


def differs(subject: Subject, name: str, value: Any, supposed: Mapping[str, Any]) -> bool:
    """A place among siblings is a change by itself; so the parent that stays is told with it."""
    if name == "parent" and "before" in supposed:
        return True
    return name == "before" or name not in subject.now or subject.now[name] != value


def was_of(subject: Subject, before: Mapping[str, Any], supposed: Mapping[str, Any]) -> dict[str, Any]:
    """What the supposed fields were when they were supposed first; the values of each period by themselves."""
    was = {name: before.get(name, subject.now.get(name)) for name in sorted({*supposed, "state"})}
    if "values" in supposed:
        known = {**subject.now.get("values", {}), **before.get("values", {})}
        was["values"] = {first: known.get(first) for first in supposed["values"]}
    return was


def without(lines: Iterable[Line], subject: tuple[str, int], fields: Collection[str] = ()) -> list[Line]:
    """The lines without that of a goal or KPI, or without these fields of it."""
    if not fields:
        return [line for line in lines if key(line) != subject]
    return [
        {**line, "set": {name: value for name, value in line["set"].items() if name not in fields}}
        if key(line) == subject
        else line
        for line in lines
    ]


def moves(lines: Iterable[Line]) -> dict[int, Line]:
    """The lines that give a goal another place, by goal, in the order in which they are to be made."""
    return {line["id"]: line for line in lines if line["kind"] == "goal" and "parent" in line["set"]}
