"""Telling people of the demo company what happened in the past, when it happened."""

import datetime as dt
from collections.abc import Iterable

from goals.models import Goal
from people.models import Notification, Person
from people.notifications import notify

READ_AFTER = dt.timedelta(days=7)


def told(people: Iterable[Person], kind: str, key: str, at: dt.datetime, now: dt.datetime, goal: Goal, **facts) -> None:
    """As `notify` does, of a goal, at its `anchor`; what is older than a week has been read."""
    # Not reversed: that would import every page of the product while a start waits for the demo.
    url = f"/goals/{goal.pk}/{facts.pop('anchor', '')}"
    notify(people, kind, key, url, goal=goal.title, **facts)
    rows = Notification.objects.filter(kind=kind, key=f"{kind} {key}")
    rows.update(created_at=at, read_at=at + READ_AFTER if at + READ_AFTER < now else None)
