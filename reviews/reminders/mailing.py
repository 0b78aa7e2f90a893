"""Reminders by mail."""

from collections.abc import Sequence

from people import mail
from people.models import Person
from reviews.models import Reminder
from reviews.reminders.digest import content_of, read_by
from reviews.reminders.links import stop_link
from reviews.schedule import settings_of


def send(person: Person, rows: Sequence[Reminder]) -> None:
    """One mail about all of it. Raises as `people.mail.send`."""
    with read_by(person):
        content = content_of(person, rows)
    stop = stop_link(person)
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    context = {"content": content, "stop": stop, "most": settings_of(person.organisation).mails_a_week}
    mail.send(person, "reminder", context, headers=headers)
