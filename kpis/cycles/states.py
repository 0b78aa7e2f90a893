"""A cycle is planned, opened, closed and, if it must be, reopened; its past is locked (docs/domain.md section 3)."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cascade import versions
from cascade.errors import Conflict
from goals import locks, marks, structure
from goals.models import Cycle, Goal
from kpis.cycles import closing, opening
from kpis.models import Kpi
from people.models import Organisation, Person

State = Cycle.State
ALLOWED = {
    State.PLANNING: {State.OPEN},
    State.OPEN: {State.PLANNING, State.CLOSED},
    State.CLOSED: {State.OPEN},
}
REASONED = (State.CLOSED,)  # to close and to reopen one says why


def add(organisation: Organisation, *, by: Person, **fields) -> Cycle:
    """A new cycle; without `state` it is open. Raises ValidationError (dates_order, name_taken, not_yet)."""
    cycle = Cycle(organisation=organisation, **fields)
    if cycle.is_closed:
        raise invalid("state", "not_yet", _("A new cycle is planned or open; it is closed when it is over."))
    refuse_wrong(cycle)
    versions.write(cycle, by)
    return cycle


def revise(cycle: Cycle, *, by: Person, version: int | None = None, reason: str = "", **fields) -> Cycle:
    """Changes name, dates and the locked time. The same again is no change.

    Raises ValidationError (dates_order, name_taken, lock_ahead, only_while_open), Conflict (locked) and
    VersionMismatch.
    """
    with structure.lock(cycle.organisation_id) as organisation:
        cycle = versions.locked(Cycle.objects.filter(organisation=organisation), cycle.pk, version)
        changed = {name: value for name, value in fields.items() if getattr(cycle, name) != value}
        if not changed:
            return cycle
        moved = bool(changed.keys() & {"start", "due"})
        if moved and cycle.locked_through is not None:
            locks.refuse(cycle)  # KPIs without dates of their own are measured over the cycle
        for name, value in changed.items():
            setattr(cycle, name, value)
        refuse_wrong(cycle)
        if "locked_until" in changed:
            refuse_wrong_lock(cycle, organisation.today())
            hold_values(cycle)
        versions.write(cycle, by, reason)
        if moved:
            marks.mark_everything(organisation)
        return cycle


def change_state(
    cycle: Cycle,
    state: str,
    *,
    by: Person,
    version: int | None = None,
    reason: str = "",
    propose: bool = False,
) -> Cycle:
    """Takes a cycle to another state; the same again is no change.

    Opening starts the goals whose owners have accepted, and sends the other drafts to their owners if asked
    (`propose`). Closing ends every goal and freezes all figures; reopening takes the goals up again as they stood. Both
    need a reason.
    Raises ValidationError (unknown_state, reason_required), Conflict (state_not_allowed, goals_started) and
    VersionMismatch.
    """
    if state not in State.values:
        raise invalid("state", "unknown_state", _("%(state)s is not a state.") % {"state": state})
    with structure.lock(cycle.organisation_id) as organisation:
        cycle = versions.locked(Cycle.objects.filter(organisation=organisation), cycle.pk)
        if state == cycle.state:
            return cycle
        versions.refuse_other(cycle, version)
        before = cycle.state
        if state not in ALLOWED[State(before)]:
            told = {"before": cycle.get_state_display().lower(), "after": State(state).label.lower()}
            raise Conflict("state_not_allowed", _("A cycle that is %(before)s cannot become %(after)s.") % told)
        if (state in REASONED or before in REASONED) and not reason.strip():
            raise invalid("reason", "reason_required", _("Say why."))
        if state == State.PLANNING:
            refuse_started(cycle)
        if state == State.CLOSED:
            hold_values(cycle)
            closing.close(cycle, by=by, reason=reason)
        cycle.state = state
        versions.write(cycle, by, reason)
        if before == State.CLOSED:
            closing.reopen(cycle, by=by, reason=reason)
        elif before == State.PLANNING:
            opening.start_agreed(cycle, by=by, reason=reason)
            if propose:
                opening.propose_drafts(cycle, by=by, reason=reason)
        return cycle


def hold_values(cycle: Cycle) -> None:
    """Whoever records values of the cycle's KPIs, or changes a target, is through before, or waits until it is done."""
    kpis = Kpi.objects.filter(goal__cycle=cycle).order_by("pk")
    list(kpis.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def refuse_started(cycle: Cycle) -> None:
    started = cycle.goals.exclude(state__in=(Goal.State.DRAFT, Goal.State.PROPOSED, Goal.State.CANCELLED))
    if started.exists():
        raise Conflict("goals_started", _("Goals of this cycle have started already."))


def refuse_wrong(cycle: Cycle) -> None:
    if cycle.start > cycle.due:
        raise invalid("due", "dates_order", _("The due date lies before the start."))
    same = Cycle.objects.filter(organisation_id=cycle.organisation_id, name=cycle.name).exclude(pk=cycle.pk)
    if same.exists():
        raise invalid("name", "name_taken", _("Another cycle has this name."))


def refuse_wrong_lock(cycle: Cycle, today: dt.date) -> None:
    if cycle.state != State.OPEN:
        raise invalid("locked_until", "only_while_open", _("Only the past of an open cycle is locked day by day."))
    if cycle.locked_until is not None and not cycle.start <= cycle.locked_until < today:
        raise invalid("locked_until", "lock_ahead", _("Choose a day of the cycle that is over."))


def invalid(field: str, code: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=code)})
