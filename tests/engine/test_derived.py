"""KPIs that come from others, by links and by formulas: the worked cases, and what a formula may not be."""

from decimal import Decimal

import pytest

from goals.rollup import roll_up
from kpis.attainment import current_values, score
from kpis.derived import Link, Links, Operand, calculated, in_order, is_coarser, rolled_up
from kpis.formula import FormulaError, depends_on, evaluate, parse
from tests.engine.cases import CASES, CHECKS, day, definition, goal_line, goal_node, kpi_line, revisions, shown
from tests.engine.test_cases import figures_as_printed, score_as_printed

DERIVED = ["R19", "R19w", "R20"]
ARITHMETIC = [
    "a/2 - -1", "-a*2+3*(4-1)", "a/b", "a + missing", "round(2.5) + round(3.5)", "round(a/3, 2)",
    "max(a, b, 9) - min(a, 3)", "abs(b - a)", "2 - 3 - 4", "8 / 4 / 2",
]  # fmt: skip
WRONG = ["2 +", "a b", "a ** 2", "sqrt(a)", "(a", "1.5.2", "round(a, b)", "a; b", ""]


def links_of(kpi) -> Links:
    told = kpi["rollup"]
    links = [
        Link(each["kpi"], each.get("den"), Decimal(each.get("weight", "1")), day(each.get("since")))
        for each in told["links"]
    ]
    return Links(told["method"], links, told.get("missing"), Decimal(told.get("scale", "1")))


def needs(kpi) -> set[str]:
    if kpi.get("source") == "formula":
        return depends_on(kpi["formula"])
    return {name for link in links_of(kpi).links for name in link.operands} if "rollup" in kpi else set()


def scored(case):
    on, kpis = day(case["date"]), {kpi["id"]: kpi for kpi in case["tree"]["kpis"]}
    operands, scores = {}, {}
    for name in in_order({name: needs(kpi) for name, kpi in kpis.items()}):
        kpi = kpis[name]
        if kpi.get("source") == "formula":
            values = calculated(definition(kpi), parse(kpi["formula"]), operands, on)
        elif "rollup" in kpi:
            values = rolled_up(definition(kpi), links_of(kpi), operands, on)
        else:
            values = current_values(revisions(kpi), on)
        operands[name] = Operand(definition(kpi), values)
        scores[name] = score(definition(kpi), values, on)
    return scores, on


@pytest.mark.parametrize("name", DERIVED)
def test_every_kpi_of_a_worked_case_shows_its_printed_score(name):
    scores, _ = scored(CASES[name])
    assert {kpi: kpi_line(scores[kpi]) for kpi in CASES[name]["expect"]["kpis"]} == CASES[name]["expect"]["kpis"]
    assert {kpi: score_as_printed(found) for kpi, found in scores.items()} == CASES[name]["full"]["kpis"]


@pytest.mark.parametrize("name", DERIVED)
def test_every_goal_of_a_worked_case_shows_its_printed_figures(name):
    case = CASES[name]
    scores, on = scored(case)
    parts = [scores[kpi["id"]].as_part(kpi["id"], kpi["goal"], Decimal(kpi["weight"])) for kpi in case["tree"]["kpis"]]
    figures = roll_up([goal_node(goal) for goal in case["tree"]["goals"]], parts, on)
    assert {goal: goal_line(figures[goal]) for goal in case["expect"]["goals"]} == case["expect"]["goals"]
    assert {goal: figures_as_printed(found) for goal, found in figures.items()} == case["full"]["goals"]


@pytest.mark.parametrize(("text", "expected"), list(zip(ARITHMETIC, CHECKS["V5"], strict=True)))
def test_formulas_come_to_what_case_v5_prints(text, expected):
    values = {"a": Decimal(7), "b": Decimal(0)}
    assert shown(evaluate(parse(text), values)) == expected


@pytest.mark.parametrize(("text", "expected"), list(zip(WRONG, CHECKS["V4"], strict=True)))
def test_what_is_no_formula_is_refused_as_case_v4_prints(text, expected):
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    "text",
    ["a" * 501, "(" * 51 + "a" + ")" * 51, "-" * 52 + "a", "a,b", "abs(a, b)", "round(a, 11)", "round(a, 0.5)",
     "a)", "min()", "Å"],
)  # fmt: skip
def test_formulas_have_limits(text):
    with pytest.raises(FormulaError):
        parse(text)


def test_a_formula_names_a_kpi():
    assert depends_on("max(a, 1) + b_2 * a") == {"a", "b_2"}
    with pytest.raises(FormulaError, match="no KPI"):
        depends_on("1 + 1")


def test_a_function_is_one_only_where_it_is_called():
    assert evaluate(parse("min + 1"), {"min": Decimal(2)}) == 3


def test_rounding_what_has_no_such_digits_leaves_it():
    huge = Decimal(10) ** 60
    assert evaluate(parse("round(a, 10)"), {"a": huge}) == huge


def test_a_circle_is_shown_as_case_v1_prints():
    with pytest.raises(ValueError, match="kpi_cycle") as refused:
        in_order({"a": ["b"], "b": ["a"]})
    assert [[[str(refused.value)], []]] == CHECKS["V1"]
    assert in_order({"top": ["left", "right"], "left": ["base"], "right": ["base"]}) == ["base", "left", "right", "top"]


def test_a_long_chain_is_no_deep_recursion():
    chain = {number: [number + 1] for number in range(5000)}
    assert in_order(chain)[0] == 5000


@pytest.mark.parametrize(
    ("operand", "than", "expected"),
    [
        ("weekly", "monthly", False),
        ("monthly", "monthly", False),
        ("quarterly", "monthly", True),
        ("once", "yearly", True),
        ("once", "once", True),
        ("daily", "once", False),
    ],
)
def test_operands_are_as_fine_or_finer(operand, than, expected):
    assert is_coarser(operand, than) is expected
