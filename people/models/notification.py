"""What the product tells a person: the inbox."""

from django.db import models
from django.db.models import Q

from people.models.organisation import Organisation
from people.models.person import Person


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own: nobody reads somebody else's inbox."""
        return self.filter(organisation_id=person.organisation_id, person_id=person.pk)

    def waiting(self, now):
        """Neither read nor put off until later."""
        return self.filter(read_at=None).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def snoozed(self, now):
        return self.filter(read_at=None, snoozed_until__gt=now)


class Notification(models.Model):
    """Something that happened and concerns a person. `kind` and `facts` make its sentence in the reader's language
    (people/notifications.py); `key` is unique per person, so what runs twice tells once."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="notification_once")]
        indexes = [models.Index(fields=["person", "read_at"], name="notification_unread")]


class MutedKind(models.Model):
    """A kind of notification that a person does not want to be called for: it goes into the inbox as read."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="muted_kinds")
    kind = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="muted_kind_unique")]
