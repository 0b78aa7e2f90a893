"""Goals go on into the next cycle: chosen, shown as they would be, created in one transaction (docs/domain.md 3).

Page and API call the same two functions, `preview` and `create`. A goal is carried into a cycle once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade.errors import RowsRefused
from goals import locks, planting, structure
from goals.models import Alignment, CarriedGoal, CausalLink, Cycle, Goal
from goals.planting import Sprout
from kpis import catchball, definitions
from kpis.attainment import ABSENT
from kpis.cycles import fields
from kpis.cycles.dates import Span, moved
from kpis.cycles.proposing import Way, proposals
from kpis.formula import with_keys
from kpis.models import CarriedKpi, Kpi, Measurement
from kpis.periods import Fiscal
from kpis.rolled.links import keys_of, linked
from kpis.scoring import definition_of, fiscal_of
from people.models import Person

MOST_GOALS = 2_000  # more take longer than a request may; the rest finds its place when it is carried after
BATCH = 500
MORE = Decimal(5)
GOAL_FIELDS = (
    "level",
    "title",
    "description",
    "why",
    "contribution",
    "owner",
    "unit",
    "perspective",
    "weight",
    "rollup_method",
    "visibility",
)


@dataclass
class Plan:
    """Which goals of `source` go on in `into`. `targets` were typed, by the id of the earlier KPI; the others are
    proposed by `way`, "last_year" with `more` per cent. `propose`: the owners are asked, else all begin as drafts."""

    source: Cycle
    into: Cycle
    goals: Collection[int]
    way: str = Way.same
    more: Decimal = MORE
    targets: Mapping[int, Decimal | None] = field(default_factory=dict)
    propose: bool = False
    reason: str = ""


@dataclass
class KpiLine:
    """A KPI as it would go on. `proposed` are the targets by way; `by_hand`: it was calculated from KPIs that do not
    all go along, so its values will be entered by hand."""

    source: Kpi
    kpi: Kpi
    proposed: Mapping[Way, Decimal]
    by_hand: bool = False
    error: ValidationError | None = None

    @property
    def target(self) -> Decimal | None:
        return self.kpi.target


@dataclass
class GoalLine:
    """A goal as it would go on. `parent` is the earlier goal below whose successor it will stand, None at the top."""

    source: Goal
    goal: Goal
    parent: int | None
    depth: int
    kpis: list[KpiLine] = field(default_factory=list)


@dataclass
class Preview:
    """`there` are chosen goals that went on before, by id; nothing happens to them."""

    plan: Plan
    lines: list[GoalLine]
    there: dict[int, int]

    @property
    def kpis(self) -> list[KpiLine]:
        return [kpi for line in self.lines for kpi in line.kpis]

    @property
    def wrong(self) -> list[KpiLine]:
        return [line for line in self.kpis if line.error is not None]


def preview(plan: Plan) -> Preview:
    """What `create` would make, and what it would refuse. The number of queries does not depend on the goals.

    Raises ValidationError (into: not_later, other_organisation; goals: too_many) and Conflict (locked).
    """
    refuse_impossible(plan)
    parents = dict(Goal.objects.filter(cycle=plan.source).values_list("pk", "parent_id"))
    carried = dict(CarriedGoal.objects.filter(cycle=plan.into).values_list("source_id", "goal_id"))
    chosen = {pk for pk in plan.goals if pk in parents}
    rows = Goal.objects.filter(cycle=plan.source).select_related("level", "owner", "unit", "perspective")
    rows = [goal for goal in rows.in_tree_order() if goal.pk in chosen and goal.pk not in carried]
    lines: dict[int, GoalLine] = {}
    for goal in rows:
        goal.cycle = plan.source
        parent = nearest(goal.pk, parents, {*lines, *carried})
        depth = lines[parent].depth + 1 if parent in lines else 0
        lines[goal.pk] = GoalLine(goal, successor(goal, plan), parent, depth)
    add_kpis(plan, lines)
    there = {pk: carried[pk] for pk in chosen if pk in carried}
    return Preview(plan, list(lines.values()), there)


def refuse_impossible(plan: Plan) -> None:
    if plan.into.organisation_id != plan.source.organisation_id:
        raise invalid("into", "other_organisation", _("That cycle belongs to another organisation."))
    if plan.into.start <= plan.source.start:
        raise invalid("into", "not_later", _("Choose a cycle that begins later."))
    if len(plan.goals) > MOST_GOALS:
        raise invalid("goals", "too_many", _("At most %(count)s goals at once.") % {"count": MOST_GOALS})
    locks.refuse_closed(plan.into)


def nearest(pk: int, parents: Mapping[int, int | None], going: Collection[int]) -> int | None:
    """The nearest goal above that goes on too."""
    above = parents[pk]
    while above is not None and above not in going:
        above = parents[above]
    return above


def successor(goal: Goal, plan: Plan) -> Goal:
    """The goal of the next cycle, not saved."""
    spans = span(plan.source), span(plan.into)
    asked = plan.propose and goal.owner_id is not None and goal.owner.is_active
    made = {name: getattr(goal, name) for name in GOAL_FIELDS}
    return Goal(
        organisation_id=goal.organisation_id,
        cycle=plan.into,
        state=Goal.State.PROPOSED if asked else Goal.State.DRAFT,
        start=moved(goal.start, *spans),
        due=moved(goal.due, *spans),
        **made,
    )


def span(cycle: Cycle) -> Span:
    return Span(cycle.start, cycle.due)


def add_kpis(plan: Plan, lines: Mapping[int, GoalLine]) -> None:
    organisation = plan.source.organisation
    rows = Kpi.objects.filter(goal__cycle=plan.source).exclude(state=Kpi.State.ARCHIVED)
    rows = rows.select_related("data_owner", "figures").order_by("pk")
    kpis = [kpi for kpi in rows if kpi.goal_id in lines]
    values = values_of(plan.source, {kpi.pk for kpi in kpis})
    for kpi in kpis:
        line = lines[kpi.goal_id]
        kpi.organisation, kpi.goal = organisation, line.source
        line.kpis.append(carried_on(kpi, line.goal, values[kpi.pk], plan, fiscal_of(organisation)))
    going = {kpi.pk for kpi in kpis} | set(
        CarriedKpi.objects.filter(kpi__goal__cycle=plan.into).values_list("source_id", flat=True)
    )
    keys = dict(Kpi.objects.filter(pk__in=going).values_list("key", "pk")) if any(k.is_derived for k in kpis) else {}
    for line in lines.values():
        for each in line.kpis:
            each.by_hand = each.source.is_derived and not sources_of(each.source, keys) <= going


def sources_of(kpi: Kpi, keys: Mapping[str, int]) -> set[int]:
    """The ids of the KPIs that a derived one comes from; 0 for one that does not go along."""
    if kpi.source == Kpi.Source.FORMULA:
        return {keys.get(key, 0) for key in keys_of(kpi.formula)}
    return linked(kpi.links)


def values_of(cycle: Cycle, kpi_ids: Collection[int]) -> Mapping[int, dict[dt.date, Decimal]]:
    found: dict[int, dict[dt.date, Decimal]] = defaultdict(dict)
    rows = Measurement.objects.filter(kpi__goal__cycle=cycle, value__isnull=False).order_by()
    for kpi_id, period, value in rows.values_list("kpi_id", "period", "value"):
        if kpi_id in kpi_ids:
            found[kpi_id][period] = value
    return found


def carried_on(kpi: Kpi, goal: Goal, values: Mapping[dt.date, Decimal], plan: Plan, fiscal: Fiscal) -> KpiLine:
    made = fields.begun(kpi, goal, span(plan.source), span(plan.into))
    proposed = proposals(definition_of(made.asked), values, fiscal, plan.more)
    wanted = plan.targets[kpi.pk] if kpi.pk in plan.targets else proposed.get(Way(plan.way), kpi.target)
    error = fields.take_on(made, kpi, wanted, fields.reached(kpi))
    return KpiLine(kpi, made, proposed, error=error)


@dataclass
class Carried:
    """What `create` made, by the ids of the earlier goals and KPIs; both are empty when all was there already."""

    preview: Preview
    goals: dict[int, Goal]
    kpis: dict[int, Kpi]


def create(plan: Plan, *, by: Person) -> Carried:
    """Creates the goals of the next cycle with their KPIs and links, all or nothing; what went on before stays.

    Raises ValidationError and Conflict as `preview` does, RowsRefused (rows counted from 1 among the KPIs of the
    preview) and Conflict (parent_ended).
    """
    with structure.lock(plan.source.organisation_id):
        found = preview(plan)
        refuse_wrong(found)
        sprouts = sprouts_of(found)
        goals = planting.plant_forest(plan.into, sprouts, by=by, reason=plan.reason)
        remember(found, goals)
        kpis = add(found, goals, by)
        derive(found, kpis, by)
        link(plan, by)
        if plan.propose:
            ask(goals.values(), kpis.values(), by, plan.reason)
        return Carried(found, goals, kpis)


def refuse_wrong(found: Preview) -> None:
    errors = [
        {"row": at, "field": "target", "code": each.code, "message": " ".join(each.messages)}
        for at, line in enumerate(found.kpis, 1)
        if line.error is not None
        for each in line.error.error_list
    ]
    if errors:
        raise RowsRefused(errors)


def sprouts_of(found: Preview) -> list[Sprout]:
    here = {line.source.pk for line in found.lines}
    wanted = {line.parent for line in found.lines} - here - {None}
    rows = CarriedGoal.objects.filter(cycle=found.plan.into, source__in=wanted).select_related("goal")
    there = {row.source_id: row.goal for row in rows}
    return [
        Sprout(
            line.source.pk,
            {name: getattr(line.goal, name) for name in (*GOAL_FIELDS, "state", "start", "due")},
            parent=line.parent if line.parent in here else None,
            above=there.get(line.parent) if line.parent else None,
        )
        for line in found.lines
    ]


def remember(found: Preview, goals: Mapping[int, Goal]) -> None:
    rows = [
        CarriedGoal(organisation_id=goal.organisation_id, cycle=found.plan.into, source_id=source, goal=goal)
        for source, goal in goals.items()
    ]
    CarriedGoal.objects.bulk_create(rows, batch_size=BATCH)
    through = Goal.contributors.through
    helped = through.objects.filter(goal__in=goals, person__is_active=True).values_list("goal_id", "person_id")
    through.objects.bulk_create(
        [through(goal_id=goals[source].pk, person_id=person) for source, person in helped], batch_size=BATCH
    )


def add(found: Preview, goals: Mapping[int, Goal], by: Person) -> dict[int, Kpi]:
    lines = [(goals[line.source.pk], kpi) for line in found.lines for kpi in line.kpis]
    for goal, _line in lines:
        goal.organisation = found.plan.source.organisation
    rows = [(goal, fields.decided(line.kpi)) for goal, line in lines]
    made = definitions.create_many(rows, by=by, reason=found.plan.reason, lacked=ABSENT)
    kpis = {line.source.pk: kpi for (_goal, line), kpi in zip(lines, made, strict=True)}
    CarriedKpi.objects.bulk_create(
        [CarriedKpi(organisation_id=kpi.organisation_id, source_id=source, kpi=kpi) for source, kpi in kpis.items()],
        batch_size=BATCH,
    )
    return kpis


def derive(found: Preview, kpis: Mapping[int, Kpi], by: Person) -> None:
    """KPIs that were calculated from others are so again, from the successors of these."""
    derived = [line.source for line in found.kpis if line.source.is_derived and not line.by_hand]
    if not derived:
        return
    all_carried = CarriedKpi.objects.filter(kpi__goal__cycle=found.plan.into)
    ids = dict(all_carried.values_list("source_id", "kpi_id"))
    keys = dict(all_carried.values_list("source__key", "kpi__key"))
    for source in derived:
        if source.source == Kpi.Source.FORMULA:
            comes_from: dict[str, Any] = {"formula": with_keys(source.formula, keys)}
        else:
            going = [each for each in source.links if not each.get("ended_on")]
            comes_from = {name: getattr(source, name) for name in ("method", "missing", "scale")}
            comes_from["links"] = [
                {
                    "source": ids[each["source"]],
                    "denominator": each["denominator"] and ids[each["denominator"]],
                    "weight": each["weight"],
                }
                for each in going
            ]
        definitions.revise(kpis[source.pk], by=by, reason=found.plan.reason, source=source.source, **comes_from)


def link(plan: Plan, by: Person) -> None:
    """Alignments and cause-effect links between goals that both went on, where the next cycle has none yet."""
    goals = dict(CarriedGoal.objects.filter(cycle=plan.into).values_list("source_id", "goal_id"))
    for model, ends, told in (
        (Alignment, ("goal_id", "supports_id"), ("note",)),
        (CausalLink, ("cause_id", "effect_id"), ("hypothesis", "strength", "lag")),
    ):
        one, other = ends
        there = set(model.objects.filter(**{f"{one}__in": goals.values()}).values_list(*ends))
        rows = [
            model(
                organisation_id=plan.source.organisation_id,
                **{one: goals[row[one]], other: goals[row[other]]},
                **{name: row[name] for name in told},
            )
            for row in model.objects.filter(organisation_id=plan.source.organisation_id).values(*ends, *told)
            if row[one] in goals and row[other] in goals and (goals[row[one]], goals[row[other]]) not in there
        ]
        model.objects.bulk_create(rows, batch_size=BATCH)
        model.history.bulk_history_create(rows, batch_size=BATCH, default_user=by, default_change_reason=plan.reason)


def ask(goals: Iterable[Goal], kpis: Iterable[Kpi], by: Person, reason: str) -> None:
    """The owners of what is proposed are told once each."""
    measured: dict[int, list[Kpi]] = defaultdict(list)
    for kpi in kpis:
        if kpi.target is not None:
            measured[kpi.goal_id].append(kpi)
    asked = [goal for goal in goals if goal.state == Goal.State.PROPOSED]
    rows = [(goal, measured[goal.pk][0] if len(measured[goal.pk]) == 1 else None) for goal in asked]
    if rows:
        catchball.begin(asked[0], None, "", rows, by=by, reason=reason)


def invalid(name: str, code: str, message: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, code=code)})
