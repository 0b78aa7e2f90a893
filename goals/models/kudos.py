"""Thanks from person to person for work on a goal."""

from django.db import models

from goals.models.goal import Goal
from people.models import Organisation, Person


class KudosQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What stands, on goals the person may see."""
        mine = self.filter(organisation_id=person.organisation_id, withdrawn_at=None)
        return mine.filter(goal__in=Goal.objects.visible_to(person))


class Kudos(models.Model):
    """Plain text from its author to one or several people who see the goal; it changes no figure (docs/domain.md
    section 15). Others may join in. Taken back it loses its words and is shown nowhere."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="kudos", db_index=False)
    version = models.PositiveIntegerField(default=1)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="kudos", db_index=False)
    author = models.ForeignKey(Person, models.PROTECT, related_name="kudos_given")
    text = models.TextField(blank=True)
    receivers = models.ManyToManyField(Person, through="KudosReceiver", related_name="kudos")
    joined = models.ManyToManyField(Person, through="KudosJoined", related_name="kudos_joined")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = KudosQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "kudos"
        indexes = [
            models.Index(fields=["goal", "created_at", "id"], name="kudos_of_goal"),
            models.Index(fields=["organisation", "-created_at", "-id"], name="kudos_newest"),
        ]

    def __str__(self):
        return self.text[:60]


class KudosReceiver(models.Model):
    """Somebody who is thanked."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    kudos = models.ForeignKey(Kudos, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kudos", "person"], name="kudos_receiver_unique")]


class KudosJoined(models.Model):
    """Somebody who thanks too."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    kudos = models.ForeignKey(Kudos, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kudos", "person"], name="kudos_joined_unique")]
