"""How goals are measured."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cascade.fields import value_field, weight_field
from goals.models import DirtyMark, Goal
from kpis.dated import DATED, asked_on
from people.models import Organisation, Person


class KpiQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The KPIs of the goals a person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))

    def active(self):
        return self.filter(state=Kpi.State.ACTIVE)

    def with_figures(self):
        return self.select_related("figures")

    def with_freshness(self):
        """`pending`: something committed for this KPI has not been scored yet."""
        return self.annotate(pending=Exists(DirtyMark.objects.filter(kpi_id=OuterRef("pk"))))


class Kpi(models.Model):
    """How a goal is measured (docs/domain.md section 4; the codes of a refused definition are those of
    `kpis.attainment.validate`).

    `direction` and `target` may be absent in imported data; such a KPI shows its values and has no score.
    """

    class Kind(models.TextChoices):
        NUMBER = "number", _("Number")
        BOOLEAN = "boolean", _("Done or not")

    class Direction(models.TextChoices):
        INCREASE = "increase", _("Increase")
        DECREASE = "decrease", _("Decrease")
        MAINTAIN = "maintain", _("Maintain")

    class Cadence(models.TextChoices):
        DAILY = "daily", _("Daily")
        WEEKLY = "weekly", _("Weekly")
        MONTHLY = "monthly", _("Monthly")
        QUARTERLY = "quarterly", _("Quarterly")
        YEARLY = "yearly", _("Yearly")
        ONCE = "once", _("Once")

    class Aggregation(models.TextChoices):
        LATEST = "latest", _("Latest value")
        SUM = "sum", _("Sum")
        MEAN = "mean", _("Mean")
        MIN = "min", _("Lowest")
        MAX = "max", _("Highest")

    class TargetMode(models.TextChoices):
        BY_DUE = "by_due", _("Reach the target by the due date")
        EACH_PERIOD = "each_period", _("Reach the target in each period")

    class Trajectory(models.TextChoices):
        LINEAR = "linear", _("Straight line")
        MILESTONES = "milestones", _("Lines between milestones")
        STEPS = "steps", _("Steps at milestones")

    class Indicator(models.TextChoices):
        LEAD = "lead", _("Lead")
        LAG = "lag", _("Lag")

    class Source(models.TextChoices):
        MANUAL = "manual", _("Entered by hand")
        API = "api", _("Sent by another system")
        FORMULA = "formula", _("Calculated by a formula")
        ROLLUP = "rollup", _("Taken from other KPIs")

    class Method(models.TextChoices):
        SUM = "sum", _("Sum")
        MEAN = "mean", _("Average")
        WEIGHTED_MEAN = "weighted_mean", _("Weighted average")
        MIN = "min", _("Lowest")
        MAX = "max", _("Highest")
        RATIO = "ratio", _("Ratio of sums")

    class Missing(models.TextChoices):
        USUAL = "", _("As usual for the method")
        REQUIRE_ALL = "require_all", _("No value unless all have one")
        SKIP = "skip", _("Leave them out, if at least half have one")
        ZERO = "zero", _("Count them as 0")
        CARRY = "carry", _("Take their value of the period before, once")

    DERIVED = frozenset({Source.FORMULA, Source.ROLLUP})

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="kpis")
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="kpis")
    external_id = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    key = models.CharField(
        max_length=100,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", _("Use a letter, then letters, digits and _."), "key_shape")],
    )
    name = models.CharField(max_length=500)
    definition = models.TextField(blank=True)
    unit = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NUMBER)
    direction = models.CharField(max_length=10, choices=Direction, null=True, blank=True, default=Direction.INCREASE)
    baseline = value_field(null=True, blank=True)
    target = value_field(null=True, blank=True)
    stretch = value_field(null=True, blank=True)
    lower = value_field(null=True, blank=True)
    upper = value_field(null=True, blank=True)
    fade = value_field(null=True, blank=True)
    zero_at = value_field(null=True, blank=True)
    start = models.DateField(null=True, blank=True)
    due = models.DateField(null=True, blank=True)
    cadence = models.CharField(max_length=10, choices=Cadence, default=Cadence.MONTHLY)
    aggregation = models.CharField(max_length=10, choices=Aggregation, default=Aggregation.LATEST)
    target_mode = models.CharField(max_length=12, choices=TargetMode, default=TargetMode.BY_DUE)
    trajectory = models.CharField(max_length=12, choices=Trajectory, default=Trajectory.LINEAR)
    milestones = models.JSONField(default=dict, blank=True)
    rebased_on = models.DateField(
        null=True, blank=True, help_text="The day from which the path runs anew, from `baseline`; null: from the start."
    )
    targets = models.JSONField(
        default=list, blank=True, help_text="What is asked from which day on (kpis/dated.py); empty: always the same."
    )
    weight = weight_field()
    indicator = models.CharField(max_length=4, choices=Indicator, default=Indicator.LAG)
    source = models.CharField(max_length=10, choices=Source, default=Source.MANUAL)
    formula = models.CharField(max_length=500, blank=True, help_text="By which it is calculated, in keys of KPIs.")
    method = models.CharField(max_length=14, choices=Method, blank=True)
    missing = models.CharField(max_length=12, choices=Missing, blank=True)
    scale = value_field(default=Decimal(1))
    links = models.JSONField(
        default=list, blank=True, help_text="The KPIs that a rolled-up one is taken from (kpis/rolled/links.py)."
    )
    data_owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="records")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    min_value = value_field(null=True, blank=True)
    max_value = value_field(null=True, blank=True)
    benchmark = value_field(null=True, blank=True)
    benchmark_source = models.CharField(max_length=500, blank=True)
    benchmark_on = models.DateField(null=True, blank=True)
    source_note = models.TextField(blank=True, help_text="Who publishes the number, as imported data says.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = KpiQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="kpi_key_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="kpi_external_id_unique"
            ),
            models.CheckConstraint(condition=Q(weight__gte=Decimal(0)), name="kpi_weight_not_negative"),
            models.CheckConstraint(
                condition=Q(start=None) | Q(due=None) | Q(start__lte=F("due")), name="kpi_dates_order"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def life(self) -> tuple[dt.date, dt.date]:
        """First and last day on which it is measured: its own, else the goal's, else the cycle's."""
        goal, cycle = self.goal, self.goal.cycle
        return self.start or goal.start or cycle.start, self.due or goal.due or cycle.due

    @property
    def asked(self) -> dict[str, Any]:
        """Its columns with its life filled in, as scoring takes them."""
        row = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        row["start"], row["due"] = self.life
        return row

    def hold(self, on: dt.date) -> bool:
        """Takes on what is asked on a day, if that changes with dates; says whether anything is different."""
        now = asked_on(self.asked, on)
        different = [name for name in DATED if getattr(self, name) != now[name]]
        for name in different:
            setattr(self, name, now[name])
        return bool(different)

    @property
    def is_derived(self) -> bool:
        """Its values come from other KPIs, so nobody enters any (docs/domain.md section 7)."""
        return self.source in self.DERIVED

    @property
    def is_scored(self) -> bool:
        """It has all that a score needs beside values."""
        band = self.lower is not None or self.upper is not None
        return self.direction is not None and (self.target is not None or (self.direction == "maintain" and band))
