"""The REST API of cycles: planning, opening, closing with final figures, reopening, locking the past."""

from functools import partial

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade.errors import Conflict
from cascade.paging import PageQuery, by
from cascade.resource import Rows, operation
from cascade.wire import Choice, Day, Figure, Row, Text
from goals import undo
from goals.models import Cycle, Goal
from goals.serializers import LONGEST_TEXT, CycleQuery
from kpis.cycles import carrying, states, words
from kpis.cycles.carry_api import CarriedOver, CarryOver, plan_of, told
from kpis.models import ClosedGoal, ClosedKpi, Closing, Kpi
from people import access
from people.serializers import EXTERNAL_ID, external_id

LOCKED = "The last day that nobody changes any more while the cycle is open; null: nothing is locked."


class CycleRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    start = serializers.DateField()
    due = serializers.DateField()
    state = serializers.ChoiceField(choices=Cycle.State.choices)
    locked_until = serializers.DateField(allow_null=True, help_text=LOCKED)


class CycleNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    start = Day()
    due = Day()
    state = Choice(choices=Cycle.State.choices, required=False)


class CycleChange(CycleNew):
    locked_until = Day(required=False, allow_null=True, help_text=LOCKED)
    reason = Text(
        required=False,
        max_length=LONGEST_TEXT,
        help_text="Why; needed to close a cycle and to reopen one. Told in its history and in that of its goals.",
    )


class FinalGoal(Row):
    """A goal's figures as they were known when the cycle was closed, and what its progress is now."""

    goal = serializers.IntegerField(source="goal_id", allow_null=True)
    title = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["", *Goal.Outcome.values])
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    coverage = Figure(allow_null=True)
    status = serializers.CharField()
    progress_now = Figure(source="goal__figures__progress", allow_null=True)


class FinalKpi(Row):
    """The same of a KPI, with what was asked of it; values in its unit."""

    kpi = serializers.IntegerField(source="kpi_id", allow_null=True)
    name = serializers.CharField()
    unit = serializers.CharField()
    baseline = serializers.CharField(allow_null=True, help_text="A decimal.")
    target = serializers.CharField(allow_null=True, help_text="A decimal.")
    actual = Figure(allow_null=True)
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    completeness = Figure(allow_null=True)
    status = serializers.CharField()
    actual_now = Figure(source="kpi__figures__actual", allow_null=True)


class Cycles(Rows):
    model, row, new, change, listed = Cycle, CycleRow, CycleNew, CycleChange, CycleQuery
    orders = {
        "-start": by("start", descending=True),
        "start": by("start"),
        "name": by("name"),
        "-name": by("name", descending=True),
    }
    filters = {"external_id": "external_id", "state": "state"}

    def may_write(self):
        return access.can_run_cycle(self.person)

    def add(self, fields):
        return states.add(self.person.organisation, by=self.person, **fields)

    def alter(self, row, fields):
        state, reason = fields.pop("state", row.state), fields.pop("reason", "")
        if state != row.state and row.state == Cycle.State.CLOSED:
            row = states.change_state(row, state, by=self.person, reason=reason)
        row = states.revise(row, by=self.person, reason=reason, **fields)
        states.change_state(row, state, by=self.person, reason=reason)

    def remove(self, row):
        if row.goals.exists():
            raise Conflict("cycle_in_use", "Goals belong to this cycle.")
        super().remove(row)

    @action(detail=True, url_path="final-goals")
    @operation(query=PageQuery, answer=FinalGoal, page=True)
    def final_goals(self, request, pk):
        """The goals' figures that were frozen when the cycle was last closed, in the order of their ids; empty while
        it never was. After a correction in a reopened cycle `progress_now` differs."""
        rows = ClosedGoal.objects.filter(
            closing__in=self.last_closing(pk), goal__in=Goal.objects.visible_to(self.person)
        )
        return self.paged(rows, by("goal_id"), partial(FinalGoal.filled, rows))

    @action(detail=True, url_path="final-kpis")
    @operation(query=PageQuery, answer=FinalKpi, page=True)
    def final_kpis(self, request, pk):
        """The same of the KPIs; `actual` is what their values came to then, `actual_now` what they come to now."""
        rows = ClosedKpi.objects.filter(closing__in=self.last_closing(pk), kpi__in=Kpi.objects.visible_to(self.person))
        return self.paged(rows, by("kpi_id"), partial(FinalKpi.filled, rows))

    @action(detail=True, methods=["post"], url_path="carry-over")
    @operation(body=CarryOver, answer=CarriedOver, status=201, also=200)
    def carry_over(self, request, pk):
        """Goals go on into a later cycle with their places, owners, KPIs and links, their dates moved by the cycle.

        `dry_run` shows what would be made (200) with the targets that can be proposed. Carried twice, a goal is there
        once. Codes: `not_later`, those of KPI definitions at `target` by row of the dry run's `kpis`; 409 `locked`.
        """
        source = self.found(pk)
        self.may(self.may_write())
        body = self.body()
        plan = plan_of(source, body)
        if body["dry_run"]:
            return Response(told(carrying.preview(plan), None))
        with undo.act(self.person) as act:
            made = carrying.create(plan, by=self.person)
            act.words = words.carried(len(made.goals), plan.into)
        return Response(told(made.preview, made), 201)

    def last_closing(self, pk):
        return Closing.objects.filter(cycle=self.found(pk))[:1]


routes = [("cycles", Cycles)]
singles: list = []
