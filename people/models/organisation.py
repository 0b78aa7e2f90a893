"""Organisations, their levels and units."""

import datetime as dt
import zoneinfo
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from cascade.fields import ExactDecimalField


def check_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("%(name)s is not a time zone; use a name such as Europe/Oslo.") % {"name": name}, code="unknown_timezone"
        )


def threshold_field(default: str) -> ExactDecimalField:
    return ExactDecimalField(max_digits=8, decimal_places=6, default=Decimal(default))


class Organisation(models.Model):
    """One customer: everything else belongs to exactly one organisation (docs/domain.md sections 1, 3 and 6).

    Its row is the lock of every structural change and roll-up of its goal trees. `on_track` and `at_risk` are gaps,
    `min_coverage` a share (section 6.8 and 8); grace is in days after a period's end (section 6.1). A goal
    starts only with a S.M.A.R.T. score of at least `smart_minimum` (0: with any); `vague_words`, separated by white
    space or commas, take the place of the usual ones (section 12). A KPI
    is forecast from `forecast_from` judged values on (section 11).
    """

    class NamedBy(models.TextChoices):
        END = "end", gettext_lazy("the year in which it ends")
        START = "start", gettext_lazy("the year in which it starts")

    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[check_timezone])
    fiscal_start_month = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    fiscal_year_named_by = models.CharField(max_length=5, choices=NamedBy, default=NamedBy.END)
    on_track = threshold_field("-0.10")
    at_risk = threshold_field("-0.25")
    min_coverage = threshold_field("0.5")
    grace_daily = models.PositiveSmallIntegerField(default=1)
    grace_weekly = models.PositiveSmallIntegerField(default=3)
    grace_monthly = models.PositiveSmallIntegerField(default=7)
    grace_quarterly = models.PositiveSmallIntegerField(default=14)
    grace_yearly = models.PositiveSmallIntegerField(default=30)
    grace_once = models.PositiveSmallIntegerField(default=7)
    smart_minimum = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    vague_words = models.TextField(blank=True)
    pays = models.BooleanField(default=False, help_text="Has bonus plans (docs/domain.md section 13).")
    forecast_from = models.PositiveSmallIntegerField(
        default=6, validators=[MinValueValidator(4), MaxValueValidator(24)]
    )
    attribution = models.TextField(blank=True, help_text="Where imported data comes from and under which licence.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fiscal_start_month__gte=1, fiscal_start_month__lte=12), name="organisation_fiscal_month"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if not Decimal(-1) <= self.at_risk < self.on_track <= 0:
            raise ValidationError(
                {"at_risk": ValidationError(_("It must be -1 <= at risk < on track <= 0."), "thresholds")}
            )
        if not 0 <= self.min_coverage <= 1:
            raise ValidationError(
                {"min_coverage": ValidationError(_("Coverage is a share from 0 to 1."), "out_of_range")}
            )

    def today(self) -> dt.date:
        """The date it is now where the organisation is."""
        return self.day_of(timezone.now())

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The date of a moment where the organisation is."""
        return moment.astimezone(zoneinfo.ZoneInfo(self.timezone)).date()

    def end_of(self, day: dt.date) -> dt.datetime:
        """The last moment of a day in the organisation's time zone."""
        zone = zoneinfo.ZoneInfo(self.timezone)
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone) - dt.timedelta(microseconds=1)

    @property
    def grace(self) -> dict[str, int]:
        """Days after a period's end, by cadence, before a missing value is overdue."""
        return {
            "daily": self.grace_daily,
            "weekly": self.grace_weekly,
            "monthly": self.grace_monthly,
            "quarterly": self.grace_quarterly,
            "yearly": self.grace_yearly,
            "once": self.grace_once,
        }


class Level(models.Model):
    """A named step of the cascade, ordered by rank: 0 is the strategy (docs/domain.md section 1)."""

    DEFAULTS = (gettext_lazy("Strategic"), gettext_lazy("Department"), gettext_lazy("Team"), gettext_lazy("Individual"))

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="levels")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=100)
    rank = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "rank"], name="level_rank_unique"),
            models.UniqueConstraint(fields=["organisation", "name"], name="level_name_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="level_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.name


class UnitQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id)


class Unit(models.Model):
    """A department or team. `path` holds the ids from the top down, so a subtree is a prefix: /1/4/."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="units")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=50, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    head = models.ForeignKey("Person", models.SET_NULL, null=True, blank=True, related_name="heads")
    path = models.CharField(max_length=500, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["organisation", "path"], name="unit_path")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="unit_external_id_unique"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_its_own_parent"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Keeps the path of the unit and of everything below it; moving a unit below itself is refused."""
        old_path = self.path
        if self.parent_id and old_path and self.parent.path.startswith(old_path):
            raise ValidationError({"parent": ValidationError(_("A unit cannot stand below itself."), "unit_cycle")})
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent_id else '/'}{self.pk}/"
        if path == old_path:
            return
        self.path = path
        Unit.objects.filter(pk=self.pk).update(path=path)
        if old_path:
            for unit in Unit.objects.filter(organisation=self.organisation_id, path__startswith=old_path):
                Unit.objects.filter(pk=unit.pk).update(path=path + unit.path[len(old_path) :])

    def subtree(self):
        """This unit and everything below it."""
        return Unit.objects.filter(organisation=self.organisation_id, path__startswith=self.path)
