"""Moving a goal: what is told before, what is refused and why, and taking it back."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import moves, tree
from goals.models import Goal, GoalFigures
from goals.progress import roll_up
from tests.cast import signed_in
from tests.goals.asking import address, fresh, get, post, sentence, told
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def branches(cast):
    """Two tops with two measured children each: 20 and 60 below the first, 80 and 40 below the second."""
    made = {}
    for top, values in (("One", (20, 60)), ("Two", (80, 40))):
        made[top] = cast.goal(top, owner=cast.bo, unit=cast.sales)
        for value in values:
            made[value] = cast.goal(f"At {value}", made[top])
            kpi(made[value], f"k{value}", value)
    rolled_up(made["One"])
    return made


def children(goal: Goal) -> list[str]:
    return list(Goal.objects.filter(parent=goal).in_tree_order().values_list("title", flat=True))


def progress(goal: Goal) -> Decimal:
    return GoalFigures.objects.get(goal=goal).progress


def test_a_goal_moves_below_another_and_back(cast, branches):
    one, two, moving = branches["One"], branches["Two"], branches[20]
    answer = post(cast.ada, "move", moving, parent=two.pk)
    assert (children(one), children(two)) == (["At 60"], ["At 80", "At 40", "At 20"])
    assert told(answer)["below"] == [one.pk, two.pk]
    assert "stands below “Two” now. “One” goes from 40% to 60%. “Two” goes from 60% to 46.7%." in sentence(answer)
    back = signed_in(cast.ada).post(told(answer)["undo"], headers={"HX-Request": "true"})
    assert (back.status_code, children(one), children(two)) == (200, ["At 20", "At 60"], ["At 80", "At 40"])


def test_a_long_title_is_cut_in_a_sentence(cast, branches):
    branches[20].revise(by=cast.ada, title="Long " * 90)
    assert "Long " * 20 not in sentence(post(cast.ada, "move", branches[20], parent=branches["Two"].pk))


def test_a_goal_takes_a_place_among_its_siblings(cast, branches):
    one, first, last = branches["One"], branches[20], branches[60]
    post(cast.ada, "move", last, parent=one.pk, before=first.pk)
    assert children(one) == ["At 60", "At 20"]
    post(cast.ada, "move", last, parent=one.pk, after=first.pk)
    assert children(one) == ["At 20", "At 60"]


def test_a_root_moves_among_the_roots_and_below_one(cast, branches):
    one, two = branches["One"], branches["Two"]
    post(cast.ada, "move", two, parent="", before=one.pk)
    assert [goal.title for goal in Goal.objects.filter(parent=None).in_tree_order()] == ["Two", "One"]
    post(cast.ada, "move", one, parent=two.pk)
    assert fresh(one).parent == two


def test_the_effect_that_is_told_is_the_one_that_comes(cast, branches):
    one, two, moving = branches["One"], branches["Two"], branches[20]
    before = {effect.goal: (effect.before, effect.after) for effect in moves.effects([moving], two, cast.ada)}
    assert before[one] == (progress(one), Decimal("0.6"))
    assert before[two][0] == progress(two)
    tree.move(moving, two, by=cast.ada)
    roll_up(cast.works.pk)
    assert (progress(one), progress(two)) == (before[one][1], before[two][1])


def test_a_preview_shows_both_parents_and_saves_nothing(cast, branches):
    moving, two = branches[20], branches["Two"]
    versions = list(Goal.objects.values_list("pk", "version", "parent_id"))
    text = sentence(get(cast.ada, "move_preview", moving, htmx=True, parent=two.pk))
    assert all(words in text for words in ("One", "Two", "40%", "60%", "46.7%"))
    assert list(Goal.objects.values_list("pk", "version", "parent_id")) == versions


def test_a_goal_that_does_not_count_changes_nothing(cast, branches):
    draft = cast.goal("Draft", branches["One"], state=Goal.State.DRAFT)
    effects = moves.effects([draft], branches["Two"], cast.ada)
    assert [effect.difference for effect in effects] == [0, 0]


def test_places_that_are_refused_say_why(cast, branches):
    one, child = branches["One"], branches[20]
    person = cast.goal("Person", child, level=3)
    refusals = {
        (one, child): "A goal cannot stand below itself.",
        (one, one): "A goal cannot stand below itself.",
        (child, person): "A goal cannot stand below itself.",
        (child, cast.goal("Low", branches["Two"], level=3)): "Its level, Department, stands above",
    }
    for (goal, parent), why in refusals.items():
        assert why in sentence(get(cast.ada, "move_preview", fresh(goal), htmx=True, parent=parent.pk))
        assert post(cast.ada, "move", goal, parent=parent.pk).status_code == 409
    assert fresh(child).parent == one


def test_rights_are_asked_for_the_goal_and_for_its_new_place(cast, branches):
    moving = branches[20]
    stranger = cast.goal("Not of Bo")
    assert post(cast.bo, "move", moving, parent=branches["Two"].pk).status_code == 200
    assert post(cast.bo, "move", moving, parent=stranger.pk).status_code == 403
    assert post(cast.bo, "move", moving, parent="").status_code in (403, 409)
    assert post(cast.cy, "move", moving, parent=branches["One"].pk).status_code == 403
    assert post(cast.eve, "move", moving, parent="").status_code == 404
    assert get(cast.eve, "move_preview", moving, htmx=True).status_code == 404
    assert post(cast.ada, "move", moving, parent="123456789").status_code == 404
    assert post(cast.ada, "move", moving, parent="x").status_code == 404


def test_a_move_is_sent_not_asked_for(cast, branches):
    get(cast.ada, "move", branches[20], htmx=True, parent=branches["Two"].pk)
    assert fresh(branches[20]).parent == branches["One"]


def test_what_moved_again_is_not_undone(cast, branches):
    moving, two = branches[20], branches["Two"]
    undo = told(post(cast.ada, "move", moving, parent=two.pk))["undo"]
    post(cast.ada, "move", moving, parent="")
    answer = signed_in(cast.ada).post(undo, headers={"HX-Request": "true"})
    assert (answer.status_code, "again since, so nothing was taken back" in sentence(answer)) == (409, True)
    assert fresh(moving).parent is None


def test_a_place_that_has_ended_is_not_undone(cast, branches):
    from goals import lifecycle

    one, moving = branches["One"], branches[20]
    undo = told(post(cast.ada, "move", moving, parent=branches["Two"].pk))["undo"]
    lifecycle.change_state(one, "cancelled", by=cast.ada, with_descendants=True)
    answer = signed_in(cast.ada).post(undo, headers={"HX-Request": "true"})
    assert (answer.status_code, "nothing open can stand below it" in sentence(answer)) == (409, True)


def test_a_neighbour_that_left_leaves_the_end(cast, branches):
    one, two, moving = branches["One"], branches["Two"], branches[20]
    undo = told(post(cast.ada, "move", moving, parent=two.pk))["undo"]
    tree.move(branches[60], two, by=cast.ada)
    assert signed_in(cast.ada).post(undo, headers={"HX-Request": "true"}).status_code == 200
    assert children(one) == ["At 20"]


def test_the_dialog_offers_places_and_finds_them(cast, branches):
    moving = branches[20]
    text = sentence(get(cast.ada, "move", moving, htmx=True))
    assert all(f'value="{goal.pk}"' in text for goal in (branches["Two"], branches[80]))
    assert f'value="{branches["One"].pk}"' not in text, "where it stands already"
    found = sentence(get(cast.ada, "move", moving, htmx=True, q="At 80"))
    assert (f'value="{branches[80].pk}"' in found, f'value="{branches["Two"].pk}"' in found) == (True, False)
    assert "<html" in sentence(get(cast.ada, "move", moving))


def test_the_number_of_queries_does_not_depend_on_the_goals(cast, branches):
    asking = signed_in(cast.ada)
    urls = [
        f"{address('move_preview', branches[20])}?parent={branches['Two'].pk}",
        address("move", branches[20]),
    ]

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert asking.get(url, headers={"HX-Request": "true"}).status_code == 200
        return len(found)

    few = [queries(url) for url in urls]
    for number in range(3):
        kpi(cast.goal(f"More {number}", branches["Two"]), f"more{number}", 10)
    rolled_up(branches["Two"])
    assert [queries(url) for url in urls] == few
