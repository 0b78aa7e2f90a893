"""`Prefer: wait=N`: the answer waits, at most that many seconds, until the organisation's roll-up has caught up."""

import re
import threading
import time

LONGEST = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
PREFERENCE = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", re.ASCII)
waiters = threading.BoundedSemaphore(4)  # waiting must not take every thread of a web process


def asked(request) -> int:
    """The seconds a client is ready to wait; 0 when it does not say."""
    found = PREFERENCE.search(request.headers.get("Prefer", ""))
    return min(int(found.group(1)), LONGEST) if found else 0


def for_roll_up(organisation, seconds: int) -> bool:
    """Waits until no dirty mark is left; false when there was no room to wait."""
    if not waiters.acquire(blocking=False):
        return False
    try:
        until, pause = time.monotonic() + seconds, FIRST_PAUSE
        while organisation.dirty_marks.exists() and time.monotonic() < until:
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(pause * 1.5, LONGEST_PAUSE)
    finally:
        waiters.release()
    return True
