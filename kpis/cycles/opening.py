"""What happens to the goals of a cycle that was planned and opens (docs/domain.md sections 2 and 10)."""

from collections import defaultdict

from goals import ending
from goals.models import Cycle, Goal
from kpis import catchball
from kpis.models import Kpi, Proposal
from people.models import Person

State = Goal.State


def start_agreed(cycle: Cycle, *, by: Person, reason: str) -> None:
    """Goals about whose part both sides had agreed become active."""
    agreed = Proposal.objects.filter(
        goal__cycle=cycle, goal__state__in=(State.DRAFT, State.PROPOSED), state=Proposal.State.AGREED
    )
    goals = Goal.objects.filter(pk__in=agreed.values("goal")).order_by("pk")
    ending.start(list(goals.select_for_update(no_key=True, of=("self",))), State.ACTIVE, by=by, reason=reason)


def propose_drafts(cycle: Cycle, *, by: Person, reason: str) -> None:
    """Drafts with an owner are proposed to them; every owner is told once."""
    drafts = Goal.objects.filter(cycle=cycle, state=State.DRAFT, proposal=None).exclude(owner=None)
    goals = list(drafts.select_related("owner", "organisation").order_by("pk").select_for_update(of=("self",)))
    if not goals:
        return
    kpis: dict[int, list[Kpi]] = defaultdict(list)
    for kpi in Kpi.objects.active().filter(goal__in=goals).exclude(target=None):
        kpis[kpi.goal_id].append(kpi)
    ending.start(goals, State.PROPOSED, by=by, reason=reason)
    rows = [(goal, kpis[goal.pk][0] if len(kpis[goal.pk]) == 1 else None) for goal in goals]
    catchball.begin(goals[0], None, "", rows, by=by, reason=reason)
