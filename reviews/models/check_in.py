"""How a goal's owner sees it, beside what the figures say."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from people.models import Organisation, Person
from reviews.models.review import Review


class CheckInQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Of the goals a person may see; drafts only the author's own."""
        rows = self.filter(organisation_id=person.organisation_id, review__in=Review.objects.visible_to(person))
        return rows.filter(models.Q(submitted_at__isnull=False) | models.Q(author_id=person.pk))

    def submitted(self):
        return self.filter(submitted_at__isnull=False)


class CheckIn(models.Model):
    """One author's account of a goal for a review's period (docs/domain.md section 15).

    `confidence` is 1 (none) to 5 (sure). `reported_status` stands beside the computed one, never in its place.
    `figures` are frozen when it is submitted: the goal's and its KPIs' as they were known then. Until then it is a
    draft.
    """

    class Status(models.TextChoices):
        ON_TRACK = "on_track", _("On track")
        AT_RISK = "at_risk", _("At risk")
        OFF_TRACK = "off_track", _("Off track")

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    review = models.ForeignKey(Review, models.CASCADE, related_name="check_ins", db_index=False)
    author = models.ForeignKey(Person, models.CASCADE, related_name="check_ins")
    confidence = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    comment = models.TextField(blank=True, max_length=10_000)
    blockers = models.TextField(blank=True, max_length=10_000)
    next_steps = models.TextField(blank=True, max_length=10_000)
    reported_status = models.CharField(max_length=12, choices=Status, blank=True)
    figures = models.JSONField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = CheckInQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["review", "author"], name="check_in_once")]
        indexes = [models.Index(fields=["organisation", "submitted_at"], name="check_in_submitted")]

    @property
    def is_draft(self) -> bool:
        return self.submitted_at is None

    @property
    def disagrees(self) -> bool:
        """What is reported is not what the figures said when it was submitted."""
        return bool(self.reported_status and self.figures and self.figures["status"] != self.reported_status)
