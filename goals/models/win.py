"""A goal that was reached."""

from django.db import models

from goals.models.goal import Goal
from people.models import Organisation


class WinQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Of the goals the person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))


class Win(models.Model):
    """The first time in its life that a goal was achieved, or closed with that. It stays when the figures fall again,
    and does not come a second time. `told_at`: when those on its path were told (goals/voices/wins.py)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="wins", db_index=False)
    goal = models.OneToOneField(Goal, models.CASCADE, related_name="win")
    reached_on = models.DateField()
    told_at = models.DateTimeField(null=True)

    objects = WinQuerySet.as_manager()

    class Meta:
        ordering = ["-reached_on", "-id"]
        indexes = [
            models.Index(fields=["organisation", "-reached_on", "-id"], name="win_newest"),
            models.Index(fields=["organisation"], condition=models.Q(told_at=None), name="win_untold"),
        ]
