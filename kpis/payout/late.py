"""Targets and weights that changed in the last third of a plan's time: who signs looks at them first."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from goals.models import Goal
from kpis.models import Kpi, PayItem, PayPlan
from people.models import Person

KPI_FIELDS = ("target", "baseline", "lower", "upper", "zero_at", "targets", "milestones", "weight", "target_mode")
GOAL_FIELDS = ("weight", "rollup_method", "state")
ITEM_FIELDS = ("weight", "minimum")
PLAN_FIELDS = ("bonus", "threshold", "threshold_factor", "most", "most_factor", "item_cap", "position_share", "no_data")


@dataclass(frozen=True)
class LateChange:
    """`what` changed: title and fields; by whom, when and why."""

    at: dt.datetime
    by: Person | None
    title: str
    fields: list[str]
    reason: str


def last_third(plan: PayPlan) -> dt.date:
    """The first day of the last third of the plan's time."""
    days = (plan.due - plan.start).days + 1
    return plan.due - dt.timedelta(days=days // 3 - 1) if days >= 3 else plan.due


def changes(plan: PayPlan) -> list[LateChange]:
    """Newest first: of the items' KPIs and goals, of the items and of the plan itself, from the last third on."""
    since = plan.organisation.end_of(last_third(plan) - dt.timedelta(days=1))
    items = list(plan.items.all())
    kpis = Kpi.history.filter(id__in=[item.kpi_id for item in items if item.kpi_id])
    goals = Goal.history.filter(id__in=[item.goal_id for item in items if item.goal_id])
    own = PayItem.history.filter(plan_id=plan.pk)
    found = [
        *late(kpis, KPI_FIELDS, "name", since),
        *late(goals, GOAL_FIELDS, "title", since),
        *late(own, ITEM_FIELDS, "", since),
        *late(PayPlan.history.filter(id=plan.pk), PLAN_FIELDS, "name", since),
    ]
    return sorted(found, key=lambda change: change.at, reverse=True)


def late(versions: QuerySet, fields: Iterable[str], title: str, since: dt.datetime) -> list[LateChange]:
    found, before = [], dict[int, Any]()
    for version in versions.select_related("history_user").order_by("history_date", "history_id"):
        earlier = before.get(version.id)
        before[version.id] = version
        differing = [name for name in fields if earlier and getattr(earlier, name) != getattr(version, name)]
        if version.history_type == "-" and not differing:
            differing = ["weight"]
        if differing and version.history_date > since:
            called = getattr(version, title) if title else str(version.kpi or version.goal)
            names = [str(version._meta.get_field(name).verbose_name) for name in differing]
            found.append(
                LateChange(
                    version.history_date, version.history_user, called, names, version.history_change_reason or ""
                )
            )
    return found
