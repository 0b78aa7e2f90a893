"""What is planned around a goal, as its page shows it: success factors, initiatives, help, processes.

Each part is read on its own, in a fixed number of queries, because each is changed in place on its own.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from goals.access import Rights
from goals.models import Goal, GoalFigures
from kpis.access import can_edit_initiative_of, can_edit_process, can_offer
from kpis.models import (
    FactorKpi,
    Initiative,
    InitiativeGoal,
    InitiativeKpi,
    Kpi,
    KpiFigures,
    Milestone,
    Process,
    ProcessKpi,
    Resource,
    ResourceLink,
    SuccessFactor,
)
from people.models import Person

TROUBLE = (GoalFigures.Status.AT_RISK, GoalFigures.Status.OFF_TRACK)
WORST_FIRST = ("off_track", "at_risk", "no_data", "scheduled", "on_track", "achieved")
NEW_OWNER = dt.timedelta(days=30)
MOST_KPIS = 60
EDITED_BY = ("unit", "owner__unit")


@dataclass(frozen=True)
class FactorLine:
    """`status`: the worst of the KPIs that show it. `kpis`: those that the reader may see; `others` could be linked."""

    factor: SuccessFactor
    status: str
    stale: bool
    kpis: list[Kpi]
    others: list[Kpi]


@dataclass(frozen=True)
class Factors:
    lines: list[FactorLine]
    may_edit: bool

    @property
    def covered(self) -> int:
        return sum(line.factor.covered for line in self.lines)

    @property
    def missing(self) -> list[str]:
        """The names of those that no figure shows."""
        return [line.factor.name for line in self.lines if not line.factor.covered]


def factors_of(goal: Goal, rights: Rights, near: list[Kpi]) -> Factors:
    """`near`: the KPIs that could be linked."""
    rows = list(goal.success_factors.with_coverage().select_related("perspective"))
    may_edit = rights.can_edit(goal)
    linked: dict[int, list[Kpi]] = defaultdict(list)
    if rows:
        seen = Kpi.objects.visible_to(rights.person).values("pk")
        links = FactorKpi.objects.filter(factor__in=rows, kpi__in=seen).order_by("pk")
        for link in links.select_related("kpi__figures"):
            linked[link.factor_id].append(link.kpi)
    lines = [factor_line(row, linked[row.pk], near) for row in rows]
    return Factors(lines, may_edit)


def factor_line(factor: SuccessFactor, kpis: list[Kpi], near: list[Kpi]) -> FactorLine:
    figures = [kpi.figures for kpi in kpis if kpi.state == Kpi.State.ACTIVE and hasattr(kpi, "figures")]
    worst = min(figures, key=lambda each: WORST_FIRST.index(each.status), default=None)
    ids = {kpi.pk for kpi in kpis}
    return FactorLine(
        factor=factor,
        status=worst.status if worst and factor.covered else KpiFigures.Status.NO_DATA,
        stale=any(each.stale for each in figures),
        kpis=kpis,
        others=[kpi for kpi in near if kpi.pk not in ids],
    )


def near_kpis(goal: Goal, person: Person) -> Iterable[Kpi]:
    """The active KPIs of the goal, then those of the goals right below."""
    seen = Kpi.objects.visible_to(person).active().filter(Q(goal=goal) | Q(goal__parent=goal))
    return seen.order_by("goal__depth", "goal__lft", "pk")[:MOST_KPIS]


@dataclass(frozen=True)
class InitiativeLine:
    """`days_late`: since its due date while it is open. `other_goals`: those beside this one that the reader sees."""

    initiative: Initiative
    kpis: list[Kpi]
    other_goals: list[Goal]
    milestones: list[Milestone]
    days_late: int
    may_edit: bool

    @property
    def done(self) -> int:
        return sum(step.done_on is not None for step in self.milestones)


@dataclass(frozen=True)
class Initiatives:
    """Open ones by due date, then the ended; `overdue` are the open ones that are late."""

    lines: list[InitiativeLine]
    may_add: bool

    @property
    def overdue(self) -> list[InitiativeLine]:
        return [line for line in self.lines if line.days_late]

    @property
    def open(self) -> list[InitiativeLine]:
        return [line for line in self.lines if line.initiative.is_open]

    @property
    def ended(self) -> list[InitiativeLine]:
        return [line for line in self.lines if not line.initiative.is_open]


def initiatives_of(goal: Goal, rights: Rights) -> Initiatives:
    rows = list(Initiative.objects.filter(goals=goal).select_related("owner"))
    goals, kpis, steps = links_of(rows, rights)
    today, may_add = goal.organisation.today(), rights.can_edit(goal)
    linked = {each.pk for found in goals.values() for each in found}
    visible = Goal.objects.visible_to(rights.person).filter(pk__in=linked)
    seen = set(visible.values_list("pk", flat=True)) if rows else set()
    lines = [
        InitiativeLine(
            initiative=row,
            kpis=kpis[row.pk],
            other_goals=[each for each in goals[row.pk] if each.pk != goal.pk and each.pk in seen],
            milestones=steps[row.pk],
            days_late=(today - row.due).days if row.is_overdue(today) else 0,
            may_edit=may_add or can_edit_initiative_of(rights, row, goals[row.pk]),
        )
        for row in rows
    ]
    lines.sort(key=lambda line: (not line.initiative.is_open, line.initiative.due or dt.date.max, line.initiative.pk))
    return Initiatives(lines, may_add)


def links_of(rows: list[Initiative], rights: Rights) -> tuple[Any, Any, Any]:
    """The goals, the visible KPIs and the milestones of initiatives, by id."""
    goals: dict[int, list[Goal]] = defaultdict(list)
    kpis: dict[int, list[Kpi]] = defaultdict(list)
    steps: dict[int, list[Milestone]] = defaultdict(list)
    if rows:
        joined = [f"goal__{name}" for name in EDITED_BY]
        for link in InitiativeGoal.objects.filter(initiative__in=rows).select_related(*joined).order_by("pk"):
            goals[link.initiative_id].append(link.goal)
        seen = Kpi.objects.visible_to(rights.person).values("pk")
        links = InitiativeKpi.objects.filter(initiative__in=rows, kpi__in=seen).order_by("pk")
        for link in links.select_related("kpi"):
            kpis[link.initiative_id].append(link.kpi)
        for step in Milestone.objects.filter(initiative__in=rows).order_by("pk"):
            steps[step.initiative_id].append(step)
    return goals, kpis, steps


@dataclass(frozen=True)
class Helping:
    """`offered`: what helps now, `because` of trouble or of a new owner; `others`: the rest, for who manages it."""

    offered: list[Resource]
    others: list[Resource]
    because: str
    may_add: bool
    editable: set[int]


def help_of(goal: Goal, rights: Rights) -> Helping:
    links = list(resource_links(goal, rights.person))
    trouble = GoalFigures.objects.filter(goal=goal, status__in=TROUBLE).exists()
    new = bool(links) and not trouble and is_new_owner(goal, rights.person)
    offered, others = {}, {}
    for link in links:
        needed = trouble or new or (link.kpi_id and link.troubled)
        (offered if needed else others)[link.resource_id] = link.resource
    because = "trouble" if trouble else "new" if new else "kpi"
    may_add = rights.can_edit(goal)
    editable = editable_among({**offered, **others}, rights) if may_add else set()
    others = [each for pk, each in others.items() if pk not in offered and may_add]
    return Helping(list(offered.values()), others, because, may_add, editable)


def resource_links(goal: Goal, person: Person) -> Iterable[ResourceLink]:
    """What is for the goal, its level, or its KPIs; of the KPIs also whether they are in trouble."""
    kpis = list(goal.kpis.active().values_list("pk", "figures__status"))
    mine = Q(goal=goal) | Q(level=goal.level_id) | Q(kpi__in=[pk for pk, _ in kpis])
    troubled = {pk for pk, status in kpis if status in TROUBLE}
    found = ResourceLink.objects.filter(mine, organisation_id=goal.organisation_id).select_related("resource")
    for link in found.order_by("resource__title", "resource_id"):
        link.troubled = link.kpi_id in troubled
        yield link


def is_new_owner(goal: Goal, person: Person) -> bool:
    """The person owns the goal for less than thirty days."""
    if goal.owner_id != person.pk:
        return False
    recently = timezone.now() - NEW_OWNER
    before = goal.history.filter(history_date__lte=recently).order_by("-history_date", "-history_id")
    was = before.values_list("owner_id", flat=True).first()
    return was != person.pk


def editable_among(found: dict[int, Resource], rights: Rights) -> set[int]:
    """Those of the resources that the person may change."""
    if rights.edits_everything:
        return set(found)
    joined = [f"{path}__{name}" for path in ("goal", "kpi__goal") for name in EDITED_BY]
    links: dict[int, list[ResourceLink]] = defaultdict(list)
    for link in ResourceLink.objects.filter(resource__in=found).select_related("level", *joined):
        links[link.resource_id].append(link)
    return {
        pk
        for pk, each in links.items()
        if can_offer(
            rights,
            [link.level for link in each if link.level_id],
            [link.goal for link in each if link.goal_id],
            [link.kpi for link in each if link.kpi_id],
        )
    }


@dataclass(frozen=True)
class ProcessLine:
    """A process with the KPIs of the goal that are measured in it."""

    process: Process
    kpis: list[Kpi]
    may_edit: bool


@dataclass(frozen=True)
class Processes:
    lines: list[ProcessLine]
    may_add: bool


def processes_of(goal: Goal, rights: Rights) -> Processes:
    links = ProcessKpi.objects.filter(kpi__goal=goal).exclude(kpi__state=Kpi.State.ARCHIVED)
    kpis: dict[int, list[Kpi]] = defaultdict(list)
    found: dict[int, Process] = {}
    for link in links.select_related("process__owner", "kpi").order_by("process__name", "process_id", "kpi_id"):
        kpis[link.process_id].append(link.kpi)
        found[link.process_id] = link.process
    lines = [ProcessLine(each, kpis[pk], can_edit_process(rights, each)) for pk, each in found.items()]
    return Processes(lines, rights.can_edit(goal))


@dataclass(frozen=True)
class AroundKpi:
    """What the page of a KPI tells beside its course: its processes, help where it lags behind, work to move it."""

    processes: list[Process]
    resources: list[Resource]
    initiatives: list[Initiative]


def around_kpi(kpi: Kpi, person: Person) -> AroundKpi:
    """Three queries."""
    troubled = hasattr(kpi, "figures") and kpi.figures.status in TROUBLE
    helping = list(Resource.objects.visible_to(person).filter(kpis=kpi))
    moving = Initiative.objects.visible_to(person).open().filter(kpis=kpi).select_related("owner")
    return AroundKpi(
        processes=list(kpi.processes.select_related("owner")),
        resources=helping if troubled else [],
        initiatives=list(moving.order_by("due", "pk")),
    )
