"""Initiatives on the goal's page: added, ticked off, changed and dropped in place."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.once import make_once
from goals import sections
from goals.access import Rights
from goals.models import Goal
from kpis import access, initiatives
from kpis.around import near_kpis
from kpis.around_forms import InitiativeForm, MilestoneForm, OnceForm, written_in
from kpis.around_parts import initiative_context
from kpis.initiative_history import changes
from kpis.links import hidden
from kpis.models import Initiative, Milestone

PART = "kpis/around/initiatives.html"
ANCHOR = "initiatives"
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def editable(request: HttpRequest, goal_id: int, pk: int) -> tuple[Goal, Rights, Initiative]:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    initiative = get_object_or_404(Initiative.objects.filter(goals=goal), pk=pk)
    if not access.can_edit_initiative(rights, initiative):
        raise PermissionDenied
    return goal, rights, initiative


def answer(request: HttpRequest, goal: Goal, rights: Rights, opened: int | None = None) -> HttpResponse:
    query = f"?initiative={opened}" if opened else ""
    return sections.done(request, goal, PART, initiative_context(goal, rights, opened), ANCHOR, query)


def write(
    request: HttpRequest, goal: Goal, form: OnceForm, make: Callable, done: Callable, refused: Callable
) -> HttpResponse:
    """Makes one row of a form; what is refused stands in the form again."""
    if form.is_valid():
        try:
            made = make_once(request.user, form.cleaned_data["once"], make)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return done(made)
    return sections.show(request, goal, PART, refused(), status=422)


@read_or_write
def all_of(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if request.method != "POST":
        return sections.show(request, goal, PART, initiative_context(goal, rights))
    if not rights.can_edit(goal):
        raise PermissionDenied
    near = list(near_kpis(goal, request.user))
    form = InitiativeForm(request.POST, person=request.user, near=near, auto_id="initiative-%s")
    return write(
        request,
        goal,
        form,
        make=lambda: initiatives.create(goal.organisation, by=request.user, goals=[goal], **form.made_of()),
        done=lambda made: answer(request, goal, rights, made),
        refused=lambda: initiative_context(goal, rights, initiative_form=form),
    )


@read_or_write
def change(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights, initiative = editable(request, goal_id, pk)
    near = list({kpi.pk: kpi for kpi in [*near_kpis(goal, request.user), *seen_kpis(request, initiative)]}.values())
    sent = request.POST if request.method == "POST" else None
    begun = written_in(initiative)
    form = InitiativeForm(sent, person=request.user, near=near, initial=begun, auto_id=f"initiative-{pk}-%s")
    shown = initiative_context(goal, rights, pk, change_form=form)
    if sent is None:
        return sections.show(request, goal, PART, shown)
    if not form.is_valid():
        return sections.show(request, goal, PART, shown, status=422)
    keep = {"kpis": hidden(initiative, "kpis", request.user)}
    try:
        initiatives.revise(initiative, by=request.user, keep=keep, **form.made_of())
    except ValidationError as refusal:
        form.refuse(refusal)
        return sections.show(request, goal, PART, shown, status=422)
    return answer(request, goal, rights, pk)


def seen_kpis(request: HttpRequest, initiative: Initiative):
    return initiative.kpis.model.objects.visible_to(request.user).filter(initiatives=initiative)


@require_POST
def set_state(request: HttpRequest, goal_id: int, pk: int, state: str) -> HttpResponse:
    if state not in Initiative.State.values:
        raise Http404
    goal, rights, initiative = editable(request, goal_id, pk)
    if initiative.state != state:
        initiatives.revise(initiative, by=request.user, state=state)
    return answer(request, goal, rights, pk if request.POST.get("opened") else None)


@require_POST
def add_milestone(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights, initiative = editable(request, goal_id, pk)
    form = MilestoneForm(request.POST, auto_id="milestone-%s")
    fields = {"organisation_id": goal.organisation_id, "initiative": initiative}
    return write(
        request,
        goal,
        form,
        make=lambda: initiatives.save_milestone(Milestone(**fields), request.user, **form.made_of()),
        done=lambda made: answer(request, goal, rights, pk),
        refused=lambda: initiative_context(goal, rights, pk, milestone_form=form),
    )


@require_POST
def milestone(request: HttpRequest, goal_id: int, pk: int, step_id: int) -> HttpResponse:
    """Ticks a milestone off, or back (`done`), or takes it away (`remove`)."""
    goal, rights, initiative = editable(request, goal_id, pk)
    step = get_object_or_404(initiative.milestones.all(), pk=step_id)
    if "remove" in request.POST:
        initiatives.remove_milestone(step, request.user)
    else:
        on = goal.organisation.today() if request.POST.get("done") == "1" else None
        initiatives.tick_milestone(step, on, by=request.user)
    return answer(request, goal, rights, pk)


@require_safe
def history(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    initiative = get_object_or_404(Initiative.objects.filter(goals=goal), pk=pk)
    told = {"initiative": initiative, "changes": changes(initiative)}
    return sections.show(request, goal, "kpis/around/initiative_history.html", told)
