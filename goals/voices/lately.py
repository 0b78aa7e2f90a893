"""What went well lately on a person's own line, and how their signals on the goals above stand."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from goals.models import Kudos, Signal
from goals.voices import wins
from goals.voices.feedback import Entry
from people.models import Person

DAYS = dt.timedelta(days=30)
MOST = 5


def lately(person: Person, own: Collection[int], above: Collection[int]) -> list[Entry]:
    """The thanks they got and the goals reached on their line (their `own` goals and those `above`, by id) within DAYS,
    newest first; two queries."""
    organisation, now = person.organisation, timezone.now()
    thanks = Kudos.objects.visible_to(person).filter(receivers=person, created_at__gte=now - DAYS)
    thanks = thanks.select_related("author", "goal")
    entries = [Entry("kudos", each.created_at, each) for each in thanks.order_by("-created_at", "-pk")[:MOST]]
    reached = wins.on_line(person, own, above, organisation.day_of(now - DAYS))[:MOST]
    entries += [Entry("win", organisation.end_of(win.reached_on), win) for win in reached]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]


@dataclass(frozen=True, slots=True)
class Voice:
    """What a person may say, or has said, on a goal above their own."""

    goal_id: int
    may_signal: bool
    signal: Signal | None

    @property
    def days(self) -> int:
        return (timezone.now() - self.signal.waits_since).days if self.signal else 0


def signals_of(person: Person, goals: Collection[int]) -> dict[int, Signal]:
    """The person's newest signal on each of the goals: those that wait, and those of the last DAYS."""
    rows = Signal.objects.filter(author=person, goal__in=goals).exclude(state=Signal.State.WITHDRAWN)
    since = timezone.now() - DAYS
    return {each.goal_id: each for each in rows.order_by("pk") if each.state == "open" or each.waits_since > since}
