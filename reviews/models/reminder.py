"""Reminders: what is planned for whom, what went out, and how each person wants it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.models import Kpi
from people.models import Organisation, Person
from reviews.models.review import Review


class Channel(models.TextChoices):
    EMAIL = "email", _("Mail")
    CHAT = "chat", _("Chat")
    APP = "app", _("In Cascade")


class Digest(models.Model):
    """The one message of a day to a person over a channel; `day` is the person's. Its row is committed before it is
    sent, so that nothing goes out twice."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    recipient = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    day = models.DateField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "channel", "day"], name="digest_of_a_day")]


class Reminder(models.Model):
    """One reminder, of a review or of the value of a KPI's period, to one person over one channel (docs/domain.md
    section 14). `key` names it for ever; `day` is by the recipient's clock and `at` the moment in UTC. `tries` counts
    how often the receiver surely did not take it; then it is tried again, `not_before` a moment."""

    class Kind(models.TextChoices):
        BEFORE = "before", _("Ahead of a review")
        OVERDUE = "overdue", _("Overdue")
        ESCALATION = "escalation", _("Overdue, to the manager")
        VALUE = "value", _("A value is due")
        VALUE_LAST = "value_last", _("A value is late soon")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SUPERSEDED = "superseded", _("Left to a more urgent one")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Skipped")
        CANCELLED = "cancelled", _("Called off")
        FAILED = "failed", _("Could not be delivered")

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    key = models.CharField(max_length=120, unique=True)
    review = models.ForeignKey(Review, models.CASCADE, null=True, related_name="reminders")
    kpi = models.ForeignKey(Kpi, models.CASCADE, null=True, related_name="reminders")
    period = models.DateField(null=True)
    recipient = models.ForeignKey(Person, models.CASCADE, related_name="reminders", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    n = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=10, choices=Channel)
    revision = models.PositiveSmallIntegerField(default=1)
    day = models.DateField()
    at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    settled_at = models.DateTimeField(null=True)
    digest = models.ForeignKey(Digest, models.SET_NULL, null=True, related_name="reminders")
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(review__isnull=False, kpi=None, period=None)
                | Q(review=None, kpi__isnull=False, period__isnull=False),
                name="reminder_of_one_thing",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "at"], condition=Q(state="planned"), name="reminder_planned"),
            models.Index(fields=["organisation", "day"], name="reminder_day"),
            models.Index(fields=["recipient", "day"], name="reminder_recipient"),
        ]

    @property
    def about(self) -> str:
        return f"review{self.review_id}" if self.review_id else f"kpi{self.kpi_id}"


class ReminderWishes(models.Model):
    """How a person wants to be reminded. `at` None: when the organisation does. `back_on`: away until that day, on
    which what waited comes; `away_because` is told to the manager."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="reminder_wishes")
    mail = models.BooleanField(default=True)
    chat = models.BooleanField(default=False)
    ahead = models.BooleanField(default=True)
    overdue = models.BooleanField(default=True)
    escalations = models.BooleanField(default=True)
    values = models.BooleanField(default=True)
    at = models.TimeField(null=True, blank=True)
    back_on = models.DateField(null=True, blank=True)
    away_because = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    def wants(self, kind: str, channel: str) -> bool:
        """The list in Cascade shows everything; whoever mutes it there finds it as read."""
        if channel == Channel.APP:
            return True
        asked = {"before": self.ahead, "overdue": self.overdue, "escalation": self.escalations}
        return (self.mail if channel == Channel.EMAIL else self.chat) and asked.get(kind, self.values)


class ChatAddress(models.Model):
    """Where a chat takes messages: an incoming webhook of a person, or without one the organisation's. Whoever knows
    the address can write there, so it is never shown again."""

    class Format(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        MATTERMOST = "mattermost", "Mattermost"

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    person = models.OneToOneField(Person, models.CASCADE, null=True, related_name="chat_address")
    format = models.CharField(max_length=12, choices=Format, default=Format.SLACK)
    url = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], condition=Q(person=None), name="chat_of_organisation")
        ]
