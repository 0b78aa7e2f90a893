"""KPIs as the S.M.A.R.T. rules take them (goals/smart.py, docs/domain.md section 12)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery

from goals.smart import HISTORY, KpiFacts
from kpis.models import Kpi, Measurement
from kpis.periods import DAY, Cadence, Fiscal, number_of
from kpis.scoring import LIFE, Row, fiscal_of, with_life
from people.models import Organisation

TOLD = (
    "definition",
    "unit",
    "kind",
    "direction",
    "baseline",
    "target",
    "lower",
    "upper",
    "cadence",
    "aggregation",
    "target_mode",
    "weight",
)
COLUMNS = ("id", "goal_id", "source", "data_owner_id", "start", "due", *TOLD)


def measured(organisation: Organisation, goal_ids: Collection[int], on: dt.date) -> Mapping[int, list[KpiFacts]]:
    """The active KPIs of these goals by goal, in 2 queries."""
    values = Measurement.objects.filter(kpi=OuterRef("pk"), value__isnull=False).order_by("-period").values("period")
    kpis = Kpi.objects.active().filter(organisation_id=organisation.pk, goal_id__in=goal_ids).order_by("pk")
    found = kpis.values(*COLUMNS, *LIFE, since=Subquery(values[HISTORY - 1 : HISTORY]))
    rows = [with_life(row) for row in found]
    histories = last_values([row for row in rows if asks_history(row)])
    by_goal: dict[int, list[KpiFacts]] = defaultdict(list)
    for row in rows:
        by_goal[row["goal_id"]].append(facts(row, fiscal_of(organisation), on, histories[row["id"]]))
    return by_goal


def asks_history(row: Row) -> bool:
    """Only the pace of these is judged."""
    return row["target_mode"] == Kpi.TargetMode.BY_DUE and row["aggregation"] == Kpi.Aggregation.LATEST


def last_values(rows: Iterable[Row]) -> Mapping[int, list[Decimal]]:
    """The last HISTORY values of these KPIs, the oldest first. `since` is the period of the first of them, None where
    there are fewer; KPIs of one cadence are read from the earliest such period on, which is one index range each."""
    wanted = Q(pk__in=())
    long: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        long["" if row["since"] is None else row["cadence"]].append(row)
    for cadence, alike in long.items():
        ids = Q(kpi_id__in=[row["id"] for row in alike])
        wanted |= ids & Q(period__gte=min(row["since"] for row in alike)) if cadence else ids
    found: dict[int, list[Decimal]] = defaultdict(list)
    values = Measurement.objects.filter(wanted, value__isnull=False).order_by("kpi_id", "period")
    for kpi_id, value in values.values_list("kpi_id", "value"):
        found[kpi_id].append(value)
    return defaultdict(list, {kpi_id: values[-HISTORY:] for kpi_id, values in found.items()})


def facts(row: Row, fiscal: Fiscal, on: dt.date, history: Sequence[Decimal]) -> KpiFacts:
    """A KPI's row with its life, as the rules take it."""
    periods, left = counted(row["start"], row["due"], row["cadence"], on, fiscal)
    return KpiFacts(
        id=row["id"],
        supplied=row["source"] != Kpi.Source.MANUAL or row["data_owner_id"] is not None,
        periods=periods,
        periods_left=left,
        history=history,
        **{name: row[name] for name in TOLD},
    )


def counted(start: dt.date, due: dt.date, cadence: str, on: dt.date, fiscal: Fiscal) -> tuple[int, int]:
    """The periods of a life, and those of them that have not elapsed on a date (docs/domain.md section 3)."""
    if start > due:
        return 0, 0
    if cadence == Cadence.once:
        return 1, int(on < due)
    first, last = (number_of(day, cadence, fiscal.start_month) for day in (start, due))
    if on >= due:
        return last - first + 1, 0
    return last - first + 1, last - max(first, number_of(on + DAY, cadence, fiscal.start_month)) + 1
