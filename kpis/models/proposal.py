"""Catchball: what a goal's owner is asked to take on, and every round in which it is answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cascade.fields import value_field
from goals.models import Goal
from kpis.models.kpi import Kpi
from people.models import Organisation, Person

OPEN = (Goal.State.DRAFT, Goal.State.PROPOSED)


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The proposals of the goals a person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))

    def waiting(self):
        """Not answered yet, by whoever's turn it is."""
        return self.filter(goal__state=Goal.State.PROPOSED).exclude(state=Proposal.State.AGREED)


class Proposal(models.Model):
    """The part of a target that a goal below is to bring, until both sides agree (docs/domain.md section 10).

    `number` is the one on the table, in the unit of `kpi`; the one that holds is the target of `kpi`. `source` is the
    KPI of the goal above whose target was split by `rule`. Without a KPI only the goal itself is proposed.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("The owner's turn")
        COUNTERED = "countered", _("Countered")
        AGREED = "agreed", _("Agreed")

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    goal = models.OneToOneField(Goal, models.CASCADE, related_name="proposal")
    kpi = models.ForeignKey(Kpi, models.SET_NULL, null=True, related_name="+")
    source = models.ForeignKey(Kpi, models.SET_NULL, null=True, related_name="parts")
    rule = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    number = value_field(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "state"], name="proposal_state")]

    @property
    def is_agreed(self) -> bool:
        """Its number is fixed in the next split; an owner who started the goal agreed as well."""
        return self.state == Proposal.State.AGREED or self.goal.state not in OPEN


class ProposalRound(models.Model):
    """One thing said about a proposal; never changed, never deleted."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        ACCEPTED = "accepted", "accepted"
        COUNTERED = "countered", "countered"
        AGREED = "agreed", "agreed"

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="rounds")
    kind = models.CharField(max_length=10, choices=Kind)
    number = value_field(null=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
