"""What is still open in a cycle that is to be closed: what only people can put right, with the way to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from goals.models import Cycle, Goal
from kpis.models import Kpi, KpiFigures
from people.models import Person

MOST_TOLD = 20
State = Goal.State


@dataclass(frozen=True)
class Case:
    """One thing that is open: what it is, who could put it right, and where."""

    text: str
    person: Person | None
    url: str


@dataclass(frozen=True)
class Gap:
    """Everything of one kind that is open. `consequence` says what closing makes of it; `cases` are the first."""

    code: str
    title: str
    consequence: str
    count: int
    cases: Sequence[Case]

    @property
    def more(self) -> int:
        return self.count - len(self.cases)


Check = Callable[[Cycle], Gap]
registered: list[Check] = []


def register(check: Check) -> None:
    """A check of an app above this one."""
    registered.append(check)


def gaps(cycle: Cycle) -> list[Gap]:
    """Every kind of open end of which there is one; each check costs two queries, whatever it finds."""
    found = [check(cycle) for check in (values, outcomes, unstarted, *registered)]
    return [gap for gap in found if gap.count]


def told(rows: QuerySet, as_case: Callable[[Any], Case]) -> tuple[int, list[Case]]:
    return rows.count(), [as_case(row) for row in rows[:MOST_TOLD]]


def values(cycle: Cycle) -> Gap:
    """KPIs of goals that still run whose period is overdue, or that were never measured."""
    silent = Q(figures__stale=True) | Q(figures__status=KpiFigures.Status.NO_DATA, figures__reason="missing")
    rows = Kpi.objects.active().filter(silent, goal__cycle=cycle, goal__state__in=(State.ACTIVE, State.PAUSED))
    rows = rows.select_related("data_owner", "goal__owner").order_by("goal__tree_id", "goal__lft", "pk")
    count, cases = told(rows, value_case)
    consequence = _("They close with the values they have.")
    return Gap("values", _("Values are missing"), consequence, count, cases)


def value_case(kpi: Kpi) -> Case:
    return Case(kpi.name, kpi.data_owner or kpi.goal.owner, reverse("kpis:detail", args=[kpi.pk]))


def outcomes(cycle: Cycle) -> Gap:
    """Goals that still run and have no data: nobody can say how they ended."""
    rows = Goal.objects.filter(cycle=cycle, state__in=(State.ACTIVE, State.PAUSED), figures__progress=None)
    count, cases = told(rows.select_related("owner").in_tree_order(), goal_case)
    consequence = _("Their outcome stays unknown. Close one by itself to judge its progress.")
    return Gap("outcomes", _("Goals have no data"), consequence, count, cases)


def unstarted(cycle: Cycle) -> Gap:
    """Goals that never started."""
    rows = Goal.objects.filter(cycle=cycle, state__in=(State.DRAFT, State.PROPOSED))
    count, cases = told(rows.select_related("owner").in_tree_order(), goal_case)
    return Gap("unstarted", _("Goals never started"), _("They are cancelled."), count, cases)


def goal_case(goal: Goal) -> Case:
    return Case(goal.title, goal.owner, reverse("goals:detail", args=[goal.pk]))
