"""Celery's doors to the calendar of reviews: harmless when repeated."""

from celery import shared_task

from people.models import Organisation
from reviews import schedule


@shared_task
def work_out_all() -> None:
    """Asks for each organisation's calendar of reviews to be worked out again."""
    for pk in Organisation.objects.values_list("pk", flat=True):
        work_out.delay(pk)


@shared_task
def work_out(organisation_id: int) -> None:
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is not None:
        schedule.work_out(organisation)
