"""Feedback on the goal's page: written, answered, changed and taken back, with and without JavaScript."""

import pytest
from django.urls import reverse

from goals.models import Goal, Kudos, Signal
from goals.voices import signals
from people.models import Person
from tests.cast import person, signed_in
from tests.goals.measuring import kpi, rolled_up
from tests.goals.voices.telling import answered, kudo, line, signal, told, waited
from tests.pages.reading import read
from tests.planning import comment

HTMX = {"HX-Request": "true"}
WHO = ("ada", "bo", "cy", "dee", "eve")


def send(who, name, args, data=None, **headers):
    return signed_in(who).post(reverse(f"goals:{name}", args=args), data or {}, headers=headers)


def statuses(cast, name, args, data=None) -> dict[str, int]:
    return {who: send(getattr(cast, who), name, args, data).status_code for who in WHO}


def feedback(who, goal, **query) -> str:
    return read(signed_in(who).get(reverse("goals:feedback", args=[goal.pk]), query)).text


def test_a_signal_is_sent_once_by_who_works_below(cast):
    goal, _ = line(cast)
    data = {"kind": "not_reachable", "text": "Too far", "once": "1"}
    assert statuses(cast, "signals", [goal.pk], data) == {"ada": 403, "bo": 403, "cy": 302, "dee": 403, "eve": 404}
    assert send(cast.cy, "signals", [goal.pk], data).status_code == 302  # a double click
    assert Signal.objects.count() == 1
    assert send(cast.cy, "signals", [goal.pk], {**data, "once": "2"}, **HTMX).status_code == 409


def test_only_who_may_signal_is_offered_it(cast):
    goal, _ = line(cast)
    offered = {who: "say=signal" in str(signed_in(getattr(cast, who)).get(f"/goals/{goal.pk}/").content) for who in WHO}
    assert offered == {"ada": False, "bo": False, "cy": True, "dee": False, "eve": False}
    assert "Why, and what would be better?" in feedback(cast.cy, goal, say="signal")
    assert "Why, and what would be better?" not in feedback(cast.dee, goal, say="signal")


def test_the_owner_answers_and_others_may_not(cast):
    goal, _ = line(cast)
    made = signal(cast, goal)
    data = {"outcome": "kept", "text": "We stay with it"}
    expected = {"ada": 403, "bo": 302, "cy": 403, "dee": 403, "eve": 404}
    assert statuses(cast, "answer_signal", [goal.pk, made.pk], data) == expected
    assert "Bo answers: Kept as it is" in feedback(cast.dee, goal)
    assert send(cast.bo, "answer_signal", [goal.pk, made.pk], data).status_code == 409
    other = cast.goal("Other", owner=cast.bo)
    assert send(cast.bo, "answer_signal", [other.pk, made.pk], data).status_code == 404


def test_a_waiting_signal_is_answered_in_place_and_opened_by_its_link(cast):
    goal, _ = line(cast)
    made = waited(signal(cast, goal), 3)
    page = signed_in(cast.bo).get(f"/goals/{goal.pk}/", {"answer": made.pk}).content.decode()
    assert '<details class="said-more no-print" open>' in page
    closed = signed_in(cast.bo).get(f"/goals/{goal.pk}/").content.decode()
    assert '<details class="said-more no-print" open>' not in closed
    refused = send(cast.bo, "answer_signal", [goal.pk, made.pk], {"text": "No decision"}, **HTMX)
    assert refused.status_code == 422
    assert "No decision" in refused.content.decode()
    assert "waits for 3 days" in feedback(cast.dee, goal)


def test_whose_it_is_stays_hidden_from_mates(cast):
    goal, _ = line(cast)
    Person.objects.filter(pk=cast.cy.pk).update(name="Cyriane")
    made = answered(cast, goal)
    signal(cast, goal, "And this")
    send(cast.cy, "reopen_signal", [goal.pk, made.pk], {"text": "Not enough"})
    send(cast.cy, "signals", [goal.pk], {"kind": "wrong_measure", "text": "It counts calls", "once": "1"})
    mate = person(cast.works, "Max", "member", unit=cast.team)
    assert "Cyriane" not in feedback(mate, goal)
    assert "It counts calls" in feedback(mate, goal)
    assert all("Cyriane signals:" in feedback(who, goal) for who in (cast.ada, cast.bo, cast.dee))


def test_the_author_sends_it_again_once_and_takes_back_what_waits(cast):
    goal, _ = line(cast)
    made = answered(cast, goal)
    expected = {"ada": 403, "bo": 403, "cy": 302, "dee": 403, "eve": 404}
    assert statuses(cast, "reopen_signal", [goal.pk, made.pk], {"text": "Not enough"}) == expected
    assert "sends it again" in feedback(cast.bo, goal)
    expected = {"ada": 403, "bo": 403, "cy": 302, "dee": 404, "eve": 404}  # taken back it is gone
    assert statuses(cast, "withdraw_signal", [goal.pk, made.pk]) == expected
    assert "Not enough" not in feedback(cast.bo, goal)


def test_thanks_are_given_once_to_those_ticked_and_somebody_else(cast):
    goal, _ = line(cast)
    goal.revise(by=cast.ada, contributors=[cast.cy])
    data = {"receivers": [cast.cy.pk], "other": "Dee", "text": "Nine calls", "once": "1"}
    for _ in range(2):
        assert send(cast.bo, "thank", [goal.pk], data).status_code == 302
    assert [set(each.receivers.all()) for each in Kudos.objects.all()] == [{cast.cy, cast.dee}]
    assert told(cast.dee) == ["Bo thanks you for Grow: Nine calls"]
    assert "Bo thanks Cy and Dee" in feedback(cast.ada, goal)
    assert send(cast.eve, "thank", [goal.pk], data).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"other": "Cy", "text": " "},
        {"other": "", "text": "Nobody"},
        {"other": "Eve", "text": "Elsewhere"},
        {"other": "Ada", "text": "Myself"},
        {"receivers": ["999"], "text": "Unknown"},
        {"receivers": ["x"], "text": "Unknown"},
        {"other": "Cy", "text": "x" * 2001},
    ],
)
def test_thanks_that_are_refused_stay_in_the_form(cast, data):
    goal, _ = line(cast)
    for headers in ({}, HTMX):
        answer = send(cast.ada, "thank", [goal.pk], {"once": "1", **data}, **headers)
        assert answer.status_code == 422
        assert "has-error" in answer.content.decode()
    assert not Kudos.objects.exists()


def test_words_are_changed_by_the_author_and_thanks_taken_back_by_those_concerned(cast):
    goal, _ = line(cast)
    made = kudo(cast, goal)
    expected = {"ada": 403, "bo": 302, "cy": 403, "dee": 403, "eve": 404}
    assert statuses(cast, "edit_kudos", [made.pk], {"text": "Even better"}) == expected
    assert send(cast.bo, "edit_kudos", [made.pk], {"text": ""}, **HTMX).status_code == 422
    assert "Even better" in feedback(cast.dee, goal)
    assert send(cast.dee, "withdraw_kudos", [made.pk]).status_code == 403
    assert send(cast.cy, "withdraw_kudos", [made.pk]).status_code == 302
    assert "Even better" not in feedback(cast.dee, goal)
    assert send(cast.bo, "withdraw_kudos", [made.pk]).status_code == 404


def test_others_thank_too_with_one_press_and_leave_with_another(cast):
    goal, _ = line(cast)
    made = kudo(cast, goal)
    expected = {"ada": 302, "bo": 403, "cy": 403, "dee": 302, "eve": 404}
    assert statuses(cast, "join_kudos", [made.pk]) == expected
    chip = send(cast.ada, "join_kudos", [made.pk], {"leave": "1"}, **HTMX).content.decode()
    assert 'aria-pressed="false"' in chip
    assert list(made.joined.all()) == [cast.dee]


def test_reading_changes_nothing_and_writing_takes_a_post(cast):
    goal, _ = line(cast)
    made, thanks = signal(cast, goal), kudo(cast, goal)
    for name, args in (
        ("signals", [goal.pk]),
        ("answer_signal", [goal.pk, made.pk]),
        ("thank", [goal.pk]),
        ("join_kudos", [thanks.pk]),
        ("withdraw_kudos", [thanks.pk]),
    ):
        assert signed_in(cast.bo).get(reverse(f"goals:{name}", args=args)).status_code == 405


def test_comments_kudos_and_answered_signals_stand_in_one_row_each_once(cast):
    goal, _ = line(cast)
    comment(cast, goal, "First word")
    kudo(cast, goal, "Second word")
    answered(cast, goal, text="Third word")
    signal(cast, goal, "Waiting word", kind="wrong_measure")
    text = feedback(cast.ada, goal)
    places = [text.index(f"{each} word") for each in ("Waiting", "First", "Second", "Third")]
    assert places == sorted(places)
    assert text.count("Waiting word") == text.count("Third word") == 1


def test_what_people_type_is_never_run(cast):
    goal, _ = line(cast)
    nasty = "<script>alert(1)</script>=1+1 \u202e" + "x" * 300
    kudo(cast, goal, nasty)
    answered(cast, goal, text=nasty)
    signal(cast, goal, nasty)
    for address in (f"/goals/{goal.pk}/", "/kudos/", "/"):
        assert "<script>alert" not in signed_in(cast.cy).get(address).content.decode()


def test_the_wall_shows_what_its_reader_may_see_newest_first(cast):
    goal, _ = line(cast)
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    kudo(cast, goal, "Earlier")
    kudo(cast, goal, "Later", to=cast.bo, by=cast.cy)
    kudo(cast, secret, "Quietly", to=cast.dee, by=cast.ada)

    def wall(who, **query) -> str:
        return read(signed_in(who).get("/kudos/", query)).text

    assert wall(cast.cy).index("Later") < wall(cast.cy).index("Earlier")
    assert ("Quietly" in wall(cast.cy), "Quietly" in wall(cast.dee)) == (False, True)
    assert ("Later" in wall(cast.cy, whose="to"), "Earlier" in wall(cast.cy, whose="to")) == (False, True)
    assert ("Later" in wall(cast.cy, whose="from"), "Earlier" in wall(cast.cy, whose="from")) == (True, False)
    assert "Later" not in wall(cast.eve)
    assert "Earlier" in wall(cast.cy, before="x" * 30)


def test_the_wall_goes_on_page_by_page_in_a_fixed_number_of_queries(cast, django_assert_max_num_queries):
    goal, _ = line(cast)
    for number in range(35):
        kudo(cast, goal, f"Thanks {number:02}")
    client = signed_in(cast.ada)
    client.get("/kudos/")
    with django_assert_max_num_queries(14):
        first = read(client.get("/kudos/")).text
    assert ("Thanks 34" in first, "Thanks 05" in first, "Thanks 04" in first) == (True, True, False)
    oldest = Kudos.objects.order_by("created_at", "pk")[5].pk
    second = read(client.get("/kudos/", {"before": oldest})).text
    assert ("Thanks 05" in second, "Thanks 04" in second, "Thanks 00" in second) == (False, True, True)
    assert Goal.objects.count() == 2


def test_the_line_of_sight_offers_to_speak_on_goals_above_and_shows_what_became_of_it(cast):
    goal, below = line(cast)
    text = signed_in(cast.cy).get("/").content.decode()
    assert f"/goals/{goal.pk}/?say=signal" in text
    assert f"/goals/{below.pk}/?say=signal" not in text
    made = waited(signal(cast, goal), 3)
    shown = read(signed_in(cast.cy).get("/")).text
    assert "Not reachable: waits for 3 days" in shown
    signals.answer(made, "changed", "Lowered", by=cast.bo)
    kudo(cast, goal, "Nine calls")
    shown = read(signed_in(cast.cy).get("/")).text
    assert "Not reachable: Changed already" in shown
    assert "Bo thanks you" in shown
    assert "say=signal" not in signed_in(cast.bo).get(f"/people/{cast.cy.pk}/line-of-sight/").content.decode()


def test_goals_reached_stand_on_the_line_of_sight_and_the_dashboard(cast):
    goal, below = line(cast)
    kpi(below, value=100)
    rolled_up(goal)
    assert "Reached: Grow" in read(signed_in(cast.cy).get("/")).text
    assert "Reached: Grow" in read(signed_in(cast.dee).get("/dashboard/changed/")).text
    assert "Reached: Grow" in read(signed_in(cast.dee).get("/kudos/")).text
    assert "The goal was reached." in feedback(cast.dee, goal)
