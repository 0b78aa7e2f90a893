"""What the API takes and answers about cycles, perspectives and goals."""

from rest_framework import serializers

from cascade.paging import PageQuery
from cascade.wire import Choice, Day, Row, Text, Whole
from goals.models import Cycle
from people.serializers import EXTERNAL_ID, external_id, ordering


class CycleRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    start = serializers.DateField()
    due = serializers.DateField()
    state = serializers.ChoiceField(choices=Cycle.State.choices)


class CycleNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    start = Day()
    due = Day()
    state = Choice(choices=Cycle.State.choices, required=False)


class CycleQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    state = Choice(choices=Cycle.State.choices, required=False)
    ordering = ordering("-start", "start", "name", "-name")


class PerspectiveRow(Row):
    id = serializers.IntegerField()
    external_id = serializers.CharField(help_text=EXTERNAL_ID)
    version = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField()


class PerspectiveNew(serializers.Serializer):
    external_id = external_id()
    name = Text(max_length=100)
    position = Whole(required=False, min_value=0, max_value=32767)


class PerspectiveQuery(PageQuery):
    external_id = Text(required=False, max_length=200)
    ordering = ordering("position", "-position", "name", "-name")
