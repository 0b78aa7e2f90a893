"""What can be decided in a review: each act knows who may do it, what it does above, how it is done and how it is taken
back (docs/domain.md section 15). reviews/room/deciding.py is the door."""

import datetime as dt
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from cascade.fields import plain, plain_or_none
from goals import acts, lifecycle, remains
from goals.access import Rights
from goals.models import Goal
from kpis import access, dated, definitions, initiatives, targets
from kpis.attainment import KpiScore
from kpis.models import Initiative, Kpi
from people.models import Person
from reviews.models import Decision, Review
from reviews.room import effects

Row = dict[str, Any]
Kind = Decision.Kind
Part = Goal | Kpi


def refused(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})


def changed_since() -> Conflict:
    return Conflict("changed_since", _("It was changed again since. Decide anew what is to be."))


class Act:
    """One thing that is decided about a goal. `tell` fills `before`, `after` and `effect` and refuses what cannot be;
    nothing is changed until `apply`."""

    kind: str

    def __init__(self, review: Review, by: Person, goal: Goal) -> None:
        self.review, self.by, self.goal = review, by, goal
        self.before: Row = {}
        self.after: Row = {}
        self.effect: list[Row] = []
        self.columns: Row = {}

    def may(self, rights: Rights) -> bool:
        return True

    def tell(self) -> None:
        self.effect = effects.unmoved(self.goal)

    def apply(self, reason: str, version: int | None) -> None:
        """The act itself, by the same door as everywhere."""

    @classmethod
    def undoing(cls, decision: Decision, review: Review, by: Person) -> "Act":
        """The opposite of a decision of this kind. Raises Conflict when it cannot be taken back."""
        raise Conflict("nothing_to_reverse", _("It changed nothing, so there is nothing to take back."))


class Keep(Act):
    kind = Kind.KEEP


class AdjustTarget(Act):
    """Asks for something else of a KPI from a day on; `asking` as `kpis.targets.change` takes it."""

    kind = Kind.ADJUST_TARGET

    def __init__(self, review: Review, by: Person, goal: Goal, *, kpi: Kpi, since: dt.date, **asking: Any) -> None:
        super().__init__(review, by, goal)
        self.kpi, self.since, self.asking = kpi, since, asking
        self.columns = {"kpi": kpi, "since": since}
        if kpi.goal_id != goal.pk or kpi.state != Kpi.State.ACTIVE:
            raise refused("kpi", "not_covered", _("This goal has no such KPI."))
        if kpi.kind == Kpi.Kind.BOOLEAN:
            raise refused("kpi", "has_no_target", _("It is done or not; there is no target to change."))

    def may(self, rights: Rights) -> bool:
        return rights.can_edit(self.kpi.goal)

    def tell(self) -> None:
        found = targets.effect(self.kpi, self.since, self.by, **self.asking)
        proposed = copy(self.kpi)
        targets.propose(proposed, self.since, **self.asking)
        self.before = {"asked": asked_of(self.kpi, self.since), **scored(found.before)}
        self.after = {"asked": asked_of(proposed, self.since), **scored(found.after)}
        self.effect = effects.kept([goal.id for goal, _moved in found.above], {g.id: moved for g, moved in found.above})

    @property
    def eased_before(self) -> int:
        """How often this target was made easier since its cycle began, when this makes it easier once more."""
        kpi, begin = self.kpi, self.kpi.goal.cycle.start
        if not easier(kpi, self.before["asked"], self.after["asked"]):
            return 0
        made = [each for each in targets.decisions(kpi) if each.version.history_date.date() >= begin and each.before]
        return sum(easier(kpi, each.before, each.row) for each in made)

    def apply(self, reason: str, version: int | None) -> None:
        targets.change(self.kpi, self.since, by=self.by, reason=reason, version=version, **self.asking)

    @classmethod
    def undoing(cls, decision: Decision, review: Review, by: Person) -> "Act":
        if decision.kpi is None:
            raise Conflict("not_there", _("The KPI is not there any more."))
        day = max(decision.since, review.organisation.today())
        if asked_of(decision.kpi, day) != decision.after["asked"]:
            raise changed_since()
        asking = dated.told(decision.before["asked"])
        return cls(review, by, decision.goal, kpi=decision.kpi, since=day, **asking)


def asked_of(kpi: Kpi, on: dt.date) -> Row:
    """What a KPI asks on a day, as it is kept; since when does not matter."""
    return dated.kept(dated.asked_on(kpi.asked, on), None)


def easier(kpi: Kpi, before: Row, after: Row) -> bool:
    """Whether a target asks for less than the one before."""
    if before["target"] is None or after["target"] is None or kpi.direction == Kpi.Direction.MAINTAIN:
        return False
    change = Decimal(after["target"]) - Decimal(before["target"])
    return change < 0 if kpi.direction == Kpi.Direction.INCREASE else change > 0


def scored(score: KpiScore) -> Row:
    figures = {name: plain_or_none(getattr(score, name)) for name in ("actual", "progress", "expected")}
    return {**figures, "status": str(score.status)}


@dataclass(frozen=True)
class Weighed:
    """A part of a goal, one of its KPIs or a goal right below it, with the weight it is to have. `version`: the one
    that was seen."""

    part: Part
    weight: Decimal
    version: int | None = None

    @property
    def kind(self) -> str:
        return "kpi" if isinstance(self.part, Kpi) else "goal"

    @property
    def title(self) -> str:
        return self.part.name if isinstance(self.part, Kpi) else self.part.title

    @property
    def line(self) -> Row:
        return {"kind": self.kind, "id": self.part.pk, "set": {"weight": plain(self.weight)}}

    def told(self, weight: Decimal) -> Row:
        return {"kind": self.kind, "id": self.part.pk, "title": self.title, "weight": plain(weight)}


class ReWeight(Act):
    """Gives parts of the goal other weights."""

    kind = Kind.RE_WEIGHT

    def __init__(self, review: Review, by: Person, goal: Goal, *, weights: Sequence[Weighed]) -> None:
        super().__init__(review, by, goal)
        self.weights = [each for each in weights if each.weight != each.part.weight]
        above = [each.part.goal_id if each.kind == "kpi" else each.part.parent_id for each in weights]
        if any(pk != goal.pk for pk in above):
            raise refused(
                "weights", "not_a_part", _("Only the KPIs of this goal and the goals right below it count in it.")
            )

    def may(self, rights: Rights) -> bool:
        goals = [each.part.goal if isinstance(each.part, Kpi) else each.part for each in self.weights]
        return rights.can_edit(self.goal) and all(rights.can_edit(goal) for goal in goals)

    def tell(self) -> None:
        if not self.weights:
            raise refused("weights", "nothing_changes", _("These are the weights already."))
        if any(each.weight < 0 for each in self.weights):
            raise refused("weights", "weight_negative", _("A weight is 0 or more."))
        self.before = {"weights": [each.told(each.part.weight) for each in self.weights]}
        self.after = {"weights": [each.told(each.weight) for each in self.weights]}
        self.effect = effects.supposed(self.goal, [each.line for each in self.weights])

    def apply(self, reason: str, version: int | None) -> None:
        for each in self.weights:
            told = {"by": self.by, "reason": reason, "version": each.version, "weight": each.weight}
            if isinstance(each.part, Kpi):
                definitions.revise(each.part, **told)
            else:
                each.part.revise(**told)

    @classmethod
    def undoing(cls, decision: Decision, review: Review, by: Person) -> "Act":
        left = {(row["kind"], row["id"]): Decimal(row["weight"]) for row in decision.after["weights"]}
        weights = [
            Weighed(part, Decimal(row["weight"]))
            for row, part in zip(decision.before["weights"], parts(decision), strict=True)
            if part is not None
        ]
        if len(weights) < len(left) or any(each.part.weight != left[each.kind, each.part.pk] for each in weights):
            raise changed_since()
        return cls(review, by, decision.goal, weights=weights)


def parts(decision: Decision) -> list[Part | None]:
    """The parts that a decision weighed, as they are now; None for what is gone."""
    rows = decision.before["weights"]
    goals = Goal.objects.select_related("unit", "owner__unit").in_bulk([x["id"] for x in rows if x["kind"] == "goal"])
    related = ("goal__unit", "goal__owner__unit", "goal__cycle", "organisation")
    kpis = Kpi.objects.select_related(*related).in_bulk([x["id"] for x in rows if x["kind"] == "kpi"])
    return [(kpis if row["kind"] == "kpi" else goals).get(row["id"]) for row in rows]


class ChangeState(Act):
    """Takes the goal to another state; ended together with everything open below it if asked."""

    state: str

    def __init__(self, review: Review, by: Person, goal: Goal, *, with_descendants: bool = False) -> None:
        super().__init__(review, by, goal)
        self.with_descendants = with_descendants

    def may(self, rights: Rights) -> bool:
        return rights.can_end(self.goal, self.with_descendants)

    def tell(self) -> None:
        if self.goal.state == self.state:
            raise refused("kind", "nothing_changes", _("It is so already."))
        lifecycle.refuse(self.goal, self.state, self.by, "", None)
        self.before, self.after = {"state": self.goal.state}, {"state": str(self.state)}
        line = {"kind": "goal", "id": self.goal.pk, "set": {"state": str(self.state)}}
        self.effect = effects.supposed(self.goal, [line])

    def apply(self, reason: str, version: int | None) -> None:
        with acts.noted() as steps:
            below = {"with_descendants": self.with_descendants}
            lifecycle.change_state(self.goal, self.state, by=self.by, reason=reason, version=version, **below)
        self.before["steps"] = [{"goal": step["goal"], "fields": standing(step["fields"])} for step in steps]

    @classmethod
    def undoing(cls, decision: Decision, review: Review, by: Person) -> "Act":
        if decision.goal.state != decision.after["state"] or not decision.before["steps"]:
            raise changed_since()
        return TakeBack(review, by, decision.goal, decision)


def standing(fields: Row) -> Row:
    """Where a goal stood, as JSON holds it."""
    dates = {name: value.isoformat() for name, value in fields.items() if isinstance(value, dt.date)}
    numbers = {name: plain(value) for name, value in fields.items() if isinstance(value, Decimal)}
    return {**fields, **dates, **numbers}


class Pause(ChangeState):
    """Until a day, or until it is resumed. A goal that is paused already gets another day."""

    kind, state = Kind.PAUSE, Goal.State.PAUSED

    def __init__(self, review: Review, by: Person, goal: Goal, *, until: dt.date | None = None) -> None:
        super().__init__(review, by, goal)
        self.columns = {"until": until}
        if until is not None and until <= review.organisation.today():
            raise refused("until", "not_ahead", _("Choose a day that is still to come."))

    def tell(self) -> None:
        if self.goal.state != self.state:
            super().tell()
            return
        if self.columns["until"] is None:
            raise refused("until", "required", _("It is paused already. Say until when."))
        self.before = self.after = {"state": str(self.state)}
        self.effect = effects.unmoved(self.goal)


class Resume(ChangeState):
    kind, state = Kind.RESUME, Goal.State.ACTIVE

    def tell(self) -> None:
        if self.goal.state != Goal.State.PAUSED:
            raise Conflict("state_not_allowed", _("Only a goal that is paused can be resumed."))
        super().tell()


class Cancel(ChangeState):
    kind, state = Kind.CANCEL, Goal.State.CANCELLED


class Close(ChangeState):
    kind, state = Kind.CLOSE, Goal.State.CLOSED


class TakeBack(Act):
    """A goal, and what changed with it, stands again as before a decision."""

    def __init__(self, review: Review, by: Person, goal: Goal, decision: Decision) -> None:
        super().__init__(review, by, goal)
        self.kind, self.steps = decision.kind, decision.before["steps"]
        self.state = decision.before["state"]

    def goals(self) -> dict[int, Goal]:
        ids = [step["goal"] for step in self.steps]
        return Goal.objects.select_related("unit", "owner__unit").in_bulk(ids)

    def may(self, rights: Rights) -> bool:
        return all(rights.can_edit(goal) for goal in self.goals().values())

    def tell(self) -> None:
        self.before, self.after = {"state": self.goal.state}, {"state": self.state}
        line = {"kind": "goal", "id": self.goal.pk, "set": {"state": self.state}}
        self.effect = effects.supposed(self.goal, [line])

    def apply(self, reason: str, version: int | None) -> None:
        goals = self.goals()
        for step in reversed(self.steps):
            if step["goal"] in goals:
                fields = {name: remains.column(name, value) for name, value in step["fields"].items()}
                lifecycle.take_back(goals[step["goal"]], fields, by=self.by, reason=reason)


class AddAction(Act):
    """Somebody is to do something for the goal by a day."""

    kind = Kind.ADD_ACTION

    def __init__(
        self,
        review: Review,
        by: Person,
        goal: Goal,
        *,
        title: str,
        owner: Person,
        due: dt.date,
        description: str = "",
        kpis: Iterable[Kpi] = (),
    ) -> None:
        super().__init__(review, by, goal)
        self.kpis = list(kpis)
        self.fields = {"title": title, "owner": owner, "due": due, "description": description}
        if any(kpi.goal_id != goal.pk for kpi in self.kpis):
            raise refused("kpis", "not_covered", _("This goal has no such KPI."))

    def may(self, rights: Rights) -> bool:
        return access.can_plan(rights, [self.goal])

    def tell(self) -> None:
        super().tell()
        owner, due = self.fields["owner"], self.fields["due"]
        self.after = {"title": self.fields["title"], "owner": owner.pk, "due": due.isoformat()}

    def apply(self, reason: str, version: int | None) -> None:
        given = {"by": self.by, "goals": [self.goal], "kpis": self.kpis, "reason": reason}
        self.columns["action"] = initiatives.create(self.goal.organisation, **given, **self.fields)

    @classmethod
    def undoing(cls, decision: Decision, review: Review, by: Person) -> "Act":
        if decision.action is None:
            raise Conflict("not_there", _("The action is not there any more."))
        if not decision.action.is_open:
            raise Conflict("changed_since", _("The action is done or dropped already."))
        return DropAction(review, by, decision.goal, decision.action)


class DropAction(Act):
    kind = Kind.ADD_ACTION

    def __init__(self, review: Review, by: Person, goal: Goal, action: Initiative) -> None:
        super().__init__(review, by, goal)
        self.columns = {"action": action}

    def may(self, rights: Rights) -> bool:
        return access.can_edit_initiative(rights, self.columns["action"])

    def tell(self) -> None:
        super().tell()
        action = self.columns["action"]
        told = {"title": action.title, "owner": action.owner_id, "due": action.due and action.due.isoformat()}
        self.before = {**told, "state": action.state}
        self.after = {**told, "state": str(Initiative.State.DROPPED)}

    def apply(self, reason: str, version: int | None) -> None:
        initiatives.revise(self.columns["action"], by=self.by, reason=reason, state=Initiative.State.DROPPED)


ACTS: dict[str, type[Act]] = {
    act.kind: act for act in (AdjustTarget, ReWeight, Pause, Resume, Cancel, Close, AddAction, Keep)
}
