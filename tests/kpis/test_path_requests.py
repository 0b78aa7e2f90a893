"""Asking for a path to the strategy, and what becomes of it."""

import html

import pytest
from django.core.cache import cache

from cascade.errors import Conflict
from goals.models import Goal
from kpis import path_requests
from kpis.models import PathRequest
from people.models import Notification
from tests.cast import person
from tests.pages.conftest import signed_in

ASK = "/line-of-sight/ask/"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def top(cast) -> Goal:
    return cast.goal("Be trusted", owner=cast.ada)


@pytest.fixture
def loose(cast) -> Goal:
    return cast.goal("Answer faster", level=3, owner=cast.cy, unit=cast.team)


def words(response) -> str:
    return html.unescape(" ".join(response.content.decode().split()))


def told(who) -> list[str]:
    return list(Notification.objects.filter(person=who).values_list("kind", flat=True))


@pytest.fixture
def asked(cast, top, loose) -> PathRequest:
    signed_in(cast.cy).post(ASK, {"goal": loose.pk, "text": "It helps customers"})
    return PathRequest.objects.get()


def test_whose_goal_leads_nowhere_asks_once_and_the_right_people_are_told(cast, asked, loose):
    cy = signed_in(cast.cy)
    cy.post(ASK, {"goal": loose.pk, "text": "Again"})
    assert PathRequest.objects.count() == 1
    assert (told(cast.bo), told(cast.ada), told(cast.cy), told(cast.dee)) == (["path_asked"], ["path_asked"], [], [])
    assert "You asked for a path" in words(cy.get("/"))


def test_the_home_page_offers_to_ask(cast, loose):
    assert "Ask for a path" in words(signed_in(cast.cy).get("/"))
    assert "Ask for a path" in words(signed_in(cast.bo).get("/"))
    assert "Ask for a path" not in words(signed_in(cast.bo).get(f"/people/{cast.cy.pk}/line-of-sight/"))


def test_a_goal_with_a_path_does_not_ask(cast, top):
    cast.goal("Answer faster", top, owner=cast.cy)
    assert "Ask for a path" not in words(signed_in(cast.cy).get("/"))


def test_the_answer_places_the_goal_and_the_asker_sees_the_path(cast, asked, top, loose):
    ada = signed_in(cast.ada)
    url = f"/line-of-sight/requests/{asked.pk}/"
    assert "It helps customers" in words(ada.get(url))
    assert ada.post(url, {"given": top.pk, "text": ""}).status_code == 302
    loose.refresh_from_db()
    asked.refresh_from_db()
    assert (loose.parent, asked.given, asked.answered_by) == (top, top, cast.ada)
    assert told(cast.cy) == ["path_answered"]
    home = words(signed_in(cast.cy).get("/"))
    assert "Be trusted" in home
    assert "Ask for a path" not in home


def test_who_has_no_goal_is_made_a_contributor(cast, top):
    signed_in(cast.cy).post(ASK)
    asked = PathRequest.objects.get()
    assert asked.goal is None
    assert signed_in(cast.ada).post(f"/line-of-sight/requests/{asked.pk}/", {"given": top.pk}).status_code == 302
    assert list(top.contributors.all()) == [cast.cy]
    assert "Be trusted" in words(signed_in(cast.cy).get("/"))


def test_it_waits_on_the_first_page_of_who_may_answer(cast, asked):
    waiting = "Cy asks for a path to the strategy for “Answer faster”"
    assert waiting in words(signed_in(cast.bo).get("/"))
    for who in (cast.cy, cast.dee):
        assert waiting not in words(signed_in(who).get("/"))
    path_requests.answer(asked, by=cast.bo, given=None, text="No")
    assert waiting not in words(signed_in(cast.bo).get("/"))


def test_an_answer_in_words_is_seen_where_the_question_was_asked(cast, asked, loose):
    url = f"/line-of-sight/requests/{asked.pk}/"
    signed_in(cast.bo).post(url, {"text": "It ends this summer"})
    loose.refresh_from_db()
    assert loose.parent is None
    home = words(signed_in(cast.cy).get("/"))
    assert "It ends this summer" in home
    assert "Ask for a path" in home


def test_an_answer_says_something_and_there_is_one(cast, asked, top):
    url = f"/line-of-sight/requests/{asked.pk}/"
    nothing = signed_in(cast.ada).post(url, {"given": "", "text": ""})
    assert (nothing.status_code, "Choose a goal or say why not" in words(nothing)) == (422, True)
    path_requests.answer(asked, by=cast.bo, given=None, text="No")
    with pytest.raises(Conflict):
        path_requests.answer(asked, by=cast.ada, given=top, text="")


def test_only_goals_that_one_may_give_are_offered(cast, asked, top, loose):
    lost = cast.goal("Without a strategy", level=2, owner=cast.ada)
    assert path_requests.places(asked, cast.ada) == [top]
    assert path_requests.places(asked, cast.bo) == []
    assert path_requests.places(asked, cast.dee) == []
    refused = signed_in(cast.bo).post(f"/line-of-sight/requests/{asked.pk}/", {"given": top.pk})
    assert refused.status_code == 422
    assert signed_in(cast.ada).post(f"/line-of-sight/requests/{asked.pk}/", {"given": lost.pk}).status_code == 422
    loose.refresh_from_db()
    assert loose.parent is None


def test_others_neither_see_nor_answer_it(cast, asked, top, loose):
    colleague = person(cast.works, "Fay", "member", unit=cast.team)
    url = f"/line-of-sight/requests/{asked.pk}/"
    for who in (colleague, cast.dee, cast.eve):
        assert signed_in(who).get(url).status_code == 404
        assert signed_in(who).post(url, {"given": top.pk, "text": "x"}).status_code == 404
    signed_in(cast.cy).post(url, {"given": top.pk, "text": "x"})  # nobody answers oneself
    asked.refresh_from_db()
    assert asked.answered_at is None


def test_one_asks_only_for_goals_of_ones_own(cast, loose):
    for who, goal in ((cast.bo, loose.pk), (cast.eve, loose.pk), (cast.cy, "many"), (cast.cy, "9" * 30)):
        assert signed_in(who).post(ASK, {"goal": goal}).status_code == 404
    assert signed_in(cast.cy).get(ASK).status_code == 405
    assert not PathRequest.objects.exists()


def test_who_may_not_see_a_private_goal_is_not_told(cast, top):
    goal = cast.goal("Merge", level=3, owner=cast.cy, visibility=Goal.Visibility.PRIVATE)
    path_requests.ask(cast.cy, goal, "Why")
    for who in (cast.bo, cast.ada):
        seen = Goal.objects.visible_to(who).filter(pk=goal.pk).exists()
        assert bool(told(who)) == seen
