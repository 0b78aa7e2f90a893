"""Workers side by side, one of them killed: nobody gets a mail twice, and at most the one in its hands is lost."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from people.models import Organisation, Person
from reviews.models import Reminder, Review, ReviewSettings
from reviews.reminders import planning
from tests import cast as company
from tests.servers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 40


def worker(organisation: Organisation, folder: Path) -> subprocess.Popen:
    """Ready to send when it is told to."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{place}"
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.reviews.remind", str(organisation.pk), str(folder)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    started.stdout.readline()
    return started


def begin(started: subprocess.Popen) -> None:
    started.stdin.write("go\n")
    started.stdin.flush()


def many_due(cast) -> None:
    """A review today of forty people, wherever it is about noon now."""
    hours = 12 - dt.datetime.now(dt.UTC).hour
    zone = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    cast.works.timezone = zone
    cast.works.save()
    ReviewSettings.objects.create(organisation=cast.works, remind_at=dt.time(7))
    today = cast.works.today()
    for number in range(PEOPLE):
        person = company.person(cast.works, f"P{number}", "member", timezone=zone)
        Person.objects.filter(pk=person.pk).update(joined_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        goal = cast.goal(f"Goal {number}", level=2, owner=person)
        week = {"first": today - dt.timedelta(days=9), "end": today - dt.timedelta(days=3), "day": today}
        Review.objects.create(organisation=cast.works, goal=goal, owner=person, name="week", **week)
    planning.plan(cast.works)


def recipients(folder: Path) -> list[str]:
    written = (file.read_text() for file in folder.iterdir())
    return [to for text in written for to in re.findall(r"^To: .*<(.*)>$", text, re.MULTILINE)]


def test_two_workers_one_of_them_killed(tmp_path):
    cast = company.cast()
    many_due(cast)
    folder = tmp_path / "mail"
    folder.mkdir()
    workers = [worker(cast.works, folder) for _ in range(2)]
    for each in workers:
        begin(each)
    wait_until(lambda: len(list(folder.iterdir())) >= 3)
    workers[0].kill()
    assert workers[1].wait(60) == 0
    workers[0].wait(10)
    last = worker(cast.works, folder)
    last.communicate("go\n", timeout=60)
    told = recipients(folder)
    assert len(told) == len(set(told))
    assert PEOPLE - 1 <= len(told) <= PEOPLE
    states = Reminder.objects.filter(channel="email", n=0).values_list("state", flat=True)
    assert list(states) == ["sent"] * PEOPLE
