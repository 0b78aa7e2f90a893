"""What people do for a goal: initiatives and their milestones."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Organisation, Person


class InitiativeQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Those for a goal the person may see, and the person's own."""
        mine = self.filter(organisation_id=person.organisation_id)
        if person.sees_everything:
            return mine
        goals = InitiativeGoal.objects.filter(goal__in=Goal.objects.visible_to(person)).values("initiative")
        return mine.filter(Q(pk__in=goals) | Q(owner_id=person.pk))

    def open(self):
        return self.filter(state__in=Initiative.OPEN)

    def overdue(self, on):
        return self.open().filter(due__lt=on)


class Initiative(models.Model):
    """Work that is meant to move a goal or KPI (docs/domain.md section 16). It never moves progress by itself:
    activity is not result."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DOING = "doing", _("Under way")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    OPEN = (State.PLANNED, State.DOING)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="initiatives")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(_("title"), max_length=500)
    description = models.TextField(_("description"), blank=True)
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="initiatives", verbose_name=_("owner")
    )
    due = models.DateField(_("due date"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    goals = models.ManyToManyField(Goal, through="InitiativeGoal", related_name="initiatives")
    kpis = models.ManyToManyField(Kpi, through="InitiativeKpi", related_name="initiatives")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = InitiativeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["organisation", "state", "due"], name="initiative_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~Q(external_id=""),
                name="initiative_external_id_unique",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_overdue(self, on) -> bool:
        return self.is_open and self.due is not None and self.due < on


class InitiativeGoal(models.Model):
    """A goal that an initiative is for."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="goal_links", db_index=False)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="initiative_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["initiative", "goal"], name="initiative_goal_unique")]


class InitiativeKpi(models.Model):
    """A KPI that an initiative is meant to move."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="kpi_links", db_index=False)
    kpi = models.ForeignKey(Kpi, models.CASCADE, related_name="initiative_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["initiative", "kpi"], name="initiative_kpi_unique")]


class Milestone(models.Model):
    """A step of an initiative, done once `done_on` is set."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="milestones")
    title = models.CharField(_("title"), max_length=300)
    due = models.DateField(_("due date"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title
