"""Wins: a goal reached for the first time, told along its path (docs/domain.md section 15).

The roll-up notices them in its own transaction; its job tells them afterwards, each win in a transaction of its own. A
worker that dies between the two leaves wins untold, and the next run tells them: at most once, by the key.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from goals.audience import people_who_see
from goals.models import Goal, Win
from goals.nodes import GoalFigures, GoalNode, State
from people.models import Organisation, Person
from people.notifications import notify

REACHED_IN = (State.active, State.closed)
NEWS = dt.timedelta(days=7)
MOST_TOLD = 200


def notice(
    organisation: Organisation,
    nodes: Iterable[GoalNode],
    found: Mapping[Any, GoalFigures],
    known: set[int],
    on: dt.date,
) -> None:
    """Keeps the goals among `nodes` that are reached as they were `found` and not `known` as wins; one query, where
    there is one."""
    new = [
        Win(organisation_id=organisation.pk, goal_id=node.id, reached_on=min(node.closed_on or on, on))
        for node in nodes
        if node.id not in known and node.id in found and node.state in REACHED_IN and found[node.id].achieved
    ]
    if new:
        Win.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)


def tell(organisation_id: int) -> int:
    """Tells of every win that nobody was told of yet."""
    waiting = Win.objects.filter(organisation_id=organisation_id, told_at=None).order_by("pk")
    return sum(told(pk) for pk in waiting.values_list("pk", flat=True)[:MOST_TOLD])


def told(pk: int) -> bool:
    with transaction.atomic():
        rows = Win.objects.filter(told_at=None).select_related("goal__unit", "goal__owner__unit", "organisation")
        win = rows.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
        if win is None:
            return False
        win.told_at = timezone.now()
        win.save(update_fields=["told_at"])
        if win.reached_on > win.organisation.today() - NEWS:  # what was closed long before it became known is no news
            url = reverse("goals:detail", args=[win.goal_id])
            notify(on_path(win.goal), "win", key=str(win.goal_id), url=url, goal=win.goal.title)
        return True


def on_path(goal: Goal) -> list[Person]:
    """Who worked for it, the owners and contributors of the goal and of the goals below it, and the owners above; of
    these who may see it."""
    below = Goal.objects.subtree(goal).exclude(state__in=(Goal.State.DRAFT, Goal.State.PROPOSED, Goal.State.CANCELLED))
    worked = Q(goals__in=below) | Q(contributes_to__in=below)
    people = people_who_see(goal).filter(pk__in=Person.objects.filter(worked | Q(goals__in=goal.ancestors())))
    return list(people.distinct())


def newest(person: Person, since: dt.date, until: dt.date) -> QuerySet[Win]:
    """What was reached from a day to another, as the person may see it; the newest first, of a day the higher goals."""
    rows = shown(Win.objects.visible_to(person).filter(reached_on__range=(since, until)))
    return rows.order_by("-reached_on", "goal__level__rank", "pk")


def on_line(person: Person, own: Collection[int], above: Collection[int], since: dt.date) -> QuerySet[Win]:
    """Those of a person's `own` goals, of what is `above` them and of what is right below, by their ids."""
    rows = Win.objects.visible_to(person).filter(reached_on__gte=since)
    return shown(rows.filter(Q(goal__in={*own, *above}) | Q(goal__parent__in=own)))


def shown(rows: QuerySet[Win]) -> QuerySet[Win]:
    return rows.select_related("organisation", "goal__level", "goal__owner")
