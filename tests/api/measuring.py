"""What tests of KPIs and measurements share: a fixed day, and KPIs of the cast's goals."""

import datetime as dt
from datetime import date
from decimal import Decimal

import time_machine

from goals import progress
from kpis import definitions
from kpis.models import Kpi
from kpis.recording import record_one

NOON = dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC)
TODAY = date(2026, 7, 15)


def frozen():
    return time_machine.travel(NOON, tick=False)


def kpi(goal, name="Sales", by=None, **fields) -> Kpi:
    return definitions.create(goal, by=by, name=name, **{"baseline": Decimal(0), "target": Decimal(100), **fields})


def measure(kpi: Kpi, month: int, value, **options) -> None:
    record_one(kpi, date(2026, month, 1), Decimal(value), by=None, **options)


def rolled_up(organisation) -> None:
    progress.roll_up(organisation.pk)
