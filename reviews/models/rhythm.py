"""How often goals are reviewed: by level, by goal, and the days that nobody works."""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from goals.models import Goal, OrganisationQuerySet
from people.models import Level, Organisation


class Cadence(models.TextChoices):
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    YEARLY = "yearly", _("Yearly")


class ReviewSettings(models.Model):
    """An organisation's reviews and reminders (docs/domain.md section 14). `country` and `region` name its public
    holidays; `invite`: owner and reviewer are mailed an invitation to each review; times are by the clock of whoever is
    reminded."""

    class Shift(models.TextChoices):
        NEXT = "next", _("The next working day")
        PREVIOUS = "previous", _("The working day before")
        NONE = "none", _("That very day")

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="review_settings")
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=20, blank=True)
    days_after = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(60)])
    shift = models.CharField(max_length=10, choices=Shift, default=Shift.NEXT)
    invite = models.BooleanField(default=True)
    remind = models.BooleanField(default=True)
    remind_at = models.TimeField(default=dt.time(9))
    quiet_from = models.TimeField(default=dt.time(20))
    quiet_until = models.TimeField(default=dt.time(7))
    mails_a_week = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(50)])
    version = models.PositiveIntegerField(default=1)

    history = HistoricalRecords()


class LevelRhythm(models.Model):
    """How often the goals of a level are reviewed; without one the strategy and what stands next to it quarterly, what
    is below monthly."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    level = models.OneToOneField(Level, models.CASCADE, related_name="rhythm")
    cadence = models.CharField(max_length=10, choices=Cadence)

    history = HistoricalRecords()


class GoalRhythm(models.Model):
    """A goal's own rhythm: a cadence, or every `months` from an anchor, a day on which a period ends."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    goal = models.OneToOneField(Goal, models.CASCADE, related_name="rhythm")
    cadence = models.CharField(max_length=10, choices=Cadence, blank=True)
    anchor = models.DateField(null=True, blank=True)
    months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(anchor=None, months=None) & ~Q(cadence=""))
                | Q(anchor__isnull=False, months__isnull=False, cadence=""),
                name="goal_rhythm_cadence_or_anchor",
            )
        ]


class FreeDay(models.Model):
    """A day of its own on which an organisation does not work."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="free_days", db_index=False)
    day = models.DateField()
    name = models.CharField(max_length=100)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["organisation", "day"], name="free_day_unique")]
