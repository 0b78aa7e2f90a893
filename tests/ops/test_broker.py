"""The embedded broker with a real worker process that is killed while it works."""

import json
import os
import signal
import subprocess
import sys

import pytest
from celery import Celery

from tests.ops.running import CLEAN, ROOT, eventually

TASKS = 60
APP = """
import os, time
from pathlib import Path
from celery import Celery
import cascade.fs_broker

folder = os.environ["FOLDER"]
app = Celery("counting", broker="cascade-fs://localhost")
app.conf.update(
    task_ignore_result=True, task_acks_late=True, worker_enable_remote_control=False, worker_prefetch_multiplier=16,
    broker_transport_options={
        "data_folder_in": folder + "/messages", "data_folder_out": folder + "/messages",
        "control_folder": folder + "/control", "polling_interval": 0.1,
    },
)

@app.task(name="count")
def count(number):
    time.sleep(0.02)
    Path(folder, "done", str(number)).touch()
"""


@pytest.fixture
def counting(tmp_path):
    """An app whose only task leaves a file with its number, and a function that starts a worker of it."""
    for name in ("messages", "control", "done"):
        (tmp_path / name).mkdir()
    (tmp_path / "counting.py").write_text(APP)
    env = CLEAN | {"FOLDER": str(tmp_path), "SECRET_KEY": "k" * 50, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    command = [sys.executable, "-m", "celery", "-A", "counting", "worker", "--pool", "threads", "--concurrency", "2"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    workers = []

    def start_worker():
        log = (tmp_path / "log").open("a")
        workers.append(subprocess.Popen(command, env=env, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True))
        return workers[-1]

    app = Celery("counting", broker="cascade-fs://localhost")
    folders = {"data_folder_in": "messages", "data_folder_out": "messages", "control_folder": "control"}
    app.conf.broker_transport_options = {name: str(tmp_path / folder) for name, folder in folders.items()}
    yield app, tmp_path, start_worker
    for worker in workers:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def done(folder):
    return {int(path.name) for path in (folder / "done").iterdir()}


def waiting(folder):
    return {path.name for path in (folder / "messages").iterdir()}


def test_a_killed_worker_loses_at_most_what_it_held_and_the_next_one_goes_on(counting):
    app, folder, start_worker = counting
    worker = start_worker()
    for number in range(TASKS):
        app.send_task("count", [number])
    eventually(lambda: len(done(folder)) >= 5)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker()
    eventually(lambda: not waiting(folder))
    held_by_a_worker = 16 * 2
    eventually(lambda: len(done(folder)) >= TASKS - held_by_a_worker)
    app.send_task("count", [TASKS])
    eventually(lambda: TASKS in done(folder))


def test_every_task_is_done_once_by_a_worker_that_lives(counting):
    app, folder, start_worker = counting
    worker = start_worker()
    for number in range(TASKS):
        app.send_task("count", [number])
    eventually(lambda: len(done(folder)) == TASKS)
    assert waiting(folder) == set()
    assert worker.poll() is None


def test_a_torn_message_is_dropped_and_the_worker_lives(counting):
    app, folder, start_worker = counting
    for name, content in (("0_a", ""), ("0_b", '{"body": "'), ("0_c", "\x00")):
        (folder / "messages" / f"{name}.celery.msg").write_text(content)
    worker = start_worker()
    app.send_task("count", [1])
    eventually(lambda: done(folder) == {1})
    eventually(lambda: waiting(folder) == set())
    assert worker.poll() is None
    assert (folder / "log").read_text().count("A torn message was dropped") == 3


def test_a_message_that_is_being_written_is_not_seen(counting):
    app, folder, _ = counting
    (folder / "messages" / "draft-1").write_text("half")
    app.send_task("count", [1])
    with app.connection_for_read() as connection:
        messages = connection.SimpleQueue("celery")
        assert json.loads(messages.get(block=False).body)[0] == [1]
        with pytest.raises(messages.Empty):
            messages.get(block=False)
