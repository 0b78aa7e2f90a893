"""The date a page shows: `as_of` is what the world was like, `known` what had been recorded by then, else by now."""

import datetime as dt

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from goals.detail import Moment
from people.models import Organisation


def asked(request: HttpRequest) -> Moment:
    organisation = request.user.organisation
    on, known = request.GET.get("as_of", ""), request.GET.get("known", "")
    if not on and not known:
        return Moment()
    date = day(on) if on else organisation.today()
    if date > organisation.today():
        raise BadRequest(_("The date lies in the future."))
    return Moment(date, moment(known, organisation) if known else None)


def day(text: str) -> dt.date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise BadRequest(f"{text[:40]} is not a date such as 2026-09-17.")
    return found


def moment(text: str, organisation: Organisation) -> dt.datetime:
    """A moment with its offset, or a date, which means its end."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or "T" not in text:
        return organisation.end_of(day(text))
    if found.tzinfo is None:
        raise BadRequest(_("A moment needs its offset, such as 2026-09-17T12:00:00Z."))
    try:
        return found.astimezone(dt.UTC)
    except OverflowError:
        raise BadRequest(_("That moment lies beyond every calendar.")) from None
