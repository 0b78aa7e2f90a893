"""The worked cases of docs/domain.md in the database, rolled up on their date: freeze the clock there first."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from goals import marks, progress, tree
from goals.models import Goal
from kpis import definitions
from kpis.models import Kpi, Measurement, MeasurementRevision
from people.models import Organisation, Person
from tests.cast import founded, person
from tests.engine.cases import CASES, LEVELS, day, definition, goal_node, revisions

DEFINED = (
    "kind",
    "direction",
    "baseline",
    "target",
    "lower",
    "upper",
    "fade",
    "zero_at",
    "start",
    "due",
    "cadence",
    "aggregation",
    "target_mode",
    "trajectory",
    "weight",
)


@dataclass
class Loaded:
    """A case's goals and KPIs by the names the case has for them, and who administers them."""

    organisation: Organisation
    ada: Person
    goals: dict[str, Goal]
    kpis: dict[str, Kpi]


def load(case_id: str) -> Loaded:
    case = CASES[case_id]
    organisation, levels, cycle = founded(case_id)
    ada = person(organisation, "Ada", "admin")
    goals: dict[str, Goal] = {}
    for given in case["tree"]["goals"]:
        node = goal_node(given)
        goals[node.id] = tree.create(
            by=ada,
            organisation=organisation,
            cycle=cycle,
            parent=goals.get(node.parent),
            level=levels[LEVELS.index(given.get("level", "strategic"))],
            title=given.get("title", node.id),
            weight=node.weight,
            state=node.state,
            rollup_method=node.method,
            start=node.start,
            due=node.due,
            closed_on=node.closed_on,
            final_progress=node.final_progress,
            final_coverage=node.final_coverage,
            final_expected=node.final_expected,
        )
    kpis = {given["id"]: kpi(goals[given["goal"]], given) for given in case["tree"]["kpis"]}
    for given in case["tree"]["kpis"]:
        if comes_from := derived(given, kpis):
            kpis[given["id"]] = definitions.revise(kpis[given["id"]], by=ada, **comes_from)
    marks.mark(organisation.pk, [goal.pk for goal in goals.values()], [(k.pk, k.goal_id) for k in kpis.values()])
    progress.roll_up(organisation.pk, everything=True)
    return Loaded(organisation, ada, goals, kpis)


def kpi(goal: Goal, given: dict) -> Kpi:
    told = definition(given)
    made = Kpi.objects.create(
        organisation_id=goal.organisation_id,
        goal=goal,
        key=given["id"],
        name=given.get("name", given["id"]),
        unit=given.get("unit", ""),
        state=given.get("state", "active"),
        milestones={first.isoformat(): str(value) for first, value in told.milestones.items()},
        **{name: getattr(told, name) for name in DEFINED},
    )
    for revision in revisions(given):
        values = {
            "organisation_id": goal.organisation_id,
            "kpi": made,
            "period": revision.period,
            "value": revision.value,
            "observed_on": revision.observed_on,
            "recorded_at": dt.datetime.combine(revision.recorded_at, dt.time(12), ZoneInfo("UTC")),
        }
        MeasurementRevision.objects.create(**values)
        Measurement.objects.update_or_create(kpi=made, period=revision.period, defaults=values)
    return made


def derived(given: dict, kpis: dict[str, Kpi]) -> dict:
    """Where a KPI's values come from, as definitions take it; nothing of one that has its own."""
    if given.get("source") == "formula":
        return {"source": "formula", "formula": given["formula"]}
    if "rollup" not in given:
        return {}
    told = given["rollup"]
    links = [
        {
            "source": kpis[link["kpi"]].pk,
            "denominator": kpis[link["den"]].pk if "den" in link else None,
            "weight": link.get("weight", "1"),
            "since": link.get("since"),
        }
        for link in told["links"]
    ]
    rule = {"missing": told.get("missing", ""), "scale": Decimal(told.get("scale", "1"))}
    return {"source": "rollup", "method": told["method"], "links": links, **rule}


def on(case_id: str) -> dt.datetime:
    """Noon of the case's date."""
    return dt.datetime.combine(day(CASES[case_id]["date"]), dt.time(12), ZoneInfo("UTC"))
