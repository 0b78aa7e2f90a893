"""The final figures of a cycle: frozen as they were known when it was closed, compared with what they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from goals import ending, progress
from goals.models import Cycle, Goal, GoalFigures
from kpis.models import ClosedGoal, ClosedKpi, Closing, Kpi
from people.models import Person

BATCH = 500
GOAL_FIGURES = ("progress", "expected", "gap", "coverage", "status")
KPI_FIGURES = ("actual", "raw", "progress", "expected", "gap", "completeness", "status")
KPI_TOLD = ("name", "unit", "baseline", "target")


def close(cycle: Cycle, *, by: Person, reason: str) -> Closing:
    """Freezes the figures of all goals and KPIs of a cycle and ends its goals; the organisation and the values are
    locked. The number of queries grows only with batches of rows."""
    progress.roll_up(cycle.organisation_id)
    made = Closing.objects.create(
        organisation_id=cycle.organisation_id,
        cycle=cycle,
        day=cycle.organisation.today(),
        closed_at=timezone.now(),
        closed_by=by,
        reason=reason,
    )
    stood = dict(Goal.objects.filter(cycle=cycle).values_list("pk", "state"))
    figures = {each.pk: each for each in GoalFigures.objects.filter(goal__cycle=cycle)}
    ended = ending.end_all(cycle, by=by, reason=reason)
    outcomes = {goal.pk: goal.outcome for goal in ended}
    rows = [
        ClosedGoal(
            organisation_id=cycle.organisation_id,
            closing=made,
            goal_id=pk,
            title=title,
            stood=stood[pk],
            outcome=outcomes.get(pk, outcome),
            **{name: getattr(figures[pk], name) for name in GOAL_FIGURES},
        )
        for pk, title, outcome in Goal.objects.filter(cycle=cycle).values_list("pk", "title", "outcome")
    ]
    ClosedGoal.objects.bulk_create(rows, batch_size=BATCH)
    ClosedKpi.objects.bulk_create([*closed_kpis(made)], batch_size=BATCH)
    return made


def closed_kpis(made: Closing) -> list[ClosedKpi]:
    joined = {name: f"figures__{name}" for name in KPI_FIGURES}
    rows = Kpi.objects.filter(goal__cycle=made.cycle_id).order_by("pk").values("pk", *KPI_TOLD, *joined.values())
    return [
        ClosedKpi(
            organisation_id=made.organisation_id,
            closing=made,
            kpi_id=row["pk"],
            **{name: row[name] for name in KPI_TOLD},
            **{name: row[column] for name, column in joined.items()},
        )
        for row in rows
    ]


def reopen(cycle: Cycle, *, by: Person, reason: str) -> None:
    """The goals that ended with the cycle stand again as they stood; what was frozen stays for comparison."""
    made = cycle.closings.filter(reopened_at=None).first()
    if made is None:
        return
    made.reopened_at, made.reopened_by, made.reopen_reason = timezone.now(), by, reason
    made.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
    ended = (Goal.State.CLOSED, Goal.State.CANCELLED)
    stood = made.goals.exclude(stood__in=ended).exclude(goal=None).values_list("goal_id", "stood")
    ending.take_up(cycle, dict(stood), by=by, reason=reason)


@dataclass(frozen=True)
class Compared:
    """A figure as it was frozen and as it is calculated now; `frozen` and `now` are shares, or a KPI's value."""

    kind: str
    id: int | None
    title: str
    frozen: Decimal | None
    now: Decimal | None
    outcome: str = ""
    unit: str = ""

    @property
    def outcome_words(self) -> str:
        return str(Goal.Outcome(self.outcome).label) if self.outcome else ""

    @property
    def differs(self) -> bool:
        return self.frozen != self.now

    @property
    def difference(self) -> Decimal | None:
        return None if self.frozen is None or self.now is None else self.now - self.frozen


def goals_compared(made: Closing, person: Person) -> list[Compared]:
    """Every goal of a closing that the person may see, in tree order, with its progress then and now."""
    seen = Goal.objects.visible_to(person)
    rows = made.goals.filter(goal__in=seen).order_by("goal__tree_id", "goal__lft")
    found = rows.values_list("goal_id", "title", "progress", "goal__figures__progress", "outcome")
    return [Compared("goal", pk, title, frozen, now, outcome) for pk, title, frozen, now, outcome in found]


def kpis_compared(made: Closing, person: Person) -> list[Compared]:
    """The same of the KPIs, with what they had reached."""
    rows = made.kpis.filter(kpi__in=Kpi.objects.visible_to(person))
    rows = rows.order_by("kpi__goal__tree_id", "kpi__goal__lft", "kpi_id")
    found = rows.values_list("kpi_id", "name", "actual", "kpi__figures__actual", "unit")
    return [Compared("kpi", pk, name, frozen, now, unit=unit) for pk, name, frozen, now, unit in found]


def differences(compared: Sequence[Compared]) -> list[Compared]:
    return [each for each in compared if each.differs]
