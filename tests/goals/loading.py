"""The worked cases of docs/domain.md in the database, rolled up on their date: freeze the clock there first."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from goals import marks, progress, tree
from goals.models import Goal
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


def on(case_id: str) -> dt.datetime:
    """Noon of the case's date."""
    return dt.datetime.combine(day(CASES[case_id]["date"]), dt.time(12), ZoneInfo("UTC"))
