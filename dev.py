#!/usr/bin/env python3
"""Starts Cascade or its tests from a bare checkout; needs Python 3.11 and its venv module, nothing else.

python3 dev.py run     the demo company on this machine (like `make run`)
python3 dev.py start   an empty Cascade of your own (like `make start`)
python3 dev.py test    the tests (like `make test`)
python3 dev.py manage  any command of manage.py, for instance `python3 dev.py manage create_token ...`
python3 dev.py python  the environment's Python, for instance `python3 dev.py python -m ruff check`
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME, TOOLS = "requirements.txt", "requirements-dev.txt"
COMMANDS = {
    "run": ["manage.py", "up"],
    "start": ["manage.py", "up"],
    "test": ["-m", "tests"],
    "manage": ["manage.py"],
    "python": [],
}


def make_environment():
    if PYTHON.exists():
        return
    print("Making a virtual environment in .venv", flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("A virtual environment cannot be made. On Debian and Ubuntu: apt install python3-venv")


def stamp(lock: str) -> tuple[Path, str]:
    """Where the installed state of a lock is noted, and what the note must say."""
    state = (ROOT / lock).read_bytes() + (VENV / "pyvenv.cfg").read_bytes()
    return VENV / f"{lock}.installed", hashlib.sha256(state).hexdigest()


def install(lock: str) -> None:
    """Installs a lock with its hashes, unless exactly it is installed. The tools' lock contains the run-time lock."""
    note, wanted = stamp(lock)
    if note.exists() and note.read_text() == wanted:
        return
    count = sum(line[:1].isalnum() for line in (ROOT / lock).read_text().splitlines())
    print(f"Installing {count} packages of {lock}; this takes a minute or two, once", flush=True)
    began = time.monotonic()
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    if subprocess.call([*pip, "--require-hashes", "-r", lock], cwd=ROOT):
        sys.exit(f"The packages of {lock} could not be installed; pip says above why.")
    for done in {lock, RUNTIME}:
        note, wanted = stamp(done)
        note.write_text(wanted)
    print(f"Installed in {time.monotonic() - began:.0f} s", flush=True)


def make_secret_key() -> None:
    """The data folder for nobody else, and in it a key of this installation's own."""
    data = Path(os.environ.get("DATA_DIR", ROOT / "data"))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ or (data / "secret_key").exists():
        return
    with os.fdopen(os.open(data / "secret_key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  this file runs before anything has checked the version
        sys.exit(f"Cascade needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    task, *rest = sys.argv[1:] or ["run"]
    if task not in COMMANDS:
        sys.exit(__doc__)
    make_environment()
    install(TOOLS if task in ("test", "python") else RUNTIME)
    if task in ("run", "start"):
        make_secret_key()
        os.environ.setdefault("DEMO", "1" if task == "run" else "0")
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *COMMANDS[task], *rest])


if __name__ == "__main__":
    main()
