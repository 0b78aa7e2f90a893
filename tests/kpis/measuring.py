"""A goal's KPIs with values, as tests of their pages need them."""

import datetime as dt
from decimal import Decimal

from goals.models import Goal
from kpis import definitions, recording
from kpis.models import Kpi


def made(goal: Goal, **fields) -> Kpi:
    """Response time of the current year, to fall from 50 to 40 minutes, unless `fields` say otherwise."""
    usual = {"name": "Response time", "unit": "min", "direction": "decrease", "baseline": Decimal(50)}
    return definitions.create(goal, by=None, **{**usual, "target": Decimal(40), **fields})


def record(kpi: Kpi, day: dt.date, value: str, *, by=None, note: str = "") -> None:
    recording.record_one(kpi, day, Decimal(value), by=by, note=note)
