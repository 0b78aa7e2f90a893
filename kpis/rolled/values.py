"""The values of derived KPIs: calculated from rows and values, and kept as the values that count now."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from cascade.recordset import insert, rows_of
from kpis.attainment import CurrentValue, KpiDefinition
from kpis.derived import Derivation, Operand, in_order
from kpis.models import Measurement
from kpis.periods import Fiscal
from kpis.rolled.links import DERIVED, derivation_of
from people.models import Organisation

TOLD = {"kpi_id": "bigint", "period": "date", "value": "numeric", "observed_on": "date", "note": "text"}

Row = Mapping[str, Any]
Values = Mapping[dt.date, CurrentValue]


def measured(row: Row) -> KpiDefinition:
    """What of a KPI decides about its periods and how its values become one."""
    return KpiDefinition(
        kind=row["kind"],
        start=row["start"],
        due=row["due"],
        cadence=row["cadence"],
        aggregation=row["aggregation"],
    )


def derivations(rows: Mapping[int, Row], only: Collection[int] | None) -> dict[int, Derivation]:
    """How those of these KPIs are calculated that come from others."""
    derived = [row for pk, row in rows.items() if row["source"] in DERIVED and (only is None or pk in only)]
    ids = {row["key"]: pk for pk, row in rows.items()} if derived else {}
    return {row["id"]: derivation_of(row, ids) for row in derived}


def calculate(
    rows: Mapping[int, Row], held: Mapping[int, Values], on: dt.date, fiscal: Fiscal, only: Collection[int] | None
) -> dict[int, Values]:
    """The values on a date of the derived KPIs (`only` these; None: all) among rows, which have their life filled in;
    `held` are the values of the others."""
    told = derivations(rows, only)
    found: dict[int, Values] = {pk: {} for pk in told}
    operands: dict[Any, Operand] = {}
    for kpi in ordered({pk: sorted(each.needs & rows.keys()) for pk, each in told.items()}):
        definition = measured(rows[kpi])
        if kpi in told:
            found[kpi] = told[kpi].values(definition, operands, on, fiscal)
        operands[kpi] = Operand(definition, found[kpi] if kpi in told else held.get(kpi, {}))
    return found


def ordered(needs: Mapping[int, Collection[int]]) -> list[int]:
    """Each after all that it needs; without what is in a circle, which only data from elsewhere can have."""
    try:
        return in_order(needs)
    except ValueError:
        free = {pk for each in needs.values() for pk in each} - needs.keys()
        while more := {pk for pk, each in needs.items() if pk not in free and free.issuperset(each)}:
            free |= more
        return in_order({pk: each for pk, each in needs.items() if pk in free})


def held(organisation: Organisation, kpi_ids: Collection[int]) -> dict[int, dict[dt.date, CurrentValue]]:
    """The values kept for these KPIs."""
    found: dict[int, dict[dt.date, CurrentValue]] = defaultdict(dict)
    if kpi_ids:
        rows = Measurement.objects.filter(organisation_id=organisation.pk, kpi_id__in=kpi_ids).order_by()
        for kpi, period, value, seen in rows.values_list("kpi_id", "period", "value", "observed_on"):
            found[kpi][period] = CurrentValue(value, seen)
    return found


def keep(organisation: Organisation, derived: Mapping[int, Values], now: dt.datetime) -> None:
    """Makes these all the values of their KPIs, in three statements however many there are."""
    if not derived:
        return
    before = held(organisation, derived)
    told = [
        (kpi, first, each.value, each.observed_on, "")
        for kpi, values in derived.items()
        for first, each in values.items()
        if before[kpi].get(first) != each
    ]
    gone = {(kpi, first) for kpi in derived for first in before[kpi].keys() - derived[kpi].keys()}
    if gone:
        rows = Measurement.objects.filter(kpi_id__in={kpi for kpi, _ in gone}, period__in={day for _, day in gone})
        ids = [pk for pk, *key in rows.values_list("pk", "kpi_id", "period") if tuple(key) in gone]
        Measurement.objects.filter(pk__in=ids).delete()
    if told:
        same = {"organisation_id": organisation.pk, "recorded_at": now, "recorded_by_id": None, "version": 1}
        insert(Measurement, TOLD, rows_of(TOLD, told), same=same, replaces=("kpi_id", "period"))
