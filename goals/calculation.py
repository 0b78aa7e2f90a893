"""A goal's calculation as a table: its parts, and theirs as far as the reader has opened them.

A goal with thousands of parts below shows those that are open, and of one goal at most MOST_PARTS; the rest is one row
and the sums still agree.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from goals import nearby, parts, past
from goals.detail import Moment, Unknown
from goals.explaining import Line
from goals.models import Goal
from goals.nodes import ZERO, Method, State
from people.models import Person

MOST_PARTS = 100
MOST_OPEN = 40
OPEN_AT_FIRST = 6
METHODS = {
    Method.weighted_mean: gettext_lazy("mean of its parts by weight"),
    Method.weakest_link: gettext_lazy("its weakest part"),
    Method.own_kpis: gettext_lazy("mean of its own KPIs by weight"),
}


@dataclass(frozen=True)
class Row:
    """A line of the table at its depth, 1 for the goal's own parts. `opened` is None where there is nothing to open;
    `how` is a KPI's calculation where it is open, `inputs` what its values come from if that is other KPIs."""

    line: Line
    depth: int
    opened: bool | None = None
    goal: Goal | None = None
    how: Any = None
    short: str = ""
    inputs: Any = None

    @property
    def kind(self) -> str:
        return self.line["kind"]


@dataclass(frozen=True)
class Rest:
    """The parts of a goal that are not listed."""

    goal_id: int
    depth: int
    count: int
    weight: Decimal
    share: Decimal
    shown: Decimal
    shown_in_top: Decimal
    kind: str = "rest"


class Table:
    """Raises Unknown when the goal was not there at the moment."""

    def __init__(
        self,
        goal: Goal,
        person: Person,
        moment: Moment,
        opened: Collection[int] | None = None,
        how: Collection[int] = (),
        skip: int = 0,
    ) -> None:
        self.goal, self.person, self.how, self.skip = goal, person, how, skip
        if moment.is_past:
            tree = past.subtree_at(goal, moment.on, moment.known)
            if goal.pk not in tree.told:
                raise Unknown
            places = {node.id: node.parent for node in tree.goals}
            self.opened = self.open_places(places, opened)
            self.nearby = nearby.at(tree, tree.figures(), {goal.pk, *self.opened})
        else:
            self.opened = self.open_places(self.places(opened), opened)
            self.nearby = nearby.live(goal.organisation, {goal.pk, *self.opened})

    def places(self, opened: Collection[int] | None) -> dict[Any, Any]:
        """The parents of the goals that may be open."""
        below = Goal.objects.subtree(self.goal)
        wanted = below.filter(parent=self.goal.pk) if opened is None else below.filter(pk__in=opened)
        return dict(wanted.order_by("lft").values_list("pk", "parent_id")[:MOST_OPEN])

    def open_places(self, parents: dict[Any, Any], opened: Collection[int] | None) -> list[Any]:
        """Those of the goals to be open whose way up to this goal is open too, and that the reader may see; at first
        the goals right below, unless they are many."""
        if opened is None:
            opened = [goal_id for goal_id, parent in parents.items() if parent == self.goal.pk]
            opened = opened if len(opened) <= OPEN_AT_FIRST else []
        found = [self.goal.pk]
        for goal_id in found:
            found += [pk for pk in opened if parents.get(pk) == goal_id and pk not in found]
        seen = Goal.objects.visible_to(self.person).filter(pk__in=found[1 : MOST_OPEN + 1])
        visible = set(seen.values_list("pk", flat=True))
        return [goal_id for goal_id in found[1:] if goal_id in visible]

    @cached_property
    def seen(self) -> set[int]:
        goals = Goal.objects.visible_to(self.person).filter(pk__in=self.nearby.goals)
        return set(goals.values_list("pk", flat=True))

    @cached_property
    def inputs(self) -> Mapping[Any, Any]:
        return self.nearby.scores.inputs(self.person)

    @cached_property
    def line(self) -> Line:
        return parts.lines(self.nearby, self.goal.pk, self.seen)

    @cached_property
    def rows(self) -> list[Row | Rest]:
        found = list(self.walk(self.line, 1))
        ids = [row.line["id"] for row in found if row.kind == "goal"]
        goals = Goal.objects.select_related("level", "owner").in_bulk(ids)
        return [self.told(row, goals) if isinstance(row, Row) else row for row in found]

    def walk(self, top: Line, depth: int) -> Iterator[Row | Rest]:
        skip = self.skip if depth == 1 else 0
        listed = top["parts"][skip : skip + MOST_PARTS]
        for line in listed:
            yield Row(line, depth)
            if line["kind"] == "goal" and line["id"] in self.opened:
                yield from self.walk(line, depth + 1)
        left = [*top["parts"][:skip], *top["parts"][skip + MOST_PARTS :]]
        if left:
            summed = ("weight", "share", "shown", "shown_in_top")
            sums = {name: sum((line[name] for line in left), ZERO) for name in summed}
            yield Rest(top["id"], depth, len(left), **sums)

    def told(self, row: Row, goals: dict[int, Goal]) -> Row:
        line = row.line
        if line["kind"] == "goal":
            frozen = self.nearby.goals[line["id"]].state == State.closed
            short = _("frozen when it was closed") if frozen else METHODS[Method(line["method"])]
            return Row(line, row.depth, line["id"] in self.opened, goals[line["id"]], None, short)
        if line["kind"] == "kpi":
            calculation = self.nearby.scores.calculation(line["id"])
            is_open = line["id"] in self.how
            inputs = self.inputs.get(line["id"]) if is_open else None
            return Row(line, row.depth, is_open, None, calculation if is_open else None, calculation.short, inputs)
        return row

    @property
    def terms(self) -> list[Line]:
        """The parts the progress is made of, the largest first."""
        given = [line for line in self.line["parts"] if line["share"]]
        return sorted(given, key=lambda line: -line["points"])

    @property
    def left_out(self) -> list[Line]:
        return [line for line in self.line["parts"] if line["left_out"]]

    @property
    def hidden(self) -> int:
        """Lines that stand for what the reader may not see."""
        return sum(1 for line in parts.walk(self.line) if line["kind"] == "restricted")

    @property
    def next_skip(self) -> int:
        """Where the next page of the goal's own parts begins; 0 when there is none."""
        end = self.skip + MOST_PARTS
        return end if end < len(self.line["parts"]) else 0

    @property
    def next_count(self) -> int:
        return min(MOST_PARTS, len(self.line["parts"]) - self.next_skip)
