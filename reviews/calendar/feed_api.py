"""The file that calendar programs read: open to who has its address."""

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from rest_framework.exceptions import Throttled

from cascade.resource import Resource, operation
from cascade.schema import Schema
from cascade.throttling import address, counted, left
from cascade.wire import Query, Text
from reviews.calendar import entries, feeds

UNREADABLE, EACH = 30, 60  # a minute: from one address, with one token
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="reviews.ics"',
    "X-Robots-Tag": "noindex",
}
MEDIA_TYPE = "text/calendar"


class CalendarSchema(Schema):
    def get_operation_id(self):
        return "reviews_calendar"

    def get_tags(self):
        return ["reviews"]

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        bodies["200"] = {
            "description": "An iCalendar file.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
        bodies["304"] = {"description": "Unchanged since the ETag or date that the client named."}
        return bodies


class FeedQuery(Query):
    token = Text(max_length=200, help_text="Of the private address, as the page of one's calendar shows it once.")


class CalendarFile(Resource):
    authentication_classes = ()
    permission_classes = ()
    schema = CalendarSchema()

    @operation(query=FeedQuery, refuses=(404,))
    def read(self, request):
        """One's reviews as an iCalendar file, for calendar programs.

        A token that was withdrawn, or whose person has left, is not found.
        """
        token = self.query["token"]
        if counted(f"feed:{feeds.hashed(token)}") > EACH:
            raise Throttled(left())
        feed = feeds.opened(token)
        if feed is None:
            if counted(f"feed-unreadable:{address(request)}") > UNREADABLE:
                raise Throttled(left())
            raise Http404
        feeds.note_reading(feed)
        shown = list(feeds.reviews(feed))
        content = feeds.calendar(feed, shown).to_ical()
        changed = entries.last_changed(shown)
        headers = {**HEADERS, "ETag": f'"{feeds.hashed(content.decode())[:32]}"'}
        if changed:
            headers["Last-Modified"] = http_date(changed.timestamp())
        whole = HttpResponse(content, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)
        return get_conditional_response(request, etag=headers["ETag"], response=whole)


routes = []
singles = [("reviews/calendar.ics", CalendarFile, {"get": "read"})]
