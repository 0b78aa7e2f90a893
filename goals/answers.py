"""What the API answers about how a goal's figures came about: explanation, contributions, change, trend."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cascade.wire import Choice, Day, Figure, Moment, Query, figure, moment, written
from goals.explaining import Line
from goals.rollup import Method

STEPS = ("day", "week", "month")
REASONS = "Why it is not counted or does not contribute; null when it does."


class PeriodValue(serializers.Serializer):
    period = serializers.DateField(help_text="The period's first day.")
    value = serializers.CharField(help_text="A decimal.")
    observed_on = serializers.DateField()
    final = serializers.BooleanField(help_text="Observed at the end of its period or later.")
    judged = serializers.BooleanField(help_text="The period is over and this value decides it.")
    target = Figure(allow_null=True, help_text="Where each period has its own.")
    attainment = Figure(allow_null=True, help_text="Unclamped; null where periods are not judged one by one.")


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/InputLine"}})
class InputLines(serializers.Field):
    """What a value came from, however deep."""


class InputLine(serializers.Serializer):
    """A KPI that a value was calculated from. Those that the caller may not see are one line with their `count`."""

    kpi = serializers.IntegerField(allow_null=True)
    key = serializers.CharField(allow_null=True)
    count = serializers.IntegerField(help_text="1, or how many are not shown.")
    value = serializers.CharField(allow_null=True, help_text="A decimal: what it gave in that period.")
    period = serializers.DateField(
        allow_null=True, help_text="Of a value that is calculated itself: the period of its own."
    )
    formula = serializers.CharField(allow_null=True, help_text="How that value is put together, in numbers.")
    parts = InputLines()


class KpiInputs(serializers.Serializer):
    """The newest value of a KPI that is calculated from others, down to what was measured."""

    period = serializers.DateField()
    value = serializers.CharField(help_text="A decimal.")
    formula = serializers.CharField(help_text="In numbers; empty where the caller may not see all of it.")
    parts = InputLine(many=True)


def told_inputs(found: Any) -> dict[str, Any]:
    return {
        "period": written(found.period),
        "value": written(found.value),
        "formula": found.formula,
        "parts": [told_input(part) for part in found.parts],
    }


def told_input(part: Any) -> dict[str, Any]:
    below = told_inputs(part.below) if part.below else {"period": None, "formula": None, "parts": []}
    return {**below, "kpi": part.kpi, "key": part.key or None, "count": part.count, "value": written(part.value)}


class KpiCalculation(serializers.Serializer):
    """How a KPI's progress came about (docs/domain.md section 6)."""

    direction = serializers.CharField(allow_null=True)
    target_mode = serializers.CharField()
    aggregation = serializers.CharField()
    baseline = serializers.CharField(allow_null=True)
    target = serializers.CharField(allow_null=True)
    actual = Figure(allow_null=True, help_text="Its values as one, in its unit.")
    raw = Figure(allow_null=True, help_text="Attainment before it is held between 0 and 1.")
    pace = serializers.DateField(allow_null=True, help_text="The date at which `expected` was taken.")
    completeness = Figure(allow_null=True)
    values = PeriodValue(many=True)
    inputs = KpiInputs(allow_null=True, help_text="Where the newest value comes from other KPIs.")


def told_calculation(row: dict[str, Any]) -> dict[str, Any]:
    found = row["score"]
    return {
        **{name: row[name] for name in ("direction", "target_mode", "aggregation")},
        **{name: written(row[name]) for name in ("baseline", "target")},
        **{name: figure(getattr(found, name)) for name in ("actual", "raw", "completeness")},
        "pace": written(found.pace),
        "values": [
            {
                "period": written(each.period.first),
                "value": written(each.value),
                "observed_on": written(each.observed_on),
                "final": each.final,
                "judged": each.judged,
                "target": figure(each.target),
                "attainment": figure(each.attainment),
            }
            for each in found.rows
        ],
        "inputs": told_inputs(row["inputs"]) if row.get("inputs") else None,
    }


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/ExplainedLine"}})
class Parts(serializers.Field):
    """Lines below a line, however deep."""


class ExplainedLine(serializers.Serializer):
    """One part of a goal. `restricted` stands for the parts that the caller may not see, without title and status."""

    kind = serializers.ChoiceField(choices=["kpi", "goal", "restricted"])
    id = serializers.IntegerField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    weight = serializers.CharField(help_text="A decimal, relative to the other parts.")
    share = Figure(help_text="Its share of the goal's progress: share * progress sums to it.")
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    coverage = Figure(help_text="Weighted by `weight` over what is counted it gives the goal's coverage.")
    status = serializers.CharField(allow_null=True)
    counted = serializers.BooleanField(help_text="It matters for coverage.")
    contributes = serializers.BooleanField(help_text="The progress is made of it.")
    stale = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text=REASONS)
    method = serializers.ChoiceField(
        choices=[str(each) for each in Method], allow_null=True, help_text="How a goal's parts become its progress."
    )
    calculation = KpiCalculation(required=False, help_text="Of a KPI.")
    parts = Parts(required=False, help_text="Of a goal.")


class Explanation(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    date = serializers.DateField()
    known = serializers.DateTimeField(allow_null=True)
    method = serializers.ChoiceField(choices=[str(each) for each in Method])
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    coverage = Figure()
    status = serializers.CharField()
    parts = ExplainedLine(many=True, help_text="KPIs first, then goals in their order, then what is restricted.")


FIGURES = ("share", "progress", "expected", "gap", "coverage")
PLAIN = ("kind", "id", "title", "status", "counted", "contributes", "stale", "reason", "method")


def told_lines(top: Line) -> list[dict[str, Any]]:
    """The parts of a line and of everything below it, however deep."""
    told: list[dict[str, Any]] = []
    waiting = [(line, told) for line in reversed(top["parts"])]
    while waiting:
        line, among = waiting.pop()
        here = {name: line[name] for name in PLAIN} | {name: figure(line[name]) for name in FIGURES}
        here["weight"] = written(line["weight"])
        here["status"] = line["status"] and str(line["status"])
        if line["kind"] == "kpi":
            here["calculation"] = told_calculation(line["calculation"])
        elif line["kind"] == "goal":
            here["parts"] = []
            waiting += [(part, here["parts"]) for part in reversed(line["parts"])]
        among.append(here)
    return told


def told_explanation(line: Line, on, known) -> dict[str, Any]:
    return {
        "goal": line["id"],
        "title": line["title"],
        "date": on.isoformat(),
        "known": moment(known),
        "method": line["method"],
        **{name: figure(line[name]) for name in FIGURES if name != "share"},
        "status": str(line["status"]),
        "parts": told_lines(line),
    }


class Leaf(serializers.Serializer):
    """A KPI or a closed goal; one line stands for all those that the caller may not see."""

    kind = serializers.ChoiceField(choices=["kpi", "goal", "restricted"])
    kpi = serializers.IntegerField(allow_null=True)
    goal = serializers.IntegerField(allow_null=True, help_text="The KPI's goal, or the closed goal itself.")
    title = serializers.CharField(allow_null=True)


class ContributionLine(Leaf):
    effective_weight = Figure(help_text="Of the goal's progress; they sum to 1.")
    progress = Figure(allow_null=True, help_text="Null without data, and when restricted.")
    points = Figure(help_text="Effective weight * progress; they sum to the goal's progress.")
    headroom = Figure(allow_null=True, help_text="What the goal would gain with this at 1; null when restricted.")


class EffectLine(Leaf):
    value = Figure(help_text="What its own progress did.")
    mix = Figure(help_text="What its weight did.")


class ChangeAnswer(serializers.Serializer):
    def get_fields(self):
        days = {"from": serializers.DateField(), "to": serializers.DateField()}
        return super().get_fields() | days

    goal = serializers.IntegerField()
    known = serializers.DateTimeField(allow_null=True)
    before = Figure(allow_null=True)
    after = Figure(allow_null=True)
    change = Figure(allow_null=True, help_text="Null, and no effects, where one of the days has no data.")
    effects = EffectLine(many=True, help_text="The largest first; value and mix sum to the change.")


def told_leaf(line: Line, *names: str) -> dict[str, Any]:
    told = {"kind": line["kind"], "kpi": line["kpi_id"], "goal": line["goal_id"], "title": line["title"]}
    return told | {name: figure(line[name]) for name in names}


def told_change(goal_id: int, asked: dict[str, Any], found: Line) -> dict[str, Any]:
    before, after = found["before"], found["after"]
    return {
        "goal": goal_id,
        "from": asked["from"].isoformat(),
        "to": asked["to"].isoformat(),
        "known": moment(asked.get("known")),
        "before": figure(before),
        "after": figure(after),
        "change": None if before is None or after is None else figure(after - before),
        "effects": [told_leaf(line, "value", "mix") for line in found["effects"]],
    }


class SpanQuery(Query):
    """From one day to another."""

    def get_fields(self):
        return {"from": Day(help_text="The first day."), "to": Day(help_text="The last day.")} | super().get_fields()

    def validate(self, given):
        if given["from"] > given["to"]:
            raise serializers.ValidationError({"to": serializers.ErrorDetail("It lies before `from`.", "dates_order")})
        if given["to"] > self.context["person"].organisation.today():
            raise serializers.ValidationError(
                {"to": serializers.ErrorDetail("That day has not come yet.", "in_future")}
            )
        return given


class ChangeQuery(SpanQuery):
    known = Moment(
        required=False, help_text="Both days by what was known then; else each by what was known at its end."
    )


class TrendQuery(SpanQuery):
    step = Choice(choices=[(each, each) for each in STEPS], default="day", help_text="`day` when not given.")


class TrendPoint(serializers.Serializer):
    date = serializers.DateField()
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    coverage = Figure(allow_null=True)
    status = serializers.CharField()
