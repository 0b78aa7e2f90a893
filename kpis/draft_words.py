"""What a draft supposes, line by line, in words."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.templatetags.ui import exact, percent_text
from goals.models import Goal
from kpis.draft_lines import ONLY_TRIED, Clash, Shown
from kpis.models import Kpi
from kpis.periods import period_name
from kpis.scoring import fiscal_of

LONGEST = 80
LABELS = {
    "weight": gettext_lazy("Weight"),
    "rollup_method": gettext_lazy("Counts as"),
    "state": gettext_lazy("State"),
    "parent": gettext_lazy("Stands below"),
    "actual": gettext_lazy("Value today"),
    "progress": gettext_lazy("Progress"),
    "target": gettext_lazy("Target"),
}


@dataclass(frozen=True)
class Told:
    """One supposed field: what it was and what it would be. `tried`: it is never applied by itself."""

    label: str
    was: str
    now: str
    tried: bool = False


def words(each: Shown) -> list[Told]:
    if each.row is None:
        return []
    given, was = each.line["set"], each.line["was"]
    found = [
        Told(str(LABELS[name]), value(each, name, was.get(name)), value(each, name, given[name]), name in ONLY_TRIED)
        for name in given
        if name in LABELS and not (name == "parent" and given["parent"] == was["parent"])
    ]
    if "before" in given and given["parent"] == was["parent"]:
        found.append(Told(_("Place"), "", _("elsewhere among its siblings")))
    return [*found, *periods(each)]


def periods(each: Shown) -> Iterator[Told]:
    before = each.line["was"].get("values", {})
    for day, number in each.line["set"].get("values", {}).items():
        label = period_name(dt.date.fromisoformat(day), each.row.cadence, fiscal_of(each.row.organisation))
        yield Told(label, figure(each, before.get(day)), figure(each, number), tried=True)


def value(each: Shown, name: str, held: Any) -> str:
    if name == "parent":
        return place(each, held)
    if held is None:
        return ""
    if name == "state":
        return str((Goal if each.line["kind"] == "goal" else Kpi).State(held).label)
    if name == "rollup_method":
        return str(Goal.Method(held).label)
    if name == "progress":
        return percent_text(Decimal(held))
    return str(exact(Decimal(held))) if name == "weight" else figure(each, held)


def figure(each: Shown, held: str | None) -> str:
    return _("no value") if held is None else str(exact(Decimal(held), each.row.unit))


def place(each: Shown, goal_id: int | None) -> str:
    if goal_id is None:
        return _("nothing: at the top")
    goal = each.places.get(goal_id)
    return Truncator(goal.title).chars(LONGEST) if goal else _("a restricted goal")


def clash(each: Shown, one: Clash) -> str:
    """What somebody else made of a field since the draft was made."""
    if one.name == "values":
        return _("Values were recorded since this was drafted.")
    given = {"field": LABELS[one.name], "now": value(each, one.name, one.now), "was": value(each, one.name, one.was)}
    return _("%(field)s is %(now)s by now; it was %(was)s when this was drafted.") % given
