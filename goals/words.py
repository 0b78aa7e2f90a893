"""How a goal stands, in sentences made from its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cascade.templatetags.ui import exact, percent_text, rounded, trimmed, written
from goals.models import Goal
from goals.nodes import GoalFigures, Status
from goals.trend import Point


def of_points(share: Decimal) -> str:
    """An amount of points without its sign: "11.4 points"."""
    shown = trimmed(rounded(abs(share) * 100, 1))
    words = ngettext("%(points)s point", "%(points)s points", 1 if shown == 1 else 2)
    return words % {"points": written(shown)}


def sentence(figures: GoalFigures) -> str:
    """One sentence that says how things stand; empty without figures."""
    if figures.progress is None or figures.expected is None or figures.gap is None:
        return ""
    told = {
        "reached": percent_text(figures.progress),
        "pace": percent_text(figures.expected),
        "points": of_points(figures.gap),
    }
    if rounded(figures.gap, 3) == 0:
        return _("%(reached)s is reached, as much as was expected by now.") % told
    if figures.gap < 0:
        return _("%(reached)s is reached, %(points)s behind the %(pace)s expected by now.") % told
    return _("%(reached)s is reached, %(points)s ahead of the %(pace)s expected by now.") % told


@dataclass(frozen=True)
class Notice:
    """What a state means in plain words, and what comes next. `kind` and `icon` as in components/banner.html."""

    title: str
    text: str
    kind: str = ""
    icon: str = "info"


def notice(goal: Goal, figures: GoalFigures, min_coverage: Decimal) -> Notice | None:
    """None while a goal is simply under way."""
    if goal.state in STATES:
        return STATES[goal.state](goal)
    if figures.status == Status.scheduled:
        return Notice(
            _("Not started."), _("Nothing is measured before %(date)s.") % {"date": day(goal.start)}, icon="calendar"
        )
    if figures.status == Status.no_data and not figures.has_parts:
        text = _("It has no KPI and no goal below that counts. Add a KPI, or a goal below, so that it can be followed.")
        return Notice(_("Nothing to measure it by."), text, "risk", "alert")
    if figures.status == Status.no_data:
        text = _("It has KPIs, but none has a value that counts yet. Its progress begins with the first one.")
        return Notice(_("No data yet."), text)
    if figures.status == Status.insufficient:
        text = _(
            "Only %(coverage)s of its weight has data. Below %(least)s a figure is shown but not judged; the missing "
            "values are marked below."
        ) % {"coverage": percent_text(figures.coverage), "least": percent_text(min_coverage)}
        return Notice(_("Too little data."), text, "risk", "alert")
    if figures.past_due:
        text = _("It was due on %(date)s. Close it, or give it a new date.") % {"date": day(goal.due)}
        return Notice(_("Past its due date."), text, "risk")
    return None


def draft(goal: Goal) -> Notice:
    return Notice(
        _("A draft."), _("It counts nowhere above until it is active; its own figures are shown all the same.")
    )


def proposed(goal: Goal) -> Notice:
    if goal.owner is None:
        return Notice(_("Proposed."), _("It counts nowhere above until an owner accepts it."))
    text = _("It counts nowhere above until %(owner)s accepts it.") % {"owner": goal.owner.name}
    return Notice(_("Proposed."), text)


def paused(goal: Goal) -> Notice:
    return Notice(_("Paused."), _("It counts nowhere above while it is paused; its own figures go on."), icon="pause")


def cancelled(goal: Goal) -> Notice:
    return Notice(_("Cancelled."), _("It counts nowhere above, and nothing below it does through it."))


def closed(goal: Goal) -> Notice:
    told = {"date": day(goal.closed_on), "outcome": goal.get_outcome_display().lower()}
    words = _("Closed on %(date)s as %(outcome)s.") if told["outcome"] else _("Closed on %(date)s.")
    frozen = _("Nobody entered how it ended.") if goal.final_progress is None else _("Its figures are frozen.")
    return Notice(words % told, " ".join(filter(None, [frozen, goal.closing_note])), icon="lock")


STATES = {
    Goal.State.DRAFT: draft,
    Goal.State.PROPOSED: proposed,
    Goal.State.PAUSED: paused,
    Goal.State.CANCELLED: cancelled,
    Goal.State.CLOSED: closed,
}


def day(date) -> str:
    return date_format(date) if date else ""


def target(kpi: Mapping[str, Any]) -> str:
    """What a KPI is to reach: a value, or the range it is to stay in."""
    lower, upper, unit = kpi["lower"], kpi["upper"], kpi["unit"]
    if kpi["direction"] != "maintain" or (lower is None and upper is None):
        return exact(kpi["target"], unit)
    if lower is None:
        return _("at most %(value)s") % {"value": exact(upper, unit)}
    if upper is None:
        return _("at least %(value)s") % {"value": exact(lower, unit)}
    return _("%(lower)s to %(upper)s") % {"lower": exact(lower), "upper": exact(upper, unit)}


def trend(points: Sequence[Point]) -> str:
    known = [point for point in points if point.progress is not None]
    if len(known) < 2:
        return _("Progress over time")
    first, last = known[0], known[-1]
    told = {"start": percent_text(first.progress), "end": percent_text(last.progress), "date": day(first.day)}
    if told["start"] == told["end"]:
        return _("Progress stands at %(end)s, as on %(date)s") % told
    if last.progress > first.progress:
        return _("Progress rose from %(start)s to %(end)s since %(date)s") % told
    return _("Progress fell from %(start)s to %(end)s since %(date)s") % told
