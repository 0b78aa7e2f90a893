"""Eight writers and two movers at once, a real worker killed three times: afterwards every figure is exact."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from goals import progress, tree
from goals.models import DirtyMark
from goals.tasks import sweep
from kpis.models import MeasurementRevision
from tests.company import grow

pytestmark = [pytest.mark.stress, pytest.mark.postgres, pytest.mark.redis, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 15


@pytest.fixture
def environment():
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    return {
        **os.environ,
        "DATABASE_URL": url,
        "BROKER_URL": settings.CELERY_BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": str(ROOT),
    }


def start_worker(environment):
    command = [sys.executable, "-m", "celery", "-A", "cascade", "worker", "-c", "2", "-l", "warning"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(worker):
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def start_actors(organisation, environment, *, writers, movers, seconds, extra=()):
    command = [sys.executable, "-m", "tests.stress.actor"]
    roles = ["writer"] * writers + ["mover"] * movers
    return [
        subprocess.Popen(
            [*command, role, str(organisation.pk), "--seconds", str(seconds), "--seed", str(seed), *extra],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed, role in enumerate(roles)
    ]


def reports(actors):
    found = []
    for actor in actors:
        out, err = actor.communicate(timeout=120)
        found.append(json.loads(out) if actor.returncode == 0 else {"role": "broken", "error": err[-800:]})
    return found


def drain(organisation, seconds=60):
    end = time.monotonic() + seconds
    while DirtyMark.objects.filter(organisation=organisation).exists() and time.monotonic() < end:
        sweep()
        time.sleep(0.5)


def test_every_figure_is_exact_after_eight_writers_two_movers_and_three_killed_workers(environment, capsys):
    organisation = grow(300, seed=7)
    progress.roll_up(organisation.pk, everything=True)
    before = MeasurementRevision.objects.count()
    worker = start_worker(environment)
    actors = start_actors(organisation, environment, writers=8, movers=2, seconds=SECONDS)
    for _ in range(3):
        time.sleep(SECONDS / 4)
        kill(worker)
        worker = start_worker(environment)
    found = reports(actors)
    drain(organisation)
    kill(worker)
    written = sum(r["done"] for r in found if r["role"] == "writer")
    moved = sum(r["done"] for r in found if r["role"] == "mover")
    with capsys.disabled():
        print(f"\nstress: {written} measurements, {moved} moves, worker killed 3 times")
    assert [r for r in found if r["role"] == "broken"] == []
    assert written > 50
    assert moved > 2
    assert MeasurementRevision.objects.count() - before == written
    assert DirtyMark.objects.filter(organisation=organisation).count() == 0
    assert list(tree.faults(organisation.pk)) == []
    assert progress.differences(organisation) == []


def test_without_the_lock_the_same_load_damages_the_tree(environment, capsys):
    organisation = grow(300, seed=7)
    for _ in range(3):
        actors = start_actors(organisation, environment, writers=2, movers=6, seconds=8, extra=["--without-lock"])
        reports(actors)
        damage = len(list(tree.faults(organisation.pk)))
        if damage:
            break
    with capsys.disabled():
        print(f"\nwithout the lock: {damage} broken tree rows")
    assert damage > 0
    assert tree.repair(organisation.pk) == damage
    assert list(tree.faults(organisation.pk)) == []
