"""A goal's states (docs/domain.md section 2): draft, proposed, active, paused, closed, cancelled."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from cascade.versions import refuse_other
from goals import acts, advice, locks, marks, progress, structure
from goals.kpi_source import source
from goals.models import Goal, GoalFigures
from people.models import Organisation, Person

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
STANDING = ("state", "closed_on", "final_progress", "final_coverage", "final_expected", "outcome", "closing_note")
AGREED_BY_OWNER = (State.DRAFT, State.PROPOSED)


def change_state(
    goal: Goal,
    state: str,
    *,
    by: Person | None,
    version: int | None = None,
    reason: str = "",
    with_descendants: bool = False,
    judged_progress: Decimal | None = None,
    accepted: bool = False,
    despite_smart: bool = False,
) -> Goal:
    """Takes a goal to another state; when it ends, with everything open below it if asked.

    Closing freezes progress, coverage and expected as they are today; without data the closer may judge the progress
    (0..1, with a reason, coverage 1). What below it was never active is cancelled instead. Reopening needs a reason.
    `accepted`: its owner has said yes before, in the catchball.
    Starting needs the S.M.A.R.T. score that the organisation asks for, or `despite_smart` with a reason (section 12).
    Raises ValidationError (unknown_state, reason_required, out_of_range, only_when_closing, has_data), Conflict
    (state_not_allowed, owner_must_accept, live_descendants, parent_ended, smart_too_low, locked, cycle_planning) and
    VersionMismatch when `version` is given and not the stored one.
    """
    if state not in State.values:
        raise invalid("state", "unknown_state", _("%(state)s is not a state.") % {"state": state})
    with structure.lock(goal.organisation_id) as organisation:
        goal = Goal.objects.select_related("parent", "cycle").get(pk=goal.pk)
        refuse_other(goal, version)
        if state == goal.state:
            return goal
        refuse(goal, state, None if accepted else by, reason, judged_progress)
        if state == State.ACTIVE and goal.state in AGREED_BY_OWNER:
            reason = refuse_weak(goal, organisation, reason, despite_smart)
        below = open_below(goal, with_descendants) if state in ENDED else []
        for each in reversed([goal, *below]):  # taken back from the top
            acts.note("state", each.pk, each.version, fields={name: getattr(each, name) for name in STANDING})
        if state == State.CLOSED:
            progress.roll_up(organisation.pk)
            closed = [goal, *(each for each in below if State.CLOSED in ALLOWED[State(each.state)])]
            freeze(closed, organisation.today(), judged_progress, reason)
        elif goal.state == State.CLOSED:
            goal.closed_on = goal.final_progress = goal.final_coverage = goal.final_expected = None
            goal.outcome = goal.closing_note = ""
        for each in [goal, *below]:
            each.state = state if state in ALLOWED[State(each.state)] else State.CANCELLED
            each.version += 1
            each._history_user, each._change_reason = by, reason
            each.save()
        cancelled = [each.pk for each in (goal, *below) if each.state == State.CANCELLED]
        source().goals_ended(organisation.pk, cancelled, organisation.today())
        marks.mark(organisation.pk, [goal.pk, goal.parent_id, *(each.pk for each in below)])
        return goal


def take_back(goal: Goal, before: Mapping[str, Any], *, by: Person | None, reason: str = "") -> Goal:
    """A change of state that was a mistake: the goal stands as `before` says it stood, ended or not (docs/domain.md
    section 2). Raises Conflict parent_ended, live_descendants and locked."""
    with structure.lock(goal.organisation_id):
        goal = Goal.objects.select_related("parent", "cycle").get(pk=goal.pk)
        locks.refuse_closed(goal.cycle)
        for name, value in before.items():
            setattr(goal, name, value)
        if goal.is_open and goal.parent_id and not goal.parent.is_open:
            sentence = _("The goal above is %(state)s; nothing open can stand below it.")
            raise Conflict("parent_ended", sentence % {"state": goal.parent.get_state_display().lower()})
        if not goal.is_open:
            open_below(goal, with_descendants=False)
        goal.version += 1
        goal._history_user, goal._change_reason = by, reason
        goal.save()
        if goal.state != State.CANCELLED:
            source().goals_back(goal.organisation_id, [goal.pk])
        marks.mark(goal.organisation_id, [goal.pk, goal.parent_id])
        return goal


def refuse(goal: Goal, state: str, by: Person | None, reason: str, judged: Decimal | None) -> None:
    locks.refuse_closed(goal.cycle)
    if state not in ALLOWED[State(goal.state)]:
        told = {"before": goal.get_state_display().lower(), "after": State(state).label.lower()}
        raise Conflict("state_not_allowed", _("A goal that is %(before)s cannot become %(after)s.") % told)
    if state == State.ACTIVE:
        locks.refuse_start(goal.cycle, state)
        if goal.state in AGREED_BY_OWNER and goal.owner_id and by and goal.owner_id != by.pk:
            raise Conflict("owner_must_accept", _("A goal becomes active when its owner accepts it."))
        if goal.parent_id and not goal.parent.is_open:
            sentence = _("The goal above is %(state)s; nothing open can stand below it.")
            raise Conflict("parent_ended", sentence % {"state": goal.parent.get_state_display().lower()})
    if judged is not None and state != State.CLOSED:
        raise invalid("judged_progress", "only_when_closing", _("A progress is judged when the goal is closed."))
    if (goal.state == State.CLOSED or judged is not None) and not reason:
        raise invalid("reason", "reason_required", _("Say why."))


def refuse_weak(goal: Goal, organisation: Organisation, reason: str = "", despite: bool = False) -> str:
    """Refuses to start a goal whose S.M.A.R.T. score is lower than the organisation asks for; the reason to keep, which
    tells the score where it is overridden."""
    least = organisation.smart_minimum
    score = advice.once_accepted(goal).score if least else least
    if score >= least:
        return reason
    told = {"score": score, "least": least}
    if not despite:
        message = _("Its S.M.A.R.T. score is %(score)s of 100; goals start here with at least %(least)s.") % told
        raise Conflict("smart_too_low", message)
    if not reason.strip():
        raise invalid("reason", "reason_required", _("Say why it starts with so low a score."))
    return _("%(reason)s (started with a S.M.A.R.T. score of %(score)s, below %(least)s)") % {**told, "reason": reason}


def open_below(goal: Goal, with_descendants: bool) -> list[Goal]:
    below = Goal.objects.subtree(goal).exclude(pk=goal.pk).open()
    if not with_descendants and below.exists():
        raise Conflict("live_descendants", _("Goals below it are still open: end them too, or move them first."))
    return list(below)


def invalid(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})


def freeze(goals: list[Goal], today: dt.date, judged: Decimal | None, note: str) -> None:
    """The first of the goals is the one that is closed by name and may be judged."""
    figures = GoalFigures.objects.in_bulk([goal.pk for goal in goals])
    if judged is not None:
        refuse_judgement(judged, figures[goals[0].pk])
    for goal in goals:
        found = figures[goal.pk]
        goal.closed_on, goal.closing_note = today, note
        goal.final_progress, goal.final_coverage = found.progress, found.coverage
        goal.final_expected = found.expected
    if judged is not None:
        goals[0].final_progress, goals[0].final_coverage = judged, Decimal(1)
    for goal in goals:
        goal.outcome = outcome(goal.final_progress)


def refuse_judgement(judged: Decimal, found: GoalFigures) -> None:
    if not 0 <= judged <= 1:
        raise invalid("judged_progress", "out_of_range", _("A progress lies from 0 to 1."))
    if found.progress is not None:
        raise invalid("judged_progress", "has_data", _("The goal has data; its progress is what was measured."))


def outcome(final: Decimal | None) -> str:
    if final is None:
        return Goal.Outcome.UNKNOWN
    if final >= 1:
        return Goal.Outcome.ACHIEVED
    return Goal.Outcome.PARTIAL if final >= Decimal("0.7") else Goal.Outcome.MISSED
