"""How a target is divided among parts, and how far the parts miss it (docs/domain.md section 10).

Pure: no database, no clock, no settings. Numbers are exact decimals; parts are given in the order of a list, which
decides between equals. A part that is fixed (agreed, or entered by hand) keeps its number, the others share the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction

from goals.nodes import CONTEXT, ONE, ZERO, compared, exactly
from kpis.attainment import Direction

Fixed = Sequence[Decimal | None]
FINEST = Decimal(1).scaleb(-10)  # of what people enter


class Rule(StrEnum):
    """How the parts make up the target: they add up to it, their weighted mean is it, or each has the same one."""

    sum = "sum"
    mean = "mean"
    same = "same"


class Combine(StrEnum):
    """How the parts become one figure to compare with the target."""

    sum = "sum"
    mean = "mean"
    min = "min"
    max = "max"


class Verdict(StrEnum):
    """How the combined parts lie to the target: on it, worse or better than it in the KPI's direction, or, where a
    value is to be kept, beside it."""

    exact = "exact"
    short = "short"
    stretched = "stretched"
    uneven = "uneven"


class Refusal(StrEnum):
    """Why a target cannot be divided like this."""

    exceeded = "fixed_exceed_total"
    not_a_multiple = "not_a_multiple"
    nobody_left = "nobody_left"
    weight_negative = "weight_negative"
    step_not_positive = "step_not_positive"


WORDS = {
    Refusal.exceeded: "fixed parts exceed the total",
    Refusal.not_a_multiple: "not a multiple of the step",
    Refusal.nobody_left: "nobody left to take the rest",
    Refusal.weight_negative: "a weight is negative",
    Refusal.step_not_positive: "the step is not above 0",
}


class CannotSplit(ValueError):
    """`code` is stable; `at` is the part at fault, None for the whole."""

    def __init__(self, code: Refusal, at: int | None = None) -> None:
        super().__init__(WORDS[code])
        self.code, self.at = code, at


@dataclass(frozen=True, slots=True)
class Gap:
    """The combined parts, how far they lie from the target, and that as a share of the target (None: it is 0)."""

    combined: Decimal
    gap: Decimal
    share: Decimal | None
    verdict: Verdict


def parts_of(
    rule: Rule | str, total: Decimal, weights: Sequence[Decimal], fixed: Fixed, step: Decimal
) -> list[Decimal]:
    """Each part's number by a rule. Raises CannotSplit as `split` and `level` do."""
    if rule == Rule.sum:
        return split(total, weights, fixed, step)
    if rule == Rule.mean:
        return level(total, weights, fixed, step)
    return [total if number is None else number for number in fixed]


def split(total: Decimal, weights: Sequence[Decimal], fixed: Fixed, step: Decimal) -> list[Decimal]:
    """Parts that add up to the total exactly, each a multiple of the step, by largest remainder: what is left over goes
    to the largest remainder, then the larger weight, then down the list. Weight 0 gets 0; a negative total is mirrored.
    So are a yearly target's periods found, with their weights in the order of the year.

    Raises CannotSplit: exceeded, not_a_multiple (the total or a fixed part), nobody_left, and what `checked` finds.
    """
    checked(weights, step)
    whole = multiple(total, step, None)
    given = [None if number is None else multiple(number, step, at) for at, number in enumerate(fixed)]
    sign = -1 if whole < 0 else 1
    rest = sign * (whole - sum(units for units in given if units is not None))
    if rest < 0:
        raise CannotSplit(Refusal.exceeded)
    free = [at for at, units in enumerate(given) if units is None]
    among = sum((Fraction(weights[at]) for at in free), Fraction(0))
    if rest and not among:
        raise CannotSplit(Refusal.nobody_left)
    quotas = {at: Fraction(weights[at]) * rest / among if among else Fraction(0) for at in free}
    taken = {at: quota.numerator // quota.denominator for at, quota in quotas.items()}
    order = sorted(free, key=lambda at: (taken[at] - quotas[at], -weights[at], at))
    for at in order[: rest - sum(taken.values())]:
        taken[at] += 1
    return [number_of(sign * taken[at] if units is None else units, step) for at, units in enumerate(given)]


def level(total: Decimal, weights: Sequence[Decimal], fixed: Fixed, step: Decimal) -> list[Decimal]:
    """Parts whose weighted mean is the total as nearly as the step allows: those that are not fixed share one number,
    rounded half-even to the step. A part of weight 0 counts for nothing and is given the total.

    Raises CannotSplit: nobody_left where fixed parts miss the mean and no other has a weight, and as `checked`.
    """
    checked(weights, step)
    free = [at for at, number in enumerate(fixed) if number is None]
    held = sum(
        (Fraction(weights[at]) * Fraction(number) for at, number in enumerate(fixed) if number is not None), Fraction(0)
    )
    everything, among = (
        sum(map(Fraction, weights), Fraction(0)),
        sum((Fraction(weights[at]) for at in free), Fraction(0)),
    )
    rest = Fraction(total) * everything - held
    if not among and rest != 0:
        raise CannotSplit(Refusal.nobody_left)
    shared = number_of(round(rest / among / Fraction(step)), step) if among else total
    return [(shared if weights[at] else total) if number is None else number for at, number in enumerate(fixed)]


def checked(weights: Sequence[Decimal], step: Decimal) -> None:
    if step <= 0:
        raise CannotSplit(Refusal.step_not_positive)
    for at, weight in enumerate(weights):
        if weight < 0:
            raise CannotSplit(Refusal.weight_negative, at)


def multiple(number: Decimal, step: Decimal, at: int | None) -> int:
    """How many steps a number is."""
    steps = Fraction(number) / Fraction(step)
    if steps.denominator != 1:
        raise CannotSplit(Refusal.not_a_multiple, at)
    return steps.numerator


@exactly
def number_of(steps: int, step: Decimal) -> Decimal:
    return steps * step


@exactly
def gap(
    total: Decimal,
    parts: Sequence[Decimal],
    combine: Combine | str,
    direction: Direction | str | None,
    weights: Sequence[Decimal] = (),
) -> Gap:
    """How the parts (one at least), combined, lie to the target; without weights those of a mean count alike."""
    combined = together(parts, combine, weights or [ONE] * len(parts))
    apart = combined - total
    return Gap(combined, apart, apart / abs(total) if total else None, verdict(apart, direction))


def together(parts: Sequence[Decimal], combine: Combine | str, weights: Sequence[Decimal]) -> Decimal:
    if combine == Combine.min:
        return min(parts)
    if combine == Combine.max:
        return max(parts)
    if combine == Combine.sum:
        return sum(parts, ZERO)
    among = sum(weights, ZERO)
    weighed = sum((weight * part for weight, part in zip(weights, parts, strict=True)), ZERO)
    return weighed / among if among else sum(parts, ZERO) / len(parts)


def verdict(apart: Decimal, direction: Direction | str | None) -> Verdict:
    if not compared(apart):
        return Verdict.exact
    if direction not in (Direction.increase, Direction.decrease):
        return Verdict.uneven
    return Verdict.short if (apart < 0) is (direction == Direction.increase) else Verdict.stretched


def display_step(number: Decimal) -> Decimal:
    """The step of a number as it is shown: 1 for whole ones, 0.1 with one decimal."""
    exponent = number.normalize(CONTEXT).as_tuple().exponent
    return Decimal(1).scaleb(min(0, exponent)) if isinstance(exponent, int) else ONE


@exactly
def in_proportion(value: Decimal, part: Decimal, total: Decimal, step: Decimal) -> Decimal:
    """What belongs to a part of a total: the value times part / total, half-even, two decimals finer than the step."""
    finer = max(min(step, ONE).normalize().scaleb(-2), FINEST)
    return (value * part / total).quantize(finer, ROUND_HALF_EVEN)
