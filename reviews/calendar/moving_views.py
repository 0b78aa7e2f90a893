"""Moving a review, calling it off and planning it again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cascade.errors import VersionMismatch
from cascade.templatetags.ui import weekday
from people.views import safe_next
from reviews import access, schedule
from reviews.calendar import moving
from reviews.calendar.forms import MoveForm, ReasonForm
from reviews.models import Review

read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def found(request: HttpRequest, pk: int) -> Review:
    reviews = Review.objects.visible_to(request.user)
    joined = ("goal__level", "goal__unit", "goal__owner__unit", "owner")
    review = get_object_or_404(reviews.select_related(*joined), pk=pk)
    if not access.can_hold(request.user, review):
        raise PermissionDenied(_("Only who owes it, and who may change the goal, moves this review."))
    return review


@read_or_write
def move(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    form = MoveForm(request.POST if request.method == "POST" else None, review=review)

    def act(told):
        moved = moving.move(review, request.user, told["day"], told["reason"], told["version"], told["time"])
        day = weekday(moved.day)
        if moved.day in schedule.workdays_of(request.user.organisation, settings_of(request), [moved.day.year]):
            return _("The review is on %(day)s now.") % {"day": day}
        return _("The review is on %(day)s now, a day on which nobody works.") % {"day": day}

    return answered(request, review, form, act, "move")


def settings_of(request: HttpRequest):
    return schedule.settings_of(request.user.organisation)


@read_or_write
def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None, review=review)

    def act(told):
        moving.call_off(review, request.user, told["reason"], told["version"])
        return _("The review is called off.")

    return answered(request, review, form, act, "call_off")


def answered(request: HttpRequest, review: Review, form: ReasonForm, act, name: str) -> HttpResponse:
    """The form, again with what was refused; what was typed stays when somebody else changed the review meanwhile."""
    if form.is_bound and form.is_valid():
        try:
            words = act(form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        except VersionMismatch as other:
            form.data = {**form.data.dict(), "version": other.current}
            message = _("Somebody else changed this review just now. Look at its day above; send it again to go on.")
            form.add_error(None, ValidationError(message))
            review.refresh_from_db(fields=["day", "time", "state", "reason"])
        else:
            messages.success(request, words)
            return redirect(safe_next(request) or "reviews:calendar")
    context = {"review": review, "goal": review.goal, "form": form, "act": name, "next": safe_next(request)}
    return render(request, "reviews/calendar/change.html", context, status=422 if form.errors else 200)


@require_POST
def plan_again(request: HttpRequest, pk: int) -> HttpResponse:
    moving.plan_again(found(request, pk), request.user)
    messages.success(request, _("The review is planned again."))
    return redirect(safe_next(request) or "reviews:calendar")
