"""How people look at the goal tree: what they have open, and views they keep under a name."""

from django.db import models
from django.db.models import Q

from goals.models.planning import Cycle
from people.models import Organisation, Person


class OpenGoals(models.Model):
    """The goals of a cycle that a person has open in the tree, so that the tree looks as it was left."""

    organisation = models.ForeignKey(Organisation, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE, related_name="open_goals")
    cycle = models.ForeignKey(Cycle, models.CASCADE)
    goals = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "cycle"], name="open_goals_once_a_cycle")]


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own, and those that others share."""
        return self.filter(organisation_id=person.organisation_id).filter(Q(person=person) | Q(shared=True))


class SavedView(models.Model):
    """Filters, columns and order of the goal tree under a name. `query` is the part of the address that says them."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="saved_views")
    person = models.ForeignKey(Person, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=100)
    query = models.TextField(blank=True)
    shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="saved_view_name_unique"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_default=True), name="saved_view_one_default_a_person"
            ),
        ]

    def __str__(self):
        return self.name
