"""Success factors on the goal's page: named, linked to KPIs and taken away in place."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from cascade.once import make_once
from goals import sections
from goals.access import Rights
from goals.models import Goal
from kpis import factors
from kpis.around_forms import FactorForm
from kpis.around_parts import factor_context
from kpis.models import Kpi, SuccessFactor

PART = "kpis/around/factors.html"
ANCHOR = "factors"


def editable(request: HttpRequest, goal_id: int) -> tuple[Goal, Rights]:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if not rights.can_edit(goal):
        raise PermissionDenied
    return goal, rights


@require_http_methods(["GET", "HEAD", "POST"])
def all_of(request: HttpRequest, goal_id: int) -> HttpResponse:
    if request.method != "POST":
        goal = sections.seen(request.user, goal_id)
        return sections.show(request, goal, PART, factor_context(goal, Rights.of(request.user)))
    goal, rights = editable(request, goal_id)
    form = FactorForm(request.POST, person=request.user, auto_id="factor-%s")
    if form.is_valid():
        try:
            make_once(
                request.user,
                form.cleaned_data["once"],
                lambda: factors.create(goal, by=request.user, **form.made_of()),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, PART, factor_context(goal, rights), ANCHOR)
    return sections.show(request, goal, PART, factor_context(goal, rights, form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights = editable(request, goal_id)
    factor = get_object_or_404(goal.success_factors.all(), pk=pk)
    begun = {"name": factor.name, "perspective": factor.perspective_id}
    sent = request.POST if request.method == "POST" else None
    form = FactorForm(sent, person=request.user, initial=begun, auto_id=f"factor-{pk}-%s")
    if form.is_valid():
        factors.revise(factor, by=request.user, **form.made_of())
        return sections.done(request, goal, PART, factor_context(goal, rights), ANCHOR)
    shown = factor_context(goal, rights, opened=pk, changed=form)
    return sections.show(request, goal, PART, shown, status=422 if sent else 200)


@require_POST
def link(request: HttpRequest, goal_id: int, pk: int, kpi_id: int) -> HttpResponse:
    return relink(request, goal_id, pk, kpi_id, factors.add_kpi)


@require_POST
def unlink(request: HttpRequest, goal_id: int, pk: int, kpi_id: int) -> HttpResponse:
    return relink(request, goal_id, pk, kpi_id, factors.remove_kpi)


def relink(request: HttpRequest, goal_id: int, pk: int, kpi_id: int, change) -> HttpResponse:
    goal, rights = editable(request, goal_id)
    factor = get_object_or_404(goal.success_factors.all(), pk=pk)
    change(factor, get_object_or_404(Kpi.objects.visible_to(request.user), pk=kpi_id), by=request.user)
    return sections.done(request, goal, PART, factor_context(goal, rights, opened=pk), ANCHOR)


@require_POST
def remove(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights = editable(request, goal_id)
    factor = get_object_or_404(SuccessFactor.objects.filter(goal=goal), pk=pk)
    factor._history_user = request.user
    factor.delete()
    return sections.done(request, goal, PART, factor_context(goal, rights), ANCHOR)
