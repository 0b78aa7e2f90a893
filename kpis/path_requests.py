"""Asking for a path to the strategy, and answering: with a goal above, with a goal to contribute to, or with words."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cascade.errors import Conflict
from goals import tree
from goals.access import Rights
from goals.models import Cycle, Goal
from kpis.models import PathRequest
from people.models import Person
from people.models.person import Role
from people.notifications import notify

MOST_PLACES = 300
MOST_WAITING = 20
RUN_THE_CYCLE = (Role.ADMIN, Role.STRATEGY)


def ask(person: Person, goal: Goal | None, text: str) -> PathRequest:
    """Asks the person's manager and the strategy office; while the first question waits, asking again is the same."""
    with transaction.atomic():
        asked, new = PathRequest.objects.get_or_create(
            asker=person,
            goal=goal,
            answered_at=None,
            defaults={"organisation_id": person.organisation_id, "text": text},
        )
        if new:
            url, title = reverse("kpis:path_request", args=[asked.pk]), goal.title if goal else ""
            notify(
                receivers(asked), "path_asked", key=str(asked.pk), url=url, by=person.name, goal=title or _("no goal")
            )
        return asked


def receivers(asked: PathRequest) -> list[Person]:
    """The manager and who runs the cycle, without the asker and those who may not see the goal."""
    everybody = Person.objects.filter(organisation_id=asked.organisation_id, is_active=True).exclude(pk=asked.asker_id)
    found = {each.pk: each for each in everybody.filter(role__in=RUN_THE_CYCLE)}
    manager = everybody.filter(pk=asked.asker.manager_id).first()
    if manager:
        found[manager.pk] = manager
    return [each for each in found.values() if PathRequest.objects.visible_to(each).filter(pk=asked.pk).exists()]


def places(asked: PathRequest, by: Person) -> list[Goal]:
    """The goals with a path to the strategy that `by` may give as an answer, in the order of the tree."""
    rights = Rights.of(by)
    strategic = Goal.objects.filter(organisation_id=by.organisation_id, parent=None, level__rank=0)
    goals = Goal.objects.visible_to(by).open().filter(tree_id__in=strategic.values("tree_id"))
    goals = goals.select_related("unit", "owner__unit", "level").in_tree_order()
    if asked.goal is None:
        goals = goals.exclude(cycle__state=Cycle.State.CLOSED)
        return [goal for goal in goals[:MOST_PLACES] if rights.can_edit(goal)]
    if not rights.can_edit(asked.goal):
        return []
    goals = goals.filter(cycle_id=asked.goal.cycle_id, level__rank__lte=asked.goal.level.rank)
    goals = goals.exclude(pk__in=Goal.objects.subtree(asked.goal).values("pk"))
    return [goal for goal in goals[:MOST_PLACES] if rights.can_add_below(goal)]


def answer(asked: PathRequest, *, by: Person, given: Goal | None, text: str) -> PathRequest:
    """Places the goal below `given`, or makes the asker contribute to it, and tells the asker.

    Raises ValidationError (nothing_said, and what a move refuses) and Conflict (already_answered).
    """
    if given is None and not text.strip():
        raise ValidationError({"given": ValidationError(_("Choose a goal or say why not."), "nothing_said")})
    with transaction.atomic():
        asked = PathRequest.objects.select_for_update(of=("self",)).select_related("asker", "goal").get(pk=asked.pk)
        if asked.answered_at is not None:
            raise Conflict("already_answered", _("Somebody has answered in the meantime."))
        if given is not None:
            place(asked, given, by)
        asked.given, asked.answer, asked.answered_by, asked.answered_at = given, text, by, timezone.now()
        asked.save()
        goal = asked.goal or given
        title = goal.title if goal else _("no goal")
        notify([asked.asker], "path_answered", key=str(asked.pk), url=reverse("home"), by=by.name, goal=title)
        return asked


def place(asked: PathRequest, given: Goal, by: Person) -> None:
    reason = _("%(name)s asked for a path to the strategy") % {"name": asked.asker.name}
    if asked.goal is not None:
        tree.move(asked.goal, given, by=by, reason=reason)
    elif not given.contributors.filter(pk=asked.asker_id).exists():
        given.revise(by=by, reason=reason, contributors=[*given.contributors.all(), asked.asker])


def last_of(person: Person, goal_id: int | None) -> PathRequest | None:
    """The newest question of a person about a goal, or about having none."""
    asked = PathRequest.objects.filter(asker=person, goal_id=goal_id).select_related("answered_by", "given")
    return asked.first()


def to_answer(person: Person) -> list[PathRequest]:
    """What waits for an answer of this person, the oldest first."""
    waiting = PathRequest.objects.visible_to(person).open().exclude(asker=person)
    return list(waiting.select_related("asker", "goal").order_by("created_at", "pk")[:MOST_WAITING])
