"""The wall of kudos: all that a person may see, newest first, with the goals that were reached between them."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from goals.models import Kudos, Win
from goals.voices import wins
from goals.voices.feedback import Entry, thanked
from goals.voices.kudos import shown
from people.models import Person

PAGE = 30
WHOSE = ("to", "from")


@dataclass(frozen=True)
class Wall:
    """`entries` newest first; `more`: the id of the last kudos of the page, where there are more."""

    entries: list[Entry]
    more: int | None
    count: int


def page(person: Person, whose: str = "", before: int | None = None) -> Wall:
    """`whose`: "to" the person, "from" them, or all. In a fixed number of queries."""
    rows = of(person, whose)
    count = rows.count()
    last = Kudos.objects.filter(pk=before).values_list("created_at", flat=True).first() if before else None
    if last is not None:
        rows = rows.filter(created_at__lte=last).exclude(pk__gte=before, created_at=last)
    found = list(shown(rows.order_by("-created_at", "-pk"))[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    entries = [Entry("kudos", each.kudos.created_at, each) for each in thanked(found[:PAGE], person)]
    if not whose:
        until = last or timezone.now()
        since = entries[-1].at if more else until - dt.timedelta(days=366)
        entries += [Entry("win", moment_of(win), win) for win in between(person, since, until)]
    return Wall(sorted(entries, key=lambda entry: entry.at, reverse=True), more, count)


def of(person: Person, whose: str) -> QuerySet[Kudos]:
    rows = Kudos.objects.visible_to(person)
    if whose == "to":
        return rows.filter(receivers=person)
    return rows.filter(author=person) if whose == "from" else rows


def between(person: Person, since: dt.datetime, until: dt.datetime) -> list[Win]:
    day_of = person.organisation.day_of
    return list(wins.newest(person, day_of(since), day_of(until))[:PAGE])


def moment_of(win: Win) -> dt.datetime:
    return win.organisation.end_of(win.reached_on)
