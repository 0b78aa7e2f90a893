"""Who helped with a goal, as it changed."""

from django.db import models

from people.models import Organisation


class ContributorsChange(models.Model):
    """The contributors before and after the change that made a version of the goal, as ids in order."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    goal = models.ForeignKey("goals.Goal", models.CASCADE, related_name="contributors_changes", db_index=False)
    version = models.PositiveIntegerField()
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "version"], name="contributors_change_unique")]
