"""What a result would do to a person's goals: the engine's what-if on their paths; nothing is saved (docs/domain.md
section 9).

Of a KPI that is to reach its target by its due date the value today is supposed, of one that is judged in each period
the value of one period.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import translation

from cascade.numbers import typed
from goals.nodes import Id
from kpis import supposing
from kpis.attainment import CurrentValue, period_target
from kpis.due import Due
from kpis.models import Measurement
from kpis.paths import KpiOnPath, Paths
from kpis.rolled import graph
from kpis.scoring import fiscal_of
from kpis.sight import OwnKpi
from kpis.whatif import Difference, KpiInput, KpiOverride, Situation, what_if

STEPS_OF_A_SCALE = 50
BEYOND = Decimal("0.1")
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Scale:
    """The results that can be tried: from `low` to `high` in steps, with known values among them."""

    low: Decimal
    high: Decimal
    step: Decimal
    target: Decimal | None
    now: Decimal | None
    start: Decimal | None

    def place(self, value: Decimal) -> Decimal:
        """Where a value lies, in percent of the way."""
        return (value - self.low) / (self.high - self.low) * 100


@dataclass(frozen=True, slots=True)
class Trial:
    """A result that is supposed and what it does: `figures` by goal. `period` is None where today's value is meant."""

    kpi: KpiOnPath
    value: Decimal
    period: Due | None
    figures: Mapping[Id, Difference]


def number(text: str, unit: str) -> Decimal | None:
    """A number in an address, written with a point in every language as sliders do; None where there is none."""
    if not 0 < len(text) <= LONGEST:
        return None
    try:
        with translation.override("en"):
            return typed(text, unit)
    except ValidationError:
        return None


def trial_of(paths: Paths, own: OwnKpi, value: Decimal | None) -> Trial | None:
    """What a value (None: the target) would do; None for a KPI that cannot be tried: it has no target, or is judged in
    each period and none is over."""
    kpi, definition = own.kpi, own.kpi.definition
    period = None if definition.by_due or definition.is_boolean else own.owed.over
    if period is None and not (definition.by_due or definition.is_boolean):
        return None
    value = wanted(kpi, period) if value is None else value
    if value is None or (kpi.part.progress is None and kpi.reason.startswith("missing_")):
        return None
    return Trial(kpi, value, period, supposed(paths, kpi, value, period))


def wanted(kpi: KpiOnPath, period: Due | None) -> Decimal | None:
    """The value that reaches the target; within a band, the nearest edge."""
    definition = kpi.definition
    if definition.is_maintain:
        return kept(kpi)
    return definition.target if period is None else period_target(definition, period.period)


def kept(kpi: KpiOnPath) -> Decimal | None:
    lower, upper, now = kpi.definition.lower, kpi.definition.upper, kpi.actual
    if now is not None and upper is not None and now > upper:
        return upper
    if now is not None and lower is not None and now < lower:
        return lower
    if kpi.definition.target is not None:
        return kpi.definition.target
    return now if now is not None else lower if lower is not None else upper


def supposed(paths: Paths, kpi: KpiOnPath, value: Decimal, period: Due | None) -> Mapping[Id, Difference]:
    """The goals on the KPI's way up as they are and as they would be with this value: of the period, or today."""
    override = KpiOverride(actual=value) if period is None else KpiOverride(values={period.period.first: value})
    return with_override(paths, kpi, override)


def with_override(paths: Paths, kpi: KpiOnPath, override: KpiOverride) -> Mapping[Id, Difference]:
    """The goals on the KPI's way up as they are and as they would be with what is supposed of it; what is calculated
    from the KPI follows, wherever it stands."""
    organisation = paths.organisation
    derived = graph.dependents(organisation.pk, [kpi.id])
    if derived:
        world = supposing.world_now(organisation, {kpi.goal, *derived.values()}, {kpi.id, *derived})
        return what_if(world.situation, kpis={kpi.id: override})
    situation = Situation(
        goals=paths.nodes,
        kpis=[KpiInput(kpi.id, kpi.goal, kpi.definition, all_values(kpi), kpi.part.weight, kpi.part.active)],
        on=paths.on,
        fiscal=fiscal_of(organisation),
        grace=organisation.grace,
        thresholds=paths.thresholds,
        scored=[part for part in paths.parts if part.id != kpi.id],
        known=paths.known,
    )
    return what_if(situation, kpis={kpi.id: override})


def all_values(kpi: KpiOnPath) -> dict[dt.date, CurrentValue]:
    held = Measurement.objects.filter(kpi_id=kpi.id, value__isnull=False)
    return {
        period: CurrentValue(value, seen) for period, value, seen in held.values_list("period", "value", "observed_on")
    }


def scale_of(trial: Trial) -> Scale | None:
    """None for a KPI that is done or not."""
    kpi, definition = trial.kpi, trial.kpi.definition
    if definition.is_boolean:
        return None
    held = kpi.values.get(trial.period.period.first) if trial.period else None
    now = kpi.actual if trial.period is None else held.value if held else None
    start = definition.baseline if trial.period is None and not definition.is_maintain else definition.zero_at
    edges = [definition.lower, definition.upper] if definition.is_maintain else [start]
    known = [value for value in (trial.value, wanted(kpi, trial.period), now, *edges) if value is not None]
    low, high = min(known), max(known)
    room = (high - low) * BEYOND or abs(high) * BEYOND or Decimal(1)
    whole = all(value == value.to_integral_value() for value in known)
    step = step_of(high - low + 2 * room, whole)
    floor = (low - room) // step * step
    return Scale(
        low=bounded(floor if low < 0 else max(floor, Decimal(0)), kpi),
        high=bounded(-(-(high + room) // step) * step, kpi),
        step=step,
        target=wanted(kpi, trial.period),
        now=now,
        start=start,
    )


def step_of(width: Decimal, whole: bool) -> Decimal:
    """A step of 1, 2 or 5 times a power of ten, so that about STEPS_OF_A_SCALE go into the width; whole numbers stay
    whole."""
    raw = width / STEPS_OF_A_SCALE
    power = Decimal(1).scaleb(raw.adjusted())
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= raw)
    return max(step, Decimal(1)) if whole else step


def bounded(value: Decimal, kpi: KpiOnPath) -> Decimal:
    """Within what may be recorded."""
    lowest, highest = kpi.definition.min_value, kpi.definition.max_value
    if lowest is not None:
        value = max(value, lowest)
    return value if highest is None else min(value, highest)
