"""The page on which goals are chosen and go on into the next cycle."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from cascade.errors import RowsRefused
from cascade.numbers import as_typed
from goals import undo
from goals.models import CarriedGoal, Cycle, Goal
from goals.views.editing import read_or_write
from kpis.cycles import carrying, words
from kpis.cycles.carrying import MOST_GOALS, KpiLine, Plan
from kpis.cycles.forms import CarryForm, TargetsForm
from kpis.cycles.proposing import Way
from kpis.cycles.views import run


@dataclass
class Choice:
    """A goal that may go on. `there`: it did already."""

    goal: Goal
    there: bool
    checked: bool


@dataclass
class Row:
    """A KPI that goes on, with the field in which its target is typed."""

    line: KpiLine
    name: str
    text: str
    error: str


@read_or_write
def carry_over(request: HttpRequest, pk: int) -> HttpResponse:
    source = run(request, pk)
    cycles = list(later(source))
    into = next((cycle for cycle in cycles if str(cycle.pk) == asked(request, "into")), None) or next(
        iter(cycles), None
    )
    context = {"cycle": source, "cycles": cycles, "into": into}
    if into is None:
        return render(request, "kpis/cycles/carry.html", {**context, "step": "none"})
    if request.method != "POST" or "back" in request.POST or not chosen(request):
        context |= {"step": "choose", "choices": choices(request, source, into)}
        context["empty"] = request.method == "POST" and "back" not in request.POST
        return render(request, "kpis/cycles/carry.html", context, status=422 if context["empty"] else 200)
    if len(chosen(request)) > MOST_GOALS:
        context |= {"step": "choose", "choices": choices(request, source, into), "most": MOST_GOALS}
        return render(request, "kpis/cycles/carry.html", context, status=422)
    return targets(request, source, into, context)


def asked(request: HttpRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")


def later(source: Cycle) -> QuerySet[Cycle]:
    """The cycles into which goals may go on, the next one first."""
    found = Cycle.objects.filter(organisation_id=source.organisation_id, start__gt=source.start)
    return found.exclude(state=Cycle.State.CLOSED).order_by("start", "pk")


def chosen(request: HttpRequest) -> list[int]:
    """From the boxes of the first step, or as the second one keeps them."""
    given = request.POST.getlist("goal") or request.POST.get("goals", "").split(",")
    return [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]


def choices(request: HttpRequest, source: Cycle, into: Cycle) -> list[Choice]:
    """In tree order; checked is what was chosen before, else what was neither reached nor given up."""
    there = set(CarriedGoal.objects.filter(cycle=into).values_list("source_id", flat=True))
    before = set(chosen(request)) if request.method == "POST" else None
    goals = Goal.objects.filter(cycle=source).select_related("level", "owner", "figures").in_tree_order()

    def is_checked(goal: Goal) -> bool:
        if before is not None:
            return goal.pk in before
        reached = goal.outcome == Goal.Outcome.ACHIEVED
        return goal.state != Goal.State.CANCELLED and not reached and goal.pk not in there

    return [Choice(goal, goal.pk in there, is_checked(goal)) for goal in goals]


def targets(request: HttpRequest, source: Cycle, into: Cycle, context: dict[str, Any]) -> HttpResponse:
    goals = chosen(request)
    form = CarryForm(request.POST if "way" in request.POST else None)
    given = form.cleaned_data if form.is_valid() else {}
    plan = Plan(source, into, goals, **{"way": Way.last_year, **given})
    found, errors = carrying.preview(plan), {}
    if "create" in request.POST and form.is_valid():
        typed = TargetsForm(request.POST, kpis=[line.source for line in found.kpis])
        if typed.is_valid():
            plan.targets = typed_targets(typed, found)
            try:
                return created(request, plan)
            except RowsRefused:
                found = carrying.preview(plan)
        errors = {name: " ".join(each) for name, each in typed.errors.items()}
    keep = "create" in request.POST
    context |= {"step": "targets", "form": form, "found": found, "rows": rows(request, found, errors, keep)}
    context |= {"goals": ",".join(map(str, goals)), "wrong": bool(errors or (keep and found.wrong))}
    return render(request, "kpis/cycles/carry.html", context, status=422 if keep else 200)


def typed_targets(form: TargetsForm, found: carrying.Preview) -> dict[int, Decimal | None]:
    names = {line.source.pk: f"target-{line.source.pk}" for line in found.kpis}
    return {pk: form.cleaned_data[name] for pk, name in names.items() if name in form.data}


def rows(
    request: HttpRequest, found: carrying.Preview, errors: dict[str, str], keep: bool
) -> list[tuple[Any, list[Row]]]:
    """The lines of the preview with their fields; what was typed is kept."""
    told = []
    for line in found.lines:
        here = []
        for kpi in line.kpis:
            name = f"target-{kpi.source.pk}"
            text = "" if kpi.target is None else as_typed(kpi.target)
            wrong = kpi.error and " ".join(kpi.error.messages)
            text = request.POST.get(name, text) if keep else text
            here.append(Row(kpi, name, text, errors.get(name) or wrong or ""))
        told.append((line, here))
    return told


def created(request: HttpRequest, plan: Plan) -> HttpResponse:
    with undo.act(request.user) as act:
        made = carrying.create(plan, by=request.user)
        act.words = words.carried(len(made.goals), plan.into)
    if made.goals:
        messages.success(request, act.words)
    else:
        messages.success(request, _("These goals were carried over before; nothing was done twice."))
    return redirect(f"{reverse('goals:tree')}?cycle={plan.into.pk}")
