import datetime as dt
from decimal import Decimal

import pytest

from kpis import course
from kpis.course import course_of
from kpis.models import Kpi
from tests.kpis.measuring import made, record


@pytest.fixture
def goal(april, cast):
    return cast.goal("Answer faster")


def shown(kpi: Kpi) -> course.Course:
    return course_of(Kpi.objects.select_related("goal__cycle", "organisation").get(pk=kpi.pk))


def test_every_period_that_has_begun_is_told_newest_first(goal):
    kpi = made(goal)
    record(kpi, dt.date(2026, 2, 1), "48")
    lines = shown(kpi).lines
    assert [(line.name, line.value, line.remark) for line in lines] == [
        ("2026-04", None, "running"),
        ("2026-03", None, "overdue"),
        ("2026-02", Decimal(48), ""),
        ("2026-01", None, "overdue"),
    ]


def test_a_value_of_the_running_period_stands_so_far(goal):
    kpi = made(goal)
    record(kpi, dt.date(2026, 4, 1), "47")
    assert shown(kpi).current.remark == "so far"


def test_a_period_within_its_grace_is_due_not_overdue(goal, april):
    april.move_to(dt.datetime(2026, 4, 3, 12, tzinfo=dt.UTC))
    assert shown(made(goal)).lines[1].remark == "due"


def test_by_the_due_date_a_period_is_asked_what_the_path_says_at_its_end(goal):
    march = shown(made(goal)).lines[1]
    assert round(march.asked, 4) == round(Decimal(50) - Decimal(10) * 90 / 365, 4)


def test_in_each_period_the_target_is_asked_and_attained(goal):
    kpi = made(goal, direction="increase", target_mode="each_period", baseline=None, target=Decimal(50))
    record(kpi, dt.date(2026, 3, 1), "40")
    line = shown(kpi).lines[1]
    assert (line.asked, line.attainment) == (50, Decimal("0.8"))


def test_a_correction_tells_what_it_replaced_a_confirmation_is_none(goal, cast):
    kpi = made(goal)
    record(kpi, dt.date(2026, 2, 1), "48")
    record(kpi, dt.date(2026, 2, 1), "47", by=cast.bo, note="Counted twice")
    corrections = shown(kpi).lines[2].corrections
    assert [(each.before, each.revision.value, each.revision.note) for each in corrections] == [
        (48, 47, "Counted twice")
    ]


def test_a_value_outside_the_life_is_shown_and_not_counted(goal):
    kpi = made(goal)
    record(kpi, dt.date(2026, 2, 1), "48")
    Kpi.objects.filter(pk=kpi.pk).update(start=dt.date(2026, 3, 1))
    outside = shown(kpi).lines[-1]
    assert (outside.name, outside.remark, outside.row) == ("2026-02", "outside its time, not counted", None)


def test_what_is_measured_once_has_one_line(goal):
    kpi = made(goal, cadence="once")
    assert [line.name for line in shown(kpi).lines] == ["1 Jan 2026 to 31 Dec 2026"]


def test_nothing_is_told_before_the_start(goal):
    found = shown(made(goal, start=dt.date(2026, 6, 1)))
    assert (found.lines, found.current, found.line_of(dt.date(2026, 6, 1))) == ([], None, None)


def test_after_the_end_the_last_period_is_the_current_one(goal):
    kpi = made(goal, due=dt.date(2026, 2, 28))
    assert shown(kpi).current.name == "2026-02"


def test_the_path_turns_at_the_milestones(goal):
    kpi = made(goal, trajectory="milestones", milestones={"2026-06-01": "48"})
    assert course.path(shown(kpi)) == [
        (dt.date(2025, 12, 31), 50),
        (dt.date(2026, 6, 30), 48),
        (dt.date(2026, 12, 31), 40),
    ]


def test_the_targets_of_periods_that_ask_the_same_are_one_stretch(goal):
    kpi = made(goal, target_mode="each_period", milestones={"2026-06-01": "45"})
    assert course.targets(shown(kpi)) == [
        (dt.date(2026, 1, 1), dt.date(2026, 5, 31), 40),
        (dt.date(2026, 6, 1), dt.date(2026, 6, 30), 45),
        (dt.date(2026, 7, 1), dt.date(2026, 12, 31), 40),
    ]


def test_values_add_up_on_the_way_to_the_target(goal):
    kpi = made(goal, direction="increase", baseline=None, target=Decimal(120), aggregation="sum")
    for month, value in ((1, "10"), (2, "5"), (3, "7")):
        record(kpi, dt.date(2026, month, 1), value)
    assert [value for _, value in course.so_far(shown(kpi))] == [10, 15, 22]


@pytest.mark.parametrize("values", [1, 3])
def test_a_course_takes_two_queries(goal, cast, values, django_assert_num_queries):
    kpi = made(goal)
    for month in range(1, values + 1):
        record(kpi, dt.date(2026, month, 1), "48", by=cast.bo)
        record(kpi, dt.date(2026, month, 1), "47", by=cast.bo, note="Wrong")
    kpi = Kpi.objects.select_related("goal__cycle", "organisation").get(pk=kpi.pk)
    with django_assert_num_queries(2):
        found = course_of(kpi)
        assert {change.revision.recorded_by.name for line in found.lines for change in line.changes} == {"Bo"}
