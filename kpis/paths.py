"""The ways from a person's goals up to the strategy: what the engine needs of them and what people read on them.

Live figures are the stored ones, so only the ways and what stands beside them are read: four queries whatever the
number of goals and KPIs. At another date the whole trees are calculated afresh (goals/past.py).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from goals import past, structure
from goals.models import Cycle, Goal
from goals.nodes import ZERO, GoalFigures, GoalNode, Id, KpiPart, Status, Thresholds
from goals.progress import FIGURES, restored
from kpis import scoring
from kpis.attainment import CurrentValue, KpiDefinition
from kpis.due import MOST
from kpis.models import Kpi, Measurement
from people.models import Level, Organisation, Person, Unit

TOLD = (
    "title",
    "why",
    "level__name",
    "owner_id",
    "owner__name",
    "unit__name",
    "state",
    "tree_id",
    "lft",
)
KPI_TOLD = ("source", "data_owner_id")
SCORED = ("actual", "progress", "expected", "gap", "status", "reason", "stale", "counted")
LATEST = ("latest_period", "latest_value", "latest_observed_on")

Row = dict[str, Any]


class LevelName(NamedTuple):
    rank: int
    name: str


@dataclass(frozen=True, slots=True)
class GoalOnPath:
    """A goal as the reader may see it: `visible` False leaves only what it weighs."""

    node: GoalNode
    title: str
    why: str
    level: LevelName
    owner_id: int | None
    owner: str
    unit: str
    order: tuple[int, int]
    figures: GoalFigures
    visible: bool
    mine: bool
    pending: bool

    @property
    def id(self) -> Id:
        return self.node.id


@dataclass(frozen=True, slots=True)
class KpiOnPath:
    """A KPI of a goal on a path with its score. Of the person's own goals it has its newest `values` and their
    `versions`, by the first day of their period."""

    id: int
    goal: int
    name: str
    unit: str
    source: str
    data_owner_id: int | None
    definition: KpiDefinition
    part: KpiPart
    actual: Decimal | None
    gap: Decimal | None
    reason: str
    latest_period: dt.date | None
    latest_value: Decimal | None
    values: Mapping[dt.date, CurrentValue]
    versions: Mapping[dt.date, int]

    @property
    def status(self) -> str:
        return str(self.part.status)

    @property
    def shown(self) -> Decimal | None:
        """What it stands at; before anything was judged, the newest value."""
        return self.latest_value if self.actual is None else self.actual


@dataclass(frozen=True)
class Paths:
    """The goals of one person with everything above them on a date. `known` holds the figures of the other children of
    these goals, `parts` the scores of the KPIs of these goals, so that the engine can answer (goals/rollup.py). The
    settings of `organisation` are those of the moment known."""

    organisation: Organisation
    on: dt.date
    goals: dict[Id, GoalOnPath]
    kpis: list[KpiOnPath]
    nodes: list[GoalNode]
    parts: list[KpiPart]
    known: Mapping[Id, GoalFigures]

    @property
    def thresholds(self) -> Thresholds:
        return past.thresholds(self.organisation)

    def up(self, goal: Id) -> list[GoalOnPath]:
        """The goal and the goals above it, nearest first."""
        path, at = [], self.goals.get(goal)
        while at is not None:
            path.append(at)
            at = self.goals.get(at.node.parent) if at.node.parent is not None else None
        return path


def goals_of(person: Person):
    """The open goals a person owns, contributes to or records a KPI of, in cycles that are not closed."""
    contributes = Goal.contributors.through.objects.filter(goal_id=OuterRef("pk"), person_id=person.pk)
    records = Kpi.objects.active().filter(goal_id=OuterRef("pk"), data_owner_id=person.pk)
    mine = Goal.objects.filter(organisation_id=person.organisation_id).exclude(cycle__state=Cycle.State.CLOSED)
    return mine.open().filter(Q(owner_id=person.pk) | Exists(contributes) | Exists(records))


def paths_of(person: Person, viewer: Person) -> Paths:
    """The paths of a person's goals as they are now, as `viewer` may see them."""
    return paths_from(goals_of(person), viewer)


def paths_from(mine, viewer: Person) -> Paths:
    """The paths of some goals, a queryset, as they are now."""
    organisation = viewer.organisation
    ids = structure.ids_around_paths(mine)
    rows = {row["id"]: row for row in live_rows(ids, mine, viewer)} if ids else {}
    own = {pk for pk, row in rows.items() if row["mine"]}
    above = ancestors(own, {pk: row["parent_id"] for pk, row in rows.items()})
    nodes = past.nodes(rows.values())
    goals = {node.id: on_path(node, rows[node.id], live_figures(rows[node.id])) for node in nodes if node.id in above}
    on = organisation.today()
    kpis = live_kpis(on, above, own) if above else []
    return Paths(
        organisation=organisation,
        on=on,
        goals=goals,
        kpis=kpis,
        nodes=nodes,
        parts=[kpi.part for kpi in kpis],
        known={pk: live_figures(row) for pk, row in rows.items() if pk not in above},
    )


def live_rows(ids: Collection[int], own, viewer: Person):
    visible = Goal.objects.visible_to(viewer).filter(pk=OuterRef("pk"))
    goals = Goal.objects.filter(pk__in=ids).with_freshness().order_by()
    goals = goals.annotate(visible=Exists(visible), mine=Exists(own.filter(pk=OuterRef("pk"))))
    figures = [f"figures__{name}" for name in FIGURES]
    columns = dict.fromkeys([*past.COLUMNS, *TOLD, "visible", "mine", "pending", *figures])
    return goals.values(*columns)


def ancestors(ids: Collection[Id], parents: Mapping[Id, Id | None]) -> set[Id]:
    """The goals and everything above them."""
    found: set[Id] = set()
    for goal in ids:
        at: Id | None = goal
        while at is not None and at not in found:
            found.add(at)
            at = parents.get(at)
    return found


def live_figures(row: Row) -> GoalFigures:
    """A goal's stored figures; one that was never rolled up has none yet."""
    if row["figures__status"] is None:
        return GoalFigures(None, None, None, ZERO, None, Status.no_data, False, False, False)
    return restored({name: row[f"figures__{name}"] for name in FIGURES})


def on_path(node: GoalNode, row: Row, figures: GoalFigures) -> GoalOnPath:
    return GoalOnPath(
        node=node,
        title=row["title"],
        why=row["why"],
        level=LevelName(node.rank, row["level__name"]),
        owner_id=row["owner_id"],
        owner=row["owner__name"] or "",
        unit=row["unit__name"] or "",
        order=(row["tree_id"], row["lft"]),
        figures=figures,
        visible=row["visible"],
        mine=row["mine"],
        pending=row["pending"],
    )


def live_kpis(on: dt.date, above: Collection[int], own: Collection[int]) -> list[KpiOnPath]:
    joined = [f"figures__{name}" for name in (*SCORED, *LATEST)]
    columns = [*scoring.COLUMNS, *scoring.LIFE, *KPI_TOLD, *joined]
    rows = list(Kpi.objects.filter(goal_id__in=above).order_by("goal_id", "id").values(*columns))
    held = newest_held([row["id"] for row in rows if row["goal_id"] in own])
    return [live_kpi(scoring.asked(row, on), held[row["id"]]) for row in rows]


def newest_held(kpi_ids: Collection[int]) -> Mapping[int, list[tuple[dt.date, Decimal | None, dt.date, int]]]:
    """Period, value (None: withdrawn), day observed and version of each KPI's newest periods: as many as can be owed,
    and one more."""
    place = Window(RowNumber(), partition_by=F("kpi_id"), order_by=F("period").desc())
    rows = Measurement.objects.filter(kpi_id__in=kpi_ids).annotate(place=place).filter(place__lte=MOST + 1)
    found: dict[int, list[tuple[dt.date, Decimal | None, dt.date, int]]] = defaultdict(list)
    for kpi_id, *held in rows.order_by("period").values_list("kpi_id", "period", "value", "observed_on", "version"):
        found[kpi_id].append(tuple(held))
    return found


def live_kpi(row: Row, held: Iterable[tuple[dt.date, Decimal | None, dt.date, int]]) -> KpiOnPath:
    figures = {name: row[f"figures__{name}"] for name in (*SCORED, *LATEST)}
    part = KpiPart(
        id=row["id"],
        goal=row["goal_id"],
        weight=row["weight"],
        active=row["state"] == Kpi.State.ACTIVE,
        progress=figures["progress"],
        expected=figures["expected"],
        status=figures["status"] or Status.no_data,
        counted=bool(figures["counted"]),
        stale=bool(figures["stale"]),
    )
    values = {period: CurrentValue(value, seen) for period, value, seen, _ in held if value is not None}
    return kpi_on_path(row, part, figures, values, {period: version for period, *_, version in held})


def kpi_on_path(
    row: Row,
    part: KpiPart,
    figures: Row,
    values: Mapping[dt.date, CurrentValue],
    versions: Mapping[dt.date, int],
) -> KpiOnPath:
    return KpiOnPath(
        id=row["id"],
        goal=row["goal_id"],
        name=row["name"],
        unit=row["unit"],
        source=row["source"],
        data_owner_id=row["data_owner_id"],
        definition=scoring.definition_of(row),
        part=part,
        actual=figures["actual"],
        gap=figures["gap"],
        reason=figures["reason"] or "",
        latest_period=figures["latest_period"],
        latest_value=figures["latest_value"],
        values=values,
        versions=versions,
    )


def paths_at(person: Person, viewer: Person, on: dt.date, known: dt.datetime | None) -> Paths:
    """The paths as they were on a date, from what was recorded by a moment (None: everything)."""
    organisation = viewer.organisation
    mine = goals_of(person)
    trees = Goal.objects.filter(organisation_id=organisation.pk, tree_id__in=mine.values("tree_id"))
    ids = None if known is not None else list(trees.values_list("pk", flat=True)[: past.MOST_NAMED + 1])
    tree = past.tree_at(organisation, on, known, None if ids is None or len(ids) > past.MOST_NAMED else ids)
    figures = tree.figures()
    current = {row["id"]: row for row in live_rows(list(tree.told), mine, viewer)}
    own = {pk for pk, told in tree.told.items() if pk in current and is_own(person, told, current[pk])}
    own -= {node.id for node in tree.goals if node.state == Goal.State.CANCELLED}
    above = ancestors(own, {node.id: node.parent for node in tree.goals})
    names = Names.of(organisation)
    goals = {
        node.id: on_path(node, names.told(tree.told[node.id], current.get(node.id), node.id in own), figures[node.id])
        for node in tree.goals
        if node.id in above
    }
    return Paths(
        organisation=organisation if known is None else past.organisation_known(organisation, known),
        on=on,
        goals=goals,
        kpis=past_kpis(tree, above),
        nodes=tree.goals,
        parts=tree.kpis,
        known={},
    )


def is_own(person: Person, told: Row, current: Row) -> bool:
    """Owned then; who contributes or records is not part of the history, so that is taken as it is now."""
    return told["owner_id"] == person.pk or (current["mine"] and current["owner_id"] != person.pk)


@dataclass(frozen=True)
class Names:
    """What levels, units and people are called now."""

    levels: dict[int, str]
    units: dict[int, str]
    people: dict[int, str]

    @classmethod
    def of(cls, organisation: Organisation) -> "Names":
        return cls(
            *(
                dict(model.objects.filter(organisation_id=organisation.pk).values_list("pk", "name"))
                for model in (Level, Unit, Person)
            )
        )

    def told(self, told: Row, current: Row | None, mine: bool) -> Row:
        """A goal's row of the past with today's names. A goal that is gone by now is nobody's to see."""
        return {
            "title": told["title"],
            "why": told["why"],
            "level__name": self.levels.get(told["level_id"], ""),
            "owner_id": told["owner_id"],
            "owner__name": self.people.get(told["owner_id"]),
            "unit__name": self.units.get(told["unit_id"]),
            "tree_id": current["tree_id"] if current else 0,
            "lft": current["lft"] if current else 0,
            "visible": bool(current and current["visible"]),
            "mine": mine,
            "pending": False,
        }


def past_kpis(tree: past.Tree, above: Collection[Id]) -> list[KpiOnPath]:
    parts = {part.id: part for part in tree.kpis if part.goal in above}
    told = {row["id"]: row for row in Kpi.objects.filter(pk__in=parts).values("id", *KPI_TOLD)}
    found = []
    for kpi_id, row in tree.scores.explained().items():
        if kpi_id in told:
            score = row["score"]
            figures = {name: getattr(score, name) for name in (*SCORED, *LATEST)}
            values = {each.period.first: CurrentValue(each.value, each.observed_on) for each in score.rows}
            found.append(kpi_on_path({**row, **told[kpi_id]}, parts[kpi_id], figures, values, {}))
    return sorted(found, key=lambda kpi: (kpi.goal, kpi.id))
