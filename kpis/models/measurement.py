"""The values people and systems record, with every revision."""

from django.db import models

from cascade.fields import figure_field, value_field
from kpis.models.kpi import Kpi
from people.models import Organisation, Person


class Measurement(models.Model):
    """The value that counts now for one period of a KPI; null means withdrawn. Every change is a revision beside it,
    except of a derived KPI, whose values the roll-up keeps here (docs/decisions/0006-derived-values-are-kept.md).

    `period` is the period's first calendar day (docs/domain.md section 3).
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="measurements", db_index=False)
    period = models.DateField()
    value = figure_field()
    observed_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+", db_index=False)
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["kpi", "period"]
        constraints = [models.UniqueConstraint(fields=["kpi", "period"], name="measurement_unique")]


class MeasurementRevision(models.Model):
    """One act of recording, correcting or withdrawing a value; never changed, never deleted (section 5)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="revisions", db_index=False)
    period = models.DateField()
    value = value_field(null=True)
    observed_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+", db_index=False)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["recorded_at", "id"]
        indexes = [
            models.Index(fields=["kpi", "period", "recorded_at"], name="revision_of_period"),
            models.Index(fields=["organisation", "recorded_at"], name="revision_recorded"),
        ]
