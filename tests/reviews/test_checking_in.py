"""Checking in: drafts, what must be explained, frozen figures, and signed reviews that stay as they are."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError

from cascade.errors import Conflict, VersionMismatch
from goals import confidence, progress
from kpis.recording import record_one
from reviews import access
from reviews.checking_in import keep_draft, submit
from reviews.models import CheckIn, Review
from reviews.reading import disagreeing
from reviews.schedule import work_out
from tests.goals.test_views_board import daily

TODAY = dt.date(2026, 4, 10)


@pytest.fixture
def review(cast):
    """Bo's team goal at 60 %, off track, in the review of April."""
    with time_machine.travel(dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC), tick=False):
        goal = cast.goal("Faster", cast.goal("Serve"), level=2, owner=cast.bo, contributors=[cast.cy])
        daily(goal, "speed", 60)
        progress.roll_up(cast.works.pk)
        work_out(cast.works)
        yield Review.objects.select_related("goal").get(goal=goal, name="2026-04")


def codes(refusal) -> dict[str, list[str]]:
    return {field: [each.code for each in errors] for field, errors in refusal.value.error_dict.items()}


def test_a_draft_keeps_what_was_typed_and_is_nobody_elses(review, cast):
    keep_draft(review, cast.bo, comment="Two depots")
    keep_draft(review, cast.bo, confidence=2)
    draft = CheckIn.objects.get()
    assert (draft.comment, draft.confidence, draft.is_draft, draft.figures) == ("Two depots", 2, True, None)
    assert CheckIn.objects.visible_to(cast.bo).exists()
    assert not CheckIn.objects.visible_to(cast.ada).exists()


def test_submitting_freezes_the_figures(review, cast):
    done = submit(review, cast.bo, confidence=2, comment="Two depots without parts")
    assert (done.figures["status"], done.figures["progress"]) == ("off_track", "0.6")
    [kpi] = done.figures["kpis"]
    assert (kpi["name"], kpi["actual"], kpi["target"]) == ("speed", "60", "100")
    record_one(review.goal.kpis.get(), TODAY, Decimal(95), by=cast.bo, note="Counted again")
    progress.roll_up(cast.works.pk)
    done.refresh_from_db()
    assert done.figures["progress"] == "0.6"
    assert CheckIn.objects.visible_to(cast.ada).count() == 1
    assert not CheckIn.objects.visible_to(cast.eve).exists()


def test_values_entered_just_before_are_in_the_frozen_figures(review, cast):
    record_one(review.goal.kpis.get(), TODAY, Decimal(95), by=cast.bo, note="Counted again")
    assert submit(review, cast.bo, confidence=4).figures["progress"] == "0.95"


@pytest.mark.parametrize(
    ("value", "fields", "refused"),
    [
        (60, {"confidence": 4}, {"comment": ["comment_needed"]}),
        (80, {"confidence": 4, "comment": "  "}, {"comment": ["comment_needed"]}),
        (95, {"confidence": 2}, {"comment": ["comment_needed"]}),
        (95, {"comment": "Well"}, {"confidence": ["confidence_missing"]}),
        (95, {"confidence": 3}, None),
        (95, {"confidence": 3, "reported_status": "on_track"}, None),
        (95, {"confidence": 3, "reported_status": "at_risk"}, {"comment": ["comment_needed"]}),
        (95, {"confidence": 1, "comment": "The contract ends"}, None),
        (60, {"confidence": 0, "comment": "x"}, {"confidence": ["min_value"]}),
        (60, {"confidence": 6, "comment": "x"}, {"confidence": ["max_value"]}),
        (95, {"confidence": 3, "reported_status": "splendid"}, {"reported_status": ["invalid_choice"]}),
    ],
)
def test_what_must_be_told(review, cast, value, fields, refused):
    record_one(review.goal.kpis.get(), TODAY, Decimal(value), by=cast.bo, note="Counted again")
    if refused is None:
        assert submit(review, cast.bo, **fields).submitted_at
        return
    with pytest.raises(ValidationError) as refusal:
        submit(review, cast.bo, **fields)
    assert codes(refusal) == refused
    assert not CheckIn.objects.exists()


def test_reported_and_computed_stand_side_by_side(review, cast):
    assert submit(review, cast.bo, confidence=4, comment="x", reported_status="on_track").disagrees
    assert not submit(review, cast.bo, reported_status="off_track").disagrees


def test_it_can_be_changed_until_the_review_is_signed(review, cast):
    first = submit(review, cast.bo, confidence=2, comment="One")
    again = submit(review, cast.bo, first.version, comment="Two")
    assert (again.pk, again.comment, CheckIn.history.count()) == (first.pk, "Two", 2)
    with pytest.raises(VersionMismatch):
        submit(review, cast.bo, first.version, comment="Three")
    for state in (Review.State.SIGNED, Review.State.CANCELLED):
        Review.objects.update(state=state)
        with pytest.raises(Conflict):
            submit(review, cast.bo, comment="Four")
        with pytest.raises(Conflict):
            keep_draft(review, cast.bo, comment="Four")
    assert CheckIn.objects.get().comment == "Two"


def test_who_may_check_in(review, cast):
    may = {
        person.name: access.can_check_in(person, review) for person in (cast.ada, cast.bo, cast.cy, cast.dee, cast.eve)
    }
    assert may == {"Ada": False, "Bo": True, "Cy": True, "Dee": False, "Eve": False}


def test_what_is_handed_in_is_no_draft_any_more(review, cast):
    submit(review, cast.bo, confidence=2, comment="One")
    with pytest.raises(Conflict) as refusal:
        keep_draft(review, cast.bo, comment="Two")
    assert (refusal.value.code, CheckIn.objects.get().comment) == ("handed_in", "One")


def test_confidence_is_for_those_whom_it_concerns(review, cast):
    submit(review, cast.bo, confidence=2, comment="x")
    for person, may in [(cast.ada, True), (cast.bo, True), (cast.cy, False), (cast.dee, True), (cast.eve, False)]:
        assert CheckIn.objects.filter(access.candid_to(person)).exists() is may, person.name
        assert (confidence.of(person, [review.goal_id]).get(review.goal_id) is not None) is may, person.name


def test_confidence_is_what_the_owner_said_last_and_the_time_before(review, cast):
    may = Review.objects.get(goal=review.goal, name="2026-05")
    assert confidence.of(cast.bo, [review.goal_id], asked=True)[review.goal_id] == confidence.Confidence(
        url=f"/reviews/{review.pk}/check-in/"
    )
    submit(review, cast.bo, confidence=2, comment="x")
    submit(may, cast.bo, confidence=4, comment="x")
    submit(may, cast.cy, confidence=1, comment="A contributor's is not the owner's")
    told = confidence.of(cast.bo, [review.goal_id])[review.goal_id]
    assert (told.value, told.was, told.on) == (4, 2, TODAY)


def test_goals_of_which_people_say_something_else_are_listed(review, cast):
    def listed(person) -> list[tuple[str, str]]:
        rows = disagreeing(person)
        return [(row.review.goal.title, row.reported_status) for row in rows]

    submit(review, cast.bo, confidence=4, comment="x", reported_status="on_track")
    assert listed(cast.cy) == [("Faster", "on_track")]
    assert listed(cast.eve) == []
    record_one(review.goal.kpis.get(), TODAY, Decimal(100), by=cast.bo, note="Counted again")
    progress.roll_up(cast.works.pk)
    assert listed(cast.cy) == []  # achieved is on track
    submit(review, cast.bo, reported_status="off_track")
    assert listed(cast.cy) == [("Faster", "off_track")]
    submit(Review.objects.get(goal=review.goal, name="2026-05"), cast.bo, confidence=3)
    assert listed(cast.cy) == []  # the later one says nothing else
