"""How the lines of the goal tree speak of time and pace."""

import datetime as dt
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def since(day: dt.date | None, today: dt.date) -> str:
    """When something was last measured, in as few letters as a column has room for."""
    if day is None:
        return _("never")
    days = (today - day).days
    return _("today") if days <= 0 else _("%(days)s d ago") % {"days": days}


@register.filter
def tone(gap: Decimal | None, status: str) -> str:
    """The colour of a distance from the pace: only where its status has that colour, or where it is a lead."""
    if status in ("at_risk", "off_track"):
        return "delta-warn" if status == "at_risk" else "delta-down"
    return "delta-up" if gap and gap > 0 else ""
