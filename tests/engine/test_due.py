"""What is owed for a KPI: periods that ended after the newest one with a final value."""

from datetime import date
from decimal import Decimal

import pytest

from kpis.attainment import GRACE, CurrentValue, KpiDefinition
from kpis.due import MOST, owed
from kpis.periods import CALENDAR_YEAR, Fiscal

START, END = date(2026, 1, 1), date(2026, 12, 31)


def kpi(**fields):
    return KpiDefinition(**{"start": START, "due": END, "target": Decimal(100), **fields})


def final(*months):
    ends = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30}
    return {date(2026, m, 1): CurrentValue(Decimal(m), date(2026, m, ends[m])) for m in months}


def told(definition, values, on, fiscal=CALENDAR_YEAR):
    found = owed(definition, values, on, fiscal, GRACE)
    return [(due.name, due.days_late) for due in found.due], found.next and found.next.name


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 6, 29), ([], "2026-06")),
        (date(2026, 6, 30), ([("2026-06", 0)], "2026-07")),
        (date(2026, 7, 7), ([("2026-06", 0)], "2026-07")),
        (date(2026, 7, 8), ([("2026-06", 1)], "2026-07")),
        (date(2026, 8, 9), ([("2026-07", 2), ("2026-06", 33)], "2026-08")),
    ],
)
def test_a_month_is_due_on_its_last_day_and_late_after_the_grace(on, expected):
    assert told(kpi(), final(1, 2, 3, 4, 5), on) == expected


def test_an_older_gap_is_not_asked_for_again():
    assert told(kpi(), final(1, 2, 5), date(2026, 5, 31)) == ([], "2026-06")


def test_an_interim_value_is_asked_to_be_confirmed():
    values = final(1, 2, 3, 4) | {date(2026, 5, 1): CurrentValue(Decimal(7), date(2026, 5, 12))}
    found = owed(kpi(), values, date(2026, 5, 31), CALENDAR_YEAR, GRACE)

    assert [(due.name, due.interim) for due in found.due] == [("2026-05", 7)]


def test_a_long_silence_is_told_in_at_most_twelve_periods():
    found = owed(kpi(cadence="daily"), {}, END, CALENDAR_YEAR, GRACE)

    assert len(found.due) == MOST
    assert found.due[0].since == END


def test_the_last_part_of_a_period_is_due_with_the_kpi():
    definition = kpi(due=date(2026, 6, 10))

    assert told(definition, final(1, 2, 3, 4, 5), date(2026, 6, 9)) == ([], "2026-06")
    assert told(definition, final(1, 2, 3, 4, 5), date(2026, 6, 10)) == ([("2026-06", 0)], None)
    assert told(definition, final(1, 2, 3, 4, 5), date(2027, 3, 1)) == ([("2026-06", 257)], None)


def test_before_the_start_the_first_period_comes_next():
    assert told(kpi(start=date(2026, 4, 1), cadence="quarterly"), {}, date(2026, 2, 1)) == ([], "FY2026-Q2")


def test_quarters_follow_the_fiscal_year():
    assert told(kpi(cadence="quarterly"), {}, date(2026, 2, 28), Fiscal(3)) == ([("FY2026-Q4", 0)], "FY2027-Q1")


@pytest.mark.parametrize(("value", "owes"), [(None, 1), (0, 1), (1, 0)])
def test_a_milestone_is_owed_on_its_due_date_until_it_is_done(value, owes):
    definition = kpi(kind="boolean", cadence="once", target=Decimal(1))
    values = {} if value is None else {START: CurrentValue(Decimal(value), date(2026, 5, 5))}

    assert len(owed(definition, values, END, CALENDAR_YEAR, GRACE).due) == owes
    assert (owed(definition, values, date(2026, 6, 1), CALENDAR_YEAR, GRACE).next is not None) == bool(owes)


def test_a_measure_taken_once_is_given_by_any_value():
    values = {START: CurrentValue(Decimal(3), date(2026, 5, 5))}

    assert told(kpi(cadence="once"), values, END) == ([], None)


def test_without_dates_nothing_is_owed():
    assert told(kpi(start=None), {}, END) == ([], None)


@pytest.mark.parametrize(
    ("months", "on", "expected"),
    [
        ((1, 2, 3), date(2026, 4, 30), "2026-04"),
        ((1, 2, 3), date(2026, 5, 15), "2026-04"),
        ((1, 2, 3, 4), date(2026, 5, 15), "2026-05"),
        ((1, 2, 3, 4), date(2027, 5, 15), "2026-12"),
        ((), date(2025, 12, 31), None),
    ],
    ids=["due today", "owed", "running", "over", "not begun"],
)
def test_the_period_meant_by_who_does_not_say_which(months, on, expected):
    found = owed(kpi(), final(*months), on, CALENDAR_YEAR, GRACE).entry(on)

    assert (found and found.name) == expected


def test_after_the_end_the_last_value_is_the_one_to_correct():
    found = owed(kpi(due=date(2026, 6, 30)), final(5, 6), date(2026, 9, 1), CALENDAR_YEAR, GRACE)

    assert (found.due, found.entry(date(2026, 9, 1)).name) == ([], "2026-06")
