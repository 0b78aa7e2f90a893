"""What a goal below takes over from the goal above: a KPI with its part of the target, and a title that says so."""

import re
from decimal import Decimal
from typing import Any

from cascade.fields import plain
from cascade.templatetags.ui import exact
from goals.models import Goal
from kpis.models import Kpi
from kpis.split import Rule, in_proportion

LONGEST_TITLE = Goal._meta.get_field("title").max_length
COPIED = ("name", "definition", "unit", "kind", "direction", "cadence", "aggregation", "target_mode", "indicator")
COPIED_WITH_TARGET = ("stretch", "zero_at", "trajectory", "milestones")
IN_PROPORTION = ("baseline", "stretch", "lower", "upper", "fade", "zero_at")


def kpi_fields(source: Kpi, rule: Rule | str, number: Decimal, step: Decimal) -> dict[str, Any]:
    """The KPI of a goal below whose target is `number`.

    Parts that add up take their part of everything that belongs to the target: milestones, band, the start of what is
    no sum. Otherwise these are copied, but for what would no longer fit another target.
    """
    fields = {name: getattr(source, name) for name in COPIED} | {"target": number}
    fields |= {"start": source.start, "due": source.due}
    if rule == Rule.sum:
        return fields | in_parts(source, number, step)
    same = COPIED_WITH_TARGET if number == source.target else ()
    names = ("baseline", "lower", "upper", "min_value", "max_value", *same)
    return fields | {name: getattr(source, name) for name in names}


def in_parts(source: Kpi, number: Decimal, step: Decimal) -> dict[str, Any]:
    total = source.target
    if not total:
        return {"baseline": source.baseline}
    found = {name: getattr(source, name) for name in IN_PROPORTION}
    found = {name: value and in_proportion(value, number, total, step) for name, value in found.items()}
    return found | {"trajectory": source.trajectory, "milestones": milestones(source, number, step)}


def milestones(kpi: Kpi, number: Decimal, step: Decimal) -> dict[str, Decimal]:
    """The KPI's milestones as they are with another target."""
    if not kpi.target:
        return dict(kpi.milestones)
    return {day: in_proportion(Decimal(value), number, kpi.target, step) for day, value in kpi.milestones.items()}


def title(goal: Goal, who: str, source: Kpi | None, number: Decimal | None) -> str:
    """“Generate 100 leads” becomes “Generate 34 leads, Kari”; a title without the number gets it behind."""
    text = goal.title
    if source is not None and number:
        forms = "|".join(re.escape(form) for form in (plain(source.target), exact(source.target)))
        named = re.compile(rf"(?<![\d.,])({forms})(?![\d]|[.,]\d)")
        text, found = named.subn(lambda _found: exact(number), text, count=1)
        if not found:
            text = f"{text}: {exact(number, source.unit)}"
    ending = f", {who}" if who else ""
    return f"{text[: LONGEST_TITLE - len(ending)]}{ending}"[:LONGEST_TITLE]
