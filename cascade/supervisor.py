"""Keeps a set of child processes running, prints what they say and stops them together.

One thread and one loop: the parent-death signal belongs to the thread that starts a child, and forking is only safe
while no other thread runs.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO

STOP_WITHIN = 8.0  # seconds from the wish to stop until children that hang are killed
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Has the kernel kill this process when `parent` ends, even if that is killed itself (Linux)."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def say(name: str, text: str) -> None:
    print(f"{name:<7}| {text}", flush=True)


class Child:
    """One process, started again whenever it ends, after a pause that doubles while it keeps dying early."""

    def __init__(self, name: str, argv: list[str], env: dict[str, str]):
        self.name, self.argv, self.env = name, argv, env
        self.process: subprocess.Popen[bytes] | None = None
        self.early_ends = 0
        self.start_at = 0.0
        self.started = 0.0
        self.rest = b""

    def start(self) -> None:
        parent = os.getpid()
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.argv,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
        )
        say(self.name, f"started, process {self.process.pid}")

    def pass_on(self, output: IO[bytes]) -> bool:
        """Prints what the child has written, by whole lines; false at the end of its output."""
        data = os.read(output.fileno(), 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in filter(bytes.strip, lines):
            say(self.name, line.decode(errors="replace"))
        return bool(data)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ended(self) -> None:
        """Says how it ended, ends what it left behind and sets the moment of the next start."""
        self.signal(signal.SIGKILL)
        code = self.process.returncode
        self.early_ends = 0 if time.monotonic() - self.started > 60 else self.early_ends + 1
        pause = min(LONGEST_PAUSE, 2.0 ** max(0, self.early_ends - 1))
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        say(self.name, f"{how}; starting it again in {pause:.0f} s")
        self.start_at = time.monotonic() + pause
        self.process = None

    def signal(self, number: int) -> None:
        """To the child alone, which tells its own children; SIGKILL goes to all of its group."""
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)


class Supervisor:
    def __init__(self, children: list[Child], every_round: Callable[[], None]):
        """`every_round` is called about five times a second while the children run."""
        self.children = children
        self.every_round = every_round
        self.outputs = selectors.DefaultSelector()
        self.wishes_to_stop = 0

    def run(self) -> None:
        """Returns when a signal asked for the end and every child is gone."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.wish_to_stop)
        try:
            while not self.wishes_to_stop:
                for child in self.children:
                    self.keep(child)
                self.every_round()
                self.pass_on_output()
        finally:
            self.stop()

    def wish_to_stop(self, *_) -> None:
        self.wishes_to_stop += 1

    def keep(self, child: Child) -> None:
        if child.process and not child.running:
            child.ended()
        if not child.process and time.monotonic() >= child.start_at:
            child.start()
            self.outputs.register(child.process.stdout, selectors.EVENT_READ, child)

    def pass_on_output(self) -> None:
        for key, _ in self.outputs.select(timeout=0.2):
            if not key.data.pass_on(key.fileobj):
                self.outputs.unregister(key.fileobj)
                key.fileobj.close()

    def stop(self) -> None:
        """Asks every child to end; whoever is still there at the deadline, or at a second Ctrl-C, is killed."""
        running = [child for child in self.children if child.running]
        for child in running:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        while any(child.running for child in running) and time.monotonic() < deadline and self.wishes_to_stop < 2:
            self.pass_on_output()
        for child in running:
            if child.running:
                say(child.name, "does not stop, so it is killed")
            child.signal(signal.SIGKILL)
            child.process.wait()
