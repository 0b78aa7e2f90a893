"""The worked cases of docs/domain.md as the engine's own records, and its output as they print it."""

import json
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from goals.rollup import GoalNode
from kpis.attainment import KpiDefinition, Revision, current_values, score
from kpis.periods import periods

CASES_FILE = Path(__file__).parent.parent / "cases" / "rollup_cases.json"
LEVELS = ["strategic", "department", "team", "individual"]
GOAL_DECIMALS = ("final_progress", "final_coverage", "final_expected")
KPI_DECIMALS = ("baseline", "target", "stretch", "lower", "upper", "fade", "zero_at")

_content = json.loads(CASES_FILE.read_text())
CASES = {case["id"]: case for case in _content["cases"]}
CHECKS = {check["id"]: check["expect"] for check in _content["checks"]}


def day(text):
    return date.fromisoformat(text) if text else None


def number(text):
    return Decimal(text) if text is not None else None


def goal_node(goal, levels=LEVELS):
    return GoalNode(
        id=goal["id"],
        parent=goal["parent"],
        weight=Decimal(goal["weight"]),
        state=goal.get("state", "active"),
        method=goal.get("rollup", "weighted_mean"),
        rank=levels.index(goal.get("level", "strategic")),
        **{name: day(goal.get(name)) for name in ("start", "due", "closed_on")},
        **{name: number(goal.get(name)) for name in GOAL_DECIMALS},
    )


def definition(kpi):
    given = {name: number(kpi[name]) for name in KPI_DECIMALS if name in kpi}
    words = ("kind", "direction", "cadence", "aggregation", "target_mode", "trajectory")
    return KpiDefinition(
        **{"baseline": Decimal(0), "target": Decimal(100)} | given,
        **{name: kpi[name] for name in words if name in kpi},
        start=day(kpi.get("start", "2026-01-01")),
        due=day(kpi.get("due", "2026-12-31")),
        milestones={day(first): Decimal(value) for first, value in kpi.get("milestones", {}).items()},
        weight=Decimal(kpi["weight"]),
    )


def revisions(kpi):
    """Values are observed and recorded at the end of their period, corrections as given (section 20)."""
    life = definition(kpi)
    ends = {period.first: period.life_end for period in periods(life.start, life.due, life.cadence)}
    made = [
        Revision(day(first), Decimal(value), ends[day(first)], ends[day(first)], id=number)
        for number, (first, value) in enumerate(kpi.get("values", {}).items())
    ]
    for revision in kpi.get("revisions", ()):
        period, observed, recorded = (day(revision[name]) for name in ("period", "observed", "recorded"))
        made.append(Revision(period, number(revision["value"]), observed, recorded, id=len(made)))
    return made


def kpi_score(kpi, on, known=None):
    return score(definition(kpi), current_values(revisions(kpi), on, known), on)


def tree_of(case, on=None, known=None):
    """(goals, kpi parts, scores, date) of a case."""
    tree, on = case["tree"], on or day(case["date"])
    known = known or day(case.get("known"))
    scores = {kpi["id"]: kpi_score(kpi, on, known) for kpi in tree["kpis"]}
    parts = [
        scores[kpi["id"]].as_part(
            kpi["id"], kpi["goal"], Decimal(kpi["weight"]), active=kpi.get("state", "active") == "active"
        )
        for kpi in tree["kpis"]
    ]
    return [goal_node(goal, tree.get("levels", LEVELS)) for goal in tree["goals"]], parts, scores, on


def shown(value):
    """A figure as the cases print it: 4 decimals, half-even, after a half-even rounding to 12."""
    if value is None:
        return None
    rounded = value.quantize(Decimal("1e-12"), ROUND_HALF_EVEN).quantize(Decimal("1e-4"), ROUND_HALF_EVEN)
    return str(abs(rounded) if rounded == 0 else rounded)


def goal_line(figures):
    numbers = (figures.progress, figures.expected, figures.gap, figures.coverage)
    return " ".join([*(shown(number) or "-" for number in numbers), figures.status])


def kpi_line(score):
    numbers = (score.raw, score.progress, score.expected, score.gap)
    flags = [flag for flag in ("stale", "late") if getattr(score, flag)]
    return " ".join(
        [*(shown(number) or "-" for number in numbers), score.status, *filter(None, [score.reason]), *flags]
    )
