"""dev.py makes the environment, the data folder and the secret key; tests.machine says what a machine cannot run."""

import os
import stat
import subprocess
import sys

import pytest

import dev
from tests.ops.running import CLEAN, ROOT


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "one"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return tmp_path / "one"


def test_the_secret_key_is_made_once_for_each_installation_and_for_nobody_else(data, monkeypatch, tmp_path):
    dev.make_secret_key()
    key = (data / "secret_key").read_text()
    dev.make_secret_key()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "two"))
    dev.make_secret_key()
    assert len(key) >= 50
    assert (data / "secret_key").read_text() == key
    assert (tmp_path / "two" / "secret_key").read_text() != key
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600


def test_no_key_is_made_where_one_is_given(data, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "k" * 50)
    dev.make_secret_key()
    assert os.listdir(data) == []


def test_packages_are_installed_again_only_when_the_lock_or_the_environment_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "PYTHON", "/bin/false")
    (tmp_path / "pyvenv.cfg").write_text("version = 3.11.2")
    note, wanted = dev.stamp(dev.RUNTIME)
    note.write_text(wanted)
    dev.install(dev.RUNTIME)
    (tmp_path / "pyvenv.cfg").write_text("version = 3.12.1")
    with pytest.raises(SystemExit, match="could not be installed"):
        dev.install(dev.RUNTIME)


def run_tests(*arguments, **environment):
    command = [sys.executable, "-m", "pytest", *arguments, f"{__file__}::{PASSES}", "tests/ops/test_production.py"]
    return subprocess.run(command, cwd=ROOT, env=CLEAN | environment, capture_output=True, text=True)


PASSES = test_no_key_is_made_where_one_is_given.__name__


def test_what_a_run_leaves_out_is_said_and_the_last_line_is_pytests_own():
    found = run_tests()
    *_, last = found.stdout.splitlines()
    assert found.returncode == 0
    assert "LEFT OUT: 6 tests, because this run is not on PostgreSQL" in found.stdout
    assert last.startswith("1 passed, 6 deselected in ")


def test_with_require_all_leaving_out_is_a_failure():
    assert run_tests(REQUIRE_ALL="1").returncode == 1


def test_with_two_processes_the_same_is_left_out():
    found = run_tests("-n", "2", REQUIRE_ALL="1")
    assert found.returncode == 1
    assert "LEFT OUT: 6 tests" in found.stdout
