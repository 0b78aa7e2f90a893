"""The one command: real web, worker and beat processes under one supervisor."""

import os
import signal
import sqlite3
import stat

from tests.ops.running import descendants, eventually, is_alive
from tests.servers import free_port


def test_everything_is_ready_and_a_dead_child_comes_back(start):
    cascade = start().wait_until_ready()
    assert cascade.get("/healthz/ready")[0] == 200
    most_ids = ",".join(["12345678901"] * 500)
    assert cascade.get(f"/api/v1/kpis/?ids={most_ids}")[0] == 401
    for part in ("worker", "web", "beat"):
        old = cascade.pid_of(part)
        os.kill(old, signal.SIGKILL)
        eventually(lambda part=part, old=old: cascade.pid_of(part) != old)
        assert f"{part:<7}| was ended by SIGKILL; starting it again in 1 s" in cascade.said
    eventually(lambda: is_ready(cascade))
    family = descendants(cascade.process.pid)
    assert cascade.stop() < 10
    assert [pid for pid in family if is_alive(pid)] == []
    assert cascade.process.returncode == 0


def is_ready(cascade):
    try:
        return cascade.get("/healthz/ready")[0] == 200
    except OSError:
        return False


def test_a_second_start_on_the_same_data_folder_is_refused(start):
    first = start().wait_until_ready()
    second = start()
    assert second.process.wait(timeout=20) == 1
    assert "already running on" in second.said
    assert "Traceback" not in second.said
    assert first.get("/healthz/live") == (200, {"status": "live"})


def test_a_busy_port_is_refused(start):
    first = start().wait_until_ready()
    second = start("other", port=first.port)
    assert second.process.wait(timeout=20) == 1
    assert f"Cannot listen on 127.0.0.1:{first.port}: Address already in use" in second.said
    assert "Traceback" not in second.said


def test_a_killed_supervisor_leaves_no_process_behind_and_the_folder_free(start):
    cascade = start().wait_until_ready()
    family = descendants(cascade.process.pid)
    assert len(family) >= 4
    cascade.process.kill()
    cascade.process.wait()
    eventually(lambda: not any(is_alive(pid) for pid in family), seconds=10)
    start(port=free_port()).wait_until_ready()


def test_a_child_that_hangs_is_killed_within_ten_seconds(start):
    cascade = start().wait_until_ready()
    family = descendants(cascade.process.pid)
    os.kill(cascade.pid_of("worker"), signal.SIGSTOP)
    assert cascade.stop(signal.SIGINT) < 10
    assert "worker | does not stop, so it is killed" in cascade.said
    assert [pid for pid in family if is_alive(pid)] == []


def test_what_it_writes_is_for_nobody_else(start, tmp_path):
    cascade = start("data/inner").wait_until_ready()
    assert cascade.stop() < 10
    files = list((tmp_path / "data" / "inner").rglob("*"))
    assert "cascade.sqlite3" in {path.name for path in files}
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    with sqlite3.connect(tmp_path / "data" / "inner" / "cascade.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_demo_on_an_open_host_is_refused(start):
    cascade = start(DEMO="1", HOST="0.0.0.0")
    assert cascade.process.wait(timeout=20) == 1
    assert "DEMO=1 lets anybody sign in with one click" in cascade.said
    assert "Traceback" not in cascade.said


def test_without_a_secret_key_it_is_refused(start):
    cascade = start(SECRET_KEY="")
    assert cascade.process.wait(timeout=20) == 1
    assert "SECRET_KEY is missing or shorter than 32 characters" in cascade.said
    assert "Traceback" not in cascade.said


def test_the_demo_company_is_loaded_at_the_first_start(start, tmp_path):
    cascade = start(DEMO="1").wait_until_ready()
    assert "up     | loading the demo company\n" in cascade.said
    assert cascade.stop() < 10
    with sqlite3.connect(tmp_path / "data" / "cascade.sqlite3") as database:
        people = database.execute("SELECT name FROM people_person WHERE email = 'kari@demo.example'").fetchall()
    assert people == [("Kari Larsen",)]
    again = start(DEMO="1").wait_until_ready()
    assert "loading the demo company" not in again.said
