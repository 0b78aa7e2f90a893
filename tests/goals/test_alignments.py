"""Support beside the tree: of two different goals of one organisation, none above the other, once."""

import pytest
from django.core.exceptions import ValidationError

from goals import alignments, progress, tree
from goals.access import Rights
from goals.models import Alignment, Goal
from tests.cast import founded, person
from tests.goals.measuring import kpi, rolled_up
from tests.planning import alignment


@pytest.fixture
def goals(cast):
    top = cast.goal("Top")
    return top, cast.goal("Left", top, owner=cast.bo), cast.goal("Right", top, owner=cast.cy)


def refusal(cast, goal, supports) -> str:
    with pytest.raises(ValidationError) as refused:
        alignments.create(goal, supports, by=cast.ada)
    return refused.value.error_dict["supports"][0].code


def test_a_goal_supports_another_one_once(cast, goals):
    _, left, right = goals
    made = alignment(cast, left, right, note="Fewer calls")

    assert list(Alignment.objects.visible_to(cast.ada)) == [made]
    assert refusal(cast, left, right) == "aligned_already"
    assert made.history.get().history_user == cast.ada


def test_it_supports_neither_itself_nor_what_stands_above_or_below(cast, goals):
    top, left, _ = goals

    assert refusal(cast, left, left) == "same_goal"
    assert refusal(cast, left, top) == "in_its_path"
    assert refusal(cast, top, left) == "in_its_path"


def test_goals_of_two_organisations_have_nothing_to_do_with_each_other(cast, goals):
    _, levels, cycle = founded("Other")
    other = person(cycle.organisation, "Olga", "admin")
    theirs = tree.create(
        by=other, organisation=cycle.organisation, parent=None, level=levels[0], title="T", cycle=cycle
    )

    assert refusal(cast, goals[1], theirs) == "other_organisation"


def test_it_moves_no_figure(cast, goals):
    top, left, right = goals
    kpi(left, "a", 20)
    kpi(right, "b", 80)
    rolled_up(top)
    before = list(Goal.objects.values_list("figures__progress", flat=True))
    alignment(cast, left, right)
    progress.roll_up(cast.works.pk, everything=True)

    assert list(Goal.objects.values_list("figures__progress", flat=True)) == before


def test_only_who_sees_both_goals_sees_it(cast, goals):
    _, left, right = goals
    alignment(cast, left, right)
    assert Alignment.objects.visible_to(cast.cy).exists()
    left.revise(by=cast.ada, visibility="private")

    assert not Alignment.objects.visible_to(cast.cy).exists()
    assert Alignment.objects.visible_to(cast.bo).exists()
    assert not Alignment.objects.visible_to(cast.eve).exists()


def test_the_editors_of_either_goal_may_take_it_away(cast, goals):
    _, left, right = goals
    made = alignment(cast, left, right)

    may = {who.name: Rights.of(who).can_remove(made) for who in (cast.ada, cast.bo, cast.cy, cast.dee, cast.eve)}
    assert may == {"Ada": True, "Bo": True, "Cy": True, "Dee": False, "Eve": False}


def test_what_it_could_support_is_what_it_may_and_does_not_yet(cast, goals):
    top, left, right = goals
    below = cast.goal("Below", left)
    secret = cast.goal("Secret", top, visibility="private", owner=cast.ada)
    alignment(cast, left, right)
    for goal in (left, right):
        goal.refresh_from_db()

    assert set(alignments.candidates(left, cast.ada)) == {secret}
    assert set(alignments.candidates(left, cast.bo)) == set()
    assert set(alignments.candidates(right, cast.bo)) == {left, below}
