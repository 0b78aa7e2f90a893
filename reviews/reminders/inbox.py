"""Reminders in the inbox of Cascade: told in the transaction that notes them as sent."""

import datetime as dt
from collections.abc import Container, Iterator, Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format

from kpis.periods import period_name, period_of
from kpis.scoring import fiscal_of
from kpis.sight_words import named
from people import language, notifications
from people.inbox import mark_read
from people.models import Notification, Organisation, Person
from people.notifications import Told
from reviews.models import Reminder

BEFORE, OVERDUE, ESCALATION = Reminder.Kind.BEFORE, Reminder.Kind.OVERDUE, Reminder.Kind.ESCALATION
KINDS = ("check_in_due", "check_in_overdue", "check_in_escalated", "value_due")
OF_KIND = {BEFORE: "check_in_due", OVERDUE: "check_in_overdue", ESCALATION: "check_in_escalated"}


def put_in(organisation: Organisation, rows: Sequence[Reminder], passed: Sequence[Reminder], now: dt.datetime) -> int:
    """Puts each into its person's inbox, once; how many. A second worker waits for the rows and finds them settled."""
    if not rows:
        return 0
    with transaction.atomic():
        planned = Reminder.objects.filter(state=Reminder.State.PLANNED).order_by("pk").select_for_update(of=("self",))
        mine = set(planned.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        told = [row for row in rows if row.pk in mine]
        notifications.tell(thing for row in told for thing in things(organisation, row))
        Reminder.objects.filter(pk__in=mine).update(state=Reminder.State.SENT, settled_at=now)
        skipped = Reminder.objects.filter(pk__in=[row.pk for row in passed], state=Reminder.State.PLANNED)
        skipped.update(state=Reminder.State.SKIPPED, settled_at=now)
    return len(told)


def settle(organisation: Organisation, asked: Container[tuple[int, str]]) -> None:
    """Marks as read what called for something that is done by now; `asked`: what still is, of whom."""
    unread = Notification.objects.filter(organisation=organisation, kind__in=KINDS, read_at=None)
    done = [
        pk
        for pk, person, facts in unread.values_list("pk", "person_id", "facts")
        if (person, facts["about"]) not in asked
    ]
    mark_read(Notification.objects.filter(pk__in=done))


def things(organisation: Organisation, row: Reminder) -> Iterator[Told]:
    """What is told of a reminder; of an escalation its owner hears as well."""
    kind = OF_KIND.get(row.kind, "value_due")
    with language.read_by(row.recipient):
        facts = of_value(organisation, row) if row.kpi_id else of_review(row)
    yield Told(row.recipient, kind, told_by(row), address(row), {"about": row.about, **facts})
    if row.kind == ESCALATION:
        owner = row.review.owner
        with language.read_by(owner):
            facts = {**of_review(row), "manager": row.recipient.name, "about": row.about}
        yield Told(owner, "check_in_told_on", told_by(row), address(row, owner), facts)


def told_by(row: Reminder) -> str:
    """The reminder's name without person and channel."""
    return row.key.rsplit(":", 2)[0]


def of_review(row: Reminder) -> dict:
    review = row.review
    return {
        "goal": review.goal.title,
        "owner": review.owner.name,
        "day": date_format(review.day, "DATE_FORMAT"),
        "days": max(0, (row.day - review.day).days),
    }


def of_value(organisation: Organisation, row: Reminder) -> dict:
    return {"kpi": row.kpi.name, "period": period_words(organisation, row)}


def period_words(organisation: Organisation, row: Reminder) -> str:
    fiscal = fiscal_of(organisation)
    period = period_of(row.period, row.kpi.cadence, fiscal)
    return named(period, row.kpi.cadence, period_name(row.period, row.kpi.cadence, fiscal))


def address(row: Reminder, reader: Person | None = None) -> str:
    """Where it is done: checking in, entering the value, or for the manager the review."""
    if row.kpi_id:
        return reverse("kpis:detail", args=[row.kpi_id])
    page = "reviews:room" if row.kind == ESCALATION and reader is None else "reviews:check_in"
    return reverse(page, args=[row.review_id])
