"""Everything that the room shows, in a fixed number of queries."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from goals.access import Rights
from goals.models import Goal, Kudos
from goals.voices import wins
from goals.voices.signals import open_signals
from kpis.draft_effects import Effect
from kpis.models import Kpi
from kpis.periods import DAY
from people.models import Person
from reviews import access
from reviews.models import CheckIn, Decision, Review
from reviews.room import effects, outcomes, words
from reviews.room.agenda import RUNS, Agenda, Item, agenda, running_below
from reviews.room.attending import attending
from reviews.room.outcomes import Outcome

Kind = Decision.Kind
MOST_WINS = 12


@dataclass(frozen=True)
class Told:
    """A decision as pages tell it: in words, with what it did above as the reader may see it."""

    decision: Decision
    words: str
    moved: list[Effect]
    can_reverse: bool
    outcome: Outcome | None = None

    @property
    def moves(self) -> bool:
        """Whether it moves any goal."""
        return any(each.delta or each.was != each.status for each in self.moved)


@dataclass(frozen=True)
class Choice:
    """A kind of decision that the reader may make about a goal."""

    kind: str
    words: str
    icon: str


class Room:
    """A review as one person sees it. Seventeen queries whatever the number of goals, check-ins and decisions."""

    def __init__(self, review: Review, person: Person) -> None:
        self.review, self.person = review, person
        self.today = review.organisation.today()
        self.may_hold = access.can_hold(person, review)
        self.rights = Rights.of(person)
        decided = outcomes.decisions(person, review=review)
        self.agenda: Agenda = agenda(review, person, decided)
        self.last = outcomes.last_review(review)
        before = outcomes.decisions(person, review=self.last) if self.last else []
        self.seen = seen_among(person, [*decided, *before])
        self.decisions = [self.told(each) for each in decided]
        self.before = [self.told(each, outcomes.outcome(each, self.today)) for each in before if not each.reverses_id]

    @property
    def is_open(self) -> bool:
        return self.review.state == Review.State.OPEN

    @property
    def has_begun(self) -> bool:
        return self.review.first <= self.today

    @property
    def unsettled(self) -> int:
        """Decisions of the last review that are still to be seen to."""
        return sum(not told.outcome.is_settled for told in self.before)

    @property
    def may_decide(self) -> bool:
        return self.is_open and self.may_hold

    def told(self, decision: Decision, outcome: Outcome | None = None) -> Told:
        can_reverse = (
            self.may_decide
            and decision.kind != Kind.KEEP
            and not decision.is_reversed
            and decision.reverses_id is None
            and decision.goal_id in self.seen
            and self.rights.can_edit(decision.goal)
        )
        said = words.sentence(decision, self.seen)
        return Told(decision, said, effects.arranged(decision.effect, self.seen), can_reverse, outcome)

    def shown(self, number: int, item: Item) -> "Shown":
        statements = [Statement(check_in, self.sees_candid(check_in), item.earlier) for check_in in item.told]
        frozen = (item.check_in.figures or {}).get("kpis", []) if item.check_in else []
        then = {row["id"]: effects.number(row["actual"]) for row in frozen}
        kpis = [Measured(kpi, then.get(kpi.pk)) for kpi in item.kpis]
        offered = choices(self.rights, item.goal, item.kpis) if self.may_decide else []
        return Shown(number, item, statements, kpis, offered, self.change_since(item))

    def sees_candid(self, check_in: CheckIn) -> bool:
        """Confidence and blockers are for their author, the goal's owner, who holds the review and the managers above
        (docs/domain.md section 17)."""
        mine = self.person.pk in (check_in.author_id, check_in.review.owner_id)
        return mine or self.may_hold or self.person.sees_everything

    def change_since(self, item: Item) -> Decimal | None:
        """How far a goal came since the last review was signed off."""
        then = ((self.last and self.last.figures) or {}).get(str(item.goal.pk))
        if not then or then["progress"] is None or item.figures is None or item.figures.progress is None:
            return None
        return item.figures.progress - Decimal(then["progress"])


@dataclass(frozen=True)
class Statement:
    """A check-in as the reader may read it: `candid` with confidence and blockers. `then` is the progress it was
    written on, `was` the confidence before."""

    check_in: CheckIn
    candid: bool
    earlier: CheckIn | None

    @property
    def then(self) -> Decimal | None:
        return effects.number(self.check_in.figures["progress"])

    @property
    def status(self) -> str:
        return self.check_in.figures["status"]

    @property
    def was(self) -> int | None:
        same = self.earlier is not None and self.earlier.author_id == self.check_in.author_id
        return self.earlier.confidence if same else None


@dataclass(frozen=True)
class Measured:
    """A KPI with its value when the owner checked in."""

    kpi: Kpi
    then: Decimal | None

    @property
    def has_target(self) -> bool:
        return self.kpi.kind != Kpi.Kind.BOOLEAN

    @property
    def moved(self) -> bool:
        figures = getattr(self.kpi, "figures", None)
        return self.then is not None and figures is not None and figures.actual != self.then


@dataclass(frozen=True)
class Shown:
    """A goal of the agenda as the reader sees it. `change` since the last review."""

    number: int
    item: Item
    statements: list[Statement]
    kpis: list[Measured]
    choices: list[Choice]
    change: Decimal | None


def choices(rights: Rights, goal: Goal, kpis: Sequence[Kpi] | None = None) -> list[Choice]:
    """What somebody who holds the review may decide about a goal that it covers; `kpis` are the goal's active ones."""
    kinds = [Kind.KEEP]
    if rights.can_edit(goal) and goal.is_open:
        kpis = list(Kpi.objects.active().filter(goal=goal)) if kpis is None else kpis
        paused, runs = goal.state == Goal.State.PAUSED, goal.state in RUNS
        offered = {
            Kind.ADJUST_TARGET: bool(targeted(kpis)),
            Kind.RE_WEIGHT: len(kpis) > 1 or has_below(goal),
            Kind.ADD_ACTION: True,
            Kind.PAUSE: runs,
            Kind.RESUME: paused,
            Kind.CLOSE: runs,
            Kind.CANCEL: True,
            Kind.KEEP: True,
        }
        kinds = [kind for kind, offer in offered.items() if offer]
    return [Choice(kind, *words.CHOICES[kind]) for kind in kinds]


def has_below(goal: Goal) -> bool:
    """Whether goals run right below it; on the agenda that was read with the goal."""
    return goal.has_below if hasattr(goal, "has_below") else running_below(goal.pk).exists()


def targeted(kpis: Iterable[Kpi]) -> list[Kpi]:
    return [kpi for kpi in kpis if kpi.kind != Kpi.Kind.BOOLEAN]


def seen_among(person: Person, decisions: Iterable[Decision]) -> dict[int, Goal]:
    """Of the goals that decisions tell of, those that a person may see."""
    ids: set[int] = set()
    for decision in decisions:
        ids |= {decision.goal_id, *(row["goal"] for row in decision.effect)}
        ids |= {row["id"] for row in decision.after.get("weights", ()) if row["kind"] == "goal"}
    goals = Goal.objects.visible_to(person).filter(pk__in=ids).order_by().select_related("level", "owner__unit", "unit")
    return {goal.pk: goal for goal in goals}


def voices(room: Room, goal_ids: Collection[int]) -> dict[str, Any]:
    """What went well, and what people below say, of the goals on the agenda."""
    person, review = room.person, room.review
    until = review.organisation.day_of(review.signed_at) if review.signed_at else room.today
    return {
        "kudos": thanked(review, person, goal_ids, until),
        "reached": list(wins.newest(person, review.first, until).filter(goal__in=goal_ids)[:MOST_WINS]),
        "signals": list(open_signals(goal_ids, person)) if review.is_owed else [],
    }


def thanked(review: Review, person: Person, goal_ids: Collection[int], until: dt.date) -> list[Kudos]:
    """The kudos of the review's period and the days until it is held, the newest first."""
    organisation = review.organisation
    during = {"created_at__gt": organisation.end_of(review.first - DAY), "created_at__lte": organisation.end_of(until)}
    found = Kudos.objects.visible_to(person).filter(goal__in=goal_ids, **during)
    return list(found.select_related("author", "goal").prefetch_related("receivers", "joined")[:MOST_WINS])


def context(review: Review, person: Person) -> dict[str, Any]:
    room = Room(review, person)
    heard = voices(room, [item.goal.pk for item in room.agenda.all])
    first = 1 + bool(room.last) + 1
    shown = [room.shown(number, item) for number, item in enumerate(room.agenda.pressing, first)]
    rest = [room.shown(0, item) for item in room.agenda.rest]
    return {
        "room": room,
        "review": review,
        "goal": review.goal,
        "today": room.today,
        "own": shown[0],
        "items": shown[1:],
        "rest": rest,
        "present": list(attending(review)),
        "may_check_in": review.is_owed and access.can_check_in(person, review),
        "may_correct": room.may_hold or person.pk in room.agenda.own.authors,
        "corrections": list(review.corrections.select_related("by", "check_in__author")),
        **heard,
    }
