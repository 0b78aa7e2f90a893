"""How a KPI stands, in one sentence made from its figures."""

from decimal import Decimal

from django.utils.formats import date_format

from cascade.templatetags.ui import exact, number, percent, points
from goals.models import Goal
from kpis.attainment import KpiScore, Reason
from kpis.course import Course

PERIODS = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "once": "period",
}


GOOD = {"increase": "Higher", "decrease": "Lower", "maintain": "Within a range", None: "Not said"}


def told(course: Course) -> dict[str, str]:
    """All that the page of a KPI says in words of its own."""
    definition = course.definition
    return {
        "sentence": sentence(course),
        "silence": silence(course),
        "ending": ending(course),
        "range": within(definition.lower, definition.upper, course.kpi.target, course.kpi.unit),
        "good": GOOD[course.kpi.direction],
        "period": PERIODS[course.kpi.cadence],
    }


def silence(course: Course) -> str:
    """Since when nothing was observed."""
    newest = course.score.latest_observed_on
    return "Nothing was ever observed." if newest is None else f"The newest value was observed on {date(newest)}."


def ending(course: Course) -> str:
    passed = f"Its due date, {date(course.kpi.life[1])}, has passed"
    return f"{passed}." if course.score.progress is None else f"{passed}; the whole target counts now."


def effect(goal: Goal, was: Decimal | None) -> str:
    """What a value did to its goal, once the goal is rolled up."""
    now = goal.figures.progress if hasattr(goal, "figures") else None
    if now is None or was == now:
        return "" if now is None else f"{goal.title} stays at {percent(now)}."
    if was is None:
        return f"{goal.title} stands at {percent(now)} now."
    if percent(now) == percent(was):
        return f"{goal.title} moves by less than 0.1 points and stays at {percent(now)}."
    return f"{'Lifts' if now > was else 'Lowers'} {goal.title} from {percent(was)} to {percent(now)}."


def sentence(course: Course) -> str:
    """What a reader learns first."""
    score = course.score
    if score.status == "scheduled":
        return f"Measuring starts on {date(course.kpi.life[0])}."
    if course.definition.is_boolean:
        return done_or_not(course)
    if score.progress is None:
        return without_score(course)
    if course.definition.is_maintain:
        return kept(course)
    if course.definition.by_due:
        return on_the_way(course)
    return each_period(course)


def done_or_not(course: Course) -> str:
    due = course.kpi.life[1]
    line = course.current
    if course.score.actual:
        late = ", after it was due" if course.score.late else ""
        return f"Done on {date(line.held.observed_on)}{late}."
    if course.on > due:
        return f"Not done. It was due on {date(due)}."
    return f"Not done yet. It is due on {date(due)}."


def without_score(course: Course) -> str:
    measured, reason = course.measured, course.score.reason
    if not measured:
        line = course.current
        if reason == Reason.missing:
            return f"No value yet; the first was due on {date(course.lines[-1].period.life_end)}."
        return f"No value yet. The first {PERIODS[course.kpi.cadence]} ends on {date(line.period.life_end)}."
    now = f"{exact(measured[-1].value, course.kpi.unit)} in {measured[-1].name}"
    why = {
        Reason.missing_baseline: "It has no start to measure progress from, so it has no score.",
        Reason.missing_target: "It has no target, so its values are shown without a score.",
        Reason.missing_direction: "It does not say whether more or less is good, so it has no score.",
        Reason.not_due_yet: f"It is judged when the {PERIODS[course.kpi.cadence]} is over.",
        Reason.missing: "No value that counts has come yet.",
    }
    return f"{now}. {why[reason]}"


def kept(course: Course) -> str:
    lower, upper, unit = course.definition.lower, course.definition.upper, course.kpi.unit
    now = number(course.score.actual, unit)
    if course.score.progress == 1:
        return f"{now}: where it should stay, {within(lower, upper, course.kpi.target, unit)}."
    return f"{now}, but it should stay {within(lower, upper, course.kpi.target, unit)}."


def within(lower: Decimal | None, upper: Decimal | None, target: Decimal | None, unit: str) -> str:
    if lower is None and upper is None:
        return "" if target is None else f"at {exact(target, unit)}"
    if lower is None:
        return f"at or below {exact(upper, unit)}"
    if upper is None:
        return f"at or above {exact(lower, unit)}"
    return f"between {exact(lower)} and {exact(upper, unit)}"


def on_the_way(course: Course) -> str:
    score, kpi = course.score, course.kpi
    now = number(score.actual, kpi.unit)
    if score.status == "achieved":
        return f"{now}: the target of {exact(kpi.target, kpi.unit)} is reached."
    start = exact(kpi.baseline or Decimal(0))
    way = f"{now}, {percent(score.progress)} of the way from {start} to {exact(kpi.target, kpi.unit)}"
    return f"{way}, {against_pace(score)}."


def against_pace(score: KpiScore) -> str:
    if not score.gap:
        return f"as planned by {date(score.pace)}"
    side = "behind" if score.gap < 0 else "ahead of"
    return f"{points(abs(score.gap)).lstrip('+')} points {side} the plan"


def each_period(course: Course) -> str:
    score, kpi = course.score, course.kpi
    period = PERIODS[kpi.cadence]
    judged = [line for line in course.lines if line.row and line.row.judged]
    attained = percent(score.progress if score.progress < 1 else score.raw)
    if kpi.aggregation == "latest":
        return f"{exact(judged[0].value, kpi.unit)} in {judged[0].name}: {attained} of the target."
    count = f"{len(judged)} {period}{'s' if len(judged) > 1 else ''}"
    if kpi.aggregation == "sum":
        owed = sum((line.row.target or Decimal(0) for line in judged), Decimal(0))
        return f"{number(score.actual)} of {number(owed, kpi.unit)} in {count}: {attained} of the targets."
    reads = {"mean": "on average", "min": f"in the worst {period}", "max": f"in the best {period}"}
    return f"{attained} of the target {reads[kpi.aggregation]} of {count}."


def date(day) -> str:
    return date_format(day, "j M Y")
