from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext

import pytest

from kpis.attainment import CurrentValue, KpiDefinition, Revision, current_values, planned, score
from kpis.periods import Fiscal, periods

JUNE = date(2026, 6, 30)
YEAR = KpiDefinition(
    baseline=Decimal(0), target=Decimal(100), start=date(2026, 1, 1), due=date(2026, 12, 31), cadence="monthly"
)


def value(number, observed_on):
    return CurrentValue(Decimal(number), observed_on)


def june(number, **fields):
    return score(replace(YEAR, **fields), {date(2026, 6, 1): value(number, JUNE)}, JUNE)


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ({"direction": None}, "missing_direction"),
        ({"target": None}, "missing_target"),
        ({"direction": "maintain", "target": None}, "missing_target"),
        ({"start": None}, "missing_dates"),
        ({"due": None}, "missing_dates"),
        ({"baseline": None}, "missing_baseline"),
    ],
)
def test_an_incomplete_definition_shows_its_value_and_says_what_it_lacks(lacking, reason):
    found = june(60, **lacking)

    assert (found.status, found.reason, found.progress, found.actual) == ("no_data", reason, None, 60)
    assert (found.latest_period, found.latest_value) == (date(2026, 6, 1), 60)


def test_a_value_beyond_the_target_shows_how_far_it_is_towards_the_stretch():
    assert june(125, stretch=Decimal(150)).stretch == Decimal("0.5")
    assert june(99, stretch=Decimal(150)).stretch is None
    assert june(200, stretch=Decimal(150)).stretch == 1


def test_an_ended_kpi_is_judged_against_all_of_its_target():
    found = score(YEAR, {date(2026, 12, 1): value(80, date(2026, 12, 31))}, date(2027, 2, 1))

    assert (found.ended, found.expected, found.status) == (True, 1, "at_risk")


def test_values_outside_the_life_of_a_kpi_or_from_the_future_are_not_seen():
    strangers = {
        date(2025, 12, 1): value(90, date(2025, 12, 31)),
        date(2026, 6, 15): value(90, JUNE),
        date(2026, 6, 1): value(90, date(2026, 7, 2)),
        date(2026, 7, 1): value(90, JUNE),
    }

    assert score(YEAR, strangers, JUNE).reason == "missing"


def test_a_daily_kpi_over_years_counts_its_periods_without_walking_them():
    start = date(2020, 1, 1)
    daily = replace(YEAR, start=start, cadence="daily", target_mode="each_period")
    values = {start + timedelta(days=n): value(100, start + timedelta(days=n)) for n in range(0, 2000, 2)}
    on = start + timedelta(days=1999)
    found = score(daily, values, on)

    assert found.completeness == (Decimal(1000) / Decimal(1999)).quantize(Decimal("1e-18"))
    assert (found.stale, found.pace) == (False, date(2025, 6, 21))


@pytest.mark.parametrize("cadence", ["daily", "weekly", "monthly", "quarterly", "yearly", "once"])
@pytest.mark.parametrize("days", [0, 1, 30, 90, 200, 364, 365, 400, 500])
def test_counting_overdue_periods_agrees_with_walking_them(cadence, days):
    definition = replace(YEAR, start=date(2026, 2, 10), due=date(2027, 3, 5), cadence=cadence)
    on, grace, fiscal = definition.start + timedelta(days=days), {cadence: 10}, Fiscal(4)
    ends = [period.life_end for period in periods(definition.start, definition.due, cadence, fiscal)]
    overdue = [end for end in ends if on > end + timedelta(days=10)]
    found = score(definition, {}, on, fiscal, grace)

    assert found.pace == (overdue[-1] if overdue else definition.start - timedelta(days=1))
    assert (found.counted, found.stale, found.completeness) == (bool(overdue), bool(overdue), 0 if overdue else None)


def test_each_row_of_the_explanation_shows_what_its_period_attained():
    definition = replace(YEAR, target_mode="each_period", aggregation="mean")
    found = score(
        definition,
        {date(2026, 5, 1): value(80, date(2026, 5, 31)), date(2026, 6, 1): value(70, date(2026, 6, 10))},
        JUNE,
    )

    assert [(row.value, row.final, row.judged, row.target, row.attainment) for row in found.rows] == [
        (80, True, True, 100, Decimal("0.8")),
        (70, False, False, None, None),
    ]


def test_the_plan_of_a_kpi_runs_through_its_milestones():
    definition = replace(YEAR, trajectory="milestones", milestones={date(2026, 3, 1): Decimal(10)})

    assert planned(definition, date(2025, 12, 31)) == 0
    assert planned(definition, date(2026, 3, 31)) == 10
    assert planned(definition, date(2026, 12, 31)) == 100
    assert planned(replace(definition, trajectory="steps"), date(2026, 12, 30)) == 10
    assert planned(replace(definition, baseline=None), JUNE) is None


def test_the_last_revision_by_moment_then_id_holds_and_a_withdrawal_empties_the_period():
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    march = {"period": date(2026, 3, 1), "observed_on": date(2026, 3, 31)}
    revisions = [
        Revision(value=Decimal(3), recorded_at=noon, id=7, **march),
        Revision(value=Decimal(1), recorded_at=noon - timedelta(hours=1), id=9, **march),
        Revision(value=Decimal(2), recorded_at=noon, id=5, **march),
        Revision(value=None, recorded_at=noon + timedelta(days=1), id=10, **march),
    ]

    assert current_values(revisions, JUNE, noon) == {date(2026, 3, 1): value(3, date(2026, 3, 31))}
    assert current_values(revisions, JUNE, noon - timedelta(minutes=1))[date(2026, 3, 1)].value == 1
    assert current_values(revisions, JUNE, date(2026, 4, 1))[date(2026, 3, 1)].value == 3
    assert current_values(revisions, JUNE) == {}
    assert current_values(revisions, date(2026, 3, 30), noon) == {}


def test_the_precision_of_the_calling_thread_changes_no_digit():
    definition = replace(YEAR, target=Decimal("3.7"), aggregation="mean")
    values = {date(2026, month, 1): value(month, date(2026, month, 28)) for month in (1, 2, 3)}
    found = score(definition, values, JUNE)
    with localcontext() as narrow:
        narrow.prec = 3
        assert score(definition, values, JUNE) == found


@pytest.mark.parametrize("direction", ["increase", "decrease", "maintain"])
@pytest.mark.parametrize("mode", ["by_due", "each_period"])
@pytest.mark.parametrize("aggregation", ["latest", "sum", "mean", "min", "max"])
def test_no_definition_however_wrong_divides_by_zero(direction, mode, aggregation):
    hostile = {"direction": direction, "target_mode": mode, "aggregation": aggregation}
    zeros = dict.fromkeys(("baseline", "target", "zero_at", "lower", "upper", "fade", "stretch"), Decimal(0))

    for number in (-1, 0, 1):
        for fields in (zeros, zeros | {"lower": None, "upper": None}, zeros | {"due": YEAR.start, "fade": None}):
            found = june(number, **hostile, **fields)
            assert found.progress is None or 0 <= found.progress <= 1
