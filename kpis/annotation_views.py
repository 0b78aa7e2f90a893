"""Saying on the page of a KPI what happened on a day."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cascade.once import make_once
from kpis import access
from kpis.annotation_forms import AnnotationForm
from kpis.course import course_of
from kpis.views import found, may, page


def add(request, pk):
    kpi = found(request, pk)
    if request.method != "POST":
        return redirect("kpis:detail", pk)
    may(access.can_annotate(request.user, kpi))
    form = AnnotationForm(request.POST, kpi=kpi)
    if not form.is_valid():
        return page(request, course_of(kpi), annotation=form)
    make_once(request.user, form.cleaned_data["once"], lambda: form.save(by=request.user))
    return redirect(f"{reverse('kpis:detail', args=[pk])}#annotations")


@require_POST
def remove(request, pk, annotation_id):
    kpi = found(request, pk)
    annotation = get_object_or_404(kpi.annotations, pk=annotation_id)
    may(annotation.author_id == request.user.pk or access.can_edit(request.user, kpi))
    annotation._history_user = request.user
    annotation.delete()
    messages.success(request, _("The annotation is gone."))
    return redirect(f"{reverse('kpis:detail', args=[pk])}#annotations")
