"""Reminders that are stored: planned from what is owed, sent once, and by nobody's clock but the reader's."""

import datetime as dt
from collections.abc import Collection
from email import message_from_bytes, policy

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from goals import lifecycle
from goals.models import Goal
from people import inbox
from people.models import Notification
from reviews.checking_in import submit
from reviews.models import Digest, Reminder, ReminderWishes, Review, ReviewSettings
from reviews.reminders import planning, sending
from reviews.tasks import remind

EMAIL = "email"


def at(text: str) -> dt.datetime:
    """A moment of 2026 in UTC: "06-22 07:00"."""
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=dt.UTC)


@pytest.fixture
def clock():
    with time_machine.travel(at("06-01 06:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def review(clock, cast) -> Review:
    """Cy in Oslo owes a review on Monday 6 July; Bo, the manager, lives in London."""
    for person, zone in ((cast.cy, "Europe/Oslo"), (cast.bo, "Europe/London")):
        person.timezone = zone
        person.save()
    return owed(cast, cast.cy, "Faster")


def owed(cast, owner, title: str, day: str = "2026-07-06") -> Review:
    return Review.objects.create(
        organisation=cast.works,
        goal=cast.goal(title, level=1, owner=owner),
        owner=owner,
        name="FY2026-Q2",
        first=dt.date(2026, 4, 1),
        end=dt.date(2026, 6, 30),
        day=dt.date.fromisoformat(day),
    )


def run(cast, clock, moment: str) -> list[str]:
    """What a worker sends by mail at a moment, after planning as it does each hour."""
    clock.move_to(at(moment))
    planning.plan(cast.works)
    before = list(Reminder.objects.filter(state="sent").values_list("pk", flat=True))
    sending.run(cast.works, timezone.now())
    return keys("sent", but=before)


def keys(state: str, channel: str = EMAIL, but: Collection[int] = ()) -> list[str]:
    rows = Reminder.objects.filter(state=state, channel=channel).exclude(pk__in=but).order_by("at", "kind", "pk")
    return [":".join([row.kind, str(row.n), row.recipient.name]) for row in rows.select_related("recipient")]


def text_of(message) -> str:
    return message_from_bytes(message.message().as_bytes(), policy=policy.default).get_body(("plain",)).get_content()


def test_the_worker_sends_the_latest_and_escalates(review, cast, clock, mailoutbox):
    moments = ("06-22 06:59", "06-22 07:00", "06-22 07:05", "07-06 07:00", "07-20 07:30", "07-20 08:00", "07-20 08:05")
    assert [run(cast, clock, moment) for moment in moments] == [
        [],
        ["before:14:Cy"],
        [],
        ["before:0:Cy"],
        ["overdue:14:Cy"],
        ["escalation:14:Bo"],
        [],
    ]
    assert keys("skipped") == ["before:3:Cy", "overdue:7:Cy"]
    assert [message.to for message in mailoutbox] == [
        [f"{name} <{name.lower()}@works.example>"] for name in ("Cy", "Cy", "Cy", "Bo")
    ]
    assert Digest.objects.filter(channel=EMAIL).count() == 4


def test_planning_again_changes_nothing(review, cast, clock):
    clock.move_to(at("06-20 06:00"))
    assert planning.plan(cast.works) == 2  # mail and inbox, 14 days before
    assert planning.plan(cast.works) == 0
    run(cast, clock, "06-22 07:00")
    assert planning.plan(cast.works) == 0
    assert Review.objects.get().revision == 1


def test_other_settings_move_what_is_planned_and_nothing_that_went_out(review, cast, clock):
    run(cast, clock, "06-22 07:00")
    clock.move_to(at("06-30 07:00"))
    planning.plan(cast.works)
    ReviewSettings.objects.create(organisation=cast.works, remind_at=dt.time(22, 30))
    planning.plan(cast.works)
    rows = Reminder.objects.filter(channel=EMAIL).order_by("at")
    assert [(row.kind, row.n, row.at, row.state) for row in rows] == [
        ("before", 14, at("06-22 07:00"), "sent"),
        ("before", 3, at("07-03 18:00"), "planned"),
        ("before", 0, at("07-06 18:00"), "planned"),
    ]


def test_a_review_that_was_moved_reminds_anew(review, cast, clock):
    assert run(cast, clock, "06-22 07:00") == ["before:14:Cy"]
    Review.objects.update(day=dt.date(2026, 7, 8), revision=2)
    assert run(cast, clock, "06-24 07:00") == ["before:14:Cy"]
    Review.objects.update(day=dt.date(2026, 7, 9), revision=3)
    clock.move_to(at("07-08 07:00"))
    assert sending.run(cast.works, timezone.now()).sent == 0  # not planned anew yet, and the old rows are not believed


@pytest.mark.parametrize("done", ["signed", "cancelled", "checked in", "paused", "left", "off"])
def test_nothing_more_is_sent_when_it_is_done(review, cast, clock, done, mailoutbox):
    run(cast, clock, "07-03 07:00")
    clock.move_to(at("07-05 07:00"))
    planning.plan(cast.works)
    if done in ("signed", "cancelled"):
        Review.objects.update(state=done)
    elif done == "checked in":
        submit(review, cast.cy, confidence=4, comment="Well")
    elif done == "paused":
        lifecycle.change_state(review.goal, "paused", by=cast.ada)
    elif done == "left":
        cast.cy.is_active = False
        cast.cy.save()
    else:
        ReviewSettings.objects.create(organisation=cast.works, remind=False)
    clock.move_to(at("07-06 07:00"))
    assert sending.run(cast.works, timezone.now()).sent == 0
    assert keys("planned") == []
    planning.plan(cast.works)
    assert run(cast, clock, "07-20 08:00") == []
    assert len(mailoutbox) == 1


def test_one_mail_a_day_tells_everything(review, cast, clock, mailoutbox):
    owed(cast, cast.cy, "Cheaper")
    assert run(cast, clock, "06-22 07:00") == ["before:14:Cy"] * 2
    assert len(mailoutbox) == 1
    assert "Faster" in text_of(mailoutbox[0])
    assert "Cheaper" in text_of(mailoutbox[0])
    owed(cast, cast.cy, "Sooner")
    assert run(cast, clock, "06-22 12:00") == []
    assert run(cast, clock, "06-23 07:00") == ["before:14:Cy"]


def test_no_more_than_so_many_mails_a_week(review, cast, clock):
    ReviewSettings.objects.create(organisation=cast.works, mails_a_week=1)
    owed(cast, cast.cy, "Cheaper", "2026-07-07")
    assert run(cast, clock, "06-22 07:00") == ["before:14:Cy"]
    assert run(cast, clock, "06-23 07:00") == []
    assert run(cast, clock, "06-28 21:00") == []
    assert run(cast, clock, "06-29 05:30") == ["before:14:Cy"]  # Monday, seven o'clock in Oslo has passed


def test_at_night_everything_waits(review, cast, clock):
    assert run(cast, clock, "06-22 18:01") == []
    assert run(cast, clock, "06-23 04:59") == []
    assert run(cast, clock, "06-23 05:00") == ["before:14:Cy"]


def test_who_is_away_gets_what_waited_on_the_day_of_coming_back(review, cast, clock):
    ReminderWishes.objects.create(person=cast.cy, back_on=dt.date(2026, 7, 8), away_because="Parental leave")
    assert run(cast, clock, "06-22 07:00") == []
    assert run(cast, clock, "07-07 10:00") == []
    assert run(cast, clock, "07-08 05:00") == ["before:0:Cy"]
    assert keys("skipped") == ["before:14:Cy", "before:3:Cy"]


def test_the_manager_reads_why(review, cast, clock, mailoutbox):
    ReminderWishes.objects.create(person=cast.cy, back_on=dt.date(2026, 8, 1), away_because="Parental leave")
    assert run(cast, clock, "07-20 08:00") == ["escalation:14:Bo"]
    assert "Away until 1 Aug 2026: Parental leave" in text_of(mailoutbox[0])


def test_what_is_put_off_in_the_inbox_is_not_mailed_until_then(review, cast, clock, mailoutbox):
    run(cast, clock, "06-22 07:00")
    [told] = Notification.objects.visible_to(cast.cy).filter(kind="check_in_due")
    inbox.snooze(Notification.objects.filter(pk=told.pk), at("07-21 07:00"), "Figures come late")
    assert run(cast, clock, "07-06 07:00") == []
    assert run(cast, clock, "07-20 08:00") == ["escalation:14:Bo"]
    assert "Figures come late" in text_of(mailoutbox[-1])
    assert run(cast, clock, "07-21 07:00") == ["overdue:14:Cy"]


def test_the_owner_hears_that_the_manager_knows(review, cast, clock, mailoutbox):
    run(cast, clock, "07-20 08:00")
    told = Notification.objects.visible_to(cast.cy).values_list("kind", flat=True)
    assert sorted(told) == ["check_in_overdue", "check_in_told_on"]
    assert Notification.objects.visible_to(cast.bo).get().kind == "check_in_escalated"
    assert "Bo hears of it as well" in text_of(mailoutbox[1])
    assert run(cast, clock, "07-20 08:05") == []
    assert Notification.objects.count() == 3


def test_what_is_done_calls_nobody_any_more(review, cast, clock):
    run(cast, clock, "07-06 07:00")
    waiting = Notification.objects.visible_to(cast.cy).filter(kind="check_in_due", read_at=None)
    planning.plan(cast.works)
    assert waiting.count() == 1
    submit(review, cast.cy, confidence=4, comment="Well")
    planning.plan(cast.works)
    assert waiting.count() == 0


@pytest.mark.parametrize(
    ("wishes", "mailed", "told"),
    [
        ({"mail": False}, [], ["overdue:14:Cy"]),
        ({"overdue": False}, ["before:0:Cy"], ["overdue:14:Cy"]),
        ({"overdue": False, "ahead": False}, [], ["overdue:14:Cy"]),
        ({"at": dt.time(11)}, ["overdue:7:Cy"], ["overdue:7:Cy"]),
        ({"at": dt.time(8)}, ["overdue:14:Cy"], ["overdue:14:Cy"]),
    ],
)
def test_people_choose_what_and_when(review, cast, clock, wishes, mailed, told):
    ReminderWishes.objects.create(person=cast.cy, **wishes)
    assert run(cast, clock, "07-20 07:00") == mailed
    assert keys("sent", "app") == told


def test_nobody_hears_of_a_goal_they_may_not_see(review, cast, clock):
    hidden = owed(cast, cast.cy, "Take over Elsewhere")
    Goal.objects.filter(pk=hidden.goal_id).update(visibility=Goal.Visibility.PRIVATE, owner=cast.ada)
    assert run(cast, clock, "06-22 07:00") == ["before:14:Cy"]
    assert Reminder.objects.filter(review=hidden, state="cancelled").count() == 2
    Goal.objects.filter(pk=hidden.goal_id).update(owner=cast.cy)
    assert run(cast, clock, "06-23 07:00") == ["before:14:Cy"]


def test_nothing_dated_before_somebody_joined(review, cast, clock):
    cast.cy.joined_at = at("07-01 06:00")
    cast.cy.save()
    assert run(cast, clock, "07-01 07:00") == []
    assert run(cast, clock, "07-03 07:00") == ["before:3:Cy"]
    assert keys("skipped") == ["before:14:Cy"]


def test_the_number_of_queries_stays_the_same(review, cast, clock):
    def counts(moment: str) -> tuple[int, int]:
        clock.move_to(at(moment))
        with CaptureQueriesContext(connection) as planned:
            planning.plan(cast.works)
        with CaptureQueriesContext(connection) as decided:
            sending.decide(cast.works, timezone.now())
        return len(planned), len(decided)

    one = counts("06-22 07:00")
    Reminder.objects.all().delete()
    for number in range(4):
        owed(cast, (cast.cy, cast.bo)[number % 2], f"Goal {number}")
    assert counts("06-22 08:00") == one
    assert Reminder.objects.count() == 10


def test_who_waits_keeps_nobody_else_waiting(review, cast, clock, monkeypatch):
    """In batches of one person: Bo, away, comes before Cy."""
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    owed(cast, cast.bo, "Cheaper")
    ReminderWishes.objects.create(person=cast.bo, back_on=dt.date(2026, 7, 8))
    clock.move_to(at("06-22 08:00"))
    planning.plan(cast.works)
    asked = []
    monkeypatch.setattr("reviews.tasks.remind.delay", lambda *told: asked.append(told))
    remind(cast.works.pk)
    assert keys("sent") == []
    assert asked == [(cast.works.pk, cast.bo.pk)]
    remind(*asked[0])
    assert len(asked) == 1
    assert keys("sent") == ["before:14:Cy"]
