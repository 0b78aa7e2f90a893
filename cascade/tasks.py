from celery import shared_task

from cascade.models import Heartbeat


@shared_task
def heartbeat():
    """Sent by beat, done by a worker: whoever reads the row knows that both were alive."""
    Heartbeat.beat("worker", "beat")
