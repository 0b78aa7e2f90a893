"""Goals keep their order and their numbers through every change of structure, which needs the lock."""

import contextlib
import datetime as dt
import random
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from cascade.errors import Conflict, VersionMismatch
from goals import structure, tree
from goals.models import DirtyMark, Goal
from kpis.models import Kpi
from people.models import Organisation
from tests.cast import founded
from tests.goals.measuring import kpi


def order(cast) -> list[str]:
    return list(Goal.objects.filter(organisation=cast.works).in_tree_order().values_list("title", flat=True))


def is_sound(cast) -> bool:
    return list(tree.faults(cast.works.pk)) == []


def code(error) -> set[tuple[str, str]]:
    return {(field, each.code) for field, found in error.value.error_dict.items() for each in found}


@pytest.fixture
def goals(cast):
    """A with a, b, c below; b with x, y below; then the root Z."""
    made = {"A": cast.goal("A")}
    for title in "abc":
        made[title] = cast.goal(title, made["A"])
    for title in "xy":
        made[title] = cast.goal(title, made["b"])
    made["Z"] = cast.goal("Z")
    return made


def test_goals_stand_in_the_order_they_were_made(cast, goals):
    assert order(cast) == list("AabxycZ")
    assert is_sound(cast)


@pytest.mark.parametrize(
    ("goal", "parent", "before", "after"),
    [
        ("c", "A", "a", "AcabxyZ"),
        ("a", "A", None, "AbxycaZ"),
        ("a", "A", "c", "AbxyacZ"),
        ("b", "A", None, "AacbxyZ"),
        ("b", "Z", None, "AacZbxy"),
        ("x", "A", "c", "AabyxcZ"),
        ("b", None, None, "AacZbxy"),
        ("b", None, "A", "bxyAacZ"),
        ("b", None, "Z", "AacbxyZ"),
        ("A", None, None, "ZAabxyc"),
        ("Z", None, "A", "ZAabxyc"),
        ("Z", "A", "b", "AaZbxyc"),
        ("A", "Z", None, "ZAabxyc"),
        ("A", None, "A", "AabxycZ"),
    ],
)
def test_a_move_keeps_the_order_of_everything_else(cast, goals, goal, parent, before, after):
    Goal.objects.update(level=cast.levels[3])
    moved = tree.move(goals[goal], goals.get(parent), before=goals.get(before), by=cast.ada)
    assert "".join(order(cast)) == after
    assert is_sound(cast)
    assert moved.parent_id == (goals[parent].pk if parent else None)


def test_any_moves_leave_a_sound_tree(cast, goals):
    chance = random.Random(7)  # noqa: S311  reproducible, not secret
    Goal.objects.update(level=cast.levels[3])
    for _ in range(60):
        moved = Goal.objects.get(title=chance.choice("AabcxyZ"))
        parent = Goal.objects.filter(title=chance.choice("AabcxyZ-")).first()
        before = Goal.objects.filter(parent=parent).order_by("?").first() if chance.random() < 0.5 else None
        with contextlib.suppress(Conflict):  # below itself
            tree.move(moved, parent, before=before, by=None)
        assert is_sound(cast)


def test_a_move_is_versioned_recorded_and_marked_on_both_paths(cast, goals):
    DirtyMark.objects.all().delete()
    moved = tree.move(goals["x"], goals["c"], by=cast.bo, reason="Sales took it over")
    assert moved.version == goals["x"].version + 1
    last = moved.history.first()
    assert (last.parent_id, last.history_user, last.history_change_reason) == (
        goals["c"].pk,
        cast.bo,
        "Sales took it over",
    )
    assert set(DirtyMark.objects.values_list("goal_id", flat=True)) == {goals[name].pk for name in "bcx"}


def test_a_goal_cannot_stand_below_itself(cast, goals):
    with pytest.raises(Conflict) as error:
        tree.move(goals["A"], goals["x"], by=None)
    path = " > ".join(str(goals[name].pk) for name in "AbxA")
    assert (error.value.code, path in str(error.value)) == ("goal_cycle", True)
    with pytest.raises(Conflict):
        tree.move(goals["a"], goals["a"], by=None)
    assert is_sound(cast)


def test_a_move_that_is_refused_changes_nothing(cast, goals):
    before = list(Goal.objects.order_by("pk").values())
    elsewhere, levels, cycle = founded("Nowhere")
    there = tree.create(by=None, organisation=elsewhere, level=levels[0], cycle=cycle, title="There")
    last_year = cast.works.cycles.create(name="Before", start=dt.date(2020, 1, 1), due=dt.date(2020, 12, 31))
    old = cast.goal("Old", cycle=last_year)
    low = cast.goal("Low", level=3)
    Goal.objects.filter(pk__in=[old.pk]).update(position=9)
    refusals = [
        (("x", there, None), {("parent", "other_organisation")}),
        (("x", old, None), {("parent", "other_cycle")}),
        (("A", low, None), {("parent", "level_above_parent")}),
        (("x", goals["A"], goals["y"]), {("before", "before_not_a_sibling")}),
        (("x", None, there), {("before", "before_not_a_sibling")}),
    ]
    for (goal, parent, sibling), expected in refusals:
        with pytest.raises(ValidationError) as error:
            tree.move(goals[goal], parent, before=sibling, by=None)
        assert code(error) == expected
    assert list(Goal.objects.filter(pk__in=[goal.pk for goal in goals.values()]).order_by("pk").values()) == before


def test_only_the_moved_goal_is_checked_against_its_new_parent(cast):
    top, other = cast.goal("Top"), cast.goal("Other", level=2)
    team = cast.goal("Team", top, level=2)
    cast.goal("Person", team, level=3)
    assert tree.move(team, other, by=None).parent_id == other.pk


def test_a_change_in_between_is_noticed(cast, goals):
    tree.move(goals["x"], goals["c"], by=None)
    for act in (
        lambda: tree.move(goals["x"], goals["a"], by=None, version=1),
        lambda: tree.delete(goals["x"], by=None, version=1),
    ):
        with pytest.raises(VersionMismatch) as error:
            act()
        assert error.value.current == 2


def test_nothing_open_is_put_below_what_has_ended(cast, goals):
    Goal.objects.filter(pk=goals["c"].pk).update(state="cancelled")
    for act in (lambda: tree.move(goals["x"], goals["c"], by=None), lambda: cast.goal("New", goals["c"])):
        with pytest.raises(Conflict) as error:
            act()
        assert error.value.code == "parent_ended"
    Goal.objects.filter(pk=goals["x"].pk).update(state="cancelled")
    assert tree.move(goals["x"], goals["c"], by=None).parent_id == goals["c"].pk


def test_a_new_goal_before_another(cast, goals):
    cast.goal("new", goals["A"], before=goals["b"])
    cast.goal("New", before=goals["Z"])
    assert order(cast) == ["A", "a", "new", "b", "x", "y", "c", "New", "Z"]
    assert is_sound(cast)
    with pytest.raises(ValidationError) as error:
        cast.goal("lost", goals["A"], before=goals["x"])
    assert code(error) == {("before", "before_not_a_sibling")}


def test_a_new_goal_is_refused_with_its_reasons(cast, goals):
    with pytest.raises(ValidationError) as error:
        cast.goal("", goals["A"], weight=Decimal(-1), start=dt.date(2026, 2, 1), due=dt.date(2026, 1, 1))
    assert code(error) == {("title", "blank"), ("weight", "weight_negative"), ("due", "dates_order")}
    cast.goal("First", external_id="G-1")
    with pytest.raises(ValidationError) as error:
        cast.goal("Second", external_id="G-1")
    assert code(error) == {("external_id", "external_id_taken")}


def test_a_goal_that_has_nothing_below_is_deleted_with_its_kpis(cast, goals):
    kpi(goals["x"], "k")
    DirtyMark.objects.all().delete()
    with pytest.raises(Conflict) as error:
        tree.delete(goals["b"], by=None)
    assert error.value.code == "has_children"
    tree.delete(goals["x"], by=cast.ada, reason="Twice the same")
    assert order(cast) == list("AabycZ")
    assert is_sound(cast)
    assert not Kpi.objects.exists()
    assert list(DirtyMark.objects.values_list("goal_id", flat=True)) == [goals["b"].pk]
    assert Goal.history.filter(id=goals["x"].pk).first().history_change_reason == "Twice the same"


def test_values_are_never_thrown_away_with_their_goal(cast, goals):
    kpi(goals["x"], "k", 3)
    with pytest.raises(Conflict) as error:
        tree.delete(goals["x"], by=None)
    assert error.value.code == "has_values"
    assert is_sound(cast)


def test_structure_is_refused_outside_the_lock(cast, goals):
    goal = Goal.objects.get(pk=goals["x"].pk)
    acts = [
        lambda: Goal(organisation=cast.works, cycle=cast.cycle, level=cast.levels[0], title="Sly").save(),
        lambda: goal.delete(),
    ]
    for act in acts:
        with pytest.raises(structure.StructureNotLocked):
            act()
    goal.parent = goals["c"]
    with pytest.raises(structure.StructureNotLocked):
        goal.save()


def test_the_lock_of_one_organisation_is_not_that_of_another(cast, goals):
    with structure.lock(cast.elsewhere.pk), pytest.raises(structure.StructureNotLocked):
        Goal.objects.get(pk=goals["x"].pk).delete()
    assert not structure.is_locked(cast.elsewhere.pk)


def test_a_save_without_the_lock_never_writes_back_old_tree_numbers(cast, goals):
    stale = Goal.objects.get(pk=goals["c"].pk)
    tree.move(goals["c"], goals["A"], before=goals["a"], by=None)
    stale.title = "renamed"
    stale.save()
    assert order(cast) == ["A", "renamed", *"abxyZ"]
    assert is_sound(cast)


@pytest.mark.parametrize("goal", ["A", "x"])
def test_a_revision_in_the_middle_of_moves_leaves_the_tree_sound(cast, goals, goal):
    with structure.lock(cast.works.pk):
        goals[goal].revise(by=None, title="renamed")
        tree.move(goals["c"], goals["b"], by=None)
        goals["c"].revise(by=None, weight=Decimal(2))
    assert is_sound(cast)


def test_a_damaged_tree_is_found_and_repaired(cast, goals):
    before = order(cast)
    Goal.objects.filter(title="b").update(lft=40, rght=41, depth=7)
    Goal.objects.filter(title="y").update(tree_id=goals["Z"].tree_id)
    assert {fault.goal_id for fault in tree.faults(cast.works.pk)} == {goals["b"].pk, goals["y"].pk}
    assert tree.repair(cast.works.pk) == 2
    assert is_sound(cast)
    assert order(cast) == before
    assert tree.repair(cast.works.pk) == 0


def test_roots_in_another_order_than_their_positions_are_repaired(cast, goals):
    Goal.objects.filter(title="A").update(position=5)
    assert {fault.goal_id for fault in tree.faults(cast.works.pk)} == {goals[name].pk for name in "Aabcxy"}
    tree.repair(cast.works.pk)
    assert order(cast) == list("ZAabxyc")
    assert is_sound(cast)


def test_goals_below_each_other_are_found_and_left_to_people(cast, goals):
    Goal.objects.filter(title="b").update(parent=goals["x"])
    assert goals["b"].pk in {fault.goal_id for fault in tree.faults(cast.works.pk)}
    tree.repair(cast.works.pk)
    found = {fault.goal_id: fault.what for fault in tree.faults(cast.works.pk)}
    assert found == dict.fromkeys([goals[name].pk for name in "bxy"], "stands below itself; give it another parent")


def test_another_organisation_keeps_its_numbers(cast, goals):
    elsewhere, levels, cycle = founded("Nowhere")
    there = tree.create(by=None, organisation=elsewhere, level=levels[0], cycle=cycle, title="There")
    tree.move(goals["Z"], None, before=goals["A"], by=None)
    tree.repair(cast.works.pk)
    again = Goal.objects.get(pk=there.pk)
    assert (again.tree_id, again.lft, again.rght) == (there.tree_id, there.lft, there.rght)
    assert Organisation.objects.count() == 3


def test_a_refused_change_releases_the_lock(cast, goals):
    with pytest.raises(Conflict):
        tree.move(goals["A"], goals["x"], by=None)
    assert not structure.is_locked(cast.works.pk)
    with transaction.atomic(), pytest.raises(structure.StructureNotLocked):
        goals["x"].delete()
