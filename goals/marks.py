"""Dirty marks: what must be rolled up, promised in the transaction that made it stale."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from cascade.recordset import insert, rows_of
from goals.models import DirtyMark, RollupState
from people.models import Organisation

MARKED = {"goal_id": "bigint", "kpi_id": "bigint"}


def mark(organisation_id: int, goal_ids: Iterable[int | None] = (), kpis: Iterable[tuple[int, int]] = ()) -> None:
    """Promise a roll-up of these goals and of these KPIs, given as (kpi id, goal id), and ask for it after commit."""
    marks = [(goal, None) for goal in set(goal_ids) if goal] + [(goal, kpi) for kpi, goal in set(kpis)]
    if marks:
        same = {"organisation_id": organisation_id, "marked_at": timezone.now()}
        insert(DirtyMark, MARKED, rows_of(MARKED, marks), same=same)
        ask(organisation_id)


def ask(organisation_id: int) -> None:
    """After commit, wake the worker once; lost messages are made good by the sweeper."""
    from goals.tasks import request_roll_up  # tasks import the roll-up, which imports this module

    transaction.on_commit(lambda: request_roll_up(organisation_id))


def mark_everything(organisation: Organisation) -> None:
    """Promise that every figure of the organisation is calculated again, as when its settings change."""
    RollupState.objects.update_or_create(organisation=organisation, defaults={"figures_on": None})
    DirtyMark.objects.create(organisation=organisation)
    ask(organisation.pk)
