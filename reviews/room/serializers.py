"""What the API takes and answers about decisions, the agenda and corrections."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import Choice, Day, Exact, Flag, IdReference, QueryReference, Reference, References, Row, Text, Whole
from cascade.wire import figure as figured
from goals.models import GoalFigures
from goals.serializers import LONGEST_TEXT, active_people, goals
from kpis.models import Kpi
from kpis.serializers import kpis
from people.serializers import ordering, people
from reviews.models import CheckIn, Decision, Review
from reviews.room.acts import Weighed
from reviews.room.effects import number

Kind = Decision.Kind
FIELDS: dict[str, tuple[set[str], set[str]]] = {  # of each kind: those it needs, and those it may have besides
    Kind.ADJUST_TARGET: (
        {"kpi", "since"},
        {"baseline", "target", "stretch", "lower", "upper", "fade", "zero_at", "trajectory", "milestones", "rebase"},
    ),
    Kind.RE_WEIGHT: ({"weights"}, set()),
    Kind.PAUSE: (set(), {"until"}),
    Kind.RESUME: (set(), set()),
    Kind.CLOSE: (set(), {"with_descendants"}),
    Kind.CANCEL: (set(), {"with_descendants"}),
    Kind.ADD_ACTION: ({"title", "owner", "due"}, {"description", "kpis"}),
    Kind.KEEP: (set(), set()),
}
ALWAYS = {"review", "goal", "kind", "reason", "version", "dry_run"}


def reviews(person):
    return Review.objects.visible_to(person)


class MovedRow(serializers.Serializer):
    goal = serializers.IntegerField(allow_null=True, help_text="Null for all those that the caller may not see.")
    before = serializers.CharField(allow_null=True, help_text="Progress, 0 to 1.")
    after = serializers.CharField(allow_null=True, help_text="Progress as it was promised.")
    expected = serializers.CharField(allow_null=True)
    status_before = serializers.ChoiceField(choices=GoalFigures.Status.choices, allow_null=True)
    status_after = serializers.ChoiceField(choices=GoalFigures.Status.choices, allow_null=True)

    @staticmethod
    def told(row: dict[str, Any]) -> dict[str, Any]:
        figures = {name: figured(number(row[name])) for name in ("before", "after", "expected")}
        return {"goal": row["goal"], **figures, "status_before": row["was"], "status_after": row["status"]}


class DecisionRow(Row):
    """One decision of a review; never changed, only taken back by another."""

    id = serializers.IntegerField(allow_null=True, help_text="Null in a dry run.")
    review = serializers.IntegerField(source="review_id")
    goal = serializers.IntegerField(source="goal_id")
    kpi = serializers.IntegerField(source="kpi_id", allow_null=True)
    action = serializers.IntegerField(
        source="action_id", allow_null=True, help_text="The initiative that an `add_action` made."
    )
    kind = serializers.ChoiceField(choices=Kind.choices)
    reason = serializers.CharField()
    by = serializers.IntegerField(source="by_id", allow_null=True)
    at = serializers.DateTimeField(allow_null=True, help_text="Null in a dry run.")
    since = serializers.DateField(allow_null=True, help_text="The day from which a target counts.")
    until = serializers.DateField(allow_null=True, help_text="The day on which a pause is to end.")
    before = serializers.JSONField(help_text="What was decided about, as it was: target, weights, state or action.")
    after = serializers.JSONField(help_text="The same as it was decided.")
    effect = MovedRow(many=True, help_text="The goal and those above it, nearest first, as promised at that moment.")
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True, help_text="What it takes back.")
    reversed_by = serializers.IntegerField(allow_null=True, help_text="What took it back.")


class DecisionQuery(PageQuery):
    review = QueryReference(reviews)
    goal = QueryReference(goals)
    kpi = QueryReference(kpis)
    by = QueryReference(people)
    kind = Choice(required=False, choices=Kind.choices)
    ordering = ordering("-id", "id")


class WeightGiven(serializers.Serializer):
    goal = Reference(goals, required=False, help_text="A goal right below; or")
    kpi = Reference(kpis, required=False, help_text="a KPI of the goal.")
    weight = Exact(max_digits=18, decimal_places=6, min_value=0)
    version = Whole(required=False, min_value=1, help_text="The version of that goal or KPI that was seen.")

    def validate(self, fields):
        if ("goal" in fields) == ("kpi" in fields):
            raise serializers.ValidationError({"goal": [missing("Name a goal or a KPI.")]})
        return Weighed(fields.get("goal") or fields["kpi"], fields["weight"], fields.get("version"))


def missing(message: str) -> serializers.ErrorDetail:
    return serializers.ErrorDetail(message, "required")


class DecisionNew(serializers.Serializer):
    """`goal` and `kind`, and what that kind needs: `adjust_target` `kpi`, `since` and what is asked; `re_weight`
    `weights`; `pause` may have `until`; `close` and `cancel` `with_descendants`; `add_action` `title`, `owner` and
    `due`."""

    review = IdReference(reviews, help_text="A review that is being held.")
    goal = Reference(goals, help_text="The review's goal, or one right below it.")
    kind = Choice(choices=Kind.choices)
    reason = Text(required=False, max_length=2000, help_text="Why; not needed in a dry run.")
    version = Whole(
        required=False, min_value=1, help_text="The version seen of the goal, or of the KPI whose target changes."
    )
    dry_run = Flag(required=False, default=False, help_text="Tell what it would do, write nothing.")
    kpi = Reference(kpis, required=False)
    since = Day(required=False, help_text="From this day on; within the KPI's life.")
    baseline = Exact(required=False, allow_null=True)
    target = Exact(required=False, allow_null=True)
    stretch = Exact(required=False, allow_null=True)
    lower = Exact(required=False, allow_null=True)
    upper = Exact(required=False, allow_null=True)
    fade = Exact(required=False, allow_null=True)
    zero_at = Exact(required=False, allow_null=True)
    trajectory = Choice(required=False, choices=Kpi.Trajectory.choices)
    milestones = serializers.DictField(required=False, child=Exact(), help_text="Values by the first day of a period.")
    rebase = Flag(required=False, help_text="Measure from `since` on.")
    weights = WeightGiven(many=True, required=False, min_length=1, max_length=200)
    until = Day(required=False, help_text="When a pause is to end; without it when somebody resumes it.")
    with_descendants = Flag(required=False, help_text="End everything open below as well.")
    title = Text(required=False, max_length=500, help_text="What is to be done.")
    owner = Reference(active_people, required=False, help_text="Who does it.")
    due = Day(required=False, help_text="Until when.")
    description = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    kpis = References(kpis, required=False, help_text="Those of the goal that the action is to move.")

    def validate(self, fields):
        needs, may = FIELDS[fields["kind"]]
        wrong = {name: [missing("This kind of decision needs it.")] for name in needs - fields.keys()}
        if not fields["dry_run"] and "reason" not in fields:
            wrong["reason"] = [missing("Say why.")]
        message = "It does not belong to this kind of decision."
        for name in fields.keys() - ALWAYS - needs - may:
            wrong[name] = [serializers.ErrorDetail(message, "not_for_kind")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return fields


class DecisionReversal(serializers.Serializer):
    review = IdReference(reviews, help_text="The review that takes it back; it is being held and covers the same goal.")
    reason = Text(max_length=2000)


class AgendaItem(serializers.Serializer):
    goal = serializers.IntegerField()
    urgency = serializers.IntegerField(
        help_text="0 overdue, stale or a pause that is over; 1 at risk or off track; 2 seen differently or blocked; "
        "3 only if there is time."
    )
    overdue_since = serializers.DateField(allow_null=True, help_text="The review of it that nobody prepared.")
    stale = serializers.BooleanField(help_text="At least half of it rests on values that are out of date.")
    pause_is_over = serializers.BooleanField()
    disagrees = serializers.BooleanField(help_text="A reported status is not what the figures said.")
    cost = serializers.CharField(help_text="What it lacks against its pace, in progress of the review's goal.")
    check_ins = serializers.ListField(child=serializers.IntegerField(), help_text="The prepared ones, owner's first.")
    decisions = serializers.ListField(child=serializers.IntegerField(), help_text="Those of this review about it.")


class OutcomeRow(serializers.Serializer):
    decision = serializers.IntegerField()
    then = serializers.CharField(allow_null=True, help_text="Progress when it was decided.")
    now = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    state = serializers.CharField(
        help_text="Of an action `open`, `overdue`, `done` or `dropped`; of a pause `paused` or `over`; `reversed`; or "
        "empty."
    )


class AgendaAnswer(serializers.Serializer):
    review = serializers.IntegerField()
    last_review = serializers.IntegerField(allow_null=True)
    outcomes = OutcomeRow(many=True, help_text="The decisions of the last review and what came of them.")
    items = AgendaItem(many=True, help_text="The review's goal, then those right below it, the most urgent first.")


class CorrectionRow(Row):
    id = serializers.IntegerField()
    review = serializers.IntegerField(source="review_id")
    check_in = serializers.IntegerField(source="check_in_id", allow_null=True)
    by = serializers.IntegerField(source="by_id", allow_null=True)
    at = serializers.DateTimeField()
    text = serializers.CharField()


class CorrectionNew(serializers.Serializer):
    text = Text(max_length=10_000, help_text="What is right instead.")
    check_in = IdReference(
        lambda person: CheckIn.objects.visible_to(person), required=False, allow_null=True, help_text="If about one."
    )


TARGET = OpenApiExample(
    "A target from a day on, tried first",
    request_only=True,
    value={
        "review": 3,
        "goal": 36,
        "kind": "adjust_target",
        "kpi": 88,
        "since": "2026-10-01",
        "target": "60",
        "reason": "Remote diagnosis stays off until November.",
        "dry_run": True,
    },
)
ACTION = OpenApiExample(
    "Something to do",
    request_only=True,
    value={
        "review": 3,
        "goal": 36,
        "kind": "add_action",
        "title": "Release parts from the Bergen store",
        "owner": 17,
        "due": "2026-10-15",
        "reason": "Two depots run empty.",
    },
)
DECIDED = OpenApiExample(
    "What it does above",
    response_only=True,
    value={
        "id": 41,
        "review": 3,
        "goal": 36,
        "kpi": 88,
        "action": None,
        "kind": "adjust_target",
        "reason": "Remote diagnosis stays off until November.",
        "by": 4,
        "at": "2026-09-16T12:04:00Z",
        "since": "2026-10-01",
        "until": None,
        "before": {"asked": {"target": "65"}, "actual": "53", "progress": "0.436", "status": "off_track"},
        "after": {"asked": {"target": "60"}, "actual": "53", "progress": "0.498", "status": "at_risk"},
        "effect": [
            {
                "goal": 36,
                "before": "0.430000",
                "after": "0.498000",
                "expected": "0.694000",
                "status_before": "off_track",
                "status_after": "at_risk",
            }
        ],
        "reverses": None,
        "reversed_by": None,
    },
)
