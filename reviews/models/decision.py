"""What is decided in a review."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from goals.models import Goal
from kpis.models import Initiative, Kpi
from people.models import Organisation, Person
from reviews.models.review import Review


class DecisionQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Of the reviews and about the goals that a person may see."""
        goals = Goal.objects.visible_to(person)
        return self.filter(organisation_id=person.organisation_id, review__goal__in=goals, goal__in=goals)

    def standing(self):
        """Neither taken back nor taking something back."""
        return self.filter(reversal=None, reverses=None)

    def pauses(self):
        """Pauses with a day on which they end, of goals that are paused still."""
        paused = {"kind": Decision.Kind.PAUSE, "until__isnull": False, "goal__state": Goal.State.PAUSED}
        return self.standing().filter(**paused)


class Decision(models.Model):
    """One decision of a review about a goal it covers, or about a KPI of such a goal (docs/domain.md section 15).

    Applied when it was made, together with what it changed, and never altered: only another decision, which `reverses`
    it, takes it back. `before` and `after` hold what was decided about, `effect` the figures of the goal and of every
    goal above it, before and after, as they were promised at that moment: `goal`, `before`, `after`, `expected` (0..1
    as text, null without data), `was` and `status`. `since` is the day from which a target counts, `until` the day on
    which a pause is to end.
    """

    class Kind(models.TextChoices):
        ADJUST_TARGET = "adjust_target", _("Target")
        RE_WEIGHT = "re_weight", _("Weight")
        PAUSE = "pause", _("Pause")
        RESUME = "resume", _("Resume")
        CANCEL = "cancel", _("Cancel")
        CLOSE = "close", _("Close")
        ADD_ACTION = "add_action", _("Action")
        KEEP = "keep", _("Keep")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="decisions", db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="decisions")
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="decisions")
    kpi = models.ForeignKey(Kpi, models.SET_NULL, null=True, blank=True, related_name="decisions")
    action = models.ForeignKey(Initiative, models.SET_NULL, null=True, blank=True, related_name="decisions")
    kind = models.CharField(max_length=16, choices=Kind)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="decisions")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(max_length=10_000)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    effect = models.JSONField(default=list)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    reverses = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="reversal", help_text="What it takes back."
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["organisation", "at"], name="decision_at"),
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="decision_until"),
        ]

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversal")
