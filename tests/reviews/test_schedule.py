"""The calendar of reviews: from goals, rhythms and holidays; worked out again it changes nothing."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle
from reviews.models import FreeDay, GoalRhythm, LevelRhythm, Review, ReviewSettings
from reviews.schedule import work_out

Review_ = Review.State


def noon(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}T12:00:00+00:00")


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-01-01"), tick=False) as clock:
        yield clock


def planned(goal) -> list[tuple[str, str]]:
    rows = Review.objects.filter(goal=goal, state=Review_.PLANNED).order_by("end")
    return [(row.name, row.day.isoformat()) for row in rows]


def owners(goal) -> dict[str, str | None]:
    return {row.name: row.owner and row.owner.name for row in Review.objects.filter(goal=goal).order_by("end")}


def test_the_strategy_is_reviewed_quarterly_and_teams_monthly(clock, cast):
    top, team = cast.goal("Top", owner=cast.ada), cast.goal("Team's", level=2, owner=cast.bo)
    work_out(cast.works)
    assert planned(top) == [
        ("FY2026-Q1", "2026-04-06"),
        ("FY2026-Q2", "2026-07-06"),
        ("FY2026-Q3", "2026-10-05"),
        ("FY2026-Q4", "2027-01-05"),
    ]
    assert [name for name, _ in planned(team)] == [f"2026-{month:02}" for month in range(1, 13)]
    assert Review.objects.get(goal=top, name="FY2026-Q4").closing


def test_a_second_run_changes_nothing(clock, cast):
    cast.goal("Top", owner=cast.ada)
    assert work_out(cast.works) == 4
    versions = list(Review.objects.values_list("version", flat=True))
    assert work_out(cast.works) == 0
    clock.move_to(noon("2026-05-20"))
    assert work_out(cast.works) == 0
    assert list(Review.objects.values_list("version", flat=True)) == versions
    assert Review.history.count() == 4


def test_levels_and_goals_have_rhythms_of_their_own(clock, cast):
    yearly, anchored = cast.goal("Yearly"), cast.goal("Anchored")
    LevelRhythm.objects.create(organisation=cast.works, level=cast.levels[0], cadence="yearly")
    GoalRhythm.objects.create(organisation=cast.works, goal=anchored, anchor=dt.date(2026, 1, 31), months=5)
    work_out(cast.works)
    assert [name for name, _ in planned(yearly)] == ["FY2026"]
    assert [name for name, _ in planned(anchored)] == ["2026-01-31", "2026-06-30", "2026-11-30", "2026-12-31"]


def test_holidays_of_the_country_and_days_of_its_own_are_not_worked(clock, cast):
    ReviewSettings.objects.create(organisation=cast.works, country="NO", days_after=1)
    FreeDay.objects.create(organisation=cast.works, day=dt.date(2026, 7, 1), name="Summer party")
    top = cast.goal("Top")
    work_out(cast.works)
    days = dict(planned(top))
    assert days["FY2026-Q1"] == "2026-04-01"
    assert days["FY2026-Q2"] == "2026-07-02"
    assert days["FY2026-Q4"] == "2027-01-04"  # New Year's Day, then a weekend


def test_only_active_goals_are_reviewed(clock, cast):
    top = cast.goal("Top", owner=cast.ada)
    cast.goal("Draft", state="draft")
    work_out(cast.works)
    lifecycle.change_state(top, "paused", by=cast.ada)
    work_out(cast.works)
    assert set(Review.objects.values_list("goal__title", "state")) == {("Top", Review_.CANCELLED)}
    lifecycle.change_state(top, "active", by=cast.ada)
    work_out(cast.works)
    assert len(planned(top)) == 4


def test_a_new_owner_owes_what_was_long_enough_in_hand(clock, cast):
    top = cast.goal("Top", owner=cast.bo)
    work_out(cast.works)
    clock.move_to(noon("2026-06-18"))  # 13 days of the quarter are left
    top.revise(by=cast.ada, owner=cast.cy)
    work_out(cast.works)
    assert owners(top) == {"FY2026-Q1": "Bo", "FY2026-Q2": "Bo", "FY2026-Q3": "Cy", "FY2026-Q4": "Cy"}


def test_the_manager_keeps_what_somebody_owed_who_left(clock, cast):
    cast.bo.manager = cast.ada
    cast.bo.save()
    top = cast.goal("Top", owner=cast.bo)
    work_out(cast.works)
    clock.move_to(noon("2026-06-18"))
    top.revise(by=cast.ada, owner=cast.cy)
    cast.bo.is_active = False
    cast.bo.save()
    work_out(cast.works)
    assert owners(top) == {"FY2026-Q1": "Ada", "FY2026-Q2": "Ada", "FY2026-Q3": "Cy", "FY2026-Q4": "Cy"}


def test_what_a_person_moved_keeps_its_day(clock, cast):
    top = cast.goal("Top")
    work_out(cast.works)
    moved = Review.objects.get(goal=top, name="FY2026-Q2")
    moved.day, moved.was_moved = dt.date(2026, 7, 20), True
    moved.save()
    ReviewSettings.objects.create(organisation=cast.works, days_after=10)
    work_out(cast.works)
    days = dict(planned(top))
    assert (days["FY2026-Q1"], days["FY2026-Q2"], days["FY2026-Q3"]) == ("2026-04-10", "2026-07-20", "2026-10-12")


def test_nobody_is_late_for_what_nobody_knew_of(clock, cast):
    clock.move_to(noon("2026-08-15"))
    top = cast.goal("Top", owner=cast.ada)
    work_out(cast.works)
    assert [name for name, _ in planned(top)] == ["FY2026-Q3", "FY2026-Q4"]


def test_another_due_date_moves_the_closing_review(clock, cast):
    top = cast.goal("Top")
    work_out(cast.works)
    top.revise(by=cast.ada, due=dt.date(2026, 11, 15))
    work_out(cast.works)
    assert planned(top)[-1] == ("FY2026-Q4", "2026-11-20")
    assert len(planned(top)) == 4


def test_as_many_queries_whatever_the_goals(clock, cast):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            work_out(cast.works)
        return len(found)

    cast.goal("One", owner=cast.ada)
    work_out(cast.works)
    one = queries()
    for number in range(3):
        cast.goal(f"More {number}", owner=cast.bo)
    work_out(cast.works)
    assert queries() == one


def test_reviews_of_hidden_goals_are_not_seen(clock, cast):
    cast.goal("Secret", owner=cast.ada, visibility="private")
    work_out(cast.works)
    assert Review.objects.visible_to(cast.ada).count() == 4
    assert not Review.objects.visible_to(cast.cy).exists()
    assert not Review.objects.visible_to(cast.eve).exists()
