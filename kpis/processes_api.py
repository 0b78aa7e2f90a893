"""The REST API of processes."""

from rest_framework import serializers

from cascade.links import check_link
from cascade.paging import PageQuery, by
from cascade.resource import OwnedRows
from cascade.wire import QueryReference, Reference, References, Row, Text
from goals.access import Rights
from goals.serializers import active_people, reason
from kpis import access, processes
from kpis.links import hidden, ids_by_row
from kpis.models import Process, ProcessKpi
from kpis.serializers import kpis
from people.serializers import EXTERNAL_ID, external_id, ordering, people


class ProcessRow(Row):
    """A process that KPIs are tied to; everybody in the organisation may read its name."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    url = serializers.CharField(help_text="Where it is described; may be empty.")
    kpis = serializers.ListField(child=serializers.IntegerField(), help_text="Those that the caller may see.")
    created_at = serializers.DateTimeField()

    @classmethod
    def columns(cls):
        return [name for name in super().columns() if name != "kpis"]


class ProcessNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=300)
    owner = Reference(active_people, required=False, allow_null=True)
    url = Text(
        required=False, allow_blank=True, max_length=2000, validators=[check_link], help_text="http, https or mailto."
    )
    kpis = References(kpis, required=False, help_text="The list takes the place of what was.")
    reason = reason()


class ProcessQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    owner = QueryReference(people, none=True)
    kpi = QueryReference(kpis)
    ordering = ordering("name", "-name")


class Processes(OwnedRows):
    model, row, new, change, listed = Process, ProcessRow, ProcessNew, ProcessNew, ProcessQuery
    orders = {"name": by("name"), "-name": by("name", descending=True)}
    filters = {"external_id": "external_id", "owner": "owner", "kpi": "kpis"}

    def filled(self, ids):
        kpis_of = ids_by_row(ProcessKpi, "process", "kpi", ids, self.person)
        rows = self.visible().filter(pk__in=ids).order_by().values(*ProcessRow.columns())
        shape, found = ProcessRow(), {row["id"]: row for row in rows}
        return [shape.to_representation(found[pk] | {"kpis": kpis_of[pk]}) for pk in ids if pk in found]

    def may_add(self, fields):
        return access.can_describe(Rights.of(self.person), fields.get("kpis", ()))

    def may_change(self, row):
        return access.can_edit_process(Rights.of(self.person), row)

    def create(self, request):
        """Name a process, by the strategy office, or by whoever may edit the KPIs it is given with."""
        return super().create(request)

    def add(self, fields):
        fields.setdefault("owner", None if access.can_describe(Rights.of(self.person), ()) else self.person)
        return processes.create(self.person.organisation, by=self.person, **fields)

    def alter(self, row, fields):
        keep = hidden(row, "kpis", self.person) if "kpis" in fields else ()
        processes.revise(row, by=self.person, keep=keep, **fields)

    def remove(self, row):
        row._history_user = self.person
        row.delete()


routes = [("processes", Processes)]
