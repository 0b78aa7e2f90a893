import pytest

from cascade.errors import Conflict
from goals import planting, tree
from goals.models import Goal
from tests.goals.measuring import kpi


@pytest.fixture
def top(cast):
    """A goal with others before, below and after it."""
    root = cast.goal("Root")
    cast.goal("Before", root)
    middle = cast.goal("Middle", root)
    cast.goal("First", middle)
    cast.goal("Below the first", Goal.objects.get(title="First"))
    cast.goal("After", root)
    return Goal.objects.get(pk=middle.pk)


def rows(cast, *titles):
    return [{"title": title, "level": cast.levels[3]} for title in titles]


def order():
    return list(Goal.objects.in_tree_order().values_list("title", flat=True))


def test_many_goals_are_planted_last_below_one(cast, top):
    planting.plant(top, rows(cast, "A", "B", "C"), by=cast.ada)

    assert order() == ["Root", "Before", "Middle", "First", "Below the first", "A", "B", "C", "After"]
    assert list(tree.faults(cast.works.pk)) == []


def test_they_are_taken_away_together_also_from_among_others(cast, top):
    planted = planting.plant(top, rows(cast, "A", "B", "C", "D"), by=cast.ada)
    kpi(planted[0], "k")
    cast.goal("Below C", Goal.objects.get(title="C"))
    gone = Goal.objects.filter(title__in=["A", "B", "D"])
    planting.uproot(list(gone), by=cast.ada, reason="Gone")

    assert order() == ["Root", "Before", "Middle", "First", "Below the first", "C", "Below C", "After"]
    assert list(tree.faults(cast.works.pk)) == []
    told = Goal.history.filter(history_type="-").values_list("title", "history_user__name", "history_change_reason")
    assert sorted(told) == [(title, "Ada", "Gone") for title in ("A", "B", "D")]


def test_a_branch_goes_as_a_whole(cast, top):
    planting.uproot(list(Goal.objects.filter(title__in=["First", "Below the first"])), by=cast.ada)

    assert order() == ["Root", "Before", "Middle", "After"]
    assert list(tree.faults(cast.works.pk)) == []


def test_what_has_children_or_values_stays_with_all_the_others(cast, top):
    planted = planting.plant(top, rows(cast, "A", "B"), by=cast.ada)
    with pytest.raises(Conflict) as refused:
        planting.uproot([planted[0], Goal.objects.get(title="First")], by=cast.ada)
    assert refused.value.code == "has_children"
    kpi(planted[1], "k", 40)
    with pytest.raises(Conflict) as refused:
        planting.uproot(planted, by=cast.ada)
    assert refused.value.code == "has_values"
    assert Goal.objects.filter(title__in=["A", "B", "First"]).count() == 3
