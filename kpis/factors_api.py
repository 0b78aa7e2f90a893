"""The REST API of success factors."""

from rest_framework import serializers

from cascade.paging import PageQuery, by
from cascade.resource import OwnedRows
from cascade.wire import QueryFlag, QueryReference, Reference, References, Row, Text
from goals.access import Rights
from goals.serializers import goals, perspectives, reason
from kpis import factors
from kpis.links import ids_by_row
from kpis.models import FactorKpi, SuccessFactor
from kpis.serializers import kpis
from people.serializers import EXTERNAL_ID, external_id, ordering


class FactorRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    name = serializers.CharField()
    perspective = serializers.IntegerField(source="perspective_id", allow_null=True)
    kpis = serializers.ListField(child=serializers.IntegerField(), help_text="Those that the caller may see.")
    covered = serializers.BooleanField(help_text="At least one active KPI with data is linked, seen or not.")
    created_at = serializers.DateTimeField()

    @classmethod
    def columns(cls):
        return [name for name in super().columns() if name != "kpis"]


class FactorChange(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=300)
    perspective = Reference(perspectives, required=False, allow_null=True)
    kpis = References(kpis, required=False, help_text="The KPIs that show it; the list takes the place of what was.")
    reason = reason()


class FactorNew(FactorChange):
    goal = Reference(goals, help_text="The goal it is needed for; it stays with it.")


class FactorQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    goal = QueryReference(goals)
    kpi = QueryReference(kpis)
    perspective = QueryReference(perspectives, none=True)
    covered = QueryFlag(required=False)
    ordering = ordering("id", "-id", "name", "-name")


class SuccessFactors(OwnedRows):
    model, row, new, change, listed = SuccessFactor, FactorRow, FactorNew, FactorChange, FactorQuery
    orders = {
        "id": by(),
        "-id": by(descending=True),
        "name": by("name"),
        "-name": by("name", descending=True),
    }
    filters = {
        "external_id": "external_id",
        "goal": "goal",
        "kpi": "kpis",
        "perspective": "perspective",
        "covered": "covered",
    }

    def visible(self):
        return super().visible().with_coverage().select_related("goal__unit", "goal__owner__unit")

    def filled(self, ids):
        kpis_of = ids_by_row(FactorKpi, "factor", "kpi", ids, self.person)
        rows = self.visible().filter(pk__in=ids).order_by().values(*FactorRow.columns())
        shape, found = FactorRow(), {row["id"]: row for row in rows}
        return [shape.to_representation(found[pk] | {"kpis": kpis_of[pk]}) for pk in ids if pk in found]

    def may_add(self, fields):
        return Rights.of(self.person).can_edit(fields["goal"])

    def may_change(self, row):
        return Rights.of(self.person).can_edit(row.goal)

    def create(self, request):
        """What it takes to reach a goal, by whoever may edit the goal."""
        return super().create(request)

    def add(self, fields):
        return factors.create(fields.pop("goal"), by=self.person, **fields)

    def alter(self, row, fields):
        factors.revise(row, by=self.person, **fields)

    def remove(self, row):
        row._history_user = self.person
        row.delete()


routes = [("success-factors", SuccessFactors)]
