"""A draft's lines beside the goals and KPIs they are about, as one person may see them."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.fields import plain, plain_or_none
from goals import drafts
from goals.drafts import Line, Subject
from goals.models import Goal
from kpis.models import Kpi, Measurement
from people.models import Person

Key = tuple[str, int]
KPI_FIELDS = ("actual", "values", "progress", "target", "weight", "state")
PLACES = ("parent", "before")
ONLY_TRIED = ("actual", "progress")
ENDED = (Goal.State.CLOSED, Goal.State.CANCELLED)

MESSAGES = {
    "does_not_exist": gettext_lazy("It is not there any more, or you may not see it."),
    "other_cycle": gettext_lazy("The two goals belong to different cycles."),
    "parent_ended": gettext_lazy("The goal above has ended; nothing open can stand below it."),
    "level_above_parent": gettext_lazy("Its level stands above the level of the goal it would stand below."),
    "goal_cycle": gettext_lazy("A goal cannot stand below itself."),
    "weight_negative": gettext_lazy("A weight is 0 or more."),
    "calculated": gettext_lazy("Its values are calculated from other KPIs: suppose a value of those."),
    "actual_needs_by_due": gettext_lazy("This KPI is judged in each period: suppose the value of a period."),
    "progress_out_of_range": gettext_lazy("A progress lies from 0 to 1."),
    "unknown_period": gettext_lazy("The KPI has no such period, or it has not begun yet."),
}


@dataclass(frozen=True)
class Clash:
    """A field that became something else after a change of it was drafted."""

    name: str
    was: Any
    now: Any


@dataclass(frozen=True)
class Shown:
    """A line as its reader may see it. `subject` and `row` are None where the goal or KPI was deleted or may not be
    seen; `ended`: the goal was closed or cancelled since; `places`: the goals it names that the reader may see."""

    line: Line
    subject: Subject | None
    row: Goal | Kpi | None = None
    clashes: list[Clash] = field(default_factory=list)
    ended: bool = False
    places: Mapping[int, Goal] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return drafts.key(self.line)

    @property
    def is_outdated(self) -> bool:
        return self.subject is None or self.ended or bool(self.clashes)

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """Why the line no longer fits: field, code and words."""
        if self.subject is None:
            yield "", "does_not_exist", str(MESSAGES["does_not_exist"])
        if self.ended:
            yield "state", "ended_since", _("The goal ended since this was drafted.")
        for clash in self.clashes:
            yield clash.name, "changed_since", _("It was changed by somebody else since this was drafted.")


def subjects(person: Person, wanted: Mapping[Key, Iterable[str]]) -> dict[Key, tuple[Subject, Goal | Kpi]]:
    """The goals and KPIs that the person may see, with the values of these periods, in three queries."""
    goals = Goal.objects.visible_to(person).filter(pk__in=[pk for kind, pk in wanted if kind == "goal"])
    kpis = Kpi.objects.visible_to(person).filter(pk__in=[pk for kind, pk in wanted if kind == "kpi"])
    found: dict[Key, tuple[Subject, Goal | Kpi]] = {}
    for goal in goals.select_related("level", "parent", "unit", "owner__unit").order_by():
        subject = drafts.goal_subject(goal)
        found[subject.key] = subject, goal
    days = {dt.date.fromisoformat(day) for (kind, _pk), periods in wanted.items() if kind == "kpi" for day in periods}
    held = values_of([pk for kind, pk in wanted if kind == "kpi"], days)
    for kpi in kpis.select_related(
        "organisation", "goal__level", "goal__cycle", "goal__unit", "goal__owner__unit"
    ).order_by():
        kpi.hold(kpi.organisation.today())
        values = {day: held.get((kpi.pk, day)) for day in wanted["kpi", kpi.pk]}
        subject = kpi_subject(kpi, values)
        found[subject.key] = subject, kpi
    return found


def values_of(kpi_ids: list[int], days: Iterable[dt.date]) -> dict[tuple[int, str], str]:
    held = Measurement.objects.filter(kpi_id__in=kpi_ids, period__in=days, value__isnull=False).order_by()
    return {(kpi, day.isoformat()): plain(value) for kpi, day, value in held.values_list("kpi_id", "period", "value")}


def kpi_subject(kpi: Kpi, values: Mapping[str, str | None]) -> Subject:
    target = plain_or_none(kpi.target)
    now = {"target": target, "weight": plain(kpi.weight), "state": kpi.state, "values": dict(values)}
    return Subject("kpi", kpi.pk, kpi.name, now)


def periods(line: Line) -> Iterable[str]:
    return line["set"].get("values", {})


def shown(person: Person, lines: Iterable[Line]) -> list[Shown]:
    lines = list(lines)
    found = subjects(person, {drafts.key(line): periods(line) for line in lines})
    places = places_of(person, [*lines, *({"set": subject.now} for subject, _row in found.values())])
    return [beside(line, *found.get(drafts.key(line), (None, None)), places) for line in lines]


def places_of(person: Person, lines: Iterable[Mapping[str, Any]]) -> dict[int, Goal]:
    named = {line[part].get(name) for line in lines for part in ("set", "was") if part in line for name in PLACES}
    goals = (
        Goal.objects.visible_to(person)
        .filter(pk__in=named - {None})
        .select_related("level", "unit", "owner__unit")
        .order_by()
    )
    return {goal.pk: goal for goal in goals}


def beside(line: Line, subject: Subject | None, row: Goal | Kpi | None, places: Mapping[int, Goal]) -> Shown:
    if subject is None:
        return Shown(line, None)
    clashes = [
        Clash(name, was, subject.now.get(name))
        for name, was in line["was"].items()
        if name in line["set"] and name in subject.now and subject.now[name] not in (was, line["set"][name])
    ]
    ended = subject.now["state"] in ENDED and line["was"]["state"] not in ENDED and "state" not in line["set"]
    return Shown(line, subject, row, clashes, ended, places)


def told(each: Shown) -> dict[str, Any]:
    """What is supposed in a line, without places that the reader may not see."""
    given = each.line["set"]
    return {name: value for name, value in given.items() if name not in PLACES or value in (None, *each.places)}


def build(lines: list[Line], person: Person, given: Iterable[tuple[Key, Mapping[str, Any]]]) -> list[Line]:
    """The lines with these fields supposed, of goals and KPIs that the person may see. What the person may not see is
    refused like what is not there: ValidationError does_not_exist."""
    given = list(given)
    found = subjects(person, {key: list(fields.get("values", {})) for key, fields in given})
    for key, fields in given:
        if key not in found:
            raise ValidationError(str(MESSAGES["does_not_exist"]), code="does_not_exist")
        lines = drafts.with_subject(lines, found[key][0], fields)
    return lines


def rebased(lines: Iterable[Line], person: Person) -> list[Line]:
    """The lines as if they had been drafted now; those about what is gone, and changes that were made since, are left
    out."""
    kept: list[Line] = []
    for each in shown(person, lines):
        if each.subject is not None:
            line = {**each.line, "was": {}}
            kept = drafts.with_subject([*kept, line], each.subject)
    return kept


def applicable(line: Line, record_values: bool) -> Line:
    """What of a line can be made so: a supposed value of today or a progress is only tried; the values of periods are
    recorded where that is asked for."""
    left_out = {*ONLY_TRIED, *(() if record_values else ("values",))} if line["kind"] == "kpi" else set()
    return {**line, "set": {name: value for name, value in line["set"].items() if name not in left_out}}
