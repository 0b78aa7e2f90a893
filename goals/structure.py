"""The lock of the goal trees, and walking them by `parent`.

MPTT renumbers many rows for one change and corrupts the tree when two writers do so at once. Every structural
transaction therefore starts by locking its organisation's row and only then reads goals; roll-ups take the same lock.
On SQLite the transaction itself (IMMEDIATE) is the lock.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction
from django.db.models import QuerySet

from people.models import Organisation

held: ContextVar[frozenset[int]] = ContextVar("held", default=frozenset())


class StructureNotLocked(RuntimeError):
    """A goal was created, moved or deleted outside `structure.lock`."""


@contextmanager
def lock(organisation_id: int) -> Iterator[Organisation]:
    """A transaction that holds the organisation's goal trees; goals are to be read inside it."""
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
        token = held.set(held.get() | {organisation_id})
        try:
            yield organisation
        finally:
            held.reset(token)


def is_locked(organisation_id: int) -> bool:
    return organisation_id in held.get()


def require_lock(organisation_id: int) -> None:
    if not is_locked(organisation_id):
        raise StructureNotLocked("Create, move and delete goals through goals/tree.py, which holds the lock.")


def ancestor_ids(goal_ids: Iterable[int]) -> list[int]:
    """The given goals and everything above them, in one query whatever their number and depth."""
    ids = list(set(goal_ids))
    if not ids:
        return []
    if connection.vendor == "postgresql":
        start, parameters = "id = ANY(%s)", [ids]
    else:
        start, parameters = "id IN (SELECT value FROM json_each(%s))", [str(ids)]
    above = (
        f"WITH RECURSIVE up(id, parent_id) AS (SELECT id, parent_id FROM goals_goal WHERE {start}"  # noqa: S608
        " UNION SELECT g.id, g.parent_id FROM goals_goal g JOIN up ON g.id = up.parent_id) SELECT id FROM up"
    )
    with connection.cursor() as cursor:
        cursor.execute(above, parameters)
        return [row[0] for row in cursor.fetchall()]


def ids_around_paths(start: QuerySet) -> list[int]:
    """The goals of a queryset, everything above them, and the children of all these, in one query: what the engine
    needs to say what those goals weigh above."""
    chosen, parameters = start.order_by().values("pk").query.sql_with_params()
    around = (
        f"WITH RECURSIVE up(id, parent_id) AS (SELECT id, parent_id FROM goals_goal WHERE id IN ({chosen})"  # noqa: S608
        " UNION SELECT g.id, g.parent_id FROM goals_goal g JOIN up ON g.id = up.parent_id)"
        " SELECT id FROM up UNION SELECT id FROM goals_goal WHERE parent_id IN (SELECT id FROM up)"
    )
    with connection.cursor() as cursor:
        cursor.execute(around, parameters)
        return [row[0] for row in cursor.fetchall()]
