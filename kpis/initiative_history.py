"""What was changed about an initiative, by whom and why."""

import datetime as dt
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kpis.history import Changed
from kpis.models import Initiative

MOST_VERSIONS = 100
INITIATIVE = ("title", "description", "owner", "due", "state", "done_on")


def changes(initiative: Initiative) -> list[Changed]:
    """What was changed about an initiative, newest first."""
    versions = list(initiative.history.select_related("history_user", "owner")[:MOST_VERSIONS])
    told = []
    for number, version in enumerate(versions):
        earlier = versions[number + 1] if number + 1 < len(versions) else None
        fields = [told_field(name, earlier, version) for name in changed_in(earlier, version)]
        if fields or version.history_type == "+" or version.history_change_reason:
            reason = version.history_change_reason or ""
            told.append(Changed(version.history_date, version.history_user, reason, fields))
    return told


def changed_in(before: Any, after: Any) -> list[str]:
    if before is None:
        return []
    names = [Initiative._meta.get_field(name).attname for name in INITIATIVE]
    return [
        name
        for name, column in zip(INITIATIVE, names, strict=True)
        if getattr(before, column) != getattr(after, column)
    ]


def told_field(name: str, before: Any, after: Any) -> tuple[str, str, str]:
    field = Initiative._meta.get_field(name)
    return str(field.verbose_name), *(in_words(field, version) for version in (before, after))


def in_words(field: Any, version: Any) -> str:
    value = getattr(version, field.name)
    if value in (None, ""):
        return _("nothing")
    if isinstance(value, dt.date):
        return date_format(value, "j M Y")
    return str(dict(field.flatchoices).get(value, value))
