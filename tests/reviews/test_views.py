"""The calendar of reviews and checking in, as pages: who may, what is kept, in how many queries."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import progress
from reviews.models import CheckIn, Review
from reviews.schedule import work_out
from tests.cast import signed_in
from tests.goals.test_views_board import daily
from tests.pages.reading import read


@pytest.fixture
def clock():
    with time_machine.travel(dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast):
    """Bo's team goal at 60 %, off track, in the review of April."""
    goal = cast.goal("Faster", cast.goal("Serve"), level=2, owner=cast.bo, contributors=[cast.cy])
    daily(goal, "speed", 60)
    progress.roll_up(cast.works.pk)
    work_out(cast.works)
    return Review.objects.get(goal=goal, name="2026-04")


def calendar(person, **query):
    answer = signed_in(person).get(reverse("reviews:calendar"), query)
    assert answer.status_code == 200
    return read(answer)


def post(person, review, name="check_in", **sent):
    return signed_in(person).post(reverse(f"reviews:{name}", args=[review.pk]), sent, headers={"HX-Request": "true"})


def test_the_calendar_shows_mine_and_all(clock, review, cast):
    mine = calendar(cast.bo).text
    assert "May 2026 1 review Tue 5 May 2026 Faster 2026-04 · Bo Off track Check in" in mine
    assert "Serve" not in mine
    assert "Serve" in calendar(cast.bo, whose="all", **{"from": "2026-07"}).text
    assert "Faster" not in calendar(cast.eve, whose="all").text
    assert "No review in these months" in calendar(cast.eve).text


@pytest.mark.parametrize("odd", ["", "x", "2026", "2026-13", "0000-01", "9999-12", "0001-01"])
def test_a_month_that_makes_no_sense_is_this_one(clock, review, cast, odd):
    assert "May 2026 1 review" in calendar(cast.bo, **{"from": odd}).text


def test_overdue_ones_come_first(clock, review, cast):
    clock.move_to(dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC))
    assert "1 review is overdue." in calendar(cast.bo).text


def test_checking_in(review, cast):
    page = signed_in(cast.bo).get(reverse("reviews:check_in", args=[review.pk]))
    assert "60%" in read(page).text
    refused = post(cast.bo, review, confidence="4")
    assert refused.status_code == 422
    assert "Explain it in a sentence" in refused.content.decode()
    done = post(cast.bo, review, confidence="4", comment="Two depots without parts")
    assert done.status_code == 302
    assert CheckIn.objects.get().figures["progress"] == "0.6"
    assert "Checked in" in calendar(cast.bo).text
    again = post(cast.bo, review, confidence="3", comment="Three depots", version="1")
    assert (again.status_code, CheckIn.objects.get().comment) == (302, "Three depots")


def test_what_is_typed_is_kept(review, cast):
    kept = post(cast.bo, review, "keep_draft", comment="Two de")
    assert 'name="version" id="id_version" value="1"' in kept.content.decode()
    post(cast.bo, review, "keep_draft", comment="Two depots", confidence="2", version="1")
    assert (CheckIn.objects.get().comment, CheckIn.objects.get().is_draft) == ("Two depots", True)
    form = signed_in(cast.bo).get(reverse("reviews:check_in", args=[review.pk])).content.decode()
    assert "Two depots" in form
    assert 'value="2"' in form


def test_typing_does_not_change_what_was_handed_in(review, cast):
    post(cast.bo, review, confidence="2", comment="As it is")
    assert post(cast.bo, review, "keep_draft", comment="Changed", version="1").status_code == 204
    assert CheckIn.objects.get().comment == "As it is"


def test_two_tabs_do_not_overwrite_each_other(review, cast):
    post(cast.bo, review, "keep_draft", comment="One")
    post(cast.bo, review, "keep_draft", comment="Two", version="1")
    old = post(cast.bo, review, "keep_draft", comment="Old tab", version="1")
    assert (old.status_code, "Not kept" in old.content.decode()) == (422, True)
    assert CheckIn.objects.get().comment == "Two"
    met = post(cast.bo, review, comment="Old tab", confidence="3", version="1")
    told = met.content.decode()
    assert (met.status_code, "In the other window" in told, "Old tab</textarea>" in told) == (422, True, True)
    assert CheckIn.objects.get().is_draft
    again = post(cast.bo, review, comment="Old tab", confidence="3", version="2")
    assert (again.status_code, CheckIn.objects.get().comment) == (302, "Old tab")


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("cy", 200), ("ada", 403), ("dee", 403), ("eve", 404)])
def test_who_may_check_in(review, cast, who, status):
    person = getattr(cast, who)
    assert signed_in(person).get(reverse("reviews:check_in", args=[review.pk])).status_code == status
    allowed = {200: (302, 200)}.get(status, (status, status))
    sent = {"confidence": "3", "comment": "x"}
    assert post(person, review, "keep_draft", **sent).status_code == allowed[1]
    assert post(person, review, **sent).status_code in (allowed[0], 409)
    assert CheckIn.objects.exists() is (status == 200)


def test_a_review_that_is_over_takes_no_check_in(review, cast):
    Review.objects.update(state=Review.State.SIGNED)
    assert "This review is over" in read(signed_in(cast.bo).get(reverse("reviews:check_in", args=[review.pk]))).text
    assert post(cast.bo, review, confidence="3", comment="x").status_code == 409


def test_as_many_queries_whatever_the_reviews(clock, review, cast):
    bo = signed_in(cast.bo)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert bo.get(reverse("reviews:calendar"), {"whose": "all"}).status_code == 200
        return len(found)

    one = queries()
    for number in range(3):
        cast.goal(f"More {number}", level=2, owner=cast.bo)
    work_out(cast.works)
    assert queries() == one


def test_the_line_of_sight_asks_for_the_check_in(clock, review, cast):
    def home() -> str:
        return read(signed_in(cast.bo).get("/")).text

    assert "Check in for 2026-04" not in home()
    clock.move_to(dt.datetime(2026, 4, 25, 12, tzinfo=dt.UTC))
    assert "Faster Check in for 2026-04, reviewed on 5 May 2026" in home()
    clock.move_to(dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC))
    assert "reviewed on 5 May 2026 overdue" in home()
    post(cast.bo, review, confidence="3", comment="As planned")
    assert "Check in for 2026-04" not in home()
    assert "Check in for" not in read(signed_in(cast.eve).get("/")).text
