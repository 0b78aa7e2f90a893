"""What happened on a day, said where the values are."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from kpis.models.kpi import Kpi
from people.models import Organisation, Person

LONGEST = 500


class Annotation(models.Model):
    """A sentence on the course of a KPI: what happened on that day. It changes no figure."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="annotations")
    on = models.DateField(_("day"))
    text = models.CharField(_("what happened"), max_length=LONGEST)
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-on", "-id"]
