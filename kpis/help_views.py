"""Help for a goal, and the processes its KPIs are measured in: added and taken away on the goal's page."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from cascade.once import make_once
from goals import sections
from goals.access import Rights
from kpis import access, processes, resources
from kpis.around_forms import ProcessForm, ResourceForm
from kpis.around_parts import help_context, near_for, own, process_context
from kpis.models import ProcessKpi, Resource

HELP = "kpis/around/help.html"
PROCESSES = "kpis/around/processes.html"
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@read_or_write
def help_all(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if request.method != "POST":
        return sections.show(request, goal, HELP, help_context(goal, rights))
    if not rights.can_edit(goal):
        raise PermissionDenied
    kpis = own(goal, near_for(goal, rights))
    form = ResourceForm(request.POST, person=request.user, goal=goal, kpis=kpis, auto_id="resource-%s")
    if form.is_valid():
        once, fields = form.cleaned_data["once"], form.made_of()
        try:
            make_once(request.user, once, lambda: resources.create(goal.organisation, by=request.user, **fields))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, HELP, help_context(goal, rights), "help")
    return sections.show(request, goal, HELP, help_context(goal, rights, form), status=422)


@require_POST
def remove_resource(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    resource = get_object_or_404(Resource.objects.visible_to(request.user), pk=pk)
    if not access.can_edit_resource(rights, resource):
        raise PermissionDenied
    resource._history_user = request.user
    resource.delete()
    return sections.done(request, goal, HELP, help_context(goal, rights), "help")


@read_or_write
def process_all(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if request.method != "POST":
        return sections.show(request, goal, PROCESSES, process_context(goal, rights))
    if not rights.can_edit(goal):
        raise PermissionDenied
    form = ProcessForm(request.POST, person=request.user, kpis=own(goal, near_for(goal, rights)), auto_id="process-%s")
    if form.is_valid():
        told = form.made_of()
        try:
            make_once(request.user, form.cleaned_data["once"], lambda: processes.tie(by=request.user, **told))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, PROCESSES, process_context(goal, rights), "processes")
    return sections.show(request, goal, PROCESSES, process_context(goal, rights, form), status=422)


@require_POST
def untie(request: HttpRequest, goal_id: int, pk: int, kpi_id: int) -> HttpResponse:
    """The KPI is no longer measured in the process; the process stays."""
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if not rights.can_edit(goal):
        raise PermissionDenied
    link = get_object_or_404(ProcessKpi.objects.filter(kpi__goal=goal), process=pk, kpi=kpi_id)
    processes.untie(link, by=request.user)
    return sections.done(request, goal, PROCESSES, process_context(goal, rights), "processes")
