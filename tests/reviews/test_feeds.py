"""The iCalendar feed, read by a parser that did not write it: what it shows, to whom, and when it ends."""

import datetime as dt

import pytest
import time_machine
import vobject
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.calendar import feeds, moving
from reviews.models import CalendarFeed, Review
from reviews.schedule import work_out
from tests.cast import signed_in
from tests.reviews.test_schedule import noon

URL = "/api/v1/reviews/calendar.ics"


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-04-10"), tick=False) as clock:
        yield clock


@pytest.fixture
def goals(clock, cast):
    cast.works.timezone = "Europe/Oslo"
    cast.works.save()
    top = cast.goal("Grow; faster, øl\n<b>", owner=cast.bo)
    team = cast.goal("Calls", top, level=2, owner=cast.cy, unit=cast.team)
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    work_out(cast.works)
    return top, team, secret


def token(person, shows="own") -> str:
    return feeds.make(person, "Outlook", shows)[1]


def get(text: str, **headers):
    return Client().get(URL, {"token": text}, headers=headers)


def events(answer) -> list:
    return list(vobject.readOne(answer.content.decode()).vevent_list)


def titles(person, shows) -> set[str]:
    return {event.summary.value for event in events(get(token(person, shows)))}


def test_an_entry_is_a_whole_day_with_all_that_programs_ask_for(goals, cast):
    answer = get(token(cast.bo))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    told = vobject.readOne(answer.content.decode())
    assert (told.version.value, told.method.value) == ("2.0", "PUBLISH")
    first = told.vevent_list[0]
    review = Review.objects.get(goal=goals[0], name="FY2026-Q2")
    assert first.uid.value == f"review-{review.pk}@127.0.0.1"
    assert (first.dtstart.value, first.dtend.value) == (dt.date(2026, 7, 6), dt.date(2026, 7, 7))
    assert first.summary.value == "Review: Grow; faster, øl\n<b>"
    assert (first.sequence.value, first.status.value, first.transp.value) == ("1", "CONFIRMED", "TRANSPARENT")
    assert first.dtstamp.value == first.last_modified.value == noon("2026-04-10")
    assert f"/reviews/{review.pk}/" in first.url.value
    assert "Owed by: Bo" in first.description.value
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75


def test_a_time_comes_with_its_zone(goals, cast):
    review = Review.objects.get(goal=goals[0], name="FY2026-Q2")
    moving.move(review, cast.bo, dt.date(2026, 11, 20), "Board", time=dt.time(14, 30))
    answer = get(token(cast.bo))
    told = vobject.readOne(answer.content.decode())
    [moved] = [event for event in told.vevent_list if event.uid.value.startswith(f"review-{review.pk}@")]
    assert told.vtimezone.tzid.value == "Europe/Oslo"
    assert moved.dtstart.value.astimezone(dt.UTC) == dt.datetime(2026, 11, 20, 13, 30, tzinfo=dt.UTC)
    assert (moved.dtend.value - moved.dtstart.value, moved.sequence.value) == (dt.timedelta(hours=1), "2")


def test_what_is_called_off_says_so_under_the_same_name(goals, cast):
    review = Review.objects.get(goal=goals[0], name="FY2026-Q2")
    text = token(cast.bo)
    before = events(get(text))[0]
    moving.call_off(review, cast.bo, "Holidays")
    after = events(get(text))[0]
    assert (after.uid.value, after.status.value, after.sequence.value) == (before.uid.value, "CANCELLED", "2")


def test_a_feed_shows_what_its_person_may_see(goals, cast):
    top, team, secret = "Review: Grow; faster, øl\n<b>", "Review: Calls", "Review: Secret"
    assert titles(cast.bo, "own") == {top}
    assert titles(cast.cy, "own") == {team}
    assert titles(cast.bo, "unit") == {top, team}
    assert titles(cast.cy, "all") == {top, team}
    assert titles(cast.ada, "all") == {top, team, secret}
    assert b"VEVENT" not in get(token(cast.eve, "all")).content


def test_rights_lost_take_effect_at_once(goals, cast):
    text = token(cast.dee, "all")
    assert b"Secret" in get(text).content
    cast.dee.role = "member"
    cast.dee.save()
    assert b"Secret" not in get(text).content


def test_unchanged_is_304_and_a_change_is_not(goals, cast, clock):
    text = token(cast.bo)
    etag = get(text)["ETag"]
    clock.move_to(noon("2026-04-12"))
    same = get(text, **{"If-None-Match": etag})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    moving.move(Review.objects.get(goal=goals[0], name="FY2026-Q2"), cast.bo, dt.date(2026, 7, 8), "Board")
    assert get(text, **{"If-None-Match": etag}).status_code == 200


def test_it_ends_when_withdrawn_and_when_the_person_leaves(goals, cast):
    withdrawn, left = token(cast.bo), token(cast.cy)
    url = reverse("reviews:withdraw_feed", args=[cast.bo.calendar_feeds.get().pk])
    assert signed_in(cast.cy).post(url).status_code == 404
    assert signed_in(cast.bo).post(url).status_code == 302
    cast.cy.is_active = False
    cast.cy.save()
    assert [get(text).status_code for text in (withdrawn, left, "x")] == [404, 404, 404]
    assert Client().get(URL).status_code == 400


def test_only_a_hash_of_the_token_is_kept(goals, cast):
    text = token(cast.bo)
    feed = CalendarFeed.objects.get()
    assert text not in {str(value) for value in vars(feed).values()}
    assert feed.token_hash == feeds.hashed(text)


def test_guessing_is_slowed_and_nobody_is_locked_out(goals, cast):
    text = token(cast.bo)
    assert {get(f"guess {n}").status_code for n in range(31)} == {404, 429}
    assert get(text).status_code == 200


def test_the_address_is_shown_once(goals, cast):
    bo, url = signed_in(cast.bo), reverse("reviews:subscribe")
    sent = {"name": "Outlook", "shows": "unit", "once": "k1"}
    made = bo.post(url, sent)
    text = made.context["address"].partition("token=")[2]
    assert get(text).status_code == 200
    assert text in made.content.decode()
    assert bo.post(url, sent).status_code == 302
    page = bo.get(url).content.decode()
    assert (text in page, "Outlook" in page, "just now" in page, cast.bo.calendar_feeds.count()) == (
        False, True, True, 1
    )  # fmt: skip
    assert bo.post(url, {"name": "", "shows": "x"}).status_code == 422


def test_nobody_has_more_than_ten(goals, cast):
    for _ in range(10):
        token(cast.bo)
    answer = signed_in(cast.bo).post(reverse("reviews:subscribe"), {"name": "x", "shows": "own", "once": "k"})
    assert (answer.status_code, cast.bo.calendar_feeds.count()) == (422, 10)


def test_as_many_queries_whatever_the_reviews(goals, cast):
    text = token(cast.ada, "all")
    get(text)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert get(text).status_code == 200
        return len(found)

    one = queries()
    for number in range(3):
        cast.goal(f"More {number}", owner=cast.bo)
    work_out(cast.works)
    assert queries() == one
