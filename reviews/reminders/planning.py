"""Planning reminders: worked out from reviews, values that are owed, settings and wishes, as often as one likes
(docs/domain.md section 14). What was sent or skipped stays as it is.
"""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from goals.models import Goal
from kpis.outstanding import outstanding
from people.models import Organisation, Person
from reviews.models import Channel, ChatAddress, CheckIn, Reminder, ReminderWishes, Review, ReviewSettings
from reviews.reminders import inbox, rules
from reviews.rhythm import Workdays
from reviews.schedule import settings_of, workdays_of

AHEAD = dt.timedelta(days=7)  # what comes later is planned later
LONGEST = dt.timedelta(days=35)  # before a review, with its holidays
OVERDUE = dt.timedelta(days=80)  # eight weeks, with their holidays
KEPT = dt.timedelta(days=400)
OPEN = (Reminder.State.PLANNED, Reminder.State.SUPERSEDED)
CHANGEABLE = (*OPEN, Reminder.State.CANCELLED)
BATCH = 500
MANAGERS = "owner__manager"


def rules_of(settings: ReviewSettings) -> rules.Rules:
    return rules.Rules(at=settings.remind_at, quiet=(settings.quiet_from, settings.quiet_until))


def still_owed(organisation: Organisation) -> QuerySet:
    """Reviews of active goals, neither signed nor called off, for which the one who owes them has not checked in."""
    handed_in = CheckIn.objects.submitted().filter(review=OuterRef("pk"), author=OuterRef("owner"))
    rows = Review.objects.owed().filter(organisation=organisation, goal__state=Goal.State.ACTIVE)
    return rows.filter(owner__is_active=True).exclude(Exists(handed_in))


@dataclass(frozen=True)
class Audience:
    """How the people of an organisation are reminded; read once."""

    organisation: Organisation
    settings: ReviewSettings

    @cached_property
    def wishes(self) -> dict[int, ReminderWishes]:
        found = ReminderWishes.objects.filter(person__organisation=self.organisation)
        return {wishes.person_id: wishes for wishes in found}

    @cached_property
    def chats(self) -> set[int | None]:
        return set(ChatAddress.objects.filter(organisation=self.organisation).values_list("person_id", flat=True))

    def wish(self, person_id: int) -> ReminderWishes:
        return self.wishes.get(person_id) or ReminderWishes(person_id=person_id)

    def wants(self, person_id: int, kind: str, channel: str) -> bool:
        if channel == Channel.CHAT and not {person_id, None} & self.chats:
            return False
        return self.wish(person_id).wants(kind, channel)

    def recipient(self, person: Person) -> rules.Recipient:
        zone = zoneinfo.ZoneInfo(person.timezone)
        joined = person.joined_at.astimezone(zone).date()
        return rules.Recipient(str(person.pk), zone, joined, self.wish(person.pk).at)


def plan(organisation: Organisation) -> int:
    """Brings what is planned for the coming week up to date; how many rows changed. A second run changes nothing."""
    settings, today = settings_of(organisation), organisation.today()
    audience = Audience(organisation, settings)
    wanted = {row.key: row for row in wanted_rows(audience, today)} if settings.remind else {}
    near = Q(day__gte=today - OVERDUE) | Q(state__in=OPEN)
    rows = Reminder.objects.filter(near, organisation=organisation).order_by("pk").values_list(*Held._fields)
    held = {row.key: row for row in map(Held._make, rows.iterator())}
    new = [row for key, row in wanted.items() if key not in held]
    changed = {row.pk: row for each in held.values() if (row := brought_up_to_date(each, wanted.get(each.key)))}
    with transaction.atomic():
        Reminder.objects.bulk_create(new, ignore_conflicts=True, batch_size=BATCH)
        change(changed)
        Reminder.objects.filter(organisation=organisation, day__lt=today - KEPT).delete()
        inbox.settle(organisation, {(row.recipient_id, row.about) for row in wanted.values()})
    return len(new) + len(changed)


class Held(NamedTuple):
    """A stored reminder, as far as planning looks at it."""

    pk: int
    key: str
    day: dt.date
    at: dt.datetime
    state: str


def brought_up_to_date(held: Held, wanted: Reminder | None) -> Reminder | None:
    """The stored reminder as it has to be, None when it is so. What went out or was skipped never changes; what is not
    wanted is called off, and planned again when it is."""
    if held.state not in CHANGEABLE:
        return None
    fields = {"day": held.day, "at": held.at, "state": Reminder.State.CANCELLED}
    if wanted is not None:
        fields = {"day": wanted.day, "at": wanted.at, "state": wanted.state}
    if (held.day, held.at, held.state) == tuple(fields.values()):
        return None
    settled_at = None if fields["state"] in OPEN else timezone.now()
    return Reminder(pk=held.pk, settled_at=settled_at, **fields)


def change(rows: Mapping[int, Reminder]) -> None:
    """Stores those that no worker has settled meanwhile."""
    for some in batched(rows, BATCH):
        waiting = Reminder.objects.filter(pk__in=some, state__in=CHANGEABLE).order_by("pk").select_for_update()
        still = [rows[pk] for pk in waiting.values_list("pk", flat=True)]
        Reminder.objects.bulk_update(still, ["day", "at", "state", "settled_at"])


def batched(keys: Iterable[int], size: int) -> Iterator[list[int]]:
    keys = list(keys)
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def wanted_rows(audience: Audience, today: dt.date) -> Iterator[Reminder]:
    """Unsaved rows of every reminder up to a week ahead that somebody wants."""
    organisation, settings = audience.organisation, audience.settings
    workdays = workdays_of(organisation, settings, range(today.year - 1, today.year + 2))
    yield from of_reviews(audience, today, workdays)
    yield from of_values(audience, today, workdays)


def of_reviews(audience: Audience, today: dt.date, workdays: Workdays) -> Iterator[Reminder]:
    asked = rules_of(audience.settings)
    near = still_owed(audience.organisation).filter(day__gte=today - OVERDUE, day__lte=today + AHEAD + LONGEST)
    for review in near.select_related(MANAGERS):
        owner, manager = review.owner, review.owner.manager
        told = audience.recipient(manager) if manager is not None and manager.is_active else None
        rows = rules.plan(
            f"review{review.pk}",
            review.revision,
            review.day,
            audience.recipient(owner),
            told,
            workdays,
            asked,
            channel="",
        )
        for row in soon(audience, rows, today):
            row.review, row.revision = review, review.revision
            yield row


def of_values(audience: Audience, today: dt.date, workdays: Workdays) -> Iterator[Reminder]:
    organisation, asked = audience.organisation, rules_of(audience.settings)
    people = {person.pk: person for person in Person.objects.active().filter(organisation=organisation)}
    for value in outstanding(organisation, today):
        grace, since = organisation.grace[value.cadence], value.due.since
        late = since + dt.timedelta(days=grace)
        if value.recorder_id not in people or since > today + AHEAD or late < today - AHEAD:
            continue
        to = audience.recipient(people[value.recorder_id])
        first = value.due.period.first
        rows = rules.plan_value(f"kpi{value.kpi_id}", first, since, grace, to, workdays, asked, channel="")
        for row in soon(audience, rows, today):
            row.kpi_id, row.period = value.kpi_id, first
            yield row


def soon(audience: Audience, rows: Iterable[rules.Reminder], today: dt.date) -> Iterator[Reminder]:
    """Those of the coming week, once for each channel on which they are wanted."""
    for row in rows:
        for channel in Channel.values if row.day <= today + AHEAD else ():
            if audience.wants(int(row.recipient), row.kind, channel):
                yield Reminder(
                    organisation=audience.organisation,
                    key=row.key + channel,
                    recipient_id=int(row.recipient),
                    kind=row.kind,
                    n=row.n,
                    channel=channel,
                    day=row.day,
                    at=row.at,
                    state=row.state,
                )
