"""Training and guides, offered where they are needed."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cascade.links import check_link
from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Level, Organisation


class ResourceQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those for a level, for a goal or KPI the person may see, and those that are for nothing in particular."""
        links = ResourceLink.objects.filter(resource=OuterRef("pk"))
        goals, kpis = Goal.objects.visible_to(person), Kpi.objects.visible_to(person)
        seen = Q(level__isnull=False) | Q(goal__in=goals) | Q(kpi__in=kpis)
        mine = self.filter(organisation_id=person.organisation_id)
        return mine.filter(Exists(links.filter(seen)) | ~Exists(links))


class Resource(models.Model):
    """Something that helps (docs/domain.md section 16): elsewhere at `url`, or here in `text`."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("Training")
        GUIDE = "guide", _("Guide")
        TEMPLATE = "template", _("Template")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="resources")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(_("title"), max_length=300)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GUIDE)
    url = models.CharField(_("link"), max_length=2000, blank=True, validators=[check_link])
    text = models.TextField(_("text"), blank=True)
    kpis = models.ManyToManyField(Kpi, through="ResourceLink", related_name="resources")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ResourceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="resource_external_id_unique"
            ),
            models.CheckConstraint(condition=~Q(url="") | ~Q(text=""), name="resource_has_something"),
        ]

    def __str__(self):
        return self.title


class ResourceLink(models.Model):
    """What a resource helps with: the goals of a level, one goal, or one KPI."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="links", db_index=False)
    level = models.ForeignKey(Level, models.CASCADE, null=True, related_name="resource_links")
    goal = models.ForeignKey(Goal, models.CASCADE, null=True, related_name="resource_links")
    kpi = models.ForeignKey(Kpi, models.CASCADE, null=True, related_name="resource_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "level"], name="resource_level_unique"),
            models.UniqueConstraint(fields=["resource", "goal"], name="resource_goal_unique"),
            models.UniqueConstraint(fields=["resource", "kpi"], name="resource_kpi_unique"),
            models.CheckConstraint(
                condition=Q(level__isnull=False, goal=None, kpi=None)
                | Q(level=None, goal__isnull=False, kpi=None)
                | Q(level=None, goal=None, kpi__isnull=False),
                name="resource_link_of_one",
            ),
        ]
