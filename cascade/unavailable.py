"""The answer while a part is away: 503 with Retry-After instead of 500, so that clients try again by themselves."""

import sqlite3
import sys

from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from django.shortcuts import render

from cascade.refusals import server_error as internal_error

RETRY_AFTER = "5"


def passes(error: BaseException | None) -> bool:
    """Whether a database error goes away by itself: no connection, a lock, a full disk; not a missing table.

    PostgreSQL's driver keeps these errors apart; SQLite's calls a missing table operational too, with code 1.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    return not (isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 1) == sqlite3.SQLITE_ERROR)


def server_error(request):
    """Django calls this inside the handling of whatever no view has caught."""
    if not passes(sys.exc_info()[1]):
        return internal_error()
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    if request.path_info.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": "Service unavailable",
            "status": 503,
            "code": "unavailable",
            "detail": "The database cannot be reached. Nothing was changed. Try again.",
        }
        return JsonResponse(problem, status=503, content_type="application/problem+json", headers=headers)
    response = render(None, "503.html", status=503)
    for name, value in headers.items():
        response.headers[name] = value
    return response
