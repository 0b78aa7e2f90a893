"""The processes of the organisation that KPIs are tied to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cascade.links import check_link
from goals.models import OrganisationQuerySet
from kpis.models.kpi import Kpi
from people.models import Organisation, Person


class Process(models.Model):
    """A way of working that is described elsewhere (docs/domain.md section 16); everybody in the organisation may read
    its name."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="processes")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("name"), max_length=300)
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="processes", verbose_name=_("owner")
    )
    url = models.CharField(_("link"), max_length=2000, blank=True, validators=[check_link])
    kpis = models.ManyToManyField(Kpi, through="ProcessKpi", related_name="processes")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="process_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.name


class ProcessKpi(models.Model):
    """A KPI that is measured in a process."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    process = models.ForeignKey(Process, models.CASCADE, related_name="links", db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="process_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "kpi"], name="process_kpi_unique")]
