"""Marks in, stored figures out: incremental equals from scratch, twice changes nothing, queries do not grow."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, marks, past, progress, tree
from goals.models import DirtyMark, Goal, GoalFigures, GoalSnapshot, RollupState
from goals.tasks import begin_day, nightly, roll_up, sweep
from kpis.models import Kpi, KpiFigures, KpiSnapshot
from kpis.recording import record_one
from tests.company import grow


def kpi(cast, goal, key="k", **fields):
    fields = {"baseline": Decimal(0), "target": Decimal(100), "name": key, **fields}
    made = Kpi.objects.create(organisation=cast.works, goal=goal, key=key, **fields)
    marks.mark(cast.works.pk, kpis=[(made.pk, goal.pk)])
    return made


@pytest.fixture
def path(cast):
    """A strategic goal over a department's over a team's; one KPI at the bottom."""
    top = cast.goal("Top")
    middle = cast.goal("Middle", top)
    low = cast.goal("Low", middle)
    return top, middle, low, kpi(cast, low)


def figures(goal) -> GoalFigures:
    return GoalFigures.objects.get(goal=goal)


def test_a_value_reaches_the_strategic_goal(cast, path):
    top, *_, measured = path
    record_one(measured, cast.works.today(), Decimal(40), by=cast.ada)
    done = progress.roll_up(cast.works.pk)
    assert figures(top).progress == Decimal("0.4")
    assert done.changed == 3
    assert not DirtyMark.objects.exists()
    assert KpiFigures.objects.get(kpi=measured).latest_value == 40


def test_rolling_up_twice_changes_nothing(cast, path):
    record_one(path[-1], cast.works.today(), Decimal(40), by=cast.ada)
    progress.roll_up(cast.works.pk)
    before = list(GoalFigures.objects.values())
    assert progress.roll_up(cast.works.pk) == progress.Done()
    assert progress.roll_up(cast.works.pk, everything=True).changed == 0
    assert list(GoalFigures.objects.values()) == before


def test_what_a_run_did_not_see_stays_marked(cast, path, monkeypatch):
    record_one(path[-1], cast.works.today(), Decimal(40), by=cast.ada)
    write = progress.write

    def write_while_another_value_comes_in(*args):
        DirtyMark.objects.create(organisation=cast.works, goal=path[2], kpi_id=path[-1].pk)
        return write(*args)

    monkeypatch.setattr(progress, "write", write_while_another_value_comes_in)
    progress.roll_up(cast.works.pk)
    assert DirtyMark.objects.count() == 1


def test_incremental_equals_from_scratch_on_a_grown_company(db):
    works = grow(120, months=12)
    progress.roll_up(works.pk)
    for measured in Kpi.objects.select_related("goal__cycle", "organisation").order_by("?")[:7]:
        record_one(measured, works.today(), Decimal("61.7"), by=None, note="again")
    lifecycle.change_state(Goal.objects.filter(depth=2).first(), "paused", by=None)
    Goal.objects.filter(depth=1).last().revise(by=None, weight=Decimal(7))
    moved = Goal.objects.filter(depth=3).first()
    tree.move(moved, Goal.objects.filter(depth=2).exclude(pk=moved.parent_id).last(), by=None)
    assert progress.differences(works) != []
    done = progress.roll_up(works.pk)
    assert 0 < done.changed < 120
    assert progress.differences(works) == []
    assert list(tree.faults(works.pk)) == []


def test_a_wrong_figure_is_found(cast, path):
    progress.roll_up(cast.works.pk)
    GoalFigures.objects.filter(goal=path[1]).update(coverage=Decimal("0.123"))
    KpiFigures.objects.filter(kpi=path[3]).update(latest_value=7)
    found = {(each.kind, each.id, each.name) for each in progress.differences(cast.works)}
    assert found == {("goal", path[1].pk, "coverage"), ("kpi", path[3].pk, "latest_value")}


@pytest.mark.parametrize("goals", [40, 160])
def test_the_number_of_queries_does_not_depend_on_goals_or_marks(db, goals):
    works = grow(goals)
    progress.roll_up(works.pk)
    for measured in Kpi.objects.select_related("goal__cycle", "organisation")[: goals // 10]:
        record_one(measured, works.today(), Decimal("3.3"), by=None, note="again")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        progress.roll_up(works.pk)
    told = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(told) == 13


def test_shares_follow_the_parent(cast):
    top = cast.goal("Top")
    left, right = cast.goal("Left", top, weight=Decimal(3)), cast.goal("Right", top)
    own = kpi(cast, top, "own", weight=Decimal(4))
    for goal, key in ((left, "l"), (right, "r")):
        record_one(kpi(cast, goal, key), cast.works.today(), Decimal(50), by=cast.ada)
    progress.roll_up(cast.works.pk)
    assert (figures(left).share, figures(right).share) == (Decimal("0.75"), Decimal("0.25"))
    record_one(own, cast.works.today(), Decimal(50), by=cast.ada)
    progress.roll_up(cast.works.pk)
    assert (figures(left).share, figures(right).share) == (Decimal("0.375"), Decimal("0.125"))
    assert KpiFigures.objects.get(kpi=own).share == Decimal("0.5")
    assert figures(top).share == 1


def test_a_new_day_is_snapshotted_once_and_rolled_up(cast, path):
    noon = dt.datetime(cast.works.today().year, 6, 30, 12, tzinfo=dt.UTC)
    with time_machine.travel(noon, tick=False):
        Goal.history.update(history_date=noon - dt.timedelta(days=5))
        Kpi.history.update(history_date=noon - dt.timedelta(days=5))
        record_one(path[-1], noon.date(), Decimal(40), by=cast.ada)
        progress.roll_up(cast.works.pk)
    with time_machine.travel(noon + dt.timedelta(days=1), tick=False):
        begin_day(cast.works.pk)
        begin_day(cast.works.pk)
        kept = {s.goal_id: s for s in GoalSnapshot.objects.filter(day=noon.date())}
        assert {pk: s.progress for pk, s in kept.items()} == {goal.pk: Decimal("0.4") for goal in path[:3]}
        assert KpiSnapshot.objects.get(day=noon.date()).actual == 40
        assert RollupState.objects.get(organisation=cast.works).figures_on == noon.date() + dt.timedelta(days=1)
        assert progress.differences(cast.works) == []


def test_days_missed_while_everything_was_off_are_made_up(cast, path):
    noon = dt.datetime(cast.works.today().year, 6, 1, 12, tzinfo=dt.UTC)
    with time_machine.travel(noon, tick=False):
        begin_day(cast.works.pk)
    with time_machine.travel(noon + dt.timedelta(days=4), tick=False):
        begin_day(cast.works.pk)
    assert RollupState.objects.get(organisation=cast.works).snapshot_on == noon.date() + dt.timedelta(days=3)


def test_a_snapshot_of_what_did_not_change_is_not_kept(cast, path):
    noon = dt.datetime(cast.works.today().year, 6, 10, 12, tzinfo=dt.UTC)
    Goal.history.update(history_date=noon - dt.timedelta(days=30))
    Kpi.history.update(history_date=noon - dt.timedelta(days=30))
    for days in (0, 1, 2):
        with time_machine.travel(noon + dt.timedelta(days=days), tick=False):
            begin_day(cast.works.pk)
    assert GoalSnapshot.objects.filter(goal=path[0]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_task_is_asked_for_once_and_the_sweeper_makes_good_a_lost_message(cast, path, monkeypatch):
    asked = []
    monkeypatch.setattr("goals.tasks.roll_up.delay", asked.append)
    roll_up(cast.works.pk)
    for value in (1, 2, 3):
        record_one(path[-1], cast.works.today(), Decimal(value), by=cast.ada, note="again")
    assert asked == [cast.works.pk]
    RollupState.objects.update(requested_at=None)
    DirtyMark.objects.update(marked_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    sweep()
    assert asked == [cast.works.pk] * 2
    roll_up(cast.works.pk)
    assert figures(path[0]).progress == Decimal("0.03")


def test_nightly_asks_only_for_organisations_whose_day_is_over(cast, monkeypatch):
    asked = []
    monkeypatch.setattr("goals.tasks.begin_day.delay", asked.append)
    begin_day(cast.works.pk)
    nightly()
    assert asked == [cast.elsewhere.pk]


def test_another_organisation_is_not_touched(cast, path):
    record_one(path[-1], cast.works.today(), Decimal(40), by=cast.ada)
    assert progress.roll_up(cast.elsewhere.pk).changed == 0
    assert DirtyMark.objects.count() > 0


def test_the_past_is_calculated_from_what_was_known(cast, path):
    today = cast.works.today()
    record_one(path[-1], today, Decimal(40), by=cast.ada)
    before = past.tree_at(cast.works, today, cast.works.end_of(today - dt.timedelta(days=1)))
    now = past.tree_at(cast.works)
    assert before.goals == []
    assert now.figures()[path[0].pk].progress == Decimal("0.4")
