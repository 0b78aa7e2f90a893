"""What became of decisions: the figure then and now, the action done or not (docs/domain.md section 15)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from goals.models import Goal
from kpis.models import Initiative
from people.models import Person
from reviews.models import Decision, Review
from reviews.room.effects import number

Row = dict[str, Any]
Kind = Decision.Kind
RELATED = ("by", "goal__level", "goal__figures", "kpi__figures", "action__owner", "reversal__by", "reverses")


@dataclass(frozen=True)
class Outcome:
    """A decision with the progress of what it was about, when it was made and now. `state`: of an action "done",
    "dropped", "overdue" or "open"; of a pause "over" when its day has passed; "reversed" of what was taken back."""

    decision: Decision
    then: Decimal | None
    now: Decimal | None
    status: str
    state: str

    @property
    def change(self) -> Decimal | None:
        return None if self.then is None or self.now is None else self.now - self.then

    @property
    def is_settled(self) -> bool:
        return self.state in ("", "done", "dropped", "reversed")


def decisions(person: Person, **of: Any) -> list[Decision]:
    """Decisions that a person may see with what pages and minutes tell of them, in their order; one query."""
    return list(Decision.objects.visible_to(person).filter(**of).select_related(*RELATED).order_by("pk"))


def last_review(review: Review) -> Review | None:
    """The goal's last review that was signed off, or that decided something."""
    earlier = Review.objects.filter(goal_id=review.goal_id, end__lt=review.end)
    spoke = Q(state=Review.State.SIGNED) | Q(
        pk__in=Decision.objects.filter(review__goal=review.goal_id).values("review")
    )
    return earlier.filter(spoke).select_related("signed_by").order_by("-end").first()


def outcome(decision: Decision, on: dt.date, signed: Row | None = None) -> Outcome:
    """What became of it by a day; `signed` are the figures with which the review is signed off that tells it."""
    known = now(decision) if signed is None else as_signed(decision, signed)
    return Outcome(decision, then(decision), *known, state_of(decision, on))


def then(decision: Decision) -> Decimal | None:
    """The progress on which it was decided: the KPI's where a target changed, else the goal's."""
    if decision.kind == Kind.ADJUST_TARGET:
        return number(decision.before["progress"])
    return number(decision.effect[0]["before"]) if decision.effect else None


def now(decision: Decision) -> tuple[Decimal | None, str]:
    about = decision.kpi if decision.kind == Kind.ADJUST_TARGET else decision.goal
    figures = getattr(about, "figures", None)
    if isinstance(about, Goal) and about.state == Goal.State.CLOSED:
        return about.final_progress, about.state
    return (figures.progress, figures.status) if figures else (None, "no_data")


def as_signed(decision: Decision, signed: Row) -> tuple[Decimal | None, str]:
    found = signed.get(str(decision.goal_id), {})
    if decision.kind == Kind.ADJUST_TARGET:
        found = next((row for row in found.get("kpis", ()) if row["id"] == decision.kpi_id), {})
    return (number(found["progress"]), found["status"]) if found else now(decision)


def state_of(decision: Decision, on: dt.date) -> str:
    if decision.is_reversed:
        return "reversed"
    if decision.action is not None and decision.reverses_id is None:
        return of_action(decision.action, on)
    paused = decision.kind == Kind.PAUSE and decision.goal.state == Goal.State.PAUSED
    if paused and decision.until is not None and decision.reverses_id is None:
        return "over" if decision.until <= on else "paused"
    return ""


def of_action(action: Initiative, on: dt.date) -> str:
    if action.state == Initiative.State.DROPPED:
        return "dropped"
    if action.done_on is not None and action.done_on <= on:
        return "done"
    return "overdue" if action.due is not None and action.due < on else "open"
