from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.split import CannotSplit, Refusal, display_step, gap, in_proportion, level, parts_of, split
from tests.engine.cases import CHECKS, shown

ONE, CENT = Decimal(1), Decimal("0.01")


def numbers(*texts):
    return [None if text is None else Decimal(text) for text in texts]


def free(count):
    return [None] * count


def told(parts):
    return [format(part, "f") for part in parts]


def gap_line(found):
    return [*map(shown, (found.combined, found.gap, found.share)), found.verdict]


def test_equal_parts_of_100_as_in_case_t1():
    assert told(split(Decimal(100), [ONE] * 3, free(3), ONE)) == CHECKS["T1"]


def test_parts_by_weight_as_in_case_t2():
    assert told(split(Decimal("1000000.00"), numbers("3", "2", "2"), free(3), CENT)) == CHECKS["T2"]


def test_a_negative_total_is_mirrored_as_in_case_t3():
    assert told(split(Decimal("-10.00"), [ONE] * 3, free(3), CENT)) == CHECKS["T3"]


def test_an_agreed_part_stays_as_in_case_t4():
    assert told(split(Decimal(500), numbers("1", "1", "2", "4"), numbers("200", None, None, None), ONE)) == CHECKS["T4"]


def test_ties_go_down_the_list_and_weight_0_gets_nothing_as_in_case_t5():
    found = [split(Decimal(10), [ONE] * 4, free(4), ONE), split(Decimal(5), numbers("1", "0", "1"), free(3), ONE)]

    assert [told(parts) for parts in found] == CHECKS["T5"]


@pytest.mark.parametrize(
    ("name", "total", "weights", "fixed", "step"),
    [
        ("T6", "50", ("3", "2", "1"), (None, None, "35"), "1"),
        ("T7", "4.5", ("1", "1", "1"), ("4.4", None, None), "0.1"),
    ],
)
def test_means_and_their_gap_as_in_their_cases(name, total, weights, fixed, step):
    total, weights = Decimal(total), numbers(*weights)
    parts = parts_of("mean", total, weights, numbers(*fixed), Decimal(step))
    direction = "increase" if name == "T6" else "decrease"
    found = gap(total, parts, "mean", "increase", weights)

    assert [told(parts), gap_line(found)] == CHECKS[name]
    assert gap(total, parts, "mean", direction, weights).verdict == ("exact" if name == "T6" else "short")


def test_gap_figures_as_in_case_t8():
    leads = gap(Decimal(100), numbers("46", "28", "18"), "sum", "increase")
    hours = gap(Decimal(8), numbers("7", "9"), "max", "decrease")

    assert [gap_line(leads), gap_line(hours)] == CHECKS["T8"]


@pytest.mark.parametrize(
    ("place", "total", "weights", "fixed"),
    [(0, "100", "1 1", ("120", None)), (1, "10.5", "1 1", (None, None)), (2, "100", "0 0", (None, None))],
)
def test_what_cannot_be_divided_is_refused_as_in_case_t9(place, total, weights, fixed):
    with pytest.raises(CannotSplit) as refused:
        split(Decimal(total), numbers(*weights.split()), numbers(*fixed), ONE)

    assert f"error: {refused.value}" == CHECKS["T9"][place]


@pytest.mark.parametrize(
    ("total", "weights", "fixed", "step", "code", "at"),
    [
        ("-100", "1 1", ("-120", None), "1", Refusal.exceeded, None),
        ("100", "1 1", ("10.5", None), "1", Refusal.not_a_multiple, 0),
        ("100", "1 1", ("40", "50"), "1", Refusal.nobody_left, None),
        ("100", "1 -1", (None, None), "1", Refusal.weight_negative, 1),
        ("100", "1 1", (None, None), "0", Refusal.step_not_positive, None),
    ],
)
def test_other_refusals_name_what_is_wrong_and_where(total, weights, fixed, step, code, at):
    with pytest.raises(CannotSplit) as refused:
        split(Decimal(total), numbers(*weights.split()), numbers(*fixed), Decimal(step))

    assert (refused.value.code, refused.value.at) == (code, at)


def test_nothing_is_left_for_the_others_when_the_fixed_parts_are_all_of_it():
    assert told(split(Decimal(100), [ONE] * 3, numbers("100", None, None), ONE)) == ["100", "0", "0"]


def test_a_mean_that_fixed_parts_miss_needs_somebody_with_a_weight():
    with pytest.raises(CannotSplit) as refused:
        level(Decimal(50), numbers("1", "0"), numbers("35", None), ONE)

    assert refused.value.code == Refusal.nobody_left
    assert told(level(Decimal(50), numbers("1", "0"), numbers("50", None), ONE)) == ["50", "50"]


def test_the_same_target_is_copied_to_all_but_fixed_parts():
    assert told(parts_of("same", Decimal(8), [ONE] * 3, numbers(None, "7", None), ONE)) == ["8", "7", "8"]


def test_a_year_is_phased_over_its_quarters_by_their_season():
    assert told(split(Decimal(1000), numbers("2", "1", "1", "3"), free(4), ONE)) == ["286", "143", "143", "428"]


@pytest.mark.parametrize(
    ("direction", "combined", "verdict"),
    [
        ("increase", "110", "stretched"),
        ("decrease", "110", "short"),
        ("decrease", "90", "stretched"),
        ("maintain", "90", "uneven"),
        (None, "90", "uneven"),
        ("increase", "100.0000000000001", "exact"),
    ],
)
def test_the_verdict_follows_the_direction(direction, combined, verdict):
    assert gap(Decimal(100), numbers(combined), "sum", direction).verdict == verdict


def test_a_gap_to_a_target_of_0_has_no_share():
    assert gap(Decimal(0), numbers("2"), "min", "decrease").share is None


@pytest.mark.parametrize(
    ("number", "step"), [("100", "1"), ("1200", "1"), ("4.50", "0.1"), ("0.25", "0.01"), ("0", "1")]
)
def test_the_step_of_a_number_is_its_last_decimal(number, step):
    assert display_step(Decimal(number)) == Decimal(step)


def test_what_belongs_to_a_target_goes_with_its_part():
    assert in_proportion(Decimal(40), Decimal(46), Decimal(100), ONE) == Decimal("18.40")
    assert in_proportion(Decimal(100), Decimal("33"), Decimal(100), ONE) == Decimal("33.00")


steps = st.sampled_from(numbers("1", "0.01", "0.5", "25"))
weights = st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=40).filter(any)


@st.composite
def divisions(draw):
    """A total of whole steps, weights of which one is above 0, and fixed parts that leave something over."""
    step, given_weights = draw(steps), draw(weights)
    units = draw(st.integers(-5000, 5000))
    fixed = free(len(given_weights))
    for at in draw(st.sets(st.integers(0, len(fixed) - 1), max_size=len(fixed) // 2)):
        fixed[at] = step * (1 if units >= 0 else -1) * (abs(units) // (2 * len(fixed)))
    if not any(weight for weight, number in zip(given_weights, fixed, strict=True) if number is None):
        fixed = free(len(fixed))
    return units * step, given_weights, fixed, step


@settings(max_examples=150, deadline=None)
@given(divisions())
def test_parts_sum_exactly_are_whole_steps_and_nearly_their_quota(division):
    total, given_weights, fixed, step = division
    parts = split(total, given_weights, fixed, step)
    rest = Fraction(total) - sum(Fraction(number) for number in fixed if number is not None)
    among = sum(Fraction(w) for w, number in zip(given_weights, fixed, strict=True) if number is None)

    assert sum(map(Fraction, parts)) == Fraction(total)
    for part, weight, number in zip(parts, given_weights, fixed, strict=True):
        assert (Fraction(part) / Fraction(step)).denominator == 1
        if number is not None:
            assert part == number
            continue
        assert abs(Fraction(part) - rest * Fraction(weight) / among) < Fraction(step)
        assert weight or part == 0


@settings(max_examples=80, deadline=None)
@given(divisions(), st.integers(1, 1000))
def test_weights_are_relative_and_a_mirrored_total_has_mirrored_parts(division, factor):
    total, given_weights, fixed, step = division
    parts = split(total, given_weights, fixed, step)
    mirrored = [None if number is None else -number for number in fixed]

    assert split(total, [weight * factor for weight in given_weights], fixed, step) == parts
    assert split(-total, given_weights, mirrored, step) == [-part for part in parts]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 40))
def test_equal_parts_differ_by_one_step_at_most_and_the_larger_ones_come_first(total, count):
    parts = split(Decimal(total), [ONE] * count, free(count), ONE)

    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@settings(max_examples=80, deadline=None)
@given(divisions())
def test_a_mean_of_free_parts_misses_the_total_by_half_a_step_at_most(division):
    total, given_weights, _, step = division
    parts = level(total, given_weights, free(len(given_weights)), step)

    assert abs(gap(total, parts, "mean", "increase", given_weights).gap) <= step / 2
