"""Which forecasts are to be made anew: marked with the roll-up, so that a lost message or a crash forgets nothing."""

from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import ChannelError, OperationalError

from kpis.models import ForecastMark, ForecastRun

REST = 10
"""After a forecast so many times as long as it took: forecasts of one organisation take a tenth of a worker at most."""

log = structlog.get_logger(__name__)


def rolled_up(organisation_id: int, kpi_ids: Collection[int] | None, goal_ids: Collection[int] | None) -> None:
    """Marks what follows from a roll-up (None: everything) and wakes the worker once it is committed."""
    if kpi_ids is None or goal_ids is None:
        marks = [ForecastMark(organisation_id=organisation_id)]
    else:
        marks = [ForecastMark(organisation_id=organisation_id, kpi_id=pk) for pk in sorted(kpi_ids)]
        marks += [ForecastMark(organisation_id=organisation_id, goal_id=pk) for pk in sorted(goal_ids)]
    ForecastMark.objects.bulk_create(marks)
    transaction.on_commit(lambda: request(organisation_id))


def request(organisation_id: int) -> None:
    """Wakes the worker, unless the last forecasts were made a short while ago: then the sweeper asks again."""
    from kpis import tasks  # tasks import this module

    if is_resting(organisation_id):
        return
    try:
        tasks.make_forecasts.delay(organisation_id)
    except (OperationalError, ChannelError, OSError):  # the broker is away; the marks stay and the sweeper asks again
        log.warning("broker_away", organisation=organisation_id)


def is_resting(organisation_id: int) -> bool:
    """Whether the last forecasts were made a short while ago."""
    last = ForecastRun.objects.filter(organisation_id=organisation_id).first()
    return last is not None and timezone.now() < last.made_at + timedelta(seconds=REST * last.took)
