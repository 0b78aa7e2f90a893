from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When a part of the running system was last seen alive: `worker` or `beat`, one row each."""

    part = models.CharField(max_length=20, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self):
        return f"{self.part} {self.seen_at:%F %T}"

    @classmethod
    def beat(cls, *parts: str) -> None:
        """Notes that these parts are alive now."""
        now = timezone.now()
        cls.objects.bulk_create(
            [cls(part=part, seen_at=now) for part in parts],
            update_conflicts=True,
            unique_fields=["part"],
            update_fields=["seen_at"],
        )
