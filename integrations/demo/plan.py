"""The demo company as its files describe it: people.toml, strategy.toml and before.toml, read into records."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).resolve().parent
RENAMED = {"from": "begin", "is": "definition", "to": "target"}  # words of the files that Python or people keep

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class UnitPlan:
    key: str
    name: str
    kind: str
    head: str
    size: int
    parent: str = ""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    name: str
    title: str
    unit: str
    email: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class KpiPlan:
    """A KPI and the course of its values; strategy.toml says what each word means."""

    key: str
    name: str
    definition: str
    every: str
    unit: str = ""
    type: str = "path"
    begin: Decimal | None = None
    target: Decimal | None = None
    now: Decimal | None = None
    was: Decimal | None = None
    before: Decimal | None = None
    earlier: str = ""
    done: int = 0
    down: bool = False
    zero: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    fade: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    stretch: Decimal | None = None
    benchmark: Decimal | None = None
    benchmark_source: str = ""
    milestones: Mapping[int, Decimal] = field(default_factory=dict)
    agg: str = "latest"
    weight: Decimal = Decimal(1)
    shape: str = "steady"
    noise: Decimal | None = None
    silent: int = 0
    never: bool = False
    paused: int | None = None
    source: str = "manual"
    lead: bool = False
    moves: tuple[tuple[str, float, int], ...] = ()
    formula: str = ""
    method: str = ""
    missing: str = ""
    of: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def first(self) -> Decimal:
        """Where its values come from at the beginning of the cycle."""
        return self.begin if self.begin is not None else self.was if self.was is not None else Decimal(0)


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A goal with its KPIs. Months count from 0, the first of the cycle."""

    key: str
    title: str
    owner: str
    unit: str
    why: str
    kpis: tuple[KpiPlan, ...]
    parent: str = ""
    helps: str = ""
    level: int | None = None
    weight: Decimal = Decimal(1)
    perspective: str = ""
    contributors: tuple[str, ...] = ()
    visibility: str = "organisation"
    method: str = "weighted_mean"
    state: str = "active"
    since: int = 0
    starts: int = 0
    paused: int | None = None
    cancelled: int | None = None
    closed: int | None = None
    closing_note: str = ""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What should lead to what, by the keys of the goals."""

    cause: str
    effect: str
    because: str
    strength: int = 2
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A change that somebody made on the way: until then the field was `was`."""

    month: int
    day: int
    field: str
    was: Any
    by: str
    reason: str
    goal: str = ""
    kpi: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`reasons` say why a goal or a KPI is paused or cancelled, by its key."""

    units: tuple[UnitPlan, ...]
    people: tuple[PersonPlan, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    earlier: tuple[GoalPlan, ...]
    goals: tuple[GoalPlan, ...]
    events: tuple[Event, ...]
    links: tuple[LinkPlan, ...]
    reasons: Mapping[str, str]


def read() -> Plan:
    company, strategy, before = (
        tomllib.loads((HERE / name).read_text(encoding="utf-8"), parse_float=Decimal)
        for name in ("people.toml", "strategy.toml", "before.toml")
    )
    return Plan(
        units=tuple(made(UnitPlan, each) for each in company["unit"]),
        people=tuple(made(PersonPlan, each) for each in company["person"]),
        first_names=tuple(company["names"]["first"]),
        last_names=tuple(company["names"]["last"]),
        earlier=tuple(map(goal, before["goal"])),
        goals=resolved(tuple(map(goal, strategy["goal"]))),
        events=tuple(made(Event, each) for each in strategy["event"]),
        links=tuple(LinkPlan(**each) for each in strategy["link"]),
        reasons={each.get("goal") or each["kpi"]: each["reason"] for each in (*strategy["pause"], *strategy["cancel"])},
    )


def resolved(goals: tuple[GoalPlan, ...]) -> tuple[GoalPlan, ...]:
    """With every `moves` told in the luck that nobody shares: what a KPI takes from another one includes what that one
    takes from a third."""
    plans = {kpi.key: kpi for goal in goals for kpi in goal.kpis}

    def own(key: str, part: float, months: int) -> Iterator[tuple[str, float, int]]:
        for other, its_part, its_months in plans[key].moves:
            if other == key:
                yield key, part * its_part, months + its_months
            else:
                yield from own(other, part * its_part, months + its_months)

    return tuple(
        replace(each, kpis=tuple(replace(kpi, moves=tuple(own(kpi.key, 1.0, 0))) for kpi in each.kpis))
        for each in goals
    )


def goal(given: Mapping[str, Any]) -> GoalPlan:
    kpis = tuple(kpi(each) for each in given["kpis"])
    return made(GoalPlan, {**given, "kpis": kpis, "contributors": tuple(given.get("contributors", ()))})


def kpi(given: Mapping[str, Any]) -> KpiPlan:
    given = {RENAMED.get(name, name): value for name, value in given.items()}
    given["milestones"] = {int(month): Decimal(value) for month, value in given.get("milestones", {}).items()}
    given["moves"] = tuple((key, float(part), months) for key, part, months in given.get("moves", ()))
    return made(KpiPlan, given)


def made(record: type[Record], given: Mapping[str, Any]) -> Record:
    """A record of the given values, whole numbers as decimals where it keeps decimals."""
    exact = {each.name for each in fields(record) if "Decimal" in str(each.type)} - {"milestones"}
    return record(**{name: Decimal(value) if name in exact else value for name, value in given.items()})
