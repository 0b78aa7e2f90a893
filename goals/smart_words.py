"""The S.M.A.R.T. rules in words: what to do where one is not full, and an example of it done badly and well."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from goals.smart import Advice, Band, Why

LETTERS = {
    "S": _("Specific"),
    "M": _("Measurable"),
    "A": _("Achievable"),
    "R": _("Relevant"),
    "T": _("Time-bound"),
}
BANDS = {Band.good: _("Good"), Band.improve: _("Could be better"), Band.weak: _("Weak")}

MESSAGES = {
    "S1": _("Say what changes: give the goal a title of at least 3 words."),
    "S2": _("Define the KPI in at least 20 characters: what is counted, and how."),
    "S3": _("Name one accountable owner."),
    "S4": _("The title starts with a vague verb and no KPI has a target: add a number."),
    "S5": _("The title joins two goals (and / og / & / ;): split it."),
    "M1": _("Add at least one KPI with a weight above 0."),
    "M2": _("Give the KPI a unit."),
    "M3": _("Set a target (or a band, for a KPI to maintain)."),
    "M4": _("Enter the baseline: where are you today?"),
    "M5": _("Say who delivers the number, or connect a data source."),
    "A1": _("More than 5 KPIs on one goal: keep the vital few."),
    "A2": _("The pace needed is far above anything in the KPI's own history."),
    "A3": _("The baseline already meets the target: raise it, or choose maintain."),
    "A4": _("The owner has not accepted the target yet."),
    "R1": _("Link the goal to a parent so that its path reaches a strategic goal."),
    "R2": _("Explain the why in at least 20 characters."),
    "R3": _("Goal or KPI has weight 0: it counts for nothing above."),
    "R4": _("Choose a perspective (own or inherited)."),
    "T1": _("Set a start date before the due date."),
    "T2": _("The goal is due after its parent (a root: more than 5 years ahead)."),
    "T3": _("Fewer than 3 measuring periods before the due date: measure more often."),
    "T4": _("The due date has passed."),
}
OTHER_MESSAGES = {
    Why.few_values: _("Too few values to judge the pace: enter at least 4 of the past."),
    Why.no_target: _("Without a target nobody can say whether it is within reach."),
    Why.no_period_left: _("The target is not reached and no measuring period is left before the due date."),
    Why.fast: _("The pace needed is well above what the KPI has usually shown."),
    Why.no_kpi: _("There is no KPI yet."),
}


class Example(NamedTuple):
    weak: str
    strong: str


EXAMPLES = {
    "S1": Example(_("Service"), _("Answer every customer within a working day")),
    "S2": Example(_("NPS"), _("Share of promoters less share of detractors among all customers asked in the month")),
    "S3": Example(_("Owner: the management team"), _("Owner: Kari Moe, who may decide about staffing and shifts")),
    "S4": Example(_("Improve delivery"), _("Deliver 97 of 100 orders on the promised day")),
    "S5": Example(_("Cut costs and raise quality"), _("Cut cost per unit to 41 kr. (Quality has a goal of its own.)")),
    "M1": Example(_("“We will notice when it works.”"), _("KPI: share of orders delivered on the promised day")),
    "M2": Example(_("Target: 8"), _("Target: 8 hours")),
    "M3": Example(_("As fast as possible"), _("From 10 to 8 hours by 31 December")),
    "M4": Example(_("Reach 60"), _("From 41 today to 60")),
    "M5": Example(_("Somebody looks it up when asked"), _("The support system sends it on the first of each month")),
    "A1": Example(_("11 KPIs, each about a tenth of the goal"), _("3 KPIs: speed, quality and cost")),
    "A2": Example(
        _("It moved by 0.2 a month so far and is to move by 0.7"),
        _("It moved by 0.2 a month so far and is to move by 0.25, because two people join"),
    ),
    "A3": Example(_("From 95% to at least 90%"), _("From 95% to 97%, or: maintain 94 to 96%")),
    "A4": Example(
        _("The number came by mail in January"), _("The owner countered with 38, and 38 was agreed with a reason")
    ),
    "R1": Example(_("A project that everybody likes"), _("Below “Customers stay with us”, which is strategic")),
    "R2": Example(_("Because it is important"), _("Customers who wait more than a day leave twice as often")),
    "R3": Example(_("Weight 0, to please everybody"), _("Weight 2 of 10: a fifth of the goal above")),
    "R4": Example(_("No perspective"), _("Perspective: Customer")),
    "T1": Example(_("As soon as possible"), _("1 January to 31 December")),
    "T2": Example(
        _("The part is done in March, the whole in December before"), _("Done a month before the goal above")
    ),
    "T3": Example(_("Measured once a year, due in December"), _("Measured each month, due in December")),
    "T4": Example(_("Due last summer and still running"), _("Closed with its result, and a new goal with a new date")),
}


def message(advice: Advice) -> str:
    """What to do about a rule that is not full. Where no KPI exists, only M1 asks for one in its own words."""
    if advice.why is None or (advice.why == Why.no_kpi and advice.rule == "M1"):
        return str(MESSAGES[advice.rule])
    if advice.why == Why.no_kpi:
        return f"{OTHER_MESSAGES[Why.no_kpi]} {AFTER_KPI[advice.rule]}"
    return str(OTHER_MESSAGES[advice.why])


AFTER_KPI = {rule: MESSAGES[rule] for rule in ("S2", "M2", "M3", "M4", "M5")} | {
    "A1": _("Choose the one to five that matter most."),
    "A2": _("Its own history will tell what pace is realistic."),
    "A3": _("Its target has to ask for more than there is today."),
    "T3": _("Measure it at least 3 times before the due date."),
}
