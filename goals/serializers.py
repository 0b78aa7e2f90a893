"""What the API takes and answers about cycles, perspectives and goals."""

from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import (
    AsOfQuery,
    Choice,
    Day,
    Exact,
    Figure,
    Flag,
    Moment,
    QueryFlag,
    QueryReference,
    QueryWhole,
    Reference,
    References,
    Row,
    Several,
    Text,
    Whole,
)
from goals.models import Cycle, Goal, GoalFigures, Perspective
from people.models import Level
from people.serializers import EXTERNAL_ID, external_id, ordering, people, units

LONGEST_TEXT = 10_000
SORTED = ("title", "due", "progress", "gap", "weight", "updated_at")


class CycleQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    state = Choice(choices=Cycle.State.choices, required=False)
    ordering = ordering("-start", "start", "name", "-name")


class PerspectiveRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField()


class PerspectiveNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    position = Whole(required=False, min_value=0, max_value=32767)


class PerspectiveQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    ordering = ordering("position", "-position", "name", "-name")


def goals(person):
    return Goal.objects.visible_to(person).select_related("unit", "owner__unit")


def cycles(person):
    return Cycle.objects.visible_to(person)


def levels(person):
    return Level.objects.filter(organisation_id=person.organisation_id)


def perspectives(person):
    return Perspective.objects.visible_to(person)


def active_people(person):
    return people(person).active()


class GoalRow(Row):
    """A goal with its figures. An id of a goal that the caller may not see is null."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    cycle = serializers.IntegerField(source="cycle_id")
    level = serializers.IntegerField(source="level_id")
    parent = serializers.IntegerField(
        source="parent_id", allow_null=True, help_text="Null for a root, and where the caller may not see the parent."
    )
    has_parent = serializers.BooleanField(help_text="True with `parent` null: the caller may not see the parent.")
    position = serializers.IntegerField(help_text="Its place among its siblings; places may be left out.")
    depth = serializers.IntegerField(help_text="Goals above it.")
    title = serializers.CharField()
    description = serializers.CharField()
    why = serializers.CharField()
    contribution = serializers.CharField(help_text="How it helps its parent, in words.")
    owner = serializers.IntegerField(source="owner_id", allow_null=True, help_text="The one person accountable.")
    contributors = serializers.ListField(
        child=serializers.IntegerField(), help_text="People; with `as_of` or `known` those of today."
    )
    unit = serializers.IntegerField(source="unit_id", allow_null=True)
    perspective = serializers.IntegerField(source="perspective_id", allow_null=True)
    weight = serializers.CharField(help_text="A decimal, relative to its siblings; 0 is tracked, not counted.")
    rollup_method = serializers.ChoiceField(choices=Goal.Method.choices)
    state = serializers.ChoiceField(choices=Goal.State.choices)
    visibility = serializers.ChoiceField(choices=Goal.Visibility.choices)
    start = serializers.DateField(allow_null=True)
    due = serializers.DateField(allow_null=True)
    closed_on = serializers.DateField(allow_null=True)
    outcome = serializers.CharField(help_text="Of a closed goal: achieved, partial, missed or unknown; else empty.")
    closing_note = serializers.CharField()
    aligned = serializers.BooleanField(help_text="The root of its tree stands on the strategic level.")
    progress = Figure(allow_null=True, help_text="0 to 1; null without data.")
    expected = Figure(allow_null=True, help_text="What the plan asks for by now, 0 to 1.")
    gap = Figure(allow_null=True, help_text="Progress minus expected.")
    coverage = Figure(allow_null=True, help_text="The part of its weight that has data; null before a roll-up.")
    status = serializers.ChoiceField(choices=GoalFigures.Status.choices)
    stale = serializers.BooleanField(help_text="Some of its progress rests on values that are overdue.")
    stale_share = Figure(allow_null=True, help_text="How much of it, 0 to 1.")
    effective_weight = Figure(
        allow_null=True, help_text="Its part of its root's progress, 0 to 1; null before a roll-up."
    )
    trouble_below = serializers.IntegerField(
        allow_null=True,
        help_text="Goals below it that are at risk or off track, seen or not; null before a roll-up.",
    )
    smart_score = serializers.IntegerField(
        allow_null=True,
        help_text="How well it is put, 0 to 100, as `smart/` explains it; null with `as_of` or `known`.",
    )
    confidence = serializers.IntegerField(
        allow_null=True,
        help_text="1 (hardly) to 5 (sure), as its owner said last; null in the past, and to who may not know.",
    )
    kpi_count = serializers.IntegerField(help_text="Its own KPIs.")
    child_count = serializers.IntegerField(help_text="Goals directly below it that the caller may see.")
    rolled_up = serializers.BooleanField(help_text="The figures include everything committed.")
    rolled_up_at = serializers.DateTimeField(
        allow_null=True, help_text="When the figures last changed; null with `as_of` or `known`."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When people last changed something.")


def reason() -> Text:
    return Text(required=False, allow_blank=True, max_length=LONGEST_TEXT, help_text="Why; kept in the history.")


def text() -> Text:
    return Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)


class GoalChange(serializers.Serializer):
    """What people decide about a goal, but for its place (`move/`) and its state (`state/`). Computed fields and
    fields that are not named here are ignored."""

    external_id = external_id()
    cycle = Reference(cycles, help_text="Goals of one tree belong to one cycle.")
    level = Reference(levels, help_text="On or below the parent's level.")
    title = Text(max_length=500)
    description = text()
    why = text()
    contribution = text()
    owner = Reference(active_people, required=False, allow_null=True)
    contributors = References(people, required=False)
    unit = Reference(units, required=False, allow_null=True)
    perspective = Reference(perspectives, required=False, allow_null=True)
    weight = Exact(max_digits=18, decimal_places=6, min_value=0, required=False, help_text="1 when not given.")
    rollup_method = Choice(choices=Goal.Method.choices, required=False)
    visibility = Choice(choices=Goal.Visibility.choices, required=False)
    start = Day(required=False, allow_null=True)
    due = Day(required=False, allow_null=True)
    reason = reason()


class GoalNew(GoalChange):
    """A new goal. Fields that are not named here are ignored."""

    BEGIN = (Goal.State.DRAFT, Goal.State.PROPOSED, Goal.State.ACTIVE)

    cycle = Reference(cycles, required=False, help_text="The parent's when not given; a root needs one.")
    parent = Reference(goals, required=False, allow_null=True)
    before = Reference(goals, required=False, allow_null=True, help_text="The sibling to stand before; else the last.")
    state = Choice(
        choices=[(str(each), each.label) for each in BEGIN],
        required=False,
        help_text="`draft` when not given; `active` where the owner has agreed.",
    )


class GoalMove(serializers.Serializer):
    parent = Reference(goals, allow_null=True, help_text="The goal to stand below; null makes it a root.")
    before = Reference(goals, required=False, allow_null=True, help_text="The sibling to stand before; else the last.")
    reason = reason()


class GoalState(serializers.Serializer):
    state = Choice(choices=Goal.State.choices)
    reason = Text(
        required=False,
        allow_blank=True,
        max_length=LONGEST_TEXT,
        help_text="Why. Needed to reopen and to judge a progress.",
    )
    with_descendants = Flag(
        required=False, default=False, help_text="When it ends, everything open below it ends as well."
    )
    despite_smart = Flag(
        required=False,
        default=False,
        help_text="Start it although its S.M.A.R.T. score is lower than the organisation asks for; needs a reason.",
    )
    judged_progress = Exact(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="Of a goal that is closed without any data, 0 to 1.",
    )


def among(choices) -> Several:
    return Several(Choice(choices=choices), help_text="One, or several separated by commas.")


class GoalQuery(AsOfQuery, PageQuery):
    cycle = QueryReference(cycles)
    level = QueryReference(levels)
    parent = QueryReference(goals, none=True, help_text="Goals directly below this one; `none`: roots.")
    root = QueryReference(goals, help_text="This goal and everything below it.")
    unit = QueryReference(units, none=True)
    owner = QueryReference(people, none=True)
    perspective = QueryReference(perspectives, none=True)
    state = among(Goal.State.choices)
    status = among(GoalFigures.Status.choices)
    stale = QueryFlag(required=False)
    aligned = QueryFlag(required=False)
    search = Text(required=False, max_length=200, help_text="A part of title, why or external id.")
    updated_since = Moment(required=False, help_text="What people decided, or the figures, changed since then.")
    external_id = Text(required=False, max_length=200)
    ids = Several(QueryWhole(min_value=1), help_text="Ids separated by commas.")
    ordering = ordering("tree", *(f"{way}{name}" for name in SORTED for way in ("", "-")))


class TreeQuery(AsOfQuery, PageQuery):
    root = QueryReference(goals, help_text="This goal and everything below it; else all trees.")
    depth = QueryWhole(required=False, min_value=0, max_value=1000, help_text="At most so many steps below the root.")


class BelowQuery(PageQuery):
    depth = QueryWhole(required=False, min_value=1, max_value=1000, help_text="At most so many steps below the goal.")
