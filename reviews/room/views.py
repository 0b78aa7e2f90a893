"""The room in which a review is held."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from reviews.models import Review


def found(request: HttpRequest, pk: int) -> Review:
    related = ("organisation", "goal__level", "goal__unit", "goal__owner__unit", "goal__figures", "owner")
    return get_object_or_404(Review.objects.visible_to(request.user).select_related(*related), pk=pk)


@require_safe
def room(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    return render(request, "reviews/room.html", {"review": review, "goal": review.goal})
