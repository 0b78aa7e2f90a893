"""What counts twice: a KPI that feeds a goal above by its value and by the weight of its own goal (docs/domain.md
sections 7 and 18, H8). `everywhere` is the question of the health checks."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from goals import structure
from goals.models import Goal
from kpis.models import Kpi, KpiSource
from kpis.rolled import graph
from people.models import Organisation, Person


@dataclass(frozen=True)
class Twice:
    """The ids of a derived KPI, of a KPI it is calculated from, and of the goal in which both count."""

    kpi: int
    source: int
    goal: int


def everywhere(organisation: Organisation) -> list[Twice]:
    """Everything of an organisation that counts twice, in a fixed number of queries."""
    active = {"state": Kpi.State.ACTIVE, "goal__state": Goal.State.ACTIVE}
    counting = Kpi.objects.filter(organisation_id=organisation.pk, **active)
    goal_of = {
        pk: goal
        for pk, goal, weight in counting.filter(needs__isnull=False).distinct().values_list("pk", "goal_id", "weight")
        if weight > 0
    }
    if not goal_of:
        return []
    edges: dict[int, list[int]] = {}
    needs = KpiSource.objects.filter(organisation_id=organisation.pk).order_by()
    for kpi, source in needs.values_list("kpi_id", "source_id"):
        edges.setdefault(kpi, []).append(source)
    return among(goal_of, edges)


def counted_twice(kpi: Kpi, person: Person) -> list[tuple[Kpi, Goal]]:
    """The same about one KPI, which may not be saved yet: the KPIs, of those the person may see, whose goals count in
    its own."""
    sources = graph.needed(kpi)
    if kpi.weight <= 0 or not sources:
        return []
    edges = {**graph.edges_below(kpi.organisation_id, sources), 0: sorted(sources)}
    found = among({0: kpi.goal_id}, edges)
    seen = Kpi.objects.visible_to(person).select_related("goal")
    kpis = seen.in_bulk([each.source for each in found])
    return [(kpis[each.source], kpi.goal) for each in found if each.source in kpis]


def among(goal_of: Mapping[int, int], edges: Mapping[int, Collection[int]]) -> list[Twice]:
    below = {kpi: all_below(kpi, edges) for kpi in goal_of}
    sources = set().union(*below.values())
    rows = Kpi.objects.filter(pk__in=sources, state=Kpi.State.ACTIVE).order_by()
    goals = {pk: goal for pk, goal, weight in rows.values_list("pk", "goal_id", "weight") if weight > 0}
    above = counting_above({*goals.values(), *goal_of.values()})
    return [
        Twice(kpi, source, goal)
        for kpi, goal in goal_of.items()
        for source in sorted(below[kpi] & goals.keys())
        if goals[source] != goal and goal in above[goals[source]]
    ]


def all_below(kpi: int, edges: Mapping[int, Iterable[int]]) -> set[int]:
    found: set[int] = set()
    waiting = list(edges.get(kpi, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(edges.get(each, ()))
    return found


def counting_above(goal_ids: set[int]) -> dict[int, set[int]]:
    """The goals above each in which it counts: every goal on the way is active or closed, has weight, and does not look
    at its own KPIs alone."""
    goals = Goal.objects.filter(pk__in=structure.ancestor_ids(goal_ids)).order_by()
    rows = {row["id"]: row for row in goals.values("id", "parent_id", "weight", "state", "rollup_method")}
    found = {}
    for goal in goal_ids:
        above, at = set(), rows[goal]
        while at["parent_id"] is not None and at["state"] == Goal.State.ACTIVE and at["weight"] > 0:
            at = rows[at["parent_id"]]
            if at["rollup_method"] == Goal.Method.OWN_KPIS:
                break
            above.add(at["id"])
        found[goal] = above
    return found
