"""The values that people owe, and owe next, for all KPIs of an organisation at once (docs/domain.md section 5)."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from goals.models import Cycle, Goal
from kpis import scoring
from kpis.attainment import CurrentValue
from kpis.due import Due, owed
from kpis.models import Kpi
from kpis.paths import newest_held
from people.models import Organisation


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A value that `recorder_id`, the data owner or else the goal's owner, owes or will owe next."""

    kpi_id: int
    recorder_id: int
    due: Due
    cadence: str


def asked_of_people(organisation: Organisation) -> QuerySet:
    """KPIs of active goals whose values people enter, with the person who does."""
    kpis = Kpi.objects.active().filter(organisation=organisation, source=Kpi.Source.MANUAL)
    kpis = kpis.filter(goal__state=Goal.State.ACTIVE).exclude(goal__cycle__state=Cycle.State.CLOSED)
    kpis = kpis.annotate(recorder_id=Coalesce("data_owner_id", "goal__owner_id"))
    return kpis.filter(recorder_id__isnull=False)


def outstanding(organisation: Organisation, on: dt.date, ids: Collection[int] | None = None) -> Iterator[Outstanding]:
    """Of all KPIs, or of some; in two queries."""
    kpis = asked_of_people(organisation)
    kpis = kpis if ids is None else kpis.filter(pk__in=ids)
    rows = list(kpis.order_by("pk").values(*scoring.COLUMNS, *scoring.LIFE, "recorder_id"))
    held = newest_held([row["id"] for row in rows])
    fiscal, grace = scoring.fiscal_of(organisation), organisation.grace
    for row in rows:
        definition = scoring.definition_of(scoring.asked(row, on))
        values = {period: CurrentValue(value, seen) for period, value, seen, _ in held[row["id"]] if value is not None}
        found = owed(definition, values, on, fiscal, grace)
        for due in [*found.due, *filter(None, [found.next])]:
            yield Outstanding(row["id"], row["recorder_id"], due, str(definition.cadence))
