"""What scoring found: derived, rebuilt at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cascade.fields import figure_field
from kpis.models.kpi import Kpi
from people.models import Organisation


class KpiFigures(models.Model):
    """What scoring found for a KPI on the organisation's figures date (docs/domain.md section 6).

    `share` is the KPI's part of its goal's progress, as for goals; `pace` the pace date of section 6.7.
    """

    class Status(models.TextChoices):
        ON_TRACK = "on_track", _("On track")
        AT_RISK = "at_risk", _("At risk")
        OFF_TRACK = "off_track", _("Off track")
        ACHIEVED = "achieved", _("Achieved")
        SCHEDULED = "scheduled", _("Not started")
        NO_DATA = "no_data", _("No data")

    kpi = models.OneToOneField(Kpi, models.CASCADE, primary_key=True, related_name="figures")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    actual = figure_field()
    raw = figure_field()
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    completeness = figure_field()
    stretch = figure_field()
    share = figure_field()
    status = models.CharField(max_length=12, choices=Status)
    reason = models.CharField(max_length=30, blank=True)
    stale = models.BooleanField(default=False)
    late = models.BooleanField(default=False)
    ended = models.BooleanField(default=False)
    counted = models.BooleanField(default=False)
    pace = models.DateField(null=True)
    latest_period = models.DateField(null=True)
    latest_value = figure_field()
    latest_observed_on = models.DateField(null=True)
    rolled_up_at = models.DateTimeField()


class KpiSnapshot(models.Model):
    """A KPI's figures as they were known at the end of a day, written only where they changed."""

    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="snapshots", db_index=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    day = models.DateField()
    actual = figure_field()
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    status = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kpi", "day"], name="kpi_snapshot_unique")]
