"""The REST API of the dashboard."""

from rest_framework import serializers
from rest_framework.response import Response

from cascade.resource import Resource, operation
from cascade.wire import AsOfQuery, Figure, QueryReference, figure
from goals.board import DAYS_BACK, MOST, Board, board, chosen, cycles_of
from goals.heat import Cell
from goals.lines import Line
from goals.models import Cycle, GoalFigures

STATUSES = GoalFigures.Status.choices


class BoardQuery(AsOfQuery):
    cycle = QueryReference(
        lambda person: Cycle.objects.visible_to(person), help_text="A cycle's id; the running one when not given."
    )


class BoardCycle(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    start = serializers.DateField()
    due = serializers.DateField()
    state = serializers.ChoiceField(choices=Cycle.State.choices)


class BoardStrategic(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    share_of_strategy = Figure(help_text="Its weight among the strategic goals, 0..1.")
    progress = Figure(allow_null=True)
    expected = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    coverage = Figure(allow_null=True)
    stale_share = Figure(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    trouble_below = serializers.IntegerField()
    chance_mostly = Figure(
        allow_null=True,
        help_text="That at least 0.7 is reached if trends go on; null for a past date, or where too few have a trend.",
    )
    chance_wholly = Figure(allow_null=True, help_text="That all of it is.")
    change = Figure(allow_null=True, help_text=f"Of its progress, against the last snapshot {DAYS_BACK} days earlier.")


class BoardTrouble(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    strategic = serializers.IntegerField(allow_null=True, help_text="Null when the caller may not see it.")
    effective_weight = Figure(help_text="In its strategic goal.")
    progress = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    lost = Figure(help_text="Effective weight * gap: what it takes from the strategic goal's gap.")
    status = serializers.ChoiceField(choices=STATUSES)


class BoardUnsure(serializers.Serializer):
    goal = serializers.IntegerField()
    title = serializers.CharField()
    owner = serializers.IntegerField(allow_null=True)
    reason = serializers.ChoiceField(choices=["empty", "no_data", "insufficient", "stale"])
    coverage = Figure(allow_null=True)
    stale_share = Figure(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)


class BoardLevel(serializers.Serializer):
    level = serializers.CharField()
    goals = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())


class BoardCell(serializers.Serializer):
    strategic = serializers.IntegerField()
    goals = serializers.ListField(child=serializers.IntegerField())
    weight = Figure(help_text="The part of the strategic goal that the unit carries, 0..1.")
    progress = Figure(allow_null=True)
    gap = Figure(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)


class BoardUnit(serializers.Serializer):
    unit = serializers.IntegerField()
    name = serializers.CharField()
    cells = BoardCell(many=True)


class BoardTrust(serializers.Serializer):
    coverage = Figure(allow_null=True, help_text="Of the strategic goals, by weight.")
    fresh = Figure(allow_null=True, help_text="The part of their effective weight that is not stale.")
    goals = serializers.IntegerField(help_text="Active goals.")
    unaligned = serializers.IntegerField(help_text="Of these, those with no path to a strategic goal.")
    without_parts = serializers.IntegerField(help_text="Of these, those with neither a KPI nor a goal that counts.")
    kpis = serializers.DictField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Active KPIs: `total`, `by_hand`, and `nobodys` that nobody is to enter. Null in the past.",
    )


class BoardAnswer(serializers.Serializer):
    cycle = BoardCycle(allow_null=True, help_text="Null while the organisation has no cycle.")
    date = serializers.DateField()
    strategic = BoardStrategic(many=True)
    attention = BoardTrouble(many=True, help_text=f"At most {MOST}, those that cost the strategy most first.")
    troubled = serializers.IntegerField(help_text="Goals at risk or off track below the strategic ones.")
    unsure = BoardUnsure(many=True, help_text=f"At most {MOST} goals whose figures say little.")
    unjudged = serializers.IntegerField(help_text="How many such goals there are.")
    levels = BoardLevel(many=True)
    units = BoardUnit(many=True, help_text="The topmost units; cells only where the unit has a goal.")
    trust = BoardTrust(allow_null=True)


NOTHING = {
    "strategic": [],
    "attention": [],
    "troubled": 0,
    "unsure": [],
    "unjudged": 0,
    "levels": [],
    "units": [],
    "trust": None,
}


def told(found: Board) -> dict:
    cycle = found.cycle
    seen = {each.line.id for each in found.strategic}
    return {
        "cycle": {
            "id": cycle.pk,
            "name": cycle.name,
            "start": cycle.start.isoformat(),
            "due": cycle.due.isoformat(),
            "state": cycle.state,
        },
        "date": found.on.isoformat(),
        "strategic": [
            {
                **told_goal(each),
                "share_of_strategy": figure(each.part),
                **figures(each.line, "progress", "expected", "gap", "coverage", "stale_share"),
                "trouble_below": each.line.trouble_below,
                "chance_mostly": figure(each.chances and each.chances.mostly),
                "chance_wholly": figure(each.chances and each.chances.wholly),
                "change": figure(each.change),
            }
            for each in found.strategic
        ],
        "attention": [
            {
                **told_goal(each),
                "strategic": top if (top := found.lines.top(each.line)) in seen else None,
                "effective_weight": figure(each.effective_weight),
                **figures(each.line, "progress", "gap"),
                "lost": figure(each.lost),
            }
            for each in found.attention
        ],
        "troubled": found.troubled,
        "unsure": [
            {**told_goal(each), "reason": each.reason, **figures(each.line, "coverage", "stale_share")}
            for each in found.unsure
        ],
        "unjudged": found.unjudged,
        "levels": [
            {"level": each.name, "goals": each.total, "by_status": {str(k): n for k, n in each.counts.items()}}
            for each in found.levels
        ],
        "units": [
            {"unit": row.unit.pk, "name": row.unit.name, "cells": [told_cell(cell) for cell in row.cells if cell]}
            for row in found.units
        ],
        "trust": {
            "coverage": figure(found.trust.coverage),
            "fresh": figure(found.trust.fresh),
            "goals": found.trust.goals,
            "unaligned": found.trust.unaligned,
            "without_parts": found.trust.without_parts,
            "kpis": found.trust.kpis,
        },
    }


def told_goal(each) -> dict:
    return {
        "goal": each.line.id,
        "title": each.told.title,
        "owner": each.told.owner_id,
        "status": str(each.line.status),
    }


def figures(line: Line, *names: str) -> dict:
    return {name: figure(getattr(line, name)) for name in names}


def told_cell(cell: Cell) -> dict:
    return {
        "strategic": cell.strategic,
        "goals": list(cell.goals),
        "weight": figure(cell.weight),
        "progress": figure(cell.progress),
        "gap": figure(cell.gap),
        "status": str(cell.status),
    }


class Dashboard(Resource):
    @operation(query=BoardQuery, answer=BoardAnswer)
    def retrieve(self, request):
        """How the strategic goals of a cycle stand, what needs attention first, who carries what, and how far the
        figures can be trusted.

        Goals that the caller may not see are inside the sums and nowhere else.
        """
        today = self.person.organisation.today()
        cycle = self.query.get("cycle") or chosen(cycles_of(self.person), today)
        on, known = self.query.get("as_of"), self.query.get("known")
        if cycle is None:
            return Response({"cycle": None, "date": (on or today).isoformat(), **NOTHING})
        return Response(told(board(self.person, cycle, on, known)))
