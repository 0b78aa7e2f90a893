"""Goals whose measures move as a test says: case E1 of docs/domain.md, month by month up to the last one."""

import datetime as dt
from decimal import Decimal

from goals.models import Goal
from kpis.models import Kpi, Measurement

CAUSE = "3 5 4 6 8 7 9 8 11 10 12 13"
EFFECT = "20 21 23 22 24 27 26 28 27 30 29 31"


def months_before(day: dt.date, count: int) -> list[dt.date]:
    """The first days of the `count` months before that of a day, oldest first."""
    months = [day.year * 12 + day.month - 1 - back for back in range(count, 0, -1)]
    return [dt.date(month // 12, month % 12 + 1, 1) for month in months]


def measured(goal: Goal, values: str, key: str = "", **fields) -> Kpi:
    """A monthly KPI of the goal with these values, the last one of the month before this; "-" is none."""
    given = {"baseline": Decimal(0), "target": Decimal(100), "key": key or f"m{goal.pk}", "name": f"Measure of {goal}"}
    kpi = Kpi.objects.create(organisation_id=goal.organisation_id, goal=goal, **given | fields)
    today = goal.organisation.today()
    texts = values.split()
    Measurement.objects.bulk_create(
        Measurement(
            organisation_id=goal.organisation_id,
            kpi=kpi,
            period=first,
            value=Decimal(text),
            observed_on=first,
            recorded_at=dt.datetime.combine(today, dt.time(), dt.UTC),
        )
        for first, text in zip(months_before(today, len(texts)), texts, strict=True)
        if text != "-"
    )
    return kpi
