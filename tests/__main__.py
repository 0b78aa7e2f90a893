"""Runs the whole suite: on SQLite, then the database tests again on private PostgreSQL and Redis servers, and there the
tests of stress, with the machine to themselves.

python -m tests [options of pytest]
"""

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.servers import find_postgres, find_redis, postgres, redis

NOTHING_TO_DO = 5
PROCESSES = min(4, os.cpu_count() or 1)


def run(which: str, marks: str = "not stress", processes: int = PROCESSES, **environment: str) -> int:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--run",
        which,
        "-m",
        marks,
        "-n",
        str(processes),
        "--dist",
        "loadfile",
        *sys.argv[1:],
    ]
    code = subprocess.call(command, env={**os.environ, **environment})
    return 0 if which != "only" and code == NOTHING_TO_DO else code


def main() -> int:
    if not find_postgres():
        return run("only", marks="")
    failed = run("first")
    if failed:
        return failed
    with ExitStack() as servers:
        environment = {"DATABASE_URL": servers.enter_context(postgres())}
        if find_redis():
            url = servers.enter_context(redis())
            environment |= {"BROKER_URL": f"{url}/0", "CACHE_URL": f"{url}/1"}
        return run("second", **environment) or run("second", "stress", 0, **environment)


if __name__ == "__main__":
    sys.exit(main())
