"""The REST API of the line of sight: what a person owes, their goals and KPIs, and the way up."""

from collections.abc import Iterable

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response

from cascade.fields import plain_or_none
from cascade.resource import Resource, operation
from cascade.wire import AsOfQuery, Figure, figure, written
from kpis.answers import Exchange, waiting_for
from kpis.models import Kpi, KpiFigures
from kpis.sight import OwnGoal, OwnKpi, Sight, Stop, Task, sight_at, sight_of
from people import access
from people.models import Person


class TaskRow(serializers.Serializer):
    kpi = serializers.IntegerField()
    goal = serializers.IntegerField()
    name = serializers.CharField()
    period = serializers.DateField(help_text="First day of the period whose value is owed.")
    period_name = serializers.CharField(help_text="Such as 2026-08 or FY2027-Q1.")
    due = serializers.DateField(help_text="The last day of the period.")
    late = serializers.BooleanField(help_text="The grace after the period is over.")
    days_late = serializers.IntegerField()
    earlier = serializers.IntegerField(help_text="Earlier periods that are owed as well, 11 at most.")


class KpiStep(serializers.Serializer):
    goal = serializers.IntegerField()
    effective_weight = Figure()
    headroom = Figure(help_text="What the goal would gain with this KPI at 1.")


class SightKpi(serializers.Serializer):
    kpi = serializers.IntegerField()
    name = serializers.CharField()
    unit = serializers.CharField()
    target = serializers.CharField(allow_null=True)
    cadence = serializers.ChoiceField(choices=Kpi.Cadence.choices)
    records = serializers.BooleanField(help_text="The person enters its values.")
    latest_period = serializers.DateField(allow_null=True)
    latest_value = serializers.CharField(allow_null=True)
    actual = Figure(allow_null=True)
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    status = serializers.ChoiceField(choices=KpiFigures.Status.choices)
    stale = serializers.BooleanField()
    path = KpiStep(many=True, help_text="Nearest first; goals the reader may not see are left out.")


class PathStep(serializers.Serializer):
    goal = serializers.IntegerField(allow_null=True, help_text="Null when restricted.")
    restricted = serializers.BooleanField(help_text="The reader may not see this goal; only its weight is told.")
    title = serializers.CharField(allow_null=True)
    why = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    owner = serializers.IntegerField(allow_null=True)
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    status = serializers.CharField(allow_null=True)
    effective_weight = Figure(help_text="Of the person's goal in this goal.")
    headroom = Figure(allow_null=True, help_text="What this goal would gain with the person's goal at 1.")


class SightGoal(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    owns = serializers.BooleanField(help_text="Else the person contributes, or records one of its KPIs.")
    aligned = serializers.BooleanField(help_text="The path ends at a strategic goal.")
    rolled_up = serializers.BooleanField(help_text="The figures include everything committed.")
    kpis = SightKpi(many=True)
    path = PathStep(many=True, help_text="The goal itself first, its root last.")


class AnswerRow(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    proposal = serializers.IntegerField(allow_null=True, help_text="Null: proposed without one.")
    asks = serializers.ChoiceField(
        choices=[("accept_or_counter", "accept_or_counter"), ("agree_or_propose", "agree_or_propose")],
        help_text="What `proposals/` takes from this person.",
    )
    target = serializers.CharField(allow_null=True, help_text="A decimal, as proposed.")
    countered = serializers.CharField(allow_null=True, help_text="A decimal, as the owner answered.")
    unit = serializers.CharField()


class SightAnswer(serializers.Serializer):
    person = serializers.IntegerField()
    date = serializers.DateField()
    owes = TaskRow(many=True, help_text="The latest owed period of each KPI, the longest late first.")
    next = TaskRow(allow_null=True, help_text="The value that falls due next.")
    answers = AnswerRow(many=True, help_text="Proposals to answer; of oneself, as of now.")
    goals = SightGoal(many=True)


def told(sight: Sight, answers: Iterable[Exchange] = ()) -> dict:
    return {
        "person": sight.person.pk,
        "date": sight.on.isoformat(),
        "owes": [told_task(task) for task in sight.owes],
        "next": sight.next and told_task(sight.next),
        "answers": [told_answer(each) for each in answers],
        "goals": [told_goal(own) for own in sight.goals],
    }


def told_answer(exchange: Exchange) -> dict:
    kpi = exchange.kpi
    return {
        "goal": exchange.goal.pk,
        "title": exchange.goal.title,
        "proposal": exchange.proposal and exchange.proposal.pk,
        "asks": "agree_or_propose" if exchange.is_countered else "accept_or_counter",
        "target": kpi and written(kpi.target),
        "countered": written(exchange.countered),
        "unit": kpi.unit if kpi else "",
    }


def told_task(task: Task) -> dict:
    return {
        "kpi": task.kpi.id,
        "goal": task.goal.id,
        "name": task.kpi.name,
        "period": task.due.period.first.isoformat(),
        "period_name": task.due.name,
        "due": task.due.since.isoformat(),
        "late": task.due.is_late,
        "days_late": task.due.days_late,
        "earlier": task.more,
    }


def told_goal(own: OwnGoal) -> dict:
    return {
        "goal": own.goal.id,
        "title": own.goal.title,
        "owns": own.owns,
        "aligned": own.aligned,
        "rolled_up": not own.goal.pending,
        "kpis": [told_kpi(kpi) for kpi in own.kpis],
        "path": [told_stop(stop) for stop in own.path],
    }


def told_kpi(own: OwnKpi) -> dict:
    kpi = own.kpi
    return {
        "kpi": kpi.id,
        "name": kpi.name,
        "unit": kpi.unit,
        "target": plain_or_none(kpi.definition.target),
        "cadence": str(kpi.definition.cadence),
        "records": own.records,
        "latest_period": kpi.latest_period and kpi.latest_period.isoformat(),
        "latest_value": plain_or_none(kpi.latest_value),
        "actual": figure(kpi.actual),
        "progress": figure(kpi.part.progress),
        "expected": figure(kpi.part.expected),
        "gap": figure(kpi.gap),
        "status": kpi.status,
        "stale": kpi.part.stale,
        "path": [
            {
                "goal": step.goal,
                "effective_weight": figure(step.effective_weight),
                "headroom": figure(step.headroom),
            }
            for step in own.steps
        ],
    }


def told_stop(stop: Stop) -> dict:
    goal = stop.goal
    return {
        "goal": goal and goal.id,
        "restricted": goal is None,
        "title": goal and goal.title,
        "why": goal and goal.why,
        "level": goal and goal.level.name,
        "owner": goal and goal.owner_id,
        "progress": goal and figure(goal.figures.progress),
        "expected": goal and figure(goal.figures.expected),
        "status": goal and str(goal.figures.status),
        "effective_weight": figure(stop.effective_weight),
        "headroom": figure(stop.headroom),
    }


class LineOfSight(Resource):
    def answer(self, person: Person) -> Response:
        on, known = self.query.get("as_of"), self.query.get("known")
        if on is None and known is None:
            mine = person.pk == self.person.pk
            return Response(told(sight_of(person, self.person), waiting_for(person) if mine else ()))
        return Response(told(sight_at(person, self.person, on, known)))

    @operation(query=AsOfQuery, answer=SightAnswer)
    def mine(self, request):
        """What the person who asks owes, their goals and KPIs, and the way up to the strategy with every why."""
        return self.answer(self.person)

    @operation(query=AsOfQuery, answer=SightAnswer)
    def retrieve(self, request, pk):
        """The line of sight of one person: one's own, of the people one manages, or with a role that reads all goals.

        Goals that the caller may not see are left out, on the way up they are `restricted`.
        """
        person = get_object_or_404(Person.objects.visible_to(self.person).select_related("unit"), pk=pk)
        self.may(access.can_follow(self.person, person), "You may see the line of sight of the people you manage.")
        return self.answer(person)


routes = []
singles = [
    ("me/line-of-sight", LineOfSight, {"get": "mine"}),
    ("people/<int:pk>/line-of-sight", LineOfSight, {"get": "retrieve"}),
]
