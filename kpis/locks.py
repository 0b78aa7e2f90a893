"""What of a KPI nobody changes any more, because it lies in the locked time of its cycle (docs/domain.md section 3).

A weight and a state hold from now on, so they change nothing in the locked time, unless all of the KPI lies in it. What
else decides a score corrects it from the first day on, a target from the day it was asked on.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from goals import locks
from goals.models import Cycle
from kpis import dated
from kpis.dated import DATED
from kpis.models import Kpi

FROM_NOW_ON = frozenset({"weight", "state", "min_value", "max_value"})
Life = tuple[dt.date, dt.date]


def hold_open(cycle_ids: Collection[int]) -> None:
    """Keeps cycles from being closed until the transaction ends."""
    list(Cycle.objects.select_for_update(no_key=True).filter(pk__in=cycle_ids).order_by("pk").values_list("pk"))


def refuse_new(kpis: Iterable[Kpi]) -> None:
    """Of KPIs that are to be created; their cycles are kept from closing meanwhile."""
    kpis = list(kpis)
    ids = {kpi.goal.cycle_id for kpi in kpis}
    hold_open(ids)
    cycles = Cycle.objects.in_bulk(ids)
    for kpi in kpis:
        locks.refuse_ended(cycles[kpi.goal.cycle_id], kpi.life[1])


def refuse_deletion(kpi: Kpi) -> None:
    locks.refuse_ended(kpi.goal.cycle, kpi.life[1])


def refuse_from(kpi: Kpi, since: dt.date) -> None:
    """Of a target that is asked from a day on."""
    locks.refuse_from(kpi.goal.cycle, since)
    locks.refuse_ended(kpi.goal.cycle, kpi.life[1])


def refuse_revision(kpi: Kpi, before: Mapping[str, Any], life: Life, today: dt.date, scored: Collection[str]) -> None:
    """Of a revised KPI, the fields it had before and the life it had; `scored` are the fields that decide a score."""
    cycle = kpi.goal.cycle
    changed = {name for name, value in before.items() if getattr(kpi, name) != value}
    if changed:
        locks.refuse_closed(cycle)
    if changed & set(scored):
        locks.refuse_ended(cycle, life[1])
    if changed & (set(scored) - FROM_NOW_ON - set(DATED)):
        locks.refuse_from(cycle, life[0], kpi.life[0])
    if changed & set(DATED):
        locks.refuse_from(cycle, max(life[0], asked_since(kpi, today)))


def asked_since(kpi: Kpi, today: dt.date) -> dt.date:
    """The first day of what is asked today."""
    return dated.since(kpi.targets[dated.place(kpi.targets, today)]) if kpi.targets else dt.date.min
