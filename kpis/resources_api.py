"""The REST API of resources: training, guides and templates."""

from rest_framework import serializers

from cascade.links import check_link
from cascade.paging import PageQuery, by
from cascade.resource import OwnedRows
from cascade.wire import Choice, QueryReference, References, Row, Text
from goals.access import Rights
from goals.serializers import LONGEST_TEXT, goals, levels, reason
from kpis import access, resources
from kpis.links import ids_by_row
from kpis.models import Resource, ResourceLink
from kpis.serializers import kpis
from people.serializers import EXTERNAL_ID, external_id, ordering

IDS = serializers.IntegerField


class ResourceRow(Row):
    """What helps with the goals of a level, with a goal or with a KPI."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Resource.Kind.choices)
    url = serializers.CharField()
    text = serializers.CharField()
    levels = serializers.ListField(child=IDS())
    goals = serializers.ListField(child=IDS(), help_text="Those that the caller may see.")
    kpis = serializers.ListField(child=IDS(), help_text="Those that the caller may see.")
    created_at = serializers.DateTimeField()

    @classmethod
    def columns(cls):
        return [name for name in super().columns() if name not in resources.KINDS]


class ResourceNew(serializers.Serializer):
    """`levels`, `goals` and `kpis` take the place of what was. It has a `url` or a `text`."""

    external_id = external_id()
    title = Text(max_length=300)
    kind = Choice(choices=Resource.Kind.choices, required=False, help_text="`guide` when not given.")
    url = Text(
        required=False, allow_blank=True, max_length=2000, validators=[check_link], help_text="http, https or mailto."
    )
    text = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    levels = References(levels, required=False)
    goals = References(goals, required=False)
    kpis = References(kpis, required=False)
    reason = reason()


class ResourceQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    kind = Choice(choices=Resource.Kind.choices, required=False)
    level = QueryReference(levels)
    goal = QueryReference(goals)
    kpi = QueryReference(kpis)
    ordering = ordering("title", "-title")


class Resources(OwnedRows):
    model, row, new, change, listed = Resource, ResourceRow, ResourceNew, ResourceNew, ResourceQuery
    orders = {"title": by("title"), "-title": by("title", descending=True)}
    filters = {
        "external_id": "external_id",
        "kind": "kind",
        "level": "links__level",
        "goal": "links__goal",
        "kpi": "links__kpi",
    }

    def filled(self, ids):
        found = self.visible().filter(pk__in=ids).order_by().values(*ResourceRow.columns())
        rows = {row["id"]: row | {name: [] for name in resources.KINDS} for row in found}
        for resource_id, level_id in ResourceLink.objects.filter(resource__in=ids, level__isnull=False).values_list(
            "resource_id", "level_id"
        ):
            rows[resource_id]["levels"].append(level_id)
        for name in ("goals", "kpis"):
            for pk, linked in ids_by_row(ResourceLink, "resource", name.removesuffix("s"), ids, self.person).items():
                rows[pk][name] = linked
        shape = ResourceRow()
        return [shape.to_representation(rows[pk]) for pk in ids if pk in rows]

    def may_add(self, fields):
        links = (fields.get(name, ()) for name in resources.KINDS)
        return access.can_offer(Rights.of(self.person), *links)

    def may_change(self, row):
        return access.can_edit_resource(Rights.of(self.person), row)

    def create(self, request):
        """Offer something that helps: the strategy office for anything, others for goals and KPIs that they may edit.

        Error codes: `link_not_safe`, `nothing_to_read`.
        """
        return super().create(request)

    def partial_update(self, request, pk):
        """Change a resource, and what it is for; the new goals and KPIs must be the caller's to edit as well."""
        return super().partial_update(request, pk)

    def add(self, fields):
        return resources.create(self.person.organisation, by=self.person, **fields)

    def alter(self, row, fields):
        rights = Rights.of(self.person)
        wanted = [fields[name] if name in fields else resources.held(row, name) for name in resources.KINDS]
        self.may(access.can_offer(rights, *wanted))
        resources.revise(row, by=self.person, **fields)

    def remove(self, row):
        row._history_user = self.person
        row.delete()


routes = [("resources", Resources)]
