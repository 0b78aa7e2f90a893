"""The health checks: what is missing, what misleads and what could be better (docs/domain.md section 18).

Each check looks at the rows of one cycle and names what it finds; what the reader may not see is not named. Nothing is
read or stored here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any

from cascade.insights.rows import ACTIVE, BLOCKING, RUNNING, Company, GoalRow, KpiRow
from goals.nodes import ZERO, compared, exactly, stored
from kpis.split import Verdict, gap

FEWEST_STRATEGIC, MOST_STRATEGIC = 3, 5
MOST_KPIS, MOST_CHILDREN = 5, 7
ONE_CARRIES = Decimal("0.7")
STALE_FROM = Decimal("0.25")
REVIEWS = 2
WEAK_BELOW = 60
GOOD = ("on_track", "achieved")


class Weight(IntEnum):
    """How much a finding matters: figures that mislead, something missing, and what could be better."""

    MISLEADS = 0
    MISSING = 1
    ADVICE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check names: a goal, KPI, success factor or person, or (`organisation`) the whole. `goal` is the goal it
    is about, `weight` the part of the strategy that hangs on it, `facts` the numbers that its line tells."""

    kind: str
    id: int
    goal: int | None = None
    weight: Decimal = ZERO
    facts: Mapping[str, Any] = field(default_factory=dict)


Finder = Callable[[Company], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """`rule` is its number in docs/domain.md section 18; those without one are further gaps of the same kind."""

    name: str
    rule: str
    matters: Weight
    find: Finder


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found, the heaviest first. `touched` is the part of the strategy that hangs on it, None where it is
    not about goals."""

    check: Check
    findings: list[Finding]
    touched: Decimal | None

    @property
    def count(self) -> int:
        return len(self.findings)


def on_goal(company: Company, goal: GoalRow, **facts: Any) -> Finding:
    return Finding("goal", goal.id, goal.id, company.weight("goal", goal.id), facts)


def strategic_count(company: Company) -> Iterator[Finding]:
    """H1. Only who may see all of them can judge it."""
    count = len(company.strategic)
    outside = not FEWEST_STRATEGIC <= count <= MOST_STRATEGIC
    if outside and company.goals and all(goal.id in company.seen for goal in company.strategic):
        yield Finding("organisation", 0, facts={"count": count})


def strategic_alone(company: Company) -> Iterator[Finding]:
    """A strategic goal to which no goal below contributes."""
    for goal in company.active:
        if goal.rank == 0 and not any(child.state in RUNNING for child in company.children.get(goal.id, ())):
            yield on_goal(company, goal)


def without_parts(company: Company) -> Iterator[Finding]:
    """H2: neither a KPI nor a goal below that counts."""
    for goal in company.active:
        if not company.parts(goal):
            yield on_goal(company, goal, children=len(company.children.get(goal.id, ())))


def without_owner(company: Company) -> Iterator[Finding]:
    """H3."""
    for goal in company.visible:
        if goal.state in RUNNING and (goal.owner is None or goal.owner_left):
            yield on_goal(company, goal, left=goal.owner_left)


def too_many(company: Company) -> Iterator[Finding]:
    """H4."""
    for goal in company.active:
        kpis = len(company.kpis_of.get(goal.id, ()))
        children = sum(child.state in RUNNING for child in company.children.get(goal.id, ()))
        if kpis > MOST_KPIS or children > MOST_CHILDREN:
            yield on_goal(company, goal, kpis=kpis, children=children)


def due_after_parent(company: Company) -> Iterator[Finding]:
    """H5."""
    for goal in company.visible:
        parent = company.goals.get(goal.parent) if goal.parent is not None else None
        if parent and goal.state in RUNNING and parent.state in RUNNING and goal.ends > parent.ends:
            above = parent.ends if parent.id in company.seen else None
            yield on_goal(company, goal, due=goal.ends, above=above)


def only_lag(company: Company) -> Iterator[Finding]:
    """H6."""
    for goal in company.active:
        kpis = company.kpis_of.get(goal.id)
        if kpis and all(kpi.indicator == "lag" for kpi in kpis):
            yield on_goal(company, goal, kpis=len(kpis))


@exactly
def heaviest_share(weights: list[Decimal]) -> Decimal:
    return stored(max(weights) / sum(weights, ZERO))


def one_carries(company: Company) -> Iterator[Finding]:
    """H7, of goals with two parts or more; where the weakest part decides, weights do not."""
    for goal in company.active:
        parts = company.parts(goal)
        if len(parts) < 2 or goal.method == "weakest_link":
            continue
        share = heaviest_share([weight for _, _, weight in parts])
        if compared(share) > ONE_CARRIES:
            kind, pk, _ = max(parts, key=lambda part: part[2])
            named = kind == "kpi" or pk in company.seen
            yield on_goal(company, goal, share=share, part_kind=kind, part=pk if named else None)


def counted_twice(company: Company) -> Iterator[Finding]:
    """H8: the KPI's value is part of a value above, and its goal's progress counts there as well."""
    for row in company.twice:
        if row.goal in company.seen and row.above in company.seen and company.weight("kpi", row.kpi):
            facts = {"into": row.into, "above": row.above}
            yield Finding("kpi", row.kpi, row.goal, company.weight("kpi", row.kpi), facts)


def unaligned(company: Company) -> Iterator[Finding]:
    """H9, at the goals where a way up ends: the ones below them are counted, not named."""
    below: dict[int, int] = {}
    for goal in reversed(company.goals.values()):
        held = below.pop(goal.id, 0)
        if goal.state == ACTIVE and not company.on_path[goal.id]:
            above = company.goals.get(goal.parent) if goal.parent is not None else None
            if above is not None and above.state == ACTIVE and above.id in company.seen:
                below[above.id] = below.get(above.id, 0) + held + 1
            elif goal.id in company.seen:
                blocked = above.state if above and above.state in BLOCKING else ""
                yield on_goal(company, goal, below=held, blocked=blocked)


def stale(company: Company) -> Iterator[Finding]:
    """H10."""
    for goal in company.active:
        if compared(goal.stale_share or ZERO) > STALE_FROM:
            yield on_goal(company, goal, share=goal.stale_share)


def parts_short(company: Company) -> Iterator[Finding]:
    """H11: what the goals below took on does not make up the target that was divided among them. Told only to who may
    see all of them."""
    for row in company.splits_told:
        found = gap(row.target, row.parts, row.rule, row.direction, row.weights)
        if found.verdict == Verdict.short:
            facts = {"target": row.target, "assigned": found.combined, "short": abs(found.gap), "rule": row.rule}
            yield Finding("kpi", row.source, row.goal, company.weight("kpi", row.source), facts)


def factor_uncovered(company: Company) -> Iterator[Finding]:
    """H12."""
    for row in company.factors:
        if not row.covered and row.goal in company.seen and company.goals[row.goal].state in RUNNING:
            yield Finding("factor", row.id, row.goal, company.weight("goal", row.goal))


def good_below_bad(company: Company) -> Iterator[Finding]:
    """H13."""
    for goal in company.active:
        if goal.id in company.bad_at_reviews:
            yield on_goal(company, goal, reviews=REVIEWS)


def all_good_below(company: Company, goal: GoalRow, status_of: Callable[[KpiRow], str | None]) -> list[KpiRow]:
    """The KPIs of the lowest level below a goal, if every one of them that has data is on track; else none."""
    kpis, waiting = [], [goal.id]
    while waiting:
        for child in company.children.get(waiting.pop(), ()):
            waiting.append(child.id)
            if child.rank == company.lowest and child.state == ACTIVE:
                kpis += company.kpis_of.get(child.id, ())
    judged = [kpi for kpi in kpis if status_of(kpi) not in (None, "no_data", "scheduled")]
    return judged if all(status_of(kpi) in GOOD for kpi in judged) else []


def suspects(company: Company) -> dict[int, list[KpiRow]]:
    """Goals that are off track while every KPI of the lowest level below is on track, with these KPIs."""
    found = {}
    for goal in company.active:
        if goal.status == "off_track" and (kpis := all_good_below(company, goal, lambda kpi: kpi.status)):
            found[goal.id] = kpis
    return found


def person_without_goal(company: Company) -> Iterator[Finding]:
    """H14: owns no goal that runs and contributes to none."""
    mine = running_goals(company)
    for person in company.people:
        if person.id in company.followed and person.id not in mine:
            yield Finding("person", person.id)


def person_without_path(company: Company) -> Iterator[Finding]:
    """Has goals, but none of them leads to the strategy."""
    mine = running_goals(company)
    for person in company.people:
        goals = mine.get(person.id)
        if goals and person.id in company.followed and not any(leads_up(company, goal) for goal in goals):
            yield Finding("person", person.id, facts={"goals": len(goals)})


def leads_up(company: Company, goal: int) -> bool:
    """An own goal that is still being agreed on counts as what it will be."""
    row = company.goals[goal]
    if row.state != "proposed":
        return company.on_path[goal]
    return row.rank == 0 if row.parent is None else company.on_path.get(row.parent, False)


def running_goals(company: Company) -> dict[int, list[int]]:
    """The running goals of each person who has one."""
    mine: dict[int, list[int]] = {}
    for goal, person in shared_out(company):
        if company.goals[goal].state in RUNNING:
            mine.setdefault(person, []).append(goal)
    return mine


def shared_out(company: Company) -> Iterator[tuple[int, int]]:
    """Goals and whose they are: owners, contributors, and who delivers a number."""
    for goal in company.goals.values():
        if goal.owner is not None:
            yield goal.id, goal.owner
    for goal_id, person in company.helpers:
        if goal_id in company.goals:
            yield goal_id, person
    for kpi in company.kpis:
        if kpi.keeper is not None:
            yield kpi.goal, kpi.keeper


def kpi_without_owner(company: Company) -> Iterator[Finding]:
    """Its values are entered by hand, and there is nobody to enter them."""
    for kpi in company.visible_kpis:
        if not has_keeper(company, kpi):
            yield Finding("kpi", kpi.id, kpi.goal, company.weight("kpi", kpi.id))


def has_keeper(company: Company, kpi: KpiRow) -> bool:
    """Whether somebody enters its values, or nobody needs to."""
    goal = company.goals[kpi.goal]
    return not kpi.by_hand or kpi.keeper is not None or (goal.owner is not None and not goal.owner_left)


def kpi_without_values(company: Company) -> Iterator[Finding]:
    """A value is overdue and there was never one."""
    for kpi in company.visible_kpis:
        if kpi.never:
            yield Finding("kpi", kpi.id, kpi.goal, company.weight("kpi", kpi.id))


def statement_disagrees(company: Company) -> Iterator[Finding]:
    """The newest check-in of a goal says something else than the figures said."""
    for row in company.statements:
        goal = company.goals.get(row.goal)
        if goal is not None and goal.state == ACTIVE and goal.id in company.seen and row.reported != row.computed:
            yield on_goal(
                company, goal, reported=row.reported, computed=row.computed, day=row.day, check_in=row.check_in
            )


def weakly_put(company: Company) -> Iterator[Finding]:
    """A S.M.A.R.T. score below 60 (docs/domain.md section 12)."""
    for goal in company.visible:
        score = company.scores.get(goal.id)
        if score is not None and score < WEAK_BELOW and goal.state in RUNNING:
            yield on_goal(company, goal, score=score)


CHECKS = (
    Check("counted_twice", "H8", Weight.MISLEADS, counted_twice),
    Check("good_below_bad", "H13", Weight.MISLEADS, good_below_bad),
    Check("statement_disagrees", "", Weight.MISLEADS, statement_disagrees),
    Check("parts_short", "H11", Weight.MISLEADS, parts_short),
    Check("stale", "H10", Weight.MISLEADS, stale),
    Check("kpi_without_values", "", Weight.MISSING, kpi_without_values),
    Check("without_parts", "H2", Weight.MISSING, without_parts),
    Check("without_owner", "H3", Weight.MISSING, without_owner),
    Check("kpi_without_owner", "", Weight.MISSING, kpi_without_owner),
    Check("unaligned", "H9", Weight.MISSING, unaligned),
    Check("strategic_alone", "", Weight.MISSING, strategic_alone),
    Check("factor_uncovered", "H12", Weight.MISSING, factor_uncovered),
    Check("person_without_goal", "H14", Weight.MISSING, person_without_goal),
    Check("person_without_path", "", Weight.MISSING, person_without_path),
    Check("strategic_count", "H1", Weight.ADVICE, strategic_count),
    Check("one_carries", "H7", Weight.ADVICE, one_carries),
    Check("due_after_parent", "H5", Weight.ADVICE, due_after_parent),
    Check("too_many", "H4", Weight.ADVICE, too_many),
    Check("only_lag", "H6", Weight.ADVICE, only_lag),
    Check("weakly_put", "", Weight.ADVICE, weakly_put),
)
BY_NAME = {check.name: check for check in CHECKS}


def run(company: Company, checks: Iterable[Check] = CHECKS) -> list[Result]:
    """What each check finds, in the order of CHECKS."""
    return [result_of(company, check) for check in checks]


def result_of(company: Company, check: Check) -> Result:
    found = sorted(check.find(company), key=lambda each: (-each.weight, each.kind, each.id))
    return Result(check, found, touched(company, found))


@exactly
def touched(company: Company, found: list[Finding]) -> Decimal | None:
    """The part of the strategy that hangs on what was found; of goals that stand below one another it counts once."""
    if any(each.goal is None for each in found):
        return None
    goals = {each.id for each in found if each.kind == "goal"}
    inside: set[int] = set()
    if goals:
        for goal in company.goals.values():
            if goal.parent in goals or goal.parent in inside:
                inside.add(goal.id)
    apart = {(each.kind, each.id): each.weight for each in found if each.kind != "goal" or each.id not in inside}
    return min(sum(apart.values(), ZERO), Decimal(1))


def worst_first(results: Iterable[Result]) -> list[Result]:
    """Those that found something: what misleads, what is missing, advice; each by the part of the strategy it touches,
    then by how many there are."""
    found = [result for result in results if result.findings]
    return sorted(found, key=lambda result: (result.check.matters, -(result.touched or ZERO), -result.count))
