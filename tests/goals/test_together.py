"""Many goals changed and moved at once: what is told before, who may, conflicts, one undo."""

import datetime as dt
import json
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import RowsRefused
from goals import together, undo
from goals.models import Goal
from tests.cast import signed_in
from tests.goals.asking import fresh, get, post, sentence, told


@pytest.fixture
def goals(cast):
    """A, B and C of Sales below One, D of nobody beside it."""
    one = cast.goal("One", owner=cast.bo, unit=cast.sales)
    made = {"One": one, "Two": cast.goal("Two", owner=cast.bo, unit=cast.sales)}
    for title in "ABC":
        made[title] = cast.goal(title, one)
    return made | {"D": cast.goal("D")}


def named(*goals: Goal) -> str:
    return ",".join(f"{goal.pk}:{fresh(goal).version}" for goal in goals)


def ask(person, name: str, chosen: str, **sent):
    return post(person, "together", name, goals=chosen, **sent)


def promised(answer) -> int:
    """How many goals the dialog says will change."""
    return int(re.search(r'name="told" value="(\d+)"', sentence(answer)).group(1))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("owner", "Cy", "Cy"),
        ("owner", "", None),
        ("weight", "2,5", Decimal("2.5")),
        ("due", "2030-02-01", dt.date(2030, 2, 1)),
        ("state", "paused", "paused"),
    ],
)
def test_one_thing_is_changed_of_many_and_taken_back_at_once(cast, goals, name, value, expected):
    chosen = [goals["A"], goals["B"]]
    goals["A"].revise(by=cast.ada, owner=cast.ada)
    goals["B"].revise(by=cast.ada, owner=cast.dee)
    before = list(Goal.objects.order_by("pk").values_list("owner", "weight", "due", "state"))
    assert promised(ask(cast.bo, name, named(*chosen))) == 2
    answer = ask(cast.bo, name, named(*chosen), told="2", **{name: value})
    assert answer.status_code == 200
    assert set(told(answer)["goals"]) == {goal.pk for goal in chosen}
    stored = [getattr(fresh(goal), name) for goal in chosen]
    assert [str(each) if name == "owner" and each else each for each in stored] == [expected] * 2
    assert [goal.history.count() for goal in chosen] == [3, 3]
    assert signed_in(cast.bo).post(told(answer)["undo"], headers={"HX-Request": "true"}).status_code == 200
    assert list(Goal.objects.order_by("pk").values_list("owner", "weight", "due", "state")) == before


def test_what_may_not_be_changed_is_told_and_left_alone(cast, goals):
    chosen = named(goals["A"], goals["D"])
    dialog = ask(cast.bo, "weight", chosen, weight="7")
    assert promised(dialog) == 1
    assert "You may not change it." in sentence(dialog)
    answer = ask(cast.bo, "weight", chosen, weight="7", told="1")
    assert (answer.status_code, fresh(goals["A"]).weight, fresh(goals["D"]).weight) == (200, 7, 1)
    assert promised(ask(cast.cy, "weight", named(goals["A"]), weight="8")) == 0
    assert ask(cast.cy, "weight", named(goals["A"]), weight="8", told="0").status_code == 422
    assert fresh(goals["A"]).weight == 7


def test_what_nobody_may_see_is_not_told_of(cast, goals):
    secret = cast.goal("Secret", goals["One"], visibility="private", owner=cast.ada)
    assert "Secret" not in sentence(ask(cast.cy, "weight", named(secret, goals["A"])))
    assert all(title not in sentence(ask(cast.eve, "weight", named(*goals.values()))) for title in ("One", "Two"))


def test_a_goal_that_somebody_changed_meanwhile_is_a_conflict_not_overwritten(cast, goals):
    chosen = named(goals["A"], goals["B"])
    goals["A"].revise(by=cast.ada, weight=Decimal(4))
    answer = ask(cast.bo, "weight", chosen, weight="9", told="2")
    assert (answer.status_code, promised(answer)) == (422, 1)
    assert "Ada changed it meanwhile" in sentence(answer)
    assert [fresh(goals[title]).weight for title in "AB"] == [4, 1]


def test_what_cannot_take_a_value_says_why(cast, goals):
    goals["A"].revise(by=cast.ada, start=dt.date(2031, 1, 1))
    assert "before the start" in sentence(ask(cast.bo, "due", named(goals["A"], goals["B"]), due="2030-01-01"))
    assert "It is so already." in sentence(ask(cast.bo, "state", named(goals["A"]), state="active"))
    assert "cannot become draft" in sentence(ask(cast.bo, "state", named(goals["A"]), state="draft"))
    wrong = ask(cast.bo, "weight", named(goals["A"]), weight="-1", told="1")
    assert wrong.status_code == 422
    assert ask(cast.bo, "owner", named(goals["A"]), owner="Nobody at all", told="1").status_code == 422
    assert ask(cast.bo, "title", named(goals["A"]), title="x").status_code == 404


def test_a_goal_ends_with_others_only_if_everything_open_below_it_does(cast, goals):
    one, a, b, c = (goals[title] for title in ("One", "A", "B", "C"))
    some = ask(cast.bo, "state", named(one, a, b), state="cancelled")
    assert promised(some) == 2
    assert "Goals below it are still open." in sentence(some)
    answer = ask(cast.bo, "state", named(one, a, b, c), state="cancelled", reason="Not this year", told="4")
    assert answer.status_code == 200
    assert [fresh(goal).state for goal in (one, a, b, c)] == ["cancelled"] * 4
    undo.take_back(undo.last(cast.bo), cast.bo)
    assert [fresh(goal).state for goal in (one, a, b, c)] == ["active"] * 4


def test_reopening_needs_a_reason_and_begins_at_the_top(cast, goals):
    one, a, b, c = (goals[title] for title in ("One", "A", "B", "C"))
    ask(cast.bo, "state", named(one, a, b, c), state="closed", told="4")
    assert "Say why." in sentence(ask(cast.bo, "state", named(one, a), state="active"))
    answer = ask(cast.bo, "state", named(a, one), state="active", reason="Too early", told="2")
    assert (answer.status_code, fresh(one).state, fresh(a).state) == (200, "active", "active")


def test_more_goals_than_a_header_holds_are_read_anew_with_all_others(cast, goals, monkeypatch):
    monkeypatch.setattr("goals.views.answers.MOST_NAMED", 2)
    answer = ask(cast.bo, "weight", named(goals["A"], goals["B"]), weight="3", told="2")
    assert (told(answer)["everything"], told(answer)["goals"]) == (True, [])
    assert told(answer)["act"] == "weight of 2 goals changed"


def test_a_goal_that_is_too_weak_to_start_says_so_and_the_others_start(cast, goals):
    cast.works.smart_minimum = 100
    cast.works.save()
    weak = cast.goal("Weak", goals["One"], state=Goal.State.DRAFT)
    dialog = ask(cast.bo, "state", named(weak), state="active")
    assert (promised(dialog), "100" in sentence(dialog)) == (0, True)


def test_what_only_the_writing_refuses_is_told_of_its_goal(cast, goals):
    form = together.DueForm({"due": "2030-01-01"}, person=cast.bo)
    both = together.Together(cast.bo, {goals["A"].pk: 1, goals["B"].pk: 1}, form)
    assert [goal.title for goal in both.changing] == ["A", "B"]
    goals["B"].revise(by=cast.ada, title="B+")
    with pytest.raises(RowsRefused):
        both.apply()
    again = together.Together(cast.bo, both.versions, form, both.refused)
    assert [goal.title for goal in again.changing] == ["A"]
    assert fresh(goals["A"]).due is None


def test_sent_twice_it_is_done_once(cast, goals):
    chosen = named(goals["A"])
    assert ask(cast.bo, "weight", chosen, weight="3", told="1").status_code == 200
    assert ask(cast.bo, "weight", chosen, weight="3", told="1").status_code == 422
    assert fresh(goals["A"]).version == 2


def test_the_number_of_queries_of_the_dialog_does_not_depend_on_the_goals(cast, goals):
    def queries(*chosen: Goal) -> int:
        text = named(*chosen)
        with CaptureQueriesContext(connection) as found:
            ask(cast.bo, "state", text, state="paused")
        return len(found)

    queries(goals["A"])
    assert queries(goals["A"]) == queries(goals["A"], goals["B"], goals["C"])


def test_many_goals_move_together_and_back(cast, goals):
    chosen = ",".join(str(goals[title].pk) for title in ("A", "C"))
    effects = get(cast.bo, "move_together_preview", goals=chosen, parent=goals["Two"].pk)
    assert all(title in sentence(effects) for title in ("One", "Two"))
    answer = post(cast.bo, "move_together", goals=chosen, parent=goals["Two"].pk)
    assert "2 goals stand below “Two” now." in sentence(answer)
    assert [fresh(goals[title]).parent.title for title in "ABC"] == ["Two", "One", "Two"]
    undo.take_back(undo.last(cast.bo), cast.bo)
    below = Goal.objects.filter(parent=goals["One"]).in_tree_order()
    assert [goal.title for goal in below] == ["A", "B", "C"]


def test_what_stands_below_a_moving_goal_goes_along(cast, goals):
    chosen = ",".join(str(goals[title].pk) for title in ("One", "A"))
    dialog = sentence(get(cast.ada, "move_together", goals=chosen, htmx=True))
    assert "Two" in dialog
    post(cast.ada, "move_together", goals=chosen, parent=goals["Two"].pk)
    assert (fresh(goals["A"]).parent, fresh(goals["One"]).parent) == (goals["One"], goals["Two"])


def test_all_of_them_move_or_none(cast, goals):
    chosen = ",".join(str(goals[title].pk) for title in ("A", "D"))
    refused = post(cast.bo, "move_together", goals=chosen, parent=goals["Two"].pk)
    assert (refused.status_code, "“D”: You may not move this goal." in sentence(refused)) == (403, True)
    assert fresh(goals["A"]).parent == goals["One"]
    assert post(cast.eve, "move_together", goals=chosen, parent="").status_code == 404
    assert get(cast.bo, "move_together_preview", goals="", parent="").status_code == 404


def test_the_dialog_lists_ids_with_the_versions_that_were_seen(cast, goals):
    dialog = ask(cast.bo, "weight", f"{goals['A'].pk},{goals['B'].pk}:1,nonsense,x:2")
    assert f'value="{goals["A"].pk}:1,{goals["B"].pk}:1"' in sentence(dialog)
    assert json.dumps(promised(dialog)) == "2"
