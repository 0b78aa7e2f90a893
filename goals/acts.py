"""What is done to goals, noted while it is done, so that goals/undo.py can take it back.

Whoever changes a goal notes it here; nothing is kept unless somebody listens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Step = dict[str, Any]

listening: ContextVar[list[Step] | None] = ContextVar("listening", default=None)


@contextmanager
def noted() -> Iterator[list[Step]]:
    """The steps that are done inside, in their order."""
    steps: list[Step] = []
    token = listening.set(steps)
    try:
        yield steps
    finally:
        listening.reset(token)


def is_noting() -> bool:
    return listening.get() is not None


def note(what: str, goal_id: int, found: int | None, **before: Any) -> None:
    """One step: `found` is the version the goal had before it, `before` what takes the goal back to it."""
    steps = listening.get()
    if steps is not None:
        steps.append({"what": what, "goal": goal_id, "found": found, **before})
