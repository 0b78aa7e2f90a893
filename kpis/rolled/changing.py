"""What goes along when it changes where a KPI's values come from; kpis/definitions.py calls it under the
organisation's lock."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from goals import marks, structure
from kpis.formula import LONGEST, with_keys
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.rolled import graph, links, rules
from people.models import Person

COMES_FROM = frozenset({"source", "formula", "method", "missing", "scale", "links"})
MATTERS_TO_OTHERS = frozenset({"key", "cadence", "unit", "kind"})


def lock(kpi: Kpi, fields: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Holds the organisation where a change may touch what is calculated from what."""
    if kpi.pk is None:
        touches = fields.get("source") in Kpi.DERIVED
    else:
        names = (COMES_FROM | MATTERS_TO_OTHERS) & fields.keys()
        touches = any(fields[name] != getattr(kpi, name) for name in names)
    return structure.lock(kpi.organisation_id) if touches else nullcontext()


def tidy(kpi: Kpi) -> None:
    """What no longer says where the values come from goes; the history has it."""
    if kpi.source != Kpi.Source.FORMULA:
        kpi.formula = ""
    if kpi.source != Kpi.Source.ROLLUP:
        kpi.links, kpi.method, kpi.missing, kpi.scale = [], "", "", Kpi._meta.get_field("scale").default
    kpi.formula = kpi.formula.strip()


def check(kpi: Kpi, before: Mapping[str, Any], by: Person | None) -> None:
    """Refuses what a derived KPI, or one that others come from, cannot be; before it is saved."""
    if not is_touched(kpi, before):
        return
    with structure.lock(kpi.organisation_id) if kpi.is_derived else nullcontext():
        if kpi.is_derived:
            rules.refuse_wrong(kpi, by)
        if kpi.pk is not None:
            rules.refuse_change_of_source(kpi, before)


def is_touched(kpi: Kpi, before: Mapping[str, Any]) -> bool:
    return any(getattr(kpi, name) != before.get(name) for name in COMES_FROM | MATTERS_TO_OTHERS)


def follow(kpi: Kpi, before: Mapping[str, Any], by: Person | None) -> None:
    """After it is saved: the graph, its values, the formulas that name it."""
    if not is_touched(kpi, before):
        return
    was_derived = before["source"] in Kpi.DERIVED
    if kpi.is_derived or was_derived:
        graph.settle(kpi)
    if kpi.is_derived and not was_derived:
        kpi.measurements.all().delete()
    if was_derived and not kpi.is_derived:
        restore_typed(kpi)
    if kpi.key != before["key"]:
        rename(kpi, before["key"], by)


def restore_typed(kpi: Kpi) -> None:
    """What people recorded before counts again."""
    kpi.measurements.all().delete()
    revisions = list(MeasurementRevision.objects.filter(kpi=kpi))
    last, counts = {each.period: each for each in revisions}, Counter(each.period for each in revisions)
    Measurement.objects.bulk_create(
        Measurement(
            organisation_id=kpi.organisation_id,
            kpi=kpi,
            period=period,
            value=each.value,
            observed_on=each.observed_on,
            recorded_at=each.recorded_at,
            recorded_by_id=each.recorded_by_id,
            note=each.note,
            version=counts[period],
        )
        for period, each in last.items()
    )


def rename(kpi: Kpi, old: str, by: Person | None) -> None:
    """Formulas go on naming it by its new key. Raises ValidationError where one would become too long."""
    uses = Kpi.objects.filter(needs__source=kpi.pk, source=Kpi.Source.FORMULA).order_by("pk")
    for each in uses.select_for_update(no_key=True, of=("self",)):
        each.formula = with_keys(each.formula, {old: kpi.key})
        if len(each.formula) > LONGEST:
            message = _("A formula that names it would become too long: that of %(kpi)s.") % {"kpi": each.key}
            raise ValidationError({"key": ValidationError(message, code="formula_too_long")})
        each.version += 1
        each._history_user, each._change_reason = by, _("%(old)s is called %(new)s now") % {"old": old, "new": kpi.key}
        each.save()


def goals_ended(organisation_id: int, goal_ids: Collection[int], on: dt.date) -> None:
    """Links to KPIs of cancelled goals end: past values stay in past periods."""

    def ended(link: Mapping[str, Any]) -> dict[str, Any]:
        return {"ended_on": on.isoformat(), **link}

    change_links(organisation_id, goal_ids, ended, _("The goal of one of the KPIs was cancelled"))


def goals_back(organisation_id: int, goal_ids: Collection[int]) -> None:
    """The same taken back."""

    def reopened(link: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in link.items() if name != "ended_on"}

    change_links(organisation_id, goal_ids, reopened, _("The goal of one of the KPIs is open again"))


def change_links(
    organisation_id: int,
    goal_ids: Collection[int],
    change: Callable[[Mapping[str, Any]], dict[str, Any]],
    reason: str,
) -> None:
    about = set(Kpi.objects.filter(organisation_id=organisation_id, goal_id__in=goal_ids).values_list("pk", flat=True))
    uses = Kpi.objects.filter(source=Kpi.Source.ROLLUP, needs__source__in=about).distinct().values("pk")
    for kpi in Kpi.objects.filter(pk__in=uses).order_by("pk").select_for_update(no_key=True, of=("self",)):
        changed = [change(link) if about & set(links.named(link)) else link for link in kpi.links]
        if changed != kpi.links:
            kpi.links = changed
            kpi.version += 1
            kpi._change_reason = reason
            kpi.save()
            marks.mark(organisation_id, kpis=[(kpi.pk, kpi.goal_id)])
