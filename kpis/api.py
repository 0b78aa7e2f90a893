"""The REST API of KPIs: their definitions with the figures, and the targets they had."""

from django.db import transaction
from django.db.models import Exists, FloatField, OuterRef, Q
from django.db.models.functions import Cast, Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.paging import Order, by
from cascade.resource import Resource, operation, refuse
from cascade.wire import AsOfQuery
from goals.access import Rights
from kpis import (
    access,
    definitions,
    factors_api,
    initiatives_api,
    library_api,
    measurements_api,
    processes_api,
    reading,
    resources_api,
    targets,
)
from kpis import serializers as shapes
from kpis.forecast.api import ForecastOfKpi
from kpis.links import hidden, ids_by_row, link
from kpis.models import Kpi, ProcessKpi, ResourceLink
from kpis.rolled.api import SourcesOfKpi, with_source
from kpis.rolled.words import formula_shown, visible_keys

LIFE_END = Coalesce("due", "goal__due", "goal__cycle__due")
FILTERS = {
    "goal": "goal",
    "cycle": "goal__cycle",
    "state": "state",
    "data_owner": "data_owner",
    "unit": "unit",
    "cadence": "cadence",
    "source": "source",
    "external_id": "external_id",
    "key": "key",
    "ids": "pk__in",
}
BY_FIGURES = ("status", "stale")


def figure(name: str, descending: bool = False) -> Order:
    """By a figure; KPIs without one come last."""
    beyond = -9.0 if descending else 9.0
    return Order({name: Coalesce(Cast(f"figures__{name}", FloatField()), beyond)}, descending)


ORDERS = {
    **{name: by(name) for name in ("name", "key", "updated_at")},
    **{f"-{name}": by(name, descending=True) for name in ("name", "key", "updated_at")},
    "id": Order({}),
    "-id": Order({}, descending=True),
    "due": Order({"due": LIFE_END}),
    "-due": Order({"due": LIFE_END}, descending=True),
    "weight": Order({"weight": Cast("weight", FloatField())}),
    "-weight": Order({"weight": Cast("weight", FloatField())}, descending=True),
    "progress": figure("progress"),
    "-progress": figure("progress", descending=True),
    "gap": figure("gap"),
    "-gap": figure("gap", descending=True),
}


class Kpis(ForecastOfKpi, SourcesOfKpi, Resource):
    def found(self, pk) -> Kpi:
        rows = Kpi.objects.visible_to(self.person).select_related("goal__cycle", "goal__unit", "goal__owner__unit")
        return get_object_or_404(rows, pk=int(pk))

    def filled(self, ids) -> list[dict]:
        on, known = self.query.get("as_of"), self.query.get("known")
        rows = reading.rows_at(self.person, ids, on, known) if on or known else reading.rows(self.person, ids)
        processes = ids_by_row(ProcessKpi, "kpi", "process", ids, self.person)
        resources = ids_by_row(ResourceLink, "kpi", "resource", ids, self.person)
        visible = visible_keys((row["formula"] for row in rows), self.person)
        shape = shapes.KpiRow()
        return [
            shape.to_representation(
                row
                | {"formula": formula_shown(row["formula"], visible) if row["formula"] else None}
                | {"processes": processes[row["id"]], "resources": resources[row["id"]]}
            )
            for row in rows
        ]

    def shown(self, pk, status: int = 200) -> Response:
        found = self.filled([int(pk)])
        if not found:
            raise Http404
        return Response(found[0], status)

    def again(self, data):
        return next(iter(self.filled([data["id"]])), data) if "id" in data else data

    @operation(query=shapes.KpiQuery, answer=shapes.KpiRow, page=True)
    def list(self, request):
        """KPIs with their figures, now or at any date.

        With `as_of` or `known` the definitions and figures are those of then, and so are the filters `status` and
        `stale`; the other filters look at the KPIs as they are now, and sorting by a figure is refused.
        """
        rows = self.filtered()
        if self.query.keys() & {"as_of", "known"}:
            rows = self.then(rows)
        else:
            asked = {f"figures__{name}": self.query[name] for name in BY_FIGURES if name in self.query}
            rows = rows.filter(**asked)
        return self.paged(rows, ORDERS[self.query["ordering"]], self.filled)

    def filtered(self):
        rows = Kpi.objects.visible_to(self.person)
        for name, lookup in FILTERS.items():
            if name in self.query:
                value = self.query[name]
                rows = rows.filter(**{lookup: None if value == "none" and name == "data_owner" else value})
        if words := self.query.get("search"):
            rows = rows.filter(Q(name__icontains=words) | Q(key__icontains=words) | Q(definition__icontains=words))
        if since := self.query.get("updated_since"):
            rows = rows.filter(Q(updated_at__gte=since) | Q(figures__rolled_up_at__gte=since))
        return rows

    def then(self, rows):
        """Those that were there and had the figures asked for."""
        on, known = self.query.get("as_of"), self.query.get("known")
        if self.query["ordering"].lstrip("-") in ("progress", "gap"):
            refuse("ordering", "not_with_as_of", "Figures of another date cannot be sorted by.")
        if known:
            rows = rows.filter(Exists(Kpi.history.filter(id=OuterRef("pk"), history_date__lte=known)))
        asked = {name: self.query[name] for name in BY_FIGURES if name in self.query}
        if not asked:
            return rows
        found = reading.rows_at(self.person, rows.values_list("pk", flat=True), on, known)
        return rows.filter(pk__in=[row["id"] for row in found if all(row[name] == asked[name] for name in asked)])

    @operation(query=AsOfQuery, answer=shapes.KpiRow)
    def retrieve(self, request, pk):
        """One KPI with its figures, now or at any date."""
        return self.shown(pk)

    @operation(body=shapes.KpiNew, answer=shapes.KpiRow, status=201)
    def create(self, request):
        """A new KPI of a goal, by whoever may edit the goal.

        The definition is checked as a whole: each error has a code of docs/domain.md section 4, of a formula of section
        7: formula_invalid, unknown_key, coarser_cadence, derived_boolean; 409 `kpi_cycle`.
        """
        fields = self.body()
        goal = fields.pop("goal")
        self.may(Rights.of(self.person).can_edit(goal), "You may not add KPIs to this goal.")
        fields = with_source(fields, self.person)
        links = self.links_in(fields)
        with transaction.atomic():
            kpi = definitions.create(goal, by=self.person, **fields)
            self.link(kpi, links)
        return self.shown(kpi.pk, 201)

    @operation(body=shapes.KpiChange, answer=shapes.KpiRow, versioned=True)
    def partial_update(self, request, pk):
        """Change a KPI's definition; what was asked before stays in `targets/` and in `known`.

        What decides the periods (`cadence`, `kind`) cannot change once there are values: code `has_values`.
        """
        kpi = self.found(pk)
        self.may(access.can_edit(self.person, kpi))
        version = versions.expected(request, kpi.version)
        self.refuse_other_goal(request.data, kpi)
        fields = with_source(self.body(partial=True), self.person, kpi)
        links = self.links_in(fields)
        with transaction.atomic():
            definitions.revise(kpi, by=self.person, version=version, **fields)
            self.link(kpi, links)
        return self.shown(pk)

    def links_in(self, fields: dict) -> dict:
        """The processes and resources among the fields, which are no part of the definition."""
        return {name: fields.pop(name) for name in shapes.KpiRow.LINKS if name in fields}

    def link(self, kpi: Kpi, links: dict) -> None:
        for name, wanted in links.items():
            link(kpi, name, wanted, hidden(kpi, name, self.person))

    def refuse_other_goal(self, data, kpi: Kpi) -> None:
        same = [kpi.goal_id, kpi.goal.external_id or kpi.goal_id]
        if isinstance(data, dict) and data.get("goal", kpi.goal_id) not in same:
            refuse("goal", "cannot_change", "A KPI stays with its goal. Archive it and make another one there.")

    @operation(status=204, versioned=True)
    def destroy(self, request, pk):
        """Remove a KPI that never had a value; with values it is archived instead (409 `kpi_has_values`).

        One that others are calculated from stays: 409 `kpi_is_source`."""
        kpi = self.found(pk)
        self.may(access.can_edit(self.person, kpi))
        definitions.delete(kpi, by=self.person, version=versions.expected(request, kpi.version))
        return Response(status=204)

    @action(detail=True)
    @operation(query=shapes.TargetQuery, answer=shapes.TargetRow, page=True)
    def targets(self, request, pk):
        """What was asked of the KPI from which day on: one row for every decision about its target, by whom and why.

        A row with `since` holds from that day on, one without from the beginning; the last decision about a day counts.
        """
        told = {each.version.pk: each for each in targets.decisions(self.found(pk))}
        order = by("history_date", descending=self.query["ordering"].startswith("-"))
        rows = Kpi.history.filter(history_id__in=told)
        return self.paged(rows, order, lambda ids: [shapes.TargetRow.told(told[pk]) for pk in ids])

    @targets.mapping.post
    @operation(body=shapes.TargetNew, answer=shapes.TargetRow, status=201, versioned=True)
    def add_target(self, request, pk):
        """Ask for something else from a day on; what was asked on the days before stays.

        What is left out stays as it is on that day. The same again changes nothing.
        """
        kpi = self.found(pk)
        self.may(access.can_edit(self.person, kpi))
        version = versions.expected(request, kpi.version)
        fields = self.body()
        since = fields["since"]
        targets.change(kpi, by=self.person, version=version, **fields)
        made = [each for each in targets.decisions(self.found(pk)) if each.since == since]
        return Response(shapes.TargetRow.told(made[-1]), 201)


routes = [
    ("kpis", Kpis),
    *factors_api.routes,
    *initiatives_api.routes,
    *processes_api.routes,
    *library_api.routes,
    *resources_api.routes,
    (r"kpis/(?P<id>[0-9]{1,18})/measurements", measurements_api.Measurements, "measurements"),
    ("measurements/bulk", measurements_api.Bulk, "measurements-bulk"),
]
singles = []
