"""The library beside an empty form: search, choose, and the fields are filled; nothing is saved."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from goals.views import fetching
from kpis import library
from kpis.library import LEVELS, GoalTemplate, KpiTemplate
from kpis.views import goal_to_measure

NAMES = {
    "strategic": _("Strategic goals"),
    "department": _("Goals of a department"),
    "team": _("Goals of a team"),
    "individual": _("Goals of one person"),
}


@dataclass(frozen=True)
class Choice:
    """A template, the address of the form filled with it, and what a click writes into the form that is open."""

    template: KpiTemplate | GoalTemplate
    url: str

    @property
    def fills(self) -> str:
        return json.dumps(self.template.fills)

    @property
    def kpis(self) -> list[str]:
        """The names of the KPIs that fit a goal."""
        names = {each.key: each.name for each in library.kpi_templates()}
        return [names[key] for key in self.template.kpis]


@require_safe
def kpi_templates(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = goal_to_measure(request, goal_id)
    form = reverse("kpis:new", args=[goal.pk])
    found = library.matching(library.kpi_templates(), words(request))
    choices = [Choice(each, f"{form}?{urlencode({'template': each.key})}") for each in found]
    groups = grouped(choices, lambda template: template.function_name)
    return answer(request, "kpis/library/kpis.html", {"groups": groups, "goal": goal, "back": form})


@require_safe
def goal_templates(request: HttpRequest, goal_id: int | None = None) -> HttpResponse:
    parent = fetching.parent_of_new(request.user, goal_id)
    form = reverse("goals:new", args=[parent.pk] if parent else [])
    found = library.matching(library.goal_templates(), words(request))
    choices = [Choice(each, f"{form}?{urlencode(each.fills)}") for each in found]
    rank = min(parent.level.rank + 1, len(LEVELS) - 1) if parent else 0
    choices.sort(key=lambda each: each.template.level != LEVELS[rank])  # the level of the new goal first
    groups = grouped(choices, lambda template: NAMES[template.level])
    return answer(request, "kpis/library/goals.html", {"groups": groups, "back": form})


def grouped(choices: list[Choice], name: Callable[[Any], Any]) -> list[tuple[Any, list[Choice]]]:
    """Choices under their names, in the order in which the names come up."""
    groups: dict[Any, list[Choice]] = {}
    for each in choices:
        groups.setdefault(name(each.template), []).append(each)
    return list(groups.items())


def words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "")[:200]


def answer(request: HttpRequest, part: str, context: dict) -> HttpResponse:
    """The list alone to htmx, else a page of its own."""
    context |= {"part": part, "q": words(request)}
    return render(request, part if request.htmx else "kpis/library/page.html", context)
