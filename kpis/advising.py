"""What is said beside the form of a KPI while it is written: how well it is put, and the targets its history suggests.
Nothing is saved."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from cascade.numbers import as_typed
from cascade.unfinished import readable
from goals import advice, smart_panel
from goals.models import Goal
from goals.smart import Verdict
from kpis import smart
from kpis.attainment import KpiDefinition
from kpis.forms import DONE_OR_NOT, KpiForm
from kpis.models import Kpi
from kpis.scoring import DEFINITION, fiscal_of
from kpis.suggesting import Suggestion, suggestions

UNSAVED = 0
"""The id of a KPI that is not there yet."""


@dataclass(frozen=True)
class Offered:
    """A suggested target and what a click writes into the form."""

    suggestion: Suggestion

    @property
    def fills(self) -> str:
        return json.dumps({"target": as_typed(self.suggestion.target)})


@dataclass(frozen=True)
class Said:
    smart: smart_panel.Panel
    offered: list[Offered]
    has_history: bool
    unit: str


def said(form: KpiForm) -> Said:
    """About the form as it stands, valid as a whole or not."""
    goal, row = form.goal, written(form)
    values = values_of(form.kpi)
    fiscal, today = fiscal_of(goal.organisation), goal.organisation.today()
    facts = smart.facts(row, fiscal, today, list(values.values())[-smart.HISTORY :])
    others = [each for each in advice.kpis_of(goal) if each.id != facts.id]
    told = advice.goal_facts([goal.pk])[goal.pk]
    whole = advice.judge(goal.organisation, told, [*others, facts])
    own = Verdict(tuple(pair for pair in whole.pairs if pair.kpi == facts.id))
    definition = KpiDefinition(**{name: row[name] for name in DEFINITION if name != "milestones"})
    return Said(
        smart_panel.in_kpi_form(own, goal),
        [Offered(each) for each in suggestions(definition, values, fiscal)],
        bool(values),
        row["unit"],
    )


def written(form: KpiForm) -> dict[str, Any]:
    """The row of the KPI that the form describes; what cannot be read yet is as it was."""
    kpi = form.kpi or Kpi(organisation=form.goal.organisation, goal=form.goal)
    given = readable(form)
    if given.get("kind") == Kpi.Kind.BOOLEAN:
        given |= DONE_OR_NOT
    row = {name: given.get(name, getattr(kpi, name)) for name in {*smart.TOLD, *DEFINITION, "source"}}
    row["direction"] = row["direction"] or None
    owner = given.get("data_owner", kpi.data_owner)
    return row | life(form.goal, row) | {"id": kpi.pk or UNSAVED, "data_owner_id": owner and owner.pk}


def life(goal: Goal, row: dict[str, Any]) -> dict[str, dt.date]:
    cycle = goal.cycle
    return {"start": row["start"] or goal.start or cycle.start, "due": row["due"] or goal.due or cycle.due}


def values_of(kpi: Kpi | None) -> dict[dt.date, Any]:
    """The values of the last years, by the first day of their period, in order."""
    if kpi is None:
        return {}
    found = kpi.measurements.exclude(value=None).order_by("-period").values_list("period", "value")[:400]
    return dict(reversed(found))
