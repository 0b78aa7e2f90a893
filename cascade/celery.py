"""The Celery app and the whole beat schedule in one place."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cascade.settings")

import cascade.fs_broker  # noqa: F401  registers the embedded broker's transport

app = Celery("cascade")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "heartbeat": {"task": "cascade.tasks.heartbeat", "schedule": 30.0},
    "sweep-dirty-marks": {"task": "goals.tasks.sweep", "schedule": 30.0},
    # Every organisation has its own midnight, so the clock is looked at each quarter of an hour.
    "nightly": {"task": "goals.tasks.nightly", "schedule": crontab(minute="*/15")},
    "sweep-forecast-marks": {"task": "kpis.tasks.sweep_forecasts", "schedule": 60.0},
    "signals-without-answer": {"task": "goals.tasks.escalate_signals", "schedule": crontab(minute=50)},
    "calendar-of-reviews": {"task": "reviews.tasks.work_out_all", "schedule": crontab(minute=20)},
    "reminders": {"task": "reviews.tasks.remind_all", "schedule": crontab(minute="*/5")},
}


@worker_ready.connect
def worker_is_alive(**_):
    first_beat("worker")


@beat_init.connect
def beat_is_alive(**_):
    first_beat("beat")


def first_beat(part):
    """So that a start is seen at once, not with the first task."""
    from django.db import connection

    from cascade.models import Heartbeat  # models load after the app

    Heartbeat.beat(part)
    connection.close()
