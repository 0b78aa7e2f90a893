"""Advice beside the form of a KPI, asked while people type; nothing is saved."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from kpis import access, advising, views
from kpis.forms import KpiForm


@require_POST
def of_new(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = views.goal_to_measure(request, goal_id)
    return answer(request, KpiForm(request.POST, person=request.user, goal=goal))


@require_POST
def of_edited(request: HttpRequest, pk: int) -> HttpResponse:
    kpi = views.found(request, pk)
    views.may(access.can_edit(request.user, kpi))
    return answer(request, KpiForm(request.POST, person=request.user, goal=kpi.goal, kpi=kpi))


def answer(request: HttpRequest, form: KpiForm) -> HttpResponse:
    return render(request, "kpis/said.html", {"said": advising.said(form)})
