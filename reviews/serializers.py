"""What the API takes and answers about reviews and check-ins."""

import datetime as dt

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from cascade.paging import PageQuery
from cascade.wire import Choice, Day, Flag, IdReference, QueryReference, Row, Text, Whole
from goals.models import Goal
from people.models import Person
from people.serializers import ordering
from reviews.models import CheckIn, Review

PLANNED = (Review.State.PLANNED, Review.State.CANCELLED)
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def reviews(person):
    return Review.objects.visible_to(person)


class ReviewQuery(PageQuery):
    goal = QueryReference(lambda person: Goal.objects.visible_to(person), help_text="Of this goal.")
    owner = QueryReference(lambda person: Person.objects.visible_to(person), help_text="Owed by this person.")
    state = Choice(required=False, choices=Review.State.choices)
    since = Day(required=False, help_text="Held on this day or later.")
    until = Day(required=False, help_text="Held on this day or earlier.")
    ordering = ordering("day", "-day")


class ReviewRow(Row):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    owner = serializers.IntegerField(source="owner_id", allow_null=True, help_text="Who owes it.")
    name = serializers.CharField(help_text="Its period, such as FY2027-Q1 or 2026-04.")
    first = serializers.DateField(help_text="The first day of its period.")
    end = serializers.DateField(help_text="The last day of its period within the goal's life.")
    day = serializers.DateField(help_text="When it is held.")
    time = serializers.RegexField(CLOCK, allow_null=True, help_text="By the clock of the organisation, when agreed.")
    closing = serializers.BooleanField(help_text="The goal ends with this period.")
    state = serializers.ChoiceField(choices=Review.State.choices)
    revision = serializers.IntegerField(help_text="Rises when a person moves it, calls it off or plans it again.")
    reason = serializers.CharField(help_text="What was said then.")
    opened_by = serializers.IntegerField(source="opened_by_id", allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    wins = serializers.CharField(help_text="What went well, as it was written down.")
    notes = serializers.CharField()
    signed_by = serializers.IntegerField(source="signed_by_id", allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)


class Clock(Text):
    """A time of the day, such as 14:30."""

    default_error_messages = {"invalid": "Use HH:MM."}

    def __init__(self, **options):
        super().__init__(validators=[RegexValidator(CLOCK, code="invalid", message="Use HH:MM.")], **options)

    def run_validation(self, data=empty):
        found = super().run_validation(data)
        return dt.time.fromisoformat(found) if isinstance(found, str) else found


class ReviewChange(serializers.Serializer):
    day = Day(required=False, help_text="Moves it; from today to a year after its period.")
    time = Clock(required=False, allow_null=True, help_text="By the clock of the organisation; null: at no set time.")
    state = Choice(
        required=False,
        choices=Review.State.choices,
        help_text="`open` begins it, `signed` signs it off; `cancelled` calls it off, `planned` plans again what a "
        "person called off.",
    )
    wins = Text(required=False, allow_blank=True, max_length=10_000, help_text="What went well; while it is held.")
    notes = Text(required=False, allow_blank=True, max_length=10_000, help_text="While it is held.")
    reason = Text(required=False, allow_blank=True, max_length=1000, help_text="Needed to move it and to call it off.")

    def validate(self, fields):
        if fields.get("state") == Review.State.CANCELLED and fields.keys() & {"day", "time"}:
            message = "It is either moved or called off."
            raise serializers.ValidationError({"state": [ErrorDetail(message, "moved_and_cancelled")]})
        held = fields.keys() & {"wins", "notes"} or fields.get("state") in (Review.State.OPEN, Review.State.SIGNED)
        planned = fields.keys() & {"day", "time", "reason"} or fields.get("state") in PLANNED
        if held and planned:
            message = "Planning it and holding it are two changes."
            raise serializers.ValidationError({"state": [ErrorDetail(message, "planned_and_held")]})
        return fields


class CheckInQuery(PageQuery):
    review = QueryReference(reviews, help_text="Of this review.")
    goal = QueryReference(lambda person: Goal.objects.visible_to(person), help_text="Of this goal.")
    author = QueryReference(lambda person: Person.objects.visible_to(person))
    ordering = ordering("-id", "id")


class CheckInRow(Row):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    review = serializers.IntegerField(source="review_id")
    author = serializers.IntegerField(source="author_id")
    confidence = serializers.IntegerField(
        allow_null=True, help_text="1 (hardly) to 5 (sure); null where the caller may not know it."
    )
    comment = serializers.CharField()
    blockers = serializers.CharField(help_text="Empty where the caller may not know them.")
    next_steps = serializers.CharField()
    reported_status = serializers.CharField(help_text="As its author sees it; beside the computed one, may be empty.")
    figures = serializers.JSONField(
        allow_null=True, help_text="The goal's figures and its KPIs' when it was handed in; null of a draft."
    )
    submitted_at = serializers.DateTimeField(allow_null=True, help_text="Null of a draft, which only its author sees.")
    updated_at = serializers.DateTimeField()


class CheckInWritten(serializers.Serializer):
    confidence = Whole(required=False, min_value=1, max_value=5, help_text="1 (hardly) to 5 (sure).")
    comment = Text(required=False, allow_blank=True, max_length=10_000)
    blockers = Text(required=False, allow_blank=True, max_length=10_000)
    next_steps = Text(required=False, allow_blank=True, max_length=10_000)
    reported_status = Choice(required=False, choices=CheckIn.Status.choices)


class CheckInNew(CheckInWritten):
    review = IdReference(reviews, help_text="The review it is for.")
    draft = Flag(default=False, help_text="Only keeps it, for its author's eyes; nothing is asked for.")
