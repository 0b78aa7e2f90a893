"""Celery's doors to the roll-up: ids in, one call, harmless when repeated."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import ChannelError, OperationalError

from goals.models import DirtyMark, RollupState, Win
from people.models import Organisation

log = structlog.get_logger(__name__)

ASKED_FOR_TOO_LONG = timedelta(seconds=60)
SWEEP_AFTER = timedelta(seconds=10)
SWEEP_BATCH = 100


def request_roll_up(organisation_id: int) -> None:
    """Wakes the worker unless a task of this organisation is already waiting."""
    now = timezone.now()
    waiting = RollupState.objects.filter(organisation_id=organisation_id)
    waiting = waiting.filter(Q(requested_at=None) | Q(requested_at__lt=now - ASKED_FOR_TOO_LONG))
    if not waiting.update(requested_at=now):
        return
    try:
        roll_up.delay(organisation_id)
    except (OperationalError, ChannelError, OSError):  # the broker is away; the marks stay and the sweeper asks again
        RollupState.objects.filter(organisation_id=organisation_id).update(requested_at=None)
        log.warning("broker_away", organisation=organisation_id)


@shared_task
def roll_up(organisation_id: int) -> None:
    """Takes the organisation's dirty marks and brings its figures up to date; tells of goals that were reached."""
    from goals import progress  # the models import this module
    from goals.voices import wins

    RollupState.objects.filter(organisation_id=organisation_id).update(requested_at=None)
    progress.roll_up(organisation_id)
    wins.tell(organisation_id)


@shared_task
def sweep() -> None:
    """Asks again for organisations whose marks, or wins to tell of, were left behind by a lost message or a killed
    worker."""
    left = DirtyMark.objects.filter(marked_at__lt=timezone.now() - SWEEP_AFTER)
    untold = Win.objects.filter(told_at=None).order_by()
    found = left.values("organisation_id").union(untold.values("organisation_id"))
    for row in found[:SWEEP_BATCH]:
        request_roll_up(row["organisation_id"])


@shared_task
def nightly() -> None:
    """For each organisation past its local midnight: yesterday's snapshot, then everything recalculated for today."""
    for organisation in Organisation.objects.select_related("rollup"):
        today = organisation.today()
        if (organisation.rollup.figures_on, organisation.rollup.snapshot_on) != (today, today - timedelta(days=1)):
            begin_day.delay(organisation.pk)


@shared_task
def begin_day(organisation_id: int) -> None:
    from goals import progress  # the models import this module
    from goals.voices import wins

    progress.begin_day(organisation_id)
    wins.tell(organisation_id)


@shared_task
def escalate_signals() -> None:
    """Tells who is next above of signals that have waited too long for their owner."""
    from goals.voices import signals  # the models import this module

    signals.escalate(timezone.now())
