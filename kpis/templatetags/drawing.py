"""Places in an SVG, written as SVG reads them whatever the reader's language."""

from django import template

register = template.Library()


@register.filter
def at(place: float, shift: float = 0) -> str:
    """A length or a place, moved by `shift`."""
    return f"{round(place + shift, 2):g}"
