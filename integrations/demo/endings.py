"""Closes goals of the demo company in the past, with the figures that the engine gives for that day."""

import datetime as dt
from collections import defaultdict

from goals import past
from goals.lifecycle import outcome
from goals.models import Goal
from goals.nodes import GoalFigures
from integrations.demo.company import Company
from integrations.demo.lives import closing_moment
from integrations.demo.plan import GoalPlan, Plan
from integrations.demo.strategy import Written
from integrations.demo.timeline import Timeline

FROZEN = (
    "state",
    "closed_on",
    "closing_note",
    "final_progress",
    "final_coverage",
    "final_expected",
    "outcome",
    "version",
    "updated_at",
)


def close(plan: Plan, written: Written, company: Company, time: Timeline) -> None:
    """The goals of the cycle before, and those that ended early. Needs their histories and values: what is frozen is
    the tree as it was known then."""
    endings: dict[dt.datetime, list[GoalPlan]] = defaultdict(list)
    for each in (*plan.earlier, *(goal for goal in plan.goals if goal.closed is not None)):
        endings[closing_moment(each, time)].append(each)
    for moment, ending in sorted(endings.items()):
        day = moment.astimezone(time.zone).date()
        figures = past.tree_at(company.organisation, day, moment).figures()
        goals = [written.goals[each.key] for each in ending]
        for each, goal in zip(ending, goals, strict=True):
            end(goal, figures[goal.pk], day, each.closing_note, moment)
        Goal.objects.bulk_update(goals, FROZEN)
        Goal.history.bulk_history_create(goals, update=True, default_date=moment)


def end(goal: Goal, found: GoalFigures, day: dt.date, note: str, moment: dt.datetime) -> None:
    goal.state, goal.closed_on, goal.closing_note = Goal.State.CLOSED, day, note
    goal.final_progress, goal.final_coverage, goal.final_expected = found.progress, found.coverage, found.expected
    goal.outcome, goal.version, goal.updated_at = outcome(found.progress), goal.version + 1, moment
    goal._history_user, goal._change_reason = goal.owner, note
