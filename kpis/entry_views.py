"""Entering a value on the line of sight, in its row. Without JavaScript the same forms go to the KPI's own page."""

from dataclasses import replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from cascade.errors import VersionMismatch
from cascade.templatetags.ui import exact
from goals.models import Goal
from kpis import sight_words as words
from kpis.access import can_record
from kpis.course import course_of
from kpis.entry import EntryRow
from kpis.forms import DoneForm, ValueForm
from kpis.models import Kpi
from kpis.sight import OwnGoal, OwnKpi, Sight, sight_of
from kpis.trying import number, supposed


def enter(request, pk, first):
    """The row's form, and the row again once its value is saved or refused."""
    if not request.htmx:
        return redirect(f"{reverse('kpis:detail', args=[pk])}?period={first}#record")
    form = form_for(request, pk, first)
    if request.method == "POST":
        before = figures_before(request, form.kpi)
        if is_saved(request, form):
            return saved(request, form, before)
        return entry(request, form, status=422)
    return render(request, "kpis/sight/edit.html", {"row": EntryRow.of_form(form)})


def recordable(request, pk: int) -> Kpi:
    kpis = Kpi.objects.visible_to(request.user).select_related("goal__cycle", "goal__figures", "organisation")
    kpi = get_object_or_404(kpis, pk=pk)
    if not can_record(request.user, kpi):
        raise PermissionDenied
    return kpi


def form_for(request, pk: int, first: str) -> ValueForm:
    kpi = recordable(request, pk)
    line = course_of(kpi).line_of(day(first))
    if line is None or not line.is_within_life:
        raise Http404
    made = DoneForm if kpi.kind == Kpi.Kind.BOOLEAN else ValueForm
    return made(request.POST if request.method == "POST" else None, kpi=kpi, line=line)


def day(text: str):
    try:
        return parse_date(text)
    except ValueError:  # such as 2026-02-30
        return None


def figures_before(request, kpi: Kpi) -> str:
    """The progress of the goal and of the top of its path, sent along until the roll-up has come."""
    tops = Goal.objects.visible_to(request.user).filter(tree_id=kpi.goal.tree_id, parent=None)
    top = tops.values_list("figures__progress", flat=True).first()
    goal = kpi.goal.figures.progress if hasattr(kpi.goal, "figures") else None
    return words.before(kpi.pk, goal, top)


def is_saved(request, form: ValueForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(by=request.user)
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    except VersionMismatch:
        theirs = form.kpi.measurements.select_related("recorded_by").get(period=form.line.period.first)
        if theirs.value != form.cleaned_data["value"]:
            form.meet(theirs)
            return False
    return True


def saved(request, form: ValueForm, before: str):
    """The row says so, and the page begins to ask for the figures."""
    sight = sight_of(request.user, request.user)
    row, due = EntryRow.of_form(form), request.POST.get("place") == "due"
    context = {
        "row": row,
        "goal_id": form.kpi.goal_id,
        "value": words.told_value(form.cleaned_data["value"], form.kpi.unit, form.kpi.kind),
        "due": due,
        "before": before,
        "hello": words.greeting(request.user),
        "sentence": words.what_is_due(sight),
    }
    response = render(request, "kpis/sight/saved.html", context)
    if due:
        return reswap(retarget(response, f"#due-{row.kpi_id}"), "outerHTML")
    return reswap(retarget(response, f"#edit-{row.kpi_id}"), "innerHTML")


def entry(request, form: ValueForm, status: int = 200):
    context = {"row": EntryRow.of_form(form), "focus": request.POST.get("place") != "due"}
    response = render(request, "kpis/sight/entry.html", context, status=status)
    return reswap(retarget(response, f"#entry-{form.kpi.pk}"), "outerHTML")


@require_safe
def preview(request, pk, first):
    """What a value would do, in a sentence; nothing is saved. Of what is no number nothing is said."""
    sight, own, own_kpi = on_its_way(request, pk)
    value, period = number(request.GET.get("value", ""), own_kpi.kpi.unit), own_kpi.period(day(first))
    context = {"kpi_id": pk}
    if value is not None and period is not None:
        figures = supposed(sight.paths, own_kpi.kpi, value, period)
        context |= {"value": exact(value, own_kpi.kpi.unit), "effect": words.would_be(own, pk, figures)}
    return render(request, "kpis/sight/effect.html", context)


def on_its_way(request, pk: int) -> tuple[Sight, OwnGoal, OwnKpi]:
    """The KPI with its goal on the way up: in the reader's sight, else in that of the goal's owner, whose values the
    reader may enter."""
    sight = sight_of(request.user, request.user)
    if (found := among(sight, pk)) is not None:
        return sight, *found
    kpi = recordable(request, pk)
    owner = kpi.goal.owner
    sight = sight_of(owner, request.user) if owner else sight
    found = among(sight, pk)
    if found is None:
        raise Http404
    own, own_kpi = found
    return sight, replace(own, owns=False), own_kpi


def among(sight: Sight, pk: int) -> tuple[OwnGoal, OwnKpi] | None:
    return next(((own, kpi) for own in sight.goals for kpi in own.kpis if kpi.id == pk), None)
