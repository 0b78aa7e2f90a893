"""What people below a goal tell its owner: that it cannot be reached, or that it measures the wrong thing."""

from django.db import models
from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from goals.models.goal import Goal
from people.models import Organisation, Person, reports_below


class SignalQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The signals on goals the person may see, but for those taken back; whose they are only `with_names` tells."""
        mine = self.filter(organisation_id=person.organisation_id).exclude(state=Signal.State.WITHDRAWN)
        return mine.filter(goal__in=Goal.objects.visible_to(person))

    def open(self):
        return self.filter(state=Signal.State.OPEN)

    def named_to(self, person) -> Q:
        """Whose author the person may know: one's own, those on the own goals and on the goals of the people and units
        one manages; all of them for who reads every goal (docs/domain.md section 15)."""
        if person.sees_everything:
            return Q(organisation_id=person.organisation_id)
        known = Q(author_id=person.pk) | Q(goal__owner_id=person.pk) | Q(goal__owner_id__in=reports_below(person))
        if path := person.managed_path:
            known |= Q(goal__unit__path__startswith=path) | Q(goal__owner__unit__path__startswith=path)
        return known

    def with_names(self, person):
        """`named`: the person may know who sent it."""
        named = Case(When(self.named_to(person), then=Value(True)), default=Value(False), output_field=BooleanField())
        return self.annotate(named=named)


class Signal(models.Model):
    """Sent by somebody who works below the goal (docs/domain.md section 15), and answered by the goal's owner.

    `waits_since` is when it was sent, or sent again after an answer; `escalated_at` when the owner's manager was told
    that it waits. `outcome` is what the last answer decided, empty while it is open.
    """

    class Kind(models.TextChoices):
        NOT_REACHABLE = "not_reachable", _("Not reachable")
        WRONG_MEASURE = "wrong_measure", _("Measures the wrong thing")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for an answer")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Taken back")

    class Outcome(models.TextChoices):
        AGREED = "agreed", _("Agreed, it will be changed")
        CHANGED = "changed", _("Changed already")
        KEPT = "kept", _("Kept as it is")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="signals", db_index=False)
    version = models.PositiveIntegerField(default=1)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="signals", db_index=False)
    author = models.ForeignKey(Person, models.PROTECT, related_name="signals", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    waits_since = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["goal", "created_at", "id"], name="signal_of_goal"),
            models.Index(fields=["organisation", "state", "waits_since"], name="signal_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "goal", "kind"], condition=Q(state="open"), name="signal_open_once"
            ),
            models.CheckConstraint(
                condition=(Q(state="answered") & ~Q(outcome="")) | (~Q(state="answered") & Q(outcome="")),
                name="signal_answered_with_outcome",
            ),
        ]

    def __str__(self):
        return self.text[:60]


class SignalRound(models.Model):
    """An answer to a signal, or what its author says to an answer; never changed, never deleted."""

    class Kind(models.TextChoices):
        ANSWERED = "answered", "answered"
        REOPENED = "reopened", "reopened"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    signal = models.ForeignKey(Signal, models.CASCADE, related_name="rounds")
    kind = models.CharField(max_length=10, choices=Kind)
    outcome = models.CharField(max_length=10, choices=Signal.Outcome, blank=True)
    text = models.TextField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
