"""Whose turn it is in the catchball about a goal, and what waits for a person (docs/domain.md section 10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from cascade.templatetags.ui import exact
from goals.access import Rights
from goals.models import Goal
from kpis import access
from kpis.models import Kpi, Proposal, ProposalRound
from people.models import Person

ROUNDS = Prefetch("rounds", ProposalRound.objects.select_related("by").order_by("pk"))
KPIS = Prefetch("kpis", Kpi.objects.filter(state=Kpi.State.ACTIVE).exclude(target=None), to_attr="with_target")
GOAL = ("owner__unit", "unit", "level", "parent__owner__unit", "parent__unit", "parent__level")


@dataclass
class Exchange:
    """A goal that is proposed, and what this reader may do about it. `answers`: the reader owns it and may accept or
    counter; `settles`: the reader may agree to a counter or send another number."""

    goal: Goal
    kpi: Kpi | None
    state: str
    countered: Decimal | None
    version: int
    rounds: Sequence[ProposalRound]
    answers: bool
    settles: bool
    proposal: Proposal | None = None
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.goal.state == Goal.State.PROPOSED

    @property
    def is_countered(self) -> bool:
        return self.is_open and self.state == Proposal.State.COUNTERED

    @property
    def asked(self) -> str:
        """What is proposed, in words: its number, or the goal itself."""
        return exact(self.kpi.target, self.kpi.unit) if self.kpi else _("this goal")

    @property
    def answered(self) -> str:
        """What the owner can take on instead; empty where there is no number."""
        return exact(self.countered, self.kpi.unit) if self.kpi and self.countered is not None else ""

    @property
    def reason(self) -> str:
        return self.rounds[-1].reason if self.rounds else ""

    @property
    def proposed_by(self) -> Person | None:
        by = (each.by for each in reversed(self.rounds) if each.kind == ProposalRound.Kind.PROPOSED)
        return next(by, None)

    @property
    def title(self) -> str:
        """Ola countered with 8 leads."""
        owner = self.goal.owner.name if self.goal.owner else ""
        told = {"owner": owner, "number": self.answered, "asked": self.asked}
        if self.is_countered and self.answers:
            return _("You answered with %(number)s.") % told if self.answered else _("You asked for a change.")
        if self.is_countered:
            return (
                _("%(owner)s answers with %(number)s.") % told
                if self.answered
                else _("%(owner)s asks for a change.") % told
            )
        if self.answers and self.proposed_by:
            return _("%(by)s proposes you %(asked)s.") % {**told, "by": self.proposed_by.name}
        if self.answers:
            return _("You are asked to take on %(asked)s.") % told
        return _("%(owner)s has not answered yet: %(asked)s.") % told


def exchange_of(goal: Goal, person: Person, rights: Rights | None = None) -> Exchange:
    """The catchball about one goal that the person may see."""
    found = Proposal.objects.filter(goal=goal).select_related("kpi").prefetch_related(ROUNDS).first()
    kpis = [] if found else list(goal.kpis.filter(state=Kpi.State.ACTIVE).exclude(target=None)[:2])
    return exchange(goal, found, kpis, person, rights)


def exchange(
    goal: Goal, proposal: Proposal | None, kpis: Sequence[Kpi], person: Person, rights: Rights | None = None
) -> Exchange:
    only = kpis[0] if len(kpis) == 1 else None
    return Exchange(
        goal=goal,
        kpi=proposal.kpi if proposal else only,
        state=proposal.state if proposal else Proposal.State.PROPOSED,
        countered=proposal.number if proposal and proposal.state == Proposal.State.COUNTERED else None,
        version=proposal.version if proposal else 1,
        rounds=list(proposal.rounds.all()) if proposal else [],
        answers=access.can_answer(person, goal),
        settles=access.can_settle(person, goal, rights),
        proposal=proposal,
    )


def waiting_for(person: Person) -> list[Exchange]:
    """What this person is to answer: goals proposed to them, and counters to what they proposed or own. In a fixed
    number of queries."""
    last = ProposalRound.objects.filter(kind=ProposalRound.Kind.PROPOSED, by=person).values("proposal_id")
    countered = Q(proposal__state=Proposal.State.COUNTERED)
    above = Q(parent__owner=person) | Q(parent__owner=None, proposal__in=last)
    goals = Goal.objects.visible_to(person).filter(state=Goal.State.PROPOSED)
    goals = goals.filter((Q(owner=person) & ~countered) | (above & countered))
    return exchanges(goals.select_related(*GOAL, "proposal__kpi").prefetch_related(KPIS).order_by("pk"), person)


def exchanges(goals: Iterable[Goal], person: Person) -> list[Exchange]:
    goals = list(goals)
    if not goals:
        return []
    said: dict[int, list[ProposalRound]] = {}
    for each in ProposalRound.objects.filter(proposal__goal__in=goals).select_related("by").order_by("pk"):
        said.setdefault(each.proposal_id, []).append(each)
    rights, found = Rights.of(person), []
    for goal in goals:
        proposal = getattr(goal, "proposal", None)
        if proposal is not None:
            proposal._prefetched_objects_cache = {"rounds": said.get(proposal.pk, [])}
        found.append(exchange(goal, proposal, [] if proposal else goal.with_target, person, rights))
    return found
