"""Checking in."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kpis.models import Kpi
from reviews import access, checking_in, reading
from reviews.forms import CheckInForm, form_of
from reviews.models import CheckIn, Review


def found(request: HttpRequest, pk: int) -> Review:
    """The review, when the reader may check in for it."""
    reviews = Review.objects.visible_to(request.user)
    review = get_object_or_404(reviews.select_related("goal__level", "goal__figures", "goal__owner", "owner"), pk=pk)
    if not access.can_check_in(request.user, review):
        raise PermissionDenied(_("Only its owner and contributors check in for a goal."))
    return review


def check_in(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    kept = CheckIn.objects.filter(review=review, author=request.user).first()
    form = CheckInForm(request.POST) if request.method == "POST" else form_of(kept)
    if request.method == "POST" and form.is_valid():
        try:
            checking_in.submit(review, request.user, form.cleaned_data["version"], **form.written())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{request.path}?done=1")
    kpis = Kpi.objects.visible_to(request.user).active().filter(goal_id=review.goal_id)
    context = {
        "review": review,
        "goal": review.goal,
        "form": form,
        "kept": kept,
        "done": "done" in request.GET and kept is not None and not kept.is_draft,
        "kpis": kpis.with_figures().order_by("pk"),
        "before": reading.before(review, request.user),
        "open": review.is_owed,
    }
    return render(request, "reviews/check_in.html", context, status=422 if form.errors else 200)


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps the draft while it is typed; answers when it was kept, with the version to go on from."""
    review, form = found(request, pk), CheckInForm(request.POST)
    held = CheckIn.objects.filter(review=review, author=request.user).first()
    if not form.is_valid() or (held is not None and not held.is_draft):
        return HttpResponse(status=204)
    draft = checking_in.keep_draft(review, request.user, form.cleaned_data["version"], **form.written())
    return render(request, "reviews/kept.html", {"draft": draft})
