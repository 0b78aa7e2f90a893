"""Cause-effect links: what should lead to what (docs/domain.md section 16)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from goals.models.goal import Goal
from people.models import Organisation


class CausalLinkQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The links between two goals that the person may see."""
        seen = Goal.objects.visible_to(person).order_by().values("pk")
        return self.filter(organisation_id=person.organisation_id, cause__in=seen, effect__in=seen)


class CausalLink(models.Model):
    """A hypothesis: when the cause moves, the effect follows `lag` periods later, in periods of the coarser cadence of
    the two goals' measures (0..8). `strength` is how much people expect of it, 1..3.

    Links of an organisation form no circle and count in no roll-up. They are drawn, changed and erased through
    goals/linking.py, which holds the organisation's lock.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="causal_links")
    cause = models.ForeignKey(Goal, models.CASCADE, related_name="effects", db_index=False)
    effect = models.ForeignKey(Goal, models.CASCADE, related_name="causes")
    hypothesis = models.TextField(max_length=2000)
    strength = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(3)])
    lag = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(8)])
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CausalLinkQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cause", "effect"], name="causal_link_unique"),
            models.CheckConstraint(condition=~Q(cause=F("effect")), name="causal_link_not_to_itself"),
            models.CheckConstraint(condition=Q(strength__range=(1, 3)), name="causal_link_strength"),
            models.CheckConstraint(condition=Q(lag__range=(0, 8)), name="causal_link_lag"),
        ]

    def __str__(self):
        return f"{self.cause} → {self.effect}"
