"""A year, day by day: every reminder that goes out is one that ought to, at that moment, once, whatever dies."""

import datetime as dt
import random

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from reviews.models import Digest, Reminder
from reviews.reminders import planning, sending
from tests.reviews import reminded

START = dt.date(2026, 4, 1)


class Killed(BaseException):
    """What a worker never comes back from."""


def chances() -> random.Random:
    return random.Random(3)  # noqa: S311  reproducible, not secret


class Deadly(EmailBackend):
    """A mail server beside which workers die, before or after it took the mail."""

    chance = chances()
    lost = 0

    def send_messages(self, messages):
        fate = self.chance.random()
        if fate < 0.02:
            Deadly.lost += 1
            raise Killed
        sent = super().send_messages(messages)
        if fate > 0.98:
            raise Killed
        return sent


def lived_through(cast, people: int, days: int, diligent: float = 0) -> reminded.World:
    with time_machine.travel(dt.datetime.combine(START, dt.time(), dt.UTC), tick=False) as clock:
        world = reminded.build(cast, people, START, days, diligent)
        yesterday = None
        for moment in world.moments:
            clock.move_to(moment)
            if moment.date() != yesterday:
                begin = START if yesterday is None else yesterday + reminded.DAY
                yesterday = moment.date()
                for number in range((yesterday - begin).days + 1):
                    reminded.live(cast, world, begin + number * reminded.DAY)
                planning.plan(cast.works)
            work(cast)
    return world


def work(cast) -> None:
    """A worker, and after it died another one."""
    for _ in range(50):
        try:
            sending.run(cast.works, timezone.now())
        except Killed:
            continue
        return


def check(world: reminded.World) -> None:
    went_out = Reminder.objects.filter(channel="email", state="sent")
    assert dict(went_out.values_list("key", "settled_at")) == reminded.expected(world)
    mails = Digest.objects.filter(channel="email").count()
    assert len(mail.outbox) == mails - Deadly.lost
    assert Deadly.lost > 0
    told = [(message.to[0], message.subject, message.body) for message in mail.outbox]
    assert len(set(told)) == len(told)


@pytest.fixture(autouse=True)
def deadly(settings, monkeypatch):
    settings.EMAIL_BACKEND = "tests.reviews.test_a_year_of_reminders.Deadly"
    monkeypatch.setattr(Deadly, "lost", 0)
    monkeypatch.setattr(Deadly, "chance", chances())


def test_a_season_with_ten_people(cast):
    check(lived_through(cast, people=10, days=122))


@pytest.mark.stress
def test_a_year_with_two_hundred_people(cast):
    world = lived_through(cast, people=200, days=365, diligent=0.8)
    check(world)
    kinds = set(Reminder.objects.filter(state="sent").values_list("kind", flat=True))
    assert kinds == set(Reminder.Kind.values)
