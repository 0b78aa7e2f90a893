"""docs/domain.md section 12: the worked case, every rule on both sides of its border, and what holds for any goal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goals.smart import BY_KPI, OF_KPI, RULES, Band, GoalFacts, KpiFacts, Why, band, verdict
from tests.engine.cases import CHECKS

TODAY = date(2026, 2, 15)
D = Decimal
STRONG = GoalFacts(
    title="Cut average response time from 10 to 8 hours",
    why="Customers who wait less than a day stay with us.",
    owned=True,
    aligned=True,
    perspective=True,
    start=date(2026, 1, 1),
    due=date(2026, 12, 31),
    is_root=False,
    parent_due=date(2026, 12, 31),
    accepted=True,
)
HOURS = KpiFacts(
    id=1,
    definition="Mean hours from question to answer, each month",
    unit="h",
    direction="decrease",
    baseline=D(10),
    target=D(8),
    supplied=True,
    periods=12,
    periods_left=11,
    history=tuple(map(D, ("10.2", "10.1", "9.9", "10.0", "9.8"))),
)
VAGUE = GoalFacts(
    title="Improve service and quality",
    start=date(2026, 1, 1),
    due=date(2027, 6, 30),
    is_root=False,
    parent_due=date(2026, 12, 31),
)
BARE = KpiFacts(target=D(90), cadence="yearly", periods=2, periods_left=2)


def judged(goal=STRONG, *kpis, **changed):
    """The only pair of a goal; without KPIs the strong one's, `changed`."""
    found = verdict(goal, kpis or (replace(HOURS, **changed),), TODAY)
    return found.pairs[0]


def points(rule, goal=STRONG, **changed):
    return judged(goal, **changed).points[rule]


def test_the_worked_case_m1():
    found = [
        verdict(STRONG, [HOURS], TODAY),
        verdict(STRONG, [replace(HOURS, target=D(2))], TODAY),
        verdict(VAGUE, [], TODAY),
        verdict(VAGUE, [BARE], TODAY),
    ]
    assert [[each.score, each.letters, [advice.rule for advice in each.advice]] for each in found] == CHECKS["M1"]


def test_each_letter_has_twenty_points():
    assert [sum(most for rule, most in RULES.items() if rule[0] == letter) for letter in "SMART"] == [20] * 5


ON_BOTH_SIDES = [
    ("S1", {"title": "Cut response time"}, {"title": "Cut  time"}),
    ("S3", {"owned": True}, {"owned": False}),
    ("S5", {"title": "Supply England andes"}, {"title": "Supply England And Wales"}),
    ("S5", {"title": "Selge mer olje"}, {"title": "Selge mer og bedre"}),
    ("S5", {"title": "Run B&B rooms"}, {"title": "Run beds & breakfasts"}),
    ("S5", {"title": "Sell more: tea"}, {"title": "Sell more;grow"}),
    ("A4", {"accepted": True}, {"accepted": False}),
    ("R1", {"aligned": True}, {"aligned": False}),
    ("R2", {"why": "x" * 20}, {"why": " " + "x" * 19 + " "}),
    ("R3", {"weight": D("0.000001")}, {"weight": D(0)}),
    ("R4", {"perspective": True}, {"perspective": False}),
    ("T1", {"start": date(2026, 12, 30)}, {"start": date(2026, 12, 31)}),
    ("T1", {}, {"start": None}),
    ("T1", {}, {"due": None}),
    ("T2", {"parent_due": date(2026, 12, 31)}, {"parent_due": date(2026, 12, 30)}),
    ("T2", {"is_root": True, "due": date(2031, 2, 15)}, {"is_root": True, "due": date(2031, 2, 16)}),
    ("T2", {}, {"due": None}),
    ("T4", {"due": TODAY}, {"due": date(2026, 2, 14)}),
    ("T4", {}, {"due": None}),
]


@pytest.mark.parametrize(("rule", "met", "missed"), ON_BOTH_SIDES)
def test_a_rule_of_the_goal_on_both_sides_of_its_border(rule, met, missed):
    assert points(rule, replace(STRONG, **met)) == RULES[rule]
    assert points(rule, replace(STRONG, **missed)) == 0


KPI_ON_BOTH_SIDES = [
    ("S2", {"definition": "x" * 20}, {"definition": "x" * 19 + "  "}),
    ("M2", {"unit": "%"}, {"unit": " "}),
    ("M3", {"target": D(0)}, {"target": None}),
    ("M3", {"target": None, "direction": "maintain", "lower": D(1)}, {"target": None, "lower": D(1)}),
    ("M4", {"baseline": D(0)}, {"baseline": None}),
    ("M4", {"baseline": None, "kind": "boolean"}, {"baseline": None}),
    ("M4", {"baseline": None, "direction": "maintain"}, {"baseline": None}),
    ("M4", {"baseline": None, "target_mode": "each_period"}, {"baseline": None}),
    ("M4", {"baseline": None, "aggregation": "sum"}, {"baseline": None, "aggregation": "mean"}),
    ("M5", {"supplied": True}, {"supplied": False}),
    ("A3", {"baseline": D("8.01")}, {"baseline": D(8)}),
    ("A3", {"direction": "increase", "target": D("10.01")}, {"direction": "increase", "target": D(10)}),
    ("A3", {"baseline": D(1), "target_mode": "each_period"}, {"baseline": D(1)}),
    ("A3", {"baseline": None}, {"baseline": D(7)}),
    ("R3", {"weight": D("0.1")}, {"weight": D(0)}),
    ("T3", {"periods": 3}, {"periods": 2}),
    ("T3", {"periods": 1, "cadence": "once"}, {"periods": 1, "cadence": "yearly"}),
]


@pytest.mark.parametrize(("rule", "met", "missed"), KPI_ON_BOTH_SIDES)
def test_a_rule_of_the_kpi_on_both_sides_of_its_border(rule, met, missed):
    assert points(rule, **met) == RULES[rule]
    assert points(rule, **missed) == 0


def test_a_vague_verb_is_fine_with_a_target_or_another_list():
    vague = replace(STRONG, title="«Improve» the service we give")
    assert points("S4", vague) == 3
    assert points("S4", vague, target=None) == 0
    assert points("S4", replace(vague, title="Improved service for all"), target=None) == 3
    own = verdict(vague, [replace(HOURS, target=None)], TODAY, vague=["satse"])
    assert own.pairs[0].points["S4"] == 3
    assert verdict(replace(vague, title="Satse på service"), [], TODAY, vague=["Satse"]).pairs[0].points["S4"] == 0


def test_one_kpi_that_counts_is_enough_and_five_are_the_most():
    tracked = replace(HOURS, weight=D(0))
    assert judged(STRONG, tracked).points["M1"] == 0
    assert judged(STRONG, tracked, replace(HOURS, id=2)).points["M1"] == 5
    assert [judged(STRONG, *[HOURS] * count).points["A1"] for count in (5, 6)] == [4, 0]


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({"target": D("7.325")}, 8),  # 2.475 in 11 periods is 1.5 times the usual 0.15
        ({"target": D("7.3249")}, 4),
        ({"target": D("4.85")}, 4),  # 3 times
        ({"target": D("4.8499")}, 0),
        ({"periods_left": 0}, 0),
        ({"periods_left": 0, "target": D("9.8")}, 8),  # nothing is needed any more
        ({"target": D("9.9")}, 8),
        ({"history": (D(10), D(10), D(9))}, 4),
        ({"history": (D(10),) * 4}, 0),  # it never moved
        ({"history": (D(0), D(50), *(D(10),) * 23, D(9))}, 0),  # what is older than 24 values is forgotten
        ({"target": None}, 4),
        ({"target_mode": "each_period", "history": ()}, 8),
        ({"aggregation": "mean", "history": ()}, 8),
        ({"direction": "maintain", "lower": D(9), "upper": D("9.8")}, 8),
        ({"direction": "maintain", "lower": D(3), "upper": D(4)}, 0),
        ({"direction": "maintain", "target": D("9.8")}, 8),
        ({"direction": "increase", "target": D("11.45")}, 8),
    ],
)
def test_the_pace_that_is_needed_against_that_of_the_kpis_own_history(changed, left):
    assert points("A2", **changed) == left


def test_a_rule_that_is_lost_for_another_reason_says_so():
    whys = [judged(STRONG, replace(HOURS, **changed)).whys for changed in (
        {"target": D("7.3249")}, {"history": ()}, {"target": None}, {"periods_left": 0}, {"target": D(2)}
    )]  # fmt: skip
    assert whys == [{"A2": Why.fast}, {"A2": Why.few_values}, {"A2": Why.no_target}, {"A2": Why.no_period_left}, {}]
    without = verdict(STRONG, [], TODAY)
    assert without.pairs[0].whys == dict.fromkeys(OF_KPI, Why.no_kpi)


def test_the_score_of_a_goal_is_the_mean_by_the_weight_of_its_kpis_rounded_half_even():
    whole, less = replace(HOURS, weight=D(1)), replace(HOURS, id=2, unit="")  # 100 and 97
    assert verdict(STRONG, [whole, less], TODAY).score == 98  # 98.5
    assert verdict(STRONG, [whole, replace(less, weight=D(3))], TODAY).score == 98  # 97.75
    assert verdict(STRONG, [whole, replace(less, supplied=False, weight=D(1))], TODAY).score == 97  # 97
    assert verdict(STRONG, [whole, replace(less, weight=D(0))], TODAY).score == 100
    untold = [replace(whole, weight=D(0)), replace(less, weight=D(0), definition="")]
    assert verdict(STRONG, untold, TODAY).score == 88  # 92 - 3 and 84 - 3 weigh alike: (92 + 84) / 2


def test_advice_names_the_kpis_it_is_about_and_the_goal_without_them():
    found = verdict(replace(STRONG, owned=False), [HOURS, replace(HOURS, id=2, unit="")], TODAY)
    assert [(each.rule, each.points, each.lost, each.kpis) for each in found.advice] == [
        ("S3", 0, 5, ()),
        ("M2", 0, 3, (2,)),
    ]


def test_bands():
    assert [band(score) for score in (0, 59, 60, 79, 80, 100)] == [
        Band.weak, Band.weak, Band.improve, Band.improve, Band.good, Band.good,
    ]  # fmt: skip


amounts = st.none() | st.decimals(-1000, 1000, places=2)
goals = st.builds(
    GoalFacts,
    title=st.text(max_size=40),
    why=st.text(max_size=40),
    owned=st.booleans(),
    weight=st.decimals(0, 9, places=1),
    aligned=st.booleans(),
    perspective=st.booleans(),
    start=st.none() | st.dates(),
    due=st.none() | st.dates(),
    is_root=st.booleans(),
    parent_due=st.none() | st.dates(),
    accepted=st.booleans(),
)
kpis = st.builds(
    KpiFacts,
    id=st.integers(1, 9),
    definition=st.text(max_size=40),
    unit=st.text(max_size=3),
    kind=st.sampled_from(["number", "boolean"]),
    direction=st.sampled_from([None, "increase", "decrease", "maintain"]),
    baseline=amounts,
    target=amounts,
    lower=amounts,
    upper=amounts,
    cadence=st.sampled_from(["monthly", "once"]),
    aggregation=st.sampled_from(["latest", "sum"]),
    target_mode=st.sampled_from(["by_due", "each_period"]),
    weight=st.decimals(0, 9, places=1),
    supplied=st.booleans(),
    periods=st.integers(0, 12),
    periods_left=st.integers(0, 12),
    history=st.lists(st.decimals(-1000, 1000, places=2), max_size=30),
)


@given(goals, st.lists(kpis, max_size=7), st.dates())
def test_a_score_lies_from_0_to_100_whatever_is_written(goal, measured, today):
    found = verdict(goal, measured, today)
    assert 0 <= found.score <= 100
    assert all(0 <= points <= 20 for points in found.letters.values())
    assert all(0 <= pair.points[rule] <= most for pair in found.pairs for rule, most in RULES.items())
    assert (found.score == 100) >= (not found.advice)
    assert {each.rule for each in found.advice if each.kpis} <= BY_KPI


@given(goals, st.lists(kpis, max_size=4), st.dates())
def test_saying_more_never_costs_points(goal, measured, today):
    before = verdict(goal, measured, today).score
    more = replace(goal, why=goal.why + "x" * 20, owned=True, aligned=True, perspective=True, accepted=True)
    told = [replace(kpi, definition=kpi.definition + "x" * 20, unit="h", supplied=True) for kpi in measured]
    assert verdict(more, measured, today).score >= before
    assert verdict(goal, told, today).score >= before


@given(goals, kpis, st.dates(), st.decimals(0, 100, places=2))
def test_asking_for_more_never_makes_the_pace_easier(goal, kpi, today, further):
    asked = replace(kpi, direction="increase", target=kpi.target or D(0))
    more = replace(asked, target=asked.target + further)
    before, after = (verdict(goal, [each], today).pairs[0] for each in (asked, more))
    assert after.points["A2"] <= before.points["A2"]
    assert after.points["A3"] >= before.points["A3"]
