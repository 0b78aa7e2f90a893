from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from goals.mix import Forest
from goals.rollup import (
    GoalNode,
    KpiPart,
    TreeAt,
    change,
    contributions,
    effective_weights,
    explain,
    line_of_sight,
    lines_of_sight,
    roll_up,
)
from tests.engine.cases import CASES, CHECKS, kpi_score, shown, tree_of

JUNE = date(2026, 6, 30)


def tree_at(name, on=None):
    goals, kpis, _, on = tree_of(CASES[name], on)
    return TreeAt(goals, kpis, on)


def as_printed(found):
    return [
        [f"{one.kind}:{one.id}", *map(shown, (one.effective_weight, one.progress, one.points, one.headroom))]
        for one in found
    ]


def test_contributions_to_the_vision_are_those_of_case_a1():
    tree = tree_at("R01")

    assert as_printed(contributions("V", tree.goals, tree.kpis, tree.on)) == CHECKS["A1"]


def test_contributions_under_a_weakest_link_are_those_of_case_a3():
    tree = tree_at("R07")

    assert as_printed(contributions("R", tree.goals, tree.kpis, tree.on)) == CHECKS["A3"]


def test_change_between_two_dates_is_that_of_case_a2():
    effects = change("V", tree_at("R01", date(2026, 3, 31)), tree_at("R01")).effects

    assert [[f"{one.kind}:{one.id}", shown(one.value), shown(one.mix)] for one in effects] == CHECKS["A2"]


def with_ola_reporting(tree):
    kpi = next(kpi for kpi in CASES["R01"]["tree"]["kpis"] if kpi["id"] == "tick_ola")
    part = kpi_score(kpi | {"values": {"2026-06-01": "5"}}, JUNE).as_part("tick_ola", "I1b")
    return replace(tree, kpis=[part if kpi.id == "tick_ola" else kpi for kpi in tree.kpis])


def test_a_leaf_that_enters_has_only_a_mix_effect_as_in_case_a4():
    tree = tree_at("R01")
    found = change("V", tree, with_ola_reporting(tree))
    moved = [one for one in found.effects if one.value or one.mix or one.id == "resp"]
    printed = [[f"{one.kind}:{one.id}", shown(one.value), shown(one.mix)] for one in moved]

    assert [*printed, ["sum", shown(found.after - found.before)]] == CHECKS["A4"]


def test_there_is_no_attribution_when_one_side_has_no_data():
    tree = tree_at("R01")

    assert change("I1b", tree, with_ola_reporting(tree)) is None


def test_line_of_sight_of_kari_is_that_of_case_a5():
    tree = tree_at("R01")
    steps = line_of_sight(("kpi", "tick"), tree.goals, tree.kpis, tree.on)

    assert [[step.goal, shown(step.effective_weight), shown(step.headroom)] for step in steps] == CHECKS["A5"]


@pytest.mark.parametrize("name", ["R01", "R07"])
def test_the_paths_and_their_other_children_are_enough_for_the_lines_of_sight(name):
    tree = tree_at(name)
    figures = roll_up(tree.goals, tree.kpis, tree.on)
    leaves = [("kpi", kpi.id) for kpi in tree.kpis if kpi.goal in ("I1", "I3", "A", "W")][:2]
    forest = Forest(tree.goals, tree.kpis)
    goal_of = {kpi.id: kpi.goal for kpi in tree.kpis}
    above = {goal.id for _, kpi in leaves for goal in forest.path(goal_of[kpi])}
    near = [goal for goal in tree.goals if goal.id in above or goal.parent in above]
    known = {goal.id: figures[goal.id] for goal in near if goal.id not in above}
    own = [kpi for kpi in tree.kpis if kpi.goal in above]

    assert known
    assert lines_of_sight(leaves, near, own, tree.on, known=known) == {
        leaf: line_of_sight(leaf, tree.goals, tree.kpis, tree.on) for leaf in leaves
    }


def test_line_of_sight_of_a_goal_is_the_product_of_the_stored_shares():
    tree = tree_at("R01")
    steps = line_of_sight(("goal", "I3"), tree.goals, tree.kpis, tree.on)

    assert [(step.goal, shown(step.effective_weight), shown(step.headroom)) for step in steps] == [
        ("D3", "0.4000", "0.1000"),
        ("S3", "0.4000", "0.1000"),
        ("V", "0.1000", "0.0250"),
    ]


def test_points_and_weights_sum_exactly_also_where_thirds_are_rounded():
    goals = [GoalNode("top"), GoalNode("low", "top", weight=Decimal(2))]
    third = Decimal("0.333333333333333333")
    kpis = [
        KpiPart(f"k{n}", goal, progress=third * n / 3, expected=third) for n in (1, 2, 3) for goal in ("top", "low")
    ]
    kpis = [replace(kpi, id=f"{kpi.goal}{kpi.id}") for kpi in kpis]
    found = contributions("top", goals, kpis, JUNE)

    assert sum(one.effective_weight for one in found) == 1
    assert sum(one.points for one in found) == Decimal("0.222222222222222222")
    assert sum(effective_weights("top", goals, kpis, JUNE).values()) == 1


@pytest.mark.parametrize("state", ["draft", "proposed", "paused", "cancelled"])
def test_a_goal_outside_the_roll_up_cuts_the_line_of_sight(state):
    goals = [GoalNode("top"), GoalNode("mid", "top", state=state), GoalNode("low", "mid")]
    kpis = [KpiPart("k", "low", progress=Decimal("0.5"), expected=Decimal(1))]
    steps = line_of_sight(("kpi", "k"), goals, kpis, JUNE)

    assert [(step.goal, step.effective_weight, step.headroom) for step in steps] == [
        ("low", 1, Decimal("0.5")),
        ("mid", 1, Decimal("0.5")),
        ("top", 0, 0),
    ]
    assert contributions("top", goals, kpis, JUNE) == []


def test_a_closed_goal_is_one_leaf_without_headroom():
    closed = GoalNode(
        "C", "P", state="closed", closed_on=JUNE, final_progress=Decimal("0.8"), final_coverage=Decimal(1)
    )
    kpis = [KpiPart("below", "C", progress=Decimal("0.1"), expected=Decimal(1))]
    kpis.append(KpiPart("own", "P", progress=Decimal("0.4"), expected=Decimal(1)))
    found = contributions("P", [GoalNode("P"), closed], kpis, JUNE)

    assert as_printed(found) == [
        ["goal:C", "0.5000", "0.8000", "0.4000", "0.0000"],
        ["kpi:own", "0.5000", "0.4000", "0.2000", "0.3000"],
    ]


def reasons(goal, goals, kpis):
    return {part.id: (part.counted, part.contributes, part.reason) for part in explain(goal, goals, kpis, JUNE).parts}


def test_explain_says_why_each_part_is_left_out():
    goals = [
        GoalNode("P"),
        *(GoalNode(state, "P", state=state) for state in ("draft", "proposed", "paused", "cancelled")),
        GoalNode("zero", "P", weight=Decimal(0)),
        GoalNode("later", "P", start=date(2026, 7, 1)),
        GoalNode("early", "P"),
        GoalNode("silent", "P"),
        GoalNode("empty", "P"),
        GoalNode("unknown", "P", state="closed", closed_on=JUNE),
        GoalNode("fine", "P"),
    ]
    half = {"progress": Decimal("0.5"), "expected": Decimal("0.5")}
    kpis = [
        KpiPart("e", "early", counted=False),
        KpiPart("s", "silent"),
        KpiPart("f", "fine", **half),
        KpiPart("off", "P", active=False, **half),
        KpiPart("light", "P", weight=Decimal(0), **half),
        KpiPart("soon", "P", status="scheduled", counted=False),
        KpiPart("young", "P", counted=False),
        KpiPart("mute", "P"),
        KpiPart("good", "P", **half),
    ]

    assert reasons("P", goals, kpis) == {
        "off": (False, False, "inactive"),
        "light": (False, False, "weight_zero"),
        "soon": (False, False, "not_started"),
        "young": (False, False, "not_due_yet"),
        "mute": (True, False, "no_data"),
        "good": (True, True, None),
        "draft": (False, False, "draft"),
        "proposed": (False, False, "proposed"),
        "paused": (False, False, "paused"),
        "cancelled": (False, False, "cancelled"),
        "zero": (False, False, "weight_zero"),
        "later": (False, False, "not_started"),
        "early": (False, False, "not_due_yet"),
        "silent": (True, False, "no_data"),
        "empty": (True, False, "empty"),
        "unknown": (True, False, "no_data"),
        "fine": (True, True, None),
    }


def test_explain_says_that_own_kpis_leaves_children_out_and_a_closed_goal_is_frozen():
    half = {"progress": Decimal("0.5"), "expected": Decimal("0.5")}
    goals = [GoalNode("P", method="own_kpis"), GoalNode("C", "P")]
    closed = [
        replace(goals[0], state="closed", closed_on=JUNE, method="weighted_mean", final_progress=Decimal(1)),
        goals[1],
    ]
    kpis = [KpiPart("k", "P", **half), KpiPart("c", "C", **half)]

    assert reasons("P", goals, kpis) == {"k": (True, True, None), "C": (False, False, "own_kpis")}
    assert reasons("P", closed, kpis) == {"k": (False, False, "frozen"), "C": (False, False, "frozen")}


def test_explain_shows_the_shares_that_make_the_progress():
    tree = tree_at("R01")
    top = explain("V", tree.goals, tree.kpis, tree.on)

    assert [(part.id, shown(part.share), shown(part.progress)) for part in top.parts] == [
        ("S1", "0.4000", "0.6300"),
        ("S2", "0.3500", "0.4867"),
        ("S3", "0.2500", "0.5000"),
    ]
    assert [part.id for part in top.parts[0].parts] == ["nps", "D1"]
