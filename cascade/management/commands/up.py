import fcntl
import http.client
import json
import os
import shutil
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from cascade.health import shipped_migrations
from cascade.models import Heartbeat
from cascade.supervisor import Child, Supervisor, say
from people.models import Organisation

GUNICORN = (
    "gunicorn cascade.wsgi --worker-class gthread --workers 1 --threads 8 --graceful-timeout 5 --no-control-socket"
    " --limit-request-line 8190"
)
CELERY = "celery --quiet -A cascade"
WORKER = f"{CELERY} worker --pool threads --concurrency 2 --without-gossip --without-mingle --without-heartbeat"
BEAT = f"{CELERY} beat --pidfile="


class Command(BaseCommand):
    help = "Runs web, worker and beat together on this machine. PORT, HOST and DATA_DIR come from the environment."
    requires_system_checks = []

    def handle(self, *args, **options):
        self.began = time.monotonic()
        os.umask(0o077)
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock(settings.DATA_DIR / "lock"):
            check_port_is_free()
            prepare_queue()
            prepare_database()
            Supervisor(children(), every_round=self.announce).run()
        say("up", "stopped")

    announced = False
    asked_at = 0.0

    def announce(self):
        """Says once, as soon as everything answers, where to go; says what is missing when that takes long."""
        if self.announced or time.monotonic() - self.asked_at < 0.1:
            return
        self.asked_at = time.monotonic()
        missing = what_is_missing()
        if missing == []:
            self.announced = True
            say("up", f"ready after {time.monotonic() - self.began:.1f} s: open {settings.BASE_URL}/")
            say("up", f"data in {settings.DATA_DIR}; Ctrl-C stops everything")


def lock(path: Path):
    """Held while this process lives, however it ends; a second start on the same data folder is refused."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            f"Cascade is already running on {settings.DATA_DIR}. Stop it first, or name another folder with DATA_DIR."
        ) from None
    return file


def check_port_is_free():
    family, kind, protocol, _, address = socket.getaddrinfo(settings.HOST, settings.PORT, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {settings.HOST}:{settings.PORT}: {error.strerror}. "
                "Name another port: PORT=8001 make run"
            ) from None


def prepare_queue():
    if settings.EMBEDDED_BROKER:
        shutil.rmtree(settings.QUEUE_DIR / "control", ignore_errors=True)
        for folder in ("control", "messages"):
            (settings.QUEUE_DIR / folder).mkdir(parents=True, exist_ok=True)
        for draft in (settings.QUEUE_DIR / "messages").glob("draft-*"):
            draft.unlink()


def prepare_database():
    if not shipped_migrations() <= MigrationRecorder(connection).applied_migrations().keys():
        say("up", "bringing the database up to date")
        call_command("migrate", verbosity=0, interactive=False)
    Heartbeat.objects.all().delete()
    if settings.DEMO and not Organisation.objects.exists():
        say("up", "loading the demo company")
        call_command("load_demo", verbosity=0)
    connection.close()


def children() -> list[Child]:
    memory = Path("/dev/shm")  # noqa: S108  a folder in memory, where gunicorn's heartbeat file does not wait for a disk
    web = [*GUNICORN.split(), "--bind", f"{settings.HOST}:{settings.PORT}", "--log-level", "warning"]
    if memory.is_dir():
        web += ["--worker-tmp-dir", str(memory)]
    env = {"LOG_LEVEL": "WARNING", **os.environ, "PYTHONUNBUFFERED": "1"}
    env["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser"  # containers without other users
    commands = {"web": web, "worker": WORKER.split(), "beat": BEAT.split()}
    return [Child(name, [sys.executable, "-m", *argv], env) for name, argv in commands.items()]


def what_is_missing() -> list[str] | None:
    """The parts that are not ready; None while the web process does not answer."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    with closing(http.client.HTTPConnection(host, settings.PORT, timeout=5)) as web:
        try:
            web.request("GET", "/healthz/ready")
            parts = json.load(web.getresponse())["parts"]
        except (OSError, http.client.HTTPException):
            return None
    return [name for name, fine in parts.items() if not fine]
