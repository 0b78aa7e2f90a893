"""How well a goal would be put as it stands in a form: asked while people type, nothing is saved."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from cascade.unfinished import readable
from goals import advice, forms, smart_panel
from goals.models import Cycle, Goal
from goals.views import fetching
from people import access


@require_POST
def of_edited(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = fetching.editable(request.user, goal_id)
    return answer(request, forms.GoalForm(request.POST, person=request.user, goal=goal))


@require_POST
def of_new(request: HttpRequest, goal_id: int | None = None) -> HttpResponse:
    parent = fetching.parent_of_new(request.user, goal_id)
    cycle = parent.cycle if parent else fetching.cycle(request)
    return answer(request, forms.NewGoalForm(request.POST, person=request.user, parent=parent, cycle=cycle))


def url_of_new(parent: Goal | None, cycle: Cycle) -> str:
    if parent is not None:
        return reverse("goals:smart_new", args=[parent.pk])
    return f"{reverse('goals:smart_new')}?cycle={cycle.pk}"


def answer(request: HttpRequest, form: forms.GoalForm) -> HttpResponse:
    return render(request, "goals/smart.html", {"panel": panel_of(form)})


def panel_of(form: forms.GoalForm) -> smart_panel.Panel:
    """The check beside a form, of what is written in it now."""
    organisation, goal = form.person.organisation, form.goal
    parent, cycle = (goal.parent, goal.cycle) if goal else (form.parent, form.cycle)
    state = goal.state if goal else "draft"
    facts = advice.drafted(readable(form), parent, cycle, state)
    found = advice.judge(organisation, facts, advice.kpis_of(goal) if goal else ())
    minimum = organisation.smart_minimum if state in ("draft", "proposed") else 0
    return smart_panel.in_goal_form(found, goal, minimum, access.can_administer(form.person))
