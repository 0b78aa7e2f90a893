"""The REST API of the health checks."""

from rest_framework import serializers
from rest_framework.response import Response

from cascade.insights import checks, reading
from cascade.insights.checks import CHECKS, Finding, Result
from cascade.insights.coverage import Coverage, Share, coverage
from cascade.insights.lines import shown
from cascade.insights.words import TOLD
from cascade.resource import Resource, operation
from cascade.wire import Figure, Query, QueryReference, figure
from goals.board import chosen, cycles_of
from goals.models import Cycle
from kpis.split import Verdict
from people.models import Person

MOST = 1000


class InsightsQuery(Query):
    cycle = QueryReference(
        lambda person: Cycle.objects.visible_to(person), help_text="A cycle's id; the running one when not given."
    )
    check = serializers.ChoiceField(
        choices=[check.name for check in CHECKS], required=False, help_text="Only this check, with what it found."
    )


class InsightsFinding(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["goal", "kpi", "factor", "person", "organisation"])
    id = serializers.IntegerField(help_text="Of the goal, KPI, success factor or person; 0 for the organisation.")
    goal = serializers.IntegerField(allow_null=True, help_text="The goal it is about.")
    title = serializers.CharField(allow_blank=True)
    says = serializers.CharField(allow_blank=True, help_text="What is particular about it, in words.")
    weight = Figure(help_text="The part of the strategy that hangs on it, 0..1.")


class InsightsCheck(serializers.Serializer):
    check = serializers.CharField()
    rule = serializers.CharField(allow_blank=True, help_text="H1 to H14; empty for further gaps.")
    matters = serializers.ChoiceField(choices=["misleads", "missing", "advice"])
    title = serializers.CharField()
    why = serializers.CharField()
    count = serializers.IntegerField()
    touched = Figure(allow_null=True, help_text="The part of the strategy that hangs on what was found, 0..1.")
    findings = InsightsFinding(
        many=True, help_text=f"The heaviest first, at most {MOST}; empty unless the check is asked for."
    )


class InsightsShare(serializers.Serializer):
    part = serializers.IntegerField()
    whole = serializers.IntegerField()


class InsightsAssigned(serializers.Serializer):
    kpi = serializers.IntegerField(help_text="The KPI whose target was divided.")
    goal = serializers.IntegerField()
    target = Figure()
    assigned = Figure(help_text="What the goals below took on, combined by the rule.")
    rule = serializers.ChoiceField(choices=["sum", "mean", "min", "max"])
    parts = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=[str(each) for each in Verdict])


class InsightsCoverage(serializers.Serializer):
    people = InsightsShare(allow_null=True, help_text="With a path to a strategic goal; null for fewer than 5 people.")
    goals = InsightsShare(help_text="Active goals with a KPI or a goal below that counts.")
    kpis = InsightsShare(help_text="KPIs that somebody enters, or that are not entered by hand.")
    factors = InsightsShare(help_text="Success factors with an active KPI that has data.")
    stale = Figure(allow_null=True, help_text="The part of the strategic goals' weight that is out of date.")
    assigned = InsightsAssigned(many=True, help_text="Targets that were broken down.")


class InsightsAnswer(serializers.Serializer):
    cycle = serializers.IntegerField(allow_null=True, help_text="Null while the organisation has no cycle.")
    date = serializers.DateField()
    checks = InsightsCheck(many=True)
    coverage = InsightsCoverage(allow_null=True)


class Insights(Resource):
    @operation(query=InsightsQuery, answer=InsightsAnswer)
    def retrieve(self, request):
        """The gaps in the goals of a cycle, check by check, and how far its strategy reaches.

        Goals that the caller may not see are counted nowhere but in what hangs on the others.
        """
        today = self.person.organisation.today()
        cycle = self.query.get("cycle") or chosen(cycles_of(self.person), today)
        if cycle is None:
            return Response({"cycle": None, "date": today.isoformat(), "checks": [], "coverage": None})
        asked = self.query.get("check")
        company = reading.company(self.person, cycle, scores=asked in (None, "weakly_put"))
        results = checks.run(company, [checks.BY_NAME[asked]] if asked else CHECKS)
        told = [told_check(result) for result in results]
        if asked:
            told[0]["findings"] = findings(self.person, results[0])
        return Response(
            {
                "cycle": cycle.pk,
                "date": today.isoformat(),
                "checks": told,
                "coverage": told_coverage(coverage(company)),
            }
        )


def told_check(result: Result) -> dict:
    words = TOLD[result.check.name]
    return {
        "check": result.check.name,
        "rule": result.check.rule,
        "matters": result.check.matters.name.lower(),
        "title": str(words.title),
        "why": str(words.why),
        "count": result.count,
        "touched": figure(result.touched),
        "findings": [],
    }


def findings(person: Person, result: Result) -> list[dict]:
    [found] = shown(person, [result], MOST)
    return [told_finding(line.finding) | {"title": line.title, "says": line.says} for line in found.lines]


def told_finding(found: Finding) -> dict:
    return {"kind": found.kind, "id": found.id, "goal": found.goal, "weight": figure(found.weight)}


def told_coverage(found: Coverage) -> dict:
    return {
        "people": found.people and told_share(found.people),
        "goals": told_share(found.goals),
        "kpis": told_share(found.kpis),
        "factors": told_share(found.factors),
        "stale": figure(found.stale),
        "assigned": [
            {
                "kpi": each.source,
                "goal": each.goal,
                "target": figure(each.target),
                "assigned": figure(each.assigned),
                "rule": each.rule,
                "parts": each.parts,
                "verdict": each.verdict,
            }
            for each in found.ledger
        ],
    }


def told_share(share: Share) -> dict:
    return {"part": share.part, "whole": share.whole}


routes: list = []
singles = [("insights", Insights, {"get": "retrieve"})]
