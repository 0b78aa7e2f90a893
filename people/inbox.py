"""A person's notifications: what waits, what was put off, what was read; the page and the API share this."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Notification, Person

PAGE = 50


def waiting_count(person: Person) -> int:
    return Notification.objects.visible_to(person).waiting(timezone.now()).count()


def page(person: Person, show: str, before: int | None) -> tuple[list[Notification], int | None]:
    """Newest first, and where the next page begins. `show`: "new", "later" or "all"."""
    rows = Notification.objects.visible_to(person)
    if show != "all":
        rows = rows.snoozed(timezone.now()) if show == "later" else rows.waiting(timezone.now())
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def mark_read(notifications) -> int:
    """How many were unread."""
    return notifications.filter(read_at=None).update(read_at=timezone.now(), version=F("version") + 1)


def mark_unread(notifications) -> int:
    """Read or put off, it waits again."""
    return notifications.update(read_at=None, snoozed_until=None, snooze_reason="", version=F("version") + 1)


def snooze(notifications, until: dt.datetime, reason: str) -> int:
    """Puts off until a moment to come. Codes: in_the_past, too_far (beyond a year)."""
    now = timezone.now()
    if until <= now:
        raise ValidationError({"snoozed_until": ValidationError(_("Choose a later moment."), code="in_the_past")})
    if until > now + dt.timedelta(days=366):
        message = _("Choose a moment within a year.")
        raise ValidationError({"snoozed_until": ValidationError(message, code="too_far")})
    return notifications.update(read_at=None, snoozed_until=until, snooze_reason=reason, version=F("version") + 1)
