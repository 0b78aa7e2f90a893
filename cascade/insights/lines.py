"""The findings of a check as lines to read: what each is called, what it says, and where it is mended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from cascade.insights import words
from cascade.insights.checks import Finding, Result
from goals.access import Rights
from goals.models import Goal
from kpis.models import Kpi, SuccessFactor
from people.models import Person

FIXES = {
    "parts_short": "kpis:break_down",
    "strategic_alone": "kpis:break_down",
    "without_parts": "kpis:new",
    "only_lag": "kpis:new",
    "without_owner": "goals:edit",
    "due_after_parent": "goals:edit",
    "weakly_put": "goals:edit",
    "unaligned": "goals:move",
}
"""What mends a finding, asked for with the goal's id; the others are mended where they are looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """`url` shows what was found, `fix` leads to what mends it and is empty for who may not."""

    finding: Finding
    title: str
    under: str
    says: str
    url: str
    fix: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A check with its words and the first lines of what it found."""

    result: Result
    told: words.Told
    lines: list[Line]

    @property
    def more(self) -> int:
        return self.result.count - len(self.lines)


def shown(person: Person, results: Sequence[Result], most: int, at: int = 0) -> list[Shown]:
    """Each check with at most `most` lines from the `at`th on; the number of queries does not depend on them."""
    parts = [result.findings[at : at + most] for result in results]
    names = Names(person, [each for part in parts for each in part])
    return [
        Shown(result, words.TOLD[result.check.name], [names.line(result.check.name, each) for each in part])
        for result, part in zip(results, parts, strict=True)
    ]


class Names:
    """What the findings are called, read at once."""

    def __init__(self, person: Person, found: Iterable[Finding]) -> None:
        found = list(found)
        self.rights = Rights.of(person)
        self.kpis = Kpi.objects.in_bulk({each.id for each in found if each.kind == "kpi"})
        self.factors = SuccessFactor.objects.in_bulk({each.id for each in found if each.kind == "factor"})
        self.people = Person.objects.select_related("unit").in_bulk({e.id for e in found if e.kind == "person"})
        goals = {each.goal for each in found if each.goal is not None}
        self.goals = Goal.objects.select_related("unit", "owner__unit").in_bulk(goals)

    def line(self, check: str, finding: Finding) -> Line:
        says = words.line(check, finding)
        if finding.kind == "organisation":
            return Line(finding, says, "", "", reverse("goals:tree"), "")
        if finding.kind == "person":
            person = self.people[finding.id]
            url = reverse("kpis:line_of_sight", args=[person.pk])
            return Line(finding, person.name, person.unit.name if person.unit else "", says, url, "")
        goal = self.goals[finding.goal]
        may = self.rights.can_edit(goal)
        home = reverse("goals:detail", args=[goal.pk])
        if finding.kind == "kpi":
            kpi = self.kpis[finding.id]
            url = reverse("kpis:detail", args=[kpi.pk])
            fix = self.fix(check, goal) or (reverse("kpis:edit", args=[kpi.pk]) if edits(check) else url)
            return Line(finding, kpi.name, goal.title, says, url, fix if may else "")
        if finding.kind == "factor":
            return Line(
                finding, self.factors[finding.id].name, goal.title, says, home, f"{home}#factors" if may else ""
            )
        owner = goal.owner.name if goal.owner else ""
        return Line(finding, goal.title, owner, says, home, (self.fix(check, goal) or home) if may else "")

    @staticmethod
    def fix(check: str, goal: Goal) -> str:
        return reverse(FIXES[check], args=[goal.pk]) if check in FIXES else ""


def edits(check: str) -> bool:
    return check == "kpi_without_owner"
