"""What a bonus comes to (docs/domain.md section 13). Pure: no database, no clock, exact decimals.

Attainments are raw progress as shares (1 = target met, below 0 and above 1 allowed); money is in the plan's currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from goals.nodes import ONE, ZERO, compared, exactly

CENT = Decimal("0.01")
DAY = timedelta(days=1)
Span = tuple[date, date]


class NoData(StrEnum):
    """What is done about an item without data: nothing is computed, it counts as 0, or the others share its weight."""

    block = "block"
    zero = "zero"
    exclude = "exclude"


class State(StrEnum):
    ok = "ok"
    blocked = "blocked"
    gate_failed = "gate_failed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: the factor is 0 below `threshold`, `threshold_factor` at it, 1 at an attainment of 1, and
    `most_factor` from `most` on. `start` to `due` is the plan's time, both days included."""

    bonus: Decimal
    start: date
    due: date
    threshold: Decimal = Decimal("0.8")
    threshold_factor: Decimal = Decimal("0.5")
    most: Decimal = Decimal("1.2")
    most_factor: Decimal = Decimal("1.5")
    item_cap: Decimal = Decimal("1.5")
    no_data: NoData = NoData.block


@dataclass(frozen=True, slots=True)
class Item:
    """A KPI or goal that counts `weight`; `attainment` None without data. `minimum`: below it nothing is paid."""

    id: int | str
    weight: Decimal
    attainment: Decimal | None
    minimum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An item as it counted: `used` is its attainment within 0 and the cap, `share` its part of the whole, None where
    it does not count."""

    item: Item
    used: Decimal | None
    share: Decimal | None
    below_minimum: bool

    @property
    def contribution(self) -> Decimal | None:
        return None if self.used is None or self.share is None else self.used * self.share


@dataclass(frozen=True, slots=True)
class Payout:
    """`attainment`, `factor` and `proration` are shares, `amount` money with two decimals; all None when blocked.
    `missing` are the items without data that block it."""

    state: State
    lines: tuple[Line, ...]
    eligible_days: int
    plan_days: int
    attainment: Decimal | None = None
    factor: Decimal | None = None
    proration: Decimal | None = None
    amount: Decimal | None = None
    missing: tuple[Item, ...] = ()


def wrong_with(terms: Terms, items: Sequence[Item]) -> set[str]:
    """The codes of what cannot be computed: dates_order, bonus_negative, threshold_range, most_range, cap_range,
    weight_negative, no_weight, minimum_range."""
    found = set()
    if terms.due < terms.start:
        found.add("dates_order")
    if terms.bonus < 0:
        found.add("bonus_negative")
    if not (ZERO <= terms.threshold <= ONE and ZERO <= terms.threshold_factor <= ONE):
        found.add("threshold_range")
    if terms.most < ONE or terms.most_factor < ONE:
        found.add("most_range")
    if terms.item_cap < ONE:
        found.add("cap_range")
    if any(item.weight < 0 for item in items):
        found.add("weight_negative")
    if not any(item.weight > 0 for item in items):
        found.add("no_weight")
    if any(item.minimum is not None and not ZERO <= item.minimum <= terms.item_cap for item in items):
        found.add("minimum_range")
    return found


@exactly
def pay(terms: Terms, items: Sequence[Item], eligible: Iterable[Span], position_share: Decimal = ONE) -> Payout:
    """The payout; `eligible` are the days employed under the plan (first and last, in any order, overlaps count once),
    `position_share` is the part of a full position, 0..1."""
    plan_days = (terms.due - terms.start).days + 1
    days = days_within(eligible, terms.start, terms.due)
    missing = tuple(item for item in items if item.attainment is None and item.weight > 0)
    counting = [item for item in items if counts(item, terms.no_data)]
    total = sum((item.weight for item in counting), ZERO)
    lines = tuple(line_of(item, item in counting, total, terms) for item in items)
    if (missing and terms.no_data == NoData.block) or not total:
        return Payout(State.blocked, lines, days, plan_days, missing=missing)
    attainment = sum((line.contribution or ZERO for line in lines), ZERO)
    failed = any(line.below_minimum for line in lines)
    factor = ZERO if failed else factor_at(attainment, terms)
    proration = Decimal(days) / plan_days * position_share
    amount = cents(terms.bonus * factor * proration)
    return Payout(
        State.gate_failed if failed else State.ok, lines, days, plan_days, attainment, factor, proration, amount
    )


def counts(item: Item, no_data: NoData) -> bool:
    return item.weight > 0 and (item.attainment is not None or no_data == NoData.zero)


def line_of(item: Item, counting: bool, total: Decimal, terms: Terms) -> Line:
    used = within(item.attainment, terms.item_cap)
    below = item.minimum is not None and (used is None or compared(used) < item.minimum)
    if not counting or not total:
        return Line(item, used, None, below)
    return Line(item, ZERO if used is None else used, item.weight / total, below)


def within(attainment: Decimal | None, cap: Decimal) -> Decimal | None:
    return None if attainment is None else min(max(attainment, ZERO), cap)


@exactly
def factor_at(attainment: Decimal, terms: Terms) -> Decimal:
    """0 below the threshold, then straight lines to (1, 1) and on to the most."""
    x = compared(attainment)
    if x < terms.threshold:
        return ZERO
    if x < ONE:
        rise = (ONE - terms.threshold_factor) / (ONE - terms.threshold)
        return terms.threshold_factor + (x - terms.threshold) * rise
    if x == ONE:
        return ONE
    if x >= terms.most:
        return terms.most_factor
    return ONE + (x - ONE) * (terms.most_factor - ONE) / (terms.most - ONE)


def days_within(spans: Iterable[Span], start: date, due: date) -> int:
    """How many days of `start` to `due` lie in one of the spans."""
    days, free_from = 0, start
    for first, last in sorted(spans):
        first, last = max(first, free_from), min(last, due)
        if first <= last:
            days += (last - first).days + 1
            free_from = last + DAY
    return days


def cents(amount: Decimal) -> Decimal:
    """Half-even to two decimals, free of the noise of divisions (section 0)."""
    return compared(amount).quantize(CENT, ROUND_HALF_EVEN)
