"""The reviews of one goal on its page, and how often it is reviewed."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from goals import sections
from goals.access import can_edit
from reviews.calendar import choosing
from reviews.calendar.of_goal import rhythm_form, section

TEMPLATE = "reviews/calendar/of_goal.html"


@require_http_methods(["GET", "HEAD", "POST"])
def rhythm(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    if not can_edit(request.user, goal):
        raise PermissionDenied(_("Only who may change the goal chooses how often it is reviewed."))
    form = rhythm_form(goal, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            choosing.set_rhythm(goal, request.user, **form.chosen())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return sections.done(request, goal, TEMPLATE, section(goal, request.user), "reviews")
    context = section(goal, request.user) | {"form": form}
    return sections.show(request, goal, TEMPLATE, context, status=422 if form.errors else 200)
