"""From the mail to the check-in without signing in, and how one is reminded, in a browser."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from people.models import Person
from reviews.models import CheckIn, Reminder, ReminderWishes, Review, ReviewSettings
from reviews.reminders import mailing

pytestmark = pytest.mark.browser


@pytest.fixture
def mailed(cast, mailoutbox) -> str:
    """The words of a mail that asks Cy for a check-in."""
    today = cast.works.today()
    review = Review.objects.create(
        organisation=cast.works,
        goal=cast.goal("Answer every customer within the day they ask", cast.goal("Serve"), level=2, owner=cast.cy),
        owner=cast.cy,
        name="week",
        first=today - dt.timedelta(days=20),
        end=today - dt.timedelta(days=5),
        day=today,
    )
    row = Reminder(review=review, recipient=cast.cy, kind="before", n=0, channel="email", day=today, at=timezone.now())
    mailing.send(cast.cy, [row])
    return mailoutbox[0].body


def path_in(words: str, start: str) -> str:
    return re.search(rf"http://[^/]+(/{start}/\S+)", words)[1]


def test_an_owner_checks_in_from_the_mail(cast, visit, mailed):
    visitor = visit()
    page = visitor.open(path_in(mailed, "check-in"))
    visitor.check_looks()
    page.get_by_label("4 · likely").focus()
    page.keyboard.press("Space")
    page.get_by_label("What is going on?").fill("Two people more since Monday")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Checked in")).to_be_visible()
    assert CheckIn.objects.get().confidence == 4
    visitor.open(path_in(mailed, "reminders/stop"))
    page.get_by_role("button", name="Stop the mails").click()
    expect(page.get_by_text("gets none")).to_be_visible()
    visitor.check_looks()
    assert not ReminderWishes.objects.get(person=cast.cy).mail


def test_choosing_how_one_is_reminded(cast, visit):
    ReviewSettings.objects.create(organisation=cast.works)
    Person.objects.filter(pk=cast.bo.pk).update(manager=cast.ada)
    ReminderWishes.objects.create(
        person=cast.bo, back_on=cast.works.today() + dt.timedelta(days=9), away_because="long " * 90
    )
    visitor = visit(cast.ada)
    page = visitor.open("/settings/reminders/")
    visitor.refusals.add(422)
    visitor.check_looks()
    page.get_by_label("In a chat").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Without an address no chat can be told.")).to_be_visible()
    page.get_by_label("Address of an incoming webhook").fill("https://hooks.chat.example/abc")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your reminders are saved.")).to_be_visible()
    page.get_by_role("link", name="For everybody").click()
    expect(page.get_by_role("heading", name="Reminders for everybody")).to_be_visible()
    visitor.check_looks()
