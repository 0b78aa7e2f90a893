import datetime as dt
import sqlite3

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from cascade.models import Heartbeat
from cascade.tasks import heartbeat
from cascade.unavailable import passes


@pytest.fixture
def alive(db, settings, tmp_path):
    """Every part as it must be."""
    settings.QUEUE_DIR = tmp_path
    (tmp_path / "messages").mkdir()
    heartbeat()


def parts(client):
    answer = client.get("/healthz/ready")
    assert answer.headers["Retry-After" if answer.status_code == 503 else "Cache-Control"]
    return answer.status_code, {name for name, fine in answer.json()["parts"].items() if not fine}


def test_ready_when_every_part_is(client, alive):
    assert parts(client) == (200, set())


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_not_ready_when_a_part_has_been_silent_or_never_seen(client, alive, part):
    Heartbeat.objects.filter(part=part).update(seen_at=timezone.now() - dt.timedelta(seconds=91))
    assert parts(client) == (503, {part})
    Heartbeat.objects.filter(part=part).delete()
    assert parts(client) == (503, {part})
    heartbeat()
    assert parts(client) == (200, set())


def test_not_ready_while_a_migration_is_missing(client, alive):
    MigrationRecorder(connection).record_unapplied("cascade", "0001_heartbeat")
    assert parts(client) == (503, {"migrations", "worker", "beat"})


def test_not_ready_without_the_folder_of_the_embedded_broker(client, alive, settings, tmp_path):
    settings.EMBEDDED_BROKER, settings.QUEUE_DIR = True, tmp_path / "gone"
    assert parts(client) == (503, {"broker"})


def test_live_needs_no_database_and_no_known_host(client):
    answer = client.get("/healthz/live", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_probes_only_read(client):
    assert client.post("/healthz/live").status_code == 404
    assert client.get("/healthz/").status_code == 404


def test_ready_asks_the_database_a_fixed_number_of_small_questions(client, alive, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        client.get("/healthz/ready")


def sqlite_error(code):
    cause = sqlite3.OperationalError("x")
    cause.sqlite_errorcode = code
    error = OperationalError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OperationalError("connection refused"), True),
        (InterfaceError("connection already closed"), True),
        (sqlite_error(sqlite3.SQLITE_BUSY), True),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), True),
        (sqlite_error(sqlite3.SQLITE_ERROR), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_goes_away_by_itself_is_answered_with_try_again(error, away):
    assert passes(error) is away


@pytest.fixture
def broken(client, db, monkeypatch):
    """Pages whose database is away: the driver itself refuses each statement."""
    client.raise_request_exception = False

    def refuse(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        client.cookies[settings.SESSION_COOKIE_NAME] = "anything"
        yield client


def test_a_page_says_try_again_while_the_database_is_away(broken):
    answer = broken.get("/accounts/login/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "not available for a moment" in answer.content.decode()


def test_the_api_says_it_as_a_problem(broken):
    answer = broken.get("/api/v1/me/", headers={"authorization": "Bearer csc_x"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["status"] == 503


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_meanwhile_does_not_count_as_a_database_that_is_away(client):
    connection.ensure_connection()
    connection.health_check_enabled, connection.health_check_done = True, False  # as when a request begins
    connection.connection.close()
    assert client.get("/healthz/ready").json()["parts"]["database"] is True
