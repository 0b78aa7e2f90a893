"""docker-compose.yml and Dockerfile cannot be run without an engine, so they are held against the code."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command, get_commands, load_command_class

from cascade.celery import app

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = (ROOT / "cascade" / "settings.py").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
READ_BY_SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
ONLY_FOR_COMPOSE = {"POSTGRES_PASSWORD"}


def instruction(name: str) -> list[str]:
    """The last instruction of this kind in the Dockerfile, as its list of words."""
    return json.loads(re.findall(rf"^{name}[^\[]*(\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])


def commands() -> dict[str, list[str]]:
    found = {name: shlex.split(service["command"]) for name, service in OURS.items()}
    return found | {"image": instruction("CMD")}


def test_the_parts_are_web_worker_one_beat_a_migration_postgresql_and_redis():
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "db", "redis"}
    assert int(SERVICES["db"]["image"].removeprefix("postgres:")) >= 15
    assert SERVICES["redis"]["command"] == "redis-server --appendonly yes --maxmemory-policy noeviction"
    assert set(COMPOSE["volumes"]) == {"data", "database", "queue"}


def test_every_service_stops_gently_and_is_watched():
    for name, service in SERVICES.items():
        assert service["stop_grace_period"] == "60s", name
        watched = service["healthcheck"].get("test", [""])[0] == "CMD"
        assert watched or (name == "migrate" and service["healthcheck"] == {"disable": True}), name


def test_web_worker_and_beat_wait_for_the_migration():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"]["db"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_gunicorn_celery_and_django_understand_the_commands(name):
    command = commands()[name]
    if command[0] == "gunicorn":
        checked = [sys.executable, "-m", "gunicorn", "--print-config", *command[1:]]
        found = subprocess.run(checked, cwd=ROOT, capture_output=True, text=True, env={"SECRET_KEY": "k" * 50})
        assert found.returncode == 0, found.stderr
        assert "worker_class" in found.stdout
    elif command[0] == "celery":
        assert command[1:3] == ["-A", app.main]
        found = subprocess.run(
            [sys.executable, "-m", "celery", *command[1:4], "--help"], capture_output=True, text=True, cwd=ROOT
        )
        for option in (word.split("=")[0] for word in command[4:] if word.startswith("--")):
            assert option in found.stdout, option
    else:
        assert command[:2] == ["python", "manage.py"]
        assert command[2] in get_commands()


def test_the_worker_reads_every_queue_that_tasks_are_sent_to():
    assert "--queues" not in SERVICES["worker"]["command"]
    assert set(app.conf.task_routes or {}) == set()
    app.loader.import_default_modules()
    assert {options["task"] for options in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_every_variable_is_read_by_the_settings_and_described():
    described = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert described == READ_BY_SETTINGS | ONLY_FOR_COMPOSE
    for name, service in OURS.items():
        assert set(service["environment"]) <= READ_BY_SETTINGS, name
        assert service["env_file"] == ".env", name
    in_image = set(re.findall(r"\b([A-Z_]+)=", "".join(re.findall(r"^ENV (?:.*\\\n)*.*$", DOCKERFILE, re.MULTILINE))))
    assert in_image - {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} <= READ_BY_SETTINGS


def test_the_defaults_shown_are_those_of_the_code():
    shown = dict(re.findall(r"^# ([A-Z][A-Z_]+)=(\d+)$", EXAMPLE, re.MULTILINE))
    coded = dict(re.findall(r'env\.int\("([A-Z_]+)", (\d+)\)', SETTINGS))
    assert {name: shown.get(name) for name in coded} == coded


def test_no_secret_is_written_down():
    for line in EXAMPLE.splitlines():
        if line.startswith(("SECRET_KEY=", "POSTGRES_PASSWORD=")):
            assert line.endswith("="), line
    assert re.findall(r"\$\{POSTGRES_PASSWORD(\S+)", (ROOT / "docker-compose.yml").read_text()) == [":?set", ":?set"]


def test_health_checks_ask_what_exists(client, db):
    for check in (instruction("HEALTHCHECK"), SERVICES["web"]["healthcheck"]["test"][1:]):
        path = re.search(r"http://127\.0\.0\.1:8000(/\S+)'", check[-1])[1]
        assert client.get(path).status_code == 200
    for name in ("worker", "beat"):
        *program, command, part = SERVICES[name]["healthcheck"]["test"][1:]
        assert program == ["python", "manage.py"]
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        assert parser.parse_args([part]).part == name


def test_the_image_runs_the_locked_versions_as_somebody_without_rights():
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["cascade"]
    versions = set(re.findall(r"^FROM python:(\d+\.\d+)-slim", DOCKERFILE, re.MULTILINE))
    locked_for = re.search(r"--python-version (\S+)", (ROOT / "requirements.txt").read_text())[1]
    assert versions == {locked_for}
    assert instruction("CMD") == shlex.split(SERVICES["web"]["command"])


def test_the_lock_holds_what_is_asked_for_with_hashes():
    asked = re.findall(r"^([A-Za-z0-9-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    tools = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    assert {name.lower() for name in asked} <= set(locked)
    assert {name: tools[name] for name in locked} == locked


def test_the_static_files_can_be_given_names_with_a_hash(tmp_path, settings):
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["redoc*"])
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    assert len(manifest["paths"]) > 10
    shutil.rmtree(tmp_path)
