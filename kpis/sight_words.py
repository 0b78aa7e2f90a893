"""What the line of sight says in sentences, made from its figures."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from cascade.fields import plain
from cascade.templatetags.ui import exact, percent, rounded, written
from goals.board_words import counted
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
HERE = "\0"  # no title has it
NOT_COUNTED = {
    Goal.State.DRAFT: gettext_lazy("It is a draft, so it does not count in the goal above yet."),
    Goal.State.PROPOSED: gettext_lazy("It waits for its owner's yes, so it does not count in the goal above yet."),
    Goal.State.PAUSED: gettext_lazy("It is paused, so it does not count in the goal above."),
}


def greeting(person: Person) -> str:
    """By the reader's own clock, with the name they are called by first."""
    hour = timezone.localtime().hour
    if 4 <= hour < 12:
        words = _("Good morning, %(name)s.")
    else:
        words = _("Good afternoon, %(name)s.") if 12 <= hour < 18 else _("Good evening, %(name)s.")
    return words % {"name": next(iter(person.name.split()), person.name)}


def what_is_due(sight: Sight, asked: int = 0) -> str:
    """Two numbers are due, one of them late. Where no number is, check-ins and answers may be."""
    due, late = len(sight.owes), sum(task.due.is_late for task in sight.owes)
    if not due and asked:
        words = ngettext("%(number)s thing waits for you.", "%(number)s things wait for you.", asked)
        return words % {"number": counted(asked)}
    if not due:
        return _("Nothing is due.")
    told = {"number": counted(due), "late": counted(late).lower()}
    if late == due:
        words = ngettext("%(number)s number is late.", "%(number)s numbers are late.", due)
    elif late:
        words = ngettext(
            "%(number)s number is due, %(late)s of them late.",
            "%(number)s numbers are due, %(late)s of them late.",
            due,
        )
    else:
        words = ngettext("%(number)s number is due.", "%(number)s numbers are due.", due)
    return words % told


def nothing(mine: bool) -> str:
    return _("You have no goal of your own yet.") if mine else _("No goal yet.")


def season(on: dt.date, fiscal: Fiscal) -> str:
    """FY2026-Q3 ends in 13 days."""
    days = (period_of(on, Cadence.quarterly, fiscal).last - on).days
    if days < 2:
        words = _("%(period)s ends tomorrow") if days else _("%(period)s ends today")
    else:
        words = ngettext("%(period)s ends in %(days)s day", "%(period)s ends in %(days)s days", days)
    return words % {"period": period_name(on, Cadence.quarterly, fiscal), "days": days}


def period_words(due: Due, cadence: str) -> str:
    return named(due.period, cadence, due.name)


def named(period: Period, cadence: str, name: str) -> str:
    """August 2026, week 34 of 2026, FY2026-Q3, 17 Sep 2026."""
    if cadence == Cadence.monthly:
        return date_format(period.first, "YEAR_MONTH_FORMAT")
    if cadence == Cadence.weekly:
        year, week, _day = period.first.isocalendar()
        return _("week %(week)s of %(year)s") % {"week": week, "year": year}
    if cadence in (Cadence.daily, Cadence.once):
        return date_format(period.life_end)
    return name


def next_task(task: Task) -> str:
    """Next: Average resolution time for August 2026, on 31 August."""
    return _("%(kpi)s for %(period)s, on %(date)s") % {
        "kpi": task.kpi.name,
        "period": period_words(task.due, str(task.kpi.definition.cadence)),
        "date": date_format(task.due.since, "MONTH_DAY_FORMAT"),
    }


def headline(own: OwnGoal, picture: Picture) -> tuple[str, str, str]:
    """The sentence over the picture in three parts: the first, the goal at the top, and what happens to it."""
    top, trial = picture.top, picture.trial
    if top is None:
        return "", "", ""
    progress = top.goal.figures.progress
    told = {
        "goal": HERE,
        "own": own.goal.title,
        "points": points_text(top.effect),
        "progress": "" if progress is None else percent(progress),
        "condition": condition(own, trial),
    }
    if not own.top.effective_weight and not top.effect:
        words = _("%(own)s does not count in %(goal)s.")
    elif picture.gives and progress is None:
        words = _("Your goal gives %(goal)s %(points)s.")
    elif picture.gives:
        words = _("Your goal gives %(goal)s %(points)s of its %(progress)s.")
    elif top.effect is not None and top.effect < 0:
        words = _("%(condition)s, %(goal)s moves down by %(points)s.")
    else:
        words = _("%(condition)s, %(goal)s moves up by %(points)s.")
    first, _here, rest = (words % told).partition(HERE)
    return first, top.goal.title, rest


def condition(own: OwnGoal, trial: Trial | None) -> str:
    if trial is None:
        return _("If you reach all of your goal")
    if trial.kpi.definition.is_boolean:
        words = _("If %(kpi)s is done") if trial.value else _("If %(kpi)s is not done")
        return words % {"kpi": trial.kpi.name}
    told = {"value": exact(trial.value, trial.kpi.unit)}
    if trial.period is None:
        return _("If you reach %(value)s") % told
    told["period"] = period_words(trial.period, str(trial.kpi.definition.cadence))
    return _("If %(period)s had been %(value)s") % told


def points_text(share: Decimal | None) -> str:
    """0.4 points, less than 0.1 points."""
    if share and not rounded(share, 3):
        return _("less than %(points)s points") % {"points": written(Decimal("0.1"))}
    return of_points(share or Decimal(0))


def why_not_counted(own: OwnGoal) -> str:
    """Why the goal gives nothing to the one above, where it does not."""
    if own.goal.node.state in NOT_COUNTED:
        return NOT_COUNTED[own.goal.node.state]
    if own.goal.node.parent is not None and not own.goal.node.weight:
        return _("Its weight is 0: it is followed, but counts for nothing above.")
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
        found.append(marked(kinds[0], marked_as(value, kinds), scale.place(value), found))
    for kind, value in (("low", scale.low), ("high", scale.high)):
        end = marked(kind, exact(value, unit), scale.place(value), found)
        if end.line == 1:
            found.append(end)
    return found


KINDS = {
    "target": pgettext_lazy("under a scale", "target"),
    "now": pgettext_lazy("under a scale", "now"),
    "start": pgettext_lazy("under a scale", "start"),
}


def marked_as(value: Decimal, kinds: list[str]) -> str:
    """12.5 target and now"""
    words = str(KINDS[kinds[0]])
    for kind in kinds[1:]:
        words = _("%(one)s and %(other)s") % {"one": words, "other": KINDS[kind]}
    return f"{exact(value)} {words}"


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
    goal = moved(_("your goal") if own.owns else own.goal.title, was[0], now[0])
    icon = direction(was[0], now[0])
    top = own.top.goal
    if top is None or top.id == own.goal.id or icon == "arrow-right" or was[1] is None or now[1] is None:
        return Effect(kpi_id, goal, icon)
    return Effect(
        kpi_id, goal, icon, _("%(goal)s by %(points)s") % {"goal": top.title, "points": points_text(now[1] - was[1])}
    )


def would_be(own: OwnGoal, kpi_id: int, figures: Mapping[Id, Difference]) -> Effect:
    """What a value would do that is only typed."""
    goal, top = figures[own.goal.id], figures.get(own.top.goal.id) if own.top.goal else None
    was = goal.old.progress, top and top.old.progress
    return effect_of(own, kpi_id, was, (goal.new.progress, top and top.new.progress))


def told_value(value: Decimal, unit: str, kind: str) -> str:
    if kind == Kpi.Kind.BOOLEAN:
        return _("done") if value else _("not done")
    return exact(value, unit)


def moved(title: str, was: Decimal | None, now: Decimal | None) -> str:
    if now is None:
        return ""
    told = {"goal": title, "before": percent(was), "after": percent(now)}
    if was is None:
        return _("puts %(goal)s at %(after)s") % told
    if percent(now) == percent(was):
        return _("leaves %(goal)s at %(after)s") % told
    if now > was:
        return _("lifts %(goal)s from %(before)s to %(after)s") % told
    return _("lowers %(goal)s from %(before)s to %(after)s") % told


def direction(was: Decimal | None, now: Decimal | None) -> str:
    """The icon of a change that can be seen."""
    if was is None or now is None or percent(now) == percent(was):
        return "arrow-right"
    return "arrow-up" if now > was else "arrow-down"


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
