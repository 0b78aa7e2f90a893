import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import Conflict, RowsRefused
from goals import alignments, linking, progress, tree, undo
from goals.models import Alignment, CarriedGoal, CausalLink, Goal
from kpis import definitions
from kpis.cycles import carrying, states
from kpis.cycles.carrying import Plan
from kpis.cycles.proposing import Way
from kpis.models import Kpi
from people.models import Notification
from tests.kpis.cycles import last_year


@pytest.fixture
def past(cast):
    found = last_year(cast)
    for month in range(1, 13):
        found.record(found.leads, month, month * 5)
    progress.roll_up(cast.works.pk)
    return found


@pytest.fixture
def ahead(cast):
    return states.add(
        cast.works, by=cast.ada, name="Ahead", start=dt.date(2099, 1, 1), due=dt.date(2099, 12, 31), state="planning"
    )


@pytest.fixture
def plan(past, ahead):
    return Plan(past.cycle, ahead, [past.goal.pk, past.below.pk], reason="Next year")


def carry(plan, cast):
    return carrying.create(plan, by=cast.ada)


def titles(cycle):
    rows = Goal.objects.filter(cycle=cycle).in_tree_order()
    return list(rows.values_list("title", "parent__title", "state"))


def test_goals_go_on_as_drafts_with_their_place_owner_and_why(cast, past, plan):
    past.goal.revise(by=cast.ada, why="Growth", contributors=[cast.bo], weight=Decimal(3), due=past.day(6, 30))
    made = carry(plan, cast)
    assert titles(plan.into) == [("Win customers", None, "draft"), ("Call more", "Win customers", "draft")]
    goal = Goal.objects.get(pk=made.goals[past.goal.pk].pk)
    assert (goal.owner, goal.why, goal.weight, goal.due) == (cast.ada, "Growth", 3, dt.date(2099, 6, 30))
    assert list(goal.contributors.all()) == [cast.bo]
    assert goal.carried_from.source == past.goal
    assert (goal.history.first().history_user, goal.history.first().history_change_reason) == (cast.ada, "Next year")
    assert list(tree.faults(cast.works.pk)) == []


def test_kpis_go_on_with_their_definition_and_begin_where_they_stand(cast, past, plan):
    carry(replace(plan, targets={past.leads.pk: Decimal("123.45")}), cast)
    kpi = Kpi.objects.get(carried_from__source=past.leads)
    assert (kpi.name, kpi.unit, kpi.goal.title) == ("Leads", "leads", "Win customers")
    assert (kpi.baseline, kpi.target) == (60, Decimal("123.45"))
    assert kpi.life == (dt.date(2099, 1, 1), dt.date(2099, 12, 31))
    assert not kpi.measurements.exists()


@pytest.mark.parametrize(
    ("way", "target"), [("same", 100), ("last_result", 60), ("trend", 5 * 12 * 75 - 120), ("last_year", 63)]
)
def test_targets_are_proposed_from_results(cast, past, plan, way, target):
    found = carrying.preview(replace(plan, way=way))
    line = next(each for each in found.kpis if each.source == past.leads)
    if way == "trend":
        years = 2099 - past.cycle.start.year
        target = 60 + years * 12 * 5
    assert line.proposed[Way(way)] == target
    assert line.target == target


def test_a_target_that_asks_for_nothing_begins_at_the_start_it_had(cast, past, plan):
    line = next(each for each in carrying.preview(replace(plan, way="last_result")).kpis if each.source == past.leads)
    assert (line.kpi.baseline, line.target, line.error) == (0, 60, None)


def test_a_target_that_cannot_be_is_refused_and_nothing_is_made(cast, past, plan):
    definitions.revise(past.calls, by=cast.ada, target_mode="each_period", zero_at=Decimal(10))
    maintain = definitions.create(
        past.goal, by=cast.ada, name="Band", direction="maintain", lower=Decimal(1), upper=Decimal(5), target=None
    )
    wrong = replace(plan, targets={past.leads.pk: None})
    assert maintain.pk
    with pytest.raises(RowsRefused) as refused:
        carry(wrong, cast)
    assert [error["code"] for error in refused.value.errors] == ["target_missing"]
    assert not Goal.objects.filter(cycle=plan.into).exists()


def test_a_goal_whose_parent_stays_behind_stands_below_the_nearest_that_goes_on(cast, past, plan):
    deep = cast.goal("Deep", past.below, owner=cast.cy)
    carry(replace(plan, goals=[past.goal.pk, deep.pk]), cast)
    assert titles(plan.into) == [("Win customers", None, "draft"), ("Deep", "Win customers", "draft")]


def test_carrying_twice_does_nothing_twice_and_later_goals_find_their_place(cast, past, plan):
    carry(replace(plan, goals=[past.goal.pk]), cast)
    again = carry(plan, cast)
    assert list(again.goals) == [past.below.pk]
    assert again.preview.there.keys() == {past.goal.pk}
    assert titles(plan.into) == [("Win customers", None, "draft"), ("Call more", "Win customers", "draft")]
    assert carry(plan, cast).goals == {}
    assert CarriedGoal.objects.count() == 2
    assert list(tree.faults(cast.works.pk)) == []


def test_links_go_along_where_both_goals_do(cast, past, plan):
    other, alone = cast.goal("Other", cycle=past.cycle), cast.goal("Alone", cycle=past.cycle)
    alignments.create(past.below, other, by=cast.ada, note="Helps")
    alignments.create(past.below, alone, by=cast.ada)
    linking.draw(other, past.goal, by=cast.ada, hypothesis="It shows", strength=3, lag=2)
    carry(replace(plan, goals=[*plan.goals, other.pk]), cast)
    carry(replace(plan, goals=[*plan.goals, other.pk]), cast)
    new = Goal.objects.filter(cycle=plan.into)
    told = Alignment.objects.filter(goal__in=new).values_list("goal__title", "supports__title", "note")
    assert list(told) == [("Call more", "Other", "Helps")]
    told = CausalLink.objects.filter(cause__in=new).values_list("cause__title", "effect__title", "strength", "lag")
    assert list(told) == [("Other", "Win customers", 3, 2)]


def test_calculated_kpis_are_calculated_from_the_successors(cast, past, plan):
    formula = definitions.create(
        past.goal,
        by=cast.ada,
        name="Both",
        unit="",
        target=Decimal(100),
        baseline=Decimal(0),
        source="formula",
        formula=f"{past.leads.key} + {past.calls.key}",
    )
    carry(plan, cast)
    successors = {kpi.carried_from.source_id: kpi for kpi in Kpi.objects.filter(goal__cycle=plan.into)}
    keys = [successors[kpi.pk].key for kpi in (past.leads, past.calls)]
    assert successors[formula.pk].formula == " + ".join(keys)


def test_a_kpi_whose_sources_stay_behind_is_entered_by_hand(cast, past, plan):
    formula = definitions.create(
        past.goal,
        by=cast.ada,
        name="Both",
        target=Decimal(100),
        baseline=Decimal(0),
        source="formula",
        formula=f"{past.leads.key} + {past.calls.key}",
    )
    only = replace(plan, goals=[past.goal.pk])
    assert [line.by_hand for line in carrying.preview(only).kpis if line.source == formula] == [True]
    carry(only, cast)
    assert Kpi.objects.get(carried_from__source=formula).source == "manual"


def test_owners_are_asked_when_it_is_wanted(cast, past, plan):
    nobodys = cast.goal("Nobody's", past.goal)
    carry(replace(plan, goals=[*plan.goals, nobodys.pk], propose=True), cast)
    assert [state for _, _, state in titles(plan.into)] == ["proposed", "proposed", "draft"]
    assert [each.person for each in Notification.objects.filter(kind="proposal")] == [cast.cy]


def test_it_is_undone_in_one_step(cast, past, plan):
    with undo.act(cast.ada, "Carried over") as act:
        carry(plan, cast)
    undo.take_back(act, cast.ada)
    assert titles(plan.into) == []
    assert not Kpi.objects.filter(goal__cycle=plan.into).exists()
    assert not CarriedGoal.objects.exists()
    assert carry(plan, cast).goals.keys() == set(plan.goals)


def test_a_closed_cycle_is_carried_over_and_none_is_carried_into(cast, past, plan):
    states.change_state(past.cycle, "closed", by=cast.ada, reason="Over")
    assert len(carry(plan, cast).goals) == 2
    with pytest.raises(ValidationError) as refused:
        carrying.preview(replace(plan, into=past.cycle))
    assert refused.value.error_dict["into"][0].code == "not_later"
    closed = cast.works.cycles.create(name="Shut", start="2098-01-01", due="2098-12-31", state="closed")
    closed.refresh_from_db()
    with pytest.raises(Conflict) as locked:
        carrying.preview(replace(plan, into=closed))
    assert locked.value.code == "locked"


def test_the_queries_do_not_grow_with_the_goals(cast, past, plan):
    def counted(goals):
        with CaptureQueriesContext(connection) as queries:
            carry(replace(plan, goals=goals), cast)
        return len(queries)

    more = [cast.goal(f"More {number}", past.goal, owner=cast.cy) for number in range(10)]
    for goal in more:
        definitions.create(goal, by=None, name="K", target=Decimal(1), baseline=Decimal(0))
    carry(replace(plan, goals=[past.goal.pk]), cast)
    one = counted([more[0].pk])
    assert counted([goal.pk for goal in more[1:]]) == one
