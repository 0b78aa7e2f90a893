"""How a KPI stands, in one sentence made from its figures."""

from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext, pgettext_lazy

from cascade.templatetags.ui import exact, number, percent, points, written
from goals.models import Goal
from kpis.attainment import KpiScore, Reason
from kpis.course import Course

PERIODS = {
    "daily": pgettext_lazy("a period", "day"),
    "weekly": pgettext_lazy("a period", "week"),
    "monthly": pgettext_lazy("a period", "month"),
    "quarterly": pgettext_lazy("a period", "quarter"),
    "yearly": pgettext_lazy("a period", "year"),
    "once": pgettext_lazy("a period", "period"),
}
EACH = {
    "daily": gettext_lazy("each day"),
    "weekly": gettext_lazy("each week"),
    "monthly": gettext_lazy("each month"),
    "quarterly": gettext_lazy("each quarter"),
    "yearly": gettext_lazy("each year"),
    "once": gettext_lazy("each period"),
}
COUNTED = {
    "daily": ngettext_lazy("%(count)d day", "%(count)d days", "count"),
    "weekly": ngettext_lazy("%(count)d week", "%(count)d weeks", "count"),
    "monthly": ngettext_lazy("%(count)d month", "%(count)d months", "count"),
    "quarterly": ngettext_lazy("%(count)d quarter", "%(count)d quarters", "count"),
    "yearly": ngettext_lazy("%(count)d year", "%(count)d years", "count"),
    "once": ngettext_lazy("%(count)d period", "%(count)d periods", "count"),
}
GOOD = {
    "increase": gettext_lazy("Higher"),
    "decrease": gettext_lazy("Lower"),
    "maintain": gettext_lazy("Within a range"),
    None: gettext_lazy("Not said"),
}


def told(course: Course) -> dict[str, str]:
    """All that the page of a KPI says in words of its own."""
    definition = course.definition
    return {
        "sentence": sentence(course),
        "silence": silence(course),
        "ending": ending(course),
        "range": within(definition.lower, definition.upper, course.kpi.target, course.kpi.unit),
        "good": GOOD[course.kpi.direction],
        "each": EACH[course.kpi.cadence],
    }


def silence(course: Course) -> str:
    """Since when nothing was observed."""
    newest = course.score.latest_observed_on
    if newest is None:
        return _("Nothing was ever observed.")
    return _("The newest value was observed on %(date)s.") % {"date": date(newest)}


def ending(course: Course) -> str:
    told = {"date": date(course.kpi.life[1])}
    if course.score.progress is None:
        return _("Its due date, %(date)s, has passed.") % told
    return _("Its due date, %(date)s, has passed; the whole target counts now.") % told


def effect(goal: Goal, was: Decimal | None) -> str:
    """What a value did to its goal, once the goal is rolled up."""
    now = goal.figures.progress if hasattr(goal, "figures") else None
    if now is None:
        return ""
    told = {"goal": goal.title, "before": percent(was), "after": percent(now)}
    if was == now:
        return _("%(goal)s stays at %(after)s.") % told
    if was is None:
        return _("%(goal)s stands at %(after)s now.") % told
    if percent(now) == percent(was):
        told["least"] = written(Decimal("0.1"))
        return _("%(goal)s moves by less than %(least)s points and stays at %(after)s.") % told
    if now > was:
        return _("Lifts %(goal)s from %(before)s to %(after)s.") % told
    return _("Lowers %(goal)s from %(before)s to %(after)s.") % told


def sentence(course: Course) -> str:
    """What a reader learns first."""
    score = course.score
    if score.status == "scheduled":
        return _("Measuring starts on %(date)s.") % {"date": date(course.kpi.life[0])}
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
        words = _("Done on %(date)s, after it was due.") if course.score.late else _("Done on %(date)s.")
        return words % {"date": date(line.held.observed_on)}
    words = _("Not done. It was due on %(date)s.") if course.on > due else _("Not done yet. It is due on %(date)s.")
    return words % {"date": date(due)}


def without_score(course: Course) -> str:
    measured, reason = course.measured, course.score.reason
    if not measured:
        line = course.current
        if reason == Reason.missing:
            told = {"date": date(course.lines[-1].period.life_end)}
            return _("No value yet; the first was due on %(date)s.") % told
        told = {"period": PERIODS[course.kpi.cadence], "date": date(line.period.life_end)}
        return _("No value yet. The first %(period)s ends on %(date)s.") % told
    now = _("%(value)s in %(period)s.") % {
        "value": exact(measured[-1].value, course.kpi.unit),
        "period": measured[-1].name,
    }
    why = {
        Reason.missing_baseline: _("It has no start to measure progress from, so it has no score."),
        Reason.missing_target: _("It has no target, so its values are shown without a score."),
        Reason.missing_direction: _("It does not say whether more or less is good, so it has no score."),
        Reason.not_due_yet: _("It is judged when the %(period)s is over.") % {"period": PERIODS[course.kpi.cadence]},
        Reason.missing: _("No value that counts has come yet."),
    }
    return f"{now} {why[reason]}"


def kept(course: Course) -> str:
    lower, upper, unit = course.definition.lower, course.definition.upper, course.kpi.unit
    told = {"value": number(course.score.actual, unit), "range": within(lower, upper, course.kpi.target, unit)}
    if course.score.progress == 1:
        return _("%(value)s: where it should stay, %(range)s.") % told
    return _("%(value)s, but it should stay %(range)s.") % told


def within(lower: Decimal | None, upper: Decimal | None, target: Decimal | None, unit: str) -> str:
    if lower is None and upper is None:
        return "" if target is None else pgettext("should stay", "at %(value)s") % {"value": exact(target, unit)}
    if lower is None:
        return _("at or below %(value)s") % {"value": exact(upper, unit)}
    if upper is None:
        return _("at or above %(value)s") % {"value": exact(lower, unit)}
    return _("between %(lower)s and %(upper)s") % {"lower": exact(lower), "upper": exact(upper, unit)}


def on_the_way(course: Course) -> str:
    score, kpi = course.score, course.kpi
    told = {
        "value": number(score.actual, kpi.unit),
        "target": exact(kpi.target, kpi.unit),
        "start": exact(kpi.baseline or Decimal(0)),
        "progress": percent(score.progress),
        "pace": against_pace(score),
    }
    if score.status == "achieved":
        return _("%(value)s: the target of %(target)s is reached.") % told
    return _("%(value)s, %(progress)s of the way from %(start)s to %(target)s, %(pace)s.") % told


def against_pace(score: KpiScore) -> str:
    if not score.gap:
        return _("as planned by %(date)s") % {"date": date(score.pace)}
    told = {"points": points(abs(score.gap)).lstrip("+")}
    if score.gap < 0:
        return _("%(points)s points behind the plan") % told
    return _("%(points)s points ahead of the plan") % told


def each_period(course: Course) -> str:
    score, kpi = course.score, course.kpi
    judged = [line for line in course.lines if line.row and line.row.judged]
    told = {
        "attained": percent(score.progress if score.progress < 1 else score.raw),
        "periods": COUNTED[kpi.cadence] % {"count": len(judged)},
        "period": PERIODS[kpi.cadence],
    }
    if kpi.aggregation == "latest":
        told |= {"value": exact(judged[0].value, kpi.unit), "name": judged[0].name}
        return _("%(value)s in %(name)s: %(attained)s of the target.") % told
    if kpi.aggregation == "sum":
        owed = sum((line.row.target or Decimal(0) for line in judged), Decimal(0))
        told |= {"value": number(score.actual), "asked": number(owed, kpi.unit)}
        return _("%(value)s of %(asked)s in %(periods)s: %(attained)s of the targets.") % told
    if kpi.aggregation == "mean":
        return _("%(attained)s of the target on average of %(periods)s.") % told
    if kpi.aggregation == "min":
        return _("%(attained)s of the target in the worst %(period)s of %(periods)s.") % told
    return _("%(attained)s of the target in the best %(period)s of %(periods)s.") % told


def date(day) -> str:
    return date_format(day)
