"""What made a goal's progress another one between two days: the effect of each leaf, and what people decided meanwhile.

Each day is as it was known at its end, so what is told agrees with what was shown on it (docs/domain.md section 9).
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from goals import explaining
from goals.explaining import Line
from goals.models import Goal
from goals.nodes import TROUBLE, ZERO, GoalFigures, Status
from goals.past import Tree
from goals.reading import visible_ids
from goals.since import Decided, decided
from kpis import dated, targets
from kpis.history import NAMES, in_words
from kpis.models import Kpi
from people.models import Person

MOST_LEAVES = 15
MOST = 10
WELL = (Status.on_track, Status.achieved)


@dataclass(frozen=True)
class Effect:
    """What one leaf did to the progress, both in 0..1 of the goal. `value`: it did better or worse; `mix`: it came to
    weigh more or less, entered or left. A leaf without a title is what the reader may not see, taken together."""

    kind: str
    id: int | None
    title: str | None
    goal_title: str | None
    value: Decimal
    mix: Decimal

    @property
    def together(self) -> Decimal:
        return self.value + self.mix


@dataclass(frozen=True)
class Turned:
    """A goal whose status became another one."""

    id: int
    title: str
    before: str
    after: str
    progress_before: Decimal | None
    progress_after: Decimal | None


@dataclass(frozen=True)
class Asked:
    """Something else was asked of a KPI: from `since` on (None: from its beginning), the fields from what to what."""

    kpi: Any
    at: dt.datetime
    since: dt.date | None
    fields: list[tuple[Any, Any, Any]]
    by: str
    reason: str


@dataclass(frozen=True)
class Between:
    """`effects` are the MOST_LEAVES largest, `others` the sum of the rest; with it they sum to exactly after - before.
    Of each list of what happened the first MOST, with how many there were."""

    since: dt.date
    until: dt.date
    before: Decimal | None
    after: Decimal | None
    effects: list[Effect]
    others: Effect | None
    others_count: int
    fell: list[Turned]
    fell_count: int
    recovered: list[Turned]
    recovered_count: int
    decided: list[Decided]
    decided_count: int
    asked: list[Asked]
    asked_count: int

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def value(self) -> Decimal:
        return sum((each.value for each in self.all), ZERO)

    @property
    def mix(self) -> Decimal:
        return sum((each.mix for each in self.all), ZERO)

    @property
    def all(self) -> list[Effect]:
        return [*self.effects, self.others] if self.others else self.effects

    @property
    def widest(self) -> Decimal:
        return max((abs(each.together) for each in self.all), default=ZERO)


def between(goal: Goal, person: Person, since: dt.date, until: dt.date) -> Between | None:
    """None when there was no such goal on either day."""
    before, after = explaining.two(goal, since, until)
    found = explaining.compared(goal, person, before, after)
    if found is None:
        return None
    seen = visible_ids(person)
    below = [pk for pk in {**before.told, **after.told} if pk in seen]
    fell, recovered = turned(before, after, below)
    decisions = decided(person, below, since, until)
    others = asked_otherwise(person, set(below), since, until)
    effects = [effect_of(line) for line in found["effects"]]
    return Between(
        since=since,
        until=until,
        before=found["before"],
        after=found["after"],
        effects=effects[:MOST_LEAVES],
        others=summed(effects[MOST_LEAVES:]),
        others_count=len(effects[MOST_LEAVES:]),
        fell=fell[:MOST],
        fell_count=len(fell),
        recovered=recovered[:MOST],
        recovered_count=len(recovered),
        decided=decisions[:MOST],
        decided_count=len(decisions),
        asked=others[:MOST],
        asked_count=len(others),
    )


def effect_of(line: Line) -> Effect:
    return Effect(line["kind"], line["id"], line["title"], line["goal_title"], line["value"], line["mix"])


def summed(rest: Sequence[Effect]) -> Effect | None:
    if not rest:
        return None
    value, mix = sum((each.value for each in rest), ZERO), sum((each.mix for each in rest), ZERO)
    return Effect("others", None, None, None, value, mix)


def turned(before: Tree, after: Tree, ids: Collection[int]) -> tuple[list[Turned], list[Turned]]:
    """Who fell behind and who caught up, in each the one that moved furthest first."""
    then, now = before.figures(), after.figures()
    fell, recovered = [], []
    for pk in ids:
        if pk not in then or pk not in now:
            continue
        each = turn(pk, after.told[pk]["title"], then[pk], now[pk])
        if now[pk].status in TROUBLE and then[pk].status not in TROUBLE:
            fell.append(each)
        elif now[pk].status in WELL and then[pk].status in TROUBLE:
            recovered.append(each)
    for found in (fell, recovered):
        found.sort(key=lambda each: (-abs((each.progress_after or ZERO) - (each.progress_before or ZERO)), each.id))
    return fell, recovered


def turn(pk: int, title: str, then: GoalFigures, now: GoalFigures) -> Turned:
    return Turned(pk, title, str(then.status), str(now.status), then.progress, now.progress)


def asked_otherwise(person: Person, goals: Collection[int], since: dt.date, until: dt.date) -> list[Asked]:
    """What was decided about the targets of these goals' KPIs after one day, up to the end of another, newest first."""
    organisation = person.organisation
    begin, end = organisation.end_of(since), organisation.end_of(until)
    history = Kpi.history.filter(organisation_id=organisation.pk)
    inside = history.filter(history_date__gt=begin, history_date__lte=end)
    touched = {pk for pk, goal_id in inside.order_by().values_list("id", "goal_id") if goal_id in goals}
    versions = history.filter(id__in=touched, history_date__lte=end).select_related("history_user")
    found = []
    for _, own in groupby(versions.order_by("id", "history_date", "history_id"), attrgetter("id")):
        for each in targets.decided(list(own), until):
            if each.before is not None and each.version.history_date > begin:
                found.append(asked_of(each))
    return sorted((each for each in found if each.fields), key=lambda each: (each.at, each.kpi.id), reverse=True)


def asked_of(decision: targets.Decision) -> Asked:
    version = decision.version
    by, reason = version.history_user, version.history_change_reason or ""
    fields = differing(decision.before or {}, decision.row)
    return Asked(version, version.history_date, decision.since, fields, by.name if by else "", reason)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[Any, Any, Any]]:
    then, now = SimpleNamespace(**before), SimpleNamespace(**after)
    names = [name for name in dated.DATED if name in NAMES and before.get(name) != after[name]]
    return [(NAMES[name], in_words(name, then), in_words(name, now)) for name in names]
