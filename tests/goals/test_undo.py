"""What a person did to goals is taken back as a whole, or refused in plain words."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cascade.errors import Conflict
from goals import lifecycle, structure, tree, undo
from goals.models import Act, Goal
from goals.progress import roll_up
from kpis.models import Kpi
from tests.cast import signed_in
from tests.goals.asking import fresh, get, post, sentence, told
from tests.goals.measuring import kpi


@pytest.fixture
def branches(cast):
    one, two = cast.goal("One", owner=cast.bo, unit=cast.sales), cast.goal("Two", owner=cast.bo, unit=cast.sales)
    below = [cast.goal(title, one) for title in ("A", "B", "C")]
    return one, two, *below


def children(goal: Goal) -> list[str]:
    return list(Goal.objects.filter(parent=goal).in_tree_order().values_list("title", flat=True))


def values(goal: Goal) -> dict:
    skipped = ("version", "updated_at", "created_at", "position", "lft", "rght", "tree_id")
    return {key: value for key, value in Goal.objects.filter(pk=goal.pk).values().get().items() if key not in skipped}


def test_many_changes_are_taken_back_together(cast, branches):
    one, two, a, b, c = branches
    before = [values(goal) for goal in branches]
    with undo.act(cast.ada, "the lot done") as act, structure.lock(cast.works.pk):
        tree.move(b, two, by=cast.ada)
        a.revise(by=cast.ada, weight=Decimal(3), due=dt.date(2030, 1, 1), owner=cast.cy, contributors=[cast.dee])
        lifecycle.change_state(c, "paused", by=cast.ada)
        made = tree.create(by=cast.ada, organisation=cast.works, parent=b, level=cast.levels[2], title="New")
        tree.create(by=cast.ada, organisation=cast.works, parent=made, level=cast.levels[3], title="Below the new one")
    undone = undo.take_back(act, cast.ada)
    assert children(one) == ["A", "B", "C"]
    assert [values(goal) for goal in branches] == before
    assert (list(a.contributors.all()), Goal.objects.count()) == ([], 5)
    assert {one.pk, two.pk} <= undone.below
    assert list(tree.faults(cast.works.pk)) == []


def test_a_refusal_leaves_everything_as_it_is(cast, branches):
    _, two, a, b, _ = branches
    with undo.act(cast.ada, "moved") as act:
        tree.move(a, two, by=cast.ada)
        tree.move(b, two, by=cast.ada)
    b.revise(by=cast.bo, title="Of Bo")
    with pytest.raises(Conflict, match="Bo changed “Of Bo” since"):
        undo.take_back(act, cast.ada)
    assert children(two) == ["A", "Of Bo"]
    fresh(b).revise(by=cast.ada, title="Mine")
    with pytest.raises(Conflict, match="You changed “Mine” again since"):
        undo.take_back(act, cast.ada)


def test_what_is_below_or_measured_by_now_is_not_thrown_away(cast, branches):
    one = branches[0]
    with undo.act(cast.ada, "added") as act:
        made = tree.create(by=cast.ada, organisation=cast.works, parent=one, level=cast.levels[1], title="New")
    child = cast.goal("Somebody's", made)
    with pytest.raises(Conflict, match="below it"):
        undo.take_back(act, cast.ada)
    tree.delete(child, by=cast.ada)
    kpi(made, "k", 10)
    with pytest.raises(Conflict, match="have values"):
        undo.take_back(act, cast.ada)
    assert Goal.objects.filter(pk=made.pk).exists()


def test_a_deleted_goal_comes_back_with_its_kpis_and_people(cast, branches):
    one, _, _, b, _ = branches
    b.revise(by=cast.ada, contributors=[cast.cy, cast.dee], weight=Decimal("2.5"), start=dt.date(2026, 2, 1))
    kpi(b, "calls", name="Calls a day")
    roll_up(cast.works.pk)
    before, kpis = values(b), list(Kpi.objects.filter(goal=b).values())
    with undo.act(cast.ada, "deleted") as act:
        tree.delete(b, by=cast.ada)
    assert children(one) == ["A", "C"]
    undo.take_back(act, cast.ada)
    assert (children(one), values(b)) == (["A", "B", "C"], before)
    assert [(k["id"], k["name"], k["target"]) for k in Kpi.objects.filter(goal=b).values()] == [
        (k["id"], k["name"], k["target"]) for k in kpis
    ]
    assert set(b.contributors.all()) == {cast.cy, cast.dee}
    assert b.history.filter(history_type="+").count() == 2
    assert list(tree.faults(cast.works.pk)) == []
    roll_up(cast.works.pk)


@pytest.mark.parametrize("state", ["closed", "cancelled", "paused"])
def test_a_change_of_state_is_taken_back_with_everything_below(cast, branches, state):
    one, _, a, *_ = branches
    kpi(a, "k", 40)
    below = state != "paused"
    before = [values(goal) for goal in (one, a)]
    with undo.act(cast.ada, "ended") as act:
        lifecycle.change_state(one, state, by=cast.ada, reason="why", with_descendants=below)
    assert fresh(one).state == state
    undo.take_back(act, cast.ada)
    assert [values(goal) for goal in (one, a)] == before
    assert fresh(one).history.latest().history_change_reason == "Taken back"


def test_a_goal_does_not_come_back_to_life_below_one_that_ended(cast, branches):
    one, _, a, _, _ = branches
    with undo.act(cast.ada, "cancelled") as act:
        lifecycle.change_state(a, "cancelled", by=cast.ada)
    lifecycle.change_state(one, "cancelled", by=cast.ada, with_descendants=True)
    with pytest.raises(Conflict, match="nothing open can stand below it"):
        undo.take_back(act, cast.ada)


def test_acts_are_taken_back_one_after_the_other(cast, branches):
    _, two, a, *_ = branches
    with undo.act(cast.ada, "renamed") as first:
        a.revise(by=cast.ada, title="A+")
    with undo.act(cast.ada, "moved") as second:
        tree.move(fresh(a), two, by=cast.ada)
    assert undo.last(cast.ada) == second
    undo.take_back(second, cast.ada)
    assert undo.last(cast.ada) == first
    undo.take_back(first, cast.ada)
    assert (fresh(a).title, fresh(a).parent, undo.last(cast.ada)) == ("A", branches[0], None)
    with pytest.raises(Conflict, match="already"):
        undo.take_back(first, cast.ada)


def test_an_act_that_changed_nothing_is_none(cast, branches):
    with undo.act(cast.ada, "nothing") as act:
        branches[2].revise(by=cast.ada, title="A")
    assert (act.pk, Act.objects.count()) == (None, 0)


def test_what_is_done_outside_of_an_act_costs_and_keeps_nothing(cast, branches):
    with (
        CaptureQueriesContext(
            connection,
        ) as inside,
        undo.act(cast.ada),
    ):
        tree.move(branches[2], branches[1], by=cast.ada)
    with CaptureQueriesContext(connection) as outside:
        tree.move(branches[3], branches[1], by=cast.ada)
    assert len(outside) < len(inside)
    assert Act.objects.count() == 1


def test_old_acts_are_refused_and_forgotten(cast, branches):
    with undo.act(cast.ada, "old") as act:
        branches[2].revise(by=cast.ada, title="A+")
    Act.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert undo.last(cast.ada) is None
    with pytest.raises(Conflict, match="too long ago"):
        undo.take_back(act, cast.ada)
    for number in range(undo.KEPT + 3):
        with undo.act(cast.ada, str(number)):
            fresh(branches[3]).revise(by=cast.ada, title=f"B{number}")
    assert cast.ada.acts.count() == undo.KEPT


def test_who_lost_the_right_cannot_take_back(cast, branches):
    with undo.act(cast.bo, "moved") as act:
        tree.move(branches[2], branches[1], by=cast.bo)
    cast.bo.role = "member"
    cast.bo.save()
    Goal.objects.update(owner=None)
    with pytest.raises(PermissionDenied, match="may not change"):
        undo.take_back(act, cast.bo)
    assert children(branches[1]) == ["A"]


def test_only_the_one_who_acted_takes_back_and_only_by_sending(cast, branches):
    answer = post(cast.bo, "move", branches[2], parent=branches[1].pk)
    url = told(answer)["undo"]
    for other in (cast.ada, cast.eve):
        assert signed_in(other).post(url).status_code == 404
    assert signed_in(cast.bo).get(url).status_code == 405
    assert children(branches[1]) == ["A"]
    assert signed_in(cast.bo).post(url, headers={"HX-Request": "true"}).status_code == 200
    again = signed_in(cast.bo).post(url, headers={"HX-Request": "true"})
    assert (again.status_code, "already" in sentence(again)) == (409, True)


def test_every_change_in_the_tree_can_be_taken_back(cast, branches):
    one, two, a, b, c = branches
    before = [values(goal) for goal in branches]
    changes = [
        post(cast.ada, "cell", a, "title", title="A+", version=1),
        post(cast.ada, "cell", b, "weight", weight="7", version=1),
        post(cast.ada, "add", one, title="New", level=cast.levels[1].pk, owner="", weight="1"),
        post(cast.ada, "change_state", c, "paused"),
        post(
            cast.ada,
            "edit",
            two,
            title="Two+",
            level=cast.levels[0].pk,
            owner="",
            weight="1",
            version=1,
            rollup_method="weighted_mean",
            visibility="organisation",
            contributors="",
            next="",
        ),
    ]
    acts = [told(answer)["act"] for answer in changes]
    assert acts[:3] == ["title of “A+” changed", "weight of “B” changed", "“New” added"]
    for answer in reversed(changes):
        assert signed_in(cast.ada).post(told(answer)["undo"], headers={"HX-Request": "true"}).status_code == 200
    assert [values(goal) for goal in branches] == before
    assert not Goal.objects.filter(title="New").exists()


def test_a_goal_deleted_on_its_page_can_be_taken_back(cast, branches):
    post(cast.ada, "delete", branches[2], htmx=False)
    assert children(branches[0]) == ["B", "C"]
    undo.take_back(undo.last(cast.ada), cast.ada)
    assert children(branches[0]) == ["A", "B", "C"]
    assert get(cast.ada, "detail", branches[2]).status_code == 200
