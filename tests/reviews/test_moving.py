"""Moving a review, calling it off and planning it again: revision, reason, history; the calendar leaves it so."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError

from cascade.errors import Conflict, VersionMismatch
from reviews.calendar import moving
from reviews.models import GoalRhythm, Review, ReviewSettings
from reviews.schedule import work_out
from tests.reviews.test_schedule import noon

LATER = dt.date(2026, 7, 20)


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-04-10"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast):
    goal = cast.goal("Top", owner=cast.bo)
    work_out(cast.works)
    return Review.objects.select_related("goal").get(goal=goal, name="FY2026-Q2")


def code(refusal) -> list[str]:
    return [each.code for errors in refusal.value.error_dict.values() for each in errors]


def test_a_moved_review_has_a_new_revision_a_reason_and_a_history(review, cast):
    moved = moving.move(review, cast.bo, LATER, "The board meets then", review.version, dt.time(14, 30))
    assert (moved.day, moved.time, moved.revision, moved.was_moved) == (LATER, dt.time(14, 30), 2, True)
    last = Review.history.filter(id=review.pk).latest()
    assert (last.history_user, last.history_change_reason) == (cast.bo, "The board meets then")


def test_the_same_day_again_is_no_change(review, cast):
    assert moving.move(review, cast.bo, review.day, "").revision == 1
    assert Review.history.filter(id=review.pk).count() == 1


def test_neither_settings_nor_a_recalculation_raise_the_revision(review, cast):
    moving.move(review, cast.bo, LATER, "Board")
    ReviewSettings.objects.create(organisation=cast.works, days_after=10)
    work_out(cast.works)
    found = {row.name: (row.day.isoformat(), row.revision) for row in Review.objects.order_by("day")}
    assert found == {
        "FY2026-Q2": ("2026-07-20", 2),
        "FY2026-Q3": ("2026-10-12", 1),
        "FY2026-Q4": ("2027-01-11", 1),
    }


def test_what_a_person_called_off_stays_called_off_and_comes_back(review, cast):
    moving.call_off(review, cast.bo, "Holidays")
    assert work_out(cast.works) == 0
    off = Review.objects.get(pk=review.pk)
    assert (off.state, off.reason, off.revision) == ("cancelled", "Holidays", 2)
    again = moving.plan_again(review, cast.bo)
    assert (again.state, again.called_off_at, again.revision) == ("planned", None, 3)
    assert work_out(cast.works) == 0


def test_what_the_calendar_called_off_is_not_planned_by_hand(review, cast):
    GoalRhythm.objects.create(organisation=cast.works, goal=review.goal, cadence="yearly")
    work_out(cast.works)
    with pytest.raises(Conflict) as refusal:
        moving.plan_again(review, cast.bo)
    assert refusal.value.code == "not_called_off"


@pytest.mark.parametrize(
    ("day", "reason", "refused"),
    [
        (LATER, " ", ["reason_required"]),
        (dt.date(2026, 4, 9), "x", ["in_past"]),
        (dt.date(2027, 7, 2), "x", ["too_late"]),
        (LATER, "x" * 1001, ["max_length"]),
    ],
)
def test_what_is_refused(review, cast, day, reason, refused):
    with pytest.raises(ValidationError) as refusal:
        moving.move(review, cast.bo, day, reason)
    assert code(refusal) == refused
    assert Review.objects.get(pk=review.pk).revision == 1


def test_a_review_is_not_held_before_its_period(review, cast):
    third = Review.objects.get(name="FY2026-Q3")
    with pytest.raises(ValidationError) as refusal:
        moving.move(third, cast.bo, dt.date(2026, 6, 30), "Early")
    assert code(refusal) == ["before_period"]


@pytest.mark.parametrize(
    ("state", "refused"), [("open", "review_held"), ("signed", "review_signed"), ("cancelled", "review_called_off")]
)
def test_only_a_planned_review_is_moved(review, cast, state, refused):
    Review.objects.filter(pk=review.pk).update(state=state)
    with pytest.raises(Conflict) as refusal:
        moving.move(review, cast.bo, LATER, "Board")
    assert refusal.value.code == refused


def test_an_older_version_changes_nothing(review, cast):
    moving.move(review, cast.bo, LATER, "Board", review.version)
    for act in (moving.move, moving.call_off):
        told = (LATER, "Late") if act is moving.move else ("Late",)
        with pytest.raises(VersionMismatch):
            act(review, cast.bo, *told, review.version)
    assert Review.objects.get(pk=review.pk).reason == "Board"


def test_an_overdue_review_keeps_its_day_and_no_past_one_comes_back(review, cast, clock):
    clock.move_to(noon("2026-07-08"))
    ReviewSettings.objects.create(organisation=cast.works, days_after=20)
    work_out(cast.works)
    assert Review.objects.get(pk=review.pk).day == dt.date(2026, 7, 6)
    Review.objects.filter(pk=review.pk).update(state="cancelled")
    clock.move_to(noon("2026-08-08"))
    assert work_out(cast.works) == 0
