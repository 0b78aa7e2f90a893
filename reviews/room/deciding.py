"""The one door through which a review decides: applied at once, with its reason, in one transaction with its history,
and taken back only by another decision (docs/domain.md section 15)."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from goals import progress, structure
from goals.access import Rights
from goals.models import Goal
from kpis.models import Kpi
from people import notifications
from people.models import Person
from reviews.models import Decision, Review
from reviews.room.acts import ACTS, Act, refused
from reviews.room.holding import being_held, refuse_strangers

LONGEST = 300  # letters of a reason in a notification


def decide(
    review: Review, kind: str, *, by: Person, goal: Goal, reason: str, version: int | None = None, **fields: Any
) -> Decision:
    """Decides about a goal that the review covers; `fields` are those of the kind's act (reviews/room/acts.py).

    `version` is that of the goal whose state changes, or of the KPI whose target does, as it was seen. Raises
    PermissionDenied, VersionMismatch, ValidationError (reason_required, not_covered, and what the act refuses) and
    Conflict (review_not_open, review_over, and what the act refuses).
    """
    progress.roll_up(review.organisation_id)
    with structure.lock(review.organisation_id):
        review = being_held(review)
        return applied(act_of(review, kind, by=by, goal=now(goal), **fields), reason, version)


def promised(review: Review, kind: str, *, by: Person, goal: Goal, **fields: Any) -> Act:
    """What a decision would do, with `before`, `after` and `effect`; nothing is saved. Refuses as `decide` does, except
    for what only doing it can tell."""
    act = act_of(review, kind, by=by, goal=goal, **fields)
    refuse_others(act)
    act.tell()
    return act


def reverse_of(decision: Decision, review: Review, *, by: Person) -> Act:
    """What taking a decision back would do; nothing is saved. Raises as `take_back` does."""
    act = opposite(decision, review, by)
    refuse_others(act)
    act.tell()
    return act


def take_back(decision: Decision, *, review: Review, by: Person, reason: str) -> Decision:
    """Decides the opposite, in a review that is being held and covers the same goal.

    Raises as `decide` does, and Conflict (already_reversed, nothing_to_reverse, changed_since, not_there).
    """
    progress.roll_up(review.organisation_id)
    with structure.lock(review.organisation_id):
        review = being_held(review)
        decision = Decision.objects.select_related(*RELATED).get(pk=decision.pk)
        return applied(opposite(decision, review, by), reason, None, reverses=decision)


RELATED = ("organisation", "goal__unit", "goal__owner__unit", "goal__organisation", "action")
RELATED += tuple(f"kpi__{name}" for name in ("organisation", "goal__cycle", "goal__unit", "goal__owner__unit"))


def opposite(decision: Decision, review: Review, by: Person) -> Act:
    if decision.reverses_id is not None:
        raise Conflict("nothing_to_reverse", _("It took something back itself. Decide anew what is to be."))
    if decision.is_reversed:
        raise Conflict("already_reversed", _("It was taken back already."))
    refuse_not_covered(review, decision.goal)
    return ACTS[decision.kind].undoing(decision, review, by)


def act_of(review: Review, kind: str, *, by: Person, goal: Goal, **fields: Any) -> Act:
    refuse_not_covered(review, goal)
    if isinstance(kpi := fields.get("kpi"), Kpi):
        related = ("organisation", "goal__cycle", "goal__unit", "goal__owner__unit")
        fields["kpi"] = Kpi.objects.select_related(*related).get(pk=kpi.pk)
    return ACTS[kind](review, by, goal, **fields)


def now(goal: Goal) -> Goal:
    return Goal.objects.select_related("unit", "owner__unit", "organisation", "parent").get(pk=goal.pk)


def refuse_not_covered(review: Review, goal: Goal) -> None:
    if review.goal_id not in (goal.pk, goal.parent_id):
        message = _("A review decides about its goal and the goals right below it.")
        raise refused("goal", "not_covered", message)


def refuse_others(act: Act) -> None:
    refuse_strangers(act.by, act.review)
    if not act.may(Rights.of(act.by)):
        raise PermissionDenied(_("You may not change this goal or KPI."))


def applied(act: Act, reason: str, version: int | None, reverses: Decision | None = None) -> Decision:
    refuse_others(act)
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("Say why."), code="reason_required")})
    act.tell()
    act.apply(reason.strip(), version)
    decision = Decision.objects.create(
        organisation_id=act.review.organisation_id,
        review=act.review,
        goal=act.goal,
        kind=act.kind,
        by=act.by,
        reason=reason.strip(),
        before=act.before,
        after=act.after,
        effect=act.effect,
        reverses=reverses,
        **act.columns,
    )
    tell(decision)
    return decision


def tell(decision: Decision) -> None:
    """Whoever has the goal or the KPI in hand, and who is to do something, unless they decided themselves."""
    address = f"{reverse('reviews:room', args=[decision.review_id])}#decision-{decision.pk}"
    told = {"by": decision.by.name, "goal": decision.goal.title}
    told["reason"] = Truncator(decision.reason).chars(LONGEST)
    concerned = {decision.goal.owner, decision.kpi.data_owner if decision.kpi else None} - {None, decision.by}
    action = decision.action if decision.reverses_id is None else None
    doer = action.owner if action else None
    if doer is not None and doer != decision.by:
        task = {"by": decision.by.name, "title": Truncator(action.title).chars(LONGEST)}
        where = address if may_see(doer, decision) else ""
        notifications.notify([doer], "action", f"decision {decision.pk}", url=where, **task)
    concerned = [person for person in concerned - {doer} if may_see(person, decision)]
    notifications.notify(concerned, "decision", f"{decision.pk}", url=address, **told)


def may_see(person: Person, decision: Decision) -> bool:
    return Decision.objects.visible_to(person).filter(pk=decision.pk).exists()
