"""Which KPIs are needed for which: the dependency graph of derived KPIs."""

from django.db import models

from kpis.models.kpi import Kpi
from people.models import Organisation


class KpiSource(models.Model):
    """`kpi` is calculated from `source` (docs/domain.md section 7): one row whatever the link or formula says of it.

    The truth is in the KPI itself, `formula` and `links`; these rows follow it (kpis/rolled/graph.py), so that a change
    of a value finds what depends on it.
    """

    follows = True

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="needs", db_index=False)
    source = models.ForeignKey(Kpi, models.CASCADE, related_name="uses")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["kpi", "source"], name="kpi_source_unique")]

    def __str__(self):
        return f"{self.kpi_id} from {self.source_id}"
