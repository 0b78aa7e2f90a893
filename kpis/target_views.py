"""The page on which a target changes from a date on."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cascade.errors import VersionMismatch
from goals import path
from kpis import access
from kpis.models import Kpi
from kpis.target_forms import TargetForm
from kpis.views import found, may


def change(request, pk):
    kpi = numbered(request, pk)
    form = TargetForm(request.POST or None, kpi=kpi)
    if request.method == "POST" and "see" not in request.POST and saved(request, form):
        messages.success(request, _("The target is changed."))
        return redirect(f"{reverse('kpis:detail', args=[pk])}#targets")
    context = {"kpi": kpi, "goal": kpi.goal, "form": form, "above": path.above(kpi.goal, request.user)}
    refused = bool(form.errors) and "see" not in request.POST
    return render(request, "kpis/target.html", context | told(request, form), status=422 if refused else 200)


def numbered(request, pk: int) -> Kpi:
    """A KPI whose target the reader may change; what is done or not has none to change."""
    kpi = found(request, pk)
    may(access.can_edit(request.user, kpi))
    if kpi.kind == Kpi.Kind.BOOLEAN:
        raise Http404
    return kpi


def saved(request, form: TargetForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(by=request.user)
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    except VersionMismatch:
        form.meet(Kpi.objects.get(pk=form.kpi.pk))
        return False
    return True


@require_safe
def effect(request, pk):
    """What a change would do, while it is typed; nothing is saved."""
    kpi = numbered(request, pk)
    form = TargetForm(request.GET, kpi=kpi)
    return render(request, "kpis/target/effect.html", {"kpi": kpi, **told(request, form)})


def told(request, form: TargetForm) -> dict:
    """The effect of what is in the form, or why there is none."""
    if not form.is_bound or not form.can_be_tried:
        return {}
    try:
        return {"effect": form.effect(request.user)}
    except ValidationError as refusal:
        nothing = any(each.code == "nothing_changes" for each in refusal.error_dict.get("target", ()))
        return {} if nothing else {"why": refusal.messages[0]}
