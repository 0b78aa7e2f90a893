"""Pages instead of the one that was asked for. htmx gets the same status with one sentence as plain text, for a toast;
where it gets a page, the toast has a sentence for the status (static/js/toasts.js)."""

from http import HTTPStatus

import structlog
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import Conflict, VersionMismatch

OLD_FORM = gettext_lazy("This page was open for too long. Reload it, then send it again.")


def refuse(request, status: int, sentence: str, template: str = "") -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return render(request, template or f"{status}.html", {"sentence": sentence}, status=status)


def permission_denied(request, error) -> HttpResponse:
    return refuse(request, 403, str(error) or _("You may not do this."))


def csrf_failure(request, reason="") -> HttpResponse:
    return refuse(request, 403, OLD_FORM, "403_csrf.html")


def too_many_requests(request) -> HttpResponse:
    response = refuse(request, 429, _("That was a lot at once. Wait a minute, then try again."))
    response.headers["Retry-After"] = "60"
    return response


def server_error() -> HttpResponse:
    """Needs neither the request nor the database. The log names the same request."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    page = render_to_string("500.html", {"request_id": request_id})
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)


class RefusalMiddleware:
    """A change that no longer fits what is stored, where the page has no better answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(error, Conflict | VersionMismatch):
            return refuse(request, 409, str(error))
        return None
