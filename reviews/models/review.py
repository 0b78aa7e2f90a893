"""The reviews of goals, one for each period."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from goals.models import Goal
from people.models import Organisation, Person


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The reviews of the goals that a person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))

    def owed(self):
        """Neither signed off nor called off."""
        return self.filter(state__in=(Review.State.PLANNED, Review.State.OPEN))


class Review(models.Model):
    """The review of a goal for the period `first`..`end`, held on `day` (docs/domain.md sections 14 and 15).

    `owner` owes it. `time` is by the clock of the organisation, when one was agreed. `revision` counts how often a
    person moved it, called it off or planned it again, and `reason` is what was said then. What a person moved or
    called off stays so when the calendar is worked out again.

    Planned, then being held, then signed off: `figures` are those of the goals it covers at that moment. `wins` and
    `notes` are what was written down while it was held.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        OPEN = "open", _("Being held")
        SIGNED = "signed", _("Signed off")
        CANCELLED = "cancelled", _("Called off")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="reviews")
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="reviews", db_index=False)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="reviews")
    name = models.CharField(max_length=20)
    first = models.DateField()
    end = models.DateField()
    day = models.DateField()
    time = models.TimeField(null=True, blank=True)
    closing = models.BooleanField(default=False)
    revision = models.PositiveSmallIntegerField(default=1)
    was_moved = models.BooleanField(default=False)
    called_off_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, max_length=1000)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    opened_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    wins = models.TextField(blank=True, max_length=10_000)
    notes = models.TextField(blank=True, max_length=10_000)
    figures = models.JSONField(null=True, blank=True)
    signed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["day", "id"]
        constraints = [models.UniqueConstraint(fields=["goal", "end"], name="review_unique")]
        indexes = [models.Index(fields=["organisation", "day"], name="review_day")]

    @property
    def is_owed(self) -> bool:
        """Neither signed off nor called off, as `ReviewQuerySet.owed` finds them."""
        return self.state in (Review.State.PLANNED, Review.State.OPEN)
