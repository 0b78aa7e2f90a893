"""What goals need of KPIs, without importing them: `kpis` registers the one source when Django starts."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Protocol

from goals.rollup import KpiPart
from people.models import Organisation


class KpiSource(Protocol):
    def refresh(self, organisation: Organisation, on: dt.date, kpi_ids: Collection[int] | None) -> None:
        """Scores these KPIs (None: all) for a date and stores the figures that changed."""

    def stored_parts(self, organisation: Organisation, goal_ids: Collection[int] | None) -> list[KpiPart]:
        """The KPIs of these goals (None: all) with their stored figures."""

    def parts_at(
        self, organisation: Organisation, on: dt.date, known: dt.datetime | None, goal_ids: Collection[int] | None
    ) -> list[KpiPart]:
        """The KPIs of these goals scored for a date, from what was recorded by `known`; nothing is stored."""

    def store_shares(self, organisation: Organisation, shares: Mapping[int, Decimal | None]) -> None:
        """Keeps each KPI's share in its goal, where it changed."""

    def snapshot(self, organisation: Organisation, day: dt.date, known: dt.datetime) -> None:
        """Stores the KPIs' figures of a day as they were known then, where they changed."""

    def explain(
        self, organisation: Organisation, kpi_ids: Collection[int], on: dt.date, known: dt.datetime | None
    ) -> dict[int, dict[str, Any]]:
        """How each KPI's score came about: definition, values, dates, flags."""


registered: list[KpiSource] = []


def register(source: KpiSource) -> None:
    registered[:] = [source]


def source() -> KpiSource:
    return registered[0]
