"""What a draft's lines would do: the engine's what-if on the paths that they touch; nothing is saved
(docs/domain.md section 9).

Today only the goals on the touched paths are calculated, from the stored figures of everything beside them, together
with what is still to be rolled up; so the digits are those that the next roll-up gives. At an earlier date the whole
trees are. The number of queries does not depend on the number of lines.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Q

from goals import drafts, past, progress, structure
from goals.drafts import Line
from goals.kpi_source import source
from goals.models import DirtyMark, Goal, RollupState
from goals.nodes import GoalNode, Id, State
from goals.rollup import check_move
from kpis import scoring
from kpis.derived import Operand
from kpis.models import Kpi
from kpis.rolled import graph
from kpis.rolled import values as derived_values
from kpis.whatif import KEPT, Difference, GoalOverride, KpiInput, KpiOverride, Refused, Situation, what_if
from people.models import Organisation

Key = tuple[str, int]
ENDED = (State.closed, State.cancelled)
DECIMALS = ("actual", "progress", "target", "weight")


@dataclass(frozen=True)
class World:
    """The goals and KPIs that lines are about, with everything their figures depend on. `cycles` by goal."""

    situation: Situation
    cycles: Mapping[Id, int]

    @property
    def goals(self) -> dict[Id, GoalNode]:
        return {goal.id: goal for goal in self.situation.goals}

    @property
    def kpis(self) -> dict[Id, KpiInput]:
        return {kpi.id: kpi for kpi in self.situation.kpis}


@dataclass(frozen=True)
class Trial:
    """What the lines would do to the goals they touch, and above; `refused` holds the code of each line that cannot be,
    which is left out."""

    on: dt.date
    found: Mapping[Id, Difference]
    refused: Mapping[Key, str] = field(default_factory=dict)


def trial(organisation: Organisation, lines: Sequence[Line], on: dt.date | None = None) -> Trial:
    lines = [line for line in lines if line["set"]]
    world = world_of(organisation, lines, on)
    refused = impossible(world, lines)
    kept = [line for line in lines if drafts.key(line) not in refused]
    return Trial(world.situation.on, supposed(world.situation, kept), refused)


def world_of(organisation: Organisation, lines: Iterable[Line], on: dt.date | None = None) -> World:
    """What the lines are about; what is not there any more is left out."""
    goal_ids = {line["id"] for line in lines if line["kind"] == "goal"}
    goal_ids |= {line["set"]["parent"] for line in lines if line["set"].get("parent")}
    kpis = Kpi.objects.filter(organisation_id=organisation.pk, pk__in=[x["id"] for x in lines if x["kind"] == "kpi"])
    goal_of = dict(kpis.order_by().values_list("pk", "goal_id"))
    goal_of |= graph.dependents(organisation.pk, goal_of)
    touched = goal_ids | set(goal_of.values())
    if on is None or on == organisation.today():
        return world_now(organisation, touched, set(goal_of))
    return world_then(organisation, touched, set(goal_of), on)


def world_now(organisation: Organisation, touched: set[int], kpi_ids: set[int]) -> World:
    """The paths above the touched goals; everything when everything waits for its roll-up."""
    today = organisation.today()
    state = RollupState.objects.filter(organisation_id=organisation.pk).first()
    marks = list(DirtyMark.objects.filter(organisation_id=organisation.pk).values_list("goal_id", "kpi_id"))
    dirty = {goal_id for goal_id, _ in marks if goal_id}
    rescore = {kpi_id for _, kpi_id in marks if kpi_id}
    derived = graph.dependents(organisation.pk, rescore)
    rescore |= derived.keys()
    dirty |= set(derived.values())
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    above: set[int] | None = None
    if state is not None and state.figures_on == today and not progress.is_most(dirty, organisation.pk):
        above = set(structure.ancestor_ids(touched | dirty))
        goals = goals.filter(Q(pk__in=above) | Q(parent_id__in=above))
    rows = list(goals.order_by().values(*past.COLUMNS, "cycle_id", *[f"figures__{name}" for name in progress.FIGURES]))
    known = {}
    for row in rows:
        figures = {name: row[f"figures__{name}"] for name in progress.FIGURES}
        if above is not None and row["id"] not in above and figures["status"]:
            known[row["id"]] = progress.restored(figures)
    scores = source().stored(organisation, today, None if above is None else rescore, above)
    cycles = {row["id"]: row["cycle_id"] for row in rows}
    return World(situation(organisation, today, past.nodes(rows), scores, kpi_ids, known), cycles)


def world_then(organisation: Organisation, touched: set[int], kpi_ids: set[int], on: dt.date) -> World:
    """All of the trees in which the touched goals stand, calculated afresh."""
    trees = Goal.objects.filter(pk__in=touched, organisation_id=organisation.pk).values("tree_id")
    ids = list(Goal.objects.filter(tree_id__in=trees).order_by().values_list("pk", flat=True))
    tree = past.tree_at(organisation, on, None, ids if len(ids) <= past.MOST_NAMED else None)
    cycles = {goal_id: told["cycle_id"] for goal_id, told in tree.told.items()}
    return World(situation(organisation, on, tree.goals, tree.scores, kpi_ids, {}), cycles)


def situation(
    organisation: Organisation,
    on: dt.date,
    goals: Sequence[GoalNode],
    scores: Any,
    kpi_ids: Collection[int],
    known: Mapping[Id, Any],
) -> Situation:
    rows, values, _ = scoring.family(organisation, [scores.rows[pk] for pk in kpi_ids if pk in scores.rows], on, None)
    derivations = derived_values.derivations(rows, None)
    kpis = [
        KpiInput(
            pk,
            row["goal_id"],
            scoring.definition_of(row),
            values[pk],
            row["weight"],
            row["state"] == Kpi.State.ACTIVE,
            derivations.get(pk),
        )
        for pk, row in rows.items()
        if pk in kpi_ids
    ]
    operands = {pk: Operand(derived_values.measured(row), values[pk]) for pk, row in rows.items()}
    return Situation(
        goals=goals,
        kpis=kpis,
        on=on,
        fiscal=scoring.fiscal_of(organisation),
        grace=organisation.grace,
        thresholds=past.thresholds(organisation),
        scored=[part for part in scores.parts if part.id not in kpi_ids],
        known=known,
        operands=operands if derivations else {},
    )


def supposed(situation: Situation, lines: Sequence[Line]) -> dict[Id, Difference]:
    """Goals are closed last, with the figures that everything else in the draft gives them."""
    kpis = {line["id"]: kpi_override(line["set"]) for line in lines if line["kind"] == "kpi"}
    goals = {line["id"]: goal_override(line["set"]) for line in lines if line["kind"] == "goal"}
    closing = {goal for goal, override in goals.items() if override.state == State.closed}
    if not closing:
        return what_if(situation, kpis, goals)
    before = what_if(situation, kpis, {goal: unclosed(override) for goal, override in goals.items()})
    final = {goal: replace(goals[goal], final=before[goal].new) for goal in closing}
    return what_if(situation, kpis, goals | final)


def unclosed(override: GoalOverride) -> GoalOverride:
    return replace(override, state=None) if override.state == State.closed else override


def goal_override(given: Mapping[str, Any]) -> GoalOverride:
    return GoalOverride(
        weight=decimal(given.get("weight")),
        method=given.get("rollup_method"),
        state=given.get("state"),
        parent=given.get("parent", KEPT),
    )


def kpi_override(given: Mapping[str, Any]) -> KpiOverride:
    state = given.get("state")
    return KpiOverride(
        values={dt.date.fromisoformat(day): decimal(value) for day, value in given.get("values", {}).items()},
        active=None if state is None else state == Kpi.State.ACTIVE,
        **{name: decimal(given.get(name)) for name in DECIMALS},
    )


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def impossible(world: World, lines: Iterable[Line]) -> dict[Key, str]:
    """The code against each line that cannot be, the lines before it made."""
    nodes, refused = world.goals, {}
    states = {line["id"]: line["set"]["state"] for line in lines if line["kind"] == "goal" and "state" in line["set"]}
    for line in lines:
        code = against_kpi(world, line) if line["kind"] == "kpi" else against_goal(world, nodes, states, line)
        if code:
            refused[drafts.key(line)] = code
        elif line["kind"] == "goal" and "parent" in line["set"]:
            nodes[line["id"]] = replace(nodes[line["id"]], parent=line["set"]["parent"])
    return refused


def against_goal(world: World, nodes: Mapping[Id, GoalNode], states: Mapping[Id, str], line: Line) -> str:
    goal, parent = nodes.get(line["id"]), line["set"].get("parent")
    if goal is None or (parent is not None and parent not in nodes):
        return "does_not_exist"
    if parent is None or parent == goal.parent:
        return ""
    if world.cycles[goal.id] != world.cycles[parent]:
        return "other_cycle"
    over = states.get(parent, nodes[parent].state) in ENDED
    if over and states.get(goal.id, goal.state) not in ENDED:
        return "parent_ended"
    refusal = check_move(nodes.values(), goal.id, parent)
    return refusal.code if refusal else ""


def against_kpi(world: World, line: Line) -> str:
    kpi = world.kpis.get(line["id"])
    if kpi is None:
        return "does_not_exist"
    if kpi.derivation is not None and line["set"].get("values"):
        return "calculated"
    alone = replace(world.situation, goals=(), kpis=(kpi,), scored=(), known={})
    try:
        what_if(alone, kpis={kpi.id: kpi_override(line["set"])})
    except Refused as refused:
        return refused.refusal.code
    return ""
