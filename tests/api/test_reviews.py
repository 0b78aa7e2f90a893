"""Reviews and check-ins over the API."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import progress
from reviews.models import CheckIn, Review
from reviews.schedule import work_out
from tests.api.calling import Caller, codes
from tests.cast import person
from tests.goals.test_views_board import daily


@pytest.fixture
def review(cast):
    """Cy's team goal at 60 %, off track, in the review of April."""
    with time_machine.travel(dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC), tick=False):
        goal = cast.goal("Faster", cast.goal("Serve"), level=2, owner=cast.cy)
        daily(goal, "speed", 60)
        progress.roll_up(cast.works.pk)
        work_out(cast.works)
        yield Review.objects.get(goal=goal, name="2026-04")


def test_reviews_are_listed_and_filtered(cast, review, cy):
    april = cy.get(f"reviews/?goal={review.goal_id}&until=2026-05-31").json()["results"]
    assert [(row["name"], row["first"], row["end"], row["day"], row["closing"]) for row in april] == [
        ("2026-04", "2026-04-01", "2026-04-30", "2026-05-05", False)
    ]
    assert cy.get(f"reviews/?owner={cast.cy.pk}&state=planned&since=2027-01-01").json()["count"] == 1
    assert cy.get(f"reviews/{review.pk}/").json()["owner"] == cast.cy.pk


def test_a_check_in_is_handed_in_and_changed(cast, review, cy, ada):
    refused = cy.post("check-ins/", {"review": review.pk, "confidence": 4})
    assert codes(refused) == {("comment", "comment_needed")}
    made = cy.post("check-ins/", {"review": review.pk, "confidence": 4, "comment": "Two depots"})
    assert (made.status_code, made.body["figures"]["progress"], made.body["version"]) == (201, "0.6", 1)
    assert ada.get(f"check-ins/?goal={review.goal_id}").json()["count"] == 1
    path = f"check-ins/{made.body['id']}/"
    assert cy.patch(path, {"comment": "Three"}, **{"If-Match": '"1"'}).body["comment"] == "Three"
    assert cy.patch(path, {"comment": "Four"}, **{"If-Match": '"1"'}).status_code == 412
    Review.objects.update(state=Review.State.SIGNED)
    assert cy.patch(path, {"comment": "Five"}).status_code == 409
    assert CheckIn.objects.get().comment == "Three"


def test_only_who_has_the_goal_checks_in(cast, review, cy, ada, eve):
    body = {"review": review.pk, "confidence": 4, "comment": "x"}
    assert ada.post("check-ins/", body).status_code == 403
    assert eve.post("check-ins/", body).status_code == 400
    assert eve.get(f"reviews/{review.pk}/").status_code == 404
    made = cy.post("check-ins/", body)
    assert made.status_code == 201
    path = f"check-ins/{made.body['id']}/"
    assert (ada.patch(path, {"comment": "y"}).status_code, eve.get(path).status_code) == (403, 404)
    assert CheckIn.objects.get().comment == "x"


def test_drafts_are_their_authors_own(cast, review, cy, ada):
    draft = CheckIn.objects.create(organisation=cast.works, review=review, author=cast.cy, comment="Not yet")
    assert cy.get(f"check-ins/{draft.pk}/").status_code == 200
    assert ada.get(f"check-ins/{draft.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["reviews/", "check-ins/"])
def test_as_many_queries_for_one_as_for_many(cast, review, path):
    caller = Caller(cast.ada)
    caller.get("me/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert caller.get(path).status_code == 200
        return len(found)

    CheckIn.objects.create(organisation=cast.works, review=review, author=cast.ada)
    one = queries()
    for number in range(3):
        goal = cast.goal(f"More {number}", level=2, owner=cast.ada)
        work_out(cast.works)
        CheckIn.objects.create(organisation=cast.works, review=goal.reviews.first(), author=cast.ada)
    assert queries() == one


def test_a_review_is_moved_called_off_and_planned_again(cast, review, cy):
    path, day = f"reviews/{review.pk}/", "2026-05-12"
    assert codes(cy.patch(path, {"day": day})) == {("reason", "reason_required")}
    assert codes(cy.patch(path, {"day": "2026-04-01", "reason": "x"})) == {("day", "in_past")}
    assert codes(cy.patch(path, {"day": day, "state": "cancelled"})) == {("state", "moved_and_cancelled")}
    moved = cy.patch(path, {"day": day, "time": "14:30", "reason": "Fair"}, **{"If-Match": '"1"'})
    assert [moved.body[name] for name in ("day", "time", "revision", "reason")] == [day, "14:30", 2, "Fair"]
    assert cy.patch(path, {"state": "cancelled", "reason": "x"}, **{"If-Match": '"1"'}).status_code == 412
    assert cy.patch(path, {"state": "cancelled", "reason": "Fair"}).body["state"] == "cancelled"
    assert cy.patch(path, {"day": day, "reason": "x"}).status_code == 409
    again = cy.patch(path, {"state": "planned", "time": None, "reason": "After all"}).body
    assert (again["state"], again["day"], again["time"]) == ("planned", day, None)


def test_who_may_move_a_review(cast, review, ada, cy, eve):
    body = {"day": "2026-05-12", "reason": "Fair"}
    others = {"bo": Caller(cast.bo), "dee": Caller(cast.dee)}
    may = {
        name: caller.patch(f"reviews/{review.pk}/", body).status_code
        for name, caller in {**others, "ada": ada, "eve": eve, "cy": cy}.items()
    }
    assert may == {"ada": 200, "bo": 200, "dee": 403, "eve": 404, "cy": 200}
    reader = Caller(cast.cy, "read")
    assert reader.patch(f"reviews/{review.pk}/", {"day": "2026-05-13", "reason": "x"}).status_code == 403
    assert Review.objects.get(pk=review.pk).day == dt.date(2026, 5, 12)


def test_drafts_are_kept_and_handed_in(cast, review, cy, ada):
    draft = cy.post("check-ins/", {"review": review.pk, "comment": "Two de", "draft": True})
    assert (draft.status_code, draft.body["submitted_at"], draft.body["version"]) == (201, None, 1)
    assert ada.get("check-ins/").json()["count"] == 0
    done = cy.post("check-ins/", {"review": review.pk, "comment": "Two depots", "confidence": 3})
    assert (done.body["id"], done.body["submitted_at"] is None) == (draft.body["id"], False)
    assert cy.post("check-ins/", {"review": review.pk, "comment": "x", "draft": True}).body["code"] == "handed_in"
    assert CheckIn.objects.get().comment == "Two depots"


def test_the_same_key_checks_in_once(cast, review, cy):
    body, key = {"review": review.pk, "confidence": 4, "comment": "Two depots"}, {"Idempotency-Key": "k"}
    first, second = cy.post("check-ins/", body, **key), cy.post("check-ins/", body, **key)
    assert (first.body, CheckIn.objects.get().version) == (second.body, 1)
    assert cy.post("check-ins/", body | {"comment": "x"}, **key).status_code == 409


def test_confidence_and_blockers_are_for_those_whom_they_concern(cast, review, cy, ada):
    peer = Caller(person(cast.works, "Flo", "member"))
    made = cy.post("check-ins/", {"review": review.pk, "confidence": 2, "comment": "x", "blockers": "Parts"})
    told = {
        name: [
            caller.get(f"check-ins/{made.body['id']}/").body[field] for field in ("confidence", "blockers", "comment")
        ]
        for name, caller in {"cy": cy, "ada": ada, "bo": Caller(cast.bo), "peer": peer}.items()
    }
    assert told == {name: [2, "Parts", "x"] for name in ("cy", "ada", "bo")} | {"peer": [None, "", "x"]}
    goal = f"goals/{review.goal_id}/"
    assert [caller.get(goal).body["confidence"] for caller in (cy, ada, peer)] == [2, 2, None]
