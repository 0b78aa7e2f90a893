"""Forecasts are made by the worker after a roll-up, of what changed, and kept."""

import datetime as dt
import io
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command

from goals import progress
from kpis.forecast import backtest, making, marks
from kpis.forecast.reading import forecast_of
from kpis.models import ForecastMark, ForecastRun, GoalForecast, Kpi, KpiForecast
from tests.cast import signed_in
from tests.kpis.measuring import made, record

pytestmark = pytest.mark.django_db
JULY = dt.datetime(2026, 8, 12, 12, tzinfo=dt.UTC)


@pytest.fixture
def august():
    with time_machine.travel(JULY, tick=False) as clock:
        yield clock


def measured(goal, values, **fields) -> Kpi:
    kpi = made(goal, **{"direction": "increase", "baseline": Decimal(0), **fields})
    for month, value in enumerate(values, 1):
        record(kpi, dt.date(2026, month + 1, 1) - dt.timedelta(days=1), str(value))
    return kpi


def forecasts_made(goal) -> int:
    progress.roll_up(goal.organisation_id)
    return making.make(goal.organisation_id)


def test_a_roll_up_leaves_the_promise_of_a_forecast_and_the_worker_keeps_it(august, cast):
    goal = cast.goal()
    kpi = measured(goal, [10, 12, 15, 15, 18, 22, 23])
    progress.roll_up(goal.organisation_id)
    assert ForecastMark.objects.exists()

    making.make(goal.organisation_id)

    row = KpiForecast.objects.get(kpi=kpi)
    assert (row.state, row.n, row.point, round(row.probability, 4)) == ("ok", 7, 34, Decimal("0.0241"))
    assert row.path[-1][0] == "2026-12-31"
    assert len(row.path) == 5
    arrival = GoalForecast.objects.get(goal=goal)
    assert (arrival.progress, arrival.share) == (Decimal("0.85"), 1)
    assert arrival.wholly < Decimal("0.1") < arrival.mostly
    assert not ForecastMark.objects.exists()


def test_made_again_nothing_changes(august, cast):
    goal = cast.goal()
    kpi = measured(goal, [10, 12, 15, 15, 18, 22, 23])
    forecasts_made(goal)
    before = KpiForecast.objects.get(kpi=kpi).made_at
    august.shift(60)

    assert making.make(goal.organisation_id) == 0
    ForecastMark.objects.create(organisation=goal.organisation)
    assert making.make(goal.organisation_id) == 0
    assert KpiForecast.objects.get(kpi=kpi).made_at == before


def test_too_few_values_are_said_and_a_forecast_that_no_longer_holds_is_taken_away(august, cast):
    goal = cast.goal()
    kpi = measured(goal, [10, 12, 15, 15, 18])
    forecasts_made(goal)
    row = KpiForecast.objects.get(kpi=kpi)
    assert (row.state, row.n, row.needed, row.point, row.path) == ("too_few_points", 5, 6, None, [])

    Kpi.objects.filter(pk=kpi.pk).update(state="paused")
    ForecastMark.objects.create(organisation=goal.organisation)
    making.make(goal.organisation_id)

    assert not KpiForecast.objects.exists()


def test_only_the_tree_that_changed_is_made_anew(august, cast):
    goals = [cast.goal("One"), cast.goal("Two")]
    kpis = [measured(goal, [10, 12, 15, 15, 18, 22, 23], name=goal.title) for goal in goals]
    forecasts_made(goals[0])
    first = dict(KpiForecast.objects.values_list("kpi_id", "made_at"))
    august.shift(60)

    record(kpis[0], dt.date(2026, 7, 31), "30", note="Counted anew")
    progress.roll_up(goals[0].organisation_id)
    assert forecast_of(kpis[0]).is_outdated
    assert not forecast_of(kpis[1]).is_outdated
    making.make(goals[0].organisation_id)

    then = dict(KpiForecast.objects.values_list("kpi_id", "made_at"))
    assert then[kpis[0].pk] > first[kpis[0].pk]
    assert then[kpis[1].pk] == first[kpis[1].pk]
    assert not forecast_of(kpis[0]).is_outdated


def test_the_next_day_asks_for_all_of_them(august, cast):
    goal = cast.goal()
    kpi = measured(goal, [10, 12, 15, 15, 18, 22, 23])
    forecasts_made(goal)
    august.shift(dt.timedelta(days=1))
    assert forecast_of(kpi).is_outdated

    progress.begin_day(goal.organisation_id)
    making.make(goal.organisation_id)

    assert KpiForecast.objects.get(kpi=kpi).on == dt.date(2026, 8, 13)


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(august, cast, django_assert_max_num_queries, count):
    goal = cast.goal()
    for number in range(count):
        measured(cast.goal(str(number), goal), [10, 12, 15, 15, 18, 22, 23], name=str(number))
    progress.roll_up(goal.organisation_id)

    with django_assert_max_num_queries(19):
        making.make(goal.organisation_id)


def test_the_api_tells_the_forecast_of_a_kpi_and_in_lists(august, cast):
    goal = cast.goal()
    kpi = measured(goal, [10, 12, 15, 15, 18, 22, 23])
    forecasts_made(goal)
    ada = signed_in(cast.ada)

    told = ada.get(f"/api/v1/kpis/{kpi.pk}/forecast/").json()

    assert (told["state"], told["points"], told["method"], told["up_to_date"]) == ("ok", 7, "theil_sen", True)
    assert Decimal(told["forecast"]) == 34
    assert told["path"][-1]["until"] == "2026-12-31"
    row = ada.get("/api/v1/kpis/").json()["results"][0]
    assert Decimal(row["forecast"]) == 34
    assert round(Decimal(row["probability"]), 4) == Decimal("0.0241")
    then = ada.get("/api/v1/kpis/?as_of=2026-08-01").json()["results"][0]
    assert (then["forecast"], then["probability"]) == (None, None)
    assert signed_in(cast.eve).get(f"/api/v1/kpis/{kpi.pk}/forecast/").status_code == 404


def test_before_the_first_forecast_the_api_says_so(august, cast):
    kpi = measured(cast.goal(), [10])

    told = signed_in(cast.ada).get(f"/api/v1/kpis/{kpi.pk}/forecast/").json()

    assert (told["state"], told["points"], told["needed"], told["forecast"]) == ("too_few_points", 0, 6, None)


def test_the_pages_of_kpi_goal_and_dashboard_say_how_likely_it_arrives(august, cast):
    goal = cast.goal("Grow", owner=cast.ada)
    kpi = measured(goal, [10, 12, 15, 15, 18, 22, 23])
    ada = signed_in(cast.ada)
    assert "Chance of 70%" not in ada.get(f"/goals/{goal.pk}/").content.decode()
    forecasts_made(goal)
    of_kpi = ada.get(f"/kpis/{kpi.pk}/").content.decode()
    assert "34 min, 8 in 10 courses end between 30.6 min and 37.4 min" in of_kpi
    assert "Chance: less than 5% to meet its target." in of_kpi
    assert "through 7 values, made on 12 Aug 2026" in of_kpi
    of_goal = ada.get(f"/goals/{goal.pk}/").content.decode()
    assert "Chance of 70%" in of_goal
    assert "trends lead to 85%" in of_goal
    assert "of all less than 5%" in ada.get("/dashboard/").content.decode()
    assert "Chance of 70%" not in ada.get(f"/goals/{goal.pk}/?as_of=2026-08-01").content.decode()


def test_too_few_values_are_said_so(august, cast):
    goal = cast.goal("Grow", owner=cast.ada)
    kpi = measured(goal, [10, 12, 15])
    forecasts_made(goal)
    assert "A forecast takes 6 values that are final or overdue; there are 3." in (
        signed_in(cast.ada).get(f"/kpis/{kpi.pk}/").content.decode()
    )
    cast.works.forecast_from = 4
    cast.works.save()
    measured(goal, [10, 12, 15, 16], name="four")
    progress.roll_up(cast.works.pk, everything=True)
    making.make(cast.works.pk)
    assert KpiForecast.objects.get(kpi__name="four").state == "ok"


def test_forecasts_of_one_organisation_rest_between_runs(august, cast):
    goal = cast.goal("Grow", owner=cast.ada)
    measured(goal, [10, 12, 15, 15, 18, 22, 23])
    forecasts_made(goal)
    ForecastRun.objects.update(took=60)
    august.shift(dt.timedelta(minutes=9))
    assert marks.is_resting(cast.works.pk)
    august.shift(dt.timedelta(minutes=2))
    assert not marks.is_resting(cast.works.pk)
    assert not marks.is_resting(cast.elsewhere.pk)


def test_the_back_test_tells_the_real_cover(august, cast):
    goal = cast.goal("Grow")
    measured(goal, [10, 20, 30, 40, 50, 60, 70], name="exact")
    measured(goal, [10, 20, 30, 40, 50, 60, 10], name="broken")
    scores = backtest.backtest(cast.works, 1)
    assert (scores["monthly"].kpis, scores["monthly"].forecasts, scores["monthly"].covered) == (2, 2, 1)
    assert scores["all"] == scores["monthly"]
    assert scores["all"].error > 1  # the broken one alone: the other was foreseen exactly
    said = io.StringIO()
    call_command("backtest_forecast", organisation=cast.works.pk, ahead=1, stdout=said)
    assert "monthly" in said.getvalue()
    with pytest.raises(CommandError, match="Say which"):
        call_command("backtest_forecast")
