"""What the links in a mail open, and how one is reminded: the pages, asked without a browser."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people.models import Notification
from reviews.models import ChatAddress, CheckIn, Reminder, ReminderWishes, Review, ReviewSettings
from reviews.reminders import links, planning, sending
from tests.reviews.test_reminders import at, owed

MINE, RULES = "/settings/reminders/", "/settings/reminders/organisation/"
WISHES = {"mail": "on", "ahead": "on", "at": "", "zone": "Europe/Oslo", "chat-format": "slack", "chat-url": ""}


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    with time_machine.travel(at("07-06 09:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(cast) -> Review:
    return owed(cast, cast.cy, "Faster")


def client_of(person=None) -> Client:
    client = Client(enforce_csrf_checks=person is None)
    if person:
        client.force_login(person)
    return client


def rules(**changes) -> dict:
    told = {"version": 1, "remind": "on", "remind_at": "08:30", "quiet_from": "20:00", "quiet_until": "07:00"}
    return {**told, "mails_a_week": 3, "chat-format": "slack", "chat-url": "", **changes}


def test_the_mail_leads_into_the_check_in_without_signing_in(review, cast, mailoutbox):
    planning.plan(cast.works)
    sending.run(cast.works, timezone.now())
    [link] = re.findall(r"Check in: (\S+)", mailoutbox[0].body)
    client = Client()
    page = client.get(link)
    assert "Faster" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert client.post(link, {"confidence": ""}).status_code == 422
    assert "Thank you" in client.post(link, {"confidence": "4", "comment": "Well", "version": ""}).content.decode()
    assert CheckIn.objects.get().author == cast.cy
    assert "Checked in already" in client.get(link).content.decode()
    assert "sessionid" not in client.cookies


def test_who_is_signed_in_gets_the_whole_page(review, cast):
    link = links.check_in_link(cast.cy, review)
    assert client_of(cast.cy).get(link).url == reverse("reviews:check_in", args=[review.pk])
    assert client_of(cast.bo).get(link).status_code == 200  # who opens it was handed the mail


def test_a_link_ends(review, cast, clock):
    link = links.check_in_link(cast.cy, review)
    assert Client().get(link[:-4] + "/").status_code == 404
    cast.cy.set_password("Another one of 20")
    cast.cy.save()
    assert Client().get(link).status_code == 410
    link = links.check_in_link(cast.cy, review)
    assert Client().get(link).status_code == 200
    clock.shift(dt.timedelta(days=15))
    ended = Client().get(link)
    assert ended.status_code == 410
    assert f'href="/reviews/{review.pk}/check-in/"' in ended.content.decode()
    link = links.check_in_link(cast.cy, review)
    review.goal.revise(by=cast.ada, owner=cast.bo)
    Review.objects.update(owner=cast.bo)
    assert Client().get(link).status_code == 410


def test_a_link_does_not_change_what_is_signed(review, cast):
    link = links.check_in_link(cast.cy, review)
    Review.objects.update(state="signed")
    assert Client().post(link, {"confidence": "4", "comment": "Well"}).status_code == 409
    assert not CheckIn.objects.exists()


def test_mails_are_stopped_without_signing_in(review, cast):
    link, client = links.stop_link(cast.cy), client_of()
    assert "No more reminders by mail?" in client.get(link).content.decode()
    assert not ReminderWishes.objects.exists()
    assert client.post(link, {"stop": "1"}).status_code == 200
    assert not ReminderWishes.objects.get(person=cast.cy).mail
    assert client.post(link, {"again": "1"}).status_code == 200
    assert ReminderWishes.objects.get(person=cast.cy).mail
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not ReminderWishes.objects.get(person=cast.cy).mail
    assert client.post(link[:-4] + "/").status_code == 404
    assert links.stop_link(cast.cy) != links.stop_link(cast.bo)


def test_the_mail_says_how_to_stop_it(review, cast, mailoutbox):
    planning.plan(cast.works)
    sending.run(cast.works, timezone.now())
    headers = mailoutbox[0].message()
    assert headers["List-Unsubscribe"] == f"<{links.stop_link(cast.cy)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links.stop_link(cast.cy) in mailoutbox[0].body


def test_one_chooses_what_reminds(cast):
    client = client_of(cast.cy)
    assert client.get(MINE).status_code == 200
    sent = {**WISHES, "at": "08:15", "chat": "on", "chat-url": "https://hooks.chat.example/abc?key=1"}
    assert client.post(MINE, sent).status_code == 302
    wishes = ReminderWishes.objects.get(person=cast.cy)
    assert (wishes.mail, wishes.chat, wishes.overdue, wishes.at) == (True, True, False, dt.time(8, 15))
    cast.cy.refresh_from_db()
    assert cast.cy.timezone == "Europe/Oslo"
    assert ChatAddress.objects.get().person == cast.cy
    assert "hooks.chat.example" not in client.get(MINE).content.decode()
    assert client.post(MINE, {**WISHES, "chat-forget": "on"}).status_code == 302
    assert not ChatAddress.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"chat": "on"},
        {"chat-url": "http://hooks.chat.example/"},
        {"chat-url": "https://user:word@hooks.chat.example/"},
        {"chat-url": "ftp://hooks.chat.example/"},
        {"chat-url": "https://hooks.chat.example:6379/"},
        {"chat-url": "https://"},
        {"chat-url": "https://[::1/"},
        {"chat-url": "https://hooks.chat.example/\x00a b"},
        {"zone": "Europe/Nowhere"},
        {"at": "25:00"},
    ],
)
def test_what_cannot_be_is_refused(cast, wrong):
    assert client_of(cast.cy).post(MINE, {**WISHES, **wrong}).status_code == 422
    assert not ReminderWishes.objects.exists()
    assert not ChatAddress.objects.exists()


def test_the_manager_hears_who_is_away(cast):
    client = client_of(cast.cy)
    away = {"back_on": "2026-07-20", "away_because": "Parental leave"}
    assert client.post("/settings/reminders/away/", away).status_code == 302
    assert "Parental leave" in client.get(MINE).content.decode()
    assert Notification.objects.get().person == cast.bo
    assert "Parental leave" in client_of(cast.bo).get(MINE).content.decode()
    assert "Parental leave" not in client_of(cast.dee).get(MINE).content.decode()
    assert client.post("/settings/reminders/away/", {"here": "1"}).status_code == 302
    assert ReminderWishes.objects.get().back_on is None


@pytest.mark.parametrize("day", ["2026-07-06", "2026-01-01", "2027-09-01", "soon", ""])
def test_away_is_until_a_day_to_come(cast, day):
    assert client_of(cast.cy).post("/settings/reminders/away/", {"back_on": day}).status_code == 422
    assert not Notification.objects.exists()


def test_the_rules_are_for_who_runs_the_cycle(cast, django_capture_on_commit_callbacks):
    for person in (cast.bo, cast.cy, cast.dee):
        assert client_of(person).get(RULES).status_code == 403
        assert client_of(person).post(RULES, rules()).status_code == 403
    client = client_of(cast.ada)
    assert client.get(RULES).status_code == 200
    assert client.post(RULES, rules()).status_code == 302
    held = ReviewSettings.objects.get()
    assert (held.remind_at, held.mails_a_week, held.version) == (dt.time(8, 30), 3, 1)
    assert held.history.latest().history_user == cast.ada
    assert client.post(RULES, rules()).status_code == 302
    assert client.post(RULES, rules()).status_code == 422  # somebody saved in between
    assert client.post(RULES, rules(version=2, quiet_from="06:00")).status_code == 422
    assert client.post(RULES, rules(version=2, **{"chat-url": "https://hooks.chat.example/x"})).status_code == 302
    assert ChatAddress.objects.get().person is None


def test_nobody_is_reminded_where_it_is_switched_off(review, cast):
    planning.plan(cast.works)
    assert client_of(cast.ada).post(RULES, {**rules(), "remind": ""}).status_code == 302
    planning.plan(cast.works)
    assert not Reminder.objects.filter(state__in=("planned", "superseded")).exists()
    assert Reminder.objects.filter(state="cancelled").exists()
