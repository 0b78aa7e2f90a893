"""The frame around every page: where one can go."""

from dataclasses import dataclass

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

register = template.Library()


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; pages below one of `paths` belong to it. The bar of small screens has room for five:
    who is not `small` is found from the others."""

    name: str
    words: str
    short: str
    icon: str
    paths: tuple[str, ...] = ()
    small: bool = True


PLACES = (
    Place("home", _("My line of sight"), _("My line"), "sight"),
    Place("goals:tree", _("Goals"), _("Goals"), "tree", ("/goals/", "/kpis/", "/cycles/")),
    Place("goals:dashboard", _("Dashboard"), _("Dashboard"), "board", ("/dashboard/", "/insights/")),
    Place("strategy:map", _("Strategy map"), _("Map"), "map", ("/strategy-map/",)),
    Place("reviews:calendar", _("Reviews"), _("Reviews"), "review", ("/reviews/",)),
    Place("kpis:whatif", _("What if"), _("What if"), "lab", ("/what-if/",), small=False),
)


@register.simple_tag(takes_context=True)
def places(context) -> list[dict]:
    """The places that exist, each with its address and whether the reader is there."""
    here = context["request"].path
    found = []
    for place in PLACES:
        try:
            url = reverse(place.name)
        except NoReverseMatch:
            continue
        current = "page" if here == url else "true" if here.startswith(place.paths) else ""
        told = {"words": place.words, "short": place.short, "icon": place.icon, "small": place.small}
        found.append(told | {"url": url, "current": current})
    return found
