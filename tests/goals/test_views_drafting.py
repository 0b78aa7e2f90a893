"""The tree in a draft: moves are collected, the rows stand where they would, nothing is moved."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import tree
from goals.models import Draft, Goal
from goals.nodes import exactly
from goals.nodes import stored as rounded
from tests.cast import signed_in
from tests.goals.asking import address, get, post, sentence
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def goals(cast):
    """Two tops; below the first two departments, the first of which has two teams."""
    made = {"Grow": cast.goal("Grow", owner=cast.bo), "Serve": cast.goal("Serve")}
    for title, parent in (("Sell", "Grow"), ("Win", "Grow"), ("Call", "Sell"), ("Visit", "Sell"), ("Answer", "Serve")):
        made[title] = cast.goal(title, made[parent])
    for title, value in (("Win", 10), ("Call", 20), ("Visit", 60), ("Answer", 90)):
        kpi(made[title], title.lower(), value)
    rolled_up(made["Grow"])
    return made


@pytest.fixture
def draft(cast, goals) -> Draft:
    answer = signed_in(cast.ada).post(address("draft_begin"))
    assert answer.status_code == 302
    return Draft.objects.get()


def move(cast, draft, goal, parent=None, who=None, **place):
    sent = {"parent": parent.pk if parent else "", **{name: each.pk for name, each in place.items()}}
    return post(who or cast.ada, "draft_move", draft, goal, **sent)


def shown(cast, draft, *opened, who=None) -> list[tuple[str, int]]:
    """The titles of the rows with their levels."""
    query = {"open": ",".join(str(goal.pk) for goal in opened)} if opened else {}
    page = get(who or cast.ada, "draft", draft, **query)
    assert page.status_code == 200
    return [(line.goal.title, line.level) for line in page.context["entries"]]


def told(answer) -> dict:
    return json.loads(answer.headers["HX-Trigger"])["goals:changed"]


def test_rows_stand_where_the_draft_puts_them_and_nothing_is_moved(cast, goals, draft):
    before = list(Goal.objects.order_by("pk").values())
    answer = move(cast, draft, goals["Sell"], goals["Serve"])
    assert told(answer)["below"] == sorted([goals["Grow"].pk, goals["Serve"].pk])
    assert "1 move in the draft" in sentence(answer)
    assert shown(cast, draft) == [("Grow", 1), ("Win", 2), ("Serve", 1), ("Answer", 2), ("Sell", 2)]
    assert shown(cast, draft, goals["Serve"], goals["Sell"])[-3:] == [("Sell", 2), ("Call", 3), ("Visit", 3)]
    page = get(cast.ada, "draft", draft).content.decode()
    assert "today it stands below Grow" in page
    assert list(Goal.objects.order_by("pk").values()) == before


def test_how_many_stand_inside_follows_the_moves(cast, goals, draft):
    move(cast, draft, goals["Sell"], goals["Serve"])
    inside = {line.goal.title: line.spot.inside for line in get(cast.ada, "draft", draft).context["entries"]}
    assert inside == {"Grow": 1, "Win": 0, "Serve": 4, "Answer": 0, "Sell": 2}


def test_a_goal_has_its_place_among_its_siblings(cast, goals, draft):
    move(cast, draft, goals["Win"], goals["Grow"], before=goals["Sell"])
    assert shown(cast, draft)[:3] == [("Grow", 1), ("Win", 2), ("Sell", 2)]
    move(cast, draft, goals["Answer"], goals["Grow"], after=goals["Win"])
    assert shown(cast, draft) == [("Grow", 1), ("Win", 2), ("Answer", 2), ("Sell", 2), ("Serve", 1)]
    move(cast, draft, goals["Serve"], None, before=goals["Grow"])
    assert shown(cast, draft)[0] == ("Serve", 1)


def test_a_goal_that_is_moved_back_below_its_parent_is_moved_no_more(cast, goals, draft):
    move(cast, draft, goals["Answer"], goals["Grow"])
    move(cast, draft, goals["Answer"], goals["Serve"])
    assert Draft.objects.get().changes == []


@pytest.mark.parametrize(
    ("goal", "parent", "status", "words"),
    [
        ("Grow", "Sell", 409, "below itself"),
        ("Sell", "Sell", 409, "below itself"),
        ("Sell", "Call", 409, "below itself"),
        ("Win", "Call", 409, "Its level stands above"),
    ],
)
def test_what_cannot_stand_there_is_refused(cast, goals, draft, goal, parent, status, words):
    answer = move(cast, draft, goals[goal], goals[parent])
    assert answer.status_code == status
    assert words in sentence(answer)
    assert Draft.objects.get().changes == []


def test_a_circle_is_found_in_the_drafted_tree(cast, goals, draft):
    """Sell below Win, then Win below Sell; once Win is back, Sell may go there."""
    assert move(cast, draft, goals["Sell"], goals["Win"]).status_code == 200
    assert move(cast, draft, goals["Win"], goals["Sell"]).status_code == 409
    assert move(cast, draft, goals["Sell"], goals["Serve"]).status_code == 200
    assert move(cast, draft, goals["Win"], goals["Sell"]).status_code == 200
    assert shown(cast, draft, goals["Serve"], goals["Sell"])[-2:] == [("Visit", 3), ("Win", 3)]


def test_moves_are_taken_back_one_by_one_and_by_name(cast, goals, draft):
    move(cast, draft, goals["Sell"], goals["Serve"])
    move(cast, draft, goals["Win"], goals["Serve"])
    answer = post(cast.ada, "draft_back", draft)
    assert told(answer)["act"] == "Sell"
    assert [line["title"] for line in Draft.objects.get().changes] == ["Sell"]
    move(cast, draft, goals["Win"], goals["Serve"])
    post(cast.ada, "draft_back", draft, query={"goal": goals["Sell"].pk})
    assert [line["title"] for line in Draft.objects.get().changes] == ["Win"]
    post(cast.ada, "draft_back", draft)
    assert told(move(cast, draft, goals["Win"], goals["Serve"]))["undo"] == address("draft_back", draft)
    post(cast.ada, "draft_back", draft)
    assert post(cast.ada, "draft_back", draft).status_code == 409


def test_the_effect_of_one_more_move_counts_the_others_in(cast, goals, draft):
    """Grow has Sell (40 %) and Win (10 %), 25 % together; without Sell it has Win alone, and then nothing."""
    move(cast, draft, goals["Sell"], goals["Serve"])
    answer = get(cast.ada, "draft_move_preview", draft, goals["Win"], htmx=True, parent=goals["Serve"].pk)
    found = {effect.goal.title: (effect.before, effect.after) for effect in answer.context["effects"]}
    assert found == {
        "Grow": (stored("Win"), None),
        "Serve": (mean("Answer", "Sell"), mean("Answer", "Sell", "Win")),
    }


def stored(title):
    return Goal.objects.get(title=title).figures.progress


@exactly
def mean(*titles):
    return rounded(sum(stored(title) for title in titles) / len(titles))


def test_rows_for_the_screen_are_those_of_the_draft(cast, goals, draft):
    move(cast, draft, goals["Sell"], goals["Serve"])
    below = f"{goals['Serve'].pk},{goals['Grow'].pk},0"
    answer = get(cast.ada, "draft_rows", draft, htmx=True, below=below, goals=goals["Sell"].pk)
    below = answer.context["told"]["shape"]["below"]
    named = {goal.pk: title for title, goal in goals.items()}
    assert {named.get(parent): [named[pk] for pk, *_ in group] for parent, group in below.items()} == {
        "Serve": ["Answer", "Sell"],
        "Grow": ["Win"],
        None: ["Grow", "Serve"],
    }
    assert {line.goal.title: line.home for line in answer.context["entries"] if line.moved} == {"Sell": "Grow"}


def test_only_its_maker_opens_the_tree_of_a_draft(cast, goals, draft):
    Draft.objects.update(shared=True)
    for who in (cast.bo, cast.dee, cast.eve):
        assert get(who, "draft", draft).status_code == 404
        assert get(who, "draft_rows", draft).status_code == 404
        assert move(cast, draft, goals["Win"], goals["Serve"], who=who).status_code == 404
        assert post(who, "draft_back", draft).status_code == 404
    draft.revise(state="discarded")
    assert get(cast.ada, "draft", draft).status_code == 404


def test_goals_are_moved_by_those_who_may_move_them(cast, goals):
    signed_in(cast.bo).post(address("draft_begin"))
    draft = Draft.objects.get(owner=cast.bo)
    assert move(cast, draft, goals["Sell"], goals["Win"], who=cast.bo).status_code == 200
    assert move(cast, draft, goals["Sell"], goals["Serve"], who=cast.bo).status_code == 403
    assert move(cast, draft, goals["Answer"], goals["Grow"], who=cast.bo).status_code == 403


def test_what_may_not_be_seen_stays_hidden(cast, goals):
    Goal.objects.filter(pk=goals["Win"].pk).update(visibility="private")
    signed_in(cast.cy).post(address("draft_begin"))
    draft = Draft.objects.get(owner=cast.cy)
    assert "Win" not in get(cast.cy, "draft", draft).content.decode()
    assert move(cast, draft, goals["Answer"], goals["Win"], who=cast.cy).status_code == 404
    assert move(cast, draft, goals["Win"], goals["Serve"], who=cast.cy).status_code == 404


def test_a_move_made_meanwhile_does_not_break_the_page(cast, goals, draft):
    move(cast, draft, goals["Sell"], goals["Win"])
    tree.move(Goal.objects.get(pk=goals["Win"].pk), Goal.objects.get(pk=goals["Sell"].pk), by=None)
    assert ("Sell", 2) in shown(cast, draft)
    tree.delete(Goal.objects.get(pk=cast.goal("Late", goals["Serve"]).pk), by=None)
    assert shown(cast, draft)


def test_the_number_of_queries_does_not_depend_on_the_moves(cast, goals, draft):
    counts = []
    for title in ("Sell", "Win", "Call"):
        move(cast, draft, goals[title], goals["Serve"])
        with CaptureQueriesContext(connection) as queries:
            get(cast.ada, "draft", draft)
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts
