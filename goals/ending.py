"""All goals of a cycle end, or are taken up again, at the cost of one (docs/domain.md sections 2 and 3)."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from cascade.recordset import rows_of, update
from goals import lifecycle, marks, progress, structure
from goals.kpi_source import source
from goals.models import Cycle, Goal
from people.models import Person

BATCH = 500
STANDING = {
    "id": "bigint",
    "state": "text",
    "version": "integer",
    "closed_on": "date",
    "final_progress": "numeric",
    "final_coverage": "numeric",
    "final_expected": "numeric",
    "outcome": "text",
    "closing_note": "text",
}
State = Goal.State


def end_all(cycle: Cycle, *, by: Person, reason: str) -> list[Goal]:
    """Closes what ran and cancels what never did, with the figures of today; returns the goals that ended."""
    with structure.lock(cycle.organisation_id) as organisation:
        progress.roll_up(organisation.pk)
        goals = open_goals(cycle)
        closing = [goal for goal in goals if State.CLOSED in lifecycle.ALLOWED[State(goal.state)]]
        if closing:
            lifecycle.freeze(closing, organisation.today(), None, reason)
        ends = {goal.pk for goal in closing}
        for goal in goals:
            goal.state = State.CLOSED if goal.pk in ends else State.CANCELLED
        write(goals, by=by, reason=reason)
        source().goals_ended(organisation.pk, [goal.pk for goal in goals if goal.pk not in ends], organisation.today())
        return goals


def take_up(cycle: Cycle, stood: Mapping[int, str], *, by: Person, reason: str) -> None:
    """The goals that ended with their cycle stand again as they stood, given by goal id; their final figures go."""
    with structure.lock(cycle.organisation_id):
        goals = [goal for goal in Goal.objects.filter(cycle=cycle).order_by("pk") if goal.pk in stood]
        cancelled = [goal.pk for goal in goals if goal.state == State.CANCELLED]
        for goal in goals:
            goal.state = stood[goal.pk]
            goal.closed_on = goal.final_progress = goal.final_coverage = goal.final_expected = None
            goal.outcome = goal.closing_note = ""
        write(goals, by=by, reason=reason)
        source().goals_back(cycle.organisation_id, cancelled)


def start(goals: Sequence[Goal], state: str, *, by: Person, reason: str = "") -> None:
    """Goals that all may take that state; their organisation is locked."""
    for goal in goals:
        goal.state = state
    write(goals, by=by, reason=reason)


def open_goals(cycle: Cycle) -> list[Goal]:
    """Held until the transaction ends, so that nobody changes one meanwhile."""
    rows = Goal.objects.filter(cycle=cycle).open().order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def write(goals: Sequence[Goal], *, by: Person, reason: str) -> None:
    if not goals:
        return
    for goal in goals:
        goal.version += 1
    rows = rows_of(STANDING, [[getattr(goal, name) for name in STANDING] for goal in goals])
    update(Goal, STANDING, rows, same={"updated_at": timezone.now()})
    Goal.history.bulk_history_create(
        goals, batch_size=BATCH, update=True, default_user=by, default_change_reason=reason
    )
    marks.mark(goals[0].organisation_id, [pk for goal in goals for pk in (goal.pk, goal.parent_id)])
