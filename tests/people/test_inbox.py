"""The inbox: what waits, read, put off, muted; nobody else's."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people import notifications
from people.models import MutedKind, Notification
from people.notifications import notify
from tests.cast import signed_in

NOON = dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)  # a Friday


@pytest.fixture(autouse=True)
def clock(hello):
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def told(person, word="hello", url="/goals/") -> Notification:
    notify([person], "hello", word, url, by="Ada", word=word)
    return Notification.objects.get(person=person, key=f"hello {word}")


def text(person, show="new") -> str:
    answer = signed_in(person).get(reverse("inbox"), {"show": show})
    assert answer.status_code == 200
    return answer.content.decode()


def act(person, name, row, **sent):
    return signed_in(person).post(reverse(f"inbox_{name}", args=[row.pk]), sent)


def test_following_marks_read_and_leads_there(cast):
    row = told(cast.bo)
    assert "Ada says hello" in text(cast.bo)
    answer = act(cast.bo, "follow", row)
    assert (answer.status_code, answer["Location"]) == (302, "/goals/")
    assert "Ada says hello" not in text(cast.bo)
    assert "Ada says hello" in text(cast.bo, "all")


def test_put_off_it_comes_back_on_that_morning(cast, clock):
    row = told(cast.bo)
    act(cast.bo, "snooze", row, until="2026-04-13", reason="after the holiday")
    assert "Ada says hello" not in text(cast.bo)
    assert "after the holiday" in text(cast.bo, "later")
    clock.move_to(dt.datetime(2026, 4, 13, 6, 59, tzinfo=dt.UTC))
    assert "Ada says hello" not in text(cast.bo)
    clock.move_to(dt.datetime(2026, 4, 13, 7, 1, tzinfo=dt.UTC))
    assert "Ada says hello" in text(cast.bo)


@pytest.mark.parametrize("until", ["", "2026-04-09", "2026-04-10", "9999-12-31", "0001-01-01", "2026-02-31", "x"])
def test_it_is_put_off_only_to_a_morning_to_come(cast, until):
    row = told(cast.bo)
    assert act(cast.bo, "snooze", row, until=until).status_code == 302
    row.refresh_from_db()
    assert row.snoozed_until is None


def test_all_as_read_leaves_what_came_since(cast):
    seen, _since = told(cast.bo, "one"), told(cast.bo, "two")
    signed_in(cast.bo).post(reverse("inbox_read_all"), {"newest": seen.pk})
    assert "Ada says one" not in text(cast.bo)
    assert "Ada says two" in text(cast.bo)


@pytest.mark.parametrize("name", ["follow", "read", "unread", "snooze"])
def test_somebody_elses_notification_does_not_exist(cast, name):
    row = told(cast.bo)
    before = Notification.objects.filter(pk=row.pk).values().get()
    assert act(cast.cy, name, row, until="2026-04-13").status_code == 404
    assert act(cast.ada, name, row, until="2026-04-13").status_code == 404
    assert Notification.objects.filter(pk=row.pk).values().get() == before
    assert act(cast.bo, name, row, until="2026-04-13").status_code == 302


def test_a_muted_kind_does_not_call_and_can_be_heard_again(cast):
    signed_in(cast.bo).post(reverse("inbox_muting"), {"kind": [k for k in notifications.KINDS if k != "hello"]})
    assert list(MutedKind.objects.values_list("person", "kind")) == [(cast.bo.pk, "hello")]
    told(cast.bo)
    assert "Ada says hello" not in text(cast.bo)
    signed_in(cast.bo).post(reverse("inbox_muting"), {"kind": list(notifications.KINDS)})
    assert not MutedKind.objects.exists()


def test_the_bell_counts_what_waits(cast):
    assert "bell-count" not in text(cast.bo)
    told(cast.bo, "one")
    told(cast.bo, "two")
    assert '<span class="bell-count" aria-hidden="true">2</span>' in text(cast.bo)


def test_nobody_is_sent_away_to_another_site(cast):
    row = told(cast.bo)
    assert act(cast.bo, "read", row, back="https://evil.example/")["Location"] == reverse("inbox")


def test_as_many_queries_for_one_as_for_three(cast):
    bo = signed_in(cast.bo)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert bo.get(reverse("inbox")).status_code == 200
        return len(found)

    told(cast.bo, "one")
    one = queries()
    told(cast.bo, "two")
    told(cast.bo, "three")
    assert queries() == one


def test_earlier_ones_follow_page_by_page(cast):
    notify_many = [told(cast.bo, f"word {n}") for n in range(52)]
    page = text(cast.bo)
    assert f"before={notify_many[2].pk}" in page
    answer = signed_in(cast.bo).get(reverse("inbox"), {"before": notify_many[2].pk}).content.decode()
    assert "Ada says word 1<" in answer
    assert "Ada says word 0<" in answer
    assert "Ada says word 2<" not in answer
