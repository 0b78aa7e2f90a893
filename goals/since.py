"""What changed in a cycle since a day: how the strategic goals moved, which goals fell behind or caught up, and what
people decided. Earlier figures are those known at the end of that day (its snapshots), so nothing is calculated afresh.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from goals.board import Told, figures_on, told_of
from goals.history import TOLD, Words
from goals.lines import Line, Lines
from goals.models import Goal
from goals.nodes import TROUBLE, ZERO, Status
from people.models import Person

MOST = 10
DECIDED = ("parent", "level", "weight", "rollup_method", "state", "owner", "start", "due")


@dataclass(frozen=True)
class Moved:
    """A goal's figures then and now."""

    line: Line
    told: Told
    progress: Decimal | None
    status: str

    @property
    def change(self) -> Decimal | None:
        return None if self.progress is None or self.line.progress is None else self.line.progress - self.progress


@dataclass(frozen=True)
class Decided:
    """What people changed about a goal, from what to what; a new goal has no fields."""

    goal_id: int
    title: str
    fields: list[tuple[str, str, str]]
    by: str
    reason: str


@dataclass(frozen=True)
class Since:
    """`fell` and `recovered` hold at most MOST goals, the dearest first; the counts say how many there are."""

    day: dt.date
    strategic: list[Moved]
    fell: list[Moved]
    fell_count: int
    recovered: list[Moved]
    recovered_count: int
    decided: list[Decided]
    decided_count: int

    @property
    def is_quiet(self) -> bool:
        return not (self.fell_count or self.recovered_count or self.decided_count)


def since(person: Person, lines: Lines, day: dt.date) -> Since:
    """What changed from the end of `day` to the day of `lines`, in six queries."""
    ids = [line.id for line in lines.visible]
    before = figures_on(ids, day)
    moved = [line for line in lines.visible if line.id in before]
    fell = [line for line in moved if line.status in TROUBLE and before[line.id]["status"] not in TROUBLE]
    better = (Status.on_track, Status.achieved)
    recovered = [line for line in moved if line.status in better and before[line.id]["status"] in TROUBLE]
    for group in (fell, recovered):
        group.sort(key=lambda line: (-abs(cost(lines, line, before[line.id])), line.id))
    shown = [*lines.strategic, *fell[:MOST], *recovered[:MOST]]
    told = told_of({line.id for line in shown})

    def listed(group: Iterable[Line]) -> list[Moved]:
        nothing: Mapping[str, Any] = {"progress": None, "status": Status.no_data}
        found = [(line, before.get(line.id, nothing)) for line in group if line.id in told]
        return [Moved(line, told[line.id], then["progress"], then["status"]) for line, then in found]

    decisions = decided(person, ids, day, lines.on)
    return Since(
        day=day,
        strategic=listed(lines.strategic),
        fell=listed(fell[:MOST]),
        fell_count=len(fell),
        recovered=listed(recovered[:MOST]),
        recovered_count=len(recovered),
        decided=decisions[:MOST],
        decided_count=len(decisions),
    )


def cost(lines: Lines, line: Line, before: Mapping[str, Any]) -> Decimal:
    """What the change against its pace costs the strategic goal, 0..1."""
    return lines.effective_weight(line) * ((line.gap or ZERO) - (before["gap"] or ZERO))


def decided(person: Person, ids: Collection[int], day: dt.date, until: dt.date) -> list[Decided]:
    """What people changed after `day`, up to the end of `until`, the newest first."""
    begin, end = person.organisation.end_of(day), person.organisation.end_of(until)
    columns = [Goal._meta.get_field(name).attname for name in TOLD]
    told = ("id", "history_date", "history_user__name", "history_change_reason", "history_type")
    inside = Goal.history.filter(organisation_id=person.organisation_id, history_date__gt=begin, history_date__lte=end)
    earlier = Goal.history.filter(id__in=inside.values("id"), history_date__lte=begin)
    newest = Q(history_id=Subquery(last_of(begin)))
    rows = list(inside.order_by("history_date", "history_id").values(*columns, *told))
    then = {row["id"]: row for row in earlier.filter(newest).values(*columns, *told)}
    seen, last = set(ids), {}
    for row in rows:
        if row["id"] in seen:
            kept = last.get(row["id"], {})
            row["history_change_reason"] = row["history_change_reason"] or kept.get("history_change_reason") or ""
            last[row["id"]] = row
    words = Words([*last.values(), *then.values()], person)
    names = {TOLD[name] for name in DECIDED}
    found = []
    for pk, row in last.items():
        fields = words.differences(then[pk], row) if pk in then else []
        fields = [field for field in fields if field[0] in names]
        if fields or pk not in then:
            by, reason = row["history_user__name"] or "", row["history_change_reason"]
            found.append((row["history_date"], pk, Decided(pk, row["title"], fields, by, reason)))
    return [each for *_, each in sorted(found, key=lambda each: each[:2], reverse=True)]


def last_of(moment: dt.datetime):
    same = Goal.history.filter(id=OuterRef("id"), history_date__lte=moment)
    return same.order_by("-history_date", "-history_id").values("history_id")[:1]
