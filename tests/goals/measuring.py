"""A KPI from 0 to 100 by the end of the year, so that a value of 40 is a progress of 0.4."""

from decimal import Decimal

from goals import marks, progress
from goals.models import Goal
from kpis.models import Kpi
from kpis.recording import record_one


def kpi(goal: Goal, key: str = "k", value: int | None = None, **fields) -> Kpi:
    fields = {"baseline": Decimal(0), "target": Decimal(100), "name": key, **fields}
    made = Kpi.objects.create(organisation_id=goal.organisation_id, goal=goal, key=key, **fields)
    marks.mark(goal.organisation_id, kpis=[(made.pk, goal.pk)])
    if value is not None:
        record_one(made, goal.organisation.today(), Decimal(value), by=None)
    return made


def rolled_up(goal: Goal) -> Goal:
    progress.roll_up(goal.organisation_id)
    return goal
