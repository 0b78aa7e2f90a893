"""Where KPIs and goals end up if their trend goes on (docs/domain.md section 11)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from goals.rollup import roll_up
from kpis.attainment import Aggregation, CurrentValue, KpiDefinition, current_values, score
from kpis.forecast.arriving import arrivals
from kpis.forecast.drawn import Seed, drawn_progress, ends_of, with_drawn_spread
from kpis.forecast.trend import State, forecast, line_through, to_come
from kpis.periods import periods
from tests.engine.cases import CASES, CHECKS, definition, revisions, shown, tree_of

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SEED = Seed(1, 2, date(2026, 7, 31))
BAND = {"direction": "maintain", "lower": Decimal(95), "upper": Decimal(105), "target": None}


def kpi(**given):
    asked = {"baseline": Decimal(0), "target": Decimal(100), "start": YEAR[0], "due": YEAR[1]}
    return KpiDefinition(**asked | given)


def told(numbers, life=YEAR, cadence="monthly"):
    """The values of the first periods, seen at their end; None leaves one out."""
    named = zip(periods(*life, cadence), numbers, strict=False)
    return {
        period.first: CurrentValue(Decimal(str(value)), period.life_end) for period, value in named if value is not None
    }


def foretold(numbers, life=YEAR, **given):
    asked = kpi(start=life[0], due=life[1], **given)
    ends = [period.life_end for period in periods(*life, str(asked.cadence))]
    return forecast(asked, told(numbers, life, str(asked.cadence)), ends[len(numbers) - 1])


def printed(found):
    figures = ("slope", "intercept", "point", "progress", "sd", "low", "high", "probability")
    return [str(found.state), found.n, *(shown(getattr(found, name)) for name in figures)]


WORKED = {
    "F1": ([10, 12, 15, 15, 18, 22, 23], {"target": Decimal(40)}),
    "F2": ([4, 6, 5, 7, 5, 6], {"target": Decimal(60), "aggregation": "sum"}),
    "F3": (
        [50, 47, 44, 41, 38, 35],
        {"baseline": Decimal(50), "target": Decimal(20), "direction": "decrease"},
    ),
    "F5": (
        [6, 7, 8, 9, 10, 11, 12],
        {"target": Decimal(10), "aggregation": "mean", "target_mode": "each_period", "max_value": Decimal(12)},
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_a_worked_forecast_shows_its_printed_figures(name):
    numbers, asked = WORKED[name]

    assert printed(foretold(numbers, **asked)) == CHECKS[name]


def test_a_kpi_to_maintain_has_the_chance_of_its_band_and_five_points_are_too_few():
    numbers = [99, 101, 100, 102, 99, 100, 103, 101]

    assert [printed(foretold(numbers, **BAND)), printed(foretold(numbers[:5], **BAND))] == CHECKS["F4"]


def test_a_goal_is_foreseen_from_the_kpis_that_have_a_forecast():
    goals, parts, _, on = tree_of(CASES["R01"])
    found = {}
    for each in CASES["R01"]["tree"]["kpis"]:
        found[each["id"]] = forecast(definition(each), current_values(revisions(each), on), on)
    foreseen = {name: each.progress for name, each in found.items() if each.progress is not None}

    arrived = arrivals(goals, parts, foreseen, lambda goal, kpi: None, on)

    assert [[goal, shown(arrived[goal].progress), shown(arrived[goal].share)] for goal, *_ in CHECKS["F6"]] == CHECKS[
        "F6"
    ]


def test_a_gap_is_a_gap_and_not_a_step():
    assert foretold([10, None, 14, 16, None, None, 22, 24, 26]).slope == 2


def test_what_cannot_be_foretold_says_why():
    done = kpi(kind="boolean", cadence="once", target=Decimal(1))

    assert forecast(done, {}, YEAR[1]).state == State.not_applicable
    assert forecast(kpi(due=None), told([1] * 8), date(2026, 8, 31)).state == State.not_applicable
    far = kpi(cadence="daily", due=date(2030, 1, 1))
    assert forecast(far, told(range(10), (YEAR[0], far.due), "daily"), date(2026, 1, 10)).state == State.too_far_ahead


def test_a_value_so_far_is_neither_known_nor_kept():
    values = told([10, 12, 15, 15, 18, 22, 23])
    values[date(2026, 8, 1)] = CurrentValue(Decimal(900), date(2026, 8, 3))

    found = forecast(kpi(target=Decimal(40)), values, date(2026, 8, 4))

    assert printed(found) == CHECKS["F1"]


def test_a_period_that_is_over_and_not_yet_asked_for_is_still_to_come():
    assert [each.first.month for each in to_come(YEAR, "monthly", set(), date(2026, 12, 25), 1)] == [12]
    assert to_come(YEAR, "monthly", {date(2026, 12, 1)}, date(2026, 12, 25), 1) == []


def test_where_all_is_known_nothing_is_left_to_chance():
    found = foretold([5] * 12, target=Decimal(60), aggregation="sum")

    assert (found.point, found.sd, found.probability, found.path) == (60, 0, 1, ())
    assert foretold([5] * 12, target=Decimal(61), aggregation="sum").probability == 0


def test_a_sum_owes_part_of_a_period_that_is_cut():
    cut = (date(2026, 1, 1), date(2026, 12, 15))

    assert foretold([10] * 6, cut, target=Decimal(100), aggregation="sum").path[-1].value.quantize(
        Decimal("0.0001")
    ) == Decimal("114.8387")  # eleven whole months and 15 of 31 days


numbers = st.lists(st.integers(-500, 500), min_size=6, max_size=11)
SHAPES = [
    {"direction": direction, "aggregation": str(how), "target_mode": mode}
    for direction in ("increase", "decrease", "maintain")
    for how in Aggregation
    for mode in ("by_due", "each_period")
]


@given(numbers, st.sampled_from(SHAPES), st.data())
def test_many_courses_at_once_score_as_the_engine_scores_each(known, shape, data):
    asked = {"baseline": Decimal(20), "target": Decimal(10 if shape["direction"] == "decrease" else 60)} | shape
    if shape["direction"] == "maintain":
        asked |= {"lower": Decimal(-20), "upper": Decimal(100), "fade": data.draw(st.sampled_from([None, Decimal(7)]))}
    if shape["aggregation"] == "sum":
        asked["baseline"] = Decimal(0)
    found = foretold(known, (date(2026, 1, 10), date(2026, 12, 20)), **asked)
    assume(found.course.end.progress is not None)
    rows = data.draw(st.lists(st.lists(st.integers(-200, 200), min_size=12, max_size=12), min_size=1, max_size=3))
    tried = np.array([row[: len(found.path)] for row in rows], dtype=float)

    _, progress = ends_of(found.course, tried)

    for row, drawn in zip(rows, progress, strict=True):
        values = {each.period.first: CurrentValue(each.value, each.observed_on) for each in found.course.end.rows}
        for ahead, value in zip(found.path, row, strict=False):
            values[ahead.period.first] = CurrentValue(Decimal(value), ahead.period.life_end)
        exact = score(found.course.definition, values, YEAR[1]).progress
        assert abs(float(exact) - drawn) < 1e-9


@given(numbers, st.sampled_from(["latest", "sum", "mean"]))
def test_the_draws_agree_with_the_formulas(known, how):
    found = foretold(known, aggregation=how, target=Decimal(60), baseline=Decimal(0))
    assume(found.course.end.progress is not None)

    drawn = drawn_progress(found, SEED, "k")

    assert abs(float((drawn >= 1).mean()) - float(found.probability)) < 0.035
    if found.sd:
        ends = ends_of(found.course, np.zeros((1, len(found.path))))[0]
        assert np.isfinite(ends).all()


@given(numbers, st.sampled_from(SHAPES))
def test_chances_are_shares_and_the_interval_holds_the_point(known, shape):
    target = Decimal(-600 if shape["direction"] == "decrease" else 600)
    found = with_drawn_spread(foretold(known, target=target, baseline=Decimal(0), **shape), SEED, "k")

    assert found.probability is None or 0 <= found.probability <= 1
    assert found.low is None or found.sd is None or found.low <= found.point <= found.high
    assert all(each.low <= each.value <= each.high for each in found.path)


@given(st.lists(st.integers(-100, 100), min_size=6, max_size=10), st.integers(-50, 50), st.integers(1, 9))
def test_another_unit_changes_no_chance(known, shift, factor):
    plain = foretold(known, target=Decimal(150), baseline=Decimal(0))
    moved = foretold(
        [value * factor + shift for value in known],
        target=Decimal(150 * factor + shift),
        baseline=Decimal(shift),
    )

    assert abs(plain.probability - moved.probability) < Decimal("1e-6")
    assert abs(plain.progress - moved.progress) < Decimal("1e-9")


def test_the_same_inputs_draw_the_same_figure_and_another_day_or_goal_other_ones():
    found = foretold([6, 9, 8, 9, 10, 11, 12], aggregation="mean", target_mode="each_period", target=Decimal(13))

    drawn = drawn_progress(found, SEED, "k")

    assert (drawn == drawn_progress(found, SEED, "k")).all()
    for other in (replace(SEED, goal=3), replace(SEED, on=date(2026, 8, 1)), replace(SEED, organisation=9)):
        assert (drawn != drawn_progress(found, other, "k")).any()
    assert (drawn != drawn_progress(found, SEED, "other")).any()


def test_where_each_period_is_judged_the_spread_is_drawn():
    asked = {"aggregation": "mean", "target_mode": "each_period", "target": Decimal(10)}
    found = with_drawn_spread(foretold([9, 12, 10, 13, 11, 14], **asked), SEED, "k")

    assert found.low < found.point < found.high
    assert found.probability == 0  # January missed it already, and no month makes good for another


def seeds_drawn():
    goals, parts, _, on = tree_of(CASES["R01"])
    found = {}
    for each in CASES["R01"]["tree"]["kpis"]:
        found[each["id"]] = forecast(definition(each), current_values(revisions(each), on), on)
    foreseen = {name: each.progress for name, each in found.items() if each.progress is not None}

    def draw(goal, kpi):
        return drawn_progress(found[kpi], Seed(1, goal, on), kpi)

    return goals, parts, foreseen, draw, on


def test_a_goal_tells_its_chance_where_half_of_its_weight_has_a_forecast():
    goals, parts, foreseen, draw, on = seeds_drawn()

    found = arrivals(goals, parts, foreseen, draw, on)

    assert {goal for goal, each in found.items() if each.mostly is not None} == {"S1", "D1", "I1", "I2"}
    for each in found.values():
        if each.mostly is not None:
            assert 0 <= each.wholly <= each.mostly <= 1
            assert 0 <= each.low <= each.high <= 1


def test_the_order_in_which_a_tree_is_told_changes_no_chance():
    goals, parts, foreseen, draw, on = seeds_drawn()

    assert arrivals(goals, parts, foreseen, draw, on) == arrivals(goals[::-1], parts[::-1], foreseen, draw, on)


def test_without_a_forecast_a_goal_stays_as_it_is():
    goals, parts, _, _, on = seeds_drawn()
    now = roll_up(goals, parts, on)

    found = arrivals(goals, parts, {}, lambda goal, kpi: None, on)

    assert {goal: each.progress for goal, each in found.items()} == {goal: each.progress for goal, each in now.items()}
    assert all(each.share == 0 and each.mostly is None for each in found.values())


def test_the_weakest_part_decides_in_every_draw():
    goals, parts, foreseen, draw, on = seeds_drawn()
    weakest = [replace(goal, method="weakest_link") if goal.id == "S1" else goal for goal in goals]

    plain, chained = (arrivals(told, parts, foreseen, draw, on) for told in (goals, weakest))

    assert chained["D1"] == plain["D1"]
    assert chained["S1"].progress <= plain["S1"].progress


def test_equal_values_make_a_level_line_without_spread():
    line = line_through(np.arange(6.0), np.full(6, 0.1))

    assert (line.slope, line.s) == (0, 0)
