"""The figures with which a cycle was closed: written once, never changed."""

from django.db import models
from django.db.models import Q

from cascade.fields import figure_field, value_field
from goals.models import Cycle, Goal
from kpis.models.kpi import Kpi
from people.models import Organisation, Person


class ClosingQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id)


class Closing(models.Model):
    """One closing of a cycle: who, when, why, and, if it was reopened, the same of that (docs/domain.md section 3)."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="closings")
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="closings")
    day = models.DateField(help_text="The day whose figures were frozen.")
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    reason = models.TextField()
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    reopen_reason = models.TextField(blank=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["cycle"], condition=Q(reopened_at=None), name="closing_one_in_force")
        ]


class ClosedGoal(models.Model):
    """A goal's figures as they were known when its cycle was closed; `stood` is its state before."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    closing = models.ForeignKey(Closing, models.CASCADE, related_name="goals", db_index=False)
    goal = models.ForeignKey(Goal, models.SET_NULL, null=True, related_name="closings")
    title = models.CharField(max_length=500)
    stood = models.CharField(max_length=10, choices=Goal.State)
    outcome = models.CharField(max_length=10, choices=Goal.Outcome, blank=True)
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    coverage = figure_field()
    status = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["closing", "goal"], name="closed_goal_unique")]


class ClosedKpi(models.Model):
    """A KPI's figures as they were known when its cycle was closed, with what was asked of it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    closing = models.ForeignKey(Closing, models.CASCADE, related_name="kpis", db_index=False)
    kpi = models.ForeignKey(Kpi, models.SET_NULL, null=True, related_name="closings")
    name = models.CharField(max_length=500)
    unit = models.CharField(max_length=100, blank=True)
    baseline = value_field(null=True)
    target = value_field(null=True)
    actual = figure_field()
    raw = figure_field()
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    completeness = figure_field()
    status = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["closing", "kpi"], name="closed_kpi_unique")]
