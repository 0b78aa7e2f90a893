"""What people changed about a goal: who, when, from what to what, and why."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cascade.numbers import as_typed
from goals.models import ContributorsChange, Goal
from people.models import Person

TOLD = {
    "title": pgettext_lazy("changed the", "title"),
    "why": pgettext_lazy("changed the", "why"),
    "description": pgettext_lazy("changed the", "description"),
    "contribution": pgettext_lazy("changed the", "contribution"),
    "parent": pgettext_lazy("changed the", "goal above"),
    "level": pgettext_lazy("changed the", "level"),
    "owner": pgettext_lazy("changed the", "owner"),
    "unit": pgettext_lazy("changed the", "unit"),
    "perspective": pgettext_lazy("changed the", "perspective"),
    "cycle": pgettext_lazy("changed the", "cycle"),
    "weight": pgettext_lazy("changed the", "weight"),
    "rollup_method": pgettext_lazy("changed the", "method"),
    "state": pgettext_lazy("changed the", "state"),
    "visibility": pgettext_lazy("changed the", "visibility"),
    "start": pgettext_lazy("changed the", "start"),
    "due": pgettext_lazy("changed the", "due"),
}
CONTRIBUTORS = pgettext_lazy("changed the", "contributors")
NOTHING = gettext_lazy("nothing")
RESTRICTED = gettext_lazy("a restricted goal")
VERSIONS = 200  # read at most at once; a version may change nothing that is told


@dataclass(frozen=True)
class Changed:
    """One change; `fields` are (name, before, after) in words. The first one has none."""

    at: dt.datetime
    by: Person | None
    reason: str
    fields: list[tuple[str, str, str]]

    @property
    def created(self) -> bool:
        return not self.fields


def changes(goal: Goal, person: Person, until: dt.datetime | None = None) -> list[Changed]:
    """Newest first, the last VERSIONS at most, as this person may see them."""
    history = goal.history.all() if until is None else goal.history.filter(history_date__lte=until)
    columns = [Goal._meta.get_field(name).attname for name in TOLD]
    told = ("history_date", "history_user_id", "history_change_reason", "history_type", "version")
    rows = list(history.order_by("-history_date", "-history_id").values(*columns, *told)[: VERSIONS + 1])
    words, helped = Words(rows, person), contributors(goal, [row["version"] for row in rows])
    people = Person.objects.in_bulk({row["history_user_id"] for row in rows} - {None} | named_in(helped))
    found = []
    for place, row in enumerate(rows[:VERSIONS]):
        earlier = rows[place + 1] if place + 1 < len(rows) else None
        fields = words.differences(earlier, row) if earlier and row["history_type"] != "+" else []
        if row["version"] in helped and row["history_type"] != "+":
            fields.append((CONTRIBUTORS, *(in_words(ids, people) for ids in helped[row["version"]])))
        if fields or row["history_type"] == "+":
            by, reason = people.get(row["history_user_id"]), row["history_change_reason"] or ""
            found.append(Changed(row["history_date"], by, reason, fields))
    return found


Helped = dict[int, tuple[list[int], list[int]]]


def contributors(goal: Goal, among: Iterable[int]) -> Helped:
    """The ids of the contributors before and after each of these versions that changed them."""
    rows = ContributorsChange.objects.filter(goal=goal, version__in=among)
    return {version: (before, after) for version, before, after in rows.values_list("version", "before", "after")}


def named_in(helped: Helped) -> set[int]:
    return {pk for before, after in helped.values() for pk in (*before, *after)}


def in_words(ids: Iterable[int], people: dict[int, Person]) -> str:
    return ", ".join(sorted(people[pk].name for pk in ids if pk in people)) or str(NOTHING)


class Words:
    """The values of versions in words; names of related rows are read once for all."""

    def __init__(self, rows: Iterable[dict[str, Any]], person: Person) -> None:
        self.related: dict[str, dict[Any, str]] = {}
        for name in TOLD:
            field = Goal._meta.get_field(name)
            if isinstance(field, models.ForeignKey):
                ids = {row[field.attname] for row in rows} - {None}
                self.related[name] = names_of(field.related_model, ids, person)

    def differences(self, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
        found = []
        for name, told in TOLD.items():
            column = Goal._meta.get_field(name).attname
            if before[column] != after[column]:
                found.append((told, self.of(name, before[column]), self.of(name, after[column])))
        return found

    def of(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return NOTHING
        if name in self.related:
            return self.related[name].get(value, RESTRICTED if name == "parent" else _("one that is gone"))
        if isinstance(value, Decimal):
            return as_typed(value)
        return str(dict(Goal._meta.get_field(name).flatchoices).get(value, value))


def names_of(model: type[models.Model], ids: set[Any], person: Person) -> dict[Any, str]:
    rows = Goal.objects.visible_to(person) if model is Goal else model._default_manager.all()
    return {row.pk: str(row) for row in rows.filter(pk__in=ids)} if ids else {}
