"""The REST API of initiatives with their milestones."""

from django.db.models import Value
from django.db.models.functions import Coalesce
from rest_framework import serializers

from cascade.paging import Order, PageQuery, by
from cascade.resource import OwnedRows
from cascade.wire import Choice, Day, QueryFlag, QueryReference, Reference, References, Row, Text, Whole, written
from goals.access import Rights
from goals.serializers import LONGEST_TEXT, active_people, goals, reason
from kpis import access, initiatives
from kpis.links import hidden, ids_by_row
from kpis.models import Initiative, InitiativeGoal, InitiativeKpi, Milestone
from kpis.serializers import kpis
from people.serializers import EXTERNAL_ID, external_id, ordering, people

MOST_MILESTONES = 100


class MilestoneRow(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    due = serializers.DateField(allow_null=True)
    done_on = serializers.DateField(allow_null=True, help_text="Null while it is not done.")


class InitiativeRow(Row):
    """Work that is meant to move goals and KPIs. It never moves progress by itself."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    due = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=Initiative.State.choices)
    done_on = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField(help_text="Planned or under way after its due date.")
    goals = serializers.ListField(child=serializers.IntegerField(), help_text="Those that the caller may see.")
    kpis = serializers.ListField(child=serializers.IntegerField(), help_text="Those that the caller may see.")
    milestones = MilestoneRow(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def columns(cls):
        others = ("overdue", "goals", "kpis", "milestones")
        return [name for name in super().columns() if name not in others]


class MilestoneGiven(serializers.Serializer):
    id = Whole(required=False, min_value=1, help_text="Of a milestone that is there; without it a new one.")
    title = Text(max_length=300)
    due = Day(required=False, allow_null=True)
    done_on = Day(required=False, allow_null=True)


class InitiativeChange(serializers.Serializer):
    """`goals`, `kpis` and `milestones` take the place of what was; what the caller may not see stays."""

    external_id = external_id()
    title = Text(max_length=500)
    description = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    owner = Reference(active_people, required=False, allow_null=True)
    due = Day(required=False, allow_null=True)
    state = Choice(choices=Initiative.State.choices, required=False, help_text="`planned` when not given.")
    goals = References(goals, min_length=1, help_text="At least one.")
    kpis = References(kpis, required=False)
    milestones = MilestoneGiven(many=True, required=False, max_length=MOST_MILESTONES)
    reason = reason()


class InitiativeQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    goal = QueryReference(goals)
    kpi = QueryReference(kpis)
    owner = QueryReference(people, none=True)
    state = Choice(choices=Initiative.State.choices, required=False)
    overdue = QueryFlag(required=False)
    ordering = ordering("due", "-due", "title", "-title", "updated_at", "-updated_at")


def by_due(descending: bool) -> Order:
    """Those without a date come last."""
    far = Value("0001-01-01" if descending else "9999-12-31", Initiative._meta.get_field("due"))
    return Order({"due": Coalesce("due", far)}, descending)


class Initiatives(OwnedRows):
    model, row, new, change, listed = Initiative, InitiativeRow, InitiativeChange, InitiativeChange, InitiativeQuery
    orders = {
        "due": by_due(False),
        "-due": by_due(True),
        "title": by("title"),
        "-title": by("title", descending=True),
        "updated_at": by("updated_at"),
        "-updated_at": by("updated_at", descending=True),
    }
    filters = {"external_id": "external_id", "goal": "goals", "kpi": "kpis", "owner": "owner", "state": "state"}

    def visible(self):
        rows = super().visible()
        if "overdue" not in self.query or self.action != "list":
            return rows
        late = rows.overdue(self.person.organisation.today())
        return late if self.query["overdue"] else rows.exclude(pk__in=late.values("pk"))

    def filled(self, ids):
        goals_of = ids_by_row(InitiativeGoal, "initiative", "goal", ids, self.person)
        kpis_of = ids_by_row(InitiativeKpi, "initiative", "kpi", ids, self.person)
        steps: dict[int, list[dict]] = {pk: [] for pk in ids}
        for step in Milestone.objects.filter(initiative__in=ids).order_by("pk").values():
            told = {name: written(step[name]) for name in ("id", "title", "due", "done_on")}
            steps[step["initiative_id"]].append(told)
        today, shape = self.person.organisation.today(), InitiativeRow()
        rows = self.visible().filter(pk__in=ids).order_by().values(*InitiativeRow.columns())
        found = {row["id"]: row for row in rows}
        for pk, row in found.items():
            row["overdue"] = row["state"] in Initiative.OPEN and row["due"] is not None and row["due"] < today
            row |= {"goals": goals_of[pk], "kpis": kpis_of[pk], "milestones": steps[pk]}
        return [shape.to_representation(found[pk]) for pk in ids if pk in found]

    def may_add(self, fields):
        return access.can_plan(Rights.of(self.person), fields["goals"])

    def may_change(self, row):
        return access.can_edit_initiative(Rights.of(self.person), row)

    def create(self, request):
        """Plan work for goals, by whoever may edit one of them."""
        return super().create(request)

    def partial_update(self, request, pk):
        """Change an initiative, by its owner or whoever may edit one of its goals. Error code: `unknown_milestone`."""
        return super().partial_update(request, pk)

    def add(self, fields):
        return initiatives.create(self.person.organisation, by=self.person, **fields)

    def alter(self, row, fields):
        keep = {name: hidden(row, name, self.person) for name in ("goals", "kpis") if name in fields}
        initiatives.revise(row, by=self.person, keep=keep, **fields)

    def remove(self, row):
        row._history_user = self.person
        row.delete()


routes = [("initiatives", Initiatives)]
