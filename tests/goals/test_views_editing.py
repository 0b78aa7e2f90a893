"""Writing about a goal on its form, in a cell of the tree and in a new line: who may, what is refused, two at once."""

from decimal import Decimal

import pytest

from goals.models import Goal
from people.models import Person
from tests.goals.asking import fresh, get, post, sentence, told
from tests.goals.measuring import kpi


@pytest.fixture
def goal(cast):
    return cast.goal("Sell more", cast.goal("Grow"), owner=cast.cy, unit=cast.team, weight=Decimal(2))


def form(goal: Goal, **changed) -> dict:
    """What the form of a goal sends when nothing but `changed` was touched."""
    sent = {
        "version": goal.version,
        "title": goal.title,
        "level": goal.level_id,
        "owner": goal.owner.name if goal.owner else "",
        "unit": goal.unit_id or "",
        "weight": goal.weight,
        "rollup_method": goal.rollup_method,
        "visibility": goal.visibility,
    }
    return sent | changed


def test_a_cell_is_asked_for_and_saved(cast, goal):
    editor = sentence(get(cast.ada, "cell", goal, "title", htmx=True))
    assert ('value="Sell more"' in editor, f'name="version" value="{goal.version}"' in editor) == (True, True)
    answer = post(cast.ada, "cell", goal, "title", title="Sell <more>", version=goal.version)
    assert (answer.status_code, told(answer)["goals"], told(answer)["below"]) == (200, [goal.pk], [])
    assert (fresh(goal).title, fresh(goal).version) == ("Sell <more>", goal.version + 1)


def test_a_weight_makes_its_siblings_shares_stale(cast, goal):
    answer = post(cast.ada, "cell", goal, "weight", weight="0,5", version=goal.version)
    assert (fresh(goal).weight, told(answer)["below"]) == (Decimal("0.5"), [goal.parent_id])


def test_the_editor_of_a_weight_knows_what_the_other_parts_weigh(cast, goal):
    cast.goal("Other", goal.parent, weight=Decimal(3))
    kpi(goal.parent, "own", 10, weight=Decimal("1.5"))
    assert 'data-others="4.5"' in sentence(get(cast.ada, "cell", goal, "weight", htmx=True))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("title", "  ", "This field is required."),
        ("title", "x" * 501, "at most 500 characters"),
        ("title", "nul\0", "Null characters are not allowed."),
        ("weight", "-1", "A weight is 0 or more."),
        ("weight", "many", "Enter a number"),
        ("weight", "0.1234567", "no more than 6 decimal places"),
        ("weight", "", "This field is required."),
        ("owner", "Zoe", "Nobody here is called Zoe."),
        ("owner", "Eve", "Nobody here is called Eve."),
    ],
)
def test_a_refusal_stays_at_the_cell_with_what_was_typed(cast, goal, name, value, words):
    answer = post(cast.ada, "cell", goal, name, version=goal.version, **{name: value})
    assert answer.status_code == 422
    assert words in sentence(answer)
    assert fresh(goal).version == goal.version


def test_an_owner_is_found_by_name_or_address_and_taken_away_by_nothing(cast, goal):
    for typed, owner in (
        ("Bo", cast.bo),
        ("dee@works.example", cast.dee),
        ("X <CY@works.example>", cast.cy),
        ("", None),
    ):
        assert post(cast.ada, "cell", goal, "owner", owner=typed, version=fresh(goal).version).status_code == 200
        assert fresh(goal).owner == owner


def test_two_people_of_one_name_are_told_apart(cast, goal):
    other = Person.objects.create_user("bo2@works.example", organisation=cast.works, name="Bo")
    refused = post(cast.ada, "cell", goal, "owner", owner="Bo", version=goal.version)
    assert "Several people are called Bo" in sentence(refused)
    offered = sentence(get(cast.ada, "owners", htmx=True, q="bo"))
    assert 'data-value="Bo &lt;bo2@works.example&gt;"' in offered
    post(cast.ada, "cell", goal, "owner", owner="Bo <bo2@works.example>", version=goal.version)
    assert fresh(goal).owner == other


def test_suggestions_are_of_the_own_organisation(cast):
    assert "Eve" not in sentence(get(cast.ada, "owners", htmx=True))
    assert "Cy" in sentence(get(cast.ada, "owners", htmx=True, q="c"))


def test_what_another_person_changed_meanwhile_is_shown_beside_what_was_typed(cast, goal):
    goal.revise(by=cast.bo, title="Sell better")
    answer = post(cast.ada, "cell", goal, "title", title="Sell faster", version=goal.version)
    text = sentence(answer)
    assert answer.status_code == 422
    assert all(words in text for words in ("Bo", "“Sell better”", 'value="Sell faster"', "Keep mine"))
    assert fresh(goal).title == "Sell better"
    kept = post(cast.ada, "cell", goal, "title", title="Sell faster", version=fresh(goal).version)
    assert (kept.status_code, fresh(goal).title) == (200, "Sell faster")


def test_a_change_of_something_else_stands_in_nobodys_way(cast, goal):
    goal.revise(by=cast.bo, weight=Decimal(9))
    assert post(cast.ada, "cell", goal, "title", title="Sell faster", version=goal.version).status_code == 200
    assert (fresh(goal).title, fresh(goal).weight) == ("Sell faster", Decimal(9))


def test_without_a_record_of_the_version_it_is_asked(cast, goal):
    Goal.history.filter(id=goal.pk).delete()
    Goal.objects.filter(pk=goal.pk).update(version=7, title="Imported anew")
    assert post(cast.ada, "cell", goal, "title", title="Mine", version=goal.version).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("cy", 200), ("dee", 403), ("eve", 404)])
def test_who_may_edit_a_cell(cast, goal, who, status):
    person = getattr(cast, who)
    assert get(person, "cell", goal, "title", htmx=True).status_code == status
    assert post(person, "cell", goal, "title", title="New", version=goal.version).status_code == status
    assert get(person, "edit", goal).status_code == status
    assert get(person, "add", goal, htmx=True).status_code == status


def test_only_three_cells_are_edited_in_the_tree(cast, goal):
    assert get(cast.ada, "cell", goal, "state", htmx=True).status_code == 404
    assert get(cast.ada, "cell", goal, "title").url == f"/goals/{goal.pk}/edit/"


def test_a_child_is_added_in_a_line_which_is_ready_for_the_next(cast, goal):
    line = sentence(get(cast.cy, "add", goal, htmx=True))
    assert f'value="{cast.levels[2].pk}" selected' in line
    sent = {"title": "Call customers", "level": cast.levels[3].pk, "owner": "Cy", "weight": "4"}
    answer = post(cast.cy, "add", goal, **sent)
    made = Goal.objects.get(title="Call customers")
    assert (made.parent, made.owner, made.weight, made.state) == (goal, cast.cy, Decimal(4), Goal.State.DRAFT)
    assert told(answer)["below"] == [goal.pk]
    assert ("added as a draft" in sentence(answer), 'name="title"' in sentence(answer)) == (True, True)


def test_a_child_that_is_refused_keeps_what_was_typed(cast, goal):
    answer = post(cast.ada, "add", goal, title="", level=cast.levels[2].pk, owner="Nobody", weight="1")
    assert answer.status_code == 422
    assert 'value="Nobody"' in sentence(answer)
    too_high = post(cast.ada, "add", goal, title="High", level=cast.levels[0].pk, weight="1")
    assert too_high.status_code == 422
    assert not Goal.objects.filter(title="High").exists()


def test_nothing_is_added_below_what_has_ended(cast, goal):
    from goals import lifecycle

    lifecycle.change_state(goal, "cancelled", by=cast.ada)
    sent = {"title": "Late", "level": cast.levels[2].pk, "weight": "1"}
    assert post(cast.ada, "add", goal, **sent).status_code == 409


def test_only_who_runs_the_cycle_begins_a_tree(cast, goal):
    assert get(cast.ada, "new").status_code == 200
    assert (get(cast.bo, "new").status_code, get(cast.cy, "add_top", htmx=True).status_code) == (403, 403)


def test_a_goal_is_written_on_a_page_without_scripts(cast, goal):
    sent = form(goal, title="Whole", owner="Cy", contributors="Bo\nDee <dee@works.example>", start="2026-02-01")
    answer = post(cast.bo, "new", goal, htmx=False, **sent | {"level": cast.levels[2].pk})
    made = Goal.objects.get(title="Whole")
    assert (answer.status_code, f"#goal-{made.pk}" in answer.url) == (302, True)
    assert (made.parent, set(made.contributors.all())) == (goal, {cast.bo, cast.dee})


def test_the_form_saves_everything_and_refuses_at_its_fields(cast, goal):
    sent = form(goal, why="Because", due="2026-01-01", start="2026-02-01")
    refused = post(cast.ada, "edit", goal, htmx=False, **sent)
    assert (refused.status_code, "The due date lies before the start." in sentence(refused)) == (422, True)
    assert post(cast.ada, "edit", goal, htmx=False, **sent | {"due": "2026-03-01"}).status_code == 302
    assert (fresh(goal).why, fresh(goal).due.isoformat()) == ("Because", "2026-03-01")


def test_the_form_joins_what_others_changed_and_asks_where_both_did(cast, goal):
    goal.revise(by=cast.bo, title="Theirs", weight=Decimal(9))
    asked = post(cast.ada, "edit", goal, htmx=False, **form(goal, title="Mine", why="My why"))
    text = sentence(asked)
    assert asked.status_code == 422
    assert all(words in text for words in ("“Theirs”", 'value="Mine"', 'name="take" value="title"', 'value="9"'))
    assert 'value="weight"' not in text
    again = form(fresh(goal), title="Mine", why="My why")
    assert post(cast.ada, "edit", goal, htmx=False, **again | {"take": "title"}).status_code == 302
    assert (fresh(goal).title, fresh(goal).weight, fresh(goal).why) == ("Theirs", Decimal(9), "My why")


def test_who_left_stays_the_owner_until_somebody_changes_it(cast, goal):
    Person.objects.filter(pk=cast.cy.pk).update(is_active=False)
    assert post(cast.ada, "edit", goal, htmx=False, **form(goal, why="Still")).status_code == 302
    assert (fresh(goal).owner, fresh(goal).why) == (cast.cy, "Still")


def test_the_form_goes_on_to_a_page_of_ours_only(cast, goal):
    there = post(cast.ada, "edit", goal, htmx=False, **form(goal), next=f"/goals/{goal.pk}/")
    assert there.url == f"/goals/{goal.pk}/"
    away = post(cast.ada, "edit", goal, htmx=False, **form(fresh(goal)), next="https://elsewhere.example/")
    assert away.url.startswith("/goals/")
