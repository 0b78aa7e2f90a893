"""The pages of KPIs: one KPI with its values, its definition, a new one."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import replace_url

from cascade.errors import Conflict, VersionMismatch
from cascade.once import make_once
from goals import path
from goals.access import Rights
from goals.models import Goal
from goals.past import thresholds
from kpis import access, advising, charts, definitions, history, library, target_words, targets, words
from kpis.annotation_forms import AnnotationForm
from kpis.around import around_kpi
from kpis.calculation import calculation
from kpis.course import LAST_PERIODS, Course, Line, course_of
from kpis.events import happened
from kpis.forecast import words as forecast_words
from kpis.forms import DoneForm, KpiForm, StateForm, ValueForm, WithdrawForm
from kpis.models import Kpi
from kpis.rolled import telling
from kpis.rolled.preview import preview_of

LAST_CHANGES = 6
MOST_ANNOTATIONS = 100
GOAL = ("cycle", "level", "organisation", "owner__unit", "unit", "figures")


def found(request, pk: int) -> Kpi:
    kpi = get_object_or_404(Kpi.objects.visible_to(request.user).select_related("data_owner", "figures"), pk=pk)
    kpi.goal = Goal.objects.with_freshness().select_related(*GOAL).get(pk=kpi.goal_id)
    kpi.organisation = kpi.goal.organisation
    return kpi


def may(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def detail(request, pk):
    return page(request, course_of(found(request, pk)))


def record(request, pk, first):
    kpi = found(request, pk)
    if request.method != "POST":
        return redirect("kpis:detail", pk)
    may(access.can_record(request.user, kpi))
    course = course_of(kpi)
    line = line_at(course, first)
    form = value_form(kpi)(request.POST, kpi=kpi, line=line)
    return saved(request, form, line) or page(request, course, line, form=form)


def withdraw(request, pk, first):
    kpi = found(request, pk)
    if request.method != "POST":
        return redirect("kpis:detail", pk)
    may(access.can_record(request.user, kpi))
    course = course_of(kpi)
    line = line_at(course, first)
    form = WithdrawForm(request.POST, kpi=kpi, line=line)
    return saved(request, form, line) or page(request, course, line, withdrawal=form)


@require_POST
def use_first_value(request, pk):
    kpi = found(request, pk)
    may(access.can_edit(request.user, kpi))
    try:
        kpi = definitions.use_first_value_as_baseline(kpi, by=request.user)
    except Conflict as refusal:
        messages.error(request, str(refusal))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Progress is now measured from the first value."))
    return redirect("kpis:detail", pk)


def goal_to_measure(request, goal_id) -> Goal:
    goal = get_object_or_404(Goal.objects.visible_to(request.user).select_related(*GOAL), pk=goal_id)
    may(Rights.of(request.user).can_edit(goal))
    return goal


def new(request, goal_id):
    goal = goal_to_measure(request, goal_id)
    template = library.kpi_template(request.GET.get("template", ""))
    form = KpiForm(request.POST or None, person=request.user, goal=goal, template=template)
    if request.method == "POST" and form.is_valid():
        try:
            pk = make_once(request.user, form.cleaned_data["once"], lambda: form.save(by=request.user))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The KPI is there. Its first value can be entered now."))
            return redirect("kpis:detail", pk)
    return form_page(request, goal, form)


def edit(request, pk):
    kpi = found(request, pk)
    may(access.can_edit(request.user, kpi))
    form = KpiForm(request.POST or None, person=request.user, goal=kpi.goal, kpi=kpi)
    both = None
    if request.method == "POST" and form.is_valid():
        try:
            form.save(by=request.user)
        except ValidationError as refusal:
            form.refuse(refusal)
        except VersionMismatch:
            both = form.meet(kpi)
        else:
            messages.success(request, _("The KPI is saved."))
            return redirect("kpis:detail", pk)
    return form_page(request, kpi.goal, form, kpi=kpi, both=both, state_form=StateForm(kpi=kpi))


@require_POST
def change_state(request, pk):
    kpi = found(request, pk)
    may(access.can_edit(request.user, kpi))
    form = StateForm(request.POST, kpi=kpi)
    if form.is_valid():
        kpi = form.save(by=request.user)
        messages.success(request, _("The KPI is %(state)s now.") % {"state": kpi.get_state_display().lower()})
        return redirect("kpis:detail", pk)
    shown = KpiForm(person=request.user, goal=kpi.goal, kpi=kpi)
    return form_page(request, kpi.goal, shown, kpi=kpi, state_form=form)


def form_page(request, goal, form, *, kpi=None, both=None, state_form=None):
    """`both` are the fields that somebody else changed too (None: nobody did)."""
    refused = form.errors or both is not None or (state_form is not None and state_form.errors)
    context = {
        "form": form,
        "goal": goal,
        "kpi": kpi,
        "both": both,
        "theirs": history.last_changes(kpi, 1, request.user)[:1] if both is not None else [],
        "state_form": state_form,
        "above": path.above(goal, request.user),
        "said": advising.said(form),
        "preview": preview_of(form, request.user),
        "preview_url": reverse("kpis:preview_values", args=[kpi.pk])
        if kpi
        else reverse("kpis:preview_new_values", args=[goal.pk]),
        "templates_url": "" if kpi else reverse("kpis:kpi_templates", args=[goal.pk]),
        "said_url": reverse("kpis:smart", args=[kpi.pk]) if kpi else reverse("kpis:smart_new", args=[goal.pk]),
    }
    return render(request, "kpis/edit.html", context, status=422 if refused else 200)


def detail_url(kpi: Kpi) -> str:
    return reverse("kpis:detail", args=[kpi.pk])


def line_at(course: Course, first: str) -> Line:
    line = course.line_of(day(first))
    if line is None or not line.is_within_life:
        raise Http404
    return line


def day(text: str):
    try:
        return parse_date(text)
    except ValueError:  # such as 2026-02-30
        return None


def value_form(kpi: Kpi) -> type[ValueForm]:
    return DoneForm if kpi.kind == Kpi.Kind.BOOLEAN else ValueForm


def saved(request, form, line: Line):
    """Saves a value or withdrawal and goes to the page that tells what it did; None when it is refused."""
    if not form.is_valid():
        return None
    kpi = form.kpi
    try:
        form.save(by=request.user)
    except ValidationError as refusal:
        form.refuse(refusal)
        return None
    except VersionMismatch:
        theirs = kpi.measurements.select_related("recorded_by").get(period=line.period.first)
        if theirs.value != form.cleaned_data["value"]:
            form.meet(theirs)
            return None
    revision = kpi.revisions.filter(period=line.period.first).latest("recorded_at", "pk")
    told = request.session.get("recorded", {})
    if told.get("revision") != revision.pk:  # sent twice: what stood before the first time is still meant
        was = kpi.goal.figures.progress if hasattr(kpi.goal, "figures") else None
        request.session["recorded"] = {"revision": revision.pk, "was": None if was is None else str(was)}
    return redirect(f"{detail_url(kpi)}?recorded={revision.pk}")


def page(request, course: Course, line: Line | None = None, *, form=None, withdrawal=None, annotation=None):
    """The page of a KPI; `form`, `withdrawal` or `annotation` when one was refused."""
    kpi, person = course.kpi, request.user
    line = line or chosen(request, course)
    may_annotate = access.can_annotate(person, kpi)
    may_record = kpi.state == Kpi.State.ACTIVE and may_annotate and not kpi.is_derived
    if may_record and line is not None:
        form = form or value_form(kpi)(kpi=kpi, line=line)
        withdrawal = withdrawal or WithdrawForm(kpi=kpi, line=line)
        if "period" in request.GET:
            form.focus("value")
    refused = any(each is not None and each.errors for each in (form, withdrawal, annotation))
    may_edit, asked = access.can_edit(person, kpi), target_words.told(kpi, targets.decisions(kpi))
    annotations = list(kpi.annotations.select_related("author")[:MOST_ANNOTATIONS])
    for each in annotations:
        each.may_remove = may_edit or each.author_id == person.pk
    events = happened(course, asked, annotations)
    forecast = forecast_words.told(kpi)
    if may_annotate:
        annotation = annotation or AnnotationForm(kpi=kpi)
    context = {
        "kpi": kpi,
        "goal": kpi.goal,
        "course": course,
        "score": course.score,
        "line": line,
        "form": form if may_record else None,
        "withdrawal": withdrawal if line and line.value is not None else None,
        "may_edit": may_edit,
        "words": words.told(course),
        "calculation": calculation(course.definition, course.score, course.fiscal, thresholds(kpi.organisation)),
        "figure": charts.figure_of(course, events, forecast.forecast.path if forecast else ()),
        "forecast": forecast,
        "events": events,
        "annotations": annotations,
        "annotation_form": annotation,
        "recorders": [] if kpi.is_derived else recorders(kpi),
        "origin": telling.on_page(kpi, person, course.measured[-1].value if course.measured else None),
        "lines": course.lines if "all" in request.GET else course.lines[:LAST_PERIODS],
        "around": around_kpi(kpi, person),
        "asked": asked,
        "changes": history.last_changes(kpi, LAST_CHANGES, person),
        "recorded": recorded(request, course),
        "above": path.above(kpi.goal, person),
    }
    response = render(request, "kpis/detail.html", context, status=422 if refused else 200)
    return replace_url(response, False) if refused and request.htmx else response


def recorders(kpi: Kpi) -> list:
    """Who may enter its values, beside who may edit its goal."""
    found = {each.pk: each for each in (kpi.data_owner, kpi.goal.owner, *kpi.goal.contributors.all()) if each}
    return list(found.values())


def chosen(request, course: Course) -> Line | None:
    line = course.line_of(day(request.GET.get("period", "")))
    return line if line and line.is_within_life else course.current


def recorded(request, course: Course) -> dict | None:
    """What the reader has just done here and the goal's progress before, for the address that `saved` goes to."""
    told = request.session.get("recorded", {})
    if str(told.get("revision")) != request.GET.get("recorded"):
        return None
    changes = ((line, change) for line in course.lines for change in line.changes)
    for line, change in changes:
        if change.revision.pk == told["revision"]:
            was = told["was"] and Decimal(told["was"])
            return {"line": line, "change": change, "effect": words.effect(course.kpi.goal, was)}
    return None
