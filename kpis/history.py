"""What was changed about a KPI's definition, by whom and why."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format

from cascade.templatetags.ui import exact
from kpis import definitions
from kpis.models import Kpi
from people.models import Person

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Changed:
    """One change; `fields` are (name, before, after) in words. The first one has none."""

    at: dt.datetime
    by: Person | None
    reason: str
    fields: list[tuple[str, str, str]]


def last_changes(kpi: Kpi, most: int) -> list[Changed]:
    """Newest first, in one query."""
    versions = list(kpi.history.select_related("history_user", "data_owner")[: most + 1])
    told = []
    for number, version in enumerate(versions[:most]):
        earlier = versions[number + 1] if number + 1 < len(versions) else None
        fields = differences(earlier, version) if earlier else []
        if fields or version.history_type == "+":
            told.append(
                Changed(version.history_date, version.history_user, version.history_change_reason or "", fields)
            )
    return told


def differences(before: Any, after: Any) -> list[tuple[str, str, str]]:
    return [
        (Kpi._meta.get_field(name).verbose_name, in_words(name, before), in_words(name, after))
        for name in sorted(definitions.FIELDS)
        if getattr(before, name) != getattr(after, name)
    ]


def in_words(name: str, version: Any) -> str:
    value = getattr(version, name)
    if value in (None, "", {}):
        return NOTHING
    if name == "milestones":
        return ", ".join(f"{period} {target}" for period, target in value.items())
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, dt.date):
        return date_format(value, "j M Y")
    choices = dict(Kpi._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))
