"""Invitations by mail: to whom, when, once each, and what a calendar program reads in them."""

import datetime as dt
from email import message_from_string

import pytest
import time_machine
import vobject
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cascade.errors import NotTaken
from goals import lifecycle
from reviews.calendar import invitations, moving
from reviews.calendar.invitations import claimed, due, send
from reviews.models import Invitation, Review, ReviewSettings
from reviews.schedule import work_out
from tests.cast import signed_in
from tests.reviews.test_schedule import noon


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-04-10"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast):
    """Cy's team goal, reviewed on 5 May; Bo manages Cy."""
    goal = cast.goal("Calls, <b>", level=2, owner=cast.cy)
    work_out(cast.works)
    return Review.objects.select_related("goal").get(goal=goal, name="2026-04")


def sent(cast) -> list[tuple[str, str]]:
    """Who got what since the last look."""
    mail.outbox.clear()
    send(cast.works)
    return sorted((message.to[0].split(" ")[0], message.subject) for message in mail.outbox)


def entry(message):
    """The calendar in a mail, as it went over the wire."""
    parts = message_from_string(message.message().as_string()).walk()
    [part] = [part for part in parts if part.get_content_type() == "text/calendar"]
    told = vobject.readOne(part.get_payload(decode=True).decode())
    assert part.get_param("method") == told.method.value
    return told


def test_owner_and_manager_are_invited_a_month_ahead_and_once(review, cast):
    assert sent(cast) == [("Bo", "Review of Calls, <b> on 5 May"), ("Cy", "Review of Calls, <b> on 5 May")]
    assert sent(cast) == []
    told = list(Invitation.objects.values_list("person__name", "number", "method", "revision", "day"))
    assert sorted(told) == [(name, 1, "REQUEST", 1, review.day) for name in ("Bo", "Cy")]
    assert all(Invitation.objects.values_list("sent_at", flat=True))


def test_what_a_calendar_reads(review, cast):
    send(cast.works)
    message = next(each for each in mail.outbox if each.to == ["Cy <cy@works.example>"])
    told = entry(message)
    event = told.vevent
    assert (told.method.value, event.sequence.value, event.status.value) == ("REQUEST", "1", "CONFIRMED")
    assert event.uid.value == f"review-{review.pk}@127.0.0.1"
    assert (event.dtstart.value, event.summary.value) == (dt.date(2026, 5, 5), "Review: Calls, <b>")
    assert (event.attendee.value, event.organizer.value) == ("mailto:cy@works.example", "mailto:cascade@localhost")
    html = message.alternatives[0].content
    assert "Calls, &lt;b&gt;" in html
    assert "Calls, <b>" in message.body
    assert f"/reviews/{review.pk}/" in message.body


def test_moved_and_called_off_update_the_entry(review, cast):
    sent(cast)
    moving.move(review, cast.cy, dt.date(2026, 5, 12), "Fair", time=dt.time(9, 30))
    assert sent(cast)[1] == ("Cy", "Moved to 12 May: review of Calls, <b>")
    event = entry(mail.outbox[0]).vevent
    assert (event.sequence.value, event.dtstart.value.hour, "was on Tuesday 5 May 2026" in mail.outbox[0].body) == (
        "2", 9, True
    )  # fmt: skip
    moving.call_off(review, cast.cy, "Ill")
    assert sent(cast)[1] == ("Cy", "Called off: review of Calls, <b> on 12 May")
    told = entry(mail.outbox[0])
    assert (told.method.value, told.vevent.status.value, told.vevent.sequence.value) == ("CANCEL", "CANCELLED", "3")
    moving.plan_again(review, cast.cy)
    assert [name for name, _ in sent(cast)] == ["Bo", "Cy"]
    assert list(Invitation.objects.filter(person=cast.cy).values_list("number", flat=True)) == [1, 2, 3, 4]


def test_what_the_calendar_moves_or_drops_is_told_too(review, cast):
    sent(cast)
    ReviewSettings.objects.create(organisation=cast.works, days_after=7)
    work_out(cast.works)
    assert sent(cast)[0] == ("Bo", "Moved to 7 May: review of Calls, <b>")
    lifecycle.change_state(review.goal, "paused", by=cast.ada)
    work_out(cast.works)
    assert sent(cast)[0] == ("Bo", "Called off: review of Calls, <b> on 7 May")


def test_who_no_longer_owes_it_is_told_so(review, cast):
    sent(cast)
    Review.objects.filter(pk=review.pk).update(owner=cast.ada)
    assert sent(cast) == [
        ("Ada", "Review of Calls, <b> on 5 May"),
        ("Bo", "No longer yours: review of Calls, <b> on 5 May"),
        ("Cy", "No longer yours: review of Calls, <b> on 5 May"),
    ]


def test_signed_over_and_far_away_ones_are_left_alone(review, cast, clock):
    assert {each.review.name for each in due(cast.works)} == {"2026-04"}
    Review.objects.filter(pk=review.pk).update(state="signed")
    assert sent(cast) == []
    Review.objects.filter(pk=review.pk).update(state="planned")
    clock.move_to(noon("2026-05-06"))
    assert [each.review.name for each in due(cast.works)] == ["2026-05", "2026-05"]


def test_who_wants_none_gets_none(review, cast):
    cy = signed_in(cast.cy)
    assert cy.post(reverse("reviews:invite")).status_code == 302
    assert [name for name, _ in sent(cast)] == ["Bo"]
    assert "Send me invitations" in cy.get(reverse("reviews:subscribe")).content.decode()
    cy.post(reverse("reviews:invite"), {"on": "1"})
    assert [name for name, _ in sent(cast)] == ["Cy"]


def test_an_organisation_may_want_none_at_all(review, cast):
    settings = ReviewSettings.objects.create(organisation=cast.works, invite=False)
    assert sent(cast) == []
    settings.invite = True
    settings.save()
    cast.cy.is_active = False
    cast.cy.save()
    assert [name for name, _ in sent(cast)] == ["Bo"]


def test_two_workers_send_one_mail(review, cast):
    mine, theirs = next(due(cast.works)), next(due(cast.works))
    assert claimed(mine) is not None
    assert claimed(theirs) is None
    assert invitations.sent(theirs) == 0
    assert mail.outbox == []


@pytest.mark.parametrize(("error", "again"), [(NotTaken("away"), 2), (TimeoutError("?"), 0)])
def test_what_was_surely_not_taken_is_tried_again_and_nothing_else(review, cast, monkeypatch, error, again):
    def broken(*args, **kwargs):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("people.mail.get_connection", broken)
        patched.setattr("people.mail.EmailMultiAlternatives.attach_alternative", broken)
        assert send(cast.works) == 0
    assert len(sent(cast)) == again


def test_as_many_queries_to_find_what_is_due(review, cast):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            list(due(cast.works))
        return len(found)

    one = queries()
    for number in range(3):
        cast.goal(f"More {number}", level=2, owner=cast.bo)
    work_out(cast.works)
    assert queries() == one
