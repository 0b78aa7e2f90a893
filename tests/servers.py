"""Private PostgreSQL and Redis servers on free loopback ports, for the tests and the benchmarks.

with postgres() as url, redis() as other_url: ...

They live in a folder of their own, end with the block and cannot outlive the process that started them.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cascade.supervisor import die_with

# A test server needs no durability; a benchmark asks for it.
UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs: the newest of Debian's packages, else whatever is on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = [*map(str, debian[-1:]), *filter(None, [on_path])]
    return Path(found[0]).resolve().parent if found else None


def find_redis() -> str | None:
    return shutil.which("redis-server")


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def postgres(*, durable: bool = False, settings: tuple[str, ...] = ()) -> Iterator[str]:
    """The URL of an empty database `cascade` on a new server; its user may create more databases."""
    programs, password, port = find_postgres(), secrets.token_hex(16), free_port()
    identity = unprivileged()
    with server_folder(identity) as folder:
        password_file = folder / "password"
        password_file.write_text(password)
        os.chown(password_file, *owner(identity))
        initdb = [programs / "initdb", "--pgdata", folder / "data", "--username", "cascade", "--pwfile", password_file]
        initdb += ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)
        options = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}"]
        options += [*(() if durable else UNSAFE_BUT_FAST), *settings]
        command = [programs / "postgres", "-D", folder / "data", *(part for o in options for part in ("-c", o))]
        address = f"postgres://cascade:{password}@127.0.0.1:{port}"
        with running(command, folder, stop=signal.SIGINT, **identity):
            ask = [programs / "psql", "--quiet", "--no-psqlrc", f"{address}/postgres", "--command"]
            wait_until(lambda: subprocess.run([*ask, "SELECT 1"], capture_output=True).returncode == 0)
            subprocess.run([*ask, "CREATE DATABASE cascade"], check=True)
            yield f"{address}/cascade"


@contextlib.contextmanager
def redis(port: int | None = None) -> Iterator[str]:
    """The URL of a new server that keeps nothing on disk, without the database number: `f"{url}/0"`."""
    port = port or free_port()
    with server_folder({}) as folder:
        command = [find_redis(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
        with running(command, folder, stop=signal.SIGTERM):
            wait_until(lambda: answers(port))
            yield f"redis://127.0.0.1:{port}"


def unprivileged() -> dict:
    """How to start a program that refuses to run as root: as Debian's user of PostgreSQL, else as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def owner(identity: dict) -> tuple[int, int]:
    return identity.get("user", -1), identity.get("group", -1)


@contextlib.contextmanager
def server_folder(identity: dict) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cascade-server-") as name:
        os.chown(name, *owner(identity))
        yield Path(name)


@contextlib.contextmanager
def running(command, folder: Path, stop: signal.Signals, **identity) -> Iterator[None]:
    parent = os.getpid()
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
            **identity,
        )
    try:
        yield
    finally:
        server.send_signal(stop)
        server.wait(timeout=30)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(answered, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not answered():
        if time.monotonic() > deadline:
            raise TimeoutError(f"A server did not answer within {seconds:.0f} s.")
        time.sleep(0.1)
