"""Signals upward: sent, answered, sent again once, escalated when nobody answers (docs/domain.md section 15)."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade import versions
from cascade.errors import Conflict
from goals.models import Goal, Signal, SignalRound
from people.models import Person, Role
from people.notifications import notify

LONGEST = 4000
WAITS = dt.timedelta(days=14)
TOLD = 200
JOINED = ("goal__owner__unit", "goal__owner__manager", "goal__unit", "author")


def send(goal: Goal, kind: str, text: str, *, by: Person) -> Signal:
    """A signal, of which who is to answer is told. Raises ValidationError (`text`: required, max_length) and Conflict
    already_open: the person's last signal of this kind on this goal still waits."""
    text = checked(text)
    with transaction.atomic():
        with only_open():
            made = Signal.objects.create(
                organisation_id=goal.organisation_id,
                goal=goal,
                author=by,
                kind=kind,
                text=text,
                waits_since=timezone.now(),
            )
        tell(answerers(goal, by), "signal", made, by, text)
        return made


@contextmanager
def only_open() -> Iterator[None]:
    """Of one person, goal and kind only one signal waits, however many tabs send it at once."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        message = _("You have said so already; your signal waits for an answer.")
        raise Conflict("already_open", message) from None


def answer(signal: Signal, outcome: str, text: str, *, by: Person, version: int | None = None) -> Signal:
    """What the owner says to it, and decides; its author is told. Raises ValidationError (`text`), Conflict not_open
    and VersionMismatch."""
    text = checked(text)
    with transaction.atomic():
        now = held(signal, version, Signal.State.OPEN, _("It is not open any more."), "not_open")
        now.state, now.outcome = Signal.State.ANSWERED, outcome
        said(now, SignalRound.Kind.ANSWERED, by, text, outcome)
        tell([now.author], "signal_answered", now, by, text)
        return now


def reopen(signal: Signal, text: str, *, by: Person, version: int | None = None) -> Signal:
    """Its author is not content with the answer, once. Raises ValidationError (`text`), Conflict (not_answered,
    reopened_before, already_open) and VersionMismatch."""
    text = checked(text)
    with transaction.atomic():
        now = held(signal, version, Signal.State.ANSWERED, _("It is not answered."), "not_answered")
        if now.reopened_at is not None:
            raise Conflict("reopened_before", _("It was sent again once already; send a new one."))
        now.state, now.outcome, now.escalated_at = Signal.State.OPEN, "", None
        now.reopened_at = now.waits_since = timezone.now()
        with only_open():
            said(now, SignalRound.Kind.REOPENED, by, text)
        tell(answerers(now.goal, by), "signal_reopened", now, by, text)
        return now


def withdraw(signal: Signal, *, version: int | None = None) -> Signal:
    """Its author takes it back before it is answered. Raises Conflict not_open and VersionMismatch."""
    with transaction.atomic():
        now = held(signal, version, Signal.State.OPEN, _("It is not open any more."), "not_open")
        now.state = Signal.State.WITHDRAWN
        now.version += 1
        now.save()
        return now


def held(signal: Signal, version: int | None, state: str, message: str, code: str) -> Signal:
    now = versions.locked(Signal.objects.select_related(*JOINED), signal.pk, version)
    if now.state != state:
        raise Conflict(code, message)
    return now


def said(signal: Signal, kind: str, by: Person, text: str, outcome: str = "") -> None:
    signal.version += 1
    signal.save()
    same = {"organisation_id": signal.organisation_id, "signal": signal}
    SignalRound.objects.create(kind=kind, by=by, text=text, outcome=outcome, **same)


def checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValidationError({"text": ValidationError(_("Say it in a sentence."), code="required")})
    if len(text) > LONGEST:
        message = _("That is too long: at most %(most)s letters.") % {"most": f"{LONGEST:,}"}
        raise ValidationError({"text": ValidationError(message, code="max_length")})
    return text


def answerers(goal: Goal, author: Person) -> list[Person]:
    """The owner; where nobody is there to answer, who is next above."""
    if goal.owner_id and goal.owner.is_active:
        return [goal.owner]
    return next_above(goal, author)


def next_above(goal: Goal, author: Person) -> list[Person]:
    """The owner's manager, else the owner of the nearest goal above, else the strategy office. Never its author, nor
    who may not see the goal."""
    owners = [each.owner for each in goal.ancestors().select_related("owner").order_by("-depth") if each.owner_id]
    manager = goal.owner.manager if goal.owner_id else None
    for each in [manager, *owners]:
        if each is None or not each.is_active or each.pk in (author.pk, goal.owner_id):
            continue
        if Goal.objects.visible_to(each).filter(pk=goal.pk).exists():
            return [each]
    office = Person.objects.filter(organisation_id=goal.organisation_id, role=Role.STRATEGY, is_active=True)
    return list(office.exclude(pk__in=[author.pk, goal.owner_id or author.pk]))


def tell(people: Collection[Person], kind: str, signal: Signal, by: Person, text: str, **facts) -> None:
    url = f"{reverse('goals:detail', args=[signal.goal_id])}#signal-{signal.pk}"
    told = {"by": by.name, "goal": signal.goal.title, "text": Truncator(text).chars(TOLD)}
    notify(people, kind, key=f"{signal.pk} {signal.version}", url=url, **told, **facts)


def escalate(now: dt.datetime) -> int:
    """Tells who is next above, and the owner, of each signal that has waited too long; harmless when repeated."""
    waiting = Signal.objects.open().filter(waits_since__lte=now - WAITS, escalated_at=None)
    found = list(waiting.filter(goal__in=Goal.objects.open()).values_list("pk", flat=True)[:1000])
    return sum(escalated(pk, now) for pk in found)


def escalated(pk: int, now: dt.datetime) -> bool:
    with transaction.atomic():
        rows = Signal.objects.open().filter(escalated_at=None).select_related(*JOINED)
        signal = rows.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
        if signal is None:
            return False
        signal.escalated_at = now
        signal.save(update_fields=["escalated_at"])
        owner = signal.goal.owner
        facts = {"owner": owner.name if owner else "–", "days": (now - signal.waits_since).days}
        above = next_above(signal.goal, signal.author)
        tell(above, "signal_escalated", signal, signal.author, signal.text, **facts)
        if owner is not None:
            tell([owner], "signal_overdue", signal, signal.author, signal.text, **facts)
        return True


def open_signals(goals: QuerySet[Goal] | Collection[Goal], person: Person) -> QuerySet[Signal]:
    """The signals on these goals that wait for an answer, as the person may see them (each `named` or not), the longest
    waiting first."""
    rows = Signal.objects.visible_to(person).open().filter(goal__in=goals).with_names(person)
    return rows.select_related(*JOINED, "goal__level").order_by("waits_since", "pk")


def to_answer(person: Person) -> list[Signal]:
    """What the person owes an answer: signals on their own goals, and those that were escalated to them as the owner's
    manager; the longest waiting first."""
    rows = Signal.objects.visible_to(person).open().exclude(author=person).filter(goal__in=Goal.objects.open())
    mine = Q(goal__owner=person) | Q(goal__owner__manager=person, escalated_at__isnull=False)
    return list(rows.filter(mine).select_related(*JOINED).order_by("waits_since", "pk")[:50])
