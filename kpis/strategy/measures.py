"""The measure that stands for a goal on the strategy map, with its values (docs/domain.md section 16).

The number of queries does not depend on the number of goals.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from goals.models import Goal
from kpis.attainment import CurrentValue
from kpis.evidence import Measure
from kpis.models import ChosenMeasure, Kpi, Measurement
from people.models import Person

TOLD = ("id", "goal_id", "name", "unit", "cadence", "aggregation", "direction", "target", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Standing:
    """The KPI that stands for a goal, and how it is measured. `seen`: the reader may see the KPI."""

    kpi_id: int
    name: str
    unit: str
    chosen: bool
    seen: bool
    measure: Measure


def standing(person: Person, goal_ids: Collection[int]) -> dict[int, Standing]:
    """What stands for each of these goals, of which a goal without any KPI is left out. Five queries."""
    chosen = dict(ChosenMeasure.objects.filter(goal_id__in=goal_ids).values_list("goal_id", "kpi_id"))
    default = heaviest(goal_ids)
    alive = Kpi.objects.exclude(state=Kpi.State.ARCHIVED).filter(pk__in={*chosen.values(), *default.values()})
    rows = {row["id"]: row for row in alive.values(*TOLD)}
    meant = {goal: kpi for goal in goal_ids for kpi in (chosen.get(goal), default.get(goal)) if kpi in rows}
    meant |= {goal: kpi for goal, kpi in chosen.items() if kpi in rows}
    seen = set(Kpi.objects.visible_to(person).filter(pk__in=meant.values()).values_list("pk", flat=True))
    values = values_of(set(meant.values()))
    return {
        goal: Standing(
            kpi_id=kpi,
            name=rows[kpi]["name"],
            unit=rows[kpi]["unit"],
            chosen=chosen.get(goal) == kpi,
            seen=kpi in seen,
            measure=Measure(values=values[kpi], **{name: rows[kpi][name] for name in TOLD[4:]}),
        )
        for goal, kpi in meant.items()
    }


def heaviest(goal_ids: Collection[int]) -> dict[int, int]:
    """Each goal's own active KPI with the largest weight, the first of equal ones."""
    found: dict[int, int] = {}
    kpis = Kpi.objects.active().filter(goal_id__in=goal_ids).order_by("-weight", "pk")
    rows = kpis.values_list("goal_id", "pk", "weight")
    for goal_id, kpi_id, _weight in sorted(rows, key=lambda row: (-row[2], row[1])):
        found.setdefault(goal_id, kpi_id)
    return found


def values_of(kpi_ids: Collection[int]) -> dict[int, dict]:
    found: dict[int, dict] = defaultdict(dict)
    rows = Measurement.objects.filter(kpi_id__in=kpi_ids, value__isnull=False).order_by()
    for kpi_id, period, value, observed_on in rows.values_list("kpi_id", "period", "value", "observed_on"):
        found[kpi_id][period] = CurrentValue(value, observed_on)
    return found


def choices(person: Person, goal: Goal) -> QuerySet[Kpi]:
    """The KPIs that can stand for a goal: its own and those of the goals below it."""
    goals = Goal.objects.visible_to(person).subtree(goal)
    kpis = Kpi.objects.visible_to(person).exclude(state=Kpi.State.ARCHIVED).filter(goal__in=goals)
    return kpis.select_related("goal").order_by("goal__depth", "goal__lft", "pk")


def choose(goal: Goal, kpi: Kpi | None, *, by: Person | None) -> None:
    """Lets a KPI stand for a goal; None goes back to its heaviest own one. Raises ValidationError not_below."""
    with transaction.atomic():
        held = ChosenMeasure.objects.select_for_update(no_key=True).filter(goal=goal).first()
        if kpi is None:
            if held is not None:
                held._history_user = by
                held.delete()
            return
        if not Goal.objects.subtree(goal).filter(pk=kpi.goal_id).exists():
            message = _("Only KPIs of the goal and of the goals below it can stand for it.")
            raise ValidationError({"kpi": ValidationError(message, code="not_below")})
        if held is None:
            held = ChosenMeasure(organisation_id=goal.organisation_id, goal=goal)
        elif held.kpi_id == kpi.pk:
            return
        held.kpi, held._history_user = kpi, by
        held.save()
