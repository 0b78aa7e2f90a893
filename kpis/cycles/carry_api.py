"""What the API takes and answers where goals go on into the next cycle."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from cascade.wire import Choice, Exact, Flag, Reference, Text, Whole, written
from goals.models import Goal
from goals.serializers import LONGEST_TEXT, cycles
from kpis.cycles import carrying
from kpis.cycles.carrying import MORE, MOST_GOALS, GoalLine, KpiLine, Plan
from kpis.cycles.proposing import Way

WAYS = (
    "From what targets are proposed: the `same` as before, the `last_result`, the `trend` drawn on, or `last_year` and "
    "`more` per cent better."
)


class Target(serializers.Serializer):
    kpi = Whole(min_value=1, help_text="The id of the earlier KPI.")
    target = Exact(allow_null=True)


class CarryOver(serializers.Serializer):
    into = Reference(cycles, help_text="The later cycle.")
    goals = serializers.ListField(
        child=Whole(min_value=1),
        required=False,
        max_length=MOST_GOALS,
        help_text="Ids; left out: all that were not cancelled.",
    )
    way = Choice(choices=list(Way), default=Way.same, help_text=WAYS)
    more = Exact(default=MORE, min_value=Decimal(-100), max_value=Decimal(1000), help_text="Per cent.")
    targets = Target(many=True, required=False, help_text="Targets that are set and not proposed.")
    propose = Flag(default=False, help_text="Owners are asked; else all begin as drafts.")
    reason = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    dry_run = Flag(default=False)


class CarriedGoalRow(serializers.Serializer):
    source = serializers.IntegerField(help_text="The earlier goal.")
    goal = serializers.IntegerField(allow_null=True, help_text="Its successor; null in a dry run.")
    parent = serializers.IntegerField(allow_null=True, help_text="The earlier goal below whose successor it stands.")
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[Goal.State.DRAFT, Goal.State.PROPOSED])
    start = serializers.DateField(allow_null=True)
    due = serializers.DateField(allow_null=True)


class CarriedKpiRow(serializers.Serializer):
    source = serializers.IntegerField(help_text="The earlier KPI.")
    kpi = serializers.IntegerField(allow_null=True, help_text="Its successor; null in a dry run.")
    name = serializers.CharField()
    baseline = serializers.CharField(allow_null=True, help_text="A decimal.")
    target = serializers.CharField(allow_null=True, help_text="A decimal.")
    proposed = serializers.DictField(child=serializers.CharField(), help_text="Targets by way; decimals.")
    by_hand = serializers.BooleanField(help_text="It was calculated from KPIs that do not all go along.")
    error = serializers.CharField(allow_null=True, help_text="Why its target cannot be, in words; only in a dry run.")


class There(serializers.Serializer):
    source = serializers.IntegerField()
    goal = serializers.IntegerField()


class CarriedOver(serializers.Serializer):
    dry_run = serializers.BooleanField()
    goals = CarriedGoalRow(many=True)
    kpis = CarriedKpiRow(many=True)
    there = There(many=True, help_text="Goals that went on before; nothing happens to them.")


def plan_of(source, body: dict[str, Any]) -> Plan:
    """Raises serializers.ValidationError for goals that are not in the cycle."""
    mine = Goal.objects.filter(cycle=source)
    if "goals" in body:
        found = set(mine.filter(pk__in=body["goals"]).values_list("pk", flat=True))
        if missing := sorted(set(body["goals"]) - found):
            told = serializers.ErrorDetail(f"Not in this cycle: {', '.join(map(str, missing[:10]))}.", "does_not_exist")
            raise serializers.ValidationError({"goals": [told]})
    else:
        found = set(mine.exclude(state=Goal.State.CANCELLED).values_list("pk", flat=True))
    targets = {each["kpi"]: each["target"] for each in body.get("targets", ())}
    names = ("into", "way", "more", "propose")
    given = {name: body[name] for name in names}
    return Plan(source, goals=found, targets=targets, reason=body.get("reason", ""), **given)


def told(found: carrying.Preview, made: carrying.Carried | None) -> dict[str, Any]:
    return {
        "dry_run": made is None,
        "goals": [goal_told(line, made) for line in found.lines],
        "kpis": [kpi_told(line, made) for line in found.kpis],
        "there": [{"source": source, "goal": goal} for source, goal in sorted(found.there.items())],
    }


def goal_told(line: GoalLine, made: carrying.Carried | None) -> dict[str, Any]:
    return {
        "source": line.source.pk,
        "goal": made and made.goals[line.source.pk].pk,
        "parent": line.parent,
        **{name: written(getattr(line.goal, name)) for name in ("title", "state", "start", "due")},
    }


def kpi_told(line: KpiLine, made: carrying.Carried | None) -> dict[str, Any]:
    return {
        "source": line.source.pk,
        "kpi": made and made.kpis[line.source.pk].pk,
        **{name: written(getattr(line.kpi, name)) for name in ("name", "baseline", "target")},
        "proposed": {str(way): written(target) for way, target in line.proposed.items()},
        "by_hand": line.by_hand,
        "error": line.error and " ".join(line.error.messages),
    }
