"""Over the API: signals sent, answered, sent again, taken back; kudos given, changed, joined, taken back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals.models import Kudos, Signal
from goals.tasks import escalate_signals
from tests.api.calling import Caller, codes
from tests.cast import person
from tests.goals.voices.telling import answered, kudo, line, signal, told, waited


@pytest.fixture
def bo(cast) -> Caller:
    return Caller(cast.bo)


@pytest.fixture
def dee(cast) -> Caller:
    return Caller(cast.dee)


@pytest.fixture
def goal(cast):
    return line(cast)[0]


def sent(goal) -> dict:
    return {"goal": goal.pk, "kind": "not_reachable", "text": "Too far"}


def thanks(goal, *people) -> dict:
    return {"goal": goal.pk, "receivers": [each.pk for each in people], "text": "Nine calls"}


def test_a_signal_is_sent_from_below_and_answered_by_the_owner(cast, goal, ada, bo, cy, dee, eve):
    assert [caller.post("signals/", sent(goal)).status_code for caller in (ada, bo, dee, eve)] == [403, 403, 403, 400]
    made = cy.post("signals/", sent(goal))
    assert (made.status_code, made.headers["ETag"], made.body["author"]) == (201, '"1"', cast.cy.pk)
    assert told(cast.bo) == ["Cy signals on Grow: Too far"]
    path, answer = f"signals/{made.body['id']}/", {"outcome": "kept", "answer": "We stay with it"}
    assert [caller.patch(path, answer).status_code for caller in (ada, cy, dee, eve)] == [403, 403, 403, 404]
    assert bo.patch(path, answer, **{"If-Match": '"7"'}).status_code == 412
    done = bo.patch(path, answer, **{"If-Match": '"1"'})
    assert (done.status_code, done.body["state"], done.body["outcome"]) == (200, "answered", "kept")
    assert [(each["kind"], each["text"], each["by"]) for each in done.body["rounds"]] == [
        ("answered", "We stay with it", cast.bo.pk)
    ]
    again = bo.patch(path, answer)
    assert (again.status_code, again.body["code"]) == (409, "not_open")


def test_one_open_signal_of_a_kind_and_a_key_that_is_sent_twice_does_nothing_twice(cast, goal, cy):
    first = cy.post("signals/", sent(goal), **{"Idempotency-Key": "a"})
    assert cy.post("signals/", sent(goal), **{"Idempotency-Key": "a"}).body == first.body
    other = cy.post("signals/", sent(goal))
    assert (other.status_code, other.body["code"]) == (409, "already_open")
    assert Signal.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": ""}, ("text", "blank")),
        ({"text": "x" * 4001}, ("text", "max_length")),
        ({"kind": "too_hard"}, ("kind", "invalid_choice")),
        ({"goal": 10**12}, ("goal", "does_not_exist")),
    ],
)
def test_a_signal_is_refused_at_its_field(goal, cy, fields, code):
    assert codes(cy.post("signals/", {**sent(goal), **fields})) == {code}


def test_an_answer_is_whole(cast, goal, bo):
    made = signal(cast, goal)
    assert codes(bo.patch(f"signals/{made.pk}/", {"answer": "So what"})) == {("outcome", "required")}
    assert codes(bo.patch(f"signals/{made.pk}/", {"outcome": "kept"})) == {("answer", "required")}


def test_it_is_sent_again_once_and_taken_back_by_its_author(cast, goal, bo, cy, eve):
    made = answered(cast, goal)
    path, again = f"signals/{made.pk}/reopen/", {"text": "Not enough"}
    assert (bo.post(path, again).status_code, eve.post(path, again).status_code) == (403, 404)
    assert cy.post(path, again).body["state"] == "open"
    assert cy.post(path, again).body["code"] == "not_answered"
    assert (bo.delete(f"signals/{made.pk}/").status_code, eve.delete(f"signals/{made.pk}/").status_code) == (403, 404)
    assert cy.delete(f"signals/{made.pk}/").status_code == 204
    assert cy.get(f"signals/{made.pk}/").status_code == 404


def test_whose_it_is_only_those_know_who_may(cast, goal, ada, bo, cy, dee):
    mate = Caller(person(cast.works, "Max", "member", unit=cast.team))
    made = answered(cast, goal)
    cy.post(f"signals/{made.pk}/reopen/", {"text": "Not enough"})
    seen = [caller.get(f"signals/{made.pk}/").body for caller in (ada, bo, cy, dee)]
    assert [each["author"] for each in seen] == [cast.cy.pk] * 4
    hidden = mate.get(f"signals/{made.pk}/").body
    assert (hidden["author"], [each["by"] for each in hidden["rounds"]]) == (None, [cast.bo.pk, None])
    assert mate.get(f"signals/?author={cast.cy.pk}").body["count"] == 0
    assert bo.get(f"signals/?author={cast.cy.pk}").body["count"] == 1


def test_signals_are_found_by_what_they_are(cast, goal, bo, cy, eve):
    waited(signal(cast, goal), 20)
    answered(cast, goal, kind="wrong_measure")
    escalate_signals()

    def count(caller, query) -> int:
        return caller.get(f"signals/?{query}").body["count"]

    assert [count(bo, query) for query in ("", "state=open", "kind=wrong_measure", f"goal={goal.pk}")] == [2, 1, 1, 2]
    assert [count(caller, "to_answer=true") for caller in (bo, cy)] == [1, 0]
    assert count(eve, "") == 0
    assert bo.get("signals/?colour=red").status_code == 400


def test_kudos_are_given_to_people_who_see_the_goal(cast, goal, bo, cy, eve):
    made = bo.post("kudos/", thanks(goal, cast.cy, cast.dee))
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert made.body["receivers"] == sorted([cast.cy.pk, cast.dee.pk])
    assert told(cast.cy) == ["Bo thanks you for Grow: Nine calls"]
    assert cy.get(f"kudos/{made.body['id']}/").body == made.body
    assert eve.get(f"kudos/{made.body['id']}/").status_code == 404
    secret = cast.goal("Secret", owner=cast.bo, visibility="private", by=cast.ada)
    assert codes(bo.post("kudos/", thanks(secret, cast.cy))) == {("receivers", "cannot_see_goal")}
    assert codes(bo.post("kudos/", thanks(goal, cast.bo))) == {("receivers", "yourself")}
    assert codes(bo.post("kudos/", thanks(goal))) == {("receivers", "required")}
    assert codes(bo.post("kudos/", thanks(goal, cast.eve))) == {("receivers.0", "does_not_exist")}


def test_kudos_are_changed_by_their_author_and_taken_back_by_those_concerned(cast, goal, ada, bo, cy, dee, eve):
    made = kudo(cast, goal)
    path, words = f"kudos/{made.pk}/", {"text": "Ten calls"}
    assert [caller.patch(path, words).status_code for caller in (ada, cy, dee, eve)] == [403, 403, 403, 404]
    assert bo.patch(path, words, **{"If-Match": '"1"'}).body["text"] == "Ten calls"
    assert bo.patch(path, words, **{"If-Match": '"1"'}).status_code == 412
    assert [caller.delete(path).status_code for caller in (dee, eve)] == [403, 404]
    assert cy.delete(path).status_code == 204
    assert bo.get(path).status_code == 404
    assert told(cast.cy) == []


def test_others_join_and_leave(cast, goal, bo, cy, dee, eve):
    made = kudo(cast, goal)
    path = f"kudos/{made.pk}/join/"
    assert [caller.post(path).status_code for caller in (bo, cy, eve)] == [403, 403, 404]
    assert dee.post(path).body["joined"] == dee.post(path).body["joined"] == [cast.dee.pk]
    assert dee.delete(path).body["joined"] == []


def test_kudos_are_found_by_who_gave_and_got_them(cast, goal, bo, cy, eve):
    kudo(cast, goal)
    kudo(cast, goal, to=cast.bo, by=cast.cy)
    assert [bo.get(f"kudos/?author={who.pk}").body["count"] for who in (cast.bo, cast.dee)] == [1, 0]
    assert bo.get(f"kudos/?receiver={cast.bo.pk}&goal={goal.pk}").body["count"] == 1
    assert eve.get("kudos/").body["count"] == 0


@pytest.mark.parametrize("kind", ["signals", "kudos"])
def test_as_many_queries_for_one_as_for_three(cast, goal, bo, kind):
    def add() -> None:
        kudo(cast, goal)
        answered(cast, goal)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert bo.get(f"{kind}/").status_code == 200
        return len(found)

    add()
    queries()
    counted = queries()
    for _ in range(2):
        add()
    assert queries() == counted
    assert Kudos.objects.count() == Signal.objects.count() == 3
