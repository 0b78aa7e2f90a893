import ast
import operator
from decimal import Decimal
from fractions import Fraction

import pytest

from goals.rollup import DEFAULTS
from kpis.calculation import calculation, joined
from kpis.periods import CALENDAR_YEAR
from tests.engine.cases import CASES, day, definition, kpi_score, shown

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
KPIS = [
    pytest.param(case, kpi, id=f"{case['id']}-{kpi['id']}")
    for case in CASES.values()
    for kpi in case["tree"]["kpis"]
    if "source" not in kpi  # what is derived from other KPIs has no values of its own here
]


def computed(formula: str) -> Fraction:
    """What a reader gets who types the formula into a calculator."""

    def value(node):
        if isinstance(node, ast.Constant):
            return Fraction(str(node.value))
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        if isinstance(node, ast.Call):
            return {"min": min, "max": max}[node.func.id](value(each) for each in node.args)
        return OPERATORS[type(node.op)](value(node.left), value(node.right))

    for sign, plain in (("−", "-"), ("÷", "/"), (",", ""), (";", ",")):
        formula = formula.replace(sign, plain)
    return value(ast.parse(formula, mode="eval").body)


def told(case, kpi):
    on = day(case["date"])
    score = kpi_score(kpi, on, day(case.get("known")))
    return score, calculation(definition(kpi), score, CALENDAR_YEAR, DEFAULTS)


def steps_of(found):
    return {step.name: step for step in found.steps}


@pytest.mark.parametrize(("case", "kpi"), KPIS)
def test_every_formula_gives_its_value_again(case, kpi):
    _, found = told(case, kpi)

    for step in found.steps:
        if step.formula:
            factor = 100 if step.name == "Gap to the pace" else 1
            assert abs(computed(step.formula) / factor - Fraction(step.value)) < Fraction(1, 10**6), step


@pytest.mark.parametrize(("case", "kpi"), KPIS)
def test_the_steps_end_in_the_printed_figures(case, kpi):
    score, found = told(case, kpi)
    steps = steps_of(found)
    if score.progress is None:
        assert found.short == "no score"
        assert steps["Progress"].note
        return

    last = steps.get("Progress", steps["Reached"])
    assert shown(last.value) == shown(score.progress)
    assert shown(steps["Expected by now"].value) == shown(score.expected)
    assert found.short


@pytest.mark.parametrize(("case", "kpi"), KPIS)
def test_the_formula_of_a_judged_period_gives_what_it_attained(case, kpi):
    _, found = told(case, kpi)

    for line in found.periods:
        if line.formula:
            assert abs(computed(line.formula) - Fraction(line.row.attainment)) < Fraction(1, 10**9)


def told_in(case_id, kpi_id):
    case = CASES[case_id]
    return told(case, next(kpi for kpi in case["tree"]["kpis"] if kpi["id"] == kpi_id))[1]


@pytest.mark.parametrize(
    ("case_id", "kpi_id", "short"),
    [
        ("R01", "nps", "(41 − 30) ÷ (50 − 30)"),
        ("R01", "tick", "(0.85 + 0.9 + 0.95 + 1 + 1 + 1) ÷ 6"),
        ("R01", "labs", "2 ÷ 6"),
        ("R11", "inside", "inside the range"),
        ("R11", "above", "1 − (107 − 105) ÷ 5"),
        ("R13", "open", "not done yet"),
        ("R12", "no_base", "no score"),
    ],
)
def test_one_formula_says_most(case_id, kpi_id, short):
    assert told_in(case_id, kpi_id).short == short


def test_what_lies_beyond_the_target_is_held_back_in_a_step_of_its_own():
    steps = steps_of(told_in("R02", "over"))

    assert (shown(steps["Reached"].value), shown(steps["Progress"].value)) == ("1.2000", "1.0000")


def test_a_kpi_without_a_score_says_what_it_lacks():
    assert steps_of(told_in("R12", "no_base"))["Progress"].note.startswith("It has no starting value")


def test_a_long_list_of_values_is_told_in_words():
    assert joined("sum", [Decimal(1)] * 13) == ""
    assert joined("mean", [Decimal(1), Decimal(-2)]) == "(1 + (−2)) ÷ 2"
    assert joined("min", [Decimal(1234), Decimal(5)]) == "min(1,234; 5)"
