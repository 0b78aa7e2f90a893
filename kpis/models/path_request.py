"""Asking for a place from which one's work leads to the strategy."""

from django.db import models
from django.db.models import Q

from goals.models import Goal
from people.access import can_run_cycle
from people.models import Organisation, Person


class PathRequestQuerySet(models.QuerySet):
    def visible_to(self, person):
        """One's own, those of the people one is the manager of, and all of them for who runs the cycle."""
        found = self.filter(organisation_id=person.organisation_id)
        if can_run_cycle(person):
            return found.filter(Q(goal=None) | Q(goal__in=Goal.objects.visible_to(person)))
        return found.filter(Q(asker=person) | Q(asker__manager=person, goal=None) | self.of_reports(person))

    @staticmethod
    def of_reports(person):
        return Q(asker__manager=person, goal__in=Goal.objects.visible_to(person))

    def open(self):
        return self.filter(answered_at=None)


class PathRequest(models.Model):
    """A person whose `goal` leads to no strategic goal, or who has none, asks for a path. It is answered with the goal
    `given` (the new parent, or the one to contribute to), with words, or both."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    asker = models.ForeignKey(Person, models.CASCADE, related_name="path_requests")
    goal = models.ForeignKey(Goal, models.CASCADE, null=True, related_name="path_requests")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    given = models.ForeignKey(Goal, models.SET_NULL, null=True, related_name="+")
    answer = models.TextField(blank=True)

    objects = PathRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["asker", "goal"], condition=Q(answered_at=None), name="path_asked_once"),
            models.UniqueConstraint(
                fields=["asker"], condition=Q(answered_at=None, goal=None), name="path_without_goal_asked_once"
            ),
        ]
