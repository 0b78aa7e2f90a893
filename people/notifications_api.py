"""The REST API of a person's own notifications."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.response import Response

from cascade import versions
from cascade.paging import by
from cascade.resource import Resource, operation
from people import inbox, notifications
from people import serializers as shapes
from people.models import Notification


class Notifications(Resource):
    """What waits, what was put off and what was read: one's own, and nobody else's."""

    def visible(self):
        return Notification.objects.visible_to(self.person)

    def filled(self, ids: list[int]) -> list[dict]:
        rows = self.visible().in_bulk(ids)
        shape = shapes.NotificationRow()
        fields = [name for name in shape.columns() if name != "text"]
        return [
            shape.to_representation(
                {name: getattr(rows[pk], name) for name in fields} | {"text": notifications.sentence(rows[pk])}
            )
            for pk in ids
            if pk in rows
        ]

    @operation(query=shapes.NotificationQuery, answer=shapes.NotificationRow, page=True)
    def list(self, request):
        """The person's notifications, newest first."""
        rows = self.visible()
        if (state := self.query.get("state")) == "waiting":
            rows = rows.waiting(timezone.now())
        elif state == "snoozed":
            rows = rows.snoozed(timezone.now())
        elif state == "read":
            rows = rows.exclude(read_at=None)
        if "kind" in self.query:
            rows = rows.filter(kind=self.query["kind"])
        return self.paged(rows, by("created_at", descending=True), self.filled)

    @operation(answer=shapes.NotificationRow)
    def retrieve(self, request, pk):
        """One notification."""
        return Response(self.filled([get_object_or_404(self.visible(), pk=int(pk)).pk])[0])

    @operation(body=shapes.NotificationChange, answer=shapes.NotificationRow, versioned=True)
    def partial_update(self, request, pk):
        """Mark it read or new again, or put it off until a later moment.

        Either `read` or `snoozed_until` (`read_and_snoozed`); `in_the_past` and `too_far` refuse a moment that is not
        within the coming year.
        """
        row = get_object_or_404(self.visible(), pk=int(pk))
        version = versions.expected(request, row.version)
        fields = self.body(partial=True)
        rows = self.visible().filter(pk=row.pk)
        with transaction.atomic():
            versions.refuse_other(rows.select_for_update().get(), version)
            if "snoozed_until" in fields:
                inbox.snooze(rows, fields["snoozed_until"], fields.get("snooze_reason", ""))
            elif "read" in fields:
                (inbox.mark_read if fields["read"] else inbox.mark_unread)(rows)
        return self.retrieve(request, pk)


routes = [("notifications", Notifications)]
singles = []
