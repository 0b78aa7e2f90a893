"""Every door through which something of a locked time could be changed."""

import datetime as dt
from decimal import Decimal

import pytest

from cascade.errors import Conflict
from goals import lifecycle, planting, tree, undo
from goals.models import Goal
from kpis import definitions, recording, targets
from kpis.cycles import states
from kpis.models import Measurement
from tests.kpis.cycles import last_year


@pytest.fixture
def past(cast):
    found = last_year(cast)
    found.record(found.leads, 2, 10)
    found.record(found.leads, 6, 50)
    return found


@pytest.fixture
def quarter(cast, past):
    states.revise(past.cycle, by=cast.ada, locked_until=past.day(3, 31))
    return past


@pytest.fixture
def closed(cast, past):
    states.change_state(past.cycle, "closed", by=cast.ada, reason="Over")
    return past


def locked(act) -> bool:
    """Whether the act was refused as locked, in words that say who can help."""
    try:
        act()
    except Conflict as refusal:
        return refusal.code == "locked" and "strategy office" in str(refusal)
    return False


def doors(cast, past):
    """What may not happen in a closed cycle, by name."""
    goal, leads, by = Goal.objects.get(pk=past.goal.pk), past.leads, cast.ada
    level, year = cast.levels[1], past.cycle.start.year
    usual = {"by": by, "organisation": cast.works, "level": level, "title": "New"}
    return {
        "value": lambda: past.record(leads, 12, 99),
        "correction": lambda: past.record(leads, 6, 99, note="Wrong"),
        "withdrawal": lambda: recording.record_one(leads, past.day(6), None, by=by, note="Wrong"),
        "target": lambda: targets.change(leads, past.day(9), by=by, reason="More", target=Decimal(120)),
        "definition": lambda: definitions.revise(leads, by=by, target=Decimal(120)),
        "name of a KPI": lambda: definitions.revise(leads, by=by, name="Prospects"),
        "weight of a KPI": lambda: definitions.revise(leads, by=by, weight=Decimal(2)),
        "archive": lambda: definitions.archive(leads, by=by),
        "new KPI": lambda: definitions.create(goal, by=by, name="More", target=Decimal(1), baseline=Decimal(0)),
        "new KPIs": lambda: definitions.create_many([(goal, {"name": "More", "target": 1, "baseline": 0})], by=by),
        "deleted KPI": lambda: definitions.delete(past.calls, by=by),
        "weight": lambda: goal.revise(by=by, weight=Decimal(3)),
        "title": lambda: goal.revise(by=by, title="Other"),
        "contributors": lambda: goal.revise(by=by, contributors=[cast.bo]),
        "dates": lambda: goal.revise(by=by, due=dt.date(year, 11, 30)),
        "new goal": lambda: tree.create(cycle=past.cycle, **usual),
        "new goals": lambda: planting.plant(goal, [{"level": level, "title": "New", "state": "draft"}], by=by),
        "move": lambda: tree.move(Goal.objects.get(pk=past.below.pk), None, by=by),
        "delete": lambda: tree.delete(Goal.objects.get(pk=past.below.pk), by=by),
        "uproot": lambda: planting.uproot([past.below], by=by),
        "state": lambda: lifecycle.change_state(goal, "active", by=by, reason="Again"),
        "dates of the cycle": lambda: states.revise(past.cycle, by=by, due=dt.date(year + 1, 3, 31)),
    }


def test_nothing_is_changed_in_a_closed_cycle(cast, closed):
    assert [name for name, act in doors(cast, closed).items() if not locked(act)] == []


def test_everything_is_changed_while_nothing_is_locked(cast, past):
    """The doors of the test before are real ones."""
    past.below.revise(by=cast.ada, visibility=Goal.Visibility.ORGANISATION)
    others = ("delete", "uproot", "new goals", "deleted KPI", "state", "archive", "withdrawal")
    assert [name for name, act in doors(cast, past).items() if name not in others and locked(act)] == []


def test_the_same_value_again_is_no_change_in_a_closed_cycle(cast, closed):
    entry = recording.Entry(closed.leads.pk, closed.day(6), Decimal(50))
    assert recording.record(cast.works, [entry], by=None).unchanged == 1


def test_taking_back_reaches_no_closed_cycle(cast, past):
    with undo.act(cast.ada, "Weighed") as act:
        past.goal.revise(by=cast.ada, weight=Decimal(4))
    states.change_state(past.cycle, "closed", by=cast.ada, reason="Over")
    with pytest.raises(Conflict):
        undo.take_back(act, cast.ada)
    assert Goal.objects.get(pk=past.goal.pk).weight == 4


def test_goals_and_kpis_of_other_cycles_are_free(cast, closed):
    goal = cast.goal("This year")
    kpi = definitions.create(goal, by=None, name="This", target=Decimal(1), baseline=Decimal(0))
    recording.record_one(kpi, cast.works.today(), Decimal(1), by=None)
    assert Measurement.objects.filter(kpi=kpi).exists()


@pytest.mark.parametrize(("month", "refused"), [(1, True), (3, True), (4, False), (12, False)])
def test_values_of_locked_periods_stay(quarter, month, refused):
    assert locked(lambda: quarter.record(quarter.leads, month, 77, note="Late")) is refused


def test_a_value_is_not_said_to_have_been_known_in_the_locked_time(cast, quarter):
    quarterly = definitions.create(
        quarter.goal, by=None, name="Year", target=Decimal(9), baseline=Decimal(0), cadence="yearly"
    )
    seen = {"observed_on": quarter.day(3, 20)}
    assert locked(lambda: recording.record_one(quarterly, quarter.day(3), Decimal(2), by=None, **seen))
    assert not locked(lambda: recording.record_one(quarterly, quarter.day(3), Decimal(2), by=None))


def test_of_many_rows_the_locked_ones_are_told(cast, quarter):
    entries = [recording.Entry(quarter.leads.pk, quarter.day(month), Decimal(5), row=month) for month in (1, 5)]
    found = recording.record(cast.works, entries, by=None, on_error="skip")
    assert (found.accepted, [(each.row, each.code) for each in found.refusals]) == (1, [(1, "locked")])


@pytest.mark.parametrize(("month", "refused"), [(2, True), (4, False)])
def test_targets_of_the_locked_time_stay(cast, quarter, month, refused):
    change = {"by": cast.ada, "reason": "More", "target": Decimal(120)}
    assert locked(lambda: targets.change(quarter.leads, quarter.day(month), **change)) is refused


def test_a_correction_of_what_was_asked_in_the_locked_time_is_refused(cast, quarter):
    leads = quarter.leads
    assert locked(lambda: definitions.revise(leads, by=cast.ada, target=Decimal(120)))
    assert locked(lambda: definitions.revise(leads, by=cast.ada, aggregation="max"))
    targets.change(leads, quarter.day(5), by=cast.ada, reason="More", target=Decimal(120))
    assert not locked(lambda: definitions.revise(leads, by=cast.ada, target=Decimal(130)))


def test_weights_structure_and_names_hold_from_now_on(cast, quarter):
    free = {
        "weight": lambda: past_goal(quarter).revise(by=cast.ada, weight=Decimal(2)),
        "weight of a KPI": lambda: definitions.revise(quarter.leads, by=cast.ada, weight=Decimal(2)),
        "name": lambda: definitions.revise(quarter.leads, by=cast.ada, name="Prospects"),
        "move": lambda: tree.move(Goal.objects.get(pk=quarter.below.pk), None, by=cast.ada),
        "state": lambda: lifecycle.change_state(past_goal(quarter), "paused", by=cast.ada),
    }
    assert [name for name, act in free.items() if locked(act)] == []


def test_dates_that_reach_into_the_locked_time_stay(cast, quarter):
    assert locked(lambda: past_goal(quarter).revise(by=cast.ada, start=quarter.day(2)))
    late = cast.goal("Late", quarter.goal, start=quarter.day(5))
    assert not locked(lambda: late.revise(by=cast.ada, due=quarter.day(10)))


def test_a_goal_that_lies_in_the_locked_time_as_a_whole_stays_as_it_is(cast, past):
    early = cast.goal("Early", past.goal, due=past.day(2))
    kpi = definitions.create(early, by=None, name="Early", target=Decimal(1), baseline=Decimal(0))
    states.revise(past.cycle, by=cast.ada, locked_until=past.day(3, 31))
    assert locked(lambda: early.revise(by=cast.ada, weight=Decimal(5)))
    assert locked(lambda: tree.move(early, None, by=cast.ada))
    assert locked(lambda: definitions.revise(kpi, by=cast.ada, weight=Decimal(5)))
    assert not locked(lambda: lifecycle.change_state(early, "closed", by=cast.ada, reason="Over"))


def test_unlocked_again_everything_may_change(cast, quarter):
    states.revise(quarter.cycle, by=cast.ada, locked_until=None, reason="The audit asks")
    assert not locked(lambda: quarter.record(quarter.leads, 1, 77))


def past_goal(quarter) -> Goal:
    return Goal.objects.get(pk=quarter.goal.pk)
