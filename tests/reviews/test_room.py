"""The room as a page: its agenda, what is shown to whom, deciding in place, in how many queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import progress
from goals.models import Goal, GoalFigures
from goals.voices import signals
from kpis.models import Initiative, Kpi
from kpis.recording import record_one
from people.models import Person
from reviews import checking_in
from reviews.models import Correction, Decision, Review
from reviews.room import deciding, holding
from reviews.room.agenda import agenda
from reviews.schedule import work_out
from tests.goals.test_views_board import daily, signed_in
from tests.pages.reading import read
from tests.reviews.holding import OPENED, at, room

D = Decimal
TODAY = OPENED.date()


@pytest.fixture
def held(cast):
    with at():
        yield room(cast)


def address(name: str, *args) -> str:
    return reverse(f"reviews:{name}", args=args)


def shown(person: Person, review: Review, status: int = 200):
    answer = signed_in(person).get(address("room", review.pk))
    assert answer.status_code == status
    return read(answer) if status == 200 else None


def post(person: Person, *place, **sent):
    return signed_in(person).post(address(*place), sent)


def order(held, person=None) -> tuple[list[str], list[str]]:
    found = agenda(held.review, person or held.cast.bo, [])
    return [item.goal.title for item in found.items], [item.goal.title for item in found.rest]


def value(kpi: Kpi, number: int) -> None:
    record_one(kpi, TODAY, D(number), by=None, note="Counted again")
    progress.roll_up(kpi.organisation_id)


def test_what_costs_most_comes_first_and_what_keeps_pace_is_folded(held):
    assert order(held) == (["Cheaper"], ["Faster"])
    value(held.speed, 1)
    assert order(held) == (["Faster", "Cheaper"], [])
    Goal.objects.get(pk=held.cheaper.pk).revise(by=held.cast.ada, weight=D(9))
    progress.roll_up(held.cast.works.pk)
    assert order(held) == (["Cheaper", "Faster"], [])


def test_what_is_overdue_comes_before_what_is_off_track(held):
    late = Review.objects.filter(goal=held.faster).earliest("day")
    assert order(held) == (["Cheaper"], ["Faster"])
    Review.objects.filter(pk=late.pk).update(day=TODAY - dt.timedelta(days=14))
    assert order(held) == (["Faster", "Cheaper"], [])
    checking_in.submit(Review.objects.get(pk=late.pk), held.cast.cy, confidence=4)
    assert order(held) == (["Cheaper"], ["Faster"])


def test_stale_figures_come_first(held):
    GoalFigures.objects.filter(goal=held.faster).update(stale_share=D("0.5"))
    assert order(held) == (["Faster", "Cheaper"], [])


def test_a_pause_that_is_over_comes_first(held):
    deciding.decide(
        held.opened(), "pause", by=held.cast.bo, goal=held.faster, reason="Summer", until=TODAY + dt.timedelta(days=5)
    )
    assert order(held) == (["Cheaper"], ["Faster"])
    with at(days=5):
        assert order(held)[0][0] == "Faster"


def test_where_a_statement_disagrees_is_talked_about(held):
    review = Review.objects.filter(goal=held.faster).earliest("day")
    checking_in.submit(review, held.cast.cy, confidence=3, comment="No", reported_status="off_track")
    assert order(held) == (["Cheaper", "Faster"], [])


def test_a_private_goal_below_is_not_on_the_agenda_of_others(held):
    held.cheaper.revise(by=held.cast.ada, visibility="private", owner=held.cast.ada, unit=None)
    held.faster.revise(by=held.cast.ada, owner=held.cast.bo)
    assert "Cheaper" not in [title for group in order(held, held.cast.cy) for title in group]
    assert "Cheaper" not in shown(held.cast.cy, held.review).text


def test_the_room_shows_check_ins_with_frozen_figures_beside_todays(held):
    review = Review.objects.filter(goal=held.cheaper).earliest("day")
    given = {"confidence": 2, "comment": "Two depots", "blockers": "No parts", "reported_status": "on_track"}
    checking_in.submit(review, held.cast.cy, **given)
    value(held.cost, 90)
    text = shown(held.cast.bo, held.review).text
    assert "Reached today 90% expected 100% When checked in 80% 10 Apr 2026" in text
    assert "Two depots In the way: No parts Reported On track Number said At risk 2 of 5" in text
    assert "cost 80 90 100" in text


def test_confidence_and_blockers_are_not_for_everybody(held):
    review = Review.objects.filter(goal=held.cheaper).earliest("day")
    checking_in.submit(review, held.cast.cy, confidence=2, comment="Two depots", blockers="No parts")
    other = Person.objects.create_user("fi@works.example", organisation=held.cast.works, name="Fi", role="member")
    for person, candid in ((held.cast.bo, True), (held.cast.cy, True), (held.cast.dee, True), (other, False)):
        text = shown(person, held.review).text
        assert "Two depots" in text
        assert ("No parts" in text, "2 of 5" in text) == (candid, candid)


def test_it_is_opened_on_the_page(held):
    assert "Not open yet" in shown(held.cast.bo, held.review).text
    assert post(held.cast.bo, "begin", held.review.pk).status_code == 302
    assert post(held.cast.bo, "begin", held.review.pk).status_code == 302
    assert "Being held since" in shown(held.cast.bo, held.review).text
    assert "Record decision" not in shown(held.cast.cy, held.review).text


def target(**more) -> dict:
    return {"since": "2026-04-10", "target": "40", "reason": "The board agreed", "version": "1", "once": "a", **more}


def test_a_target_is_decided_in_place_and_the_page_says_what_it_did(held):
    held.opened()
    place = ("decide", held.review.pk, held.faster.pk, "adjust_target")
    form = read(signed_in(held.cast.bo).get(address(*place))).text
    assert "speed From Target Stretch target Measure progress anew from that day" in form
    effect = signed_in(held.cast.bo).get(address("effect", *place[1:]), target())
    assert (
        read(effect).text
        == (
            "Effect today: Faster 20% becomes 50% On track Achieved Serve 50% becomes 65% Vision 50% becomes 61.3%"
        ).replace("On track Achieved ", "")
        or "Serve 50% becomes 65%" in read(effect).text
    )
    assert not Decision.objects.exists()
    for _ in range(2):
        assert post(held.cast.bo, *place, **target()).status_code == 302
    assert Decision.objects.get().reason == "The board agreed"
    text = shown(held.cast.bo, held.review).text
    assert "Target speed: 100 becomes 40 from 10 Apr 2026 Faster The board agreed" in text
    assert "Serve Department Serve" not in text
    assert "Reached today 65%" in text


def test_lowering_a_target_again_is_said_before(held):
    held.opened()
    place = (held.review.pk, held.faster.pk, "adjust_target")

    def told(wanted: str) -> str:
        return read(signed_in(held.cast.bo).get(address("effect", *place), target(target=wanted))).text

    assert "easier" not in told("60")
    post(held.cast.bo, "decide", *place, **target(target="60"))
    assert "It was made easier once before in this cycle." in told("50")
    assert "easier" not in told("70")


def test_other_kinds_are_decided_in_place(held):
    held.opened()
    bo, review, faster = held.cast.bo, held.review.pk, held.faster.pk
    action = {"title": "Stock two depots", "owner": "Cy", "due": "2026-05-01", "reason": "Parts", "once": "b"}
    assert post(bo, "decide", review, faster, "add_action", **action).status_code == 302
    assert Initiative.objects.get().owner == held.cast.cy
    weights = {f"goal-{held.faster.pk}": "1", f"goal-{held.cheaper.pk}": "3", "reason": "Costs", "once": "c"}
    versions = {f"goal-{pk}-version": "1" for pk in (held.faster.pk, held.cheaper.pk)}
    assert post(bo, "decide", review, held.serve.pk, "re_weight", **weights, **versions).status_code == 302
    paused = {"until": "2026-05-01", "reason": "Summer", "once": "d", "version": "1"}
    assert post(bo, "decide", review, faster, "pause", **paused).status_code == 302
    assert post(bo, "decide", review, faster, "keep", reason="Fine", once="e").status_code == 302
    kinds = list(Decision.objects.values_list("kind", flat=True))
    assert kinds == ["add_action", "re_weight", "pause", "keep"]
    text = shown(bo, held.review).text
    assert "Cheaper 1 to 3" in text
    assert "Paused until 1 May 2026" in text


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        ("keep", {"reason": " "}, "This field is required"),
        ("adjust_target", target(target="100"), "That is what is asked already"),
        ("adjust_target", target(since="2027-05-01"), "Choose a day after the first"),
        ("pause", {"until": "2026-04-10", "reason": "x"}, "still to come"),
        ("add_action", {"title": "x", "owner": "Nobody", "due": "2026-05-01", "reason": "x"}, "Nobody here is called"),
        ("resume", {"reason": "x"}, "Only a goal that is paused"),
        ("adjust_target", target(version="7"), "Somebody changed it in the meantime"),
    ],
)
def test_what_is_refused_stands_in_the_form(held, kind, sent, said):
    held.opened()
    answer = post(held.cast.bo, "decide", held.review.pk, held.faster.pk, kind, **{"once": "a", **sent})
    assert answer.status_code == 422
    assert said in read(answer).text
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("ada", 302), ("bo", 302), ("cy", 403), ("dee", 403), ("eve", 404)])
def test_who_acts_in_the_room(held, who, status):
    person, review = getattr(held.cast, who), held.review.pk
    assert post(person, "begin", review).status_code == status
    held.opened()
    opened = Review.objects.get(pk=review).version
    assert post(person, "note", review, wins="Well", version=opened).status_code == status
    place = ("decide", review, held.faster.pk, "adjust_target")
    assert signed_in(person).get(address(*place)).status_code == {302: 200}.get(status, status)
    assert post(person, *place, **target()).status_code == status
    if status != 302:
        assert not Decision.objects.exists()
        deciding.decide(held.review, "pause", by=held.cast.bo, goal=held.faster, reason="x")
    back = ("take_back", review, Decision.objects.get().pk)
    assert signed_in(person).get(address(*back)).status_code == {302: 200}.get(status, status)
    assert post(person, *back, reason="Too soon", once="z").status_code == status
    assert Decision.objects.filter(reverses=None).count() == 1
    assert Decision.objects.exclude(reverses=None).exists() is (status == 302)
    signed = post(person, "sign_off", review)
    assert signed.status_code == (409 if who == "bo" else status)
    assert (Review.objects.get(pk=review).state == "signed") is (who == "ada")


def test_what_was_written_meanwhile_is_not_overwritten(held):
    held.opened()
    holding.note(held.review, by=held.cast.ada, wins="Ada's words")
    answer = post(held.cast.bo, "note", held.review.pk, wins="Bo's words", version="2")
    assert answer.status_code == 422
    assert "Ada's words" in read(answer).text
    assert "Bo&#x27;s words" in answer.content.decode()
    assert Review.objects.get(pk=held.review.pk).wins == "Ada's words"


def signed(held) -> Review:
    held.opened()
    bo = held.cast.bo
    deciding.decide(
        held.review, "adjust_target", by=bo, goal=held.faster, reason="Yes", kpi=held.speed, since=TODAY, target=D(40)
    )
    deciding.decide(
        held.review, "add_action", by=bo, goal=held.serve, reason="Parts", title="Stock", owner=held.cast.cy, due=TODAY
    )
    return holding.sign_off(held.review, by=held.cast.ada)


def test_the_next_review_opens_with_the_last_decisions_and_what_came_of_them(held):
    signed(held)
    later = Review.objects.filter(goal=held.serve, end__gt=held.review.end).earliest("end")
    with at(days=100):
        record_one(held.speed, TODAY + dt.timedelta(days=60), D(30), by=None)
        progress.roll_up(held.cast.works.pk)
        text = shown(held.cast.bo, later).text
    assert "What came of the last decisions 1 still open" in text
    assert "Target speed: 100 becomes 40 from 10 Apr 2026 Faster · “Yes” 20% then, now 75% +55 points since" in text
    assert "Action Stock Serve · Cy · “Parts”" in text
    assert "overdue 10 Apr 2026" in text
    Initiative.objects.update(state="done", done_on=TODAY)
    with at(days=100):
        assert "all settled" in shown(held.cast.bo, later).text
        assert "Since the last review" in shown(held.cast.bo, later).text


def test_a_signed_review_is_corrected_beside_what_was_signed(held):
    review = signed(held)
    assert shown(held.cast.bo, review).text.count("Record decision") == 0
    assert post(held.cast.ada, "correct", review.pk, text="Three depots", once="k").status_code == 302
    assert post(held.cast.ada, "correct", review.pk, text="Three depots", once="k").status_code == 302
    assert Correction.objects.get().text == "Three depots"
    assert "corrected Three depots Ada" in shown(held.cast.cy, review).text
    for person, status in ((held.cast.cy, 403), (held.cast.dee, 403), (held.cast.eve, 404)):
        assert post(person, "correct", review.pk, text="No", once="n").status_code == status
    assert Correction.objects.count() == 1


def test_who_is_signed_off_leads_to_the_minutes(held):
    signals.send(held.serve, "not_reachable", "Too far", by=held.cast.cy)
    assert "Too far" in shown(held.cast.bo, held.review).text
    text = shown(held.cast.bo, signed(held)).text
    assert "Signed off. The minutes hold the figures of that day" in text
    assert "Too far" not in text


def test_the_manager_is_asked_to_sign_off(held):
    review = Review.objects.filter(goal=held.faster).earliest("day")

    def home(person: Person) -> str:
        return read(signed_in(person).get("/")).text

    asked = f"Faster Cy holds the review of {review.name}"
    assert asked not in home(held.cast.bo)
    holding.begin(review, by=held.cast.cy)
    assert asked in home(held.cast.bo)
    for other in (held.cast.ada, held.cast.cy, held.cast.eve):
        assert asked not in home(other)
    holding.sign_off(review, by=held.cast.bo)
    assert asked not in home(held.cast.bo)


def test_as_many_queries_for_one_goal_as_for_three(held):
    held.opened()

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            shown(held.cast.bo, held.review)
        return len(found)

    shown(held.cast.bo, held.review)
    deciding.decide(held.review, "keep", by=held.cast.bo, goal=cast_goal(held, 0), reason="x")
    one = queries()
    for number in range(1, 4):
        goal = cast_goal(held, number)
        deciding.decide(held.review, "keep", by=held.cast.bo, goal=goal, reason="x")
    assert queries() == one


def cast_goal(held, number: int) -> Goal:
    goal = held.cast.goal(f"More {number}", held.serve, owner=held.cast.cy, unit=held.cast.team, level=2)
    daily(goal, f"more-{number}", 30)
    progress.roll_up(held.cast.works.pk)
    work_out(held.cast.works)
    checking_in.submit(Review.objects.filter(goal=goal).first(), held.cast.cy, confidence=2, comment="x", blockers="y")
    return goal
