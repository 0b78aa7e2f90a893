"""The rows of one cycle that the health checks look at, for one reader. The number of queries depends neither on the
goals nor on what is found."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cascade.insights.checks import REVIEWS, all_good_below, suspects
from cascade.insights.rows import (
    RUNNING,
    Company,
    FactorRow,
    GoalRow,
    KpiRow,
    PersonRow,
    SplitRow,
    StatementRow,
    TwiceRow,
)
from goals import advice
from goals.models import Cycle, Goal, GoalSnapshot
from goals.nodes import ONE
from goals.reading import Everything, status_before_roll_up, visible_ids
from kpis.models import Kpi, KpiSnapshot, Proposal, SuccessFactor
from kpis.rolled import double
from people import access
from people.models import Level, Person, Role
from reviews.models import CheckIn, Review

ENDED = (Goal.State.CLOSED, Goal.State.CANCELLED)


def company(person: Person, cycle: Cycle, *, scores: bool = True) -> Company:
    """One cycle as a person may judge it; `scores`: also how well its goals are put."""
    seen = visible_ids(person)
    goals = goals_of(cycle)
    people = list(workers(person))
    found = Company(
        goals=goals,
        seen=seen,
        lowest=max(Level.objects.filter(organisation=cycle.organisation_id).values_list("rank", flat=True), default=0),
        kpis=kpis_of(cycle),
        people=[PersonRow(each.pk, each.unit_id) for each in people],
        followed=followed(person, people),
        helpers=helpers_of(cycle),
        splits=splits_of(cycle),
        factors=factors_of(person, cycle),
        statements=statements_of(person, cycle),
        twice=twice_of(cycle, goals),
        scores=scores_of(person, goals.values(), seen) if scores else {},
    )
    return replace(found, bad_at_reviews=bad_at_reviews(found, cycle.organisation.today()))


def goals_of(cycle: Cycle) -> dict[int, GoalRow]:
    """All goals of the cycle that were not cancelled, parents first."""
    own = ("id", "parent_id", "level__rank", "state", "rollup_method", "weight", "owner_id", "owner__is_active")
    ends = Coalesce("due", "cycle__due")
    figures = [F(f"figures__{name}") for name in ("status", "coverage", "stale_share")]
    rows = Goal.objects.filter(cycle=cycle).exclude(state=Goal.State.CANCELLED).in_tree_order()
    found = {}
    for *told, active, due, status, coverage, stale in rows.values_list(*own, ends, *figures):
        status = status or status_before_roll_up(told[3])
        found[told[0]] = GoalRow(*told, active is False, due, status, coverage, stale)
    return found


def kpis_of(cycle: Cycle) -> list[KpiRow]:
    """The active KPIs of these goals."""
    rows = Kpi.objects.active().filter(goal__cycle=cycle).exclude(goal__state=Goal.State.CANCELLED).order_by("pk")
    own = ("pk", "goal_id", "weight", "indicator", "source", "data_owner_id", "data_owner__is_active")
    figures = ("figures__status", "figures__reason", "figures__latest_period")
    found = []
    for pk, goal, weight, indicator, source, keeper, active, status, reason, latest in rows.values_list(*own, *figures):
        never = reason == "missing" and latest is None
        by_hand = source == Kpi.Source.MANUAL
        found.append(KpiRow(pk, goal, weight, indicator, by_hand, keeper if active else None, status or "", never))
    return found


def workers(person: Person) -> QuerySet[Person]:
    """Who works here; auditors only read."""
    active = Person.objects.visible_to(person).active().exclude(role=Role.AUDITOR)
    return (
        active.select_related("unit").only("id", "organisation_id", "manager_id", "unit__path").order_by("name", "pk")
    )


def followed(person: Person, people: Iterable[Person]) -> Container[int]:
    """Those whose work the reader may look at one by one."""
    if person.sees_everything:
        return Everything()
    return {each.pk for each in people if access.can_follow(person, each)}


def helpers_of(cycle: Cycle) -> list[tuple[int, int]]:
    links = Goal.contributors.through.objects.filter(goal__cycle=cycle)
    return list(links.values_list("goal_id", "person_id"))


def splits_of(cycle: Cycle) -> list[SplitRow]:
    """What was divided among goals right below, with the parts that are still there."""
    rows = Proposal.objects.filter(
        goal__cycle=cycle, source__goal=F("goal__parent"), source__target__isnull=False, kpi__target__isnull=False
    ).exclude(Q(goal__state__in=ENDED) | Q(source__state=Kpi.State.ARCHIVED))
    told = ("source_id", "source__goal_id", "source__target", "source__direction", "rule", "goal_id", "kpi__target")
    parts: dict[tuple[Any, ...], list[tuple[int, Any]]] = defaultdict(list)
    for *divided, goal, number in rows.order_by("source_id", "goal__position", "pk").values_list(*told):
        parts[tuple(divided)].append((goal, number))
    return [
        SplitRow(
            source,
            goal,
            target,
            direction,
            combined(rule, direction),
            [part for part, _ in taken],
            [number for _, number in taken],
            [ONE] * len(taken),
        )
        for (source, goal, target, direction, rule), taken in parts.items()
    ]


def combined(rule: str, direction: str | None) -> str:
    """Copies are judged by the worst of them, as where they are made (kpis/breakdown.py)."""
    if rule in ("sum", "mean"):
        return rule
    return "max" if direction == Kpi.Direction.DECREASE else "min"


def factors_of(person: Person, cycle: Cycle) -> list[FactorRow]:
    rows = SuccessFactor.objects.visible_to(person).filter(goal__cycle=cycle).exclude(goal__state__in=ENDED)
    return [FactorRow(*row) for row in rows.with_coverage().order_by("pk").values_list("pk", "goal_id", "covered")]


def twice_of(cycle: Cycle, goals: Mapping[int, GoalRow]) -> list[TwiceRow]:
    """What counts twice among the goals of the cycle."""
    found = double.everywhere(cycle.organisation)
    homes = dict(Kpi.objects.filter(pk__in={each.source for each in found}).values_list("pk", "goal_id"))
    rows = [TwiceRow(each.source, homes[each.source], each.kpi, each.goal) for each in found if each.source in homes]
    return [row for row in rows if row.goal in goals and row.above in goals]


def statements_of(person: Person, cycle: Cycle) -> list[StatementRow]:
    """The newest check-in of each goal, where it says how the goal stands."""
    newest = CheckIn.objects.submitted().filter(review__goal=OuterRef("review__goal")).order_by("-submitted_at", "-pk")
    rows = CheckIn.objects.visible_to(person).submitted().exclude(reported_status="")
    rows = rows.filter(review__goal__cycle=cycle, pk=Subquery(newest.values("pk")[:1]))
    told = ("review__goal_id", "pk", "submitted_at", "reported_status", "figures__status")
    day = person.organisation.day_of
    return [
        StatementRow(goal, pk, day(at), reported, computed or "")
        for goal, pk, at, reported, computed in rows.values_list(*told)
    ]


def scores_of(person: Person, goals: Iterable[GoalRow], seen: Container[int]) -> dict[int, int]:
    """The S.M.A.R.T. scores of the running goals that the reader may see."""
    ids = [goal.id for goal in goals if goal.state in RUNNING and goal.id in seen]
    return {pk: verdict.score for pk, verdict in advice.verdicts(person.organisation, ids).items()}


def bad_at_reviews(found: Company, today: dt.date) -> set[int]:
    """The suspects that were so at their last REVIEWS reviews as well, by what was frozen or known then."""
    suspected = suspects(found)
    held = last_reviews(suspected, today) if suspected else {}
    days = {goal: [day for day, _ in reviews] for goal, reviews in held.items() if len(reviews) == REVIEWS}
    if not days:
        return set()
    goals = known_on(GoalSnapshot.objects.filter(goal_id__in=days), "goal_id", days.values())
    below = {kpi.id for goal in days for kpi in suspected[goal]}
    kpis = known_on(KpiSnapshot.objects.filter(kpi_id__in=below), "kpi_id", days.values())

    def was_bad(goal: int, day: dt.date, frozen: str) -> bool:
        status = frozen or goals.get((goal, day), "")
        return status == "off_track" and bool(
            all_good_below(found, found.goals[goal], lambda kpi: kpis.get((kpi.id, day)))
        )

    return {goal for goal in days if all(was_bad(goal, day, frozen) for day, frozen in held[goal])}


def last_reviews(goals: Collection[int], today: dt.date) -> Mapping[int, list[tuple[dt.date, str]]]:
    """The last REVIEWS reviews of each goal that were held, the newest first: the day and the goal's frozen status."""
    frozen = CheckIn.objects.submitted().filter(review=OuterRef("pk")).order_by("-submitted_at", "-pk")
    rows = Review.objects.filter(goal_id__in=goals, day__lte=today).exclude(state=Review.State.CANCELLED)
    rows = rows.annotate(status=Subquery(frozen.values("figures__status")[:1]))
    rows = rows.filter(Q(state=Review.State.SIGNED) | Q(status__isnull=False)).order_by("-day", "-pk")
    found: dict[int, list[tuple[dt.date, str]]] = defaultdict(list)
    for goal, day, status in rows.values_list("goal_id", "day", "status"):
        if len(found[goal]) < REVIEWS:
            found[goal].append((day, status or ""))
    return found


def known_on(snapshots: QuerySet, key: str, days: Iterable[Iterable[dt.date]]) -> dict[tuple[int, dt.date], str]:
    """The status that held on each of the days, by whose it is and day."""
    asked = sorted({day for each in days for day in each})
    courses: dict[int, list[tuple[dt.date, str]]] = defaultdict(list)
    for pk, day, status in snapshots.filter(day__lte=asked[-1]).order_by("day").values_list(key, "day", "status"):
        courses[pk].append((day, status))
    found = {}
    for pk, course in courses.items():
        for day in asked:
            held = [status for since, status in course if since <= day]
            if held:
                found[pk, day] = held[-1]
    return found
