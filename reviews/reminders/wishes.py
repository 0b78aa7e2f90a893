"""How a person wants to be reminded, and changing it."""

import datetime as dt
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people import language
from people.models import Person
from people.notifications import notify
from reviews.calendar import choosing
from reviews.models import Channel, Reminder, ReminderWishes

LATELY = 8
LONGEST = dt.timedelta(days=366)


def of(person: Person) -> ReminderWishes:
    """What they chose, or everything, not saved."""
    return ReminderWishes.objects.filter(pk=person.pk).first() or ReminderWishes(person=person)


def change(person: Person, **fields: Any) -> ReminderWishes:
    """Changes the given ones, and plans the reminders anew."""
    with transaction.atomic():
        wishes, _new = ReminderWishes.objects.get_or_create(pk=person.pk)
        for name, value in fields.items():
            setattr(wishes, name, value)
        wishes.version += 1
        wishes.save()
        choosing.ask(person.organisation)
    return wishes


def go_away(person: Person, back_on: dt.date | None, because: str) -> None:
    """Nothing is sent until that day (None: they are here); the manager is told. ValidationError `in_the_past`,
    `too_far` (beyond a year)."""
    today = timezone.now().astimezone(zoneinfo.ZoneInfo(person.timezone)).date()
    if back_on is not None and back_on <= today:
        raise ValidationError({"back_on": ValidationError(_("Choose a day to come."), code="in_the_past")})
    if back_on is not None and back_on > today + LONGEST:
        raise ValidationError({"back_on": ValidationError(_("Choose a day within a year."), code="too_far")})
    with transaction.atomic():
        before = of(person)
        wishes = change(person, back_on=back_on, away_because=because if back_on else "")
        manager = person.manager
        if back_on is None or manager is None or (before.back_on, before.away_because) == (back_on, because):
            return
        with language.read_by(manager):
            facts = {"person": person.name, "day": date_format(back_on, "DATE_FORMAT"), "reason": because}
        notify([manager], "away", f"person{person.pk} v{wishes.version}", **facts)


def sent_lately(person: Person) -> list[Reminder]:
    """The last reminders that left Cascade for them, newest first."""
    rows = Reminder.objects.filter(recipient=person, state=Reminder.State.SENT).exclude(channel=Channel.APP)
    return list(rows.select_related("review__goal", "kpi").order_by("-settled_at", "-pk")[:LATELY])


def away_below(person: Person) -> list[ReminderWishes]:
    """Who of the people one manages is away, and why."""
    rows = ReminderWishes.objects.filter(person__manager=person, person__is_active=True)
    rows = rows.filter(back_on__gt=person.organisation.today()).select_related("person")
    return list(rows.order_by("back_on", "person__name"))
