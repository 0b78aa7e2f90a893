"""What the line of sight says in sentences, made from its figures."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format

from cascade.fields import plain
from cascade.templatetags.ui import exact, percent, rounded
from goals.models import Goal
from goals.nodes import Id
from goals.words import of_points
from kpis.due import Due
from kpis.models import Kpi
from kpis.periods import Cadence, Fiscal, Period, period_name, period_of
from kpis.picture import Picture
from kpis.sight import OwnGoal, Sight, Task
from kpis.trying import Scale, Trial
from kpis.whatif import Difference
from people.models import Person

MOST_TOLD = 20
ROOM = Decimal(20)  # percent of a scale that a word under it needs
BEFORE = re.compile(r"\d{1,18}:([01](\.\d{1,18})?)?:([01](\.\d{1,18})?)?", re.ASCII)
Figures = tuple[Decimal | None, Decimal | None]
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
NOT_COUNTED = {
    Goal.State.DRAFT: "It is a draft, so it does not count in the goal above yet.",
    Goal.State.PROPOSED: "It waits for its owner's yes, so it does not count in the goal above yet.",
    Goal.State.PAUSED: "It is paused, so it does not count in the goal above.",
}


def counted(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def greeting(person: Person) -> str:
    """By the reader's own clock, with the name they are called by first."""
    hour = timezone.localtime().hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
    return f"Good {part}, {next(iter(person.name.split()), person.name)}."


def what_is_due(sight: Sight) -> str:
    """Two numbers are due, one of them late."""
    due, late = len(sight.owes), sum(task.due.is_late for task in sight.owes)
    if not due:
        return "Nothing is due."
    said = f"{counted(due)} number{'s are' if due > 1 else ' is'}"
    if late == due:
        return f"{said} late."
    return f"{said} due, {counted(late).lower()} of them late." if late else f"{said} due."


def nothing(mine: bool) -> str:
    return "You have no goal of your own yet." if mine else "No goal yet."


def season(on: dt.date, fiscal: Fiscal) -> str:
    """FY2026-Q3 ends in 13 days."""
    days = (period_of(on, Cadence.quarterly, fiscal).last - on).days
    when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
    return f"{period_name(on, Cadence.quarterly, fiscal)} ends {when}"


def period_words(due: Due, cadence: str) -> str:
    return named(due.period, cadence, due.name)


def named(period: Period, cadence: str, name: str) -> str:
    """August 2026, week 34 of 2026, FY2026-Q3, 17 Sep 2026."""
    if cadence == Cadence.monthly:
        return date_format(period.first, "F Y")
    if cadence == Cadence.weekly:
        year, week, _ = period.first.isocalendar()
        return f"week {week} of {year}"
    if cadence in (Cadence.daily, Cadence.once):
        return date_format(period.life_end, "j M Y")
    return name


def next_task(task: Task) -> str:
    """Next: Average resolution time for August 2026, on 31 August."""
    when = date_format(task.due.since, "j F")
    return f"{task.kpi.name} for {period_words(task.due, str(task.kpi.definition.cadence))}, on {when}"


def headline(own: OwnGoal, picture: Picture) -> tuple[str, str, str]:
    """The sentence over the picture in three parts: the first, the goal at the top, and what happens to it."""
    top, trial = picture.top, picture.trial
    if top is None:
        return "", "", ""
    lost = top.effect is not None and top.effect < 0
    if not own.top.effective_weight and not top.effect:
        return f"{own.goal.title} does not count in ", top.goal.title, "."
    if picture.gives:
        return "Your goal gives ", top.goal.title, gives(top.effect, top.goal.figures.progress)
    moves = f" moves {'down' if lost else 'up'} by {points_text(top.effect)}."
    return f"{condition(own, trial)}, ", top.goal.title, moves


def gives(effect: Decimal | None, progress: Decimal | None) -> str:
    return f" {points_text(effect)}." if progress is None else f" {points_text(effect)} of its {percent(progress)}."


def condition(own: OwnGoal, trial: Trial | None) -> str:
    if trial is None:
        return "If you reach all of your goal"
    if trial.kpi.definition.is_boolean:
        return f"If {trial.kpi.name} is {'done' if trial.value else 'not done'}"
    value = exact(trial.value, trial.kpi.unit)
    if trial.period is None:
        return f"If you reach {value}"
    return f"If {period_words(trial.period, str(trial.kpi.definition.cadence))} had been {value}"


def points_text(share: Decimal | None) -> str:
    """0.4 points, less than 0.1 points."""
    return "less than 0.1 points" if share and not rounded(share, 3) else of_points(share or Decimal(0))


def why_not_counted(own: OwnGoal) -> str:
    """Why the goal gives nothing to the one above, where it does not."""
    if own.goal.node.state in NOT_COUNTED:
        return NOT_COUNTED[own.goal.node.state]
    if own.goal.node.parent is not None and not own.goal.node.weight:
        return "Its weight is 0: it is followed, but counts for nothing above."
    return ""


class Mark(NamedTuple):
    """A word under the scale of results: its place in percent, and the line of text it stands on."""

    kind: str
    words: str
    place: str
    anchor: str
    line: int = 1


def marks(scale: Scale, unit: str) -> list[Mark]:
    """The target, where it stands now and where it started, each on the first line that has room, and the ends where
    there is room left."""
    by_value: dict[Decimal, list[str]] = {}
    for kind, value in (("target", scale.target), ("now", scale.now), ("start", scale.start)):
        if value is not None:
            by_value.setdefault(value, []).append(kind)
    found: list[Mark] = []
    for value, kinds in by_value.items():
        found.append(marked(kinds[0], f"{exact(value)} {' and '.join(kinds)}", scale.place(value), found))
    for kind, value in (("low", scale.low), ("high", scale.high)):
        end = marked(kind, exact(value, unit), scale.place(value), found)
        if end.line == 1:
            found.append(end)
    return found


def marked(kind: str, text: str, place: Decimal, others: list[Mark]) -> Mark:
    taken = [other for other in others if abs(place - Decimal(other.place)) < ROOM]
    anchor = "start" if place < ROOM / 2 else "end" if place > 100 - ROOM / 2 else "middle"
    return Mark(kind, text, plain(rounded(place, 2)), anchor, 1 + len(taken))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a value did, or would do, to the goal it measures and to the goal at the top of its path."""

    kpi_id: int
    goal: str
    icon: str
    top: str = ""

    def __bool__(self) -> bool:
        return bool(self.goal)


def effect_of(own: OwnGoal, kpi_id: int, was: Figures, now: Figures) -> Effect:
    """`was` and `now`: the progress of the goal and of its top."""
    goal = moved("your goal" if own.owns else own.goal.title, was[0], now[0])
    icon = "arrow-down" if goal.startswith("lowers") else "arrow-up" if goal.startswith("lifts") else "arrow-right"
    top = own.top.goal
    if top is None or top.id == own.goal.id or icon == "arrow-right" or was[1] is None or now[1] is None:
        return Effect(kpi_id, goal, icon)
    return Effect(kpi_id, goal, icon, f"{top.title} by {points_text(now[1] - was[1])}")


def would_be(own: OwnGoal, kpi_id: int, figures: Mapping[Id, Difference]) -> Effect:
    """What a value would do that is only typed."""
    goal, top = figures[own.goal.id], figures.get(own.top.goal.id) if own.top.goal else None
    was = goal.old.progress, top and top.old.progress
    return effect_of(own, kpi_id, was, (goal.new.progress, top and top.new.progress))


def told_value(value: Decimal, unit: str, kind: str) -> str:
    if kind == Kpi.Kind.BOOLEAN:
        return "done" if value else "not done"
    return exact(value, unit)


def moved(title: str, was: Decimal | None, now: Decimal | None) -> str:
    if now is None:
        return ""
    if was is None:
        return f"puts {title} at {percent(now)}"
    if percent(now) == percent(was):
        return f"leaves {title} at {percent(now)}"
    return f"{'lifts' if now > was else 'lowers'} {title} from {percent(was)} to {percent(now)}"


def effects(sight: Sight, told: list[str]) -> list[Effect]:
    """What became of values that were saved: `told` are their KPIs and the figures before, as `before` wrote them."""
    found = []
    for kpi_id, *was in map(read_before, told[:MOST_TOLD]):
        own = next((own for own in sight.goals if any(kpi.id == kpi_id for kpi in own.kpis)), None)
        if own is not None:
            top = own.top.goal
            now = own.goal.figures.progress, top and top.figures.progress
            found.append(effect_of(own, kpi_id, tuple(was), now))
    return found


def before(kpi_id: int, goal: Decimal | None, top: Decimal | None) -> str:
    return ":".join([str(kpi_id), *("" if each is None else plain(each) for each in (goal, top))])


def read_before(text: str) -> tuple[int, Decimal | None, Decimal | None]:
    """Nothing is found for a text that `before` did not write."""
    if not BEFORE.fullmatch(text):
        return 0, None, None
    kpi_id, goal, top = text.split(":")
    return int(kpi_id), Decimal(goal) if goal else None, Decimal(top) if top else None
