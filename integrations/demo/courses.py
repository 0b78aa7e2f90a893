"""Plausible values of a KPI from its beginning to today: on time, late, missing, corrected. Pure and repeatable: the
same plan, periods and chance give the same values."""

import datetime as dt
import math
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from integrations.demo.plan import KpiPlan
from integrations.demo.timeline import DAY, Timeline
from kpis.periods import Period

LATE, MISSING, CORRECTED = 0.06, 0.03, 0.05
LUCK = 312  # by which the strategy map has links of every kind of evidence
SHARED = 1.6  # what several KPIs have in common is larger than the noise of one
REASONS = (
    "A late report came in after the month was closed.",
    "Two digits were swapped.",
    "The figures of one site were missing.",
    "Corrected after the internal audit.",
    "Counted by the new definition.",
)
SHAPES = {
    "steady": lambda x: x,
    "early": lambda x: 1 - (1 - x) ** 1.8,
    "late": lambda x: x**1.8,
    "dip": lambda x: x - 0.45 * math.sin(math.pi * x),
    "stall": lambda x: min(1.0, 1.6 * x),
}


class Recorded(NamedTuple):
    """One act of recording; a later one for the same period corrects it."""

    period: dt.date
    value: Decimal
    observed_on: dt.date
    recorded_at: dt.datetime
    note: str = ""


def course(
    plan: KpiPlan, periods: Sequence[Period], time: Timeline, until: dt.datetime, chance: random.Random
) -> list[Recorded]:
    """What was recorded until a moment, in the order of recording: nothing of a KPI that comes from others. `periods`
    are those of the KPI's whole life."""
    if plan.formula or plan.of:
        return []
    if plan.type == "done":
        return once(plan, periods[0], time, until)
    entered = [(period, entry_moment(plan, period, time, chance)) for period in periods]
    ended = sum(period.life_end < until.astimezone(time.zone).date() for period in periods)
    over = [(period, moment) for period, moment in entered[: max(0, ended - plan.silent)] if moment <= until]
    if plan.never or not over:
        return []
    found: list[Recorded] = []
    for (period, moment), value in zip(over, values(plan, [period for period, _ in over], time, chance), strict=True):
        is_end = period is over[-1][0] or period is over[0][0]
        if plan.type != "sum" and plan.source == "manual" and not is_end and chance.random() < MISSING:
            continue
        found += acts(plan, period, moment, value, until, time, chance)
    found += interim(plan, entered, over, until, time)
    return sorted(found, key=lambda act: act.recorded_at)


def once(plan: KpiPlan, period: Period, time: Timeline, until: dt.datetime) -> list[Recorded]:
    """What is done is entered on the day it is done: two months before the end of what is over, else in the sixth."""
    day = time.day_of(5, 10) if period.life_start >= time.start else time.start - 60 * DAY
    moment = time.at(day, 15, 20)
    return [Recorded(period.first, Decimal(1), day, moment)] if plan.done and moment <= until else []


def entry_moment(plan: KpiPlan, period: Period, time: Timeline, chance: random.Random) -> dt.datetime:
    """When the value of a period comes in: by itself the next morning, by hand on a working day soon after."""
    if plan.source == "api":
        return time.at(period.life_end + DAY, 4, 30)
    day = period.life_end + chance.choice((1, 1, 2, 2, 3)) * DAY
    day += (7 - day.weekday()) % 7 * DAY if day.weekday() > 4 else 0 * DAY
    return time.at(day, chance.randint(8, 16), chance.randint(0, 59))


def values(plan: KpiPlan, periods: Sequence[Period], time: Timeline, chance: random.Random) -> list[Decimal]:
    """A value for each period, the last one exactly where the plan stands now."""
    earlier = [period for period in periods if plan.before is not None and period.life_end < time.start]
    current = periods[len(earlier) :]
    if plan.type == "sum":
        return parts(plan, len(periods), chance)
    found = stretch(plan, plan.before, plan.first, earlier, time, chance) if earlier else []
    return found + stretch(plan, plan.first, plan.now, current, time, chance)


def stretch(
    plan: KpiPlan, begin: Decimal, end: Decimal, periods: Sequence[Period], time: Timeline, chance: random.Random
) -> list[Decimal]:
    count = len(periods)
    shape, way = SHAPES[plan.shape], float(end - begin)
    spread = 0.07 * (abs(way) if plan.type == "path" else max(abs(way), 0.3 * abs(float(end))))
    spread = spread if plan.noise is None else float(plan.noise)
    found = []
    for number in range(1, count):
        noise = (shared(plan, periods[number - 1], time) if plan.moves else limited(chance.gauss(0, 1))) * spread
        found.append(fitting(plan, float(begin) + way * shape(number / count) + noise))
    return [*found, end] if count else []


def limited(luck: float) -> float:
    return max(-2.0, min(2.0, luck))


def shared(plan: KpiPlan, period: Period, time: Timeline) -> float:
    """The luck of a period where it is shared with other KPIs: what is good for the plan stays so when less is better.
    It is the same in the same month of the cycle, whatever the day on which the demo is loaded."""
    month = (period.life_end.year - time.start.year) * 12 + period.life_end.month - time.start.month
    luck = sum(part * luck_of(key, month - later) for key, part, later in plan.moves)
    falls = plan.down or plan.type in ("cap", "band") or (plan.begin is not None and plan.begin > plan.target)
    return SHARED * (-luck if falls else luck)


def luck_of(key: str, month: int) -> float:
    return limited(random.Random(f"{LUCK} {key} {month}").gauss(0, 1))  # noqa: S311  repeatable, not secret


def parts(plan: KpiPlan, count: int, chance: random.Random) -> list[Decimal]:
    """The total so far in as many parts, uneven as life is and never negative."""
    shape, total = SHAPES[plan.shape], float(plan.now)
    marks = [shape(number / count) + chance.uniform(-0.4, 0.4) / count for number in range(1, count)]
    steps = [Decimal(0), *sorted(fitting(plan, total * max(0.0, min(1.0, mark))) for mark in marks), plan.now]
    return [after - before for before, after in pairwise(steps)]


def fitting(plan: KpiPlan, value: float) -> Decimal:
    """The value with as many decimals as the plan's own figures, within what is possible."""
    lowest = float(plan.min or 0)
    highest = float(plan.max) if plan.max is not None else 100.0 if plan.unit == "%" else math.inf
    return round(Decimal(max(lowest, min(highest, value))), places(plan))


def places(plan: KpiPlan) -> int:
    given = (plan.begin, plan.target, plan.now, plan.was, plan.before, plan.lower, plan.upper)
    return max(0, *(-value.as_tuple().exponent for value in given if value is not None))


def acts(
    plan: KpiPlan,
    period: Period,
    moment: dt.datetime,
    value: Decimal,
    until: dt.datetime,
    time: Timeline,
    chance: random.Random,
) -> Iterator[Recorded]:
    """The entry of a value, now and then late, now and then wrong and corrected some days later."""
    first, luck = period.first, chance.random()
    days, wrong = chance.randint(4, 21) * DAY, fitting(plan, float(value) * chance.choice((0.9, 0.94, 1.06, 1.12)))
    by_hand = plan.source == "manual" and plan.every != "once"
    if by_hand and luck < LATE and moment + days + 7 * DAY <= until:
        yield Recorded(first, value, period.life_end, moment + days + 7 * DAY)
    elif by_hand and luck > 1 - CORRECTED and wrong != value and moment + days <= until:
        yield Recorded(first, wrong, period.life_end, moment)
        yield Recorded(first, value, period.life_end, moment + days, chance.choice(REASONS))
    else:
        yield Recorded(first, value, period.life_end, moment)


def interim(
    plan: KpiPlan,
    entered: Sequence[tuple[Period, dt.datetime]],
    over: Sequence[tuple[Period, dt.datetime]],
    until: dt.datetime,
    time: Timeline,
) -> Iterator[Recorded]:
    """Monthly values that come in by themselves are there for the running month too."""
    if plan.source != "api" or plan.type != "path" or plan.every != "monthly":
        return
    period, _ = entered[min(len(over), len(entered) - 1)]
    seen = until.astimezone(time.zone).date() - DAY
    if period.life_start <= seen < period.life_end:
        yield Recorded(period.first, plan.now, seen, time.at(seen, 23, 45))
