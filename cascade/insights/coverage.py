"""How much of the strategy reaches people and is measured: the coverage figures beside the health checks."""

from dataclasses import dataclass
from decimal import Decimal

from cascade.insights.checks import has_keeper, leads_up, running_goals
from cascade.insights.rows import ACTIVE, Company, SplitRow
from goals.nodes import ZERO, compared, exactly, stored
from kpis.split import Verdict, gap

LEAST_GROUP = 5
"""Statistics about fewer people would tell about each of them (docs/domain.md section 17)."""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; None where the group is too small to be told of."""

    part: int
    whole: int

    @property
    def share(self) -> Decimal | None:
        return stored(Decimal(self.part) / self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Assigned:
    """What the goals below took on of a target that was divided among them."""

    source: int
    goal: int
    target: Decimal
    assigned: Decimal
    rule: str
    parts: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`people` with a path to a strategic goal, None for a small group; active `goals` with a KPI or a goal below that
    counts; `kpis` with somebody to enter them, or none needed; success `factors` covered; `stale`: the part of the
    strategic goals' weight whose newest values are overdue, 0..1."""

    people: Share | None
    goals: Share
    kpis: Share
    factors: Share
    stale: Decimal | None
    ledger: list[Assigned]


def coverage(company: Company) -> Coverage:
    active = company.active
    kpis = company.visible_kpis
    factors = [factor for factor in company.factors if factor.goal in company.seen]
    return Coverage(
        people=people_with_path(company),
        goals=Share(sum(bool(company.parts(goal)) for goal in active), len(active)),
        kpis=Share(sum(has_keeper(company, kpi) for kpi in kpis), len(kpis)),
        factors=Share(sum(factor.covered for factor in factors), len(factors)),
        stale=stale_weight(company),
        ledger=[assigned(row) for row in company.splits_told],
    )


def people_with_path(company: Company) -> Share | None:
    if len(company.people) < LEAST_GROUP:
        return None
    mine = running_goals(company)
    having = sum(any(leads_up(company, goal) for goal in mine.get(each.id, ())) for each in company.people)
    return Share(having, len(company.people))


@exactly
def stale_weight(company: Company) -> Decimal | None:
    measured = [goal for goal in company.strategic if goal.state == ACTIVE and compared(goal.coverage or ZERO)]
    whole = sum((goal.weight for goal in measured), ZERO)
    if not whole:
        return None
    return stored(sum((goal.weight * (goal.stale_share or ZERO) for goal in measured), ZERO) / whole)


def assigned(row: SplitRow) -> Assigned:
    found = gap(row.target, row.parts, row.rule, row.direction, row.weights)
    return Assigned(
        row.source, row.goal, row.target, found.combined, row.rule, len(row.parts), str(found.verdict or Verdict.exact)
    )
