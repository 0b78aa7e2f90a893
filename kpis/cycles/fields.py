"""What a KPI of the next cycle takes over from the one before: its definition, its dates moved, a new target."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from goals.models import Goal
from kpis import definitions, taking_over
from kpis.attainment import ABSENT
from kpis.cycles.dates import Span, moved
from kpis.models import Kpi
from kpis.split import display_step

COPIED = (
    *taking_over.COPIED,
    "weight",
    "data_owner",
    "min_value",
    "max_value",
    "benchmark",
    "benchmark_source",
    "benchmark_on",
    "source_note",
    "target",
    "baseline",
    "stretch",
    "lower",
    "upper",
    "fade",
    "zero_at",
)
DECIDED = (*COPIED, "source", "start", "due", "trajectory", "milestones")
# What is left out where it does not fit the new target, by the code of the refusal.
OPTIONAL = {
    "stretch_not_beyond_target": {"stretch": None},
    "zero_at_wrong_side": {"zero_at": None},
    "milestone_unknown_period": {"milestones": {}, "trajectory": Kpi.Trajectory.LINEAR},
    "last_milestone_not_target": {"milestones": {}, "trajectory": Kpi.Trajectory.LINEAR},
    "target_outside_band": {"target": None},
}


def begun(kpi: Kpi, goal: Goal, before: Span, after: Span) -> Kpi:
    """The KPI of the goal's successor, not saved, with the target it had."""
    made = Kpi(organisation=kpi.organisation, goal=goal)
    for name in COPIED:
        setattr(made, name, getattr(kpi, name))
    made.source = Kpi.Source.MANUAL if kpi.is_derived else kpi.source
    made.start, made.due = moved(kpi.start, before, after), moved(kpi.due, before, after)
    made.trajectory, made.milestones = kpi.trajectory, {}
    return made


def reached(kpi: Kpi) -> Decimal | None:
    """Where the next path begins: what the KPI came to, to the decimals that a value may have."""
    figures = getattr(kpi, "figures", None)
    actual = figures.actual if figures is not None else None
    return None if actual is None else actual.quantize(Decimal(1).scaleb(-10)).normalize() + 0


def take_on(made: Kpi, kpi: Kpi, target: Decimal | None, actual: Decimal | None) -> ValidationError | None:
    """Gives the KPI its target and the start that fits it: what was reached, else the start it had, else none, which
    the first value becomes. What is optional and no longer fits is left out; what the earlier KPI lacked may stay
    absent. Returns what is wrong all the same."""
    made.target = target
    made.milestones = milestones_of(made, kpi, target)
    found, lacked = set[str](), definitions.wrong_with(kpi) & ABSENT
    for baseline in starts(made, kpi, actual):
        made.baseline = baseline
        for code in sorted(definitions.wrong_with(made)):
            for name, value in OPTIONAL.get(code, {}).items():
                setattr(made, name, value)
        found = definitions.wrong_with(made) - lacked
        if not found:
            return None
    return ValidationError([ValidationError(str(definitions.REFUSALS[code][1]), code) for code in sorted(found)])


def starts(made: Kpi, kpi: Kpi, actual: Decimal | None) -> list[Decimal | None]:
    moves = made.target_mode == Kpi.TargetMode.BY_DUE and made.direction != Kpi.Direction.MAINTAIN
    if not moves or made.kind == Kpi.Kind.BOOLEAN or made.aggregation == Kpi.Aggregation.SUM:
        return [kpi.baseline]
    return list(dict.fromkeys([kpi.baseline if actual is None else actual, kpi.baseline, None]))


def milestones_of(made: Kpi, kpi: Kpi, target: Decimal | None) -> dict[str, str]:
    if not kpi.milestones or target is None:
        return {}
    before, after = Span(*kpi.life), Span(*made.life)
    scaled = taking_over.milestones(kpi, target, display_step(target))
    days = {moved(dt.date.fromisoformat(day), before, after): value for day, value in scaled.items()}
    return definitions.milestones_of(days)


def decided(made: Kpi) -> Mapping[str, Any]:
    """The fields with which it is created."""
    return {name: getattr(made, name) for name in DECIDED}
