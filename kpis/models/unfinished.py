"""A break-down that is being prepared: everything chosen and typed so far, as it was typed."""

from django.db import models

from goals.models import Goal
from people.models import Organisation, Person


class UnfinishedBreakDown(models.Model):
    """What one person has prepared for one goal; gone once the goals below are created."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="+")
    said = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "goal"], name="unfinished_break_down_unique")]
