"""What became of each goal and KPI of the demo company since somebody drafted it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from goals.models import Goal
from integrations.demo.company import Company
from integrations.demo.plan import Event, GoalPlan, KpiPlan, Plan
from integrations.demo.story import Change
from integrations.demo.strategy import Written
from integrations.demo.timeline import DAY, Timeline
from kpis.models import Kpi

State = Goal.State
CLOSING_DAY = 9  # of the new cycle, when the last values of the old one are in
STRATEGIST = "Ingrid Solheim"


def changes(
    plan: Plan, written: Written, company: Company, time: Timeline
) -> tuple[Mapping[int, list[Change]], Mapping[int, list[Change]]]:
    """Everything that was done to goals and to KPIs, by primary key; how goals ended is told by `endings.close`."""
    goals: dict[int, list[Change]] = defaultdict(list)
    kpis: dict[int, list[Change]] = defaultdict(list)
    for each in (*plan.earlier, *plan.goals):
        goal = written.goals[each.key]
        goals[goal.pk] += of_goal(each, goal, company, plan, time)
        for kpi_plan in each.kpis:
            kpi = written.kpis[kpi_plan.key]
            kpis[kpi.pk] += of_kpi(kpi_plan, each, kpi, written, plan, time)
    for event in plan.events:
        row, told = (written.goals[event.goal], goals) if event.goal else (written.kpis[event.kpi], kpis)
        at = time.at(time.day_of(event.month, event.day), 14, 10)
        told[row.pk].append(Change(at, company.people[event.by], event.reason, before(event, company)))
    return goals, kpis


def before(event: Event, company: Company) -> dict[str, Any]:
    if event.field == "owner":
        return {"owner_id": company.people[event.was].pk}
    return {event.field: event.was if event.field == "title" else Decimal(event.was)}


def beginning(each: GoalPlan, goal: Goal, company: Company, time: Timeline) -> dt.date:
    return time.first_used if goal.cycle == company.before else time.month(each.since)


def of_goal(each: GoalPlan, goal: Goal, company: Company, plan: Plan, time: Timeline) -> Iterator[Change]:
    """Drafted by the owner of the goal above, agreed by its owner before it starts, paused or cancelled."""
    begins = beginning(each, goal, company, time)
    above = goal.parent.owner if goal.parent else company.people[STRATEGIST]
    yield Change(time.at(begins - 24 * DAY, 10, goal.pk % 60), above)
    if goal.state == State.DRAFT:
        return
    told = "Proposed to its owner." if goal.state == State.PROPOSED else "Agreed in the planning talks."
    yield Change(time.at(begins - 6 * DAY, 11, goal.pk % 60), goal.owner, told, {"state": State.DRAFT})
    if each.paused is not None:
        yield Change(ends(each, time), goal.owner, plan.reasons[each.key], {"state": State.ACTIVE})
    if each.cancelled is not None:
        yield Change(ends(each, time), above, plan.reasons[each.key], {"state": State.ACTIVE})


def of_kpi(told: KpiPlan, each: GoalPlan, kpi: Kpi, written: Written, plan: Plan, time: Timeline) -> Iterator[Change]:
    """Defined with its goal; carried over from the cycle before; paused."""
    owner, is_old = kpi.goal.owner, told.earlier or kpi.goal.cycle.due < time.start
    begins = time.first_used if is_old else time.month(each.since)
    yield Change(time.at(begins - 20 * DAY, 13, kpi.pk % 60), owner)
    if told.earlier:
        was = {"goal_id": written.goals[told.earlier].pk, "due": time.start - DAY, "weight": Decimal(1)}
        if told.type == "path":
            was |= {"target": told.begin, "milestones": {}, "trajectory": Kpi.Trajectory.LINEAR, "stretch": None}
        yield Change(time.at(time.start - DAY, 20), owner, "Carried over to the new cycle.", was)
    if told.paused is not None:
        at = time.at(time.month(told.paused), 9, 15)
        yield Change(at, owner, plan.reasons[told.key], {"state": Kpi.State.ACTIVE})


def ends(each: GoalPlan, time: Timeline) -> dt.datetime:
    """When a goal was paused, cancelled or closed; now for one that goes on."""
    if each.paused is not None:
        return time.at(time.day_of(each.paused, 6), 9, 40)
    if each.cancelled is not None:
        return time.at(time.day_of(each.cancelled, 12), 16, 5)
    return closing_moment(each, time) if each.closed is not None else time.now


def closing_moment(each: GoalPlan, time: Timeline) -> dt.datetime:
    day = time.day_of(0, CLOSING_DAY) if each.closed is None else time.day_of(each.closed, 20)
    return time.at(day, 15, 30)


def until(each: GoalPlan, told: KpiPlan, time: Timeline) -> dt.datetime:
    """The moment after which nobody records for a KPI any more."""
    paused = time.now if told.paused is None else time.at(time.month(told.paused))
    return min(paused, ends(each, time))
