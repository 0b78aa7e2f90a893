"""The REST API of alignments: goals that support others beside the tree."""

from rest_framework import serializers

from cascade import versions
from cascade.paging import PageQuery, by
from cascade.resource import OwnedRows
from cascade.wire import QueryReference, Reference, Row, Text
from goals import alignments
from goals.access import Rights
from goals.models import Alignment
from goals.serializers import LONGEST_TEXT, goals, reason
from people.serializers import ordering


class AlignmentRow(Row):
    """A goal that also supports another one beside the tree; it moves no figure."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    goal = serializers.IntegerField(source="goal_id", help_text="The goal that supports.")
    supports = serializers.IntegerField(source="supports_id", help_text="The goal that is supported.")
    note = serializers.CharField(help_text="How it helps.")
    created_at = serializers.DateTimeField()


class AlignmentChange(serializers.Serializer):
    note = Text(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    reason = reason()


class AlignmentNew(AlignmentChange):
    goal = Reference(goals, help_text="The goal that supports; the caller may edit it.")
    supports = Reference(goals, help_text="Neither the goal itself nor one above or below it.")


class AlignmentQuery(PageQuery):
    goal = QueryReference(goals, help_text="What this goal supports.")
    supports = QueryReference(goals, help_text="What supports this goal.")
    ordering = ordering("created_at", "-created_at")


class Alignments(OwnedRows):
    model, row, new, change, listed = Alignment, AlignmentRow, AlignmentNew, AlignmentChange, AlignmentQuery
    orders = {"created_at": by("created_at"), "-created_at": by("created_at", descending=True)}
    filters = {"goal": "goal", "supports": "supports"}

    def visible(self):
        joined = (f"{end}__{name}" for end in ("goal", "supports") for name in ("unit", "owner__unit"))
        return super().visible().select_related(*joined)

    def may_add(self, fields):
        return Rights.of(self.person).can_edit(fields["goal"])

    def may_change(self, row):
        return Rights.of(self.person).can_remove(row)

    def list(self, request):
        """Alignments of which the caller may see both goals."""
        return super().list(request)

    def create(self, request):
        """Let a goal support another one beside the tree, by whoever may edit it.

        Error codes at `supports`: `same_goal`, `in_its_path`, `aligned_already`.
        """
        return super().create(request)

    def add(self, fields):
        return alignments.create(fields.pop("goal"), fields.pop("supports"), by=self.person, **fields)

    def alter(self, row, fields):
        versions.write(row, self.person, fields.pop("reason", ""), **fields)

    def remove(self, row):
        row._history_user = self.person
        row.delete()
