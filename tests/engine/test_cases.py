import pytest

from goals.rollup import roll_up
from tests.engine.cases import CASES, goal_line, kpi_line, shown, tree_of

DERIVED = {"rollup", "formula"}
PLAIN = [case["id"] for case in CASES.values() if not any(kpi.get("source") in DERIVED for kpi in case["tree"]["kpis"])]


def figures_as_printed(figures):
    numbers = ("progress", "expected", "gap", "coverage", "stale_share")
    return {name: shown(getattr(figures, name)) for name in numbers} | {
        "status": figures.status,
        "aligned": figures.aligned,
    }


def score_as_printed(score):
    numbers = ("actual", "raw", "progress", "expected", "gap", "completeness")
    return {name: shown(getattr(score, name)) for name in numbers} | {
        "status": score.status,
        "reason": score.reason,
        "stale": score.stale,
        "late": score.late,
        "counted": score.counted,
        "pace": score.pace and score.pace.isoformat(),
    }


@pytest.mark.parametrize("name", PLAIN)
def test_every_goal_of_a_worked_case_shows_its_printed_figures(name):
    goals, parts, _, on = tree_of(CASES[name])
    figures = roll_up(goals, parts, on)

    assert {goal: goal_line(figures[goal]) for goal in CASES[name]["expect"]["goals"]} == CASES[name]["expect"]["goals"]
    assert {goal: figures_as_printed(found) for goal, found in figures.items()} == CASES[name]["full"]["goals"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_kpi_of_a_worked_case_shows_its_printed_score(name):
    _, _, scores, _ = tree_of(CASES[name])

    assert {kpi: kpi_line(scores[kpi]) for kpi in CASES[name]["expect"]["kpis"]} == CASES[name]["expect"]["kpis"]
    assert {kpi: score_as_printed(found) for kpi, found in scores.items()} == CASES[name]["full"]["kpis"]
