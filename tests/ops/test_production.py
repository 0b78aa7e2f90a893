"""The commands of docker-compose.yml with the variables of .env.example, against real PostgreSQL and Redis servers."""

import contextlib
import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import psycopg2
import pytest

from tests import servers
from tests.ops.running import CLEAN, ROOT, eventually
from tests.ops.test_compose import EXAMPLE, SERVICES

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

PROGRAMS = {"python": [sys.executable], "gunicorn": [sys.executable, "-m", "gunicorn"]}
PROGRAMS["celery"] = [sys.executable, "-m", "celery"]
THROUGH_THE_PROXY = {"Host": "cascade.example.com", "X-Forwarded-Proto": "https"}


class Production:
    def __init__(self, database: str, redis_port: int, folder):
        self.port, self.redis_port, self.database = servers.free_port(), redis_port, database
        filled_in = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE)) | {"SECRET_KEY": "k" * 50}
        redis = f"redis://127.0.0.1:{redis_port}"
        self.env = CLEAN | filled_in | {"DATABASE_URL": database, "BROKER_URL": f"{redis}/0", "CACHE_URL": f"{redis}/1"}
        self.env |= {"DATA_DIR": str(folder), "HOST": "0.0.0.0"}
        self.processes = {}
        self.log = (folder / "log").open("a")

    def command(self, words: list[str]) -> list[str]:
        program, *options = [word.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}") for word in words]
        return [*PROGRAMS[program], *options]

    def start(self, service: str):
        self.processes[service] = subprocess.Popen(
            self.command(shlex.split(SERVICES[service]["command"])),
            cwd=ROOT,
            env=self.env,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        return self.processes[service]

    def healthy(self, service: str) -> bool:
        check = self.command(SERVICES[service]["healthcheck"]["test"][1:])
        check = [word.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}") for word in check]
        return subprocess.run(check, cwd=ROOT, env=self.env, capture_output=True).returncode == 0

    def get(self, path: str, **headers) -> tuple[int, dict, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)) as web:
            web.request("GET", path, headers=THROUGH_THE_PROXY | headers)
            answer = web.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def missing(self) -> set[str] | None:
        try:
            _, _, body = self.get("/healthz/ready")
        except OSError:
            return None
        return {name for name, fine in json.loads(body)["parts"].items() if not fine}

    def query(self, sql: str, database: str = "postgres"):
        with contextlib.closing(psycopg2.connect(self.database.rsplit("/", 1)[0] + "/" + database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []

    def send_heartbeat(self):
        program = "from cascade.tasks import heartbeat; heartbeat.delay()"
        script = f"import django; django.setup(); {program}"
        env = self.env | {"DJANGO_SETTINGS_MODULE": "cascade.settings"}
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=True)


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        redis_port = servers.free_port()
        redis = stack.enter_context(contextlib.ExitStack())
        redis.enter_context(servers.redis(redis_port))
        database = stack.enter_context(servers.postgres())
        production = Production(database, redis_port, tmp_path_factory.mktemp("production"))
        production.redis = redis
        assert production.start("migrate").wait(timeout=120) == 0
        for service in ("web", "worker", "beat"):
            production.start(service)
        yield production
        for process in production.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def test_it_becomes_ready_and_every_container_healthy(production):
    eventually(lambda: production.missing() == set())
    assert {service: production.healthy(service) for service in ("web", "worker", "beat")} == dict.fromkeys(
        ("web", "worker", "beat"), True
    )


def test_only_its_own_name_over_https_is_served(production):
    assert production.get("/accounts/login/")[1]["Strict-Transport-Security"].startswith("max-age=31536000")
    assert production.get("/accounts/login/", Host="evil.example.com")[0] == 400
    status, headers, _ = production.get("/accounts/login/", **{"X-Forwarded-Proto": "http"})
    assert (status, headers["Location"]) == (301, "https://cascade.example.com/accounts/login/")


def test_while_postgresql_refuses_everything_says_try_again_and_comes_back_by_itself(production):
    production.query("ALTER DATABASE cascade ALLOW_CONNECTIONS false")
    production.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cascade'")
    began = time.monotonic()
    for path in ("/api/v1/me/", "/accounts/login/"):
        headers = {"Authorization": "Bearer csc_0123456789", "Cookie": "__Host-sessionid=" + "x" * 32}
        status, answered, _ = production.get(path, **headers)
        assert (path, status, answered["Retry-After"]) == (path, 503, "5")
    assert time.monotonic() - began < 10
    assert {"database"} <= production.missing() <= {"database", "migrations", "worker", "beat"}
    assert production.get("/healthz/live")[0] == 200
    production.query("ALTER DATABASE cascade ALLOW_CONNECTIONS true")
    eventually(lambda: production.missing() == set(), seconds=60)
    assert production.get("/api/v1/me/", Authorization="Bearer csc_0123456789")[0] == 401


def test_the_worker_goes_on_after_redis_was_away(production):
    production.redis.close()
    assert production.missing() == {"broker"}
    production.redis.enter_context(servers.redis(production.redis_port))
    eventually(lambda: production.missing() == set())
    production.query("UPDATE cascade_heartbeat SET seen_at = '2020-01-01'", "cascade")
    production.send_heartbeat()
    eventually(lambda: production.missing() == set())


def test_a_killed_worker_is_noticed(production):
    os.killpg(production.processes["worker"].pid, signal.SIGKILL)
    production.query("UPDATE cascade_heartbeat SET seen_at = '2020-01-01' WHERE part = 'worker'", "cascade")
    assert production.missing() == {"worker"}
    assert not production.healthy("worker")
    production.start("worker")
    eventually(lambda: production.missing() == set())


def test_everything_stops_gently(production):
    for service in ("web", "worker", "beat"):
        production.processes[service].terminate()
    assert [production.processes[service].wait(timeout=60) for service in ("web", "worker", "beat")] == [0, 0, 0]
