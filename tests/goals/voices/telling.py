"""Signals and kudos of the cast, and what people were told."""

from datetime import timedelta

from django.utils import timezone

from goals.models import Goal, Kudos, Signal
from goals.voices import kudos, signals
from people.models import Notification
from people.notifications import sentence


def line(cast) -> tuple[Goal, Goal]:
    """A goal of Bo's, and below it one of Cy's."""
    goal = cast.goal("Grow", owner=cast.bo)
    below = cast.goal("Call", goal, owner=cast.cy)
    return Goal.objects.get(pk=goal.pk), below


def signal(cast, goal: Goal, text: str = "Too far away", kind: str = "not_reachable", by=None) -> Signal:
    return signals.send(goal, kind, text, by=by or cast.cy)


def answered(cast, goal: Goal, outcome: str = "kept", text: str = "We stay with it", **fields) -> Signal:
    return signals.answer(signal(cast, goal, **fields), outcome, text, by=cast.bo)


def kudo(cast, goal: Goal, text: str = "Well called", to=None, by=None) -> Kudos:
    return kudos.give(goal, [to or cast.cy], text, by=by or cast.bo)


def waited(made: Signal, days: int) -> Signal:
    made.waits_since = timezone.now() - timedelta(days=days)
    made.save(update_fields=["waits_since"])
    return made


def told(who) -> list[str]:
    return [sentence(each) for each in Notification.objects.filter(person=who).order_by("pk")]
