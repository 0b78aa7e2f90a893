"""Pages on which cycles are planned, opened, closed and locked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from goals.models import Cycle, DirtyMark
from goals.views.editing import read_or_write
from goals.views.fetching import sent
from kpis.cycles import closing, forms, missing, reading, states
from people import access

State = Cycle.State
MOST_DIFFERENCES = 50


def seen(request: HttpRequest, pk: int) -> Cycle:
    return get_object_or_404(Cycle.objects.visible_to(request.user).select_related("organisation"), pk=pk)


def run(request: HttpRequest, pk: int) -> Cycle:
    """The cycle, for who runs it."""
    cycle = seen(request, pk)
    if not access.can_run_cycle(request.user):
        raise PermissionDenied
    return cycle


@require_safe
def cycles(request: HttpRequest) -> HttpResponse:
    found = reading.standings(request.user, Cycle.objects.visible_to(request.user))
    context = {
        "standings": found,
        "runs": access.can_run_cycle(request.user),
        "today": request.user.organisation.today(),
    }
    return render(request, "kpis/cycles/list.html", context)


@require_safe
def cycle(request: HttpRequest, pk: int) -> HttpResponse:
    found, person = seen(request, pk), request.user
    runs = access.can_run_cycle(person)
    [standing] = reading.standings(person, [found])
    closings = list(found.closings.select_related("closed_by", "reopened_by"))
    context: dict[str, Any] = {"cycle": found, "standing": standing, "runs": runs, "closings": closings}
    context["today"] = person.organisation.today()
    context["gaps"] = missing.gaps(found) if runs and found.state == State.OPEN else []
    if closings:
        goals, kpis = closing.goals_compared(closings[0], person), closing.kpis_compared(closings[0], person)
        differing = [*closing.differences(goals), *closing.differences(kpis)]
        context |= {
            "final": goals,
            "differing": differing[:MOST_DIFFERENCES],
            "more": len(differing) - MOST_DIFFERENCES,
        }
    return render(request, "kpis/cycles/detail.html", context)


def answered(request: HttpRequest, form, act, done: str, template: str, context: dict[str, Any]) -> HttpResponse:
    """Does what a valid form asks for and goes to the cycle, else shows the form with what is wrong."""
    if form.is_valid():
        try:
            found = act(**form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("cycles:detail", found.pk)
    return render(request, template, {**context, "form": form}, status=422 if form.errors else 200)


@read_or_write
def new(request: HttpRequest) -> HttpResponse:
    if not access.can_run_cycle(request.user):
        raise PermissionDenied
    form = forms.NewCycleForm(sent(request))

    def act(version, **fields):
        return states.add(request.user.organisation, by=request.user, **fields)

    context = {"title": _("New cycle"), "lede": _("A planning period, usually a fiscal year."), "submit": _("Make it")}
    return answered(request, form, act, _("The cycle is there."), "kpis/cycles/form.html", context)


@read_or_write
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = run(request, pk)
    told = {name: getattr(found, name) for name in ("name", "start", "due", "version")}
    form = forms.CycleForm(sent(request), initial=told)

    def act(**fields):
        return states.revise(found, by=request.user, **fields)

    context = {"cycle": found, "title": found.name, "lede": _("Name and dates."), "submit": _("Save")}
    return answered(request, form, act, _("Saved."), "kpis/cycles/form.html", context)


@read_or_write
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    found = run(request, pk)
    told = {"locked_until": found.locked_until, "version": found.version}
    form = forms.LockForm(sent(request), initial=told)

    def act(**fields):
        return states.revise(found, by=request.user, **fields)

    lede = _(
        "Nobody can change values, targets and dates of the locked time any more: not on pages, by imports or by other"
        " systems."
    )
    context = {"cycle": found, "title": _("Lock the past"), "lede": lede, "submit": _("Save")}
    return answered(request, form, act, _("Saved."), "kpis/cycles/form.html", context)


@read_or_write
def open_cycle(request: HttpRequest, pk: int) -> HttpResponse:
    found = run(request, pk)
    form = forms.OpenForm(sent(request), initial={"version": found.version})

    def act(**fields):
        return states.change_state(found, State.OPEN, by=request.user, **fields)

    lede = _("Goals whose owners have accepted start at once; the others start when their owners accept.")
    context = {"cycle": found, "title": _("Open the cycle"), "lede": lede, "submit": _("Open it")}
    return answered(request, form, act, _("The cycle is open."), "kpis/cycles/form.html", context)


@read_or_write
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found = run(request, pk)
    form = forms.ReopenForm(sent(request), initial={"version": found.version})

    def act(**fields):
        return states.change_state(found, State.OPEN, by=request.user, **fields)

    lede = _(
        "Its goals stand again as they stood before. The final figures are kept, and the page of the cycle shows what"
        " differs from them."
    )
    context = {"cycle": found, "title": _("Reopen the cycle"), "lede": lede, "submit": _("Reopen it")}
    return answered(request, form, act, _("The cycle is open again."), "kpis/cycles/form.html", context)


@read_or_write
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found = run(request, pk)
    form = forms.CloseForm(sent(request), initial={"version": found.version})

    def act(**fields):
        return states.change_state(found, State.CLOSED, by=request.user, **fields)

    done = _("The cycle is closed. Its figures are final.")
    return answered(request, form, act, done, "kpis/cycles/close.html", asked(request, found))


def asked(request: HttpRequest, cycle: Cycle) -> dict[str, Any]:
    """What whoever closes a cycle looks at before."""
    [standing] = reading.standings(request.user, [cycle])
    pending = DirtyMark.objects.filter(organisation_id=cycle.organisation_id).exists()
    today = request.user.organisation.today()
    return {"cycle": cycle, "standing": standing, "gaps": missing.gaps(cycle), "pending": pending, "today": today}
