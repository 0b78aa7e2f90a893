"""Support beside the tree: shown on both goals, never counted."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from goals.models.goal import Goal
from people.models import Organisation


class AlignmentQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those of which the person may see both goals."""
        seen = Goal.objects.visible_to(person).values("pk")
        return self.filter(organisation_id=person.organisation_id, goal__in=seen, supports__in=seen)


class Alignment(models.Model):
    """`goal` also supports another goal than those above it (docs/domain.md section 1). A number has one path up, so
    it moves no figure."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="alignments")
    version = models.PositiveIntegerField(default=1)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="alignments")
    supports = models.ForeignKey(Goal, models.CASCADE, related_name="supported_by")
    note = models.TextField(_("how it helps"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AlignmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["goal", "supports"], name="alignment_unique"),
            models.CheckConstraint(condition=~Q(goal=F("supports")), name="alignment_of_two_goals"),
        ]

    def __str__(self):
        return f"{self.goal} → {self.supports}"
