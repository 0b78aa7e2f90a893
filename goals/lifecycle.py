"""A goal's states (docs/domain.md section 2): draft, proposed, active, paused, closed, cancelled."""

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError

from cascade.errors import Conflict
from goals import marks, progress, structure
from goals.models import Goal, GoalFigures
from people.models import Person

State = Goal.State
ALLOWED = {
    State.DRAFT: {State.PROPOSED, State.ACTIVE, State.CANCELLED},
    State.PROPOSED: {State.DRAFT, State.ACTIVE, State.CANCELLED},
    State.ACTIVE: {State.PAUSED, State.CLOSED, State.CANCELLED},
    State.PAUSED: {State.ACTIVE, State.CLOSED, State.CANCELLED},
    State.CLOSED: {State.ACTIVE},
    State.CANCELLED: set(),
}
ENDED = (State.CLOSED, State.CANCELLED)


def change_state(
    goal: Goal,
    state: str,
    *,
    by: Person | None,
    reason: str = "",
    with_descendants: bool = False,
    judged_progress: Decimal | None = None,
) -> Goal:
    """Takes a goal to another state, with everything live below it if asked.

    Closing freezes progress, coverage and expected as they are today; without data the closer may judge the progress
    (0..1, with a reason, coverage 1). Reopening needs a reason.
    Raises ValidationError (unknown_state, reason_required, out_of_range) and Conflict (state_not_allowed,
    owner_must_accept, live_descendants).
    """
    if state not in State.values:
        raise ValidationError({"state": ValidationError(f"{state} is not a state.", code="unknown_state")})
    with structure.lock(goal.organisation_id) as organisation:
        goal = Goal.objects.get(pk=goal.pk)
        if state == goal.state:
            return goal
        if state not in ALLOWED[State(goal.state)]:
            raise Conflict("state_not_allowed", f"A goal that is {goal.state} cannot become {state}.")
        if goal.state == State.PROPOSED and state == State.ACTIVE and goal.owner_id and by and goal.owner_id != by.pk:
            raise Conflict("owner_must_accept", "A proposed goal becomes active when its owner accepts it.")
        needs_reason = goal.state == State.CLOSED or judged_progress is not None
        if needs_reason and not reason:
            raise ValidationError({"reason": ValidationError("Say why.", code="reason_required")})
        touched = [goal]
        if state in ENDED:
            below = Goal.objects.subtree(goal).exclude(pk=goal.pk).exclude(state__in=ENDED)
            if not with_descendants and below.exists():
                raise Conflict("live_descendants", "Goals below it are still open: end them too, or move them first.")
            touched += list(below) if with_descendants else []
        if state == State.CLOSED:
            progress.roll_up(organisation.pk)
            freeze(touched, organisation.today(), judged_progress, reason)
        elif goal.state == State.CLOSED:
            goal.closed_on = goal.final_progress = goal.final_coverage = goal.final_expected = None
            goal.outcome = ""
        for each in touched:
            each.state = state
            each.version += 1
            each._history_user, each._change_reason = by, reason
            each.save()
        marks.mark(organisation.pk, [each.pk for each in touched] + [goal.parent_id])
        return goal


def freeze(goals: list[Goal], today: dt.date, judged: Decimal | None, note: str) -> None:
    if judged is not None and not 0 <= judged <= 1:
        raise ValidationError({"judged_progress": ValidationError("A progress lies from 0 to 1.", code="out_of_range")})
    figures = GoalFigures.objects.in_bulk([goal.pk for goal in goals])
    for goal in goals:
        found = figures[goal.pk]
        goal.closed_on, goal.closing_note = today, note
        goal.final_progress, goal.final_coverage = found.progress, found.coverage
        goal.final_expected = found.expected
        if found.progress is None and judged is not None and goal is goals[0]:
            goal.final_progress, goal.final_coverage = judged, Decimal(1)
        goal.outcome = outcome(goal.final_progress)


def outcome(final: Decimal | None) -> str:
    if final is None:
        return Goal.Outcome.UNKNOWN
    if final >= 1:
        return Goal.Outcome.ACHIEVED
    return Goal.Outcome.PARTIAL if final >= Decimal("0.7") else Goal.Outcome.MISSED
