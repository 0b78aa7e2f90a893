"""What is planned around a goal of the cast, made as pages and API make it."""

from goals import alignments, comments
from goals.models import Alignment, Comment, Goal
from kpis import factors, initiatives, processes, resources
from kpis.models import Initiative, Process, Resource, SuccessFactor


def initiative(cast, *goals: Goal, title: str = "Stock two depots", by=None, **fields) -> Initiative:
    return initiatives.create(cast.works, by=by or cast.ada, title=title, goals=goals, **fields)


def factor(cast, goal: Goal, name: str = "Spare parts at hand", **fields) -> SuccessFactor:
    return factors.create(goal, by=cast.ada, name=name, **fields)


def resource(cast, title: str = "How to stock", **fields) -> Resource:
    fields = {"text": "Count every Friday."} | fields
    return resources.create(cast.works, by=cast.ada, title=title, **fields)


def process(cast, name: str = "Purchasing", **fields) -> Process:
    return processes.create(cast.works, by=cast.ada, name=name, **fields)


def alignment(cast, goal: Goal, supports: Goal, **fields) -> Alignment:
    return alignments.create(goal, supports, by=cast.ada, **fields)


def comment(cast, goal: Goal, text: str = "Well done", by=None) -> Comment:
    return comments.create(goal, text, by=by or cast.ada)
