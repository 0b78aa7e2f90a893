"""What a derived KPI may come from (docs/domain.md section 7), checked before it is saved and again when a KPI that
others come from changes.

Codes: at `source` derived_boolean; at `formula` required, formula_invalid, unknown_key, coarser_cadence; at `links`
required, too_many, does_not_exist, denominator_missing, denominator_not_used, weight_negative, weight_missing,
dates_order, given_twice, coarser_cadence, other_unit; at `method` required; at `cadence` and `unit` of a source
coarser_cadence and other_unit; a circle is the conflict kpi_cycle.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from kpis.derived import is_coarser
from kpis.formula import FormulaError, depends_on
from kpis.models import Kpi
from kpis.rolled import graph, links, words
from people.models import Person

MOST_LINKS = 200
Errors = dict[str, list[ValidationError]]


def refuse_wrong(kpi: Kpi, by: Person | None) -> None:
    """Raises ValidationError for what a derived KPI cannot be, Conflict (kpi_cycle) for a circle. The organisation's
    lock is held."""
    found: Errors = defaultdict(list)
    if kpi.kind == Kpi.Kind.BOOLEAN:
        found["source"].append(error("derived_boolean", _("Something that is done or not is not calculated.")))
    if kpi.source == Kpi.Source.FORMULA:
        check_formula(kpi, by, found)
    else:
        check_links(kpi, by, found)
    if any(found.values()):
        raise ValidationError({field: errors for field, errors in found.items() if errors})
    refuse_circle(kpi, by)


def error(code: str, message: str) -> ValidationError:
    return ValidationError(message, code=code)


def check_formula(kpi: Kpi, by: Person | None, found: Errors) -> None:
    if not kpi.formula.strip():
        found["formula"].append(error("required", _("Enter the formula.")))
        return
    try:
        keys = depends_on(kpi.formula)
    except FormulaError as wrong:
        found["formula"].append(error("formula_invalid", words.formula_error(wrong)))
        return
    operands = {each.key: each for each in operands_by_key(kpi, keys, by)}
    unknown = sorted(keys - operands.keys())
    if unknown:
        told = {"keys": ", ".join(unknown)}
        found["formula"].append(error("unknown_key", _("There is no KPI with the key %(keys)s.") % told))
    found["formula"] += coarser(kpi, operands.values(), by)


def operands_by_key(kpi: Kpi, keys: Collection[str], by: Person | None) -> list[Kpi]:
    """Those that the person may name: what they see, and what the KPI was calculated from already."""
    kpis = Kpi.objects.filter(organisation_id=kpi.organisation_id, key__in=keys)
    if by is None:
        return list(kpis)
    seen = Kpi.objects.visible_to(by).order_by().values("pk")
    held = kpi.needs.order_by().values("source_id") if kpi.pk else []
    return list(kpis.filter(Q(pk__in=seen) | Q(pk__in=held)))


def check_links(kpi: Kpi, by: Person | None, found: Errors) -> None:
    if kpi.method not in Kpi.Method.values:
        found["method"].append(error("required", _("Say how the values are put together.")))
    if not kpi.links:
        found["links"].append(error("required", _("Choose at least one KPI.")))
    if len(kpi.links) > MOST_LINKS:
        found["links"].append(error("too_many", _("At most %(most)s KPIs.") % {"most": MOST_LINKS}))
    if found:
        return
    kpis = Kpi.objects.filter(organisation_id=kpi.organisation_id).in_bulk(links.linked(kpi.links))
    if links.linked(kpi.links) - kpis.keys():
        found["links"].append(error("does_not_exist", _("One of the KPIs is not there any more.")))
        return
    check_shape(kpi, found)
    found["links"] += coarser(kpi, kpis.values(), by)
    check_units(kpi, kpis, found)


def check_shape(kpi: Kpi, found: Errors) -> None:
    ratio = kpi.method == Kpi.Method.RATIO
    if ratio and any(link["denominator"] is None for link in kpi.links):
        found["links"].append(error("denominator_missing", _("Say for each KPI by which other one it is divided.")))
    if not ratio and any(link["denominator"] is not None for link in kpi.links):
        found["links"].append(error("denominator_not_used", _("Only a ratio divides one KPI by another.")))
    weights = [Decimal(link["weight"]) for link in kpi.links]
    if min(weights) < 0:
        found["links"].append(error("weight_negative", _("A weight is 0 or more.")))
    elif kpi.method == Kpi.Method.WEIGHTED_MEAN and not any(weights):
        found["links"].append(error("weight_missing", _("At least one weight must be above 0.")))
    if any(begin > end for begin, end in map(window, kpi.links)):
        found["links"].append(error("dates_order", _("The last day lies before the first.")))
    if given_twice(kpi.links):
        found["links"].append(error("given_twice", _("The same KPI is there twice for the same time.")))


def window(link: Mapping[str, Any]) -> tuple[dt.date, dt.date]:
    return links.day_of(link["since"]) or dt.date.min, links.day_of(link["until"]) or dt.date.max


def given_twice(rows: Iterable[Mapping[str, Any]]) -> bool:
    windows: dict[tuple[int, ...], list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for link in rows:
        windows[links.named(link)].append(window(link))
    return any(
        after[0] <= before[1]
        for each in windows.values()
        for before, after in zip(sorted(each), sorted(each)[1:], strict=False)
    )


def coarser(kpi: Kpi, operands: Iterable[Kpi], by: Person | None) -> list[ValidationError]:
    wrong = [each.pk for each in operands if is_coarser(each.cadence, kpi.cadence)]
    if not wrong:
        return []
    told = {"keys": ", ".join(sorted(words.keys_shown(wrong, by))), "cadence": kpi.get_cadence_display().lower()}
    message = _("Measured less often than %(cadence)s, so it cannot be split: %(keys)s.")
    return [error("coarser_cadence", message % told)]


def check_units(kpi: Kpi, kpis: Mapping[int, Kpi], found: Errors) -> None:
    """Nothing is converted: what is added up or averaged has one unit."""
    if kpi.method == Kpi.Method.RATIO:
        sides = [{link["source"] for link in kpi.links}, {link["denominator"] for link in kpi.links} - {None}]
        wrong = any(len({unit_of(kpis[pk]) for pk in side}) > 1 for side in sides)
    else:
        wrong = {unit_of(kpis[link["source"]]) for link in kpi.links} != {unit_of(kpi)}
    if wrong:
        found["links"].append(error("other_unit", _("They must have the same unit; nothing is converted.")))


def unit_of(kpi: Kpi) -> str:
    return kpi.unit.strip().casefold()


def refuse_circle(kpi: Kpi, by: Person | None) -> None:
    if kpi.pk is None:
        return
    sources = graph.needed(kpi)
    way = graph.circle(kpi.pk, sources, graph.edges_below(kpi.organisation_id, sources))
    if way:
        told = {"path": " > ".join(words.keys_shown(way, by))}
        raise Conflict("kpi_cycle", _("A KPI cannot be calculated from itself: %(path)s.") % told)


def refuse_change_of_source(kpi: Kpi, before: Mapping[str, Any]) -> None:
    """What others are calculated from keeps a cadence and a unit that fits them. Raises ValidationError."""
    if kpi.cadence == before["cadence"] and kpi.unit == before["unit"]:
        return
    uses = list(Kpi.objects.filter(needs__source=kpi.pk))
    found: Errors = defaultdict(list)
    if kpi.cadence != before["cadence"] and any(is_coarser(kpi.cadence, each.cadence) for each in uses):
        message = _("Other KPIs are calculated from it and are measured more often.")
        found["cadence"].append(error("coarser_cadence", message))
    summed = [each for each in uses if each.source == Kpi.Source.ROLLUP]
    if unit_of(kpi) != before["unit"].strip().casefold() and summed:
        message = _("Other KPIs are taken from it in the old unit. Take it out there first.")
        found["unit"].append(error("other_unit", message))
    if found:
        raise ValidationError(dict(found))
