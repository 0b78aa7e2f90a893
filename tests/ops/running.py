"""A Cascade of its own: real processes on a data folder and a port that nobody else has."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def eventually(question, seconds=30.0):
    """The first truthy answer; a failure when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := question():
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def descendants(pid: int) -> set[int]:
    """Every process below this one."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, set[int]] = {}
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, set()).add(child)
    found, asked = set(), [pid]
    while asked:
        new = children.get(asked.pop(), set()) - found
        found |= new
        asked += new
    return found


class Running:
    """`manage.py up` with what it said so far."""

    def __init__(self, folder: Path, port: int | None = None, **environment):
        self.folder, self.port = folder, port or free_port()
        self.env = {**CLEAN, "DATA_DIR": str(folder), "PORT": str(self.port), "SECRET_KEY": "k" * 50, **environment}
        folder.parent.mkdir(exist_ok=True)
        self.log = folder.parent / f"{folder.name}.{self.port}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def pid_of(self, part: str) -> int:
        """The process started last as this part."""
        marker = f"{part:<7}| started, process "
        return int([line for line in self.said.splitlines() if line.startswith(marker)][-1].removeprefix(marker))

    def get(self, path: str) -> tuple[int, dict]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as web:
            web.request("GET", path)
            answer = web.getresponse()
            return answer.status, json.load(answer)

    def wait_until_ready(self):
        eventually(lambda: "ready after" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said
        return self

    def stop(self, number=signal.SIGTERM) -> float:
        """Seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - began
