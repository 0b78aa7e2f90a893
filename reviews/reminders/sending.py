"""Sending what is due (docs/domain.md section 14): what goes out is decided by reading once for everybody, and each
message is claimed in the database before it leaves, so that however many workers run and die nothing goes out twice.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from cascade.errors import NotTaken
from goals.models import Goal
from kpis.outstanding import outstanding
from people.models import Notification, Organisation, Person
from reviews.models import Channel, Digest, Reminder
from reviews.reminders import chat, inbox, mailing, rules
from reviews.reminders.planning import Audience, rules_of, still_owed
from reviews.schedule import settings_of

log = structlog.get_logger(__name__)

AT_ONCE = 200  # people
FIRST_WAIT = dt.timedelta(minutes=5)  # then twice as long each time
MOST_TRIES = 7
PLANNED, SENT, SKIPPED = Reminder.State.PLANNED, Reminder.State.SENT, Reminder.State.SKIPPED
WITH = ("review__goal__figures", "review__owner__manager", "kpi__goal", "recipient__organisation", "recipient__unit")
Place = tuple[int, str]  # a person and a channel


@dataclass
class Decided:
    """What goes out now, by person and channel; what was passed over; what nobody has to be told any more. `last` is
    the person who ends the batch, None where nobody comes after."""

    last: int | None = None
    send: dict[Place, list[Reminder]] = field(default_factory=dict)
    skip: dict[Place, list[Reminder]] = field(default_factory=dict)
    cancel: list[Reminder] = field(default_factory=list)


class Ran(NamedTuple):
    """How many messages went out, and after whom to go on."""

    sent: int
    last: int | None


def run(organisation: Organisation, now: dt.datetime, after: int = 0) -> Ran:
    """Sends what is due to at most AT_ONCE people, those with the ids that follow."""
    decided = decide(organisation, now, after)
    settle(decided.cancel, Reminder.State.CANCELLED, now)
    told = {place: rows for place, rows in decided.send.items() if place[1] == Channel.APP}
    passed = [row for place in told for row in decided.skip.get(place, [])]
    sent = inbox.put_in(organisation, [row for rows in told.values() for row in rows], passed, now)
    for place in decided.send.keys() - told.keys():
        sent += deliver(place, decided.send[place], decided.skip.get(place, []), now)
    return Ran(sent, decided.last)


def decide(organisation: Organisation, now: dt.datetime, after: int = 0) -> Decided:
    """Reads, and writes nothing; the number of queries does not depend on that of rows."""
    due = Reminder.objects.filter(organisation=organisation, state=PLANNED, at__lte=now)
    due = due.filter(Q(not_before=None) | Q(not_before__lte=now))
    people = due.filter(recipient__gt=after).order_by("recipient_id").values_list("recipient_id", flat=True)
    people = list(people.distinct()[: AT_ONCE + 1])
    if not people:
        return Decided()
    last = people[AT_ONCE - 1] if len(people) > AT_ONCE else None
    people = people[:AT_ONCE]
    rows = list(due.filter(recipient__in=people).select_related(*WITH))
    settings = settings_of(organisation)
    audience = Audience(organisation, settings)
    if not settings.remind:
        return Decided(last, cancel=rows)
    owed = Owed.of(organisation, rows)
    hidden = hidden_from(rows)
    wanted = [
        row
        for row in rows
        if owed.asks(row) and audience.wants(row.recipient_id, row.kind, row.channel) and row.pk not in hidden
    ]
    held_back = Waiting.of(audience, wanted, now)
    kept = {row.pk for row in wanted}
    found = Decided(last, cancel=[row for row in rows if row.pk not in kept])
    ready = sorted((row for row in wanted if not held_back.waits(row)), key=place_of)
    for place, group in groupby(ready, key=place_of):
        of_place = {row.key: row for row in group}
        recipient = next(iter(of_place.values())).recipient
        zones = {str(recipient.pk): ZoneInfo(recipient.timezone)}
        send, skip = rules.due(map(as_rule, of_place.values()), (), now, zones, rules_of(settings))
        if send:
            found.send[place] = [of_place[row.key] for row in send]
            found.skip[place] = [of_place[row.key] for row in skip]
    return found


def hidden_from(rows: Iterable[Reminder]) -> set[int]:
    """The rows about goals that their recipient may not see, such as a former owner's. Asked only about goals that are
    not open to the organisation, of people who do not own them."""
    found: dict[Person, dict[int, int]] = defaultdict(dict)
    for row in rows:
        goal = row.review.goal if row.review_id else row.kpi.goal
        if goal.visibility != Goal.Visibility.ORGANISATION and goal.owner_id != row.recipient_id:
            found[row.recipient][row.pk] = goal.pk
    hidden: set[int] = set()
    for person, goals in found.items():
        seen = set(Goal.objects.visible_to(person).filter(pk__in=goals.values()).values_list("pk", flat=True))
        hidden |= {pk for pk, goal in goals.items() if goal not in seen}
    return hidden


def place_of(row: Reminder) -> Place:
    return row.recipient_id, row.channel


def as_rule(row: Reminder) -> rules.Reminder:
    return rules.Reminder(
        row.key, row.about, row.kind, row.n, str(row.recipient_id), row.day, row.at, rules.State(row.state)
    )


@dataclass(frozen=True)
class Owed:
    """What is still owed, and by whom; rows can be older than what they tell."""

    reviews: dict[int, tuple[int, int, int | None]]
    values: set[tuple[int, dt.date, int]]

    @classmethod
    def of(cls, organisation: Organisation, rows: Iterable[Reminder]) -> "Owed":
        reviews = still_owed(organisation).filter(pk__in={row.review_id for row in rows if row.review_id})
        held = reviews.values_list("pk", "revision", "owner_id", "owner__manager_id")
        kpis = {row.kpi_id for row in rows if row.kpi_id}
        values = outstanding(organisation, organisation.today(), kpis) if kpis else ()
        return cls(
            {pk: tuple(told) for pk, *told in held},
            {(value.kpi_id, value.due.period.first, value.recorder_id) for value in values},
        )

    def asks(self, row: Reminder) -> bool:
        if not row.recipient.is_active:
            return False
        if row.kpi_id:
            return (row.kpi_id, row.period, row.recipient_id) in self.values
        revision, owner, manager = self.reviews.get(row.review_id, (0, None, None))
        asked = manager if row.kind == Reminder.Kind.ESCALATION else owner
        return (row.revision, row.recipient_id) == (revision, asked)


@dataclass(frozen=True)
class Waiting:
    """Who gets nothing just now: away, told today already, told often enough this week, or put off by themselves."""

    audience: Audience
    now: dt.datetime
    told: dict[Place, list[dt.date]]
    put_off: set[tuple[int, str]]

    @classmethod
    def of(cls, audience: Audience, rows: Iterable[Reminder], now: dt.datetime) -> "Waiting":
        people = {row.recipient_id for row in rows}
        told: dict[Place, list[dt.date]] = defaultdict(list)
        week = Digest.objects.filter(recipient__in=people, day__gte=now.date() - dt.timedelta(days=8))
        for person_id, channel, day in week.values_list("recipient_id", "channel", "day"):
            told[person_id, channel].append(day)
        snoozed = Notification.objects.filter(person__in=people, kind__in=inbox.KINDS).snoozed(now)
        put_off = {
            (person_id, facts.get("about", "")) for person_id, facts in snoozed.values_list("person_id", "facts")
        }
        return cls(audience, now, told, put_off)

    def waits(self, row: Reminder) -> bool:
        if row.channel == Channel.APP:
            return False
        today = local_day(row.recipient, self.now)
        back_on = self.audience.wish(row.recipient_id).back_on
        if (back_on is not None and today < back_on) or (row.recipient_id, row.about) in self.put_off:
            return True
        days = self.told[place_of(row)]
        monday = today - dt.timedelta(days=today.weekday())
        most = self.audience.settings.mails_a_week if row.channel == Channel.EMAIL else 7
        return today in days or sum(day >= monday for day in days) >= most


def local_day(person: Person, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(person.timezone)).date()


def deliver(place: Place, send: list[Reminder], skip: list[Reminder], now: dt.datetime) -> int:
    """Claims a message and sends it; 0 when another worker has it, or it was surely not taken."""
    digest = claimed(place, send, skip, now)
    if digest is None:
        return 0
    door = mailing if digest.channel == Channel.EMAIL else chat
    try:
        door.send(digest.recipient, send)
    except NotTaken as refusal:
        log.warning("reminder_not_taken", person=digest.recipient_id, channel=digest.channel, why=str(refusal))
        give_back(digest, now)
        return 0
    except OSError as lost:  # nobody knows whether it arrived, so it is not sent again
        log.warning("reminder_in_doubt", person=digest.recipient_id, channel=digest.channel, why=str(lost))
    return 1


def claimed(place: Place, send: list[Reminder], skip: list[Reminder], now: dt.datetime) -> Digest | None:
    """The digest of the day with its reminders, committed as sent; None when somebody was faster."""
    recipient = send[0].recipient
    day = local_day(recipient, now)
    digest = Digest(
        organisation_id=recipient.organisation_id, recipient=recipient, channel=place[1], day=day, made_at=now
    )
    try:
        with transaction.atomic():
            digest.save()
            mine = Reminder.objects.filter(pk__in=[row.pk for row in send], state=PLANNED)
            if mine.update(state=SENT, settled_at=now, digest=digest) != len(send):
                raise IntegrityError("taken by another worker")
            settle(skip, SKIPPED, now)
    except IntegrityError:
        return None
    return digest


def settle(rows: Iterable[Reminder], state: str, now: dt.datetime) -> None:
    planned = Reminder.objects.filter(pk__in=[row.pk for row in rows], state=PLANNED)
    planned.update(state=state, settled_at=now)


def give_back(digest: Digest, now: dt.datetime) -> None:
    """What was surely not taken is tried again, later and later; then given up. The day is free for another digest."""
    with transaction.atomic():
        rows = digest.reminders.all()
        tries = max(rows.values_list("tries", flat=True), default=0) + 1
        again = {"state": PLANNED, "settled_at": None, "not_before": now + FIRST_WAIT * 2 ** (tries - 1)}
        rows.update(tries=F("tries") + 1, **(again if tries < MOST_TRIES else {"state": Reminder.State.FAILED}))
        digest.delete()
