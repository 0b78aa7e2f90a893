"""What the API takes and answers about drafts and what-if questions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cascade.fields import plain
from cascade.paging import PageQuery
from cascade.wire import AsOfQuery, Choice, Day, Exact, Figure, Flag, QueryFlag, Reference, Row, Text
from goals.drafts import MOST_LINES
from goals.models import Draft, Goal, GoalFigures
from kpis.models import Kpi
from kpis.serializers import LONGEST_NOTE, goals
from people.serializers import ordering

WEIGHT = {"max_digits": 18, "decimal_places": 6, "min_value": Decimal(0), "required": False}


def kpis(person):
    return Kpi.objects.visible_to(person)


class GoalSet(serializers.Serializer):
    """What can be supposed of a goal."""

    weight = Exact(**WEIGHT)
    rollup_method = Choice(choices=Goal.Method.choices, required=False)
    state = Choice(choices=Goal.State.choices, required=False)
    parent = Reference(goals, required=False, allow_null=True, help_text="Null: at the top.")
    before = Reference(goals, required=False, allow_null=True, help_text="With `parent`: the sibling to stand before.")


class KpiSet(serializers.Serializer):
    """What can be supposed of a KPI. `actual` and `progress` are only tried: they are never applied."""

    actual = Exact(required=False, help_text="The value today, of a KPI that is to reach its target by its due date.")
    values = serializers.DictField(
        required=False, child=Exact(allow_null=True), help_text="Values by the first day of their period; null: none."
    )
    progress = Exact(required=False, decimal_places=18, max_digits=19, min_value=Decimal(0), max_value=Decimal(1))
    target = Exact(required=False)
    weight = Exact(**WEIGHT)
    state = Choice(choices=Kpi.State.choices, required=False)

    def validate_values(self, values):
        for day in values:
            Day().run_validation(day)
        return values


class AnySet(GoalSet, KpiSet):
    """What is supposed: of a goal `weight`, `rollup_method`, `state`, `parent`, `before`; of a KPI `actual`, `values`,
    `progress`, `target`, `weight`, `state`."""

    state = serializers.CharField(required=False, help_text="Of a goal or of a KPI.")


class ChangeNew(serializers.Serializer):
    """One line: what is supposed of one goal or one KPI, each named once. Moves are made in the order of the lines."""

    goal = Reference(goals, required=False, help_text="The goal; or `kpi`.")
    kpi = Reference(kpis, required=False, help_text="The KPI; or `goal`.")
    set = AnySet()


class SetField(serializers.DictField):
    """What is supposed, checked by the shape of its kind."""


class LineIn(serializers.Serializer):
    goal = Reference(goals, required=False)
    kpi = Reference(kpis, required=False)
    set = SetField()

    def validate(self, given):
        if ("goal" in given) is ("kpi" in given):
            code, message = ("given_twice", "not both") if "goal" in given else ("required", "one of them")
            raise serializers.ValidationError(
                {"goal": [serializers.ErrorDetail(f"Name `goal` or `kpi`, {message}.", code)]}
            )
        shape = (GoalSet if "goal" in given else KpiSet)(data=given["set"], context=self.context)
        refuse_unknown(given["set"], shape)
        if not shape.is_valid():
            raise serializers.ValidationError({"set": shape.errors})
        if "before" in given["set"] and "parent" not in given["set"]:
            raise serializers.ValidationError(
                {"set": {"parent": [serializers.ErrorDetail("Say below which goal, too.", "required")]}}
            )
        return {**given, "set": written(shape.validated_data)}


def refuse_unknown(given: Mapping[str, Any], shape: serializers.Serializer) -> None:
    if not given:
        raise serializers.ValidationError({"set": [serializers.ErrorDetail("Suppose something.", "required")]})
    unknown = {
        str(name): [serializers.ErrorDetail("This cannot be supposed here.", "unknown_field")]
        for name in given
        if name not in shape.fields
    }
    if unknown:
        raise serializers.ValidationError({"set": unknown})


def written(given: Mapping[str, Any]) -> dict[str, Any]:
    """As the lines of a draft keep it."""
    return {name: kept(value) for name, value in given.items()}


def kept(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Goal):
        return value.pk
    if isinstance(value, dict):
        return {str(day): kept(each) for day, each in value.items()}
    return value


@extend_schema_field(ChangeNew(many=True))
class Changes(serializers.ListField):
    """Lines as they were sent: each is checked on its own, so that every wrong one is told."""

    def __init__(self, **options):
        super().__init__(child=serializers.DictField(), max_length=MOST_LINES, **options)


class WhatIfBody(serializers.Serializer):
    changes = Changes(min_length=1)
    date = Day(required=False, allow_null=True, help_text="The day to look at, not after today. Default: today.")

    def validate_date(self, on):
        return on and AsOfQuery.validate_as_of(self, on)


class EffectRow(serializers.Serializer):
    goal = serializers.IntegerField(allow_null=True, help_text="Null: all goals that the caller may not see.")
    restricted = serializers.BooleanField(help_text="Goals that the caller may not see: told without figures.")
    before = Figure(allow_null=True, help_text="Progress as it is, 0..1.")
    after = Figure(allow_null=True, help_text="Progress as it would be, 0..1.")
    delta = Figure(allow_null=True, help_text="Null where one of the two has no data.")
    status_before = serializers.ChoiceField(choices=GoalFigures.Status.choices, allow_null=True)
    status_after = serializers.ChoiceField(choices=GoalFigures.Status.choices, allow_null=True)


class WhatIfAnswer(serializers.Serializer):
    date = serializers.DateField()
    goals = EffectRow(many=True, help_text="The largest change first.")


class ClashRow(serializers.Serializer):
    line = serializers.IntegerField(help_text="Counted from 1.")
    field = serializers.CharField(help_text="Empty: the whole line.")
    code = serializers.CharField()
    message = serializers.CharField()


class DraftEffects(WhatIfAnswer):
    conflicts = ClashRow(many=True, help_text="Lines that no longer fit what is stored; they stop the draft.")


class ChangeRow(serializers.Serializer):
    line = serializers.IntegerField(help_text="Its number in the draft, counted from 1.")
    goal = serializers.IntegerField(required=False)
    kpi = serializers.IntegerField(required=False)
    set = AnySet()


class DraftRow(Row):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id")
    shared = serializers.BooleanField(help_text="Everybody in the organisation may open it.")
    state = serializers.ChoiceField(choices=Draft.State.choices)
    reason = serializers.CharField(help_text="Why it was applied.")
    applied_by = serializers.IntegerField(source="applied_by_id", allow_null=True)
    applied_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DraftWhole(DraftRow):
    """With its lines, as far as the caller may see what they are about."""

    changes = ChangeRow(many=True)
    hidden_changes = serializers.IntegerField(help_text="Lines about what the caller may not see, or what is gone.")


class DraftNew(serializers.Serializer):
    name = Text(max_length=200)
    shared = Flag(required=False)
    changes = Changes(required=False)


class DraftChange(DraftNew):
    state = Choice(
        choices=[(state, state) for state in (Draft.State.OPEN.value, Draft.State.DISCARDED.value)],
        required=False,
        help_text="`discarded` puts it away, `open` takes it up again.",
    )


class DraftApply(serializers.Serializer):
    reason = Text(max_length=LONGEST_NOTE, help_text="Why; kept in the history of every goal and KPI.")
    record_values = Flag(
        default=False, help_text="The supposed values of periods were really measured: record them, with the reason."
    )


class DraftQuery(PageQuery):
    state = Choice(required=False, choices=Draft.State.choices)
    mine = QueryFlag(required=False, help_text="`true`: only the caller's own.")
    ordering = ordering("-updated_at", "updated_at", "name", "-name")
