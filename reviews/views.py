"""Checking in."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cascade.errors import VersionMismatch
from kpis.models import Kpi
from reviews import access, checking_in, reading
from reviews.forms import CheckInForm, form_of
from reviews.models import CheckIn, Review

MOST = 200


def found(request: HttpRequest, pk: int) -> Review:
    """The review, when the reader may check in for it."""
    reviews = Review.objects.visible_to(request.user)
    review = get_object_or_404(reviews.select_related("goal__level", "goal__figures", "goal__owner", "owner"), pk=pk)
    if not access.can_check_in(request.user, review):
        raise PermissionDenied(_("Only its owner and contributors check in for a goal."))
    return review


def check_in(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    kept, theirs = CheckIn.objects.filter(review=review, author=request.user).first(), None
    form = CheckInForm(request.POST) if request.method == "POST" else form_of(kept)
    if request.method == "POST" and form.is_valid():
        try:
            checking_in.submit(review, request.user, form.cleaned_data["version"], **form.written())
        except ValidationError as refusal:
            form.refuse(refusal)
        except VersionMismatch:
            kept = theirs = CheckIn.objects.get(review=review, author=request.user)
            form.meet(theirs)
        else:
            return redirect(f"{request.path}?done=1")
    kpis = Kpi.objects.visible_to(request.user).active().filter(goal_id=review.goal_id)
    context = {
        "review": review,
        "goal": review.goal,
        "form": form,
        "kept": kept,
        "theirs": theirs,
        "corrections": kept.corrections.select_related("by") if kept else [],
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
    try:
        draft = checking_in.keep_draft(review, request.user, form.cleaned_data["version"], **form.written())
    except VersionMismatch:
        return render(request, "reviews/kept.html", {"draft": None}, status=422)
    return render(request, "reviews/kept.html", {"draft": draft})


@require_safe
def disagreeing(request: HttpRequest) -> HttpResponse:
    """Goals whose owner says something else than the figures."""
    rows = reading.disagreeing(request.user)
    context = {"rows": rows[:MOST], "count": rows.count(), "most": MOST}
    return render(request, "reviews/disagreeing.html", context)
