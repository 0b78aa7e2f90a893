"""What people say about a goal."""

from django.db import models

from goals.models.goal import Goal
from people.models import Organisation, Person


class CommentQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The comments on goals the person may see."""
        return self.filter(organisation_id=person.organisation_id, goal__in=Goal.objects.visible_to(person))


class Comment(models.Model):
    """Plain text on one goal. A deleted comment keeps its place and its author, and loses its words."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="comments")
    version = models.PositiveIntegerField(default=1)
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(Person, models.PROTECT, related_name="comments")
    text = models.TextField(blank=True)
    mentioned = models.ManyToManyField(Person, through="Mention", related_name="mentioned_in")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["goal", "created_at", "id"], name="comment_of_goal")]

    def __str__(self):
        return self.text[:60]


class Mention(models.Model):
    """Somebody named with @ in a comment."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="mentions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "person"], name="mention_unique")]
