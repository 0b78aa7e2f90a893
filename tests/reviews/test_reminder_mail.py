"""Reminders through a real mail server: what arrives, and what happens when it is away, refuses or hangs up."""

import datetime as dt
from email import message_from_bytes, policy

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.utils import timezone

from reviews.models import Reminder, Review
from reviews.reminders import planning, sending
from tests.reviews.test_reminders import at, owed
from tests.servers import free_port


class Postbox:
    """Takes mails after the answers told."""

    def __init__(self):
        self.mails = []
        self.answers: list[str] = []

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer != "refused":
            self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        if answer == "hangs up":
            server.transport.abort()
        return "451 try again later" if answer == "refused" else "250 OK"


@pytest.fixture
def postbox(settings):
    box, port = Postbox(), free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    box.server = Controller(box, hostname="127.0.0.1", port=port)
    box.server.start()
    yield box
    box.server.stop()


@pytest.fixture
def clock():
    with time_machine.travel(at("07-06 09:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast) -> Review:
    cast.cy.name = "Cy Øverås"
    cast.cy.save()
    return owed(cast, cast.cy, "Ålesund: 20 % fortere – nå")


def run(cast) -> str:
    planning.plan(cast.works)
    sending.run(cast.works, timezone.now())
    return Reminder.objects.get(channel="email", n=0).state


def test_it_arrives_in_both_forms(review, cast, postbox):
    assert run(cast) == "sent"
    [(to, message)] = postbox.mails
    assert to == ["cy@works.example"]
    assert message["Subject"] == "One check-in is due, Cy"
    assert message["To"].addresses[0].display_name == "Cy Øverås"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        words = message.get_body((kind,)).get_content()
        assert "Ålesund: 20 % fortere – nå" in words
        assert "/check-in/" in words


def test_what_the_server_refuses_is_sent_again_later(review, cast, postbox, clock):
    postbox.answers = ["refused"]
    assert run(cast) == "planned"
    assert run(cast) == "planned"
    clock.shift(dt.timedelta(minutes=5))
    assert run(cast) == "sent"
    assert len(postbox.mails) == 1


def test_while_the_server_is_away_nothing_is_lost(review, cast, postbox, clock, settings):
    settings.EMAIL_PORT = free_port()
    assert run(cast) == "planned"
    settings.EMAIL_PORT = postbox.server.port
    clock.shift(dt.timedelta(minutes=5))
    assert run(cast) == "sent"
    assert len(postbox.mails) == 1


def test_a_mail_that_may_have_arrived_is_not_sent_again(review, cast, postbox, clock):
    postbox.answers = ["hangs up"]
    assert run(cast) == "sent"
    clock.shift(dt.timedelta(hours=1))
    assert run(cast) == "sent"
    assert len(postbox.mails) == 1
