"""Notifications over the API: one's own, read, new again, put off."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import Notification
from people.notifications import notify
from tests.api.calling import codes

pytestmark = pytest.mark.usefixtures("hello")


def told(person, word="hello") -> Notification:
    notify([person], "hello", word, "/goals/", by="Ada", word=word)
    return Notification.objects.get(person=person, key=f"hello {word}")


def later(**more) -> str:
    return (timezone.now() + dt.timedelta(**more)).isoformat()


def test_a_notification_is_read_put_off_and_new_again(cast, cy):
    row = told(cast.cy)
    shown = cy.get("notifications/?state=waiting").json()["results"]
    assert [(one["id"], one["text"], one["facts"], one["read_at"]) for one in shown] == [
        (row.pk, "Ada says hello", {"by": "Ada", "word": "hello"}, None)
    ]
    assert cy.patch(f"notifications/{row.pk}/", {"read": True}).json()["read_at"]
    assert cy.get("notifications/?state=waiting").json()["count"] == 0
    assert cy.get("notifications/?state=read").json()["count"] == 1
    until = later(days=3)
    put_off = cy.patch(f"notifications/{row.pk}/", {"snoozed_until": until, "snooze_reason": "holiday"}).json()
    assert (put_off["snooze_reason"], put_off["read_at"]) == ("holiday", None)
    assert cy.get("notifications/?state=snoozed&kind=hello").json()["count"] == 1
    assert cy.get("notifications/?kind=other").json()["count"] == 0
    assert cy.patch(f"notifications/{row.pk}/", {"read": False}).json()["snoozed_until"] is None
    assert cy.get("notifications/?state=waiting").json()["count"] == 1


def test_a_moment_outside_the_coming_year_is_refused_at_its_field(cast, cy):
    row = told(cast.cy)
    for until, code in ((later(minutes=-1), "in_the_past"), (later(days=400), "too_far")):
        answer = cy.patch(f"notifications/{row.pk}/", {"snoozed_until": until})
        assert (answer.status_code, codes(answer)) == (400, {("snoozed_until", code)})
    answer = cy.patch(f"notifications/{row.pk}/", {"snoozed_until": later(days=1), "read": True})
    assert codes(answer) == {("snoozed_until", "read_and_snoozed")}


def test_an_old_version_changes_nothing(cast, cy):
    row = told(cast.cy)
    assert cy.patch(f"notifications/{row.pk}/", {"read": True}, **{"If-Match": '"1"'}).status_code == 200
    assert cy.patch(f"notifications/{row.pk}/", {"read": False}, **{"If-Match": '"1"'}).status_code == 412
    row.refresh_from_db()
    assert row.read_at is not None


def test_nobody_elses_notification_exists(cast, ada, cy, eve):
    row = told(cast.cy)
    for other in (ada, eve):
        assert other.get("notifications/").json()["count"] == 0
        assert other.get(f"notifications/{row.pk}/").status_code == 404
        assert other.patch(f"notifications/{row.pk}/", {"read": True}).status_code == 404
    assert cy.get(f"notifications/{row.pk}/").status_code == 200


def test_as_many_queries_for_one_as_for_three(cast, cy):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert cy.get("notifications/").status_code == 200
        return len(found)

    told(cast.cy, "one")
    queries()
    one = queries()
    told(cast.cy, "two")
    told(cast.cy, "three")
    assert queries() == one
