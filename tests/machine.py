"""What this machine can run: leaves out what needs a missing program, and says so at the end.

`make test` runs the suite once on SQLite and, where PostgreSQL and Redis are installed, its database tests once more
on them: `--run first` and `--run second`. With REQUIRE_ALL=1 a test that is left out or skipped is a failure.
"""

import os
import shutil
from collections import Counter

import pytest
from django.conf import settings

from cascade.celery import app
from tests.servers import find_chromium, find_postgres, find_redis

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}
NEEDS = ("browser", "gettext", "postgres", "redis")
left_out: Counter[str] = Counter()


def pytest_addoption(parser):
    parser.addoption("--run", choices=["only", "first", "second"], default="only", help="which run of `make test`")


def pytest_configure(config):
    config.rootpath.joinpath(".pytest_cache").mkdir(exist_ok=True)  # the test database lives there
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if number and settings.CACHE_URL:
        use_redis_databases(2 * number)


def use_redis_databases(number: int) -> None:
    """Two databases of the Redis server for each of the processes that share the work."""
    broker = os.environ["BROKER_URL"] = settings.CELERY_BROKER_URL.rsplit("/", 1)[0] + f"/{number}"
    cache = os.environ["CACHE_URL"] = settings.CACHE_URL.rsplit("/", 1)[0] + f"/{number + 1}"
    settings.CELERY_BROKER_URL = app.conf.broker_url = broker
    settings.CACHE_URL = settings.CACHES["default"]["LOCATION"] = cache


def missing(run: str) -> dict[str, str]:
    """For each marker that cannot run in this run: why, or nothing when the other run takes it."""
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    reasons = {}
    if not find_chromium():
        reasons["browser"] = "Chromium is not installed (apt install chromium)"
    elif run == "second":
        reasons["browser"] = ""
    if not shutil.which("xgettext"):
        reasons["gettext"] = "GNU gettext is not installed (apt install gettext)"
    if not on_postgres:
        reasons["postgres"] = lacking(find_postgres(), "PostgreSQL", "postgresql", run)
    if settings.EMBEDDED_BROKER:
        reasons["redis"] = lacking(find_redis(), "Redis", "redis-server", run)
    return reasons


def lacking(program, name: str, package: str, run: str) -> str:
    if not program:
        return f"{name} is not installed (apt install {package})"
    return "" if run == "first" else f"this run is not on {name} (`make test` starts a private one)"


def pytest_collection_modifyitems(config, items):
    run = config.getoption("run")
    reasons = missing(run)
    kept, dropped = [], []
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        why = [reasons[mark] for mark in NEEDS if mark in marks and mark in reasons]
        left_out.update(filter(None, why[:1]))
        if "browser" in marks:
            item.add_marker(pytest.mark.flaky(reruns=1))  # a browser on a busy machine; said in the summary
        again = run != "second" or marks & {"postgres", "redis", "django_db"} or depends_on_database(item)
        (dropped if why or not again else kept).append(item)
    items[:] = kept
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def depends_on_database(item) -> bool:
    return bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out)
    elif os.environ.get("REQUIRE_ALL") == "1" and (left_out or skipped(session)) and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def skipped(session) -> list:
    return session.config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    for reason, count in getattr(node, "workeroutput", {}).get("left_out", {}).items():
        left_out[reason] = max(left_out[reason], count)


def pytest_terminal_summary(terminalreporter, config):
    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[1]
    broker = "the embedded broker" if settings.EMBEDDED_BROKER else "Redis"
    terminalreporter.section(f"ran on {engine} and {broker}")
    for reason, count in sorted(left_out.items()):
        terminalreporter.line(f"LEFT OUT: {count} test{'s' * (count != 1)}, because {reason}", yellow=True)
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.line(f"RAN AGAIN after a failure: {report.nodeid}", yellow=True)
    if not left_out:
        terminalreporter.line("Nothing was left out." if config.getoption("run") != "first" else FIRST_RUN)


FIRST_RUN = "Nothing was left out; what needs PostgreSQL or Redis runs next."
