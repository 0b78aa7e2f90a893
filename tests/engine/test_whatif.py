from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from goals.mix import Forest
from goals.rollup import check_move, roll_up
from kpis.attainment import current_values, score
from kpis.whatif import GoalOverride, KpiInput, KpiOverride, Refused, Situation, what_if
from tests.engine.cases import CASES, CHECKS, definition, goal_node, revisions, shown

JUNE = date(2026, 6, 30)


def seeds():
    tree = CASES["R01"]["tree"]
    kpis = [
        KpiInput(kpi["id"], kpi["goal"], definition(kpi), current_values(revisions(kpi), JUNE), Decimal(kpi["weight"]))
        for kpi in tree["kpis"]
    ]
    return Situation([goal_node(goal) for goal in tree["goals"]], kpis, JUNE)


def as_printed(found):
    return {goal: [shown(one.old.progress), shown(one.new.progress), shown(one.delta)] for goal, one in found.items()}


WHAT_IFS = {
    "W1": {"kpis": {"nps": KpiOverride(actual=Decimal(50))}},
    "W2": {"goals": {"I3": GoalOverride(parent="D1", weight=Decimal(50))}},
    "W3": {"goals": {"S3": GoalOverride(weight=Decimal(75)), "D3": GoalOverride(method="weakest_link")}},
    "W4": {"kpis": {"leads": KpiOverride(values={date(2026, 6, 1): Decimal(150)})}},
}


@pytest.mark.parametrize("name", WHAT_IFS)
def test_what_if_answers_old_new_and_delta_as_in_its_case(name):
    assert as_printed(what_if(seeds(), **WHAT_IFS[name])) == CHECKS[name]


@pytest.mark.parametrize("name", WHAT_IFS)
def test_what_if_leaves_the_situation_untouched(name):
    situation = seeds()
    before = deepcopy(situation)
    what_if(situation, **WHAT_IFS[name])

    assert situation == before


def test_impossible_moves_are_refused_as_in_case_w5():
    refused = []
    for goal, parent in (("S1", "I1"), ("D2", "I3"), ("V", "S1")):
        with pytest.raises(Refused) as info:
            what_if(seeds(), goals={goal: GoalOverride(parent=parent)})
        refused.append(f"error: {info.value}")

    assert refused == CHECKS["W5"]


def test_a_goal_below_itself_is_a_cycle_and_a_sibling_is_not():
    goals = seeds().goals

    assert str(check_move(goals, "S1", "S1")) == "goal_cycle:S1>S1"
    assert check_move(goals, "I3", "D1") is None
    assert check_move(goals, "I3", None) is None


def test_moving_away_and_back_changes_no_figure():
    situation = seeds()
    away = what_if(situation, goals={"I3": GoalOverride(parent="D1")})
    moved = [replace(goal, parent="D1") if goal.id == "I3" else goal for goal in situation.goals]
    back = what_if(replace(situation, goals=moved), goals={"I3": GoalOverride(parent="D3")})

    assert {goal: one.old for goal, one in away.items()} == {goal: one.new for goal, one in back.items()}


def test_places_left_and_entered_are_answered_though_nothing_changes_there():
    situation = seeds()
    draft = replace(situation, goals=[*situation.goals, replace(situation.goals[-1], id="idea", state="draft")])

    assert set(what_if(draft, goals={"idea": GoalOverride(parent="D1")})) == {"idea", "D3", "S3", "D1", "S1", "V"}


def test_a_move_to_the_root_unaligns_the_goals_below():
    found = what_if(seeds(), goals={"D1": GoalOverride(parent=None)})

    assert {goal for goal, one in found.items() if one.old.aligned and not one.new.aligned} == {"D1", "I1", "I1b"}


def test_a_supposed_progress_gives_a_silent_kpi_a_score():
    found = what_if(seeds(), kpis={"tick_ola": KpiOverride(progress=Decimal("0.75"))})

    assert as_printed(found)["I1b"] == [None, "0.7500", None]
    assert as_printed(found)["V"] == ["0.5473", "0.5513", "0.0040"]


def test_target_weight_and_state_of_a_kpi_can_be_supposed():
    lower = what_if(seeds(), kpis={"nps": KpiOverride(target=Decimal(41))})
    alone = what_if(seeds(), kpis={"nps": KpiOverride(weight=Decimal(0))})
    away = what_if(seeds(), kpis={"nps": KpiOverride(active=False)})

    assert as_printed(lower)["S1"] == ["0.6300", "0.8100", "0.1800"]
    assert as_printed(alone)["S1"] == as_printed(away)["S1"] == ["0.6300", "0.6833", "0.0533"]


def test_pausing_a_goal_takes_its_weight_out_and_closing_it_freezes_it():
    paused = what_if(seeds(), goals={"S2": GoalOverride(state="paused")})
    closed = what_if(seeds(), goals={"S2": GoalOverride(state="closed")})

    assert (paused["V"].new.paused, paused["V"].new.paused_weight) == (1, 35)
    assert as_printed(paused)["V"] == ["0.5473", "0.5800", "0.0327"]
    assert as_printed(closed)["V"] == ["0.5473", "0.5473", "0.0000"]
    assert closed["S2"].new.status == "closed"


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ({"kpis": {"tick": KpiOverride(actual=Decimal(4))}}, "actual_needs_by_due:tick"),
        ({"kpis": {"tick": KpiOverride(progress=Decimal("1.1"))}}, "progress_out_of_range:tick"),
        ({"kpis": {"tick": KpiOverride(weight=Decimal(-1))}}, "weight_negative:tick"),
        ({"goals": {"D1": GoalOverride(weight=Decimal(-1))}}, "weight_negative:D1"),
        ({"kpis": {"tick": KpiOverride(values={date(2026, 6, 2): Decimal(4)})}}, "unknown_period:tick@2026-06-02"),
        ({"kpis": {"tick": KpiOverride(values={date(2026, 7, 1): Decimal(4)})}}, "unknown_period:tick@2026-07-01"),
    ],
)
def test_a_hypothesis_that_cannot_be_is_refused(override, code):
    with pytest.raises(Refused, match=code):
        what_if(seeds(), **override)


@pytest.mark.parametrize(("kpi", "override"), [("nps", WHAT_IFS["W1"]), ("leads", WHAT_IFS["W4"])])
def test_the_path_above_a_kpi_is_enough_to_try_a_result(kpi, override):
    whole = seeds()
    goals = {goal.id: goal for goal in whole.goals}
    figures = roll_up(whole.goals, (parts := [part_of(whole, each) for each in whole.kpis]), JUNE)
    path = Forest(whole.goals, parts).path(next(each.goal for each in whole.kpis if each.id == kpi))
    above = {goal.id for goal in path}
    near = [goal for goal in goals.values() if goal.id in above or goal.parent in above]
    narrow = replace(
        whole,
        goals=near,
        kpis=[each for each in whole.kpis if each.id == kpi],
        scored=[part for part in parts if part.goal in above and part.id != kpi],
        known={goal.id: figures[goal.id] for goal in near if goal.id not in above},
    )

    assert what_if(narrow, **override) == what_if(whole, **override)


def part_of(situation, kpi):
    found = score(kpi.definition, kpi.values, situation.on)
    return found.as_part(kpi.id, kpi.goal, kpi.weight, active=kpi.active)
