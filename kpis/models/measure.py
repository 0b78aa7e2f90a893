"""Which KPI stands for a goal where causes and effects are compared (docs/domain.md section 16)."""

from django.db import models
from simple_history.models import HistoricalRecords

from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Organisation


class ChosenMeasure(models.Model):
    """Somebody's choice for one goal; a goal without one is measured by its heaviest own KPI."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    goal = models.OneToOneField(Goal, models.CASCADE, related_name="chosen_measure")
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="+")

    history = HistoricalRecords()
