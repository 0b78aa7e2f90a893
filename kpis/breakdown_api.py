"""The REST API of breaking a goal down."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from cascade.errors import RowsRefused
from cascade.resource import Resource, operation, refuse
from cascade.wire import Choice, Exact, Figure, Flag, Reference, Text, figure, written
from goals import undo
from goals.access import Rights
from goals.models import Goal
from goals.serializers import active_people, goals, levels
from goals.writing_api import named
from kpis import breakdown
from kpis.breakdown import MOST_PARTS, Counts, Line, Made, Part, Plan, Preview, Start, Weighing
from kpis.models import Kpi
from kpis.serializers import KpiChange
from kpis.split import Rule, Verdict
from people.serializers import units

DECIMAL = "A decimal."
SHARED = ("owner", "unit", "goal", "level")
EXAMPLE = {
    "split": {"kpi": 60, "rule": "sum", "weights": "equal"},
    "parts": [{"owner": 5, "kpi": {"target": "46"}}, {"owner": 6}, {"unit": 21}],
    "dry_run": True,
}


def kpis(person):
    return Kpi.objects.visible_to(person)


def choices(labels) -> list[tuple[str, str]]:
    return [(str(each), str(each)) for each in labels]


class PartKpi(KpiChange):
    """Fields of the part's KPI that differ from the one that is split; `target` is its part of it, fixed by hand."""

    name = Text(required=False, max_length=500)


class BreakDownPart(serializers.Serializer):
    """Who takes a part: `owner`, `unit` (its head owns the goal, or `owner`), or `goal`: one below that was proposed
    before and is asked again."""

    owner = Reference(active_people, required=False, allow_null=True)
    unit = Reference(units, required=False, allow_null=True)
    goal = Reference(goals, required=False, allow_null=True)
    title = Text(required=False, allow_blank=True, max_length=500, help_text="Made from the goal's when not given.")
    level = Reference(levels, required=False, allow_null=True, help_text="The next one down; of a person the last.")
    weight = Exact(
        max_digits=18, decimal_places=6, min_value=0, required=False, allow_null=True, help_text="In the goal above."
    )
    split_weight = Exact(
        max_digits=18, decimal_places=6, min_value=0, required=False, allow_null=True, help_text="In the split."
    )
    kpi = PartKpi(required=False, partial=True)

    def validate(self, given):
        if not any(given.get(name) for name in ("owner", "unit", "goal")):
            raise serializers.ValidationError({"owner": [required("Name a unit, an owner or a goal.")]})
        return given


def required(message: str) -> serializers.ErrorDetail:
    return serializers.ErrorDetail(message, "required")


class Split(serializers.Serializer):
    kpi = Reference(kpis, help_text="The KPI of the goal whose target is split.")
    rule = Choice(
        choices=choices(Rule),
        required=False,
        help_text="`sum`: the parts add up to the target; `mean`: their weighted mean is it; `same`: each has it."
        " When not given as the KPI's aggregation says.",
    )
    weights = Choice(
        choices=choices(Weighing),
        required=False,
        help_text="`split_weight` of a part comes first; `equal` when not given.",
    )
    step = Exact(required=False, allow_null=True, help_text="Parts are whole steps; else the target's last decimal.")
    reason = Text(
        required=False, allow_blank=True, max_length=2000, help_text="Needed where all parts are fixed and fall short."
    )


class BreakDownBody(serializers.Serializer):
    parts = serializers.ListField(child=BreakDownPart(), min_length=1, max_length=MOST_PARTS)
    split = Split(required=False, help_text="Without it nothing is split; a part's `kpi` is made as it is given.")
    counts = Choice(
        choices=choices(Counts), required=False, help_text="What a goal weighs above where it does not say."
    )
    state = Choice(choices=choices(Start), required=False, help_text="How the goals begin; `proposed` when not given.")
    dry_run = Flag(required=False, default=False, help_text="Work everything out, write nothing.")


class PartAnswer(serializers.Serializer):
    goal = serializers.IntegerField(allow_null=True, help_text="Null for a new goal in a dry run.")
    kpi = serializers.IntegerField(allow_null=True)
    proposal = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    level = serializers.IntegerField()
    owner = serializers.IntegerField(allow_null=True)
    unit = serializers.IntegerField(allow_null=True)
    weight = serializers.CharField(help_text=DECIMAL)
    state = serializers.ChoiceField(choices=Goal.State.choices)
    target = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} Null where it takes no part of a target.")
    fixed = serializers.BooleanField(help_text="By hand or agreed; the others were split around it.")
    people = serializers.IntegerField(help_text="How many it stands for.")
    last_period = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} What it brought in its newest period.")


class BreakDownAnswer(serializers.Serializer):
    goal = serializers.IntegerField()
    total = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} The target that is split.")
    combined = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} What all parts come to, earlier ones too.")
    gap = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} `combined` minus `total`.")
    gap_share = Figure(allow_null=True, help_text="The gap as a share of the target.")
    verdict = serializers.ChoiceField(choices=choices(Verdict), allow_null=True)
    dry_run = serializers.BooleanField()
    act = serializers.IntegerField(allow_null=True, help_text="What can be taken back in one step.")
    parts = PartAnswer(many=True)


class BreakDown(Resource):
    @operation(
        body=BreakDownBody,
        answer=BreakDownAnswer,
        status=201,
        also=200,
        refuses=(409,),
        examples=(OpenApiExample("Three take part in 100 leads", EXAMPLE, request_only=True),),
    )
    def create(self, request, pk):
        """Break a goal down: goals below it with their KPIs and parts of its target, proposed to their owners.

        All or nothing, in one transaction that its author can undo in one step. Parts add up exactly, by largest
        remainder; what is fixed by hand or agreed before stays. A dry run answers 200 with what would be created.
        Error codes: `fixed_exceed_total`, `not_a_multiple`, `nobody_left`, `nothing_left`, `gap_unexplained`,
        `owner_must_accept`, those of new goals and KPIs with the row of the part, counted from 1; 409 `parent_ended`.
        """
        related = Goal.objects.visible_to(self.person).select_related("organisation", "level", "unit", "owner__unit")
        goal = get_object_or_404(related, pk=pk)
        self.may(Rights.of(self.person).can_add_below(goal), "You may not add goals there.")
        body = self.checked(request.data)
        plan = self.plan(goal, body)
        if body["dry_run"]:
            with transaction.atomic():
                made = breakdown.create(plan, by=self.person)
                transaction.set_rollback(True)
            return Response(told(goal, made.preview, None, None, dry_run=True))
        words = str(_("“%(goal)s” broken down")) % undo.called(goal.title)
        with undo.act(self.person, words) as act:
            made = breakdown.create(plan, by=self.person)
        return Response(told(goal, made.preview, made, act.pk, dry_run=False), 201)

    def checked(self, data: Any) -> dict[str, Any]:
        """The body; what its parts refer to is read once for all."""
        parts = data.get("parts") if isinstance(data, dict) else None
        rows = [row for row in parts if isinstance(row, dict)] if isinstance(parts, list) else []
        shape = BreakDownPart()
        fetched = {name: shape.fields[name].fetch(self.person, named(rows[:MOST_PARTS], [name])) for name in SHARED}
        body = BreakDownBody(data=data, context=self.context | {"fetched": fetched})
        body.is_valid(raise_exception=True)
        return body.validated_data

    def plan(self, goal: Goal, body: dict[str, Any]) -> Plan:
        split = body.get("split") or {}
        source = split.get("kpi")
        if source is not None and (source.goal_id != goal.pk or source.target is None or source.state != "active"):
            refuse("split.kpi", "not_of_goal", "It is no active KPI of this goal with a target.")
        return Plan(
            goal=goal,
            parts=self.parts(goal, body["parts"], source),
            source=source,
            rule=split.get("rule") or (breakdown.default_rule(source) if source else Rule.same),
            step=split.get("step"),
            weighing=split.get("weights") or Weighing.EQUAL,
            counts=body.get("counts", ""),
            start=body.get("state") or Start.PROPOSED,
            reason=split.get("reason", ""),
        )

    def parts(self, goal: Goal, given: list[dict[str, Any]], source: Kpi | None) -> list[Part]:
        below = {each.goal_id: each.goal for each in breakdown.proposals_below(goal, source)}
        found, errors = [], []
        for place, each in enumerate(given, 1):
            kpi = {name: value for name, value in each.get("kpi", {}).items() if name != "reason"}
            again = each.get("goal")
            if again is not None and again.pk not in below:
                message = "It took no part of this target before."
                errors.append({"row": place, "field": "goal", "code": "not_a_part", "message": message})
            part = Part(
                unit=each.get("unit"),
                owner=each.get("owner"),
                goal=below.get(again.pk) if again is not None else None,
                title=each.get("title", ""),
                level=each.get("level"),
                weight=each.get("weight"),
                number=kpi.get("target") if source else None,
                basis=each.get("split_weight"),
                kpi=kpi,
            )
            found.append(part)
        if errors:
            raise RowsRefused(errors)
        return found


def told(goal: Goal, found: Preview, made: Made | None, act: int | None, *, dry_run: bool) -> dict[str, Any]:
    gap = found.gap
    return {
        "goal": goal.pk,
        "total": written(found.total),
        "combined": gap and written(gap.combined),
        "gap": gap and written(gap.gap),
        "gap_share": gap and figure(gap.share),
        "verdict": gap and str(gap.verdict),
        "dry_run": dry_run,
        "act": act,
        "parts": [told_part(line, made, at) for at, line in enumerate(found.lines)],
    }


def told_part(line: Line, made: Made | None, at: int) -> dict[str, Any]:
    goal = made.goals[at] if made else line.part.goal
    proposal = made.proposals.get(goal.pk) if made else getattr(goal, "proposal", None)
    return {
        "goal": goal and goal.pk,
        "kpi": proposal and proposal.kpi_id,
        "proposal": proposal and proposal.pk,
        "title": line.title,
        "level": line.level.pk,
        "owner": line.owner and line.owner.pk,
        "unit": line.unit and line.unit.pk,
        "weight": written(line.weight),
        "state": goal.state if goal else line.state,
        "target": written(line.number) if line.takes_part else None,
        "fixed": line.fixed,
        "people": line.people,
        "last_period": written(line.last),
    }


routes = []
singles = [("goals/<int:pk>/break-down", BreakDown, {"post": "create"})]
