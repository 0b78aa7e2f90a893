"""What the API answers about how well a goal is put."""

from typing import Any

from rest_framework import serializers

from cascade.wire import written
from goals import smart_words as words
from goals.models import Goal
from goals.smart import LETTERS, RULES, Band, Verdict


class SmartLetters(serializers.Serializer):
    """Points of each letter, 0 to 20."""

    S = serializers.IntegerField(help_text="Specific.")
    M = serializers.IntegerField(help_text="Measurable.")
    A = serializers.IntegerField(help_text="Achievable.")
    R = serializers.IntegerField(help_text="Relevant.")
    T = serializers.IntegerField(help_text="Time-bound.")


class SmartRule(serializers.Serializer):
    """A rule that is not full."""

    code = serializers.ChoiceField(choices=list(RULES), help_text="As in docs/domain.md section 12.")
    letter = serializers.ChoiceField(choices=list(LETTERS))
    points = serializers.IntegerField(help_text="Of the KPI that has fewest.")
    most = serializers.IntegerField()
    message = serializers.CharField(help_text="What to do, in the caller's language.")
    weak = serializers.CharField(help_text="An example that does not meet the rule.")
    strong = serializers.CharField(help_text="An example that does.")
    kpis = serializers.ListField(
        child=serializers.IntegerField(), help_text="The KPIs it is about; empty: the goal itself."
    )


class SmartPart(serializers.Serializer):
    """The goal with one of its active KPIs, or with none."""

    kpi = serializers.IntegerField(allow_null=True, help_text="Null: the goal has no active KPI.")
    weight = serializers.CharField(help_text="A decimal: its weight in the goal's score.")
    score = serializers.IntegerField(help_text="0 to 100.")
    letters = SmartLetters()
    not_full = serializers.ListField(child=serializers.ChoiceField(choices=list(RULES)))


class SmartAnswer(serializers.Serializer):
    goal = serializers.IntegerField()
    score = serializers.IntegerField(help_text="0 to 100: the mean of the parts by weight, rounded half-even.")
    verdict = serializers.ChoiceField(
        choices=[str(each) for each in Band], help_text="`good` from 80, `improve` from 60, else `weak`."
    )
    minimum = serializers.IntegerField(help_text="What the organisation asks for before a goal starts; 0: nothing.")
    letters = SmartLetters()
    rules = SmartRule(many=True)
    parts = SmartPart(many=True)


def told(goal: Goal, verdict: Verdict) -> dict[str, Any]:
    return {
        "goal": goal.pk,
        "score": verdict.score,
        "verdict": str(verdict.band),
        "minimum": goal.organisation.smart_minimum,
        "letters": verdict.letters,
        "rules": [
            {
                "code": advice.rule,
                "letter": advice.rule[0],
                "points": advice.points,
                "most": RULES[advice.rule],
                "message": words.message(advice),
                "weak": str(words.EXAMPLES[advice.rule].weak),
                "strong": str(words.EXAMPLES[advice.rule].strong),
                "kpis": list(advice.kpis),
            }
            for advice in verdict.advice
        ],
        "parts": [
            {
                "kpi": pair.kpi,
                "weight": written(pair.weight),
                "score": pair.score,
                "letters": pair.letters,
                "not_full": list(pair.not_full),
            }
            for pair in verdict.pairs
        ],
    }
