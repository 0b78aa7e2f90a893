"""Catchball: a part is proposed, its owner accepts or counters, the goal above agrees or sends again, until both sides
say yes and the goal becomes active (docs/domain.md sections 2 and 10). Every round is kept."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from cascade.templatetags.ui import exact
from cascade.versions import refuse_other
from goals import lifecycle, structure
from goals.models import Cycle, Goal
from kpis import definitions, taking_over
from kpis.models import Kpi, Proposal, ProposalRound
from kpis.models.proposal import OPEN
from kpis.split import display_step
from people.models import Person
from people.notifications import notify

State, Kind = Proposal.State, ProposalRound.Kind


def begin(
    above: Goal,
    source: Kpi | None,
    rule: str,
    rows: Sequence[tuple[Goal, Kpi | None]],
    *,
    by: Person,
    reason: str,
) -> dict[int, Proposal]:
    """The proposals of new goals below one, by their goal's id; owners of what is proposed are told once."""
    made = [
        Proposal(
            organisation=above.organisation,
            goal=goal,
            kpi=kpi,
            source=source,
            rule=rule if source else "",
            state=State.AGREED if goal.state == Goal.State.ACTIVE else State.PROPOSED,
            number=kpi and kpi.target,
        )
        for goal, kpi in rows
    ]
    Proposal.objects.bulk_create(made)
    asked = [each for each in made if each.goal.state == Goal.State.PROPOSED]
    ProposalRound.objects.bulk_create(
        [round_of(each, Kind.PROPOSED, by, number=each.number, reason=reason) for each in asked]
    )
    if asked:
        owners = {each.goal.owner for each in asked}
        tell(owners, "proposal", f"{asked[0].pk} begun", by, above.title, url=f"{reverse('home')}#answers")
    return {each.goal_id: each for each in made}


def round_of(proposal: Proposal, kind: str, by: Person, *, number: Decimal | None = None, reason: str = ""):
    return ProposalRound(
        organisation_id=proposal.organisation_id,
        proposal=proposal,
        kind=kind,
        number=number,
        reason=reason,
        by=by,
    )


def of_goal(goal: Goal) -> Proposal:
    """The goal's proposal; what was proposed without a break-down gets it here, about its only KPI with a target."""
    found = Proposal.objects.filter(goal=goal).first()
    if found is not None:
        return found
    kpis = list(goal.kpis.filter(state=Kpi.State.ACTIVE).exclude(target=None)[:2])
    kpi = kpis[0] if len(kpis) == 1 else None
    return Proposal(organisation_id=goal.organisation_id, goal=goal, kpi=kpi, number=kpi and kpi.target)


@contextmanager
def held(proposal: Proposal, version: int | None) -> Iterator[Proposal]:
    """The proposal as it is now, kept from changing, while its goal is not decided yet."""
    with structure.lock(proposal.organisation_id):
        goal = Goal.objects.select_related("owner", "parent__owner", "organisation", "cycle").get(pk=proposal.goal_id)
        now = of_goal(goal)
        now.goal = goal
        refuse_other(now, version)
        if goal.state not in OPEN:
            raise Conflict("not_open", _("It is decided already: the goal is not proposed any more."))
        if now.kpi_id:
            now.kpi = Kpi.objects.select_related("goal__cycle", "organisation").get(pk=now.kpi_id)
        yield now


def say(proposal: Proposal, state: str, kind: str, by: Person, number: Decimal | None, reason: str) -> Proposal:
    proposal.version += 1
    proposal.state, proposal.number = state, number
    proposal.save()
    round_of(proposal, kind, by, number=number, reason=reason).save()
    return proposal


def propose(
    proposal: Proposal, *, by: Person, number: Decimal | None = None, reason: str = "", version: int | None = None
) -> Proposal:
    """Sends a part, or sends it again with another number, which becomes its target until the owner answers.

    Raises Conflict (not_open, no_owner), ValidationError (number) and VersionMismatch.
    """
    with held(proposal, version) as now:
        if now.goal.owner is None:
            raise Conflict("no_owner", _("Nobody owns the goal yet, so nobody can answer."))
        retarget(now, number, by, reason)
        if now.goal.state == Goal.State.DRAFT:
            now.goal = lifecycle.change_state(now.goal, Goal.State.PROPOSED, by=by, reason=reason)
        said = say(now, State.PROPOSED, Kind.PROPOSED, by, now.kpi and now.kpi.target, reason)
        tell([now.goal.owner], "proposal", f"{said.pk} {said.version}", by, now.goal.title, url=goal_url(now))
        return said


def accept(proposal: Proposal, *, by: Person, version: int | None = None) -> Proposal:
    """The owner takes the number that was proposed; the goal becomes active.

    Raises Conflict (not_open, owner_must_accept, parent_ended) and VersionMismatch.
    """
    with held(proposal, version) as now:
        goal, number = now.goal, now.kpi and now.kpi.target
        now.goal = start(goal, by=by)
        said = say(now, State.AGREED, Kind.ACCEPTED, by, number, "")
        tell(answerers(said, goal), "proposal_accepted", f"{said.pk} {said.version}", by, goal.title, url=goal_url(now))
        return said


def counter(
    proposal: Proposal, *, by: Person, number: Decimal | None, reason: str, version: int | None = None
) -> Proposal:
    """The owner answers with another number (None where there is no KPI) and the reason, which is needed.

    Raises Conflict (not_open), ValidationError (reason_required; at `number`: required, no_kpi, same_number and what a
    definition refuses) and VersionMismatch.
    """
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why."), "reason_required")})
    with held(proposal, version) as now:
        if now.kpi is None and number is not None:
            raise wrong_number(_("It has no number to answer with another one."), "no_kpi")
        if now.kpi is not None:
            if number is None:
                raise wrong_number(_("Enter the number that you can take on."), "required")
            if number == now.kpi.target:
                raise wrong_number(_("That is the number proposed: accept it, or enter another one."), "same_number")
            refuse_impossible(now.kpi, number)
        said = say(now, State.COUNTERED, Kind.COUNTERED, by, number, reason.strip())
        told = {"number": exact(number, now.kpi.unit) if now.kpi else "–"}
        people = answerers(said, now.goal)
        tell(people, "proposal_countered", f"{said.pk} {said.version}", by, now.goal.title, url=goal_url(now), **told)
        return said


def agree(proposal: Proposal, *, by: Person, reason: str = "", version: int | None = None) -> Proposal:
    """The goal above takes the number that the owner countered with: it becomes the target, the goal active.

    Raises Conflict (not_open, not_countered, parent_ended), ValidationError (number) and VersionMismatch.
    """
    with held(proposal, version) as now:
        if now.state != State.COUNTERED:
            raise Conflict("not_countered", _("The owner has not answered yet."))
        number, goal = now.number, now.goal
        retarget(now, number, by, reason)
        now.goal = start(goal, by=by, reason=reason, accepted=True)
        said = say(now, State.AGREED, Kind.AGREED, by, number, reason)
        if goal.owner is not None:
            tell([goal.owner], "proposal_agreed", f"{said.pk} {said.version}", by, goal.title, url=goal_url(now))
        return said


def start(goal: Goal, *, by: Person, reason: str = "", accepted: bool = False) -> Goal:
    """Both sides agree: the goal becomes active, where its cycle is still being planned, as soon as that opens."""
    if goal.cycle.state != Cycle.State.PLANNING:
        return lifecycle.change_state(goal, Goal.State.ACTIVE, by=by, reason=reason, accepted=accepted)
    if not accepted and goal.owner_id != by.pk:
        raise Conflict("owner_must_accept", _("A goal becomes active when its owner accepts it."))
    lifecycle.refuse_weak(goal, goal.organisation)
    return lifecycle.change_state(goal, Goal.State.PROPOSED, by=by, reason=reason)


def retarget(proposal: Proposal, number: Decimal | None, by: Person, reason: str) -> None:
    """The number becomes the target of the KPI; None leaves the target as it is."""
    if number is None:
        return
    if proposal.kpi is None:
        raise wrong_number(_("It has no KPI whose target could change."), "no_kpi")
    if number == proposal.kpi.target:
        return
    try:
        proposal.kpi = definitions.revise(proposal.kpi, by=by, reason=reason, **with_target(proposal.kpi, number))
    except ValidationError as refusal:
        raise at_number(refusal) from None


def refuse_impossible(kpi: Kpi, number: Decimal) -> None:
    wanted = copy(kpi)
    try:
        definitions.assign(wanted, with_target(kpi, number))
        definitions.check(wanted)
    except ValidationError as refusal:
        raise at_number(refusal) from None


def with_target(kpi: Kpi, number: Decimal) -> dict:
    fields = {"target": number}
    if kpi.milestones:
        fields["milestones"] = taking_over.milestones(kpi, number, display_step(number))
    return fields


def wrong_number(message: str, code: str) -> ValidationError:
    return ValidationError({"number": ValidationError(message, code)})


def at_number(refusal: ValidationError) -> ValidationError:
    return ValidationError({"number": [error for errors in refusal.error_dict.values() for error in errors]})


def answerers(proposal: Proposal, goal: Goal) -> list[Person]:
    """Whose turn it is after the owner: the owner of the goal above, else whoever proposed last."""
    if goal.parent_id and goal.parent.owner_id:
        return [goal.parent.owner]
    last = proposal.rounds.filter(kind=Kind.PROPOSED).exclude(by=None).select_related("by").last()
    return [last.by] if last else []


def tell(people: Iterable[Person], kind: str, key: str, by: Person, goal: str, *, url: str, **facts) -> None:
    others = [person for person in people if person.pk != by.pk]
    if others:
        notify(others, kind, key=key, url=url, by=by.name, goal=goal, **facts)


def goal_url(proposal: Proposal) -> str:
    return reverse("goals:detail", args=[proposal.goal_id]) + "#proposal"
