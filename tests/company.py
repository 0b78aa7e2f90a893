"""A company of any size for stress tests and benchmarks: the same seed gives the same goals, KPIs and values."""

import datetime as dt
import random
from decimal import Decimal

from django.utils import timezone

from goals.models import Cycle, Goal, RollupState, TreeNumber
from goals.tree import numbering
from kpis.models import Kpi, Measurement, MeasurementRevision
from people.models import Level, Organisation, Person

SHARE_OF_DEPTH = (0.05, 0.15, 0.33, 0.47)  # below the roots, of all goals


def grow(
    goals: int, *, roots: int = 5, kpis_a_goal: int = 3, months: int = 6, seed: int = 1, name: str = "Works"
) -> Organisation:
    """An organisation with `goals` goals in `roots` trees, every goal with KPIs measured for some months."""
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    organisation = Organisation.objects.create(name=name)
    RollupState.objects.create(organisation=organisation)
    levels = [Level.objects.create(organisation=organisation, name=n, rank=r) for r, n in enumerate(Level.DEFAULTS)]
    today = organisation.today()
    start, due = dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)
    cycle = Cycle.objects.create(organisation=organisation, name=str(today.year), start=start, due=due)
    Person.objects.create(organisation=organisation, name="Ada", email=f"ada@{name.lower()}.example", role="admin")
    tree = plant(organisation, cycle, levels, goals, roots, chance)
    kpis = Kpi.objects.bulk_create(
        [
            Kpi(
                organisation=organisation,
                goal=goal,
                key=f"k{goal.pk}_{number}",
                name=f"KPI {number} of {goal.title}",
                baseline=Decimal(0),
                target=Decimal(100),
                weight=Decimal(chance.randint(1, 9)),
                start=start,
                due=due,
            )
            for goal in tree
            for number in range(kpis_a_goal)
        ],
        batch_size=2000,
    )
    measure(organisation, kpis, months, chance)
    return organisation


def plant(organisation, cycle, levels, goals, roots, chance) -> list[Goal]:
    rows = [{"id": i, "parent_id": None, "position": i, "tree_id": TreeNumber.take()} for i in range(roots)]
    above = list(range(roots))
    for share in SHARE_OF_DEPTH:
        here = []
        for _ in range(round(share * (goals - roots))):
            row = {"id": len(rows), "parent_id": chance.choice(above), "position": len(rows), "tree_id": 0}
            rows.append(row)
            here.append(row["id"])
        above = here or above
    for row in rows:
        row["lft"] = 0  # numbering orders by position; nothing is numbered yet
    numbers = numbering(rows)
    planted: dict[int, Goal] = {}
    for depth in range(max(numbers[row["id"]][3] for row in rows) + 1):
        here = [row for row in rows if numbers[row["id"]][3] == depth]
        for row in here:
            goal = Goal(
                organisation=organisation,
                cycle=cycle,
                level=levels[min(depth, len(levels) - 1)],
                parent=planted.get(row["parent_id"]),
                position=row["position"],
                title=f"Goal {row['id']}",
                weight=Decimal(chance.randint(1, 9)),
                state=Goal.State.ACTIVE,
            )
            goal.tree_id, goal.lft, goal.rght, goal.depth = numbers[row["id"]]
            planted[row["id"]] = goal
        Goal.objects.bulk_create([planted[row["id"]] for row in here], batch_size=2000)
    return list(planted.values())


def measure(organisation, kpis, months, chance) -> None:
    today, now = organisation.today(), timezone.now()
    values = [
        {
            "organisation_id": organisation.pk,
            "kpi_id": kpi.pk,
            "period": dt.date(today.year, month, 1),
            "value": Decimal(chance.randint(0, 1200)) / 10,
            "observed_on": min(today, dt.date(today.year, month, 28)),
            "recorded_at": now,
        }
        for kpi in kpis
        for month in range(1, min(months, today.month) + 1)
    ]
    Measurement.objects.bulk_create([Measurement(**value) for value in values], batch_size=5000)
    MeasurementRevision.objects.bulk_create([MeasurementRevision(**value) for value in values], batch_size=5000)
