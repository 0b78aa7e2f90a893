"""The minutes of a review, as a page and as a document."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviews.room import minutes
from reviews.room.views import found


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    return render(request, "reviews/minutes.html", {"review": review, "minutes": minutes.minutes(review, request.user)})


@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    review = found(request, pk)
    content = minutes.document(minutes.minutes(review, request.user))
    headers = {"Content-Disposition": f'inline; filename="{minutes.file_name(review)}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
