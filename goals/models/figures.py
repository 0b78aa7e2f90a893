"""What the roll-up found, and the marks that ask for it: derived, rebuilt at any time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cascade.fields import figure_field
from people.models import Organisation


class GoalFigures(models.Model):
    """What the roll-up found for a goal on `organisation.rollup.figures_on`, each 0..1 (docs/domain.md section 8).

    `share` is the goal's part of its parent's progress: w/sum(w) over contributors, 0 when it does not contribute.
    """

    class Status(models.TextChoices):
        ON_TRACK = "on_track", _("On track")
        AT_RISK = "at_risk", _("At risk")
        OFF_TRACK = "off_track", _("Off track")
        ACHIEVED = "achieved", _("Achieved")
        SCHEDULED = "scheduled", _("Not started")
        NO_DATA = "no_data", _("No data")
        INSUFFICIENT = "insufficient", _("Too little data")
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        PAUSED = "paused", _("Paused")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    goal = models.OneToOneField("goals.Goal", models.CASCADE, primary_key=True, related_name="figures")
    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    coverage = figure_field()
    stale_share = figure_field()
    share = figure_field()
    status = models.CharField(max_length=12, choices=Status)
    counted = models.BooleanField(default=False)
    has_parts = models.BooleanField(default=False)
    achieved = models.BooleanField(default=False)
    trouble_below = models.PositiveIntegerField(default=0)
    rolled_up_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "status"], name="goal_figures_status")]


class GoalSnapshot(models.Model):
    """A goal's figures as they were known at the end of a day, written only where they changed."""

    goal = models.ForeignKey("goals.Goal", models.CASCADE, related_name="snapshots", db_index=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    day = models.DateField()
    progress = figure_field()
    expected = figure_field()
    gap = figure_field()
    coverage = figure_field()
    status = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "day"], name="goal_snapshot_unique")]
        indexes = [models.Index(fields=["organisation", "day"], name="goal_snapshot_day")]


class DirtyMark(models.Model):
    """The promise that a goal, or one of its KPIs, will be rolled up: written with the change, deleted with the result.

    `kpi_id` names the KPI to score again; without it only the goal's roll-up is stale. `goal` has no database
    constraint so that deleting a goal never waits for its marks.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="dirty_marks")
    goal = models.ForeignKey(
        "goals.Goal", models.DO_NOTHING, db_constraint=False, null=True, related_name="dirty_marks"
    )
    kpi_id = models.BigIntegerField(null=True)
    marked_at = models.DateTimeField(auto_now_add=True)


class RollupState(models.Model):
    """Where an organisation's roll-up stands: asked for, last finished, and for which date its figures hold."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="rollup")
    requested_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    figures_on = models.DateField(null=True)
    snapshot_on = models.DateField(null=True)
