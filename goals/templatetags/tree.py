"""How the lines of the goal tree speak of time and pace."""

import datetime as dt
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cascade.templatetags import ui

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


@register.simple_tag
def ordered(order: str, name: str) -> str:
    """Which way a column orders the rows, for who cannot see the arrow."""
    if not name or order.removeprefix("-") != name:
        return ""
    return format_html(' aria-sort="{}"', "descending" if order.startswith("-") else "ascending")


@register.simple_tag(takes_context=True)
def order_link(context, order: str, name: str, label: str) -> str:
    """A column's title; used, it orders the rows by the column, used again the other way round, then not at all."""
    if not name:
        return label
    following = {"": name, name: f"-{name}", f"-{name}": ""}.get(order, name)
    query = context["request"].GET.copy()
    query["sort"] = following
    arrow = {name: "arrow-up", f"-{name}": "arrow-down"}.get(order)
    mark = ui.icon(arrow, "s") if arrow else ""
    return format_html('<a href="?{}" data-sort="{}">{}{}</a>', query.urlencode(safe=","), following, label, mark)
