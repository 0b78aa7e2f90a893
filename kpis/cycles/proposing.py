"""Targets for the next cycle from what the last one came to. Pure: definitions and values in, numbers out."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from goals.nodes import exactly
from kpis import suggesting
from kpis.attainment import Direction, KpiDefinition
from kpis.periods import Fiscal


class Way(StrEnum):
    """From what a target is proposed."""

    same = "same"
    last_result = "last_result"
    trend = "trend"
    last_year = "last_year"


@exactly
def proposals(
    definition: KpiDefinition, values: Mapping[date, Decimal], fiscal: Fiscal, more: Decimal
) -> dict[Way, Decimal]:
    """The targets that can be proposed for `definition`, whose life is that of the next cycle and whose target is the
    last one; `values` by the first day of their period. `more` is in per cent, better where lower is better too. Ways
    for which there is too little data are left out; the same target can always be kept."""
    found = {} if definition.target is None else {Way.same: definition.target}
    if not is_proposed_for(definition) or not values:
        return found
    days = sorted(values)[-suggesting.LAST :]
    history = [values[day] for day in days]
    if len(history) >= suggesting.FEWEST:
        found[Way.trend] = suggesting.by_trend(definition, days, history, fiscal).target
    if year := suggesting.in_last_year(definition, values, fiscal):
        base = suggesting.came_to(definition, year, fiscal)
        better = -1 if definition.direction == Direction.decrease else 1
        found[Way.last_result] = suggesting.rounded(base, history)
        found[Way.last_year] = suggesting.rounded(base + better * abs(base) * more / 100, history)
    return found


def is_proposed_for(definition: KpiDefinition) -> bool:
    return not (
        definition.is_boolean
        or definition.is_maintain
        or definition.direction is None
        or definition.cadence == "once"
        or definition.start is None
        or definition.due is None
    )
