"""What became of decisions: the figure then and now, the action done or not (docs/domain.md section 15)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from goals.models import Goal
from people.models import Person
from reviews.models import Decision, Review
from reviews.room.effects import number

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


def outcome(decision: Decision, today: dt.date) -> Outcome:
    return Outcome(decision, then(decision), *now(decision), state_of(decision, today))


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


def state_of(decision: Decision, today: dt.date) -> str:
    if decision.is_reversed:
        return "reversed"
    if decision.action is not None and decision.reverses_id is None:
        if not decision.action.is_open:
            return str(decision.action.state)
        return "overdue" if decision.action.is_overdue(today) else "open"
    paused = decision.kind == Kind.PAUSE and decision.goal.state == Goal.State.PAUSED
    if paused and decision.until is not None and decision.reverses_id is None:
        return "over" if decision.until <= today else "paused"
    return ""
