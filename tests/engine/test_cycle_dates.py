from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.cycles.dates import Span, moved

THIS, NEXT = (Span(date(year, 1, 1), date(year, 12, 31)) for year in (2027, 2028))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (None, None),
        (date(2027, 1, 1), date(2028, 1, 1)),
        (date(2027, 12, 31), date(2028, 12, 31)),
        (date(2027, 3, 15), date(2028, 3, 15)),
        (date(2027, 2, 28), date(2028, 2, 29)),
        (date(2027, 6, 30), date(2028, 6, 30)),
        (date(2026, 6, 1), date(2028, 1, 1)),
        (date(2030, 12, 31), date(2030, 12, 31)),
        (date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_dates_move_with_the_cycle(day, expected):
    assert moved(day, THIS, NEXT) == expected


def test_the_last_day_of_february_goes_back_too():
    assert moved(date(2028, 2, 29), NEXT, Span(date(2029, 1, 1), date(2029, 12, 31))) == date(2029, 2, 28)


def test_a_half_year_moves_by_half_a_year():
    spring, autumn = Span(date(2027, 1, 1), date(2027, 6, 30)), Span(date(2027, 7, 1), date(2027, 12, 31))
    assert moved(date(2027, 3, 31), spring, autumn) == date(2027, 9, 30)


def test_cycles_that_begin_on_different_days_move_dates_by_days():
    weeks = Span(date(2027, 1, 4), date(2027, 4, 4)), Span(date(2027, 4, 5), date(2027, 7, 4))
    assert moved(date(2027, 1, 14), *weeks) == date(2027, 4, 15)


days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(days, days)
def test_order_stays_and_nothing_begins_before_the_next_cycle(one, other):
    first, last = sorted([one, other])
    assert moved(first, THIS, NEXT) <= moved(last, THIS, NEXT) or last > THIS.due
    assert moved(first, THIS, NEXT) >= NEXT.start
