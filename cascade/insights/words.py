"""What the health checks are called, why they matter, and what each line says."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cascade.insights.checks import Finding
from cascade.templatetags.ui import exact, percent_text
from goals.models import Goal, GoalFigures

Text = str | Promise


class Told(NamedTuple):
    """`title` names what was found, `why` says why it matters, `act` what the button of a line says."""

    title: Text
    why: Text
    act: Text


TOLD: dict[str, Told] = {
    "counted_twice": Told(
        gettext_lazy("KPIs that count twice"),
        gettext_lazy("The value is part of a KPI above, and the goal's progress counts there as well."),
        gettext_lazy("Look at it"),
    ),
    "good_below_bad": Told(
        gettext_lazy("All is well below, yet the goal is off track"),
        gettext_lazy("At two reviews in a row. The goals below probably measure the wrong thing."),
        gettext_lazy("Look at it"),
    ),
    "statement_disagrees": Told(
        gettext_lazy("Owners see it differently from the figures"),
        gettext_lazy("Either somebody knows what is not measured, or the figure comes as a surprise."),
        gettext_lazy("Compare"),
    ),
    "parts_short": Told(
        gettext_lazy("Targets that are not wholly handed out"),
        gettext_lazy("Even if everybody below reaches theirs, the target is missed."),
        gettext_lazy("Break down"),
    ),
    "stale": Told(
        gettext_lazy("Figures that rest on old values"),
        gettext_lazy("More than a quarter of the weight was not measured when it was due."),
        gettext_lazy("Who owes what"),
    ),
    "kpi_without_values": Told(
        gettext_lazy("KPIs that were never measured"),
        gettext_lazy("A first value is overdue. Until it comes the goal is judged without it."),
        gettext_lazy("Record"),
    ),
    "without_parts": Told(
        gettext_lazy("Goals without a measure"),
        gettext_lazy("Neither a KPI nor a goal below counts, so nobody can tell how it stands."),
        gettext_lazy("Add a KPI"),
    ),
    "without_owner": Told(
        gettext_lazy("Goals that are nobody's"),
        gettext_lazy("What is everybody's work gets done by nobody."),
        gettext_lazy("Choose an owner"),
    ),
    "kpi_without_owner": Told(
        gettext_lazy("KPIs that nobody enters"),
        gettext_lazy("Values come by hand, but there is neither a data owner nor an owner of the goal."),
        gettext_lazy("Choose a data owner"),
    ),
    "unaligned": Told(
        gettext_lazy("Goals that lead to no strategic goal"),
        gettext_lazy("The work may be good; it moves no figure that leadership looks at."),
        gettext_lazy("Give it a place"),
    ),
    "strategic_alone": Told(
        gettext_lazy("Strategic goals that nobody works on"),
        gettext_lazy("No goal below contributes, so the strategy reaches no department."),
        gettext_lazy("Break down"),
    ),
    "factor_uncovered": Told(
        gettext_lazy("Success factors without a figure"),
        gettext_lazy("Said to be decisive, but no active KPI with data shows it."),
        gettext_lazy("Link a KPI"),
    ),
    "person_without_goal": Told(
        gettext_lazy("People without a goal"),
        gettext_lazy("They own no goal that runs and contribute to none."),
        gettext_lazy("See"),
    ),
    "person_without_path": Told(
        gettext_lazy("People whose goals lead nowhere"),
        gettext_lazy("They have goals, but no way from them up to the strategy."),
        gettext_lazy("See"),
    ),
    "strategic_count": Told(
        gettext_lazy("Not three to five strategic goals"),
        gettext_lazy("Fewer say too little, more are no choice."),
        gettext_lazy("See the goals"),
    ),
    "one_carries": Told(
        gettext_lazy("One part decides alone"),
        gettext_lazy("It has more than 70 per cent of the weight; the others hardly matter."),
        gettext_lazy("Look at the weights"),
    ),
    "due_after_parent": Told(
        gettext_lazy("Due after the goal above"),
        gettext_lazy("Its result comes too late to count there."),
        gettext_lazy("Change the date"),
    ),
    "too_many": Told(
        gettext_lazy("Goals with too many parts"),
        gettext_lazy("More than five KPIs or seven goals below: attention is spread thin."),
        gettext_lazy("Look at it"),
    ),
    "only_lag": Told(
        gettext_lazy("Goals that only look back"),
        gettext_lazy("All KPIs tell the outcome; none warns while there is time to act."),
        gettext_lazy("Add a lead KPI"),
    ),
    "weakly_put": Told(
        gettext_lazy("Goals that are weakly put"),
        gettext_lazy("A S.M.A.R.T. score below 60: not specific, measurable or dated enough."),
        gettext_lazy("Improve"),
    ),
}

Facts = Mapping[str, Any]


def status(value: str) -> str:
    return str(dict(GoalFigures.Status.choices).get(value, value)).lower()


def many(facts: Facts) -> str:
    kpis = ngettext("%(n)d KPI", "%(n)d KPIs", facts["kpis"]) % {"n": facts["kpis"]}
    below = ngettext("%(n)d goal below", "%(n)d goals below", facts["children"]) % {"n": facts["children"]}
    return f"{kpis}, {below}"


def due(facts: Facts) -> str:
    if facts["above"] is None:
        return _("Due %(due)s, after the goal above") % {"due": date_format(facts["due"])}
    return _("Due %(due)s, the goal above %(above)s") % {
        "due": date_format(facts["due"]),
        "above": date_format(facts["above"]),
    }


def ways(facts: Facts) -> str:
    if facts["blocked"]:
        state = str(Goal.State(facts["blocked"]).label).lower()
        return _("The goal above is not running: %(state)s") % {"state": state}
    if facts["below"]:
        return ngettext(
            "%(n)d goal below it leads nowhere either", "%(n)d goals below it lead nowhere either", facts["below"]
        ) % {"n": facts["below"]}
    return _("Nothing above it")


def short(facts: Facts) -> str:
    told = {"assigned": exact(facts["assigned"]), "target": exact(facts["target"])}
    return _("%(assigned)s of %(target)s handed out") % told


def disagrees(facts: Facts) -> str:
    told = {"day": date_format(facts["day"]), "said": status(facts["reported"]), "was": status(facts["computed"])}
    return _("On %(day)s its owner said %(said)s, the figures %(was)s") % told


LINES: dict[str, Callable[[Facts], str]] = {
    "good_below_bad": lambda facts: _("Off track at the last two reviews"),
    "statement_disagrees": disagrees,
    "parts_short": short,
    "stale": lambda facts: _("%(share)s of the weight is out of date") % {"share": percent_text(facts["share"])},
    "without_owner": lambda facts: _("Its owner has left") if facts["left"] else _("No owner"),
    "unaligned": ways,
    "strategic_count": lambda facts: (
        ngettext("There is %(n)d strategic goal", "There are %(n)d strategic goals", facts["count"])
        % {"n": facts["count"]}
    ),
    "one_carries": lambda facts: _("One part has %(share)s of the weight") % {"share": percent_text(facts["share"])},
    "due_after_parent": due,
    "too_many": many,
    "only_lag": lambda facts: ngettext("%(n)d KPI", "%(n)d KPIs", facts["kpis"]) % {"n": facts["kpis"]},
    "weakly_put": lambda facts: _("%(score)d of 100") % {"score": facts["score"]},
    "person_without_path": lambda facts: ngettext("%(n)d goal", "%(n)d goals", facts["goals"]) % {"n": facts["goals"]},
}


def line(check: str, finding: Finding) -> str:
    """What is particular about this one; empty where its name says all."""
    told = LINES.get(check)
    return told(finding.facts) if told else ""
