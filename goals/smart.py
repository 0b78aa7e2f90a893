"""How well a goal and its KPIs are put: specific, measurable, achievable, relevant, time-bound (docs/domain.md section
12).

Pure: no database, no clock, no settings. A verdict is advice: points of 100 and the rules that are not full.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from statistics import median

from goals.nodes import ONE, Id

LETTERS = "SMART"
RULES: Mapping[str, int] = {
    "S1": 4,
    "S2": 5,
    "S3": 5,
    "S4": 3,
    "S5": 3,
    "M1": 5,
    "M2": 3,
    "M3": 5,
    "M4": 4,
    "M5": 3,
    "A1": 4,
    "A2": 8,
    "A3": 4,
    "A4": 4,
    "R1": 8,
    "R2": 6,
    "R3": 3,
    "R4": 3,
    "T1": 6,
    "T2": 5,
    "T3": 5,
    "T4": 4,
}
"""The points of each rule; each letter has 20."""
OF_KPI = frozenset({"S2", "M1", "M2", "M3", "M4", "M5", "A1", "A2", "A3", "T3"})
"""The rules that a goal without a KPI cannot meet."""

VAGUE: Collection[str] = (
    "improve",
    "better",
    "optimise",
    "optimize",
    "strengthen",
    "enhance",
    "support",
    "forbedre",
    "bedre",
    "styrke",
    "optimalisere",
    "øke",
    "støtte",
)
"""First words of a title that say nothing without a number, unless an organisation has a list of its own."""

JOINED = re.compile(r"\s(and|og|&)\s|;", re.IGNORECASE)
FEWEST_WORDS = 3
FEWEST_LETTERS = 20
MOST_KPIS = 5
HISTORY = 24
"""So many of a KPI's last values tell what pace it is capable of."""
FEWEST_VALUES = 4
FEWEST_PERIODS = 3
USUAL_PACE, FAST_PACE = Fraction(3, 2), Fraction(3)
FURTHEST_MONTHS = 60
GOOD, IMPROVE = 80, 60


class Band(StrEnum):
    """A score in a word: from 80 up good, from 60 up to improve, below weak."""

    good = "good"
    improve = "improve"
    weak = "weak"


class Why(StrEnum):
    """Why a rule is not full, where its own message would not say it."""

    no_kpi = "no_kpi"
    no_target = "no_target"
    few_values = "few_values"
    no_period_left = "no_period_left"
    fast = "fast"


@dataclass(frozen=True, slots=True)
class GoalFacts:
    """What is to be known of a goal. `due` and `parent_due` are those of the cycle where a goal has none of its own;
    `aligned`: its path reaches a strategic goal; `perspective`: it has one or inherits one; `accepted`: its owner has
    agreed to the target."""

    title: str
    why: str = ""
    owned: bool = False
    weight: Decimal = ONE
    aligned: bool = False
    perspective: bool = False
    start: date | None = None
    due: date | None = None
    is_root: bool = True
    parent_due: date | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """What is to be known of an active KPI. `periods` counts those of its life, `periods_left` those not elapsed yet;
    `history` are its last values (HISTORY are enough), the oldest first; `supplied`: somebody delivers the number, or
    another system does."""

    id: Id = 0
    definition: str = ""
    unit: str = ""
    kind: str = "number"
    direction: str | None = "increase"
    baseline: Decimal | None = None
    target: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    cadence: str = "monthly"
    aggregation: str = "latest"
    target_mode: str = "by_due"
    weight: Decimal = ONE
    supplied: bool = False
    periods: int = 0
    periods_left: int = 0
    history: Sequence[Decimal] = ()

    @property
    def maintains(self) -> bool:
        return self.direction == "maintain" and self.kind != "boolean"

    @property
    def asks(self) -> bool:
        """It has a target, or for a KPI to maintain a band."""
        return self.target is not None or (self.maintains and (self.lower is not None or self.upper is not None))

    @property
    def starts_anywhere(self) -> bool:
        """Its baseline says nothing about what is asked for."""
        return (
            self.kind == "boolean" or self.maintains or self.target_mode == "each_period" or self.aggregation == "sum"
        )


@dataclass(frozen=True)
class Pair:
    """The verdict on a goal with one of its KPIs, or with none. `points` by rule; `whys` of rules that are not full."""

    kpi: Id | None
    weight: Decimal
    points: Mapping[str, int]
    whys: Mapping[str, Why] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return sum(self.points.values())

    @property
    def letters(self) -> dict[str, int]:
        return {letter: sum(self.points[rule] for rule in RULES if rule[0] == letter) for letter in LETTERS}

    @property
    def not_full(self) -> tuple[str, ...]:
        return tuple(rule for rule, most in RULES.items() if self.points[rule] < most)


@dataclass(frozen=True)
class Advice:
    """One rule that is not full: the fewest points that a KPI leaves it with, for which KPIs (none: for the goal)."""

    rule: str
    points: int
    why: Why | None
    kpis: tuple[Id, ...]

    @property
    def lost(self) -> int:
        return RULES[self.rule] - self.points


@dataclass(frozen=True)
class Verdict:
    """The verdict on a goal: its pairs, and their mean by the weight of the KPIs."""

    pairs: tuple[Pair, ...]

    @property
    def score(self) -> int:
        """0..100, rounded half-even."""
        return self._mean([pair.score for pair in self.pairs])

    @property
    def band(self) -> Band:
        return band(self.score)

    @property
    def letters(self) -> dict[str, int]:
        """0..20 each, rounded half-even."""
        return {letter: self._mean([pair.letters[letter] for pair in self.pairs]) for letter in LETTERS}

    @property
    def advice(self) -> list[Advice]:
        """What could be better, in the order of the rules."""
        found = []
        for rule in RULES:
            lacking = [pair for pair in self.pairs if rule in pair.not_full]
            if not lacking:
                continue
            worst = min(lacking, key=lambda pair: pair.points[rule])
            kpis = tuple(pair.kpi for pair in lacking if pair.kpi is not None) if rule in BY_KPI else ()
            found.append(Advice(rule, worst.points[rule], worst.whys.get(rule), kpis))
        return found

    def _mean(self, points: Sequence[int]) -> int:
        weights = [Fraction(pair.weight) for pair in self.pairs]
        if not any(weights):
            weights = [Fraction(1)] * len(weights)
        return round(sum(w * p for w, p in zip(weights, points, strict=True)) / sum(weights))


BY_KPI = frozenset({"S2", "S4", "M2", "M3", "M4", "M5", "A2", "A3", "R3", "T3"})
"""The rules whose points differ from KPI to KPI."""


def band(score: int) -> Band:
    if score >= GOOD:
        return Band.good
    return Band.improve if score >= IMPROVE else Band.weak


def verdict(goal: GoalFacts, kpis: Sequence[KpiFacts], today: date, vague: Collection[str] = VAGUE) -> Verdict:
    """The verdict on a goal with its active KPIs."""
    if not kpis:
        return Verdict((_without_kpi(goal, today, vague),))
    return Verdict(tuple(_pair(goal, kpi, kpis, today, vague) for kpi in kpis))


def _without_kpi(goal: GoalFacts, today: date, vague: Collection[str]) -> Pair:
    met = _goal_rules(goal, today) | {"S4": not _is_vague(goal.title, vague), "R3": goal.weight > 0}
    points = {rule: most if met.get(rule, False) else 0 for rule, most in RULES.items()}
    return Pair(None, ONE, points, dict.fromkeys(OF_KPI, Why.no_kpi))


def _pair(goal: GoalFacts, kpi: KpiFacts, kpis: Sequence[KpiFacts], today: date, vague: Collection[str]) -> Pair:
    met = _goal_rules(goal, today) | {
        "S2": len(kpi.definition.strip()) >= FEWEST_LETTERS,
        "S4": kpi.asks or not _is_vague(goal.title, vague),
        "M1": any(each.weight > 0 for each in kpis),
        "M2": bool(kpi.unit.strip()),
        "M3": kpi.asks,
        "M4": kpi.baseline is not None or kpi.starts_anywhere,
        "M5": kpi.supplied,
        "A1": len(kpis) <= MOST_KPIS,
        "A3": not _asks_for_nothing(kpi),
        "R3": goal.weight > 0 and kpi.weight > 0,
        "T3": kpi.periods >= FEWEST_PERIODS or kpi.cadence == "once",
    }
    lost, why = _pace(kpi)
    points = {rule: most if met.get(rule, False) else 0 for rule, most in RULES.items()} | {"A2": RULES["A2"] - lost}
    return Pair(kpi.id, kpi.weight, points, {} if why is None else {"A2": why})


def _goal_rules(goal: GoalFacts, today: date) -> dict[str, bool]:
    """The rules that ask about the goal alone."""
    dated = goal.start is not None and goal.due is not None
    return {
        "S1": len(goal.title.split()) >= FEWEST_WORDS,
        "S3": goal.owned,
        "S5": JOINED.search(goal.title) is None,
        "A4": goal.accepted,
        "R1": goal.aligned,
        "R2": len(goal.why.strip()) >= FEWEST_LETTERS,
        "R4": goal.perspective,
        "T1": dated and goal.start < goal.due,  # type: ignore[operator]
        "T2": goal.due is not None and goal.due <= _latest_due(goal, today),
        "T4": goal.due is not None and goal.due >= today,
    }


def _latest_due(goal: GoalFacts, today: date) -> date:
    if goal.is_root:
        return _months_on(today, FURTHEST_MONTHS)
    return goal.parent_due or date.max


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _is_vague(title: str, vague: Collection[str]) -> bool:
    first = next(iter(title.split()), "").strip(".,:;!?\"'“”«»()").casefold()
    return first in {word.casefold() for word in vague}


def _asks_for_nothing(kpi: KpiFacts) -> bool:
    """Its baseline meets its target already."""
    if kpi.starts_anywhere or kpi.baseline is None or kpi.target is None:
        return False
    return kpi.baseline <= kpi.target if kpi.direction == "decrease" else kpi.baseline >= kpi.target


def _pace(kpi: KpiFacts) -> tuple[int, Why | None]:
    """What rule A2 loses, and why: the change still needed in each period left, against the median change that the
    KPI's own values show. It asks only of a KPI whose latest value is to reach the target by the due date."""
    if kpi.target_mode != "by_due" or kpi.aggregation != "latest":
        return 0, None
    if not kpi.asks:
        return 4, Why.no_target
    values = kpi.history[-HISTORY:]
    if len(values) < FEWEST_VALUES:
        return 4, Why.few_values
    needed = _needed(kpi, values[-1])
    if needed <= 0:
        return 0, None
    if kpi.periods_left <= 0:
        return 8, Why.no_period_left
    usual = median(abs(later - earlier) for earlier, later in pairwise(map(Fraction, values)))
    asked = needed / kpi.periods_left
    if asked <= USUAL_PACE * usual:
        return 0, None
    return (4, Why.fast) if asked <= FAST_PACE * usual else (8, None)


def _needed(kpi: KpiFacts, value: Decimal) -> Fraction:
    """How far a value is from what is asked for; 0 or less: it is there."""
    here = Fraction(value)
    if not kpi.maintains:
        away = Fraction(kpi.target or 0) - here
        return -away if kpi.direction == "decrease" else away
    lower, upper = (kpi.target, kpi.target) if kpi.lower is None and kpi.upper is None else (kpi.lower, kpi.upper)
    below = Fraction(lower) - here if lower is not None else Fraction(0)
    above = here - Fraction(upper) if upper is not None else Fraction(0)
    return max(below, above)
