"""Where a KPI's values come from, as a tree of boxes for a list and a drawing, for one person.

What the person may not see is one box that tells a number alone (docs/domain.md section 17).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.templatetags.ui import exact
from kpis.models import Kpi
from kpis.rolled import graph, links
from kpis.rolled.picture import Box, picture_of
from kpis.rolled.words import formula_shown, restricted
from people.models import Person

DEEPEST, MOST_BESIDE = 3, 12
SENTENCES = {
    "sum": gettext_lazy("In each period the sum of these KPIs."),
    "mean": gettext_lazy("In each period the average of these KPIs."),
    "weighted_mean": gettext_lazy("In each period the average of these KPIs by their weights."),
    "min": gettext_lazy("In each period the lowest of these KPIs."),
    "max": gettext_lazy("In each period the highest of these KPIs."),
    "ratio": gettext_lazy("In each period the sum of the upper KPIs divided by the sum of the lower ones."),
}
RULES = {
    "require_all": gettext_lazy("If one has no value in a period, there is none."),
    "skip": gettext_lazy("What has no value in a period is left out, if at least half have one."),
    "zero": gettext_lazy("What has no value in a period counts as 0."),
    "carry": gettext_lazy("What has no value in a period counts as in the period before, once."),
}


@dataclass(frozen=True)
class Told:
    """`sentence` and `rule` in words; `top` is the KPI itself with everything below it."""

    top: Box
    sentence: str
    rule: str
    formula: str
    hidden: int


def on_page(kpi: Kpi, person: Person, value: Decimal | None) -> dict[str, Any]:
    """What a KPI's page tells: where its values come from, if from others, and what is calculated from it."""
    uses = list(kpi.uses.order_by("kpi_id").values_list("kpi_id", flat=True))
    seen = list(Kpi.objects.visible_to(person).filter(pk__in=uses).order_by("name")) if uses else []
    found = told(kpi, person, value) if kpi.is_derived else None
    return {
        "told": found,
        "picture": picture_of(found.top) if found else None,
        "used_by": seen,
        "used_by_hidden": restricted(len(uses) - len(seen)) if len(uses) > len(seen) else "",
    }


def told(kpi: Kpi, person: Person, value: Decimal | None) -> Told:
    """A KPI that may not be saved yet; `value` is its newest one."""
    sources = graph.needed(kpi)
    edges = graph.edges_below(kpi.organisation_id, sources)
    visible = Kpi.objects.visible_to(person).select_related("figures").in_bulk(edges)
    keys = {each.key for each in visible.values()}
    rolled = kpi.source == Kpi.Source.ROLLUP
    return Told(
        top=Box(kpi, kpi.name or _("This KPI"), value=value, parts=parts_of(kpi, sources, visible, edges, 1)),
        sentence=sentence(kpi),
        rule=str(RULES[links.derivation_of(vars(kpi), {}).links.rule]) if rolled and kpi.method else "",
        formula="" if rolled else formula_shown(kpi.formula, keys),
        hidden=len(edges.keys() - visible.keys()),
    )


def sentence(kpi: Kpi) -> str:
    if kpi.source != Kpi.Source.ROLLUP:
        return _("In each period this formula gives its value.")
    if kpi.method == Kpi.Method.RATIO and kpi.scale != 1:
        return _("%(sentence)s Times %(scale)s.") % {"sentence": SENTENCES["ratio"], "scale": exact(kpi.scale)}
    return str(SENTENCES.get(kpi.method, ""))


def parts_of(
    kpi: Kpi, sources: Any, visible: Mapping[int, Kpi], edges: Mapping[int, list[int]], depth: int
) -> list[Box]:
    found, hidden = [], 0
    for pk, part in parts_named(kpi, sources):
        if pk not in visible:
            hidden += pk in edges
            continue
        each = visible[pk]
        below = parts_of(each, edges[pk], visible, edges, depth + 1) if each.is_derived and depth < DEEPEST else []
        figures = getattr(each, "figures", None)
        found.append(Box(each, each.name, part, figures and figures.latest_value, below))
    left = len(found) - MOST_BESIDE
    if left > 0:
        found = [*found[:MOST_BESIDE], Box(None, _("and %(count)s more") % {"count": left})]
    return [*found, Box(None, restricted(hidden))] if hidden else found


def parts_named(kpi: Kpi, sources: Any) -> list[tuple[int, str]]:
    """The KPIs that one comes from with what each is there, those above the line of a ratio first."""
    if kpi.source != Kpi.Source.ROLLUP:
        return [(pk, "") for pk in sorted(sources)]
    above = [(link["source"], link_words(kpi, link)) for link in kpi.links]
    if kpi.method != Kpi.Method.RATIO:
        return above
    below = [(link["denominator"], _("below the line")) for link in kpi.links if link["denominator"] is not None]
    return [*above, *dict.fromkeys(below)]


def link_words(kpi: Kpi, link: Mapping[str, Any]) -> str:
    words = []
    if kpi.method == Kpi.Method.RATIO:
        words.append(_("above the line"))
    if kpi.method == Kpi.Method.WEIGHTED_MEAN:
        words.append(_("weight %(weight)s") % {"weight": exact(Decimal(link["weight"]))})
    since, until = links.day_of(link["since"]), links.until(link)
    if since:
        words.append(_("from %(date)s") % {"date": date_format(since)})
    if until:
        words.append(_("until %(date)s") % {"date": date_format(until)})
    return ", ".join(words)
