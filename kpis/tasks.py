"""Celery's doors to the forecasts: ids in, one call, harmless when repeated."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from kpis.forecast import marks
from kpis.models import ForecastMark

SWEEP_AFTER = timedelta(seconds=30)
SWEEP_BATCH = 100


@shared_task
def make_forecasts(organisation_id: int) -> None:
    """Takes the organisation's marks and brings its forecasts up to date."""
    from kpis.forecast import making  # loads scipy, which only this needs

    making.make(organisation_id)


@shared_task
def sweep_forecasts() -> None:
    """Asks again for organisations whose marks were left behind by a lost message or a killed worker."""
    left = ForecastMark.objects.filter(marked_at__lt=timezone.now() - SWEEP_AFTER)
    for organisation_id in left.order_by().values_list("organisation_id", flat=True).distinct()[:SWEEP_BATCH]:
        marks.request(organisation_id)
