"""Choosing the KPIs that a KPI is taken from: rows of fields with the same names, in any number."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cascade.numbers import as_typed, typed
from kpis.models import Kpi
from kpis.rolled import links, reading
from people.models import Person

COLUMNS = ("kpi", "denominator", "weight", "since", "until")
KEY = re.compile(r"\[([a-z][a-z0-9_]*)\]\s*\Z")
SUGGESTED = 8
BLANK = dict.fromkeys(COLUMNS, "")


def called(text: str, person: Person) -> QuerySet:
    """The KPIs with these letters in their name or key that a person may see and that have numbers."""
    kpis = Kpi.objects.visible_to(person).exclude(kind=Kpi.Kind.BOOLEAN)
    found = kpis.filter(Q(name__icontains=text) | Q(key__icontains=text)) if text else kpis
    return found.select_related("goal").order_by("name", "pk")[:SUGGESTED]


def written(kpi: Kpi) -> str:
    """The text that means this KPI."""
    return f"{kpi.name} [{kpi.key}]"


class LinksInput(forms.Widget):
    template_name = "kpis/rolled/links.html"

    def value_from_datadict(self, data, files, name):
        columns = [data.getlist(f"link_{column}") if hasattr(data, "getlist") else [] for column in COLUMNS]
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=False)]

    def value_omitted_from_data(self, data, files, name):
        return "link_kpi" not in data

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        return context | {"rows": [*(value or ()), BLANK], "blank": BLANK}


class LinksField(forms.Field):
    """Rows in, links as they are kept out; those that the person may not see stay. The form sets `person` and `kpi`."""

    widget = LinksInput
    person: Person
    kpi: Kpi | None = None

    def hidden(self) -> list[dict[str, Any]]:
        return reading.hidden_rows(self.kpi, self.person) if self.kpi else []

    def prepare_value(self, value):
        if not value or "kpi" in value[0]:
            return value or []
        hidden = self.hidden()
        kpis = Kpi.objects.in_bulk(links.linked(value))
        return [shown(link, kpis) for link in value if link not in hidden]

    def clean(self, value):
        rows = [row for row in value or () if row["kpi"].strip() or row["denominator"].strip()]
        found = self.named(rows)
        return [*(self.link(row, found) for row in rows), *self.hidden()]

    def named(self, rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
        """The KPIs that the texts mean, in one query."""
        texts = {row[column].strip() for row in rows for column in ("kpi", "denominator")} - {""}
        keys = {text: key_in(text) for text in texts}
        kpis = Kpi.objects.visible_to(self.person).filter(Q(key__in=keys.values()) | Q(name__in=texts))
        by_key, by_name = {}, {}
        for kpi in kpis.order_by("-pk"):
            by_key[kpi.key] = by_name[kpi.name] = kpi.pk
        return {text: pk for text, key in keys.items() if (pk := by_key.get(key) or by_name.get(text))}

    def link(self, row: Mapping[str, str], found: Mapping[str, int]) -> dict[str, Any]:
        kpi, below = row["kpi"].strip(), row["denominator"].strip()
        for text in (kpi, below):
            if text and text not in found:
                raise ValidationError(_("No KPI is called %(name)s.") % {"name": text}, "does_not_exist")
        if not kpi:
            raise ValidationError(_("Say which KPI is divided by %(name)s.") % {"name": below}, "required")
        weight = typed(row["weight"], "") if row["weight"].strip() else Decimal(1)
        return {
            **links.kept([{"source": found[kpi], "denominator": found.get(below), "weight": weight}])[0],
            "since": links.day_text(day_typed(row["since"])),
            "until": links.day_text(day_typed(row["until"])),
        }


def key_in(text: str) -> str:
    found = KEY.search(text)
    return found.group(1) if found else text


def day_typed(text: str) -> dt.date | None:
    return forms.DateField(required=False).clean(text)


def shown(link: Mapping[str, Any], kpis: Mapping[int, Kpi]) -> dict[str, str]:
    below = kpis.get(link["denominator"])
    return {
        "kpi": written(kpis[link["source"]]) if link["source"] in kpis else "",
        "denominator": written(below) if below else "",
        "weight": as_typed(Decimal(link["weight"])),
        "since": link["since"] or "",
        "until": link["until"] or "",
    }
