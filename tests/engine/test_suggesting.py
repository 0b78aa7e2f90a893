"""Targets from a KPI's own history: what each comes from, and which are left out."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.attainment import KpiDefinition
from kpis.suggesting import Way, suggestions

D = Decimal
YEAR = {"start": date(2026, 1, 1), "due": date(2026, 12, 31)}


def monthly(*values, year=2025):
    return {date(year + n // 12, n % 12 + 1, 1): D(value) for n, value in enumerate(values)}


def found(values, **fields):
    told = suggestions(KpiDefinition(**{**YEAR, "baseline": D(0), "target": D(1), **fields}), values)
    return {(each.way, each.more): each.target for each in told}


def test_median_trend_and_last_year_of_a_steady_rise():
    history = monthly(*range(10, 22))  # December 2025 stands at 21
    assert found(history) == {
        (Way.median, None): 16,  # 15.5, half-even
        (Way.trend, None): 33,  # a year later
        (Way.last_year, D(5)): 22,  # 21 and 5 % are 22.05
        (Way.last_year, D(10)): 23,
    }


def test_one_wild_value_moves_no_trend():
    history = monthly(*range(10, 22)) | {date(2025, 6, 1): D(900)}
    assert found(history)[Way.trend, None] == 33


def test_lower_is_better_takes_off_and_keeps_the_decimals_of_the_values():
    history = monthly("9.5", "9.0", "8.5", "8.0", "7.5", "7.0")
    told = found(history, direction="decrease", baseline=D(10), due=date(2025, 12, 31))
    assert told == {
        (Way.median, None): D("8.2"),  # 8.25, half-even
        (Way.trend, None): D("4.0"),
        (Way.last_year, D(5)): D("6.6"),  # 6.65, half-even
        (Way.last_year, D(10)): D("6.3"),
    }


def test_a_sum_until_the_due_date_asks_for_all_its_periods():
    told = found(monthly(*[100] * 12), aggregation="sum")
    assert told[Way.median, None] == told[Way.trend, None] == 1200
    assert told[Way.last_year, D(10)] == 1320
    half = found(monthly(*[100] * 12), aggregation="sum", due=date(2026, 6, 30))
    assert (half[Way.median, None], half[Way.last_year, D(10)]) == (600, 660)


def test_a_sum_in_each_period_asks_for_one_period():
    told = found(monthly(*[100] * 12), aggregation="sum", target_mode="each_period")
    assert (told[Way.median, None], told[Way.last_year, D(10)]) == (100, 110)


def test_what_asks_for_nothing_seen_from_the_start_is_left_out():
    history = monthly(*range(10, 22))
    assert set(found(history, baseline=D(22))) == {(Way.trend, None), (Way.last_year, D(10))}
    assert found(history, baseline=D(33)) == {}
    assert len(found(history, baseline=D(33), target_mode="each_period")) == 4
    assert len(found(history, baseline=None)) == 4


@pytest.mark.parametrize("count", [0, 3, 4])
def test_too_few_values_suggest_nothing(count):
    assert bool(found(monthly(*range(1, count + 1)))) == (count == 4)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "boolean"},
        {"direction": "maintain"},
        {"direction": None},
        {"cadence": "once"},
        {"due": None},
    ],
)
def test_what_has_no_pace_is_suggested_nothing(fields):
    assert found(monthly(*range(12)), **fields) == {}


def test_only_the_last_24_values_and_the_last_year_speak():
    history = monthly(*[1000] * 12, *range(1, 25), year=2023)
    told = {each.way: (each.count, each.base) for each in suggestions(KpiDefinition(**YEAR, target=D(1)), history)}
    assert (told[Way.median], told[Way.last_year]) == ((24, D("12.5")), (12, 24))


@given(
    st.dictionaries(st.integers(0, 60), st.decimals(-10_000, 10_000, places=2), max_size=30),
    st.sampled_from(["increase", "decrease"]),
    st.sampled_from(["latest", "sum", "mean", "min", "max"]),
    st.sampled_from(["by_due", "each_period"]),
    st.none() | st.decimals(-100, 100, places=1),
)
def test_whatever_the_history_a_suggestion_asks_for_something(months, direction, aggregation, mode, baseline):
    values = {date(2020 + month // 12, month % 12 + 1, 1): value for month, value in months.items()}
    definition = KpiDefinition(
        **YEAR, direction=direction, aggregation=aggregation, target_mode=mode, baseline=baseline, target=D(1)
    )
    for each in suggestions(definition, values):
        assert each.count >= 1
        if mode == "by_due" and aggregation != "sum" and baseline is not None:
            assert each.target > baseline if direction == "increase" else each.target < baseline
