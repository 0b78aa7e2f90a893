"""Values of KPIs that come from other KPIs: through links, or by a formula (docs/domain.md section 7).

Pure: the operands with their current values and a date in, values by period out, which are scored like any others. What
is derived of what is derived follows `in_order`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from goals.nodes import ONE, ZERO, Id, exactly, stored
from kpis.attainment import CurrentValue, KpiDefinition, aggregate
from kpis.formula import Node, evaluate, keys
from kpis.periods import CALENDAR_YEAR, Cadence, Fiscal, Period, days_of, number_of, periods

LARGEST = Decimal(10) ** 18  # as of what people enter
FINENESS = tuple(Cadence)  # from the finest; `once` is the coarsest


class Method(StrEnum):
    """How the children's values of a period become one."""

    sum = "sum"
    mean = "mean"
    weighted_mean = "weighted_mean"
    min = "min"
    max = "max"
    ratio = "ratio"


class Missing(StrEnum):
    """What becomes of a period in which children have no value."""

    require_all = "require_all"
    skip = "skip"
    zero = "zero"
    carry = "carry"


@dataclass(frozen=True, slots=True)
class Operand:
    """Another KPI with its current values, by the first day of their period."""

    definition: KpiDefinition
    values: Mapping[date, CurrentValue] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A child, of a ratio its numerator and denominator; it counts for its periods that end from `since` to `until`."""

    kpi: Id
    denominator: Id | None = None
    weight: Decimal = ONE
    since: date | None = None
    until: date | None = None

    @property
    def operands(self) -> tuple[Id, ...]:
        return (self.kpi,) if self.denominator is None else (self.kpi, self.denominator)


@dataclass(frozen=True, slots=True)
class Links:
    """The children of a rolled-up KPI. Without a missing rule sums and ratios require all, the others skip."""

    method: Method | str
    links: Sequence[Link]
    missing: Missing | str | None = None
    scale: Decimal = ONE

    @property
    def rule(self) -> Missing:
        strict = self.method in (Method.sum, Method.ratio)
        return Missing(self.missing or (Missing.require_all if strict else Missing.skip))


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a KPI comes from others: by its links, or by a formula whose `keys` name them."""

    links: Links | None = None
    formula: Node | None = None
    keys: Mapping[str, Id] = field(default_factory=dict, hash=False)

    @property
    def needs(self) -> set[Id]:
        if self.links is None:
            return set(self.keys.values())
        return {kpi for link in self.links.links for kpi in link.operands}

    def values(
        self, definition: KpiDefinition, operands: Mapping[Id, Operand], on: date, fiscal: Fiscal = CALENDAR_YEAR
    ) -> dict[date, CurrentValue]:
        """By period, each rounded as it is kept; nothing where an operand is not there or a value is out of bounds."""
        if self.links is not None:
            links = [link for link in self.links.links if all(kpi in operands for kpi in link.operands)]
            found = rolled_up(definition, replace(self.links, links=links), operands, on, fiscal)
        elif self.formula is not None and keys(self.formula) <= self.keys.keys() and self.needs <= operands.keys():
            named = {key: operands[kpi] for key, kpi in self.keys.items()}
            found = calculated(definition, self.formula, named, on, fiscal)
        else:
            return {}
        return {
            first: CurrentValue(stored(each.value), each.observed_on)
            for first, each in found.items()
            if abs(each.value) < LARGEST
        }


class _Given(NamedTuple):
    """What a child has for a period; `value` None: nothing that counts."""

    value: Decimal | None
    observed_on: date | None


def is_coarser(operand: str, than: str) -> bool:
    """Values of such an operand cannot be split among the periods; what is measured once stands for nothing smaller."""
    if Cadence.once in (operand, than):
        return operand == Cadence.once
    return FINENESS.index(Cadence(operand)) > FINENESS.index(Cadence(than))


def in_order(needs: Mapping[Id, Collection[Id]]) -> list[Id]:
    """The KPIs, each after all that it needs. Raises ValueError("kpi_cycle:a>b>a") for a circle."""
    done: dict[Id, None] = {}
    for start in needs:
        way: list[Id] = []
        open_: list[tuple[Id, bool]] = [(start, False)]
        while open_:
            kpi, is_left = open_.pop()
            if is_left:
                done[way.pop()] = None
            elif kpi in way:
                raise ValueError(f"kpi_cycle:{'>'.join(map(str, [*way[way.index(kpi) :], kpi]))}")
            elif kpi not in done:
                way.append(kpi)
                open_.append((kpi, True))
                open_.extend((each, False) for each in reversed(list(needs.get(kpi, ()))))
    return list(done)


@exactly
def rolled_up(
    definition: KpiDefinition,
    links: Links,
    operands: Mapping[Id, Operand],
    on: date,
    fiscal: Fiscal = CALENDAR_YEAR,
) -> dict[date, CurrentValue]:
    """The values of a KPI that its links give, of the periods that have begun by a date."""
    told = {kpi: _Told(operands[kpi], definition, on, fiscal) for link in links.links for kpi in link.operands}
    found: dict[date, CurrentValue] = {}
    before: date | None = None
    for period in _begun(definition, on, fiscal):
        fresh, values = _children(links, told, period.first, before)
        value = _combined(links, values)
        seen = [each.observed_on for given in fresh for each in given if each.observed_on is not None]
        if value is not None and seen:
            found[period.first] = CurrentValue(value, min([*seen, period.life_end]))
        before = period.first
    return found


@exactly
def calculated(
    definition: KpiDefinition,
    formula: Node,
    operands: Mapping[str, Operand],
    on: date,
    fiscal: Fiscal = CALENDAR_YEAR,
) -> dict[date, CurrentValue]:
    """The values of a KPI by its formula, of the periods that have begun by a date; every sub-period is needed."""
    told = {key: _Told(operands[key], definition, on, fiscal) for key in keys(formula)}
    found = {}
    for period in _begun(definition, on, fiscal):
        given = {key: each.given(period.first, Link(key), whole=True) for key, each in told.items()}
        value = evaluate(formula, {key: each.value if each else None for key, each in given.items()})
        seen = [each.observed_on for each in given.values() if each and each.observed_on]
        if value is not None:
            found[period.first] = CurrentValue(value, min([*seen, period.life_end]))
    return found


@exactly
def taken(
    operand: Operand,
    parent: KpiDefinition,
    first: date,
    on: date,
    fiscal: Fiscal,
    link: Link,
    *,
    whole: bool,
) -> Decimal | None:
    """What an operand gives to the period of its parent that begins on a day."""
    given = _Told(operand, parent, on, fiscal).given(first, link, whole=whole)
    return given.value if given else None


def _begun(definition: KpiDefinition, on: date, fiscal: Fiscal) -> Iterable[Period]:
    if definition.start is None or definition.due is None:
        return []
    lives = periods(definition.start, definition.due, str(definition.cadence), fiscal)
    return (period for period in lives if period.life_start <= on)


class _Told:
    """A child's values by the bigger periods they belong to: those in which the life of their own period ends."""

    def __init__(self, operand: Operand, parent: KpiDefinition, on: date, fiscal: Fiscal) -> None:
        self.definition, self.values, self.on = operand.definition, operand.values, on
        self.ends: dict[date, date] = {}
        self.periods: dict[date, list[Period]] = {}
        start, due = operand.definition.start, operand.definition.due
        if start is None or due is None:
            return
        for period in periods(start, due, str(operand.definition.cadence), fiscal):
            bigger = _bigger(parent, period.life_end, fiscal)
            if bigger is not None:
                self.periods.setdefault(bigger[0], []).append(period)
                self.ends[bigger[0]] = bigger[1]

    def given(self, first: date, link: Link, *, whole: bool) -> _Given | None:
        """What there is for a bigger period; None where the child is not applicable. `whole`: only with all
        sub-periods."""
        begin, end = link.since or date.min, link.until or date.max
        asked = [period for period in self.periods.get(first, ()) if begin <= period.life_end <= end]
        if not asked:
            return None
        held = [(period, self.values[period.first]) for period in asked if self._is_seen(period)]
        if not held or (whole and len(held) < len(asked)):
            return _Given(None, None)
        value = aggregate(str(self.definition.aggregation), [each.value for _, each in held])
        final = len(held) == len(asked) and all(each.observed_on >= period.life_end for period, each in held)
        newest = max(each.observed_on for _, each in held)
        return _Given(value, min(self.ends[first], self.on) if final else newest)

    def _is_seen(self, period: Period) -> bool:
        held = self.values.get(period.first)
        return held is not None and held.observed_on <= self.on and period.life_start <= self.on


def _bigger(parent: KpiDefinition, day: date, fiscal: Fiscal) -> tuple[date, date] | None:
    """First and last day of the parent's period in which a day lies."""
    if parent.cadence == Cadence.once:
        start, due = parent.start, parent.due
        return (start, due) if start is not None and due is not None and start <= day <= due else None
    cadence, month = str(parent.cadence), fiscal.start_month
    return days_of(number_of(day, cadence, month), cadence, month)


Values = list[tuple[Link, tuple[Decimal, ...]]]


def _children(
    links: Links, told: Mapping[Id, _Told], first: date, before: date | None
) -> tuple[list[tuple[_Given, ...]], Values]:
    """What the children that have a value say, and with which values the period is combined: none where the rule asks
    for more."""
    fresh: list[tuple[_Given, ...]] = []
    values: Values = []
    lacking: list[Link] = []
    for link in links.links:
        given = _of_link(links, link, told, first)
        if given is None:
            continue
        numbers = [each.value for each in given if each.value is not None]
        if len(numbers) == len(given):
            fresh.append(given)
            values.append((link, tuple(numbers)))
        else:
            lacking.append(link)
    if not fresh:
        return [], []
    return fresh, _FILLED[links.rule](links, told, before, values, lacking)


def _of_link(links: Links, link: Link, told: Mapping[Id, _Told], first: date) -> tuple[_Given, ...] | None:
    found = []
    for kpi in link.operands:
        child = told[kpi]
        given = child.given(first, link, whole=_needs_whole(links, child.definition))
        if given is None:
            return None
        found.append(given)
    return tuple(found)


def _needs_whole(links: Links, child: KpiDefinition) -> bool:
    """A partial sum would mislead in a mean."""
    if links.rule in (Missing.require_all, Missing.carry):
        return True
    return links.rule == Missing.skip and child.sums and links.method != Method.sum


def _all(links: Links, told: Mapping[Id, _Told], before: date | None, values: Values, lacking: list[Link]) -> Values:
    return [] if lacking else values


def _half(links: Links, told: Mapping[Id, _Told], before: date | None, values: Values, lacking: list[Link]) -> Values:
    return values if len(values) >= len(lacking) else []


def _zero(links: Links, told: Mapping[Id, _Told], before: date | None, values: Values, lacking: list[Link]) -> Values:
    return [*values, *((link, (ZERO,) * len(link.operands)) for link in lacking)]


def _carry(links: Links, told: Mapping[Id, _Told], before: date | None, values: Values, lacking: list[Link]) -> Values:
    """The child's value of the period before, once; without one the period has none."""
    carried: Values = []
    for link in lacking:
        given = None if before is None else _of_link(links, link, told, before)
        numbers = [each.value for each in given or () if each.value is not None]
        if given is None or len(numbers) < len(given):
            return []
        carried.append((link, tuple(numbers)))
    return [*values, *carried]


Filling = Callable[[Links, Mapping[Id, _Told], date | None, Values, list[Link]], Values]
_FILLED: Mapping[Missing, Filling] = {
    Missing.require_all: _all,
    Missing.skip: _half,
    Missing.zero: _zero,
    Missing.carry: _carry,
}


def _combined(links: Links, values: Values) -> Decimal | None:
    if not values:
        return None
    numbers = [given[0] for _, given in values]
    if links.method == Method.ratio:
        below = sum((given[1] for _, given in values), ZERO)
        return None if below == 0 else sum(numbers, ZERO) / below * links.scale
    if links.method == Method.weighted_mean:
        weight = sum((link.weight for link, _ in values), ZERO)
        return None if weight == 0 else sum((link.weight * given[0] for link, given in values), ZERO) / weight
    return aggregate(str(links.method), numbers)
