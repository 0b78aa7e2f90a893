"""What it takes to reach a goal, and what shows that it is there."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from goals.models import Goal, Perspective
from kpis.models.kpi import Kpi
from kpis.models.measurement import Measurement
from people.models import Organisation


class SuccessFactorQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The factors of the goals a person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))

    def with_coverage(self):
        """`covered`: at least one active KPI with data is linked."""
        measured = Measurement.objects.filter(kpi=OuterRef("kpi"), value__isnull=False)
        links = FactorKpi.objects.filter(factor=OuterRef("pk"), kpi__state=Kpi.State.ACTIVE)
        return self.annotate(covered=Exists(links.filter(Exists(measured))))


class SuccessFactor(models.Model):
    """Something that has to be so for a goal to be reached (docs/domain.md section 16). A figure covers it when at
    least one active KPI with data is linked."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="success_factors")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="success_factors")
    name = models.CharField(_("name"), max_length=300)
    perspective = models.ForeignKey(
        Perspective,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="success_factors",
        verbose_name=_("perspective"),
    )
    kpis = models.ManyToManyField(Kpi, through="FactorKpi", related_name="success_factors")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SuccessFactorQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="factor_external_id_unique"
            ),
        ]

    def __str__(self):
        return self.name


class FactorKpi(models.Model):
    """A KPI that measures a success factor."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    factor = models.ForeignKey(SuccessFactor, models.CASCADE, related_name="links", db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="factor_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "kpi"], name="factor_kpi_unique")]
