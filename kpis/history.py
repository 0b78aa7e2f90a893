"""What was changed about a KPI's definition, by whom and why."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cascade.templatetags.ui import exact
from kpis import definitions
from kpis.models import Kpi
from kpis.rolled.words import formula_shown, visible_keys
from people.models import Person

NOTHING = gettext_lazy("nothing")
NAMES = {
    "aggregation": pgettext_lazy("changed the", "aggregation"),
    "baseline": pgettext_lazy("changed the", "baseline"),
    "benchmark": pgettext_lazy("changed the", "benchmark"),
    "benchmark_source": pgettext_lazy("changed the", "benchmark source"),
    "benchmark_on": pgettext_lazy("changed the", "benchmark date"),
    "cadence": pgettext_lazy("changed the", "cadence"),
    "data_owner": pgettext_lazy("changed the", "data owner"),
    "definition": pgettext_lazy("changed the", "definition"),
    "direction": pgettext_lazy("changed the", "direction"),
    "due": pgettext_lazy("changed the", "due"),
    "formula": pgettext_lazy("changed the", "formula"),
    "links": pgettext_lazy("changed the", "KPIs it is taken from"),
    "method": pgettext_lazy("changed the", "way they are put together"),
    "missing": pgettext_lazy("changed the", "rule for missing values"),
    "scale": pgettext_lazy("changed the", "factor"),
    "external_id": pgettext_lazy("changed the", "external id"),
    "fade": pgettext_lazy("changed the", "fade"),
    "indicator": pgettext_lazy("changed the", "indicator"),
    "key": pgettext_lazy("changed the", "key"),
    "kind": pgettext_lazy("changed the", "kind"),
    "lower": pgettext_lazy("changed the", "lower edge"),
    "max_value": pgettext_lazy("changed the", "highest value"),
    "milestones": pgettext_lazy("changed the", "milestones"),
    "min_value": pgettext_lazy("changed the", "lowest value"),
    "name": pgettext_lazy("changed the", "name"),
    "source": pgettext_lazy("changed the", "source"),
    "source_note": pgettext_lazy("changed the", "source note"),
    "start": pgettext_lazy("changed the", "start"),
    "state": pgettext_lazy("changed the", "state"),
    "stretch": pgettext_lazy("changed the", "stretch"),
    "target": pgettext_lazy("changed the", "target"),
    "target_mode": pgettext_lazy("changed the", "target mode"),
    "trajectory": pgettext_lazy("changed the", "path"),
    "unit": pgettext_lazy("changed the", "unit"),
    "upper": pgettext_lazy("changed the", "upper edge"),
    "weight": pgettext_lazy("changed the", "weight"),
    "zero_at": pgettext_lazy("changed the", "zero at"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """One change; `fields` are (name, before, after) in words. The first one has none."""

    at: dt.datetime
    by: Person | None
    reason: str
    fields: list[tuple[str, str, str]]


def last_changes(kpi: Kpi, most: int, person: Person) -> list[Changed]:
    """Newest first, in one query, and one more where it has formulas: they are told without what the person may not
    see."""
    versions = list(kpi.history.select_related("history_user", "data_owner")[: most + 1])
    visible = visible_keys([version.formula for version in versions], person)
    for version in versions:
        version.formula = formula_shown(version.formula, visible) if version.formula else ""
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
        (NAMES.get(name, Kpi._meta.get_field(name).verbose_name), in_words(name, before), in_words(name, after))
        for name in sorted(definitions.FIELDS)
        if getattr(before, name) != getattr(after, name)
    ]


def in_words(name: str, version: Any) -> str:
    value = getattr(version, name)
    if value in (None, "", {}, []):
        return NOTHING
    if name == "links":
        return ngettext("one KPI", "%(count)s KPIs", len(value)) % {"count": len(value)}
    if name == "milestones":
        return ", ".join(f"{period} {exact(Decimal(target))}" for period, target in value.items())
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, dt.date):
        return date_format(value)
    choices = dict(Kpi._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))
