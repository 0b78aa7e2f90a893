"""Where KPIs and goals will end up, as last found: derived, rebuilt at any time (docs/domain.md section 11)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cascade.fields import figure_field
from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Organisation


class KpiForecast(models.Model):
    """A KPI's forecast from its values on `on`: `n` values make the line, `needed` are the least; point, low and high
    are in its unit, progress and probability 0..1. `path` holds the periods to come: last day, value, low, high."""

    class State(models.TextChoices):
        OK = "ok", _("There is a forecast")
        TOO_FEW_POINTS = "too_few_points", _("Not enough values yet")
        TOO_FAR_AHEAD = "too_far_ahead", _("Too many periods are to come")
        NOT_APPLICABLE = "not_applicable", _("It is measured once")

    kpi = models.OneToOneField(Kpi, models.CASCADE, primary_key=True, related_name="forecast")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    state = models.CharField(max_length=20, choices=State)
    n = models.PositiveIntegerField()
    needed = models.PositiveSmallIntegerField()
    is_drawn = models.BooleanField(default=False, help_text="The spread is that of random draws, not of a formula.")
    slope = figure_field()
    intercept = figure_field()
    point = figure_field()
    progress = figure_field()
    sd = figure_field()
    low = figure_field()
    high = figure_field()
    probability = figure_field()
    path = models.JSONField(default=list)
    due = models.DateField(null=True)
    on = models.DateField()
    made_at = models.DateTimeField()

    def __str__(self):
        return f"{self.kpi_id}: {self.state}"


class GoalForecast(models.Model):
    """Where a goal ends up with the forecasts of its KPIs: progress foreseen, the share of its weight that has one, and
    where that is at least a half what the draws say: 8 in 10 end between low and high, the chance of 0.7 and of 1."""

    goal = models.OneToOneField(Goal, models.CASCADE, primary_key=True, related_name="forecast")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    progress = figure_field()
    share = figure_field()
    low = figure_field()
    high = figure_field()
    mostly = figure_field()
    wholly = figure_field()
    on = models.DateField()
    made_at = models.DateTimeField()

    def __str__(self):
        return f"{self.goal_id}: {self.progress}"


class ForecastRun(models.Model):
    """When an organisation's forecasts were last made, and how many seconds it took."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="forecast_run")
    made_at = models.DateTimeField()
    took = models.FloatField()

    def __str__(self):
        return f"{self.organisation_id}: {self.took} s"


class ForecastMark(models.Model):
    """The promise that forecasts will be made anew: of a KPI and all above it, of a goal's tree, or (neither) of
    everything. Written with the roll-up, deleted with the result."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="forecast_marks")
    kpi_id = models.BigIntegerField(null=True)
    goal_id = models.BigIntegerField(null=True)
    marked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.kpi_id or self.goal_id or 'everything'}"
