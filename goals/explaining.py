"""How a goal's progress came about, whose work it is and why it changed, as one person may see it.

What the person may not see is merged into lines of the kind "restricted", with weight but without title, owner and
status, so that the sums still agree (docs/domain.md section 17).
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from goals import past, rollup
from goals.models import Goal
from goals.nodes import ZERO, Method, exactly, stored
from goals.past import Tree
from goals.reading import visible_ids
from goals.rollup import Explained
from people.models import Person

Line = dict[str, Any]

SHOWN = (
    "kind",
    "id",
    "weight",
    "share",
    "progress",
    "expected",
    "gap",
    "coverage",
    "status",
    "counted",
    "contributes",
    "stale",
    "reason",
    "method",
)


def explain(goal: Goal, person: Person, on: dt.date | None = None, known: dt.datetime | None = None) -> Line | None:
    """The whole calculation of a goal as a line with `parts`, calculated afresh; None when there was no such goal.

    A line has SHOWN and `title`, `depth` (0 for the goal), `parts`. A KPI's line has `calculation`, as
    `kpi_source.Scored.explained` tells it, and no parts; a goal's line has `owner_id`, `unit_id`, `level_id`.
    A restricted line stands for all parts of a goal that the person may not see and that count in it.
    """
    tree = past.subtree_at(goal, on, known)
    if goal.pk not in tree.told:
        return None
    found = rollup.explain(goal.pk, tree.goals, tree.kpis, tree.on, tree.thresholds)
    return Lines(tree, visible_ids(person), tree.scores.inputs(person)).of(found)


class Lines:
    """Turns the engine's answer into lines, for a person who may see `seen`, and `inputs` of `Scored.inputs`."""

    def __init__(self, tree: Tree, seen: Container[int], inputs: Mapping[Any, Any] | None = None) -> None:
        self.told, self.seen = tree.told, seen
        self.kpis = tree.scores.explained()
        self.inputs = inputs or {}

    def of(self, top: Explained) -> Line:
        root = self.line(top, 0)
        waiting = [(root, top)]
        while waiting:
            line, found = waiting.pop()
            hidden = [part for part in found.parts if part.kind == "goal" and part.id not in self.seen]
            shown = sorted((part for part in found.parts if part not in hidden), key=self.place)
            for part in shown:
                below = self.line(part, line["depth"] + 1)
                line["parts"].append(below)
                waiting.append((below, part))
            line["parts"] += restricted(hidden, found.method, line["depth"] + 1)
        return root

    def place(self, part: Explained) -> tuple[bool, int, Any]:
        """KPIs first, then goals by position."""
        return part.kind == "goal", self.told[part.id]["position"] if part.kind == "goal" else 0, part.id

    def line(self, found: Explained, depth: int) -> Line:
        line = {name: getattr(found, name) for name in SHOWN} | {"depth": depth, "parts": []}
        if found.kind == "kpi":
            told = self.kpis[found.id]
            return line | {"title": told["name"], "calculation": {**told, "inputs": self.inputs.get(found.id)}}
        told = self.told[found.id]
        return line | {name: told[name] for name in ("title", "owner_id", "unit_id", "level_id")}


@exactly
def restricted(hidden: Sequence[Explained], method: str | None, depth: int) -> list[Line]:
    """At most two lines: hidden parts the progress is made of, and hidden parts that only lower the coverage."""
    lines = []
    for contributes in (True, False):
        parts = [part for part in hidden if part.contributes is contributes and (contributes or part.counted)]
        if not parts:
            continue
        weight = sum((part.weight for part in parts), ZERO)
        progress, expected = mixed(parts, method, weight) if contributes else (None, None)
        lines.append(
            dict.fromkeys(SHOWN)
            | {
                "kind": "restricted",
                "title": None,
                "weight": weight,
                "share": sum((part.share for part in parts), ZERO),
                "progress": progress,
                "expected": expected,
                "gap": None if progress is None or expected is None else progress - expected,
                "coverage": stored(sum((part.weight * part.coverage for part in parts), ZERO) / weight),
                "counted": True,
                "contributes": contributes,
                "reason": None if contributes else "no_data",
                "depth": depth,
                "parts": [],
            }
        )
    return lines


def mixed(parts: Sequence[Explained], method: str | None, weight: Decimal) -> tuple[Decimal, Decimal]:
    """Progress and expected that give the parent the same figures as the parts do one by one."""
    held = [(part.weight, part.progress or ZERO, part.expected or ZERO) for part in parts]
    if method == Method.weakest_link:
        lowest = min(progress for _, progress, _ in held)
        return lowest, lowest - min(progress - expected for _, progress, expected in held)
    progress = stored(sum((w * p for w, p, _ in held), ZERO) / weight)
    return progress, stored(sum((w * e for w, _, e in held), ZERO) / weight)


def contributions(
    goal: Goal, person: Person, on: dt.date | None = None, known: dt.datetime | None = None
) -> list[Line] | None:
    """What each leaf, a KPI or a closed goal, gives to a goal: the weights sum to 1, the points to the progress.

    Lines with `kind`, `kpi_id`, `goal_id` (the KPI's goal, or the closed goal), `title`, `goal_title`,
    `effective_weight`, `progress`, `points`, `headroom`, most points first, a restricted one last; None when there was
    no such goal. A restricted line has only weight and points.
    """
    tree = past.subtree_at(goal, on, known)
    if goal.pk not in tree.told:
        return None
    found = rollup.contributions(goal.pk, tree.goals, tree.kpis, tree.on, tree.thresholds)
    leaves = Leaves([tree], visible_ids(person))
    lines, weight, points = [], ZERO, ZERO
    for each in found:
        leaf = leaves.of(each.kind, each.id)
        if leaf is None:
            weight, points = weight + each.effective_weight, points + each.points
            continue
        figures = ("effective_weight", "progress", "points", "headroom")
        lines.append(leaf | {name: getattr(each, name) for name in figures})
    lines.sort(key=lambda line: (-line["points"], -line["effective_weight"], line["kind"], line["id"]))
    if weight or points:
        hidden = {"effective_weight": weight, "progress": None, "points": points, "headroom": None}
        lines.append(HIDDEN | hidden)
    return lines


HIDDEN = {"kind": "restricted", "id": None, "kpi_id": None, "goal_id": None, "title": None, "goal_title": None}


class Leaves:
    """Names KPIs and closed goals, also those that are in only one of the trees."""

    def __init__(self, trees: Iterable[Tree], seen: Container[int]) -> None:
        self.seen = seen
        self.told: dict[Any, dict[str, Any]] = {}
        self.kpis: dict[Any, dict[str, Any]] = {}
        for tree in trees:
            self.told |= tree.told
            self.kpis |= tree.scores.explained()

    def of(self, kind: str, leaf_id: Any) -> Line | None:
        """None when the person may not see it."""
        goal_id = self.kpis[leaf_id]["goal_id"] if kind == "kpi" else leaf_id
        if goal_id not in self.seen:
            return None
        goal_title = self.told[goal_id]["title"]
        return {
            "kind": kind,
            "id": leaf_id,
            "kpi_id": leaf_id if kind == "kpi" else None,
            "goal_id": goal_id,
            "title": self.kpis[leaf_id]["name"] if kind == "kpi" else goal_title,
            "goal_title": goal_title,
        }


def change(goal: Goal, person: Person, since: dt.date, until: dt.date, known: dt.datetime | None = None) -> Line | None:
    """Why a goal's progress changed between two days: each as it was known at its end, or both as known at `known`.

    `before`, `after`, and `effects` per leaf with `value` and `mix`, the largest first, a restricted one last; they
    sum to exactly the difference. Without data on one of the days there is nothing to attribute: no effects.
    None when there was no such goal on either day.
    """
    return compared(goal, person, *two(goal, since, until, known))


def two(goal: Goal, since: dt.date, until: dt.date, known: dt.datetime | None = None) -> tuple[Tree, Tree]:
    """A goal and everything below it on two days."""
    end_of = goal.organisation.end_of
    return past.subtree_at(goal, since, known or end_of(since)), past.subtree_at(goal, until, known or end_of(until))


def compared(goal: Goal, person: Person, before: Tree, after: Tree) -> Line | None:
    """As `change`, from the trees of the two days."""
    trees = before, after
    if not any(goal.pk in tree.told for tree in trees):
        return None
    found = rollup.change(goal.pk, *trees)
    leaves = Leaves(trees, visible_ids(person))
    lines, value, mix = [], ZERO, ZERO
    for effect in found.effects if found else ():
        leaf = leaves.of(effect.kind, effect.id)
        if leaf is None:
            value, mix = value + effect.value, mix + effect.mix
        else:
            lines.append(leaf | {"value": effect.value, "mix": effect.mix})
    lines.sort(key=lambda line: (-abs(line["value"] + line["mix"]), line["kind"], line["id"]))
    if value or mix:
        lines.append(HIDDEN | {"value": value, "mix": mix})
    return {"before": progress_of(goal, before), "after": progress_of(goal, after), "effects": lines}


def progress_of(goal: Goal, tree: Tree) -> Decimal | None:
    figures = tree.figures().get(goal.pk)
    return figures.progress if figures else None
