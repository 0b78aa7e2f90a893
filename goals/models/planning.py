"""Cycles and perspectives: when goals hold, and the lanes they stand in."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from people.models import Organisation


class OrganisationQuerySet(models.QuerySet):
    """Rows that everybody in the organisation may read."""

    def visible_to(self, person):
        return self.filter(organisation_id=person.organisation_id)


class Cycle(models.Model):
    """A planning period, usually a fiscal year, for which goals are set (docs/domain.md section 3).

    `locked_until`: the last day of an open cycle that nobody changes any more; a closed cycle is locked as a whole.
    """

    class State(models.TextChoices):
        PLANNING = "planning", _("Planning")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="cycles")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=100)
    start = models.DateField()
    due = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    locked_until = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = OrganisationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["-start", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="cycle_name_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"], condition=~Q(external_id=""), name="cycle_external_id_unique"
            ),
            models.CheckConstraint(condition=Q(start__lte=F("due")), name="cycle_dates_order"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_closed(self) -> bool:
        return self.state == Cycle.State.CLOSED

    @property
    def locked_through(self) -> dt.date | None:
        """The last locked day: of a closed cycle the end of time, None where nothing is locked."""
        return dt.date.max if self.is_closed else self.locked_until


class Perspective(models.Model):
    """A lane of the strategy map (docs/domain.md section 16)."""

    DEFAULTS = (_("Financial"), _("Customer"), _("Internal process"), _("Learning & growth"))

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="perspectives")
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="perspective_name_unique"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~Q(external_id=""),
                name="perspective_external_id_unique",
            ),
        ]

    def __str__(self):
        return self.name
