"""Entering a value on the page of the goal that the KPI measures. Without JavaScript the KPI's own page takes it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from cascade.errors import Conflict
from kpis import sight_words as words
from kpis.course import course_of
from kpis.due import owed
from kpis.entry import EntryRow
from kpis.entry_views import form_for, is_saved, recordable


@require_http_methods(["GET", "HEAD"])
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for the period that a value is entered for by who does not say which."""
    kpi = recordable(request, pk)
    course = course_of(kpi)
    values = {line.period.first: line.held for line in course.lines if line.value is not None}
    due = owed(course.definition, values, course.on, course.fiscal, kpi.organisation.grace).entry(course.on)
    if due is None:
        raise Conflict("not_measured_yet", _("Its first period has not begun."))
    form = form_for(request, pk, due.period.first.isoformat())
    return render(request, "kpis/around/value.html", {"row": EntryRow.of_form(form)})


@require_http_methods(["POST"])
def enter(request: HttpRequest, pk: int, first: str) -> HttpResponse:
    form = form_for(request, pk, first)
    if is_saved(request, form):
        row = EntryRow.of_form(form)
        value = words.told_value(form.cleaned_data["value"], form.kpi.unit, form.kpi.kind)
        return render(request, "kpis/around/value_saved.html", {"row": row, "value": value})
    row = EntryRow.of_form(form)
    response = render(request, "kpis/sight/entry.html", {"row": row, "focus": True}, status=422)
    return reswap(retarget(response, f"#entry-{pk}"), "outerHTML")
