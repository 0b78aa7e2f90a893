"""Last year's cycle of Works with goals that are measured each month, so that its past is past on any day."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from goals.models import Cycle, Goal
from kpis import definitions, recording
from kpis.models import Kpi
from tests.cast import Cast


@dataclass
class LastYear:
    """A goal with the KPI Leads (0 to 100, monthly) above a private one of Cy with the KPI Calls."""

    cycle: Cycle
    goal: Goal
    below: Goal
    leads: Kpi
    calls: Kpi

    def day(self, month: int, day: int = 15) -> dt.date:
        return dt.date(self.cycle.start.year, month, day)

    def record(self, kpi: Kpi, month: int, value: int, **options):
        return recording.record_one(kpi, self.day(month), Decimal(value), by=None, **options)


def last_year(cast: Cast, **fields) -> LastYear:
    year = cast.cycle.start.year - 1
    cycle = cast.works.cycles.create(
        **{"name": str(year), "start": dt.date(year, 1, 1), "due": dt.date(year, 12, 31), **fields}
    )
    goal = cast.goal("Win customers", cycle=cycle, owner=cast.ada)
    below = cast.goal("Call more", goal, owner=cast.cy, visibility=Goal.Visibility.PRIVATE)
    usual = {"by": None, "baseline": Decimal(0), "target": Decimal(100)}
    leads = definitions.create(goal, name="Leads", unit="leads", **usual)
    calls = definitions.create(below, name="Calls", unit="calls", **usual)
    return LastYear(cycle, goal, below, leads, calls)
