"""What goals need of KPIs, without importing them: `kpis` registers the one source when Django starts."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from goals.access import Rights
from goals.models import Goal
from goals.rollup import KpiPart
from goals.smart import KpiFacts
from people.models import Organisation, Person


@dataclass(frozen=True)
class Difference:
    """A stored figure of a goal or KPI that is not what a calculation from scratch gives."""

    kind: str
    id: int
    name: str
    stored: Any
    fresh: Any


def compare(kind: str, pk: int, stored: Mapping[str, Any] | None, fresh: Mapping[str, Any]) -> list[Difference]:
    held = stored or dict.fromkeys(fresh)
    return [Difference(kind, pk, name, held[name], fresh[name]) for name in fresh if held[name] != fresh[name]]


class Scored(Protocol):
    """KPIs of some goals with their scores for one date."""

    @property
    def parts(self) -> Sequence[KpiPart]:
        """The scores as parts of their goals."""

    def store(self, shares: Mapping[Any, Decimal], now: dt.datetime) -> int:
        """Keeps the scores as the KPIs' figures, each with its share of its goal's progress, where something changed;
        returns how many did."""

    def snapshot(self, day: dt.date) -> None:
        """Keeps the scores as the KPIs' figures of a day, where they differ from the day before."""

    def differences(self, shares: Mapping[Any, Decimal]) -> list[Difference]:
        """Every stored figure of these KPIs that the scores and shares do not confirm."""

    def explained(self) -> dict[Any, dict[str, Any]]:
        """How each score came about: definition, values by period, flags; by KPI id."""

    def inputs(self, person: Person) -> Mapping[Any, Any]:
        """Of each KPI that comes from others its newest value down to what was measured, as a person may see it
        (kpis/rolled/inputs.py); by KPI id."""

    def calculation(self, kpi_id: Any) -> Any:
        """The way to one score, step by step in words and formulas (kpis/calculation.py)."""


class Around(Protocol):
    def __call__(self, goal: Goal, rights: Rights) -> dict[str, Any]:
        """What the parts of a goal's page need that show success factors, initiatives, help and processes, which are
        linked to KPIs: for the includes in templates/kpis/around/."""


class KpiSource(Protocol):
    around: Around

    def stored(
        self,
        organisation: Organisation,
        on: dt.date,
        rescore: Collection[int] | None,
        goal_ids: Collection[int] | None,
    ) -> Scored:
        """The KPIs of these goals (None: all) with their stored figures, those in `rescore` (None: all) scored anew."""

    def at(
        self, organisation: Organisation, on: dt.date, known: dt.datetime | None, goal_ids: Collection[int] | None
    ) -> Scored:
        """The KPIs of these goals (None: all) scored for a date from every revision recorded by `known`."""

    def begin_day(self, organisation: Organisation, on: dt.date) -> None:
        """What is asked from this day on comes into force."""

    def measured(
        self, organisation: Organisation, goal_ids: Collection[int], on: dt.date
    ) -> Mapping[int, Sequence[KpiFacts]]:
        """The active KPIs of these goals, by goal, as the S.M.A.R.T. rules take them."""

    def dependents(self, organisation_id: int, kpi_ids: Collection[int]) -> Mapping[int, int]:
        """The KPIs that are calculated from these, near or far, with their goals; a query for each level."""

    def goals_ended(self, organisation_id: int, goal_ids: Collection[int], on: dt.date) -> None:
        """KPIs that are taken from those of cancelled goals are so up to this day."""

    def came_back(self, organisation_id: int, kpi_ids: Collection[int]) -> None:
        """Deleted KPIs are there again: what they are calculated from is found anew, as far as it is there."""

    def goals_back(self, organisation_id: int, goal_ids: Collection[int]) -> None:
        """The same taken back."""

    def rolled_up(
        self, organisation_id: int, kpi_ids: Collection[int] | None, goal_ids: Collection[int] | None
    ) -> None:
        """These KPIs were scored anew and these goals changed (None: all): what follows from them is to be found anew.
        Called within the roll-up's transaction."""

    def recordable(self, person: Person, kpi_ids: Collection[int]) -> Collection[int]:
        """Those of these KPIs for which a person may enter values."""


registered: list[KpiSource] = []


def register(source: KpiSource) -> None:
    registered[:] = [source]


def source() -> KpiSource:
    return registered[0]
