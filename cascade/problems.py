"""Errors of the REST API: `application/problem+json` (RFC 9457) for everything a client can get wrong."""

import sys
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as Invalid
from django.db import DataError, IntegrityError
from django.http import Http404, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from cascade import refusals, unavailable
from cascade.errors import Conflict, RowsRefused, VersionMismatch

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "bad_input",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "version_mismatch",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    500: "server_error",
    503: "unavailable",
}
NOT_FOUND = "It is not there, or you may not see it."
AWAY = "The database is busy or away. Nothing was changed. Try again."


class FieldError(serializers.Serializer):
    row = serializers.IntegerField(required=False, help_text="Of many rows the one that is wrong, counted from 1.")
    field = serializers.CharField(help_text="Path of the field, `rows.3.value` inside lists; empty for the whole body.")
    code = serializers.CharField(help_text="Stable code for programs.")
    message = serializers.CharField(help_text="The reason in words for people.")


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457). `errors` lists the fields of bad input, `current` the version a row has now."""

    type = serializers.CharField(help_text="`urn:cascade:problem:` and the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable code for programs.")
    errors = FieldError(many=True, required=False)
    current = serializers.IntegerField(required=False)
    accepted = serializers.IntegerField(required=False, help_text="Of many rows those that were written: none.")
    unchanged = serializers.IntegerField(required=False, help_text="Of many rows those that say nothing new.")
    rejected = serializers.IntegerField(required=False, help_text="Of many rows those that are wrong.")


def body(status: int, detail: str, code: str = "", **members) -> dict:
    code = code or CODES.get(status, "error")
    title = HTTPStatus(status).phrase
    return {
        "type": f"urn:cascade:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }


def problem(status: int, detail: str, code: str = "", headers: dict | None = None, **members) -> Response:
    return Response(body(status, detail, code, **members), status, headers=headers, content_type=MEDIA_TYPE)


def handle(error: Exception, context: dict) -> Response | None:
    """The answer to an exception of a view; None lets a defect of ours rise."""
    if isinstance(error, exceptions.ValidationError):
        return bad_input(list(flattened(error.detail)))
    if isinstance(error, Invalid):
        return bad_input(list(django_errors(error)))
    if isinstance(error, exceptions.APIException):
        return of_rest_framework(error)
    if isinstance(error, Http404):
        return problem(404, NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "You may not do this.")
    if isinstance(error, Conflict):
        return problem(409, str(error), error.code, **({"errors": error.errors} if error.errors else {}))
    if isinstance(error, VersionMismatch):
        return problem(412, str(error), current=error.current)
    if isinstance(error, RowsRefused):
        return problem(error.status, str(error), errors=error.errors, **error.counts)
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The body is larger than this server takes.")
    if isinstance(error, IntegrityError):
        return problem(409, "It clashes with what is stored: something with this identity exists, or is still in use.")
    if isinstance(error, DataError):
        return bad_input([field_error("", "invalid", "A value is outside of what can be stored.")])
    if unavailable.passes(error):
        return problem(503, AWAY, headers={"Retry-After": unavailable.RETRY_AFTER})
    return None


def bad_input(errors: list[dict]) -> Response:
    return problem(400, "; ".join(error["message"] for error in errors[:3]), errors=errors)


def field_error(field: str, code: str, message: str) -> dict:
    return {"field": field, "code": code, "message": message}


def of_rest_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(error.wait)))
    members = {}
    if isinstance(error, exceptions.ParseError):
        members["errors"] = [field_error("", error.detail.code, str(error.detail))]
    return problem(error.status_code, str(error.detail), headers=headers, **members)


def flattened(detail, field: str = ""):
    """Field errors of a serializer's nested detail."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = "" if name == "non_field_errors" else str(name)
            yield from flattened(inner, ".".join(part for part in (field, here) if part))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from flattened(inner, f"{field}.{position}".lstrip(".") if nested else field)
    else:
        yield field_error(field, detail.code, str(detail))


def django_errors(error: Invalid):
    """Field errors of a model's ValidationError."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, found in by_field.items():
        for one in found:
            field = "" if name == NON_FIELD_ERRORS else name
            yield field_error(field, one.code or "invalid", " ".join(one.messages))


def is_api(request) -> bool:
    return request.path.startswith("/api/")


def answer(status: int, detail: str) -> HttpResponse:
    return JsonResponse(body(status, detail), status=status, content_type=MEDIA_TYPE)


@login_not_required
@csrf_exempt  # there is nothing to protect, and a refusal would be a page
def unknown_path(request, rest: str = "") -> HttpResponse:
    hint = "" if request.path.endswith("/") else " Paths end with a slash."
    return answer(404, f"There is nothing at this address.{hint}")


def bad_request(request, exception) -> HttpResponse:
    if is_api(request):
        return answer(400, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def page_not_found(request, exception) -> HttpResponse:
    return answer(404, NOT_FOUND) if is_api(request) else defaults.page_not_found(request, exception)


def permission_denied(request, exception) -> HttpResponse:
    return answer(403, "You may not do this.") if is_api(request) else refusals.permission_denied(request, exception)


def server_error(request) -> HttpResponse:
    """Django calls this inside the handling of whatever no view has caught."""
    if is_api(request) and not unavailable.passes(sys.exc_info()[1]):
        return answer(500, "Something failed here; it has been noted.")
    return unavailable.server_error(request)
