"""The goals of the demo company with their KPIs, as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from cascade.fields import plain
from goals import tree
from goals.models import Cycle, Goal, TreeNumber
from integrations.demo.company import Company
from integrations.demo.plan import GoalPlan, KpiPlan, Plan
from integrations.demo.timeline import Timeline
from kpis.models import Kpi
from kpis.periods import Cadence, Fiscal, Period, periods
from kpis.rolled import graph, links

State = Goal.State
CLOSING_DAY = 9  # of the new cycle, when the last values of the old one are in


@dataclass
class Written:
    """Goals and KPIs by their keys."""

    goals: dict[str, Goal] = field(default_factory=dict)
    kpis: dict[str, Kpi] = field(default_factory=dict)


def write(plan: Plan, company: Company, time: Timeline) -> Written:
    """Every goal and KPI, still without history; those that are closed are still active (`endings.close`)."""
    written = Written()
    everything = [*((each, company.cycle) for each in plan.goals), *((each, company.before) for each in plan.earlier)]
    written.goals = plant(everything, company, time)
    for each, _ in everything:
        measure(each, written, company, time)
    Kpi.objects.bulk_create(written.kpis.values(), batch_size=500)
    derive([kpi for each, _ in everything for kpi in each.kpis if kpi.of], written)
    graph.settle_all(company.organisation.pk)
    help_out([each for each, _ in everything], written, company)
    return written


def plant(everything: Sequence[tuple[GoalPlan, Cycle]], company: Company, time: Timeline) -> dict[str, Goal]:
    """The goals in the order of the files, with the numbers of their trees."""
    ids = {each.key: number for number, (each, _) in enumerate(everything)}
    places = [
        {
            "id": ids[each.key],
            "parent_id": ids[each.parent] if each.parent else None,
            "position": ids[each.key],
            "tree_id": 0 if each.parent else TreeNumber.take(),
            "lft": 0,
        }
        for each, _ in everything
    ]
    numbers = tree.numbering(places)
    planted: dict[str, Goal] = {}
    deepest = max(depth for *_, depth in numbers.values())
    for depth in range(deepest + 1):
        here = {}
        for each, cycle in everything:
            number = numbers[ids[each.key]]
            if number[3] == depth:
                here[each.key] = seedling(each, cycle, planted, ids[each.key], company, time)
                here[each.key].tree_id, here[each.key].lft, here[each.key].rght, here[each.key].depth = number
        Goal.objects.bulk_create(here.values(), batch_size=500)
        planted |= here
    return planted


def seedling(
    each: GoalPlan, cycle: Cycle, planted: Mapping[str, Goal], position: int, company: Company, time: Timeline
) -> Goal:
    parent = planted.get(each.parent)
    rank = each.level if each.level is not None else (parent.level.rank + 1 if parent else 0)
    is_earlier = cycle == company.before
    perspective = each.perspective and company.perspectives[each.perspective]
    return Goal(
        organisation=company.organisation,
        external_id=each.key,
        cycle=cycle,
        level=company.levels[rank],
        parent=parent,
        position=position,
        title=each.title,
        why=each.why,
        contribution=each.helps,
        owner=company.people[each.owner],
        unit=company.units[each.unit],
        perspective=perspective or (parent.perspective if parent else None),
        weight=each.weight,
        rollup_method=each.method,
        state=State.PAUSED if each.paused is not None else State.ACTIVE if each.state == "closed" else each.state,
        visibility=each.visibility,
        start=time.first_used if is_earlier else time.month(each.starts or each.since),
        due=cycle.due,
    )


def help_out(plans: Iterable[GoalPlan], written: Written, company: Company) -> None:
    through = Goal.contributors.through
    through.objects.bulk_create(
        through(goal=written.goals[each.key], person=company.people[name])
        for each in plans
        for name in each.contributors
    )


def measure(each: GoalPlan, written: Written, company: Company, time: Timeline) -> None:
    for plan in each.kpis:
        written.kpis[plan.key] = Kpi(
            organisation=company.organisation,
            goal=written.goals[each.key],
            external_id=plan.key,
            key=plan.key,
            name=plan.name,
            unit=plan.unit,
            weight=plan.weight,
            cadence=plan.every,
            source=plan.source,
            formula=plan.formula,
            method=plan.method,
            missing=plan.missing,
            indicator=Kpi.Indicator.LEAD if plan.lead else Kpi.Indicator.LAG,
            state=Kpi.State.ACTIVE if plan.paused is None else Kpi.State.PAUSED,
            data_owner=written.goals[each.key].owner,
            min_value=plan.min,
            max_value=plan.max,
            stretch=plan.stretch,
            benchmark=plan.benchmark,
            benchmark_source=plan.benchmark_source,
            definition=plan.definition,
            **aim(plan, time),
        )


def derive(plans: Iterable[KpiPlan], written: Written) -> None:
    """The links of the KPIs that are taken from others, once all of them are there."""
    kpis = []
    for plan in plans:
        pairs = zip_longest(plan.of, plan.by)
        given = [
            {"source": written.kpis[key].pk, "denominator": below and written.kpis[below].pk} for key, below in pairs
        ]
        kpi = written.kpis[plan.key]
        kpi.links = links.kept(given)
        kpis.append(kpi)
    Kpi.objects.bulk_update(kpis, ["links"])


def aim(plan: KpiPlan, time: Timeline) -> dict[str, Any]:
    """Direction, target and how it is judged, by the type of the plan."""
    falling = plan.down or plan.type == "cap" or (plan.begin is not None and plan.begin > plan.target)
    said = {"direction": "decrease" if falling else "increase", "target": plan.target, "aggregation": plan.agg}
    if plan.type == "path":
        said["baseline"] = plan.begin if plan.before is None else plan.before
    elif plan.type == "sum":
        said["aggregation"] = "sum"
    elif plan.type in ("each", "cap"):
        said |= {"target_mode": "each_period", "zero_at": plan.zero}
        said["aggregation"] = "sum" if plan.type == "cap" else plan.agg
    elif plan.type == "band":
        bounds = {"lower": plan.lower, "upper": plan.upper, "fade": plan.fade}
        said |= {"direction": "maintain", "target_mode": "each_period", **bounds}
    else:
        said |= {"kind": "boolean", "baseline": Decimal(0), "target": Decimal(1)}
    if plan.before is not None:
        said |= {"start": time.first_used, "due": time.due}
    return said | steps(plan, time)


def steps(plan: KpiPlan, time: Timeline) -> dict[str, Any]:
    """Milestones of the plan; a KPI carried over from the cycle before has its former target as one."""
    marks = {time.month(month): value for month, value in plan.milestones.items()}
    if plan.before is not None and plan.type == "path":
        marks[last_period_before(plan, time).first] = plan.begin
    if not marks:
        return {}
    return {
        "trajectory": "milestones",
        "milestones": {day.isoformat(): plain(value) for day, value in sorted(marks.items())},
    }


def last_period_before(plan: KpiPlan, time: Timeline) -> Period:
    life = periods(time.first_used, time.due, plan.every, fiscal(time))
    return [period for period in life if period.life_end < time.start][-1]


def fiscal(time: Timeline) -> Fiscal:
    return Fiscal(time.start.month)


def life(kpi: Kpi, time: Timeline) -> list[Period]:
    start, due = kpi.life
    return list(periods(start, due, Cadence(kpi.cadence), fiscal(time)))
