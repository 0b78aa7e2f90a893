"""Breaking a goal down: its target split among units and people, shown first, then created in one transaction
(docs/domain.md sections 2 and 10). Page and API call the same two functions, `preview` and `create`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cascade.errors import Conflict, RowsRefused
from goals import planting, structure
from goals.models import Cycle, Goal
from goals.nodes import ONE, ZERO
from kpis import catchball, definitions, taking_over
from kpis.models import Kpi, Proposal
from kpis.split import CannotSplit, Combine, Gap, Refusal, Rule, Verdict, display_step, gap, parts_of
from people import access
from people.models import Level, Person, Unit

MOST_PARTS = 500
WEIGHT = Decimal("0.0001")


class Weighing(models.TextChoices):
    """By what the parts are weighed."""

    EQUAL = "equal", gettext_lazy("Equal")
    HEAD_COUNT = "head_count", gettext_lazy("By people")
    LAST_PERIOD = "last_period", gettext_lazy("By last period")
    GIVEN = "given", gettext_lazy("By weight")


class Counts(models.TextChoices):
    """What a new goal weighs in the goal above, where nobody said so."""

    PART = "part", gettext_lazy("as much as it takes on")
    SAME = "same", gettext_lazy("each the same")


class Start(models.TextChoices):
    """How the new goals begin."""

    PROPOSED = "proposed", gettext_lazy("Proposed: each owner accepts or answers with another number")
    DRAFT = "draft", gettext_lazy("As drafts, to be proposed later")
    ACTIVE = "active", gettext_lazy("Active at once")


@dataclass
class Part:
    """One who is to take a part: a unit, a person, or a goal below that was proposed before. `number` is fixed by hand,
    `basis` its weight in the split; what is None is worked out. `kpi` are fields of its KPI that differ."""

    unit: Unit | None = None
    owner: Person | None = None
    goal: Goal | None = None
    title: str = ""
    level: Level | None = None
    weight: Decimal | None = None
    number: Decimal | None = None
    basis: Decimal | None = None
    kpi: dict[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """What is to be made of a goal. Without `source` nothing is split. `seen` is `Preview.seen` of what the person
    looked at when they decided."""

    goal: Goal
    parts: list[Part]
    source: Kpi | None = None
    rule: Rule | str = Rule.sum
    step: Decimal | None = None
    weighing: str = Weighing.EQUAL
    counts: str = ""
    start: str = Start.PROPOSED
    reason: str = ""
    seen: str = ""


@dataclass
class Line:
    """A part as it would be created. `share` is its share of the target, `fixed` whether others are split around it,
    `agreed` whether nobody may change it here."""

    part: Part
    basis: Decimal
    people: int
    last: Decimal | None
    number: Decimal | None = None
    share: Decimal | None = None
    fixed: bool = False
    agreed: bool = False
    title: str = ""
    level: Level | None = None
    owner: Person | None = None
    unit: Unit | None = None
    weight: Decimal = ONE
    state: str = Goal.State.DRAFT

    takes_part: bool = False

    @property
    def has_kpi(self) -> bool:
        """A part of nothing gets no KPI: it would ask for nothing."""
        return self.takes_part or (bool(self.part.kpi) and self.number is None)


@dataclass
class Preview:
    """`held` are goals below that took a part before and keep it; `errors` what is wrong with the whole, by field."""

    plan: Plan
    lines: list[Line]
    held: list[Proposal]
    step: Decimal = ONE
    gap: Gap | None = None
    errors: dict[str, ValidationError] = field(default_factory=dict)
    row_errors: dict[int, ValidationError] = field(default_factory=dict)
    seen: str = ""

    @property
    def total(self) -> Decimal | None:
        return self.plan.source.target if self.plan.source else None

    @property
    def open(self) -> Decimal:
        """What of the target nobody has; below 0 where more is assigned."""
        return -self.gap.gap if self.gap else ZERO

    @property
    def needs_reason(self) -> bool:
        return self.gap is not None and self.gap.verdict == Verdict.short and all(line.fixed for line in self.lines)


def default_rule(source: Kpi) -> Rule:
    if source.kind == Kpi.Kind.BOOLEAN:
        return Rule.same
    return {"sum": Rule.sum, "mean": Rule.mean}.get(source.aggregation, Rule.same)


def splittable(goal: Goal) -> list[Kpi]:
    """The KPIs of a goal whose target can be divided."""
    return list(goal.kpis.filter(state=Kpi.State.ACTIVE).exclude(target=None).order_by("-weight", "pk"))


def proposals_below(goal: Goal, source: Kpi | None) -> list[Proposal]:
    """What goals below have of this KPI's target already, in the order of the tree."""
    if source is None:
        return []
    rows = Proposal.objects.filter(source=source, goal__parent=goal, kpi__target__isnull=False)
    rows = rows.exclude(goal__state__in=(Goal.State.CLOSED, Goal.State.CANCELLED))
    related = rows.select_related("goal__owner", "goal__unit", "goal__level", "kpi")
    return list(related.order_by("goal__position", "pk"))


def preview(plan: Plan, by: Person) -> Preview:
    """What `create` would make, and what it would refuse. The number of queries does not depend on the parts."""
    below = proposals_below(plan.goal, plan.source)
    asked = {part.goal.pk: part for part in plan.parts if part.goal is not None}
    held = [each for each in below if each.goal_id not in asked]
    found = Preview(plan, lines_of(plan, below, by), held, seen=fingerprint(plan.source, below))
    if plan.source is not None and found.lines:
        divide(found)
    dress(found, by)
    return found


def fingerprint(source: Kpi | None, below: Iterable[Proposal]) -> str:
    told = [f"{each.pk}:{each.version}" for each in below]
    return ".".join([f"{source.pk}:{source.version}" if source else "", *told])[:20_000]


def lines_of(plan: Plan, below: Sequence[Proposal], by: Person) -> list[Line]:
    before = {each.goal_id: each for each in below}
    people, last = head_counts(plan.parts), last_values(plan, by)
    lines = []
    for at, part in enumerate(plan.parts):
        proposal = before.get(part.goal.pk) if part.goal else None
        agreed = proposal is not None and proposal.is_agreed
        line = Line(part, ONE, people[at], last[at], agreed=agreed)
        line.basis = basis_of(plan.weighing, line)
        line.number = proposal.kpi.target if agreed else part.number
        line.fixed = line.number is not None
        line.owner = part.goal.owner if part.goal else part.owner or (part.unit.head if part.unit else None)
        line.unit = part.goal.unit if part.goal else part.unit or (part.owner.unit if part.owner else None)
        lines.append(line)
    return lines


def basis_of(weighing: str, line: Line) -> Decimal:
    if line.part.basis is not None:
        return line.part.basis
    if weighing == Weighing.HEAD_COUNT:
        return Decimal(line.people)
    if weighing == Weighing.LAST_PERIOD:
        return max(line.last or ZERO, ZERO)
    return ONE


def unit_of(part: Part) -> Unit | None:
    """The unit that takes the part; None where a person does."""
    if part.unit is not None and part.owner is None:
        return part.unit
    if part.goal is not None and part.goal.unit_id and part.goal.owner_id in (None, part.goal.unit.head_id):
        return part.goal.unit
    return None


def person_of(part: Part) -> Person | None:
    return part.owner or (part.goal.owner if part.goal else None)


def head_counts(parts: Sequence[Part]) -> list[int]:
    """How many people each part stands for: those of a unit and of the units below it, or the one person."""
    units = [unit_of(part) for part in parts]
    organisation = next((unit.organisation_id for unit in units if unit is not None), None)
    if organisation is None:
        return [1] * len(parts)
    rows = Person.objects.filter(organisation_id=organisation, is_active=True, unit__isnull=False).order_by()
    counted = list(rows.values_list("unit__path").annotate(Count("pk")))
    return [1 if unit is None else sum(n for path, n in counted if path.startswith(unit.path)) for unit in units]


def last_values(plan: Plan, by: Person) -> list[Decimal | None]:
    """What each brought in the newest period of a KPI of this name and unit, in its own goals; None where nothing is
    known, or may not be seen."""
    if plan.source is None:
        return [None] * len(plan.parts)
    like = Kpi.objects.visible_to(by).filter(name=plan.source.name, unit=plan.source.unit)
    like = like.exclude(pk=plan.source.pk).exclude(figures__latest_value=None)
    told = ("goal__owner_id", "goal__unit_id", "goal__unit__head_id", "figures__latest_period", "figures__latest_value")
    newest: dict[tuple[str, int], tuple[Any, Decimal]] = {}
    for owner, unit, head, period, value in like.values_list(*told):
        whose = [("person", owner)] if owner else []
        if unit and owner in (None, head):
            whose.append(("unit", unit))
        for each in whose:
            known = newest.get(each)
            if known is None or known[0] < period:
                newest[each] = period, value
            elif known[0] == period:
                newest[each] = period, known[1] + value
    found = []
    for part in plan.parts:
        unit, person = unit_of(part), person_of(part)
        key = ("unit", unit.pk) if unit else ("person", person.pk if person else 0)
        found.append(newest[key][1] if key in newest else None)
    return found


REFUSED = {
    Refusal.exceeded: ("parts", gettext_lazy("What is fixed is more than the target already.")),
    Refusal.nobody_left: ("weights", gettext_lazy("Nobody is left to take the rest.")),
    Refusal.weight_negative: ("weight", gettext_lazy("A weight is 0 or more.")),
    Refusal.step_not_positive: ("step", gettext_lazy("A step is more than 0.")),
}


def divide(found: Preview) -> None:
    """The numbers of the parts, and how they all lie to the target."""
    plan, lines, total = found.plan, found.lines, found.total
    found.step = display_step(total) if plan.step is None else plan.step
    counted = found.held if plan.rule != Rule.same else []
    fixed = [*(each.kpi.target for each in counted), *(line.number for line in lines)]
    weights = [*(ONE for _each in counted), *(line.basis for line in lines)]
    free = [line for line in lines if line.number is None]
    if free and plan.rule == Rule.sum and counted and sum(fixed[: len(counted)], ZERO) == total:
        found.errors["parts"] = ValidationError(_("The goals below have all of the target already."), "nothing_left")
    if free:
        try:
            numbers = parts_of(plan.rule, total, weights, fixed, found.step)[len(counted) :]
        except CannotSplit as refusal:
            refuse(found, refusal, len(counted))
            numbers = [line.number for line in lines]
        for line, number in zip(lines, numbers, strict=True):
            line.number = number
    known = [line.number for line in lines]
    if None in known and not any(number is not None for number in known):
        return
    numbers = [number or ZERO for number in known]
    every = [*(each.kpi.target for each in counted), *numbers]
    found.gap = gap(total, every, combine(plan), plan.source.direction, weights)
    for line in lines:
        line.takes_part = line.number is not None and (plan.rule != Rule.sum or bool(line.number) or not total)
        if plan.rule == Rule.sum:
            line.share = abs((line.number or ZERO) / total) if total else None
    if found.needs_reason and not plan.reason.strip():
        found.errors["reason"] = ValidationError(_("Say why a part of the target stays open."), "gap_unexplained")


def combine(plan: Plan) -> Combine:
    """Copies are judged by the worst of them."""
    if plan.rule != Rule.same:
        return Combine(str(plan.rule))
    return Combine.max if plan.source.direction == Kpi.Direction.DECREASE else Combine.min


def refuse(found: Preview, refusal: CannotSplit, before: int) -> None:
    if refusal.code == Refusal.not_a_multiple:
        message = _("Not a multiple of the step %(step)s.") % {"step": format(found.step.normalize(), "f")}
        error = ValidationError(message, str(refusal.code))
        at = None if refusal.at is None else refusal.at - before
    else:
        name, message = REFUSED[refusal.code]
        error = ValidationError(str(message), str(refusal.code))
        at = None if refusal.at is None else refusal.at - before
    if at is not None and at >= 0:
        found.row_errors[at] = error
    elif refusal.code == Refusal.not_a_multiple:
        found.errors["step"] = error
    else:
        found.errors[name] = error


def dress(found: Preview, by: Person) -> None:
    """Title, level, weight and state of each line."""
    plan, lines = found.plan, found.lines
    levels = list(Level.objects.filter(organisation_id=plan.goal.organisation_id).order_by("rank"))
    lowest = [level for level in levels if level.rank >= plan.goal.level.rank]
    below = next((level for level in levels if level.rank > plan.goal.level.rank), lowest[-1])
    bases = weights_of(found)
    for at, line in enumerate(lines):
        part = line.part
        if part.goal is not None:
            line.title, line.level, line.weight, line.state = (
                part.goal.title,
                part.goal.level,
                part.goal.weight,
                part.goal.state,
            )
            continue
        line.level = part.level or (levels[-1] if part.owner and not part.unit else below)
        who = part.unit.name if part.unit else part.owner.name if part.owner else ""
        line.title = part.title or taking_over.title(plan.goal, who, plan.source, line.number)
        line.weight = bases[at] if part.weight is None else part.weight
        line.state = state_of(plan.start, line.owner, by, planned=plan.goal.cycle.state == Cycle.State.PLANNING)
        if plan.start == Start.ACTIVE and line.state != Goal.State.ACTIVE:
            message = _("It becomes active when its owner accepts it.")
            found.row_errors.setdefault(at, ValidationError(message, "owner_must_accept"))


def weights_of(found: Preview) -> list[Decimal]:
    """On average 1, so that new goals and those there are weigh alike."""
    counts = found.plan.counts or (Counts.PART if found.plan.rule == Rule.sum else Counts.SAME)
    if counts == Counts.SAME:
        return [ONE] * len(found.lines)
    sums = found.plan.source is not None and found.plan.rule == Rule.sum
    sizes = [abs(line.number or ZERO) if sums else line.basis for line in found.lines]
    average = sum(sizes, ZERO) / len(sizes) if sizes else ZERO
    if not average:
        return [ONE] * len(sizes)
    return [(size / average).quantize(WEIGHT, ROUND_HALF_EVEN).normalize() + ZERO for size in sizes]


def state_of(start: str, owner: Person | None, by: Person, *, planned: bool = False) -> str:
    """A goal without an owner cannot be accepted by anybody and begins as a draft; in a cycle that is still `planned`
    nothing becomes active yet."""
    if start == Start.DRAFT:
        return Goal.State.DRAFT
    if planned:
        return Goal.State.DRAFT if owner is None else Goal.State.PROPOSED
    if owner is not None and owner.pk == by.pk:
        return Goal.State.ACTIVE
    if start == Start.ACTIVE:
        return Goal.State.ACTIVE if owner is None or access.can_run_cycle(by) else Goal.State.PROPOSED
    return Goal.State.DRAFT if owner is None else Goal.State.PROPOSED


@dataclass
class Made:
    """What `create` made: the goals in the order of the parts, those asked again among them, and their proposals."""

    preview: Preview
    goals: list[Goal]
    proposals: dict[int, Proposal]


def create(plan: Plan, *, by: Person) -> Made:
    """Creates the goals below with their KPIs, proposals and notifications, all or nothing.

    Raises RowsRefused (rows counted from 1), ValidationError for the whole, Conflict (changed_meanwhile when `seen` is
    not what is there now, parent_ended, nothing_to_create).
    """
    with structure.lock(plan.goal.organisation_id):
        plan.goal = Goal.objects.select_related("level", "cycle", "organisation").get(pk=plan.goal.pk)
        if plan.source is not None:
            plan.source = Kpi.objects.select_for_update(no_key=True, of=("self",)).get(pk=plan.source.pk)
        found = preview(plan, by)
        if plan.seen and plan.seen != found.seen:
            message = _("Somebody else changed the target or its parts meanwhile. Look at the numbers again.")
            raise Conflict("changed_meanwhile", message)
        refuse_unready(found)
        new = [line for line in found.lines if line.part.goal is None]
        with told_by_part(found):
            goals = planting.plant(plan.goal, [goal_fields(line, plan.goal) for line in new], by=by, reason=plan.reason)
            kpis = add_kpis(found, dict(zip(map(id, new), goals, strict=True)), by)
        rows = [(goal, kpis.get(goal.pk)) for goal in goals]
        proposals = catchball.begin(plan.goal, plan.source, str(plan.rule), rows, by=by, reason=plan.reason)
        for line in found.lines:
            if line.part.goal is not None and not line.agreed:
                again = catchball.propose(line.part.goal.proposal, by=by, number=line.number, reason=plan.reason)
                proposals[line.part.goal.pk] = again
        planted = iter(goals)
        return Made(found, [line.part.goal or next(planted) for line in found.lines], proposals)


@contextmanager
def told_by_part(found: Preview) -> Iterator[None]:
    """What is refused of new goals is told by the number of their part."""
    numbers = [at for at, line in enumerate(found.lines, 1) if line.part.goal is None]
    try:
        yield
    except RowsRefused as refused:
        raise RowsRefused([error | {"row": numbers[error["row"] - 1]} for error in refused.errors]) from None


def refuse_unready(found: Preview) -> None:
    if not found.lines:
        raise Conflict("nothing_to_create", _("Choose at least one unit or person."))
    if found.errors:
        raise ValidationError(found.errors)
    if found.row_errors:
        raise RowsRefused(
            [
                {"row": at + 1, "field": "", "code": error.code, "message": " ".join(error.messages)}
                for at, error in sorted(found.row_errors.items())
            ]
        )


def goal_fields(line: Line, above: Goal) -> dict[str, Any]:
    return {
        "title": line.title,
        "level": line.level,
        "owner": line.owner,
        "unit": line.unit,
        "weight": line.weight,
        "state": line.state,
        "visibility": above.visibility,
        "perspective_id": above.perspective_id,
        "start": above.start,
        "due": above.due,
    }


def add_kpis(found: Preview, goals: Mapping[int, Goal], by: Person) -> dict[int, Kpi]:
    """A KPI for each new goal that takes a part of the target, by the goal's id. A part of nothing gets none."""
    plan, rows = found.plan, []
    for line in found.lines:
        goal = goals.get(id(line))
        if goal is None or not line.has_kpi:
            continue
        taken = taking_over.kpi_fields(plan.source, plan.rule, line.number, found.step) if plan.source else {}
        given = {name: value for name, value in line.part.kpi.items() if name != "target" or not plan.source}
        rows.append((goal, taken | given))
    made = definitions.create_many(rows, by=by, reason=plan.reason)
    return {kpi.goal_id: kpi for kpi in made}
