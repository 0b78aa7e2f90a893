"""The REST API of catchball: what is proposed, and the answers to it."""

from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.paging import Order, PageQuery
from cascade.resource import Resource, operation
from cascade.wire import Choice, Exact, QueryFlag, QueryReference, Text, moment, written
from goals.models import Goal
from goals.serializers import goals
from kpis import access, catchball
from kpis.answers import GOAL, ROUNDS
from kpis.models import Proposal, ProposalRound
from people.serializers import ordering

ORDERS = {"id": Order({}), "-id": Order({}, descending=True)}
DECIMAL = "A decimal, in the unit of `kpi`."


class RoundRow(serializers.Serializer):
    kind = serializers.ChoiceField(choices=[(str(each), str(each)) for each in ProposalRound.Kind])
    number = serializers.CharField(allow_null=True, help_text=DECIMAL)
    reason = serializers.CharField()
    by = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class ProposalRow(serializers.Serializer):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(help_text="The goal below that is proposed.")
    goal_state = serializers.ChoiceField(choices=Goal.State.choices)
    owner = serializers.IntegerField(allow_null=True, help_text="Who accepts or counters.")
    kpi = serializers.IntegerField(allow_null=True, help_text="The KPI of the goal; null: the goal alone is proposed.")
    source = serializers.IntegerField(allow_null=True, help_text="The KPI above whose target was split.")
    rule = serializers.CharField(help_text="How: sum, mean, same; else empty.")
    state = serializers.ChoiceField(choices=[(str(each), str(each)) for each in Proposal.State])
    number = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} The one on the table.")
    target = serializers.CharField(allow_null=True, help_text=f"{DECIMAL} The one that holds.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    rounds = RoundRow(many=True, help_text="Everything that was said, oldest first.")


class ProposalQuery(PageQuery):
    goal = QueryReference(goals, help_text="Of this goal.")
    parent = QueryReference(goals, help_text="Of the goals below this one.")
    state = Choice(required=False, choices=[(str(each), str(each)) for each in Proposal.State])
    waiting = QueryFlag(required=False, help_text="Whether somebody is to answer: the goal is proposed and not agreed.")
    mine = QueryFlag(required=False, help_text="Whether the caller owns the goal.")
    ordering = ordering("id", "-id")


class CounterBody(serializers.Serializer):
    number = Exact(required=False, allow_null=True, help_text="Not where there is no KPI.")
    reason = Text(max_length=2000)


class AgreeBody(serializers.Serializer):
    reason = Text(required=False, allow_blank=True, max_length=2000)


class ProposeBody(AgreeBody):
    number = Exact(required=False, allow_null=True, help_text="The target as it is when not given.")


class Proposals(Resource):
    def visible(self):
        return Proposal.objects.visible_to(self.person)

    def found(self, pk) -> Proposal:
        related = self.visible().select_related(*(f"goal__{name}" for name in GOAL))
        return get_object_or_404(related, pk=int(pk))

    def filled(self, ids) -> list[dict]:
        rows = self.visible().filter(pk__in=ids).select_related("goal", "kpi").prefetch_related(ROUNDS)
        found = {row.pk: told(row) for row in rows}
        return [found[pk] for pk in ids if pk in found]

    def shown(self, proposal: Proposal) -> Response:
        own = Proposal.objects.filter(organisation_id=self.person.organisation_id)
        rows = own.select_related("goal", "kpi").prefetch_related(ROUNDS)
        return Response(told(rows.get(pk=proposal.pk)))

    @operation(query=ProposalQuery, answer=ProposalRow, page=True)
    def list(self, request):
        """What is or was proposed to the owners of goals, with every round."""
        rows, query = self.visible(), self.query
        for name, lookup in (("goal", "goal"), ("parent", "goal__parent"), ("state", "state")):
            if name in query:
                rows = rows.filter(**{lookup: query[name]})
        if "waiting" in query:
            waits = Q(goal__state=Goal.State.PROPOSED) & ~Q(state=Proposal.State.AGREED)
            rows = rows.filter(waits if query["waiting"] else ~waits)
        if "mine" in query:
            rows = rows.filter(goal__owner=self.person) if query["mine"] else rows.exclude(goal__owner=self.person)
        return self.paged(rows, ORDERS[query["ordering"]], self.filled)

    @operation(answer=ProposalRow)
    def retrieve(self, request, pk):
        """One proposal with every round."""
        return self.shown(self.found(pk))

    def answering(self, request, pk) -> tuple[Proposal, int | None]:
        proposal = self.found(pk)
        self.may(access.can_answer(self.person, proposal.goal), "Only the goal's owner answers.")
        return proposal, versions.expected(request, proposal.version)

    def settling(self, request, pk) -> tuple[Proposal, int | None]:
        proposal = self.found(pk)
        self.may(access.can_settle(self.person, proposal.goal), "Only who may change the goal above answers.")
        return proposal, versions.expected(request, proposal.version)

    @action(detail=True, methods=["post"])
    @operation(answer=ProposalRow, versioned=True, refuses=(409,))
    def accept(self, request, pk):
        """The goal's owner takes what was proposed: the goal becomes active.

        409 has the codes `not_open` (the goal is not proposed any more) and `parent_ended`.
        """
        proposal, version = self.answering(request, pk)
        return self.shown(catchball.accept(proposal, by=self.person, version=version))

    @action(detail=True, methods=["post"])
    @operation(body=CounterBody, answer=ProposalRow, versioned=True, refuses=(409,))
    def counter(self, request, pk):
        """The goal's owner answers with another number and the reason.

        Error codes: at `number` `required`, `same_number`, `no_kpi` and those of a KPI's target; 409 `not_open`.
        """
        proposal, version = self.answering(request, pk)
        body = self.body()
        given = {"number": body.get("number"), "reason": body["reason"]}
        return self.shown(catchball.counter(proposal, by=self.person, version=version, **given))

    @action(detail=True, methods=["post"])
    @operation(body=AgreeBody, answer=ProposalRow, versioned=True, refuses=(409,))
    def agree(self, request, pk):
        """Who may change the goal above takes the owner's number: it becomes the target, the goal active.

        409 has the codes `not_open`, `not_countered` and `parent_ended`.
        """
        proposal, version = self.settling(request, pk)
        return self.shown(catchball.agree(proposal, by=self.person, version=version, **self.body()))

    @action(detail=True, methods=["post"])
    @operation(body=ProposeBody, answer=ProposalRow, versioned=True, refuses=(409,))
    def propose(self, request, pk):
        """Who may change the goal above sends it again, with the same or another number.

        Error codes: at `number` `no_kpi` and those of a KPI's target; 409 `not_open`, `no_owner`.
        """
        proposal, version = self.settling(request, pk)
        return self.shown(catchball.propose(proposal, by=self.person, version=version, **self.body()))


def told(proposal: Proposal) -> dict:
    return {
        "id": proposal.pk,
        "version": proposal.version,
        "goal": proposal.goal_id,
        "goal_state": proposal.goal.state,
        "owner": proposal.goal.owner_id,
        "kpi": proposal.kpi_id,
        "source": proposal.source_id,
        "rule": proposal.rule,
        "state": proposal.state,
        "number": written(proposal.number),
        "target": proposal.kpi and written(proposal.kpi.target),
        "created_at": moment(proposal.created_at),
        "updated_at": moment(proposal.updated_at),
        "rounds": [
            {
                "kind": each.kind,
                "number": written(each.number),
                "reason": each.reason,
                "by": each.by_id,
                "at": moment(each.at),
            }
            for each in proposal.rounds.all()
        ],
    }


routes = [("proposals", Proposals)]
singles = []
