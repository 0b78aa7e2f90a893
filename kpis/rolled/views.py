"""The parts of the KPI form that tell where its values come from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from kpis import access, views
from kpis.forms import KpiForm
from kpis.rolled import fields
from kpis.rolled.preview import preview_of


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
    return render(request, "kpis/rolled/preview.html", {"preview": preview_of(form, request.user)})


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """KPIs whose name or key has these letters."""
    text = request.GET.get("q", "").replace("\0", "")[:200].strip()
    kpis = [(kpi, fields.written(kpi)) for kpi in fields.called(text, request.user)]
    return render(request, "kpis/rolled/found.html", {"kpis": kpis})
