from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.payout.engine import Item, NoData, State, Terms, days_within, factor_at, pay, wrong_with
from tests.engine.cases import CHECKS, shown

YEAR = date(2026, 1, 1), date(2026, 12, 31)
TERMS = Terms(Decimal(100_000), *YEAR)


def item(weight, raw, minimum=None, name="a"):
    return Item(name, Decimal(weight), *(None if each is None else Decimal(each) for each in (raw, minimum)))


def printed(items, terms=TERMS, eligible=(YEAR,), share="1"):
    found = pay(terms, items, eligible, Decimal(share))
    amount = None if found.amount is None else format(found.amount, "f")
    return [found.state, shown(found.attainment), shown(found.factor), shown(found.proration), amount]


def test_between_threshold_and_target_as_in_case_p1():
    assert printed([item(60, "0.9"), item(40, "1.1")]) == CHECKS["P1"]


def test_just_below_and_at_the_threshold_as_in_case_p2():
    assert [printed([item(1, raw)]) for raw in ("0.7999", "0.8")] == CHECKS["P2"]


def test_caps_and_negative_results_as_in_case_p3():
    assert [
        printed([item(50, "2.0"), item(50, "1.0")]),
        printed([item(50, "-3"), item(50, "1.1")]),
    ] == CHECKS["P3"]


def test_part_of_a_year_and_of_a_position_as_in_case_p4():
    hired = [(date(2026, 4, 1), date(2026, 12, 31))]
    assert printed([item(1, "1.0")], eligible=hired, share="0.8") == CHECKS["P4"]


def test_what_is_done_without_data_as_in_case_p5():
    items = [item(60, "1"), item(40, None)]
    assert [printed(items, replace(TERMS, no_data=rule)) for rule in NoData] == CHECKS["P5"]


def test_a_gate_that_weighs_nothing_as_in_case_p6():
    assert printed([item(1, "1.1"), item(0, "0.95", "1.0", "safety")]) == CHECKS["P6"]


def test_a_gate_without_data_counts_as_below():
    assert pay(TERMS, [item(1, "1.1"), item(0, None, "0.5", "safety")], [YEAR]).state == State.gate_failed


def test_what_blocks_is_named():
    found = pay(TERMS, [item(60, "1"), item(40, None, name="missing")], [YEAR])
    assert [each.id for each in found.missing] == ["missing"]


def test_nothing_is_computed_when_every_item_is_left_out():
    found = pay(replace(TERMS, no_data=NoData.exclude), [item(60, None)], [YEAR])
    assert (found.state, found.amount) == (State.blocked, None)


def test_a_threshold_at_the_target_pays_all_or_nothing():
    terms = replace(TERMS, threshold=Decimal(1), most=Decimal(1), most_factor=Decimal(1))
    assert [factor_at(Decimal(raw), terms) for raw in ("0.9999", "1", "1.3")] == [0, 1, 1]


def test_eligible_days_that_overlap_count_once_and_only_within_the_plan():
    spans = [(date(2026, 3, 1), date(2026, 3, 31)), (date(2025, 12, 1), date(2026, 3, 10)), (date(2027, 1, 1), YEAR[1])]
    assert days_within(spans, *YEAR) == 90


@pytest.mark.parametrize(
    ("terms", "items", "codes"),
    [
        (TERMS, [item(1, "1")], set()),
        (TERMS, [item(0, "1")], {"no_weight"}),
        (TERMS, [item(-1, "1"), item(1, "1")], {"weight_negative"}),
        (TERMS, [item(1, "1", "1.6")], {"minimum_range"}),
        (replace(TERMS, threshold=Decimal("1.1")), [item(1, "1")], {"threshold_range"}),
        (replace(TERMS, threshold_factor=Decimal("1.1")), [item(1, "1")], {"threshold_range"}),
        (replace(TERMS, most=Decimal("0.9")), [item(1, "1")], {"most_range"}),
        (replace(TERMS, item_cap=Decimal("0.9")), [item(1, "1")], {"cap_range"}),
        (replace(TERMS, bonus=Decimal(-1)), [item(1, "1")], {"bonus_negative"}),
        (replace(TERMS, due=date(2025, 1, 1)), [item(1, "1")], {"dates_order"}),
    ],
)
def test_plans_that_cannot_be_computed_are_refused(terms, items, codes):
    assert wrong_with(terms, items) == codes


shares = st.decimals(0, 1, places=4)
beyond = st.decimals(1, 3, places=4)
results = st.decimals(-2, 4, places=6)
weights = st.decimals(0, 100, places=3)
curves = st.builds(
    Terms,
    st.decimals(0, 10**9, places=2),
    st.just(YEAR[0]),
    st.just(YEAR[1]),
    shares,
    shares,
    beyond,
    beyond,
    beyond,
    st.sampled_from(NoData),
)
one = st.builds(Item, st.just("a"), weights, st.none() | results, st.none() | shares)


@given(curves, results, results)
def test_more_attainment_never_pays_less(terms, one_result, other):
    low, high = sorted([one_result, other])
    paid = [pay(terms, [Item("a", Decimal(1), each)], [YEAR]) for each in (low, high)]
    assert paid[0].factor <= paid[1].factor
    assert paid[0].amount <= paid[1].amount


@given(curves, st.lists(one, min_size=1, max_size=6), shares)
def test_a_payout_is_never_negative_nor_above_the_most(terms, items, share):
    found = pay(terms, items, [YEAR], share)
    if found.state == State.blocked:
        assert found.amount is None
    else:
        assert 0 <= found.factor <= terms.most_factor
        assert 0 <= found.attainment <= terms.item_cap
        assert 0 <= found.amount <= terms.bonus * terms.most_factor * share + Decimal("0.005")


@given(curves, st.lists(one, min_size=1, max_size=6))
def test_the_lines_add_up_to_the_attainment(terms, items):
    found = pay(terms, items, [YEAR])
    if found.attainment is not None:
        counted = [line for line in found.lines if line.share is not None]
        total = sum(Fraction(line.item.weight) for line in counted)
        exact = sum(Fraction(line.item.weight) / total * Fraction(line.used) for line in counted)
        assert abs(Fraction(found.attainment) - exact) < Fraction(1, 10**40)


@given(curves, results, shares, st.integers(1, 365))
def test_the_amount_is_the_exact_product_half_even(terms, raw, share, days):
    eligible = [(YEAR[0], date.fromordinal(YEAR[0].toordinal() + days - 1))]
    found = pay(terms, [Item("a", Decimal(1), raw)], eligible, share)
    exact = Fraction(terms.bonus) * Fraction(found.factor) * days / 365 * Fraction(share)
    assert Fraction(found.amount) == round(round(exact, 12), 2)
