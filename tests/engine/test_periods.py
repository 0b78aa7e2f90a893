import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.periods import Cadence, Fiscal, period_name, period_of, periods
from tests.engine.cases import CHECKS

CALENDAR = [cadence for cadence in Cadence if cadence != Cadence.once]
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
fiscal_years = st.builds(Fiscal, st.integers(1, 12), st.sampled_from(["end", "start"]))


def test_quarters_and_weeks_are_named_as_in_case_c2():
    dates = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31), date(2027, 1, 1)]
    years = [Fiscal(4), Fiscal(7), Fiscal(1), Fiscal(4, "start")]
    named = [[period_name(on, "quarterly", fiscal) for on in dates] for fiscal in years]

    assert [*named, [period_name(on, "weekly") for on in dates]] == CHECKS["C2"]


@pytest.mark.parametrize(
    ("cadence", "name"),
    [("yearly", "FY2027"), ("monthly", "2026-04"), ("daily", "2026-04-01"), ("once", "2026-04-01")],
)
def test_other_periods_have_their_names(cadence, name):
    assert period_name(date(2026, 4, 1), cadence, Fiscal(4)) == name


def test_part_periods_at_both_ends_of_a_life_keep_their_calendar_identity():
    found = list(periods(date(2026, 2, 15), date(2026, 4, 10), "monthly"))

    assert [(period.first, period.life_start, period.life_end, period.life_days) for period in found] == [
        (date(2026, 2, 1), date(2026, 2, 15), date(2026, 2, 28), 14),
        (date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 31), 31),
        (date(2026, 4, 1), date(2026, 4, 1), date(2026, 4, 10), 10),
    ]


def test_once_is_a_single_period_from_start_to_due():
    (only,) = periods(date(2026, 2, 15), date(2026, 4, 10), "once")

    assert (only.first, only.life_end, only.is_whole) == (date(2026, 2, 15), date(2026, 4, 10), True)
    with pytest.raises(ValueError, match="no calendar periods"):
        period_of(date(2026, 2, 15), "once")


@pytest.mark.parametrize(("month", "named_by"), [(0, "end"), (13, "end"), (1, "middle")])
def test_a_fiscal_year_that_cannot_be_is_refused(month, named_by):
    with pytest.raises(ValueError, match="fiscal year"):
        Fiscal(month, named_by)


@pytest.mark.parametrize("cadence", CALENDAR)
def test_the_first_periods_of_the_calendar_have_a_beginning(cadence):
    assert period_of(date.min, cadence, Fiscal(2)).first == date.min


@pytest.mark.parametrize("cadence", CALENDAR)
def test_the_last_periods_of_the_calendar_have_an_end(cadence):
    assert period_of(date.max, cadence, Fiscal(2)).last == date.max


@given(start=days, length=st.integers(0, 800), cadence=st.sampled_from(CALENDAR), fiscal=fiscal_years)
def test_periods_tile_the_calendar(start, length, cadence, fiscal):
    due = start + timedelta(days=length)
    found = list(periods(start, due, cadence, fiscal))

    assert found[0].first <= start <= found[0].last
    assert found[-1].first <= due <= found[-1].last
    assert (found[0].life_start, found[-1].life_end) == (start, due)
    assert all(later.first == earlier.last + timedelta(days=1) for earlier, later in itertools.pairwise(found))
    assert sum(period.life_days for period in found) == length + 1


@given(on=days, cadence=st.sampled_from(CALENDAR), fiscal=fiscal_years)
def test_every_day_of_a_period_lies_in_it_and_shares_its_name(on, cadence, fiscal):
    period = period_of(on, cadence, fiscal)

    assert period.first <= on <= period.last
    assert period_of(period.first, cadence, fiscal) == period_of(period.last, cadence, fiscal) == period
    names = {period_name(day, cadence, fiscal) for day in (period.first, on, period.last)}
    assert len(names) == 1
    assert period_name(period.last + timedelta(days=1), cadence, fiscal) not in names
