"""The scores of an organisation's KPIs, stored and at any date: rows in, `kpis.attainment` in the middle, figures out.

Live scores read the current values; a date in the past and a moment of knowledge read every revision
(docs/domain.md section 5). The number of queries does not depend on the number of KPIs.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import OuterRef, Subquery

from goals import past
from goals.kpi_source import Around, Difference, compare
from goals.models import Goal
from goals.nodes import ZERO, KpiPart
from goals.nodes import stored as rounded
from kpis.access import typed_among
from kpis.attainment import CurrentValue, Earlier, KpiDefinition, KpiScore, Revision, current_values, score
from kpis.calculation import Calculation, calculation
from kpis.dated import asked_on
from kpis.models import Kpi, KpiFigures, KpiSnapshot, KpiSource, Measurement, MeasurementRevision
from kpis.periods import Fiscal
from kpis.rolled import changing, graph
from kpis.rolled import values as derived_values
from kpis.rolled.inputs import Family, Inputs
from kpis.rolled.links import DERIVED
from people.models import Organisation, Person

DEFINITION = (
    "kind",
    "direction",
    "baseline",
    "target",
    "stretch",
    "lower",
    "upper",
    "fade",
    "zero_at",
    "start",
    "due",
    "cadence",
    "aggregation",
    "target_mode",
    "trajectory",
    "milestones",
    "weight",
    "min_value",
    "max_value",
)
COMES_FROM = ("key", "source", "formula", "method", "missing", "scale", "links")
COLUMNS = ("id", "goal_id", "state", "name", "unit", "rebased_on", "targets", *COMES_FROM, *DEFINITION)
LIFE = ("goal__start", "goal__due", "goal__cycle__start", "goal__cycle__due")
STORED = (
    "actual",
    "raw",
    "progress",
    "expected",
    "gap",
    "completeness",
    "stretch",
    "share",
    "status",
    "reason",
    "stale",
    "late",
    "ended",
    "counted",
    "pace",
    "latest_period",
    "latest_value",
    "latest_observed_on",
)
SNAPSHOT = ("actual", "progress", "expected", "gap", "status")
ROUNDED = ("actual", "raw", "completeness", "stretch")
BATCH = 2000

Row = dict[str, Any]
Values = Mapping[dt.date, CurrentValue]


def fiscal_of(organisation: Organisation) -> Fiscal:
    return Fiscal(organisation.fiscal_start_month, organisation.fiscal_year_named_by)


def definition_of(row: Row) -> KpiDefinition:
    """A KPI's row, its life filled in from its goal and cycle, as the engine takes it."""
    given = {name: row[name] for name in DEFINITION}
    given["start"] = row["rebased_on"] or row["start"]
    given["earlier"] = tuple(Earlier(until, definition_of(before)) for until, before in row.get("earlier", ()))
    given["milestones"] = {dt.date.fromisoformat(day): Decimal(value) for day, value in row["milestones"].items()}
    return KpiDefinition(**given)


def with_life(row: Row) -> Row:
    row["start"] = row["start"] or row["goal__start"] or row["goal__cycle__start"]
    row["due"] = row["due"] or row["goal__due"] or row["goal__cycle__due"]
    return row


def asked(row: Row, on: dt.date) -> Row:
    """A row with its life and what is asked on a date."""
    return asked_on(with_life(row), on)


def score_of(organisation: Organisation, row: Row, values: Values, on: dt.date) -> KpiScore:
    return scored(organisation, definition_of(row), values, on)


def scored(organisation: Organisation, definition: KpiDefinition, values: Values, on: dt.date) -> KpiScore:
    thresholds = past.thresholds(organisation)
    return score(definition, values, on, fiscal_of(organisation), organisation.grace, thresholds)


class Scores:
    """KPIs with their scores for one date; rows that were not scored anew hold their stored figures. `derived` are the
    values of those that come from others and were scored anew."""

    def __init__(
        self,
        organisation: Organisation,
        rows: Iterable[Row],
        scores: Mapping[int, KpiScore],
        before: Mapping[int, Row],
        derived: Mapping[int, Values] = MappingProxyType({}),
        family: tuple[Mapping[int, Row], Mapping[int, Values]] | None = None,
        on: dt.date | None = None,
    ) -> None:
        self.organisation = organisation
        self.rows = {row["id"]: row for row in rows}
        self.scores = scores
        self.before = before
        self.derived = derived
        self.family, self.on = family, on

    @property
    def parts(self) -> list[KpiPart]:
        return [self._part(row) for row in self.rows.values()]

    def _part(self, row: Row) -> KpiPart:
        active = row["state"] == Kpi.State.ACTIVE
        if row["id"] in self.scores:
            return self.scores[row["id"]].as_part(row["id"], row["goal_id"], row["weight"], active=active)
        held = self.before[row["id"]]
        return KpiPart(
            row["id"],
            row["goal_id"],
            row["weight"],
            active,
            held["progress"],
            held["expected"],
            held["status"],
            held["counted"],
            held["stale"],
        )

    def figures(self, kpi_id: int, share: Decimal) -> Row:
        found = self.scores.get(kpi_id)
        if found is None:
            return {**self.before[kpi_id], "share": share}
        return {**stored_figures(found), "share": share}

    def store(self, shares: Mapping[Any, Decimal], now: dt.datetime) -> int:
        derived_values.keep(self.organisation, self.derived, now)
        changed = []
        for kpi_id in self.rows:
            figures = self.figures(kpi_id, shares.get(kpi_id, ZERO))
            if figures != self.before.get(kpi_id):
                row = KpiFigures(kpi_id=kpi_id, organisation_id=self.organisation.pk, rolled_up_at=now, **figures)
                changed.append(row)
        KpiFigures.objects.bulk_create(
            changed,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["kpi"],
            update_fields=[*STORED, "rolled_up_at"],
        )
        return len(changed)

    def snapshot(self, day: dt.date) -> None:
        before = last_snapshots(self.organisation, day)
        rows = []
        for kpi_id, found in self.scores.items():
            figures = {name: stored_figures(found)[name] for name in SNAPSHOT}
            if figures != before.get(kpi_id):
                rows.append(KpiSnapshot(kpi_id=kpi_id, organisation_id=self.organisation.pk, day=day, **figures))
        KpiSnapshot.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)

    def differences(self, shares: Mapping[Any, Decimal]) -> list[Difference]:
        kept = KpiFigures.objects.filter(organisation_id=self.organisation.pk).values("kpi_id", *STORED)
        before = {row.pop("kpi_id"): row for row in kept}
        found = []
        for kpi_id in self.rows:
            right = self.figures(kpi_id, shares.get(kpi_id, ZERO))
            found += compare("kpi", kpi_id, before.get(kpi_id), right)
        held = derived_values.held(self.organisation, self.derived)
        for kpi_id, right in self.derived.items():
            if held.get(kpi_id, {}) != right:
                found.append(Difference("kpi", kpi_id, "values", held.get(kpi_id, {}), right))
        return found

    def explained(self) -> dict[int, Row]:
        return {kpi_id: {**row, "score": self.scores[kpi_id]} for kpi_id, row in self.rows.items()}

    def inputs(self, person: Person) -> dict[int, Inputs]:
        rows, held = self.family or ({}, {})
        derived = [pk for pk in self.rows if rows and rows[pk]["source"] in DERIVED]
        if not derived:
            return {}
        seen = set(Kpi.objects.visible_to(person).filter(pk__in=rows).order_by().values_list("pk", flat=True))
        told = Family(rows, held, self.on or self.organisation.today(), fiscal_of(self.organisation), seen)
        found = {pk: told.inputs(pk) for pk in derived}
        return {pk: each for pk, each in found.items() if each is not None}

    def calculation(self, kpi_id: int) -> Calculation:
        definition, found = definition_of(self.rows[kpi_id]), self.scores[kpi_id]
        return calculation(definition, found, fiscal_of(self.organisation), past.thresholds(self.organisation))


def stored_figures(found: KpiScore) -> Row:
    """A score as it is kept: every figure at 18 places, no reason as an empty text."""
    figures = {name: getattr(found, name) for name in STORED if name != "share"}
    figures |= {name: rounded(figures[name]) for name in ROUNDED if figures[name] is not None}
    return figures | {"status": str(found.status), "reason": str(found.reason or "")}


def last_snapshots(organisation: Organisation, day: dt.date) -> dict[int, Row]:
    last = KpiSnapshot.objects.filter(kpi=OuterRef("kpi"), day__lt=day).order_by("-day").values("day")[:1]
    rows = KpiSnapshot.objects.filter(organisation_id=organisation.pk, day=Subquery(last))
    return {row.pop("kpi_id"): row for row in rows.values("kpi_id", *SNAPSHOT)}


def lives_known(
    organisation: Organisation, known: dt.datetime, goal_ids: Collection[int] | None
) -> dict[int, dict[str, dt.date | None]]:
    """The columns of LIFE by goal, as they were known then; goals that were not there yet are left out."""
    goals = past.rows_known(Goal.history, organisation, known, "cycle__start", "cycle__due", ids=goal_ids)
    columns = ("start", "due", "cycle__start", "cycle__due")
    return {goal["id"]: dict(zip(LIFE, (goal[name] for name in columns), strict=True)) for goal in goals}


def values_then(
    organisation: Organisation, rows: Collection[Row], on: dt.date, known: dt.datetime | None, *, are_all: bool = False
) -> tuple[Mapping[int, Values], Mapping[int, Values]]:
    """The values of these KPIs on a date, from what was recorded by `known`, and of the derived among them alone.
    `are_all`: they are all the KPIs there were."""
    _, found, derived = family(organisation, rows, on, known, are_all=are_all)
    return found, {row["id"]: derived[row["id"]] for row in rows if row["id"] in derived}


def family(
    organisation: Organisation, rows: Collection[Row], on: dt.date, known: dt.datetime | None, *, are_all: bool = False
) -> tuple[Mapping[int, Row], Mapping[int, Values], Mapping[int, Values]]:
    """KPIs with all that they are calculated from, near and far: their rows, all their values, and those of the derived
    ones alone."""
    ids = [row["id"] for row in rows]
    known_rows = {row["id"]: row for row in rows}
    if not any(row["source"] in DERIVED for row in rows):
        return known_rows, values_at(organisation, on, known, None if are_all else ids), {}
    if not are_all:
        known_rows = {row["id"]: row for row in operand_rows(organisation, ids, known)} | known_rows
    recorded = values_at(organisation, on, known, None if are_all else known_rows)
    found = derived_values.calculate(known_rows, recorded, on, fiscal_of(organisation), None)
    together: dict[int, Values] = defaultdict(dict)
    together.update({pk: each for pk, each in recorded.items() if pk in known_rows})
    together.update(found)
    return known_rows, together, found


def operand_rows(organisation: Organisation, kpi_ids: Collection[int], known: dt.datetime | None) -> list[Row]:
    """The KPIs that these are calculated from, near and far, as they were known; of an earlier moment all there were,
    for the graph is that of today."""
    if known is None:
        needed = graph.edges_below(organisation.pk, kpi_ids)
        kpis = Kpi.objects.filter(organisation_id=organisation.pk, pk__in=needed).order_by()
        return [with_life(row) for row in kpis.values(*COLUMNS, *LIFE)]
    kpis = past.rows_known(Kpi.history, organisation, known)
    lives = lives_known(organisation, known, None)
    return [with_life({**kpi, **lives[kpi["goal_id"]]}) for kpi in kpis if kpi["goal_id"] in lives]


def values_of(kpi: Kpi, on: dt.date) -> Values:
    """The values of one KPI on a date, from everything that was recorded."""
    found, _ = values_then(kpi.organisation, [kpi.asked], on, None)
    return found[kpi.pk]


def values_at(
    organisation: Organisation,
    on: dt.date,
    known: dt.datetime | None,
    kpi_ids: Collection[int] | None,
) -> Mapping[int, Values]:
    """What was recorded for these KPIs (None: all) as it was on a date, from the revisions recorded by `known`."""
    revisions = MeasurementRevision.objects.filter(organisation_id=organisation.pk, observed_on__lte=on)
    if known is not None:
        revisions = revisions.filter(recorded_at__lte=known)
    if kpi_ids is not None:
        revisions = revisions.filter(kpi_id__in=kpi_ids)
    told: dict[int, list[Revision]] = defaultdict(list)
    for kpi_id, *revision in revisions.order_by().values_list(
        "kpi_id", "period", "value", "observed_on", "recorded_at", "id"
    ):
        told[kpi_id].append(Revision(*revision))
    found: dict[int, Values] = defaultdict(dict)
    found.update({kpi_id: current_values(each, on) for kpi_id, each in told.items()})
    return found


def current(organisation: Organisation, kpi_ids: Collection[int] | None) -> dict[int, Values]:
    """The values that count now of these KPIs (None: all)."""
    measured = Measurement.objects.filter(organisation_id=organisation.pk, value__isnull=False)
    if kpi_ids is not None:
        measured = measured.filter(kpi_id__in=kpi_ids)
    found: dict[int, dict[dt.date, CurrentValue]] = defaultdict(dict)
    for kpi_id, period, value, observed_on in measured.order_by().values_list(
        "kpi_id", "period", "value", "observed_on"
    ):
        found[kpi_id][period] = CurrentValue(value, observed_on)
    return found


class Source:
    """The one source of KPI scores (`goals.kpi_source.KpiSource`)."""

    recordable = staticmethod(typed_among)
    dependents = staticmethod(graph.dependents)
    goals_ended = staticmethod(changing.goals_ended)
    goals_back = staticmethod(changing.goals_back)
    came_back = staticmethod(graph.settle_derived)

    def __init__(self, around: Around) -> None:
        self.around = around

    def begin_day(self, organisation: Organisation, on: dt.date) -> None:
        dated = Kpi.objects.filter(organisation_id=organisation.pk).exclude(targets=[]).order_by("pk")
        for kpi in dated.select_related("goal__cycle").select_for_update(no_key=True, of=("self",)):
            if kpi.hold(on):
                kpi.version += 1
                kpi._change_reason = f"Asked from {on} on"
                kpi.save()

    def stored(
        self,
        organisation: Organisation,
        on: dt.date,
        rescore: Collection[int] | None,
        goal_ids: Collection[int] | None,
    ) -> Scores:
        kpis = Kpi.objects.filter(organisation_id=organisation.pk)
        if goal_ids is not None:
            kpis = kpis.filter(goal_id__in=goal_ids)
        joined = [f"figures__{name}" for name in STORED]
        rows = [asked(row, on) for row in kpis.order_by().values(*COLUMNS, *LIFE, *joined)]
        before = {
            row["id"]: {name: row[f"figures__{name}"] for name in STORED}
            for row in rows
            if row["figures__status"] is not None
        }
        anew = [row for row in rows if rescore is None or row["id"] in rescore or row["id"] not in before]
        values_now, derived = self._values_now(organisation, rows, anew, on, are_all=rescore is None)
        scores = {row["id"]: score_of(organisation, row, values_now[row["id"]], on) for row in anew}
        return Scores(organisation, rows, scores, before, derived)

    def _values_now(
        self, organisation: Organisation, rows: list[Row], anew: list[Row], on: dt.date, *, are_all: bool
    ) -> tuple[Mapping[int, Values], Mapping[int, Values]]:
        """The values that count now of the KPIs to be scored anew, and of the derived among them. What these come from
        beside them holds its values already."""
        only = {row["id"] for row in anew if row["source"] in DERIVED}
        known_rows = {row["id"]: row for row in rows}
        ids = {row["id"] for row in anew}
        if only and not are_all:
            needed = set(KpiSource.objects.filter(kpi_id__in=only).order_by().values_list("source_id", flat=True))
            kpis = Kpi.objects.filter(organisation_id=organisation.pk, pk__in=needed - known_rows.keys()).order_by()
            known_rows |= {row["id"]: with_life(row) for row in kpis.values(*COLUMNS, *LIFE)}
            ids |= needed
        held = current(organisation, None if are_all else ids)
        derived = derived_values.calculate(known_rows, held, on, fiscal_of(organisation), only)
        held.update(derived)
        return held, derived

    def at(
        self, organisation: Organisation, on: dt.date, known: dt.datetime | None, goal_ids: Collection[int] | None
    ) -> Scores:
        rows = [asked(row, on) for row in self._rows(organisation, known, goal_ids)]
        everything, held, found = family(organisation, rows, on, known, are_all=goal_ids is None)
        derived = {row["id"]: found[row["id"]] for row in rows if row["id"] in found}
        scores = {row["id"]: score_of(organisation, row, held[row["id"]], on) for row in rows}
        return Scores(organisation, rows, scores, {}, derived, (everything, held), on)

    def _rows(
        self, organisation: Organisation, known: dt.datetime | None, goal_ids: Collection[int] | None
    ) -> list[Row]:
        if known is None:
            kpis = Kpi.objects.filter(organisation_id=organisation.pk)
            if goal_ids is not None:
                kpis = kpis.filter(goal_id__in=goal_ids)
            return list(kpis.order_by().values(*COLUMNS, *LIFE))
        kpis = past.rows_known(Kpi.history, organisation, known)
        lives = lives_known(organisation, known, goal_ids)
        return [{**kpi, **lives[kpi["goal_id"]]} for kpi in kpis if kpi["goal_id"] in lives]
