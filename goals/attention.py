"""What below a goal needs attention: goals at risk or off track, by what their gap costs it (docs/domain.md sections 8
and 9). Goals cut off by one that does not count are left out."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from goals.mix import Forest
from goals.models import Goal
from goals.nodes import COUNTING, ONE, TROUBLE, ZERO, GoalFigures, exactly
from goals.past import Tree
from goals.reading import visible_ids
from people.models import Person


class Spot(NamedTuple):
    """A goal's place and state, as the ranking needs them; parents come before their children."""

    id: int
    parent: int | None
    share: Decimal | None
    status: str | None
    gap: Decimal | None


@dataclass(frozen=True)
class Trouble:
    """`weight` is the goal's effective weight in the one looked at, `cost` what its gap takes from that, 0..1."""

    goal: Goal
    status: str
    gap: Decimal
    weight: Decimal
    cost: Decimal


def live(goal: Goal, person: Person, most: int) -> list[Trouble]:
    """By the stored figures."""
    below = Goal.objects.subtree(goal).filter(state__in=COUNTING).exclude(pk=goal.pk)
    troubled = below.filter(Q(figures__status__in=TROUBLE) | Q(figures__trouble_below__gt=0))
    rows = troubled.order_by("lft").values_list("pk", "parent_id", "figures__share", "figures__status", "figures__gap")
    seen = Goal.objects.visible_to(person).subtree(goal).filter(figures__status__in=TROUBLE)
    return ranked(goal, map(Spot._make, rows), set(seen.values_list("pk", flat=True)), most)


def at(tree: Tree, figures: Mapping[Any, GoalFigures], goal: Goal, person: Person, most: int) -> list[Trouble]:
    """By the figures of a date."""
    below = [node for node in Forest(tree.goals, ()).subtree(goal.pk) if node.state in COUNTING and node.id != goal.pk]
    spots = []
    for node in below:
        found, above = figures[node.id], figures[node.parent]
        spots.append(Spot(node.id, node.parent, above.goal_shares.get(node.id), found.status, found.gap))
    ids = {spot.id for spot in spots if spot.status in TROUBLE}
    seen = visible_ids(person)
    return ranked(goal, spots, [goal_id for goal_id in ids if goal_id in seen], most)


@exactly
def ranked(goal: Goal, spots: Iterable[Spot], seen: Container[int], most: int) -> list[Trouble]:
    weights = {goal.pk: ONE}
    costs = []
    for spot in spots:
        weight = weights.get(spot.parent, ZERO) * (spot.share or ZERO)
        if not weight:
            continue
        weights[spot.id] = weight
        if spot.status in TROUBLE and spot.gap is not None and spot.id in seen:
            costs.append((weight * abs(spot.gap), spot))
    costs.sort(key=lambda each: (-each[0], each[1].id))
    costs = costs[:most]
    goals = Goal.objects.select_related("level", "owner").in_bulk([spot.id for _, spot in costs])
    return [Trouble(goals[spot.id], spot.status, spot.gap, weights[spot.id], cost) for cost, spot in costs]
