"""`/healthz/live` and `/healthz/ready`: cheap, open to everybody, no details.

Live says that the web process answers. Ready says that the database answers and has every migration, that the
broker can be reached and that a worker and beat were alive within MAX_SILENCE.
"""

import datetime as dt
import os
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from cascade.celery import app
from cascade.models import Heartbeat

MAX_SILENCE = dt.timedelta(seconds=90)


@cache
def shipped_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:  # which replaces a connection that broke while the database was away
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def migrations_applied() -> bool:
    return shipped_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


def broker_answers() -> bool:
    if settings.EMBEDDED_BROKER:
        return os.access(settings.QUEUE_DIR / "messages", os.R_OK | os.W_OK | os.X_OK)
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
            return True
    except (BrokerError, OSError):
        return False


def readiness() -> dict[str, bool]:
    """Each part by its name and whether it is as it must be."""
    parts = {"database": database_answers(), "migrations": False, "broker": broker_answers()}
    parts |= {"worker": False, "beat": False}
    if parts["database"]:
        parts["migrations"] = migrations_applied()
    if parts["migrations"]:
        since = timezone.now() - MAX_SILENCE
        alive = Heartbeat.objects.filter(seen_at__gte=since).values_list("part", flat=True)
        parts |= dict.fromkeys(alive, True)
    return parts


def live(request) -> JsonResponse:
    return JsonResponse({"status": "live"})


def ready(request) -> JsonResponse:
    parts = readiness()
    if all(parts.values()):
        return JsonResponse({"status": "ready", "parts": parts})
    return JsonResponse({"status": "not ready", "parts": parts}, status=503, headers={"Retry-After": "5"})


class HealthMiddleware:
    """Answers before the host check and the session, because probes come by address and must not need the database."""

    views = {"/healthz/live": live, "/healthz/ready": ready}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        view = self.views.get(request.path_info.removesuffix("/"))
        if view is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        response._has_been_logged = True  # Django would log an error for each 503 that a probe asks for
        return response
