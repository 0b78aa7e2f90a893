"""Evidence of a link: changes, lag, Pearson's r and its label (docs/domain.md section 16)."""

import itertools
import statistics
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kpis.attainment import CurrentValue
from kpis.evidence import LEAST, Label, Measure, evidence, label, series, shared_cadence
from kpis.periods import days_of, number_of
from tests.engine.cases import CHECKS, shown

CAUSE = "3 5 4 6 8 7 9 8 11 10 12 13"
EFFECT = "20 21 23 22 24 27 26 28 27 30 29 31"
JANUARY = number_of(date(2026, 1, 1), "monthly")
END = date(2027, 12, 31)


def measure(text, cadence="monthly", first=date(2026, 1, 1), **fields):
    start = number_of(first, cadence)
    values = {}
    for place, word in enumerate(text.split()):
        day, last = days_of(start + place, cadence)
        if word != "-":
            values[day] = CurrentValue(Decimal(word), last)
    told = {"aggregation": "latest", "direction": "increase", "target": None, "lower": None, "upper": None}
    return Measure(cadence=cadence, values=values, **told | fields)


def monthly(text, **fields):
    return series(measure(text, **fields), "monthly", END)


def printed(found):
    return {"n": found.n, "r": shown(found.r), "label": found.label}


def test_case_e1():
    cause, effect = monthly(CAUSE), monthly(EFFECT)
    turned = monthly(" ".join(str(50 - int(x)) for x in EFFECT.split()), direction="decrease")
    short = [monthly(" ".join(text.split()[:8])) for text in (CAUSE, EFFECT)]
    found = [evidence(cause, effect, 1), evidence(cause, effect, 0), evidence(cause, turned, 1), evidence(*short, 1)]
    assert [printed(each) for each in found] == CHECKS["E1"]


def test_a_period_counts_where_all_four_values_are_there():
    found = evidence(monthly("1 2 - 4 5 6 7 8 9 10 11 12"), monthly(EFFECT), 1)
    assert [pair.period - JANUARY for pair in found.pairs] == [2, 5, 6, 7, 8, 9, 10, 11]
    gone = evidence(monthly(CAUSE), monthly("1 2 3 4 - 6 7 8 9 10 11 12"), 1)
    assert [pair.period - JANUARY for pair in gone.pairs] == [2, 3, 6, 7, 8, 9, 10, 11]


def test_what_never_varies_says_nothing():
    found = evidence(monthly("1 2 3 4 5 6 7 8 9 10 11 12"), monthly(EFFECT), 0)
    assert (found.r, found.label) == (None, Label.no_variation)


@pytest.mark.parametrize(
    ("r", "expected"),
    [
        ("0.5", "supports"),
        ("0.4999999999999", "supports"),  # compared after rounding to 12 places
        ("0.499999999999", "weak"),
        ("0.3", "weak"),
        ("0.29", "none"),
        ("-0.29", "none"),
        ("-0.3", "contradicts"),
    ],
)
def test_labels(r, expected):
    assert label(Decimal(r)) == expected


def test_finer_values_become_those_of_the_coarser_cadence():
    days = measure("1 2 3 4 5 6", aggregation="sum")
    assert list(series(days, "quarterly", END).values()) == [6, 15]
    assert list(series(measure("1 2 3 4 5 6"), "quarterly", END).values()) == [3, 6]
    assert list(series(measure("1 2 3 4 5 9", aggregation="mean"), "quarterly", END).values()) == [2, 6]


def test_a_sum_with_a_part_missing_is_no_value_and_a_running_period_none_yet():
    assert len(series(measure("1 - 3 4 5 6", aggregation="sum"), "quarterly", END)) == 1
    assert len(series(measure("1 2 3 4 5 6"), "monthly", date(2026, 6, 29))) == 5


def test_a_week_belongs_to_the_month_in_which_it_ends():
    weeks = measure("1 1 1 1 1 1 1 1 1", "weekly", date(2026, 1, 1), aggregation="sum")  # 29 December to 1 March
    assert list(series(weeks, "monthly", END).values()) == [4, 4]
    assert len(series(weeks, "monthly", date(2026, 2, 27))) == 1


def test_higher_is_better_after_the_sign_is_turned():
    assert list(monthly("3 5", direction="decrease").values()) == [-3, -5]
    assert list(monthly("3 5 8", direction="maintain", target=Decimal(5)).values()) == [-2, 0, -3]
    band = {"direction": "maintain", "lower": Decimal(4), "upper": Decimal(6)}
    assert list(monthly("3 5 8", **band).values()) == [-1, 0, -2]
    one_edge = {"direction": "maintain", "lower": None, "upper": Decimal(6)}
    assert list(monthly("3 5 8", **one_edge).values()) == [0, 0, -2]


def test_the_coarser_cadence_is_shared():
    weekly, quarterly = measure("1", "weekly"), measure("1", "quarterly")
    assert shared_cadence(weekly, quarterly) == shared_cadence(quarterly, weekly) == "quarterly"
    assert shared_cadence(weekly, Measure("once", "latest", "increase", None, None, None, {})) is None
    assert shared_cadence(weekly, measure("1", direction=None)) is None


numbers = st.decimals(-1000, 1000, places=2)
two = st.lists(st.tuples(numbers, numbers), min_size=LEAST + 1, max_size=30)


def both(rows):
    return [dict(enumerate(column)) for column in zip(*rows, strict=True)]


@settings(max_examples=80, deadline=None)
@given(two)
def test_r_is_that_of_the_textbook_and_keeps_within_its_bounds(rows):
    cause, effect = both(rows)
    found = evidence(cause, effect, 0)
    assume(found.r is not None)
    assert -1 <= found.r <= 1
    xs, ys = ([float(b - a) for a, b in itertools.pairwise(x)] for x in zip(*rows, strict=True))
    assert float(found.r) == pytest.approx(statistics.correlation(xs, ys), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(two, st.integers(0, 8), numbers, st.decimals("0.01", 100, places=2))
def test_evidence_knows_neither_units_nor_levels(rows, lag, shift, factor):
    cause, effect = both(rows)
    moved = {number: value * factor + shift for number, value in cause.items()}
    plain, other = evidence(cause, effect, lag), evidence(moved, effect, lag)
    assert plain.label == other.label or abs(plain.r - other.r) < Decimal("1e-12")
    assert plain.n == other.n == len(rows) - 1 - lag or plain.n == 0


@settings(max_examples=80, deadline=None)
@given(two)
def test_an_opposite_effect_has_the_opposite_r(rows):
    cause, effect = both(rows)
    found = evidence(cause, effect, 0)
    turned = evidence(cause, {number: -value for number, value in effect.items()}, 0)
    assert (found.r is None and turned.r is None) or found.r == -turned.r
