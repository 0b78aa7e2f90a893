"""What people say about a goal, as its page shows it: signals that wait for an answer first, then comments, kudos and
answered signals in one row, the newest last, earlier ones on demand."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.utils import timezone

from goals import conversation
from goals.access import Rights
from goals.models import Goal, Kudos, Signal, SignalRound, Win
from goals.voices import access, kudos
from goals.voices.forms import AnswerForm, ReopenForm, Said, WordsForm
from people.models import Person

AT_FIRST = 10
MORE = 30
MOST = 500
Place = tuple[str, int]
NOTHING: Mapping = MappingProxyType({})


@dataclass
class Heard:
    """A signal as one person may see it: `named`, they may know whose it is. `answer` and `reopen`: the forms of
    who may do so; `is_opened`: one is being written."""

    signal: Signal
    rounds: Sequence[SignalRound]
    named: bool
    may_withdraw: bool
    answer: AnswerForm | None = None
    reopen: ReopenForm | None = None
    is_opened: bool = False

    @property
    def days(self) -> int:
        """How long it has waited."""
        return (timezone.now() - self.signal.waits_since).days


@dataclass
class Thanked:
    """Kudos as one person sees them; `joined` counts who thanks too."""

    kudos: Kudos
    receivers: list[Person]
    joined: list[Person]
    has_joined: bool
    may_join: bool
    may_withdraw: bool
    form: WordsForm | None = None
    is_opened: bool = False


@dataclass(frozen=True)
class Entry:
    """One thing in the row; `kind` says which of the others it is."""

    kind: str
    at: dt.datetime
    each: Any


class Feedback:
    """A fixed number of queries, however much there is. `most` of the newest entries; `since`: all from the comment
    with this id on; `opened`: the forms that are being written, by what they are for and the id."""

    def __init__(
        self,
        goal: Goal,
        person: Person,
        most: int = AT_FIRST,
        since: int | None = None,
        opened: Mapping[Place, Said | None] = NOTHING,
    ) -> None:
        self.goal, self.person, self.opened = goal, person, opened
        self.most = max(most, self.newer(since)) if since is not None else most

    @cached_property
    def signals(self) -> list[Signal]:
        rows = Signal.objects.filter(goal=self.goal).exclude(state=Signal.State.WITHDRAWN).with_names(self.person)
        rows = rows.select_related("author", "goal__owner__unit", "goal__unit").prefetch_related("rounds__by")
        return list(rows.order_by("-pk")[:MOST])

    @cached_property
    def waiting(self) -> list[Heard]:
        """The signals without an answer, the longest waiting first."""
        waiting = [each for each in self.signals if each.state == Signal.State.OPEN]
        return [self.heard(each) for each in sorted(waiting, key=lambda each: (each.waits_since, each.pk))]

    @cached_property
    def rights(self) -> Rights:
        return Rights.of(self.person)

    def heard(self, signal: Signal) -> Heard:
        is_open, person = signal.state == Signal.State.OPEN, self.person
        heard = Heard(
            signal=signal,
            rounds=list(signal.rounds.all()),
            named=signal.named,
            may_withdraw=is_open and access.can_withdraw_signal(person, signal),
        )
        if is_open and access.can_answer_signal(person, signal, self.rights):
            heard.answer, heard.is_opened = opened(AnswerForm, "answer", signal.pk, self.opened)
        if not is_open and access.can_reopen_signal(person, signal):
            heard.reopen, heard.is_opened = opened(ReopenForm, "reopen", signal.pk, self.opened)
        return heard

    @cached_property
    def settled(self) -> list[Entry]:
        done = [self.heard(each) for each in self.signals if each.state == Signal.State.ANSWERED]
        return [Entry("signal", each.rounds[-1].at, each) for each in done]

    @cached_property
    def won(self) -> list[Entry]:
        win = Win.objects.filter(goal=self.goal).select_related("organisation").first()
        return [Entry("win", win.organisation.end_of(win.reached_on), win)] if win else []

    @property
    def kudos(self):
        return Kudos.objects.filter(goal=self.goal, withdrawn_at=None)

    def newer(self, since: int) -> int:
        comment = self.goal.comments.filter(pk=since).values_list("created_at", flat=True).first()
        if comment is None:
            return 0
        rows = (self.goal.comments, self.kudos)
        counts = [each.filter(created_at__gte=comment).count() for each in rows]
        return sum(counts) + sum(each.at >= comment for each in (*self.settled, *self.won))

    @cached_property
    def count(self) -> int:
        return self.goal.comments.count() + self.kudos.count() + len(self.settled) + len(self.won)

    @cached_property
    def entries(self) -> list[Entry]:
        most = min(self.most, MOST)
        comments = self.goal.comments.select_related("author").prefetch_related("mentioned")
        said = [conversation.said(each, self.person) for each in comments.order_by("-created_at", "-pk")[:most]]
        thanks = thanked(kudos.shown(self.kudos.order_by("-created_at", "-pk")[:most]), self.person, self.opened)
        found = [
            *(Entry("comment", each.comment.created_at, each) for each in said),
            *(Entry("kudos", each.kudos.created_at, each) for each in thanks),
            *self.settled,
            *self.won,
        ]
        return sorted(found, key=lambda entry: entry.at)[-most:]

    @property
    def earlier(self) -> int:
        """How many are not shown."""
        return self.count - len(self.entries)

    @property
    def more(self) -> int:
        """How many to ask for next."""
        return len(self.entries) + MORE


def thanked(rows: Iterable[Kudos], person: Person, forms: Mapping[Place, Said | None] = NOTHING) -> list[Thanked]:
    found = []
    for each in rows:
        one = Thanked(
            kudos=each,
            receivers=list(each.receivers.all()),
            joined=list(each.joined.all()),
            has_joined=any(who.pk == person.pk for who in each.joined.all()),
            may_join=access.can_join_kudos(person, each),
            may_withdraw=access.can_withdraw_kudos(person, each),
        )
        if access.can_edit_kudos(person, each):
            one.form, one.is_opened = opened(WordsForm, "words", each.pk, forms, initial={"text": each.text})
        found.append(one)
    return found


def opened(kind: type[Said], what: str, pk: int, forms: Mapping[Place, Said | None], **options) -> tuple[Said, bool]:
    """The form as it was sent and refused, else a new one; and whether it is open."""
    sent = forms.get((what, pk))
    return sent or kind(auto_id=f"{what}-{pk}-%s", **options), (what, pk) in forms
