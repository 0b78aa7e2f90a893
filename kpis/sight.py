"""A person's line of sight: what they owe, their goals and KPIs, and the way up with its whys
(docs/domain.md sections 9 and 16). The page and the API show the same."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from goals.models import Goal
from goals.nodes import COUNTING, ONE, ZERO, Leaf
from goals.rollup import Step, lines_of_sight
from kpis.due import Due, Owed, owed
from kpis.models import Kpi
from kpis.paths import GoalOnPath, KpiOnPath, Paths, paths_at, paths_of
from kpis.scoring import fiscal_of
from people.models import Person


@dataclass(frozen=True, slots=True)
class Stop:
    """One goal on the way up: what the person's goal weighs in it, and what it would gain if that goal stood at 1.
    Of a goal that the reader may not see only the weight is told."""

    goal: GoalOnPath | None
    effective_weight: Decimal
    headroom: Decimal | None


@dataclass(frozen=True, slots=True)
class OwnKpi:
    """A KPI of one of the person's goals. `steps` is its own way up, `records` whether its values come from them.
    `entry` is the period meant by who enters a value without saying which, None where nobody is asked for values."""

    kpi: KpiOnPath
    records: bool
    owed: Owed
    entry: Due | None
    steps: list[Step]

    @property
    def id(self) -> int:
        return self.kpi.id

    def period(self, first: dt.date | None) -> Due | None:
        """The period for which a value may be entered here that begins on a day."""
        known = [*self.owed.due, self.entry, self.owed.over]
        return next((due for due in known if due is not None and due.period.first == first), None)

    @property
    def is_owed(self) -> bool:
        """Its value is among what the person owes."""
        return self.records and bool(self.owed.due)


@dataclass(frozen=True, slots=True)
class OwnGoal:
    """A goal of the person's with its KPIs and its path, itself first. `aligned`: the path ends at a strategic goal."""

    goal: GoalOnPath
    owns: bool
    kpis: list[OwnKpi]
    path: list[Stop]
    aligned: bool

    @property
    def id(self) -> int:
        return self.goal.id

    @property
    def top(self) -> Stop:
        return self.path[-1]

    @property
    def owes(self) -> bool:
        return any(kpi.is_owed for kpi in self.kpis)


@dataclass(frozen=True, slots=True)
class Task:
    """A value the person owes or will owe next."""

    goal: GoalOnPath
    kpi: KpiOnPath
    due: Due
    more: int = 0

    @property
    def urgency(self) -> tuple:
        return (-self.due.days_late, self.due.since, self.kpi.name, self.kpi.id)


@dataclass(frozen=True)
class Sight:
    """The line of sight of a person on a date. Goals of their own come first, of these those that owe a value, then by
    what they could still bring at the top. `owes` has the latest period of each KPI, the longest late first."""

    person: Person
    on: dt.date
    goals: list[OwnGoal]
    owes: list[Task]
    next: Task | None
    paths: Paths

    @property
    def pending(self) -> bool:
        return any(own.goal.pending for own in self.goals)


def sight_of(person: Person, viewer: Person) -> Sight:
    """As it is now, with what `viewer` may see of it."""
    return seen(person, paths_of(person, viewer))


def sight_at(person: Person, viewer: Person, on: dt.date | None, known: dt.datetime | None) -> Sight:
    """As it was on a date (None: today), from what was recorded by a moment (None: everything)."""
    return seen(person, paths_at(person, viewer, on or viewer.organisation.today(), known))


def seen(person: Person, paths: Paths) -> Sight:
    mine = [goal for goal in paths.goals.values() if goal.mine and goal.visible]
    below = {goal.id: [kpi for kpi in paths.kpis if kpi.goal == goal.id and kpi.part.active] for goal in mine}
    leaves: list[Leaf] = [("goal", goal.id) for goal in mine]
    leaves += [("kpi", kpi.id) for kpis in below.values() for kpi in kpis]
    steps = lines_of_sight(leaves, paths.nodes, paths.parts, paths.on, paths.thresholds, paths.known)
    own = [own_goal(person, paths, goal, below[goal.id], steps) for goal in mine]
    own.sort(key=lambda each: (not each.owns, not each.owes, -(each.top.headroom or ZERO), each.goal.order))
    return Sight(person, paths.on, own, sorted(owing(own), key=lambda task: task.urgency), coming(own), paths)


def own_goal(
    person: Person, paths: Paths, goal: GoalOnPath, kpis: list[KpiOnPath], steps: Mapping[Leaf, list[Step]]
) -> OwnGoal:
    room = ONE - (goal.figures.progress or ZERO) if goal.node.state in COUNTING and not is_closed(goal) else ZERO
    path = [Stop(goal, ONE, room)]
    above = {step.goal: step for step in steps["goal", goal.id]}
    for each in paths.up(goal.id)[1:]:
        step = above[each.id]
        shown = each if each.visible else None
        path.append(Stop(shown, step.effective_weight, step.headroom if shown else None))
    root = paths.up(goal.id)[-1]
    return OwnGoal(
        goal=goal,
        owns=goal.owner_id == person.pk,
        kpis=[own_kpi(person, paths, goal, kpi, steps["kpi", kpi.id]) for kpi in kpis],
        path=path,
        aligned=root.level.rank == 0,
    )


def is_closed(goal: GoalOnPath) -> bool:
    return goal.node.state == Goal.State.CLOSED


def own_kpi(person: Person, paths: Paths, goal: GoalOnPath, kpi: KpiOnPath, steps: list[Step]) -> OwnKpi:
    organisation = paths.organisation
    visible = [step for step in steps if paths.goals[step.goal].visible]
    due = owed(kpi.definition, kpi.values, paths.on, fiscal_of(organisation), organisation.grace)
    records = person.pk == (kpi.data_owner_id or goal.owner_id)
    if not is_asked(goal, kpi):
        return OwnKpi(kpi, records, Owed([], None, due.over), None, visible)
    return OwnKpi(kpi, records, due, due.entry(paths.on), visible)


def is_asked(goal: GoalOnPath, kpi: KpiOnPath) -> bool:
    """Values are asked of people for active goals; what another system sends is not asked of anybody."""
    return goal.node.state == Goal.State.ACTIVE and kpi.part.active and kpi.source == Kpi.Source.MANUAL


def owing(own: Iterable[OwnGoal]) -> list[Task]:
    return [
        Task(each.goal, kpi.kpi, kpi.owed.due[0], len(kpi.owed.due) - 1)
        for each in own
        for kpi in each.kpis
        if kpi.is_owed
    ]


def coming(own: Iterable[OwnGoal]) -> Task | None:
    """The value that falls due next."""
    tasks = [
        Task(each.goal, kpi.kpi, kpi.owed.next)
        for each in own
        for kpi in each.kpis
        if kpi.records and kpi.owed.next is not None
    ]
    return min(tasks, key=lambda task: (task.due.since, task.kpi.name, task.kpi.id), default=None)
