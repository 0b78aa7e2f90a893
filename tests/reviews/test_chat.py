"""Reminders in a chat: real messages to a real server, once, and never into our own network."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from cascade.errors import NotTaken
from cascade.outside import post
from goals.models import Goal
from reviews.models import ChatAddress, Reminder, ReminderWishes, Review
from reviews.reminders import planning, sending
from tests.reviews.test_reminders import at, owed


class Chat(ThreadingHTTPServer):
    """Answers with the statuses told, then 200; keeps what was said."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Door)
        self.heard: list[dict] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/abc?key=1"


class Door(BaseHTTPRequestHandler):
    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append({"path": self.path, "content_type": self.headers["Content-Type"], **said})
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if not status:
            return  # hangs up without an answer
        self.send_response(status)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def chat(settings):
    settings.PRIVATE_WEBHOOKS = True
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def clock():
    with time_machine.travel(at("07-06 09:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast) -> Review:
    ReminderWishes.objects.create(person=cast.cy, chat=True)
    return owed(cast, cast.cy, "Faster & <better> @channel [x](y)")


def address(cast, chat, form: str = "slack", person=None) -> None:
    ChatAddress.objects.create(organisation=cast.works, person=person, format=form, url=chat.url)


def run(cast) -> list[str]:
    planning.plan(cast.works)
    sending.run(cast.works, timezone.now())
    return list(Reminder.objects.filter(channel="chat", n=0).values_list("state", flat=True))


def text_of(form: str, said: dict) -> str:
    if form != "teams":
        return said["text"]
    [card] = said["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    return "\n".join(block["text"] for block in card["content"]["body"])


@pytest.mark.parametrize(
    ("form", "title"),
    [
        ("slack", "|Faster &amp; &lt;better&gt; @channel [x](y)>"),
        ("mattermost", "[Faster & \\<better\\> @\u200bchannel \\[x\\]\\(y\\)]("),
        ("teams", "[Faster & \\<better\\> @\u200bchannel \\[x\\]\\(y\\)]("),
    ],
)
def test_each_chat_is_told_in_its_own_way(review, cast, chat, form, title):
    address(cast, chat, form, cast.cy)
    assert run(cast) == ["sent"]
    [said] = chat.heard
    assert (said["path"], said["content_type"]) == ("/hooks/abc?key=1", "application/json")
    text = text_of(form, said)
    assert "One check-in is due, Cy" in text
    assert title in text
    assert f"/reviews/{review.pk}/check-in/" in text  # asks for signing in: others read it


def test_the_chat_for_all_names_the_person_and_no_closed_goal(review, cast, chat):
    address(cast, chat)
    hidden = owed(cast, cast.cy, "Take over Elsewhere")
    Goal.objects.filter(pk=hidden.goal_id).update(visibility=Goal.Visibility.UNIT)
    assert run(cast) == ["sent", "sent"]
    [said] = chat.heard
    assert said["text"].startswith("*Cy: Two check-ins are due, Cy*")
    assert "Elsewhere" not in said["text"]
    assert said["text"].endswith("1 more in Cascade")


def test_without_an_address_or_a_wish_nothing_is_said(review, cast, chat):
    assert run(cast) == []
    address(cast, chat)
    ReminderWishes.objects.update(chat=False)
    assert run(cast) == []
    assert chat.heard == []


@pytest.mark.parametrize("status", [302, 404, 429, 503])
def test_what_was_surely_not_taken_is_said_again(review, cast, chat, clock, status):
    address(cast, chat)
    chat.statuses = [status]
    assert run(cast) == ["planned"]
    assert run(cast) == ["planned"]  # not at once
    clock.shift(dt.timedelta(minutes=5))
    assert run(cast) == ["sent"]
    assert len(chat.heard) == 2


@pytest.mark.parametrize("status", [0, 500, 504])
def test_what_may_have_been_taken_is_not_said_again(review, cast, chat, clock, status):
    address(cast, chat)
    chat.statuses = [status]
    assert run(cast) == ["sent"]
    clock.shift(dt.timedelta(minutes=30))
    assert run(cast) == ["sent"]
    assert len(chat.heard) == 1


def test_after_seven_times_it_is_given_up(review, cast, chat, clock):
    address(cast, chat)
    chat.statuses = [404] * 9
    found = []
    for _ in range(9):
        found += run(cast)
        clock.shift(dt.timedelta(hours=6) if len(found) > 6 else dt.timedelta(minutes=5 * 2 ** len(found)))
    assert found[5:8] == ["planned", "failed", "failed"]
    assert len(chat.heard) == 7


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
    ],
)
def test_our_own_network_stays_ours(url):
    with pytest.raises(NotTaken, match="private network"):
        post(url, {})


@pytest.mark.parametrize("url", ["http://hooks.chat.example/", "https://hooks.chat.example:22/", "file:///etc/passwd"])
def test_only_https_leads_out(url):
    with pytest.raises(NotTaken, match="https"):
        post(url, {})


def test_a_redirect_is_not_followed(chat, settings):
    chat.statuses = [307]
    with pytest.raises(NotTaken, match="307"):
        post(chat.url, {})
    assert len(chat.heard) == 1


def test_an_address_is_tried(cast, chat):
    client = Client()
    client.force_login(cast.cy)
    assert client.post("/settings/reminders/chat/mine/").status_code == 404
    address(cast, chat, person=cast.cy)
    address(cast, chat)
    assert client.post("/settings/reminders/chat/all/").status_code == 403
    chat.statuses = [200, 410]
    for words in ("It is in the chat.", "The chat did not take it: answered 410"):
        client.post("/settings/reminders/chat/mine/")
        assert words in client.get("/settings/reminders/").content.decode()
    assert chat.heard[0]["text"] == "*Cascade can write here. Cy tried it.*"
    client.force_login(cast.ada)
    client.post("/settings/reminders/chat/all/")
    assert len(chat.heard) == 3
    for _ in range(9):
        last = client.post("/settings/reminders/chat/all/")
    assert (last.status_code, len(chat.heard)) == (429, 7)
