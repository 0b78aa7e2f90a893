"""Who sees, edits, adds below and moves which goal (docs/domain.md section 17)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.access import Rights, can_edit
from goals.models import Goal
from tests.cast import person

EVERYBODY = ("ada", "bo", "cy", "dee")


@pytest.fixture
def goals(cast):
    """One goal for each way to be seen, by name."""
    return {
        "open": cast.goal("open"),
        "sales": cast.goal("sales", visibility="unit", unit=cast.sales),
        "team": cast.goal("team", visibility="unit", unit=cast.team),
        "no unit": cast.goal("no unit", visibility="unit"),
        "private": cast.goal("private", visibility="private"),
        "of cy": cast.goal("of cy", visibility="private", owner=cast.cy),
        "helped by cy": cast.goal("helped by cy", visibility="private", contributors=[cast.cy]),
        "of ada in sales": cast.goal("of ada in sales", visibility="private", unit=cast.team, owner=cast.ada),
    }


def seen(who) -> set[str]:
    return set(Goal.objects.visible_to(who).values_list("title", flat=True))


def test_administrators_and_auditors_see_everything_of_their_organisation(cast, goals):
    assert seen(cast.ada) == seen(cast.dee) == set(goals)
    assert seen(cast.eve) == set()


def test_a_member_sees_what_is_open_to_the_unit_or_the_person(cast, goals):
    assert seen(cast.cy) == {"open", "sales", "team", "of cy", "helped by cy"}


def test_a_unit_manager_sees_everything_of_the_units_and_their_people(cast, goals):
    assert seen(cast.bo) == {"open", "sales", "team", "of cy", "of ada in sales"}


def test_a_unit_goal_is_not_shown_to_the_unit_above(cast, goals):
    above = person(cast.works, "Fay", "member", unit=cast.sales)
    assert seen(above) == {"open", "sales"}


def test_managers_above_managers_see_private_goals(cast, goals):
    chief = person(cast.works, "Gil", "member")
    cast.bo.manager = chief
    cast.bo.save()
    assert seen(chief) == {"open", "of cy"}


def test_managers_in_a_circle_do_no_harm(cast, goals):
    cast.bo.manager = cast.cy
    cast.bo.save()
    assert seen(cast.cy) == {"open", "sales", "team", "of cy", "helped by cy"}


@pytest.fixture
def tree(cast):
    """Top of nobody; Bo's in Sales, Cy's below it with a goal of nobody below; one beside it."""
    top = cast.goal("Top")
    sales = cast.goal("Sales", top, owner=cast.bo, unit=cast.sales)
    own = cast.goal("Own", sales, owner=cast.cy)
    return {
        "top": top,
        "sales": sales,
        "own": own,
        "below": cast.goal("Below", own),
        "beside": cast.goal("Beside", top),
    }


@pytest.mark.parametrize(
    ("who", "editable"),
    [
        ("ada", {"top", "sales", "own", "below", "beside"}),
        ("bo", {"sales", "own", "below"}),
        ("cy", {"own", "below"}),
        ("dee", set()),
        ("eve", set()),
    ],
)
def test_who_edits_what(cast, tree, who, editable):
    who = getattr(cast, who)
    rights = Rights.of(who)
    assert {name for name, goal in tree.items() if rights.can_edit(Goal.objects.get(pk=goal.pk))} == editable
    assert {name for name, goal in tree.items() if can_edit(who, Goal.objects.get(pk=goal.pk))} == editable


def test_the_strategy_office_edits_everything_and_begins_trees(cast, tree):
    rights = Rights.of(person(cast.works, "Hal", "strategy_office"))
    assert rights.can_edit(Goal.objects.get(pk=tree["top"].pk))
    assert rights.can_add_below(None)


def test_a_manager_edits_goals_owned_in_the_units(cast):
    goal = cast.goal("Cross", owner=cast.cy)
    assert can_edit(cast.bo, Goal.objects.get(pk=goal.pk))


def test_adding_below_needs_the_right_to_edit_the_parent(cast, tree):
    rights = Rights.of(cast.cy)
    goals = {name: Goal.objects.get(pk=goal.pk) for name, goal in tree.items()}
    assert [rights.can_add_below(goals[name]) for name in ("top", "own", "below")] == [False, True, True]
    assert not rights.can_add_below(None)


def test_moving_needs_the_goal_and_the_new_parent(cast, tree):
    rights = Rights.of(cast.cy)
    goals = {name: Goal.objects.get(pk=goal.pk) for name, goal in tree.items()}
    assert rights.can_move(goals["below"], goals["own"])
    assert rights.can_move(goals["own"], goals["sales"])  # to another place among its siblings
    assert not rights.can_move(goals["own"], goals["top"])
    assert not rights.can_move(goals["own"], None)
    assert not rights.can_move(goals["beside"], goals["own"])


def test_rights_are_read_once_for_many_goals(cast, tree):
    goals = list(Goal.objects.select_related("unit", "owner__unit").in_tree_order())
    with CaptureQueriesContext(connection) as queries:
        rights = Rights.of(cast.bo)
        assert [rights.can_edit(goal) for goal in goals] == [False, True, True, True, False]
    assert len(queries) == 1
