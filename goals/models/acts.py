"""What a person did to goals in one go, as long as it can be taken back."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from people.models import Organisation, Person


class ActQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Everybody's own acts."""
        return self.filter(organisation_id=person.organisation_id, person=person)

    def open(self):
        """What can still be taken back."""
        return self.filter(undone_at=None, expires_at__gt=timezone.now())


class Act(models.Model):
    """One act of one person (goals/undo.py): what was done in words, the steps in their order, and per goal the
    version it was found with (null: it was not there) and the one it was left with."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="acts")
    person = models.ForeignKey(Person, models.CASCADE, related_name="acts")
    words = models.TextField()
    steps = models.JSONField(encoder=DjangoJSONEncoder)
    versions = models.JSONField()
    done_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = ActQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="act_newest_of_person")]

    def __str__(self):
        return self.words
