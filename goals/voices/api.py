"""The REST API of signals and kudos."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.paging import PageQuery, by
from cascade.resource import Resource, operation
from cascade.wire import Choice, Moment, QueryFlag, QueryReference, Reference, References, Row, Text, moment, written
from goals.models import Kudos, Signal, SignalRound
from goals.serializers import goals
from goals.voices import access, kudos, signals
from people.serializers import ordering, people

ORDERS = {"-created_at": by("created_at", descending=True), "created_at": by("created_at")}
HIDDEN = "null where the caller may not know it"


class SignalRoundRow(serializers.Serializer):
    kind = serializers.ChoiceField(choices=SignalRound.Kind.choices)
    outcome = serializers.CharField(help_text="Of an answer: what it decides; else empty.")
    text = serializers.CharField()
    by = serializers.IntegerField(allow_null=True, help_text=f"{HIDDEN}: it is the author who sends it again.")
    at = serializers.DateTimeField()


class SignalRow(Row):
    """What somebody who works below a goal tells its owner, with the answers."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    author = serializers.IntegerField(
        source="author_id",
        allow_null=True,
        help_text=f"{HIDDEN}: the author, the goal's owner, the managers above and who reads everything may.",
    )
    kind = serializers.ChoiceField(choices=Signal.Kind.choices)
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=Signal.State.choices[:2])
    outcome = serializers.CharField(help_text="What the last answer decides: agreed, changed, kept; empty while open.")
    created_at = serializers.DateTimeField()
    waits_since = serializers.DateTimeField(help_text="When it was sent, or sent again.")
    escalated_at = serializers.DateTimeField(allow_null=True, help_text="When it was told further up.")
    reopened_at = serializers.DateTimeField(allow_null=True, help_text="When its author sent it again; only once.")
    rounds = SignalRoundRow(many=True)

    @classmethod
    def columns(cls):
        return [name for name in super().columns() if name != "rounds"]


class SignalNew(serializers.Serializer):
    goal = Reference(goals)
    kind = Choice(choices=Signal.Kind.choices)
    text = Text(max_length=signals.LONGEST)


class SignalAnswer(serializers.Serializer):
    outcome = Choice(choices=Signal.Outcome.choices)
    answer = Text(max_length=signals.LONGEST)

    def __init__(self, *args, partial: bool = False, **options):
        super().__init__(*args, **options)  # an answer is whole


class SignalAgain(serializers.Serializer):
    text = Text(max_length=signals.LONGEST)


class SignalQuery(PageQuery):
    goal = QueryReference(goals)
    author = QueryReference(people, help_text="Among those whose author the caller may know.")
    kind = Choice(required=False, choices=Signal.Kind.choices)
    state = Choice(required=False, choices=Signal.State.choices[:2])
    to_answer = QueryFlag(required=False, help_text="`true`: those that the caller owes an answer.")
    since = Moment(required=False, help_text="Sent at or after this moment.")
    ordering = ordering("-created_at", "created_at")


SENT = OpenApiExample(
    "The goal above is out of reach",
    request_only=True,
    value={"goal": 9, "kind": "not_reachable", "text": "Two of five night agents leave in March."},
)
ANSWERED = OpenApiExample(
    "The owner agrees",
    request_only=True,
    value={"outcome": "agreed", "answer": "The target moves to 15 % until both places are filled."},
)


class Signals(Resource):
    """Upward: what cannot be reached, or measures the wrong thing."""

    def visible(self):
        return Signal.objects.visible_to(self.person)

    def found(self, pk) -> Signal:
        return get_object_or_404(self.visible().select_related(*signals.JOINED), pk=int(pk))

    def filled(self, ids: list[int]) -> list[dict]:
        shape, rounds = SignalRow(), {pk: [] for pk in ids}
        for each in SignalRound.objects.filter(signal__in=ids).order_by("pk"):
            rounds[each.signal_id].append(each)
        columns = [*SignalRow.columns(), "named"]
        rows = {row["id"]: row for row in self.visible().filter(pk__in=ids).with_names(self.person).values(*columns)}
        return [shape.to_representation(told(rows[pk], rounds[pk])) for pk in ids if pk in rows]

    def shown(self, signal: Signal, status: int = 200) -> Response:
        return Response(self.filled([signal.pk])[0], status)

    @operation(query=SignalQuery, answer=SignalRow, page=True)
    def list(self, request):
        """The signals on the goals the caller may see, newest first."""
        rows = self.visible()
        for name, lookup in {"goal": "goal", "kind": "kind", "state": "state", "since": "created_at__gte"}.items():
            if name in self.query:
                rows = rows.filter(**{lookup: self.query[name]})
        if "author" in self.query:
            rows = rows.with_names(self.person).filter(named=True, author=self.query["author"])
        if self.query.get("to_answer"):
            rows = rows.filter(pk__in=[each.pk for each in signals.to_answer(self.person)])
        return self.paged(rows, ORDERS[self.query["ordering"]], self.filled)

    @operation(answer=SignalRow)
    def retrieve(self, request, pk):
        """One signal with its answers."""
        return self.shown(self.found(pk))

    @operation(body=SignalNew, answer=SignalRow, status=201, refuses=(409,), examples=(SENT,))
    def create(self, request):
        """Send a signal on a goal above one's own. Its owner is told and must answer.

        409 has the code `already_open`: the caller's last signal of this kind on this goal still waits.
        """
        fields = self.body()
        self.may(access.can_signal(self.person, fields["goal"]), "Only who works below the goal sends a signal.")
        return self.shown(signals.send(fields["goal"], fields["kind"], fields["text"], by=self.person), 201)

    @operation(body=SignalAnswer, answer=SignalRow, versioned=True, refuses=(409,), examples=(ANSWERED,))
    def partial_update(self, request, pk):
        """Answer it, by the goal's owner; by who is next above, once it has waited too long.

        409 has the code `not_open`.
        """
        signal = self.found(pk)
        self.may(access.can_answer_signal(self.person, signal))
        version, fields = versions.expected(request, signal.version), self.body()
        done = signals.answer(signal, fields["outcome"], fields["answer"], by=self.person, version=version)
        return self.shown(done)

    @operation(status=204, versioned=True, refuses=(409,))
    def destroy(self, request, pk):
        """Take it back before it is answered, by its author. 409 has the code `not_open`."""
        signal = self.found(pk)
        self.may(access.can_withdraw_signal(self.person, signal))
        signals.withdraw(signal, version=versions.expected(request, signal.version))
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @operation(body=SignalAgain, answer=SignalRow, versioned=True, refuses=(409,))
    def reopen(self, request, pk):
        """Send it again after an answer, by its author, once.

        409 has the codes `not_answered`, `reopened_before` and `already_open`.
        """
        signal = self.found(pk)
        self.may(access.can_withdraw_signal(self.person, signal))
        version = versions.expected(request, signal.version)
        return self.shown(signals.reopen(signal, self.body()["text"], by=self.person, version=version))


def told(row: dict, rounds: list[SignalRound]) -> dict:
    """A row with its rounds and without the names that the reader may not know."""
    said = [
        {
            "kind": each.kind,
            "outcome": each.outcome,
            "text": each.text,
            "by": each.by_id if row["named"] or each.kind == SignalRound.Kind.ANSWERED else None,
            "at": moment(each.at),
        }
        for each in rounds
    ]
    return {**row, "author_id": row["author_id"] if row["named"] else None, "rounds": said}


class KudosRow(Row):
    """Thanks from person to person, for work on a goal."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    author = serializers.IntegerField(source="author_id")
    text = serializers.CharField()
    receivers = serializers.ListField(child=serializers.IntegerField(), help_text="Who is thanked.")
    joined = serializers.ListField(child=serializers.IntegerField(), help_text="Who thanks too.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)

    @classmethod
    def of(cls, made: Kudos) -> dict:
        plain = {name: written(getattr(made, name)) for name in ("id", "version", "text", "created_at", "edited_at")}
        return {
            **plain,
            "goal": made.goal_id,
            "author": made.author_id,
            "receivers": sorted(each.pk for each in made.receivers.all()),
            "joined": sorted(each.pk for each in made.joined.all()),
        }


class KudosWords(serializers.Serializer):
    text = Text(max_length=kudos.LONGEST)


class KudosNew(KudosWords):
    goal = Reference(goals)
    receivers = References(people, help_text=f"At most {kudos.MOST} people who see the goal, without oneself.")


class KudosQuery(PageQuery):
    goal = QueryReference(goals)
    author = QueryReference(people)
    receiver = QueryReference(people)
    since = Moment(required=False, help_text="Given at or after this moment.")
    ordering = ordering("-created_at", "created_at")


KUDOS_FILTERS = {"goal": "goal", "author": "author", "receiver": "receivers", "since": "created_at__gte"}
GIVEN = OpenApiExample(
    "Thanks to two people",
    request_only=True,
    value={"goal": 9, "receivers": [12, 31], "text": "Forty tickets on the Saturday of the outage."},
)


class AllKudos(Resource):
    """Thanks. They change no figure."""

    def visible(self):
        return Kudos.objects.visible_to(self.person)

    def found(self, pk) -> Kudos:
        return get_object_or_404(kudos.shown(self.visible()), pk=int(pk))

    def filled(self, ids: list[int]) -> list[dict]:
        rows = {each.pk: each for each in kudos.shown(self.visible()).filter(pk__in=ids)}
        return [KudosRow.of(rows[pk]) for pk in ids if pk in rows]

    def shown(self, made: Kudos, status: int = 200) -> Response:
        return Response(self.filled([made.pk])[0], status)

    @operation(query=KudosQuery, answer=KudosRow, page=True)
    def list(self, request):
        """The kudos on the goals the caller may see, newest first; without those taken back."""
        rows = self.visible()
        for name, lookup in KUDOS_FILTERS.items():
            if name in self.query:
                rows = rows.filter(**{lookup: self.query[name]})
        return self.paged(rows, ORDERS[self.query["ordering"]], self.filled)

    @operation(answer=KudosRow)
    def retrieve(self, request, pk):
        """One of them."""
        return self.shown(self.found(pk))

    @operation(body=KudosNew, answer=KudosRow, status=201, examples=(GIVEN,))
    def create(self, request):
        """Thank people for work on a goal that all of you may see. They are told.

        Error codes at `receivers`: `required`, `too_many`, `yourself`, `cannot_see_goal`.
        """
        fields = self.body()
        return self.shown(kudos.give(fields["goal"], fields["receivers"], fields["text"], by=self.person), 201)

    @operation(body=KudosWords, answer=KudosRow, versioned=True)
    def partial_update(self, request, pk):
        """Other words, by the author; they are marked as edited."""
        made = self.found(pk)
        self.may(access.can_edit_kudos(self.person, made))
        version, fields = versions.expected(request, made.version), self.body(partial=True)
        return self.shown(kudos.edit(made, fields.get("text", made.text), version=version))

    @operation(status=204, versioned=True)
    def destroy(self, request, pk):
        """Take them back, by the author, by who is thanked, or by an administrator. What was told of them goes too."""
        made = self.found(pk)
        self.may(access.can_withdraw_kudos(self.person, made))
        kudos.withdraw(made, version=versions.expected(request, made.version))
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @operation(answer=KudosRow)
    def join(self, request, pk):
        """Thank too. A second time changes nothing."""
        return self.joining(pk, joins=True)

    @join.mapping.delete
    @operation(answer=KudosRow)
    def leave(self, request, pk):
        """Thank no longer."""
        return self.joining(pk, joins=False)

    def joining(self, pk, joins: bool) -> Response:
        made = self.found(pk)
        self.may(access.can_join_kudos(self.person, made), "It is yours.")
        kudos.join(made, self.person, joins=joins)
        return self.shown(made)


routes = [("signals", Signals), ("kudos", AllKudos)]
singles = []
