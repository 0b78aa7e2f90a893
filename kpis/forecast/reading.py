"""The forecasts that were made, as pages and API show them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q

from goals.models import Goal
from kpis.models import ForecastMark, GoalForecast, Kpi, KpiForecast
from kpis.periods import Cadence


class Ahead(NamedTuple):
    until: dt.date
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Shown:
    """A KPI's forecast; `is_outdated` when something was rolled up since or the day is another."""

    kpi: Kpi
    row: KpiForecast
    is_outdated: bool

    @property
    def is_ok(self) -> bool:
        return self.row.state == KpiForecast.State.OK and self.row.point is not None

    @property
    def method(self) -> str:
        return "theil_sen_drawn" if self.row.is_drawn else "theil_sen"

    @cached_property
    def ahead(self) -> list[Ahead]:
        return [
            Ahead(dt.date.fromisoformat(until), *(Decimal(value) for value in values))
            for until, *values in self.row.path
        ]


def forecast_of(kpi: Kpi) -> Shown:
    """Takes two queries."""
    row = KpiForecast.objects.filter(kpi=kpi).first()
    if row is None:
        single = kpi.kind == Kpi.Kind.BOOLEAN or kpi.cadence == Cadence.once
        state = KpiForecast.State.NOT_APPLICABLE if single else KpiForecast.State.TOO_FEW_POINTS
        return Shown(
            kpi, KpiForecast(kpi=kpi, state=state, n=0, needed=kpi.organisation.forecast_from), is_outdated=False
        )
    return Shown(kpi, row, is_outdated(row, kpi))


def goal_forecast_of(goal: Goal) -> GoalForecast | None:
    """Takes one query; None before the first one was made, and for a goal without a figure foreseen."""
    return GoalForecast.objects.filter(goal=goal, progress__isnull=False, share__gt=0).first()


def is_outdated(row: KpiForecast, kpi: Kpi) -> bool:
    if row.on != kpi.organisation.today():
        return True
    marks = ForecastMark.objects.filter(organisation_id=kpi.organisation_id)
    return marks.filter(Q(kpi_id=kpi.pk) | Q(kpi_id=None, goal_id=None)).exists()
