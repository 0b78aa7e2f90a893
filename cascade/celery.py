"""The Celery app and the whole beat schedule in one place."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cascade.settings")

import cascade.fs_broker  # noqa: F401  registers the embedded broker's transport

app = Celery("cascade")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-dirty-marks": {"task": "goals.tasks.sweep", "schedule": 30.0},
    # Every organisation has its own midnight, so the clock is looked at each quarter of an hour.
    "nightly": {"task": "goals.tasks.nightly", "schedule": crontab(minute="*/15")},
}
