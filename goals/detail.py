"""One goal with everything its page says: how it stands, what it is made of, where it leads, what needs attention.

A fixed number of queries, however many parts and goals are around it; live, or at a date.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from goals import attention, history, nearby, parts, past, structure, trend, words
from goals.access import Rights
from goals.kpi_source import source
from goals.models import Goal
from goals.nodes import ZERO, GoalFigures, State
from goals.rollup import Explained
from goals.voices.access import can_signal
from people.models import Person

MOST_PARTS = 40
MOST_TROUBLES = 6
MOST_CHANGES = 10
SPARK = 12


@dataclass(frozen=True)
class Moment:
    """The date a page shows, and what had been recorded by then; neither: now."""

    on: dt.date | None = None
    known: dt.datetime | None = None

    @property
    def is_past(self) -> bool:
        return self.on is not None or self.known is not None

    @property
    def query(self) -> str:
        """What keeps a link at this moment."""
        told = {"as_of": self.on and self.on.isoformat(), "known": self.known and self.known.isoformat()}
        return "?" + urlencode({name: text for name, text in told.items() if text}) if self.is_past else ""


class Unknown(LookupError):
    """There was no such goal then."""


@dataclass(frozen=True)
class Stop:
    """One goal above: `goal` is None where the reader may not see it. `share` is what the goal on the way counts in it;
    `weight`, `points` and `headroom` what the goal looked at weighs, gives and could add."""

    goal: Goal | None
    figures: GoalFigures
    share: Decimal
    weight: Decimal
    points: Decimal
    headroom: Decimal
    is_parent: bool


class Detail:
    """Raises Unknown when the goal was not there at the moment."""

    def __init__(self, goal: Goal, person: Person, moment: Moment) -> None:
        self.goal, self.person, self.moment = goal, person, moment
        self.organisation = goal.organisation
        self.rights = Rights.of(person)
        self.tree: past.Tree | None = None
        if moment.is_past:
            self.tree = past.whole_tree_at(goal, moment.on, moment.known)
            if goal.pk not in self.tree.told:
                raise Unknown
            self.all_figures = self.tree.figures()
            self.path = way_up(self.tree, goal.pk)
            self.nearby = nearby.at(self.tree, self.all_figures, self.path)
        else:
            self.path = structure.ancestor_ids([goal.pk])
            self.nearby = nearby.live(self.organisation, self.path)

    @property
    def on(self) -> dt.date:
        return self.nearby.on

    @property
    def yesterday(self) -> dt.date:
        return self.on - dt.timedelta(days=1)

    @property
    def owner(self) -> Person | None:
        owner_id = self.nearby.told[self.goal.pk]["owner_id"]
        if owner_id == self.goal.owner_id:
            return self.goal.owner
        return Person.objects.filter(pk=owner_id).first()

    @cached_property
    def figures(self) -> GoalFigures:
        return self.nearby.figures[self.goal.pk]

    @cached_property
    def seen(self) -> set[int]:
        """Those of the goals around it that the reader may see."""
        return set(Goal.objects.visible_to(self.person).filter(pk__in=self.nearby.goals).values_list("pk", flat=True))

    @cached_property
    def goals(self) -> dict[int, Goal]:
        """The goals above and right below that the reader may see, with what a row shows of them."""
        around = {pk for pk, node in self.nearby.goals.items() if node.parent == self.goal.pk or pk in self.path}
        return Goal.objects.select_related("level", "owner").in_bulk(around & self.seen)

    @cached_property
    def line(self) -> dict[str, Any]:
        shown = self.still_open or self.nearby
        line = parts.lines(shown, self.goal.pk, self.seen)
        for part in line["parts"]:
            if part["kind"] == "goal":
                part["goal"], part["trouble"] = self.goals[part["id"]], self.nearby.figures[part["id"]].trouble_below
        return line

    @property
    def unlisted(self) -> dict[str, Any] | None:
        """The parts after the first MOST_PARTS, summed up."""
        left = self.line["parts"][MOST_PARTS:]
        if not left:
            return None
        sums = {name: sum((part[name] for part in left), ZERO) for name in ("share", "points", "shown")}
        return {"count": len(left), **sums}

    @cached_property
    def kpis(self) -> list[dict[str, Any]]:
        return [self.kpi(part) for part in self.line["parts"] if part["kind"] == "kpi"]

    def kpi(self, part: dict[str, Any]) -> dict[str, Any]:
        told = part["calculation"]
        values = [row.value for row in told["score"].rows[-SPARK:]]
        may_record = told["state"] == "active" and part["id"] in self.recordable
        return {"part": part, "kpi": told, "score": told["score"], "values": values, "may_record": may_record}

    @cached_property
    def recordable(self) -> Any:
        kpis = [part["id"] for part in self.line["parts"] if part["kind"] == "kpi"]
        return () if self.moment.is_past else source().recordable(self.person, kpis)

    @cached_property
    def may_edit(self) -> bool:
        return not self.moment.is_past and self.rights.can_edit(self.goal)

    @cached_property
    def may_signal(self) -> bool:
        return not self.moment.is_past and can_signal(self.person, self.goal)

    @property
    def may_delete(self) -> bool:
        return self.may_edit and self.goal.rght - self.goal.lft == 1

    @cached_property
    def stops(self) -> list[Stop]:
        """The goals above, the root first."""
        stops, below = [], self.goal.pk
        for step in self.nearby.sight(self.goal.pk):
            figures, progress = self.nearby.figures[step.goal], self.figures.progress
            stops.append(
                Stop(
                    goal=self.goals.get(step.goal),
                    figures=figures,
                    share=figures.goal_shares.get(below, ZERO),
                    weight=step.effective_weight,
                    points=step.effective_weight * (progress or ZERO),
                    headroom=step.headroom,
                    is_parent=below == self.goal.pk,
                )
            )
            below = step.goal
        return stops[::-1]

    @cached_property
    def in_parent(self) -> Explained | None:
        """The goal as a part of the one above."""
        parent = self.nearby.goals[self.goal.pk].parent
        if parent is None:
            return None
        found = self.nearby.explained(parent)
        return next(part for part in found.parts if part.kind == "goal" and part.id == self.goal.pk)

    @property
    def left_out(self) -> str:
        """Why the goal gives nothing to the one above, in words."""
        part = self.in_parent
        if part is None or part.share:
            return ""
        return parts.REASONS[part.reason] if part.reason else parts.STRONGER

    @property
    def strategic_cost(self) -> Decimal | None:
        """What the gap takes from the goal at the top, in its points; None where nothing counts that far."""
        if not self.stops or not self.stops[0].weight or self.figures.gap is None:
            return None
        return self.stops[0].weight * self.figures.gap

    @cached_property
    def still_open(self) -> nearby.Nearby | None:
        """A closed goal as if it were still active."""
        is_closed = self.nearby.goals[self.goal.pk].state == State.closed
        return self.nearby.reopened(self.goal.pk) if is_closed else None

    @property
    def would_be(self) -> GoalFigures | None:
        """The figures of a closed goal if it were still active."""
        return self.still_open and self.still_open.figures[self.goal.pk]

    @cached_property
    def troubles(self) -> list[attention.Trouble]:
        if self.tree is not None:
            return attention.at(self.tree, self.all_figures, self.goal, self.person, MOST_TROUBLES)
        return attention.live(self.goal, self.person, MOST_TROUBLES)

    @cached_property
    def trend(self) -> list[trend.Point]:
        return trend.trend(self.goal, self.on, None if self.moment.is_past else self.figures)

    @cached_property
    def changes(self) -> list[history.Changed]:
        until = self.organisation.end_of(self.on) if self.moment.is_past else None
        return history.changes(self.goal, self.person, until)

    @cached_property
    def forecast(self) -> Any:
        """What is foreseen from today on (docs/domain.md section 11); None of the past, before the first one and where
        nothing below has a trend."""
        found = None if self.moment.is_past else getattr(self.goal, "forecast", None)
        return found if found and found.progress is not None and found.share and self.goal.is_open else None

    @property
    def sentence(self) -> str:
        return words.sentence(self.figures)

    @property
    def notice(self) -> words.Notice | None:
        return words.notice(self.goal, self.figures, self.nearby.thresholds.min_coverage)


def way_up(tree: past.Tree, goal_id: Any) -> list[Any]:
    parents = {node.id: node.parent for node in tree.goals}
    found = [goal_id]
    while parents.get(found[-1]) in parents:
        found.append(parents[found[-1]])
    return found
