"""The REST API of cause-effect links, their evidence, and the measure that stands for a goal."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade.paging import PageQuery, by
from cascade.resource import Resource, Rows, operation
from cascade.wire import Figure, QueryReference, Reference, Row, Text, Whole, figure, written
from goals import linking
from goals.access import Rights
from goals.models import CausalLink, Goal
from goals.serializers import cycles, goals, reason
from kpis.evidence import COARSER, Evidence, Label
from kpis.periods import days_of
from kpis.serializers import kpis
from kpis.strategy import measures
from kpis.strategy.links import RESTRICTED, Comparing, Weighed, weighed
from people.serializers import ordering

LABELS = [*Label, RESTRICTED]
STRENGTH = "How much is expected of it: 1 a little, 2 clearly, 3 strongly."
LAG = "Periods until the effect shows, of the coarser cadence of the two measures."


class Said(serializers.Serializer):
    """What the measures of cause and effect say: moves together, not proof of cause."""

    label = serializers.ChoiceField(
        choices=LABELS, help_text=f"`{RESTRICTED}`: the caller may not see one of the two measures."
    )
    n = serializers.IntegerField(help_text="Pairs of changes that are compared; at least 8 are needed.")
    r = Figure(allow_null=True, help_text="Pearson's correlation of the changes, -1 to 1.")


class LinkRow(Row):
    """A hypothesis: when the cause moves, the effect follows `lag` periods later. It moves no figure."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    cause = serializers.IntegerField(source="cause_id")
    effect = serializers.IntegerField(source="effect_id")
    hypothesis = serializers.CharField(help_text="Why the one should lead to the other.")
    strength = serializers.IntegerField(help_text=STRENGTH)
    lag = serializers.IntegerField(help_text=LAG)
    evidence = Said()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, found: Weighed):
        link = found.link
        told = {name: field.source or name for name, field in self._declared_fields.items() if name != "evidence"}
        return {name: written(getattr(link, column)) for name, column in told.items()} | {
            "evidence": said(found.evidence)
        }


def said(evidence: Evidence | None) -> dict:
    if evidence is None:
        return {"label": RESTRICTED, "n": 0, "r": None}
    return {"label": str(evidence.label), "n": evidence.n, "r": figure(evidence.r)}


class LinkChange(serializers.Serializer):
    hypothesis = Text(max_length=2000)
    strength = Whole(required=False, min_value=1, max_value=3, help_text=f"{STRENGTH} 2 when not given.")
    lag = Whole(required=False, min_value=0, max_value=8, help_text=f"{LAG} 0 when not given.")
    reason = reason()


class LinkNew(LinkChange):
    cause = Reference(goals)
    effect = Reference(goals, help_text="Of the same cycle. The caller may edit one of the two.")


class LinkQuery(PageQuery):
    cause = QueryReference(goals)
    effect = QueryReference(goals)
    cycle = QueryReference(cycles)
    ordering = ordering("id", "-id")


class AtLag(Said):
    lag = serializers.IntegerField()


class ChangePair(serializers.Serializer):
    """Both changes are better by so much: the sign is turned for measures that are to fall."""

    period = serializers.DateField(help_text="First day of the period in which the effect changed.")
    cause_change = Figure(help_text="`lag` periods earlier.")
    effect_change = Figure()


class EvidenceRow(Said):
    lag = serializers.IntegerField()
    cadence = serializers.ChoiceField(
        choices=COARSER, allow_null=True, help_text="The periods compared; null where there is nothing to compare."
    )
    cause_kpi = serializers.IntegerField(
        allow_null=True, help_text="Null without one, or where the caller may not see it."
    )
    effect_kpi = serializers.IntegerField(allow_null=True)
    pairs = ChangePair(many=True)
    by_lag = AtLag(many=True, help_text="The same at every lag with enough data.")


class Links(Rows):
    model, row, new, change, listed = CausalLink, LinkRow, LinkNew, LinkChange, LinkQuery
    orders = {"id": by(), "-id": by(descending=True)}
    filters = {"cause": "cause", "effect": "effect", "cycle": "cause__cycle"}

    def visible(self):
        joined = (f"{end}__{name}" for end in ("cause", "effect") for name in ("unit", "owner__unit"))
        return super().visible().select_related(*joined)

    def filled(self, ids):
        found = self.visible().in_bulk(ids)
        shape = LinkRow()
        return [
            shape.to_representation(each) for each in weighed(self.person, [found[pk] for pk in ids if pk in found])
        ]

    def may_change(self, row):
        return Rights.of(self.person).can_link(row.cause, row.effect)

    def list(self, request):
        """Links of which the caller may see both goals, with what their measures say so far."""
        return super().list(request)

    def create(self, request):
        """Say that one goal should lead to another, by whoever may edit one of the two.

        Error codes: `same_goal` and `other_cycle` at `effect`; conflicts `causal_cycle`, which tells the circle in
        words, and `link_exists`.
        """
        fields = self.body()
        self.may(Rights.of(self.person).can_link(fields["cause"], fields["effect"]))
        return self.shown(linking.draw(fields.pop("cause"), fields.pop("effect"), by=self.person, **fields), 201)

    def alter(self, row, fields):
        linking.revise(row, by=self.person, **fields)

    def remove(self, row):
        linking.erase(row, by=self.person)

    @action(detail=True)
    @operation(answer=EvidenceRow)
    def evidence(self, request, pk):
        """How far cause and effect moved together: every pair of changes, and the same at other lags."""
        link = self.found(pk)
        comparing = Comparing(self.person, {link.cause_id, link.effect_id})
        found = comparing.weigh(link)
        month = comparing.fiscal.start_month
        pairs = found.evidence.pairs if found.evidence else ()
        return Response(
            {
                **said(found.evidence),
                "lag": link.lag,
                "cadence": found.cadence and str(found.cadence),
                "cause_kpi": found.cause.kpi_id if found.cause and found.cause.seen else None,
                "effect_kpi": found.effect.kpi_id if found.effect and found.effect.seen else None,
                "pairs": [
                    {
                        "period": days_of(pair.period, found.cadence, month)[0].isoformat(),
                        "cause_change": figure(pair.cause),
                        "effect_change": figure(pair.effect),
                    }
                    for pair in pairs
                ],
                "by_lag": [{"lag": each.lag, **said(each)} for each in found.by_lag],
            }
        )


class MeasureRow(serializers.Serializer):
    kpi = serializers.IntegerField(allow_null=True, help_text="Null without one, or where the caller may not see it.")
    chosen = serializers.BooleanField(help_text="Somebody chose it; else it is the goal's heaviest own KPI.")


class MeasureChange(serializers.Serializer):
    kpi = Reference(kpis, allow_null=True, help_text="Of the goal or a goal below it; null: its heaviest own KPI.")


class MeasureOf(Resource):
    def goal(self, pk) -> Goal:
        return get_object_or_404(Goal.objects.visible_to(self.person).select_related("unit", "owner__unit"), pk=int(pk))

    def shown(self, goal: Goal) -> Response:
        held = measures.standing(self.person, [goal.pk]).get(goal.pk)
        return Response({"kpi": held.kpi_id if held and held.seen else None, "chosen": bool(held and held.chosen)})

    @operation(answer=MeasureRow)
    def retrieve(self, request, pk):
        """The KPI that stands for a goal where causes and effects are compared."""
        return self.shown(self.goal(pk))

    @operation(body=MeasureChange, answer=MeasureRow)
    def choose(self, request, pk):
        """Let a KPI stand for a goal, by whoever may edit the goal. Error code `not_below` at `kpi`."""
        goal = self.goal(pk)
        self.may(Rights.of(self.person).can_edit(goal))
        measures.choose(goal, self.body()["kpi"], by=self.person)
        return self.shown(goal)


routes = [("causal-links", Links)]
singles = [("goals/<int:pk>/measure", MeasureOf, {"get": "retrieve", "put": "choose"})]
