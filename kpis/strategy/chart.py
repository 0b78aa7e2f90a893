"""The strategy map of a cycle for one reader: goals in the lanes of their perspectives, and what should lead to what
(docs/domain.md section 16). The number of queries does not depend on the number of goals and links.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from goals import structure
from goals.access import Rights
from goals.models import CausalLink, Cycle, Goal, Perspective
from goals.reading import status_before_roll_up
from kpis.strategy.layout import Drawing, draw
from kpis.strategy.links import Comparing, Weighed
from people.models import Level, Person, Unit

MOST = 150


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see: goals down to a level, of a unit (and the strategic ones), or only linked ones."""

    cycle: Cycle
    depth: int = 1
    unit: Unit | None = None
    linked: bool = False


@dataclass(frozen=True)
class LaneOf:
    """The goals of one perspective; those without any stand in a lane of their own, the last."""

    perspective: Perspective | None
    goals: list[Goal]


@dataclass(frozen=True)
class Chart:
    """`elsewhere` counts the reader's links of the cycle that lead to goals not shown; `left_out` the goals beyond
    MOST."""

    asked: Asked
    lanes: list[LaneOf]
    links: list[Weighed]
    elsewhere: int
    left_out: int
    comparing: Comparing
    may_edit: frozenset[int]

    @cached_property
    def goals(self) -> dict[int, Goal]:
        return {goal.pk: goal for lane in self.lanes for goal in lane.goals}

    @cached_property
    def drawing(self) -> Drawing:
        pairs = [(each.link.cause_id, each.link.effect_id) for each in self.links]
        return draw([[goal.pk for goal in lane.goals] for lane in self.lanes], pairs)

    def may_link(self, cause_id: int, effect_id: int) -> bool:
        return bool(self.may_edit & {cause_id, effect_id})


def chart(person: Person, asked: Asked) -> Chart:
    links = list(links_in(person, asked.cycle))
    goals, left_out = shown(person, asked, links)
    ids = {goal.pk for goal in goals}
    here = [link for link in links if {link.cause_id, link.effect_id} <= ids]
    rights = Rights.of(person)
    comparing = Comparing(person, ids)
    return Chart(
        asked=asked,
        lanes=in_lanes(person, goals),
        links=[comparing.weigh(link) for link in here],
        elsewhere=len(links) - len(here),
        left_out=left_out,
        comparing=comparing,
        may_edit=frozenset(goal.pk for goal in goals if rights.can_edit(goal)),
    )


def links_in(person: Person, cycle: Cycle) -> Iterable[CausalLink]:
    return CausalLink.objects.visible_to(person).filter(cause__cycle=cycle, effect__cycle=cycle)


def shown(person: Person, asked: Asked, links: Iterable[CausalLink]) -> tuple[list[Goal], int]:
    """The goals to draw, those with links before others where there are too many."""
    goals = Goal.objects.visible_to(person).filter(cycle=asked.cycle, level__rank__lte=asked.depth)
    goals = goals.exclude(state=Goal.State.CANCELLED)
    if asked.unit is not None:
        path = asked.unit.path
        own = Q(unit__path__startswith=path) | Q(unit=None, owner__unit__path__startswith=path)
        goals = goals.filter(own | Q(level__rank=0))
    linked = {goal for link in links for goal in (link.cause_id, link.effect_id)}
    if asked.linked:
        goals = goals.filter(pk__in=linked)
    ids = list(goals.in_tree_order().values_list("pk", flat=True))
    chosen = sorted(ids, key=lambda pk: pk not in linked)[:MOST]
    found = Goal.objects.filter(pk__in=chosen).select_related("level", "unit", "owner__unit", "figures")
    return list(found.in_tree_order()), len(ids) - len(chosen)


def in_lanes(person: Person, goals: Iterable[Goal]) -> list[LaneOf]:
    perspectives = list(Perspective.objects.visible_to(person))
    lane_of = perspectives_of(goals)
    lanes = [LaneOf(perspective, []) for perspective in [*perspectives, None]]
    by_id = {lane.perspective and lane.perspective.pk: lane for lane in lanes}
    for goal in goals:
        by_id[lane_of[goal.pk]].goals.append(goal)
    return [lane for lane in lanes if lane.goals or lane.perspective]


def perspectives_of(goals: Iterable[Goal]) -> dict[int, int | None]:
    """Each goal's own perspective, else that of the nearest goal above it that has one."""
    above = Goal.objects.filter(pk__in=structure.ancestor_ids(goal.pk for goal in goals)).order_by()
    told: Mapping[int, tuple] = {pk: told for pk, *told in above.values_list("pk", "parent_id", "perspective_id")}

    def nearest(pk: int | None) -> int | None:
        while pk is not None:
            parent, perspective = told[pk]
            if perspective is not None:
                return perspective
            pk = parent
        return None

    return {goal.pk: nearest(goal.pk) for goal in goals}


def status_of(goal: Goal) -> str:
    figures = getattr(goal, "figures", None)
    return figures.status if figures else status_before_roll_up(goal.state)


def levels_of(person: Person) -> list[Level]:
    return list(person.organisation.levels.order_by("rank"))
