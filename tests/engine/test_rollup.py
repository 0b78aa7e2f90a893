import random
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

import pytest

from goals.rollup import GoalNode, KpiPart, check_levels, explain, line_of_sight, roll_up
from tests.engine.cases import CASES, CHECKS, day, goal_line, goal_node, number, tree_of

JUNE = date(2026, 6, 30)
LEVELS = ["strategic", "department", "team", "individual"]


def report_as_printed(goals):
    report = check_levels(goals)
    return [[str(error) for error in report.errors], [str(flag) for flag in report.flags]]


def test_level_flags_and_the_refused_level_are_those_of_case_v3():
    levels = CASES["R22"]["tree"]["levels"]
    nested = [goal_node(goal, levels) for goal in CASES["R22"]["tree"]["goals"]]
    upside_down = [GoalNode("A", rank=LEVELS.index("team")), GoalNode("B", "A", rank=LEVELS.index("department"))]

    assert [report_as_printed(nested), report_as_printed(upside_down)] == CHECKS["V3"]


LOG = [
    (date(2026, 3, 10), "goals", "A", {"weight": "3"}),
    (date(2026, 4, 10), "goals", "C", {"parent": "B"}),
    (date(2026, 4, 12), "kpis", "b", {"target": "50"}),
]
KNOWN_TREE = {
    "goals": [
        {"id": "P", "parent": None, "weight": "1"},
        {"id": "A", "parent": "P", "weight": "1"},
        {"id": "B", "parent": "P", "weight": "1"},
        {"id": "C", "parent": "A", "weight": "1", "level": "team"},
    ],
    "kpis": [
        {
            "id": "b",
            "goal": "B",
            "weight": "1",
            "values": {"2026-01-01": "10", "2026-02-01": "20", "2026-03-01": "30", "2026-04-01": "40"},
        },
        {
            "id": "c",
            "goal": "C",
            "weight": "1",
            "values": {"2026-01-01": "40", "2026-02-01": "50", "2026-03-01": "60"},
            "revisions": [{"period": "2026-03-01", "value": "80", "observed": "2026-03-31", "recorded": "2026-04-11"}],
        },
    ],
}


def as_known(known):
    """The tree of case K1 with its log folded up to a day."""
    tree = {kind: {row["id"]: dict(row) for row in rows} for kind, rows in KNOWN_TREE.items()}
    for moment, kind, name, change in LOG:
        if moment <= known:
            tree[kind][name] |= change
    return {"tree": {kind: list(rows.values()) for kind, rows in tree.items()}}


@pytest.mark.parametrize("expected", CHECKS["K1"], ids=lambda expected: expected[0])
def test_the_tree_as_it_was_known_shows_the_figures_of_case_k1(expected):
    on = day(expected[0])
    goals, kpis, _, _ = tree_of(as_known(on), on, known=on)
    figures = roll_up(goals, kpis, on)

    assert [expected[0], *(goal_line(figures[goal]) for goal in "PAB")] == expected


def test_figures_and_storage_order_are_independent():
    goals, kpis, _, on = tree_of(CASES["R01"])
    expected = roll_up(goals, kpis, on)
    shuffled = random.Random(7)  # noqa: S311
    for _ in range(5):
        shuffled.shuffle(goals)
        shuffled.shuffle(kpis)
        assert roll_up(goals, kpis, on) == expected


def test_equal_parts_of_a_weakest_link_are_told_apart_by_gap_then_name_and_not_by_order():
    goals = [GoalNode("g", method="weakest_link")]
    half = Decimal("0.5")
    late = [KpiPart(name, "g", progress=half, expected=Decimal(1)) for name in ("b", "a")]
    early = KpiPart("0", "g", progress=half, expected=half)

    for kpis in ([early, *late], [*reversed(late), early]):
        assert roll_up(goals, kpis, JUNE)["g"].kpi_shares == {"0": 0, "a": 1, "b": 0}


def test_the_precision_of_the_calling_thread_changes_no_digit():
    goals, kpis, _, on = tree_of(CASES["R01"])
    expected = roll_up(goals, kpis, on)
    with localcontext() as narrow:
        narrow.prec = 3
        assert roll_up(goals, kpis, on) == expected


def test_a_path_rolled_up_with_stored_siblings_gives_the_digits_of_the_whole():
    goals, kpis, _, on = tree_of(CASES["R01"])
    stored = roll_up(goals, kpis, on)
    kpis = [replace(kpi, progress=Decimal(1) / 3) if kpi.id == "resp" else kpi for kpi in kpis]
    path = {"D1", "S1", "V"}
    near = [goal for goal in goals if goal.id in path or goal.parent in path]
    known = {goal.id: stored[goal.id] for goal in near if goal.id not in path}
    found = roll_up(near, [kpi for kpi in kpis if kpi.goal in path], on, known=known)

    assert found == {goal: figures for goal, figures in roll_up(goals, kpis, on).items() if goal in path}


def test_a_chain_of_two_thousand_goals_rolls_up_and_is_explained():
    goals = [GoalNode(n, n - 1 if n else None) for n in range(2000)]
    kpis = [KpiPart("k", 1999, progress=Decimal("0.3"), expected=Decimal("0.5"))]

    assert roll_up(goals, kpis, JUNE)[0].progress == Decimal("0.3")
    assert line_of_sight(("kpi", "k"), goals, kpis, JUNE)[-1].effective_weight == 1
    assert explain(0, goals, kpis, JUNE).progress == Decimal("0.3")


def test_parents_that_form_a_cycle_are_an_error_and_not_an_endless_loop():
    with pytest.raises(ValueError, match="goal_cycle: a, b"):
        roll_up([GoalNode("a", "b"), GoalNode("b", "a"), GoalNode("c")], [], JUNE)


CLOSED = {"state": "closed", "closed_on": date(2026, 3, 31), "due": date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"final_progress": "0.8", "final_expected": "0.25"}, "0.8000 0.4982 0.3018 1.0000 closed"),
        ({"final_progress": "0.8"}, "0.8000 1.0000 -0.2000 1.0000 closed"),
        ({"final_progress": "0.8", "final_expected": "0.25", "due": JUNE}, "0.8000 1.0000 -0.2000 1.0000 closed"),
        ({"final_progress": "0.8", "final_expected": "0.25", "due": None}, "0.8000 0.2500 0.5500 1.0000 closed"),
        ({"final_progress": "0", "final_coverage": "0.5", "due": JUNE}, "0.0000 1.0000 -1.0000 0.5000 closed"),
        ({}, "- - - 0.0000 closed"),
    ],
)
def test_a_closed_goal_keeps_its_progress_while_its_plan_goes_on(fields, line):
    fields = {name: number(value) if isinstance(value, str) else value for name, value in fields.items()}
    figures = roll_up([GoalNode("g", **(CLOSED | fields))], [], JUNE)

    assert goal_line(figures["g"]) == line


def test_a_goal_shows_paused_children_trouble_below_and_that_it_is_past_due():
    half = {"progress": Decimal("0.5"), "expected": Decimal(1)}
    goals = [
        GoalNode("P", due=date(2026, 6, 29)),
        GoalNode("late", "P"),
        GoalNode("mid", "P"),
        GoalNode("low", "mid"),
        GoalNode("draft", "P", state="draft"),
        GoalNode("hidden", "draft"),
        GoalNode("paused", "P", state="paused", weight=Decimal(4)),
    ]
    kpis = [KpiPart(f"k{goal}", goal, **half) for goal in ("late", "low", "hidden", "paused")]
    top = roll_up(goals, kpis, JUNE)["P"]

    assert (top.trouble_below, top.paused, top.paused_weight, top.past_due) == (3, 1, 4, True)


def test_the_thinnest_data_is_still_data():
    kpis = [
        KpiPart("k", "g", weight=Decimal("0.000001"), progress=Decimal(1), expected=Decimal(1)),
        KpiPart("silent", "g", weight=Decimal(10) ** 17),
    ]
    figures = roll_up([GoalNode("g")], kpis, JUNE)["g"]

    assert (figures.progress, figures.coverage, figures.status) == (1, Decimal("1e-18"), "insufficient")
