"""Derived KPIs in words, for one reader: what they may not see is named by nothing but its number."""

from collections.abc import Collection, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kpis.formula import FormulaError, with_keys
from kpis.models import Kpi
from kpis.rolled.links import keys_of
from people.models import Person

HIDDEN = "\u2026"
WRONG = {
    "longer than %(most)s characters": gettext_lazy("It is longer than %(most)s characters."),
    "more than %(most)s levels": gettext_lazy("It has more than %(most)s levels of parentheses."),
    "unexpected character at %(place)s": gettext_lazy("Character %(place)s cannot be in a formula."),
    "expected %(sign)s, found %(token)s": gettext_lazy("Here “%(sign)s” is missing, before “%(token)s”."),
    "unexpected %(token)s": gettext_lazy("“%(token)s” cannot stand where it stands."),
    "abs takes one value": gettext_lazy("abs(..) takes one value."),
    "round takes a value and a whole number 0..%(most)s": gettext_lazy(
        "round(..) takes a value and, if you like, a whole number from 0 to %(most)s."
    ),
    "it names no KPI": gettext_lazy("It names no KPI."),
}


def formula_error(wrong: FormulaError) -> str:
    if wrong.told.get("token") == "end":
        return _("Something is missing at the end.")
    return str(WRONG[wrong.sentence]) % wrong.told


def keys_shown(kpi_ids: Iterable[int], by: Person | None) -> list[str]:
    """Keys in this order; of what the person may not see a sign alone."""
    ids = list(kpi_ids)
    kpis = Kpi.objects.filter(pk__in=ids) if by is None else Kpi.objects.visible_to(by).filter(pk__in=ids)
    known = dict(kpis.order_by().values_list("pk", "key"))
    return [known.get(kpi, HIDDEN) for kpi in ids]


def visible_keys(texts: Iterable[str], person: Person) -> set[str]:
    """Of the keys in formulas those of KPIs that a person may see; one query."""
    keys = {key for text in texts for key in keys_of(text)}
    if not keys:
        return set()
    return set(Kpi.objects.visible_to(person).filter(key__in=keys).values_list("key", flat=True))


def formula_shown(text: str, visible: Collection[str]) -> str:
    """A formula without the keys that are not to be seen."""
    hidden: Mapping[str, str] = {key: HIDDEN for key in keys_of(text) if key not in visible}
    return with_keys(text, hidden) if hidden else text


def restricted(count: int) -> str:
    return ngettext("a KPI that you may not see", "%(count)s KPIs that you may not see", count) % {"count": count}
