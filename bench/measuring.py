"""Benchmarks compare a subject with a floor in one run: alternating, medians, CPU time of client and database together.

A ratio says something on any machine; a bare millisecond does not. CPU time is what the kernel counted for this process
and, on PostgreSQL, for the backend that serves it.
"""

import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def set_up(url: str) -> None:
    """Django on an empty, migrated database; the roll-up is called by hand, so nobody listens to the broker."""
    os.environ |= {"DATABASE_URL": url, "SECRET_KEY": "only-for-benchmarks-" + "x" * 40, "LOG_LEVEL": "ERROR"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "cascade.settings"
    os.environ.setdefault("DATA_DIR", str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "bench"))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def cpu() -> float:
    """Milliseconds of CPU used so far by this process and its PostgreSQL backend."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return on_cpu("self")
    connection.ensure_connection()
    return on_cpu("self") + on_cpu(connection.connection.get_backend_pid())


def on_cpu(pid) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent, transaction control left out."""
    from django.db import connection

    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def alternate(rounds: int, **acts: Callable[[], object]) -> dict[str, float]:
    """The median CPU milliseconds of each act, one after the other in every round; the first round warms up."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(rounds + 1):
        for name, act in acts.items():
            before = cpu()
            act()
            if number:
                taken[name].append(cpu() - before)
    return {name: statistics.median(values) for name, values in taken.items()}
