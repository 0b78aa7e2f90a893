"""What the API takes and answers about KPIs and their measurements."""

import re
from decimal import Decimal

from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import (
    AsOfQuery,
    Choice,
    Day,
    Exact,
    Figure,
    Moment,
    Query,
    QueryFlag,
    QueryReference,
    QueryWhole,
    Reference,
    References,
    Row,
    Several,
    Text,
)
from goals.models import Cycle, Goal
from kpis.attainment import Reason
from kpis.models import Kpi, KpiFigures, Process, Resource
from kpis.targets import Decision
from people.serializers import EXTERNAL_ID, external_id, ordering, people

LONGEST_NOTE = 10_000
DECIMAL = "A decimal."
NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)


def goals(person):
    return Goal.objects.visible_to(person).select_related("unit", "owner__unit")


def cycles(person):
    return Cycle.objects.visible_to(person)


def kpis(person):
    return Kpi.objects.visible_to(person).select_related("goal__unit", "goal__owner__unit")


def decimal(help_text: str = "", **options) -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=f"{DECIMAL} {help_text}".strip(), **options)


def processes(person):
    return Process.objects.visible_to(person)


def resources(person):
    return Resource.objects.visible_to(person)


class KpiRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    key = serializers.CharField(help_text="Its name for formulas; unique in the organisation.")
    name = serializers.CharField()
    definition = serializers.CharField(help_text="What is counted, and how.")
    unit = serializers.CharField(help_text="Of its values, such as h, % or NOK.")
    kind = serializers.ChoiceField(choices=Kpi.Kind.choices)
    direction = serializers.ChoiceField(choices=Kpi.Direction.choices, allow_null=True)
    baseline = decimal()
    target = decimal()
    stretch = decimal("A target beyond the target.")
    lower = decimal("The lower edge of the band to maintain.")
    upper = decimal("The upper edge of the band to maintain.")
    fade = decimal("How far outside of the band progress falls to 0.")
    zero_at = decimal("The value that counts as nothing, where each period has its target.")
    start = serializers.DateField(allow_null=True, help_text="Null: that of the goal, else of the cycle.")
    due = serializers.DateField(allow_null=True, help_text="Null: that of the goal, else of the cycle.")
    measured_from = serializers.DateField(help_text="The first day of its life.")
    measured_until = serializers.DateField(help_text="The last day of its life.")
    cadence = serializers.ChoiceField(choices=Kpi.Cadence.choices)
    aggregation = serializers.ChoiceField(choices=Kpi.Aggregation.choices)
    target_mode = serializers.ChoiceField(choices=Kpi.TargetMode.choices)
    trajectory = serializers.ChoiceField(choices=Kpi.Trajectory.choices)
    milestones = serializers.DictField(
        child=serializers.CharField(), help_text="Decimals by the first day of their period."
    )
    weight = serializers.CharField(help_text="A decimal, 0 or more: its weight in the goal. 0 is tracked, not counted.")
    indicator = serializers.ChoiceField(choices=Kpi.Indicator.choices)
    source = serializers.ChoiceField(choices=Kpi.Source.choices)
    source_note = serializers.CharField(help_text="Who publishes the number, as imported data says.")
    formula = serializers.CharField(
        allow_null=True, help_text="By which its values are calculated; with … for KPIs that the caller may not see."
    )
    data_owner = serializers.IntegerField(source="data_owner_id", allow_null=True, help_text="Who enters the values.")
    state = serializers.ChoiceField(choices=Kpi.State.choices, help_text="Only active ones count and take values.")
    min_value = decimal("The lowest value that is possible.")
    max_value = decimal("The highest value that is possible.")
    benchmark = decimal("What others reach.")
    benchmark_source = serializers.CharField(help_text="Who says so.")
    benchmark_on = serializers.DateField(allow_null=True, help_text="As of when.")
    processes = serializers.ListField(child=serializers.IntegerField(), help_text="Those it is measured in.")
    resources = serializers.ListField(
        child=serializers.IntegerField(), help_text="Training and guides for this KPI; those that the caller may see."
    )
    actual = Figure(allow_null=True, help_text="Its values as one, in its unit.")
    raw = Figure(allow_null=True, help_text="Attainment, which may be below 0 or above 1.")
    progress = Figure(allow_null=True, help_text="0 to 1; null without a score.")
    expected = Figure(allow_null=True, help_text="What the plan asks for at `pace`, 0 to 1.")
    gap = Figure(allow_null=True, help_text="Progress minus expected.")
    stretch_progress = Figure(allow_null=True, help_text="The way from the target to the stretch, once it is met.")
    status = serializers.ChoiceField(
        choices=KpiFigures.Status.choices, allow_null=True, help_text="Null before the first roll-up."
    )
    reason = serializers.ChoiceField(
        choices=[(str(each), str(each)) for each in Reason], allow_null=True, help_text="Why there is no score."
    )
    stale = serializers.BooleanField(allow_null=True, help_text="A value is overdue.")
    late = serializers.BooleanField(allow_null=True, help_text="It was done after the due date.")
    ended = serializers.BooleanField(allow_null=True, help_text="The due date has passed.")
    completeness = Figure(allow_null=True, help_text="Share of the periods to be judged that have a value.")
    counted = serializers.BooleanField(allow_null=True, help_text="It counts for the coverage of its goal.")
    pace = serializers.DateField(allow_null=True, help_text="The date at which `expected` was taken.")
    latest_period = serializers.DateField(
        allow_null=True, help_text="The newest period with a value, by its first day."
    )
    latest_value = decimal()
    latest_observed_on = serializers.DateField(allow_null=True)
    forecast = Figure(
        source="forecast_point",
        allow_null=True,
        help_text="Where it ends up if its trend goes on, in its unit; null without one, with `as_of` or `known`.",
    )
    probability = Figure(
        source="forecast_probability", allow_null=True, help_text="That it then meets its target, 0 to 1."
    )
    rolled_up = serializers.BooleanField(help_text="The figures include everything committed for this KPI.")
    rolled_up_at = serializers.DateTimeField(
        allow_null=True, help_text="When the figures last changed; null with `as_of` or `known`."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When the definition last changed.")

    LINKS = ("processes", "resources")


def value(**options) -> Exact:
    return Exact(required=False, allow_null=True, **options)


class KpiChange(serializers.Serializer):
    """A KPI's definition is checked as a whole; the codes of what is wrong are those of docs/domain.md section 4."""

    external_id = external_id()
    key = Text(required=False, max_length=100, help_text="Made from the name when not given.")
    name = Text(max_length=500)
    definition = Text(required=False, allow_blank=True, max_length=20_000)
    unit = Text(required=False, allow_blank=True, max_length=100)
    kind = Choice(required=False, choices=Kpi.Kind.choices)
    direction = Choice(required=False, allow_null=True, choices=Kpi.Direction.choices)
    baseline = value()
    target = value()
    stretch = value()
    lower = value()
    upper = value()
    fade = value()
    zero_at = value()
    start = Day(required=False, allow_null=True)
    due = Day(required=False, allow_null=True)
    cadence = Choice(required=False, choices=Kpi.Cadence.choices)
    aggregation = Choice(required=False, choices=Kpi.Aggregation.choices)
    target_mode = Choice(required=False, choices=Kpi.TargetMode.choices)
    trajectory = Choice(required=False, choices=Kpi.Trajectory.choices)
    milestones = serializers.DictField(
        required=False, child=Exact(), help_text="Values by the first day of their period."
    )
    weight = Exact(required=False, max_digits=18, decimal_places=6)
    indicator = Choice(required=False, choices=Kpi.Indicator.choices)
    source = Choice(required=False, choices=Kpi.Source.choices, help_text="`rollup` is set at `kpis/{id}/sources/`.")
    formula = Text(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=500,
        help_text="In keys of KPIs: numbers, + - * /, parentheses, min(..), max(..), abs(x), round(x, 0..10).",
    )
    source_note = Text(required=False, allow_blank=True, max_length=20_000)
    data_owner = Reference(people, required=False, allow_null=True)
    state = Choice(required=False, choices=Kpi.State.choices)
    min_value = value()
    max_value = value()
    benchmark = value()
    benchmark_source = Text(required=False, allow_blank=True, max_length=500)
    benchmark_on = Day(required=False, allow_null=True)
    processes = References(
        processes, required=False, help_text="Those it is measured in; the list takes the place of what was."
    )
    resources = References(
        resources, required=False, help_text="Training and guides for it; the list takes the place of what was."
    )
    reason = Text(required=False, allow_blank=True, max_length=LONGEST_NOTE, help_text="Why; kept in the history.")


class KpiNew(KpiChange):
    goal = Reference(goals, help_text="The goal it measures; it stays with it.")


class KpiQuery(PageQuery, AsOfQuery):
    goal = QueryReference(goals)
    cycle = QueryReference(cycles, help_text="KPIs of the goals of this cycle.")
    state = Choice(required=False, choices=Kpi.State.choices)
    status = Choice(required=False, choices=KpiFigures.Status.choices)
    stale = QueryFlag(required=False, help_text="Whether a value is overdue.")
    data_owner = QueryReference(people, none=True, help_text="`none`: those without one.")
    unit = Text(required=False, max_length=100, help_text="Of the values, as it is written.")
    cadence = Choice(required=False, choices=Kpi.Cadence.choices)
    source = Choice(required=False, choices=Kpi.Source.choices)
    external_id = Text(required=False, max_length=200)
    key = Text(required=False, max_length=100)
    ids = Several(QueryWhole(), help_text="Ids separated by commas, at most 500.")
    search = Text(required=False, max_length=200, help_text="A part of the name, the key or the definition.")
    updated_since = Moment(required=False, help_text="Definition or figures changed at or after this moment.")
    ordering = ordering(
        "id", "-id", "name", "-name", "key", "-key", "due", "-due", "weight", "-weight", "progress", "-progress",
        "gap", "-gap", "updated_at", "-updated_at",
    )  # fmt: skip


class TargetRow(Row):
    """A decision about what is asked of a KPI."""

    since = serializers.DateField(allow_null=True, help_text="The day from which it is asked; null: the beginning.")
    holds = serializers.BooleanField(help_text="It is what is asked today.")
    version = serializers.IntegerField()
    recorded_at = serializers.DateTimeField(source="history_date")
    changed_by = serializers.IntegerField(source="history_user_id", allow_null=True)
    reason = serializers.CharField(source="history_change_reason", allow_null=True)
    direction = serializers.ChoiceField(choices=Kpi.Direction.choices, allow_null=True)
    target_mode = serializers.ChoiceField(choices=Kpi.TargetMode.choices)
    baseline = decimal()
    target = decimal()
    stretch = decimal()
    lower = decimal()
    upper = decimal()
    fade = decimal()
    zero_at = decimal()
    trajectory = serializers.ChoiceField(choices=Kpi.Trajectory.choices)
    milestones = serializers.DictField(child=serializers.CharField())
    start = serializers.DateField(allow_null=True)
    due = serializers.DateField(allow_null=True)
    rebased_on = serializers.DateField(allow_null=True, help_text="The day from which the path runs anew.")

    @classmethod
    def told(cls, decision: Decision) -> dict:
        version = vars(decision.version)
        return cls().to_representation({**version, **decision.row, "since": decision.since, "holds": decision.holds})


class TargetNew(serializers.Serializer):
    """What is asked from a day on. The codes of what is wrong are those of docs/domain.md section 4, and
    reason_required, since_outside_life, rebase_needs_by_due, nothing_changes."""

    since = Day(help_text="From this day on; within the KPI's life.")
    reason = Text(max_length=LONGEST_NOTE, help_text="Why; everybody who sees the KPI reads it.")
    baseline = value()
    target = value()
    stretch = value()
    lower = value()
    upper = value()
    fade = value()
    zero_at = value()
    trajectory = Choice(required=False, choices=Kpi.Trajectory.choices)
    milestones = serializers.DictField(
        required=False, child=Exact(), help_text="Values by the first day of their period."
    )
    rebase = serializers.BooleanField(
        required=False,
        help_text="Measure from that day on, from `baseline` or from where the KPI stood the evening before.",
    )


class TargetQuery(PageQuery):
    ordering = ordering("recorded_at", "-recorded_at")


def number(data) -> Decimal | None:
    """The number in a JSON value; None when it is none. How many digits it may have is not asked here."""
    if isinstance(data, str):
        return Decimal(data) if NUMBER.fullmatch(data) else None
    return Decimal(data) if isinstance(data, int | Decimal) and not isinstance(data, bool) else None


class MeasuredValue(Exact):
    default_error_messages = {"not_a_number": "Enter a number, such as 12.5."}

    def to_internal_value(self, data):
        found = number(data)
        return self.fail("not_a_number") if found is None else found


class MeasurementRow(Row):
    kpi = serializers.IntegerField(source="kpi_id")
    period = serializers.DateField(help_text="The first day of the period, which is its name in addresses.")
    period_name = serializers.CharField(help_text="Such as 2026-08, 2026-W14 or FY2027-Q1.")
    period_end = serializers.DateField(help_text="The last day of the period within the KPI's life.")
    value = serializers.CharField(help_text=DECIMAL)
    observed_on = serializers.DateField(help_text="The day on which the world was like that.")
    final = serializers.BooleanField(help_text="Observed at the end of the period or later; else an interim value.")
    note = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.IntegerField(source="recorded_by_id", allow_null=True)
    version = serializers.IntegerField(help_text="How often it was recorded, corrected or withdrawn.")


class RevisionRow(Row):
    id = serializers.IntegerField()
    period = serializers.DateField()
    value = serializers.CharField(allow_null=True, help_text="A decimal; null: the value was withdrawn.")
    observed_on = serializers.DateField()
    note = serializers.CharField(help_text="For a correction or a withdrawal the reason.")
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.IntegerField(source="recorded_by_id", allow_null=True)


MeasurementQuery = type(  # a class cannot be written with a field called `from`
    "MeasurementQuery",
    (PageQuery, AsOfQuery),
    {
        "from": Day(required=False, help_text="Periods from the one that holds this date on."),
        "to": Day(required=False, help_text="Periods up to the one that holds this date."),
        "ordering": ordering("period", "-period"),
    },
)


class RevisionQuery(PageQuery):
    ordering = ordering("recorded_at", "-recorded_at")


class WithdrawQuery(Query):
    reason = Text(
        required=False, max_length=300, help_text="Why the value is withdrawn; needed. A longer one goes in a body."
    )


class MeasurementChange(serializers.Serializer):
    value = MeasuredValue()
    note = Text(
        required=False,
        allow_blank=True,
        max_length=LONGEST_NOTE,
        help_text="The reason, when a final value is corrected.",
    )
    observed_on = Day(
        required=False,
        allow_null=True,
        help_text="Default: today, or the period's last day when it is over. Measured once: the day it happened.",
    )


class MeasurementNew(MeasurementChange):
    date = Day(required=False, help_text="Any day of the period.")
    period = Day(required=False, help_text="The first day of the period; instead of `date`.")

    def validate(self, given):
        if ("date" in given) is ("period" in given):
            code, message = ("given_twice", "not both") if "date" in given else ("required", "one of them")
            raise serializers.ValidationError(
                {"date": [serializers.ErrorDetail(f"Give `date` or `period`, {message}.", code)]}
            )
        return given


class BulkRow(serializers.Serializer):
    kpi = serializers.IntegerField(required=False, help_text="Its id; or a text: its external id.")
    kpi_external_id = serializers.CharField(required=False, allow_null=True)
    date = serializers.DateField(help_text="Any day of the period.")
    value = serializers.CharField(allow_null=True, help_text="A decimal; null withdraws, with a note.")
    note = serializers.CharField(required=False, allow_blank=True, help_text="The reason of a correction.")
    observed_on = serializers.DateField(required=False, allow_null=True)


ON_ERROR = "`reject`: one bad row and nothing is written; `skip`: the other rows are."
DRY_RUN = "Say what would happen and write nothing."


class BulkNew(serializers.Serializer):
    """Of several rows for one period the last one counts. Without `on_error`: `reject`."""

    rows = serializers.ListField(child=BulkRow(), max_length=10_000)
    on_error = serializers.ChoiceField(required=False, choices=["reject", "skip"], help_text=ON_ERROR)
    dry_run = serializers.BooleanField(required=False, help_text=DRY_RUN)


class BulkQuery(Query):
    """For CSV, which has no place for them; in JSON the body wins."""

    on_error = Choice(choices=["reject", "skip"], default="reject", help_text=ON_ERROR)
    dry_run = QueryFlag(default=False, help_text=DRY_RUN)


class BulkError(serializers.Serializer):
    row = serializers.IntegerField(help_text="Counted from 1, a CSV's header left out.")
    field = serializers.CharField(help_text="Empty for the whole row.")
    code = serializers.CharField(help_text="Stable code for programs.")
    message = serializers.CharField()


class BulkAnswer(serializers.Serializer):
    accepted = serializers.IntegerField(help_text="Rows that made a revision.")
    unchanged = serializers.IntegerField(help_text="Rows that say nothing new.")
    rejected = serializers.IntegerField(help_text="Rows that were left out.")
    errors = BulkError(many=True)
