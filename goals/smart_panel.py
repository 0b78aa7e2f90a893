"""The S.M.A.R.T. verdict as pages and forms show it: letter by letter, each rule that is not full with what to do, an
example of both kinds and the way to the field that mends it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from goals import smart_words as words
from goals.models import Goal
from goals.smart import LETTERS, Advice, Band, Verdict, Why

GOAL_FIELDS = {
    "S1": "title",
    "S3": "owner",
    "S4": "title",
    "S5": "title",
    "R2": "why",
    "R3": "weight",
    "R4": "perspective",
    "T1": "start",
    "T2": "due",
    "T4": "due",
}
KPI_FIELDS = {
    "S2": "definition",
    "S4": "target",
    "M1": "weight",
    "M2": "unit",
    "M3": "target",
    "M4": "baseline",
    "M5": "data_owner",
    "A2": "target",
    "A3": "target",
    "R3": "weight",
    "T3": "cadence",
}
GO = {
    "title": _("Change the title"),
    "owner": _("Name the owner"),
    "why": _("Write the why"),
    "weight": _("Change the weight"),
    "perspective": _("Choose the perspective"),
    "start": _("Set the start"),
    "due": _("Set the due date"),
    "definition": _("Write the definition"),
    "target": _("Change the target"),
    "unit": _("Enter the unit"),
    "baseline": _("Enter the start value"),
    "data_owner": _("Name who records it"),
    "cadence": _("Measure more often"),
}
OF_LETTER = {Band.good: 16, Band.improve: 12}  # as for the whole: 80 and 60 of 100
MARKS = {Band.good: "ok", Band.improve: "weak", Band.weak: "fail"}


class Way(NamedTuple):
    """Where something can be mended. An address that begins with # is a field of the form beside."""

    url: str
    label: str


@dataclass(frozen=True)
class Line:
    message: str
    lost: int
    example: words.Example
    way: Way | None


@dataclass(frozen=True)
class Letter:
    letter: str
    name: str
    points: int
    lines: list[Line]

    @property
    def band(self) -> Band:
        return next((band for band, least in OF_LETTER.items() if self.points >= least), Band.weak)

    @property
    def mark(self) -> str:
        return MARKS[self.band]

    @property
    def word(self) -> str:
        return str(words.BANDS[self.band])


@dataclass(frozen=True)
class Panel:
    score: int
    mark: str
    word: str
    letters: list[Letter]
    minimum: int
    without_kpi: bool
    settings_url: str = ""

    @property
    def too_low(self) -> bool:
        return self.score < self.minimum


def panel(verdict: Verdict, ways: Mapping[str, Way], minimum: int) -> Panel:
    """`ways` to what mends a rule, by rule. What a goal lacks only because it has no KPI is one line: add one."""
    shown = [advice for advice in verdict.advice if advice.why != Why.no_kpi or advice.rule == "M1"]
    lines: dict[str, list[Line]] = {letter: [] for letter in LETTERS}
    for advice in shown:
        found = Line(words.message(advice), advice.lost, words.EXAMPLES[advice.rule], ways.get(advice.rule))
        lines[advice.rule[0]].append(found)
    points = verdict.letters
    letters = [Letter(letter, str(words.LETTERS[letter]), points[letter], lines[letter]) for letter in LETTERS]
    bare = verdict.pairs[0].kpi is None
    word = str(words.BANDS[verdict.band])
    return Panel(verdict.score, MARKS[verdict.band], word, letters, minimum, bare)


def in_goal_form(verdict: Verdict, goal: Goal | None, minimum: int, may_set: bool) -> Panel:
    """Beside the form of a goal; a new one has no other pages yet. `may_set`: the reader may change the settings."""
    ways = {rule: Way(f"#id_{field}", str(GO[field])) for rule, field in GOAL_FIELDS.items()}
    elsewhere = {} if goal is None else beyond_forms(goal) | kpi_ways(verdict)
    url = reverse("goals:smart_settings") if may_set else ""
    return replace(panel(verdict, elsewhere | ways, minimum), settings_url=url)


def in_kpi_form(verdict: Verdict, goal: Goal) -> Panel:
    """Beside the form of a KPI of this goal."""
    ways = {rule: Way(f"#id_{field}", str(GO[field])) for rule, field in KPI_FIELDS.items()}
    return panel(verdict, beyond_forms(goal) | goal_ways(goal) | ways, 0)


def on_page(verdict: Verdict, goal: Goal, may_edit: bool) -> Panel:
    """On the page of a goal."""
    ways: dict[str, Way] = {}
    if may_edit:
        ways = goal_ways(goal) | kpi_ways(verdict) | beyond_forms(goal)
        if goal.weight == 0:
            ways["R3"] = goal_ways(goal)["R3"]
    return panel(
        verdict, ways, goal.organisation.smart_minimum if goal.state in (Goal.State.DRAFT, Goal.State.PROPOSED) else 0
    )


def goal_ways(goal: Goal) -> dict[str, Way]:
    edit = reverse("goals:edit", args=[goal.pk])
    return {rule: Way(f"{edit}#id_{field}", str(GO[field])) for rule, field in GOAL_FIELDS.items()}


def kpi_ways(verdict: Verdict) -> dict[str, Way]:
    """To the first KPI that a rule is about."""
    return {advice.rule: kpi_way(advice) for advice in verdict.advice if advice.kpis}


def kpi_way(advice: Advice) -> Way:
    field = KPI_FIELDS[advice.rule]
    return Way(f"{reverse('kpis:edit', args=[advice.kpis[0]])}#id_{field}", str(GO[field]))


def beyond_forms(goal: Goal) -> dict[str, Way]:
    return {
        "M1": Way(reverse("kpis:new", args=[goal.pk]), str(_("Add a KPI"))),
        "A4": Way(reverse("goals:state", args=[goal.pk]), str(_("Change its state"))),
        "R1": Way(reverse("goals:move", args=[goal.pk]), str(_("Choose its parent"))),
    }
