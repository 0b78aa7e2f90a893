"""The review room over the API: held, decided, taken back, corrected; by whom, in how many queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from goals.models import Goal, GoalFigures
from kpis.models import Initiative, Kpi
from people.models import Notification, Person
from reviews import checking_in
from reviews.models import Correction, Decision, Review
from reviews.room import deciding
from tests.api.calling import Caller, codes
from tests.cast import token
from tests.reviews.holding import OPENED, at, room

TODAY = OPENED.date().isoformat()


@pytest.fixture
def held(cast):
    with at():
        made = room(cast)
        made.review = made.opened()
        yield made


@pytest.fixture
def callers(held):
    return {name: Caller(getattr(held.cast, name)) for name in ("ada", "bo", "cy", "dee", "eve")}


def body(held, kind="adjust_target", **more) -> dict:
    fields = {"review": held.review.pk, "goal": held.faster.pk, "kind": kind, "reason": "The board agreed"}
    if kind == "adjust_target":
        fields |= {"kpi": held.speed.pk, "since": TODAY, "target": "40"}
    return fields | more


def test_a_decision_is_tried_made_read_and_taken_back(held, callers):
    bo = callers["bo"]
    tried = bo.post("decisions/", body(held, dry_run=True))
    assert (tried.status_code, tried.body["id"], tried.body["at"]) == (200, None, None)
    effect = [(row["goal"], row["before"], row["after"], row["status_after"]) for row in tried.body["effect"]]
    assert effect[:2] == [
        (held.faster.pk, "0.200000", "0.500000", "on_track"),
        (held.serve.pk, "0.500000", "0.650000", "on_track"),
    ]
    assert not Decision.objects.exists()
    assert not Notification.objects.filter(kind="decision").exists()
    assert Kpi.objects.get(pk=held.speed.pk).target == 100

    made = bo.post("decisions/", body(held))
    assert (made.status_code, made.body["effect"], made.body["before"]["asked"]["target"]) == (
        201,
        tried.body["effect"],
        "100",
    )
    progress.roll_up(held.cast.works.pk)
    assert GoalFigures.objects.get(goal=held.serve).progress == Decimal("0.65")
    path = f"decisions/{made.body['id']}/"
    assert bo.get(path).body == made.body
    back = bo.post(f"{path}reverse/", {"review": held.review.pk, "reason": "Too soon"})
    assert (back.status_code, back.body["reverses"], bo.get(path).body["reversed_by"]) == (
        201,
        made.body["id"],
        back.body["id"],
    )
    assert Kpi.objects.get(pk=held.speed.pk).target == 100
    again = bo.post(f"{path}reverse/", {"review": held.review.pk, "reason": "Too soon"})
    assert (again.status_code, again.body["code"]) == (409, "already_reversed")


def test_the_same_key_decides_once(held, callers):
    for _ in range(2):
        answer = callers["bo"].post("decisions/", body(held), **{"Idempotency-Key": "k1"})
        assert answer.status_code == 201
    assert Decision.objects.count() == 1


def test_every_kind_is_made(held, callers):
    bo, cy = callers["bo"], held.cast.cy
    weights = [{"goal": held.faster.pk, "weight": "1"}, {"goal": held.cheaper.pk, "weight": "3", "version": 1}]
    for kind, more in (
        ("keep", {}),
        ("re_weight", {"goal": held.serve.pk, "weights": weights}),
        ("add_action", {"title": "Stock", "owner": cy.pk, "due": "2026-05-01", "kpis": [held.speed.pk]}),
        ("pause", {"until": "2026-05-01", "version": 1}),
        ("resume", {}),
        ("close", {"with_descendants": True}),
    ):
        made = bo.post("decisions/", body(held, kind, **more))
        assert made.status_code == 201, made.body
    listed = bo.get(f"decisions/?review={held.review.pk}&ordering=id").body["results"]
    assert [row["kind"] for row in listed] == ["keep", "re_weight", "add_action", "pause", "resume", "close"]
    assert listed[1]["after"] == {
        "weights": [{"kind": "goal", "id": held.cheaper.pk, "title": "Cheaper", "weight": "3"}]
    }
    assert (listed[2]["action"], listed[3]["until"]) == (Initiative.objects.get().pk, "2026-05-01")
    assert listed[3]["before"] == {"state": "active"}
    assert bo.get("decisions/?kind=keep").body["count"] == 1
    assert bo.get(f"decisions/?goal={held.serve.pk}").body["count"] == 1


@pytest.mark.parametrize(
    ("kind", "more", "refused"),
    [
        ("keep", {"reason": None}, ("reason", "null")),
        ("keep", {"until": "2026-05-01"}, ("until", "not_for_kind")),
        ("add_action", {}, ("title", "required")),
        ("re_weight", {"weights": [{"weight": "1"}]}, ("weights.0.goal", "required")),
        ("adjust_target", {"target": "100"}, ("target", "nothing_changes")),
        ("pause", {"until": TODAY}, ("until", "not_ahead")),
    ],
)
def test_what_is_wrong_is_told_by_field(held, callers, kind, more, refused):
    answer = callers["bo"].post("decisions/", body(held, kind, **more))
    assert answer.status_code == 400
    assert refused in codes(answer)
    assert not Decision.objects.exists()


def test_without_a_reason_only_a_dry_run(held, callers):
    sent = {name: value for name, value in body(held, "keep").items() if name != "reason"}
    assert codes(callers["bo"].post("decisions/", sent)) == {("reason", "required")}
    assert callers["bo"].post("decisions/", {**sent, "dry_run": True}).status_code == 200


def test_what_somebody_changed_meanwhile_is_a_412(held, callers):
    held.faster.revise(by=held.cast.ada, why="New")
    answer = callers["bo"].post("decisions/", body(held, "pause", version=1))
    assert (answer.status_code, answer.body["current"]) == (412, 2)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("ada", 201), ("bo", 201), ("cy", 403), ("dee", 403), ("eve", 400)])
def test_who_decides_and_takes_back(held, callers, who, status):
    caller = callers[who]
    answer = caller.post("decisions/", body(held))
    assert answer.status_code == status
    if status != 201:
        assert not Decision.objects.exists()
        deciding.decide(held.review, "pause", by=held.cast.bo, goal=held.faster, reason="x")
    pk = Decision.objects.get().pk
    back = {"review": held.review.pk, "reason": "x"}
    assert caller.post(f"decisions/{pk}/reverse/", back).status_code == (404 if who == "eve" else status)
    assert caller.get(f"decisions/{pk}/").status_code == (404 if who == "eve" else 200)
    assert caller.get("decisions/").body["count"] == (0 if who == "eve" else Decision.objects.count())
    reader = Caller(text=token(held.cast.bo, "read"))
    assert reader.post("decisions/", body(held)).status_code == 403


def test_what_the_caller_may_not_see_is_not_told(held, callers):
    weights = [{"goal": held.cheaper.pk, "weight": "3"}]
    made = callers["ada"].post("decisions/", body(held, "re_weight", goal=held.serve.pk, weights=weights)).body
    for goal in (held.cheaper, held.vision):
        goal.revise(by=held.cast.ada, visibility="private", owner=held.cast.ada, unit=None)
    other = Person.objects.create_user("fi@works.example", organisation=held.cast.works, name="Fi", role="member")
    told = Caller(other).get(f"decisions/{made['id']}/").body
    assert (told["before"], told["after"]) == ({"weights": []}, {"weights": []})
    assert [row["goal"] for row in told["effect"]] == [held.serve.pk, None]
    assert told["effect"][1]["before"] is None


def test_a_review_is_held_by_patches(held, callers):
    Review.objects.update(state="planned")
    path, ada, bo = f"reviews/{held.review.pk}/", callers["ada"], callers["bo"]
    opened = bo.patch(path, {"state": "open"}, **{"If-Match": '"2"'})
    assert (opened.status_code, opened.body["state"], opened.body["opened_by"]) == (200, "open", held.cast.bo.pk)
    noted = bo.patch(path, {"wins": "Depots stocked", "notes": "Short"})
    assert (noted.body["wins"], noted.body["notes"], noted.body["version"]) == ("Depots stocked", "Short", 4)
    assert bo.patch(path, {"notes": "Old"}, **{"If-Match": '"3"'}).status_code == 412
    own = bo.patch(path, {"state": "signed"})
    assert (own.status_code, own.body["code"]) == (409, "own_review")
    assert codes(bo.patch(path, {"state": "signed", "day": "2026-08-01"})) == {("state", "planned_and_held")}
    signed = ada.patch(path, {"state": "signed"})
    assert (signed.body["state"], signed.body["signed_by"]) == ("signed", held.cast.ada.pk)
    assert ada.patch(path, {"wins": "More"}).body["code"] == "review_over"
    assert ada.post("decisions/", body(held)).body["code"] == "review_over"


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("cy", 403), ("dee", 403), ("eve", 404)])
def test_who_holds_a_review(held, callers, who, status):
    path = f"reviews/{held.review.pk}/"
    assert callers[who].patch(path, {"state": "signed"}).status_code == status
    assert (Review.objects.get(pk=held.review.pk).state == "signed") is (status == 200)


def test_the_agenda_tells_what_is_pressing_and_what_came_of_the_last_decisions(held, callers):
    bo = callers["bo"]
    bo.post("decisions/", body(held))
    callers["ada"].patch(f"reviews/{held.review.pk}/", {"state": "signed"})
    later = Review.objects.filter(goal=held.serve, end__gt=held.review.end).earliest("end")
    progress.roll_up(held.cast.works.pk)
    told = bo.get(f"reviews/{later.pk}/agenda/").body
    assert told["last_review"] == held.review.pk
    [outcome] = told["outcomes"]
    assert (outcome["then"], outcome["now"], outcome["state"]) == ("0.200000", "0.500000", "")
    assert [(row["goal"], row["urgency"]) for row in told["items"]] == [
        (held.serve.pk, 3),
        (held.cheaper.pk, 1),
        (held.faster.pk, 3),
    ]
    assert callers["eve"].get(f"reviews/{later.pk}/agenda/").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("ada", 201), ("bo", 201), ("cy", 403), ("dee", 403), ("eve", 404)])
def test_a_signed_review_is_corrected_beside(held, callers, who, status):
    path = f"reviews/{held.review.pk}/corrections/"
    assert callers["ada"].post(path, {"text": "Three"}).body["code"] == "review_not_signed"
    callers["ada"].patch(f"reviews/{held.review.pk}/", {"state": "signed"})
    made = callers[who].post(path, {"text": "Three depots"})
    assert made.status_code == status
    assert [row["text"] for row in callers["dee"].get(path).body] == (["Three depots"] if status == 201 else [])
    assert Correction.objects.exists() is (status == 201)
    assert callers["eve"].get(path).status_code == 404


def test_confidence_and_blockers_are_not_for_everybody(held, callers):
    review = Review.objects.filter(goal=held.faster).earliest("day")
    checking_in.submit(review, held.cast.cy, confidence=2, comment="Two depots", blockers="No parts")
    other = Person.objects.create_user("fi@works.example", organisation=held.cast.works, name="Fi", role="member")
    for caller, told in (
        *((callers[name], (2, "No parts")) for name in ("ada", "bo", "cy", "dee")),
        (Caller(other), (None, "")),
    ):
        [row] = caller.get("check-ins/").body["results"]
        assert ((row["confidence"], row["blockers"]), row["comment"]) == (told, "Two depots")


@pytest.mark.parametrize("path", ["decisions/", "reviews/{}/agenda/", "check-ins/"])
def test_as_many_queries_for_one_as_for_three(held, path):
    caller, place = Caller(held.cast.bo), path.format(held.review.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert caller.get(place).status_code == 200
        return len(found)

    def more(goal: Goal) -> None:
        deciding.decide(held.review, "keep", by=held.cast.bo, goal=goal, reason="x")
        review = Review.objects.filter(goal=goal).earliest("day")
        checking_in.submit(review, goal.owner, confidence=2, comment="x", blockers="y")

    more(held.faster)
    queries()
    one = queries()
    for goal in (held.cheaper, held.serve):
        more(goal)
    assert queries() == one
    assert dt.date.fromisoformat(TODAY) == held.cast.works.today()
