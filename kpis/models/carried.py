"""Which KPI of a cycle goes on as which KPI of the next one."""

from django.db import models

from kpis.models.kpi import Kpi
from people.models import Organisation


class CarriedKpi(models.Model):
    """`kpi` measures in the next cycle what `source` measured before."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    source = models.ForeignKey(Kpi, models.CASCADE, related_name="carried_to")
    kpi = models.OneToOneField(Kpi, models.CASCADE, related_name="carried_from")
