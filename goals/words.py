"""How a goal stands, in sentences made from its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format

from cascade.templatetags.ui import exact, percent_text, rounded, trimmed, written
from goals.models import Goal
from goals.nodes import GoalFigures, Status
from goals.trend import Point


def of_points(share: Decimal) -> str:
    """An amount of points without its sign: "11.4 points"."""
    shown = trimmed(rounded(abs(share) * 100, 1))
    return f"{written(shown)} point{'' if shown == 1 else 's'}"


def sentence(figures: GoalFigures) -> str:
    """One sentence that says how things stand; empty without figures."""
    if figures.progress is None or figures.expected is None or figures.gap is None:
        return ""
    reached, pace = percent_text(figures.progress), percent_text(figures.expected)
    if rounded(figures.gap, 3) == 0:
        return f"{reached} is reached, as much as was expected by now."
    if figures.gap < 0:
        return f"{reached} is reached, {of_points(figures.gap)} behind the {pace} expected by now."
    return f"{reached} is reached, {of_points(figures.gap)} ahead of the {pace} expected by now."


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
        return Notice("Not started.", f"Nothing is measured before {day(goal.start)}.", icon="calendar")
    if figures.status == Status.no_data and not figures.has_parts:
        text = "It has no KPI and no goal below that counts. Add a KPI, or a goal below, so that it can be followed."
        return Notice("Nothing to measure it by.", text, "risk", "alert")
    if figures.status == Status.no_data:
        text = "It has KPIs, but none has a value that counts yet. Its progress begins with the first one."
        return Notice("No data yet.", text)
    if figures.status == Status.insufficient:
        text = (
            f"Only {percent_text(figures.coverage)} of its weight has data. Below {percent_text(min_coverage)} a "
            "figure is shown but not judged; the missing values are marked below."
        )
        return Notice("Too little data.", text, "risk", "alert")
    if figures.past_due:
        return Notice("Past its due date.", f"It was due on {day(goal.due)}. Close it, or give it a new date.", "risk")
    return None


def draft(goal: Goal) -> Notice:
    return Notice("A draft.", "It counts nowhere above until it is active; its own figures are shown all the same.")


def proposed(goal: Goal) -> Notice:
    owner = goal.owner.name if goal.owner else "an owner"
    return Notice("Proposed.", f"It counts nowhere above until {owner} accepts it.")


def paused(goal: Goal) -> Notice:
    return Notice("Paused.", "It counts nowhere above while it is paused; its own figures go on.", icon="pause")


def cancelled(goal: Goal) -> Notice:
    return Notice("Cancelled.", "It counts nowhere above, and nothing below it does through it.")


def closed(goal: Goal) -> Notice:
    outcome = goal.get_outcome_display().lower()
    words = f"Closed on {day(goal.closed_on)} as {outcome}." if outcome else f"Closed on {day(goal.closed_on)}."
    frozen = "Nobody entered how it ended." if goal.final_progress is None else "Its figures are frozen."
    return Notice(words, " ".join(filter(None, [frozen, goal.closing_note])), icon="lock")


STATES = {
    Goal.State.DRAFT: draft,
    Goal.State.PROPOSED: proposed,
    Goal.State.PAUSED: paused,
    Goal.State.CANCELLED: cancelled,
    Goal.State.CLOSED: closed,
}


def day(date) -> str:
    return date_format(date, "j M Y") if date else ""


def target(kpi: Mapping[str, Any]) -> str:
    """What a KPI is to reach: a value, or the range it is to stay in."""
    lower, upper, unit = kpi["lower"], kpi["upper"], kpi["unit"]
    if kpi["direction"] != "maintain" or (lower is None and upper is None):
        return exact(kpi["target"], unit)
    if lower is None:
        return f"at most {exact(upper, unit)}"
    return f"at least {exact(lower, unit)}" if upper is None else f"{exact(lower)} to {exact(upper, unit)}"


def trend(points: Sequence[Point]) -> str:
    known = [point for point in points if point.progress is not None]
    if len(known) < 2:
        return "Progress over time"
    first, last = known[0], known[-1]
    start, end = percent_text(first.progress), percent_text(last.progress)
    if start == end:
        return f"Progress stands at {end}, as on {day(first.day)}"
    return (
        f"Progress {'rose' if last.progress > first.progress else 'fell'} from {start} to {end} since {day(first.day)}"
    )
