"""The REST API of comments: what people say about a goal."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response

from cascade.paging import PageQuery, by
from cascade.resource import OwnedRows, Resource, operation
from cascade.wire import Moment, QueryReference, Row, Text
from goals import access, comments
from goals.models import Comment, Goal, Mention
from goals.serializers import goals
from people.serializers import ordering, people


class CommentRow(Row):
    """Plain text. A deleted comment has no text and nobody mentioned any more."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id")
    author = serializers.IntegerField(source="author_id")
    text = serializers.CharField()
    mentions = serializers.ListField(child=serializers.IntegerField(), help_text="People named with @.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)

    @classmethod
    def columns(cls):
        return [name for name in super().columns() if name != "mentions"]


class CommentText(serializers.Serializer):
    text = Text(
        max_length=comments.LONGEST,
        help_text="@ and the name of somebody who may see the goal mentions them; where several have the name, "
        "an e-mail address in angle brackets after it says who.",
    )


class CommentQuery(PageQuery):
    author = QueryReference(people)
    mentioned = QueryReference(people, help_text="Comments that mention this person.")
    since = Moment(required=False, help_text="Written at or after this moment.")
    ordering = ordering("created_at", "-created_at")


class AllCommentsQuery(CommentQuery):
    goal = QueryReference(goals)


ORDERS = {"created_at": by("created_at"), "-created_at": by("created_at", descending=True)}
FILTERS = {"goal": "goal", "author": "author", "mentioned": "mentions__person", "since": "created_at__gte"}


def filled(rows, ids: list[int]) -> list[dict]:
    mentioned: dict[int, list[int]] = {pk: [] for pk in ids}
    for comment_id, person_id in (
        Mention.objects.filter(comment__in=ids).order_by("pk").values_list("comment_id", "person_id")
    ):
        mentioned[comment_id].append(person_id)
    shape = CommentRow()
    found = {row["id"]: row for row in rows.filter(pk__in=ids).order_by().values(*CommentRow.columns())}
    return [shape.to_representation(found[pk] | {"mentions": mentioned[pk]}) for pk in ids if pk in found]


class GoalComments(Resource):
    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        goals_seen = Goal.objects.visible_to(self.person).select_related("unit", "owner__unit")
        self.goal = get_object_or_404(goals_seen, pk=kwargs["id"])

    def filled(self, ids):
        return filled(Comment.objects.filter(goal=self.goal), ids)

    @operation(query=CommentQuery, answer=CommentRow, page=True)
    def list(self, request, id):
        """What people said about a goal, oldest first; deleted comments keep their place."""
        rows = Comment.objects.filter(goal=self.goal)
        for name, lookup in FILTERS.items():
            if name in self.query:
                rows = rows.filter(**{lookup: self.query[name]})
        return self.paged(rows, ORDERS[self.query["ordering"]], self.filled)

    @operation(body=CommentText, answer=CommentRow, status=201)
    def create(self, request, id):
        """Say something about a goal, by whoever may see it. The mentioned and the goal's owner are told.

        Error codes: `several_called_so`, `too_many_mentioned`.
        """
        made = comments.create(self.goal, self.body()["text"], by=self.person)
        return Response(self.filled([made.pk])[0], 201)


class Comments(OwnedRows):
    http_method_names = ("get", "head", "patch", "delete")
    model, row, new, change, listed = Comment, CommentRow, CommentText, CommentText, AllCommentsQuery
    orders, filters = ORDERS, FILTERS

    def visible(self):
        return super().visible().select_related("goal")

    def filled(self, ids):
        return filled(self.visible(), ids)

    def may_change(self, row):
        if self.action == "destroy":
            return row.deleted_at is not None or access.can_delete_comment(self.person, row)
        return access.can_edit_comment(self.person, row)

    def list(self, request):
        """Comments on all the goals the caller may see."""
        return super().list(request)

    def partial_update(self, request, pk):
        """Other words, by the author. Who is mentioned only now is told."""
        return super().partial_update(request, pk)

    def destroy(self, request, pk):
        """Take a comment's words away, by its author or an administrator; its place stays."""
        return super().destroy(request, pk)

    def alter(self, row, fields):
        if "text" in fields:
            comments.edit(row, fields["text"])

    def remove(self, row):
        comments.delete(row)


routes = [(r"goals/(?P<id>[0-9]{1,18})/comments", GoalComments, "goal-comments"), ("comments", Comments)]
