from datetime import date

import pytest

from integrations.spans import Span, cadence_of, span_of, whole_years
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal

YEARS = [date(2020, 1, 1), date(2021, 1, 1)]
QUARTERS = [date(2020, 1, 1), date(2020, 4, 1), date(2021, 10, 1)]
MONTHS = [date(2020, 1, 1), date(2020, 2, 1)]
WEEKS = [date(2026, 1, 5), date(2026, 1, 12)]
DAYS = [date(2026, 1, 5), date(2026, 1, 6)]
ODD = [date(2020, 2, 26), date(2020, 12, 21)]


@pytest.mark.parametrize(
    ("frequency", "dates", "cadence"),
    [
        ("", [], Cadence.yearly),
        ("Data available every five years", [], Cadence.yearly),
        ("Monthly", [], Cadence.monthly),
        ("once", [date(2020, 5, 1)], Cadence.once),
        ("once", YEARS, Cadence.yearly),
        ("", YEARS, Cadence.yearly),
        ("Annual", YEARS, Cadence.yearly),
        ("", QUARTERS, Cadence.quarterly),
        ("", MONTHS, Cadence.monthly),
        ("", WEEKS, Cadence.weekly),
        ("", DAYS, Cadence.daily),
        ("", ODD, Cadence.quarterly),
        ("monthly", YEARS, Cadence.yearly),
        ("monthly", [date(2020, 1, 1)], Cadence.monthly),
        ("quarterly", MONTHS, Cadence.quarterly),
        ("annually", QUARTERS, Cadence.yearly),
        ("daily", WEEKS, Cadence.daily),
        ("", [date(2015, 10, 1), date(2016, 10, 1)], Cadence.quarterly),
    ],
)
def test_the_cadence_fits_what_the_file_says_and_shows(frequency, dates, cadence):
    assert cadence_of(frequency, dates, CALENDAR_YEAR) == cadence


def test_years_begin_where_the_organisations_year_does():
    assert cadence_of("", [date(2020, 4, 1), date(2021, 4, 1)], Fiscal(4)) == Cadence.yearly


def test_a_span_holds_whole_periods():
    assert span_of(ODD, Cadence.quarterly, CALENDAR_YEAR) == Span(date(2020, 1, 1), date(2020, 12, 31))
    assert span_of([], Cadence.yearly, CALENDAR_YEAR) == Span()


def test_one_day_alone_is_no_life():
    assert span_of([date(2026, 1, 5)], Cadence.daily, CALENDAR_YEAR) == Span(date(2026, 1, 5), None)


def test_a_span_grows_to_hold_what_it_is_given():
    span = Span(date(2020, 1, 1), date(2020, 12, 31))
    assert span.holding(date(2021, 1, 1), date(2021, 3, 1)) == Span(date(2020, 1, 1), date(2021, 3, 1))
    assert span.holding(None, None) == span


def test_a_cycle_holds_whole_years():
    today = date(2026, 2, 1)
    assert whole_years(Span(date(2019, 5, 1), date(2030, 6, 1)), today) == (date(2019, 1, 1), date(2030, 12, 31))
    assert whole_years(Span(), today) == (date(2026, 1, 1), date(2026, 12, 31))
