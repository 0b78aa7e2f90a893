"""Goals as rows like those of goals/reading.py, but as they were on a date, by what was known at a moment.

Everything is calculated afresh (goals/past.py). Whether a person may see a goal is decided by what the goal is today.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.db.models import F

from goals import past
from goals.models import Goal
from goals.nodes import exactly
from goals.past import Tree
from goals.reading import NAMES, OWN, Row, contributors_of, in_root, visible_ids
from people.models import Person

FIGURES = ("progress", "expected", "gap", "coverage", "stale_share", "status", "trouble_below", "aligned")
DETAILS = tuple(name for name in OWN if name not in ("depth", "position"))
EQUAL = {
    "cycle": "cycle_id",
    "level": "level_id",
    "parent": "parent_id",
    "unit": "unit_id",
    "owner": "owner_id",
    "perspective": "perspective_id",
    "external_id": "external_id",
}
AMONG = {"state": "state", "ids": "id", "status": "status"}
SAME = {"aligned": "aligned", "stale": "stale"}


class Then:
    """The goals of a tree as one person may see them."""

    def __init__(self, person: Person, tree: Tree) -> None:
        self.person, self.tree = person, tree
        self.seen = visible_ids(person)
        self.figures = tree.figures()
        self.children: dict[int | None, list[int]] = defaultdict(list)
        for pk, row in sorted(tree.told.items(), key=lambda item: (item[1]["position"], item[0])):
            above = row["parent_id"] if row["parent_id"] in tree.told else None
            self.children[above].append(pk)
        self.depths: dict[int, int] = {}
        self.in_tree_order = list(self.walk(None, -1))

    def walk(self, top: int | None, depth: int) -> Iterator[int]:
        waiting = [(top, depth)]
        while waiting:
            pk, depth = waiting.pop()
            if pk is not None:
                self.depths[pk] = depth
                yield pk
            waiting.extend((child, depth + 1) for child in reversed(self.children.get(pk, ())))

    @cached_property
    def shares(self) -> Mapping[int, Row]:
        """What `in_root` asks of every goal."""
        return {
            pk: {
                "parent_id": row["parent_id"] if row["parent_id"] in self.tree.told else None,
                "share": self.share(pk, row["parent_id"]),
                "rank": row["level__rank"],
            }
            for pk, row in self.tree.told.items()
        }

    def share(self, pk: int, parent: int | None):
        return self.figures[parent].goal_shares.get(pk) if parent in self.figures else None

    def judged(self, pk: int) -> Row:
        """What filters and orders look at."""
        figures = self.figures[pk]
        told = {name: getattr(figures, name) for name in FIGURES}
        return self.tree.told[pk] | told | {"status": str(figures.status), "stale": bool(figures.stale_share)}

    def matching(self, query: Mapping[str, Any], root: int | None = None, depth: int | None = None) -> list[int]:
        """The ids the person may see and the filters let through, in the order asked for.

        `root`: only that goal and what was below it; `depth`: at most so many steps below the root, or below the roots.
        """
        ids = self.in_tree_order
        if root is not None:
            ids = list(self.walk(root, self.depths[root])) if root in self.depths else []
        if depth is not None:
            deepest = depth + (self.depths.get(root, 0) if root is not None else 0)
            ids = [pk for pk in ids if self.depths[pk] <= deepest]
        rows = (self.judged(pk) for pk in ids if pk in self.seen)
        found = [row for row in rows if passes(row, query)]
        order = query.get("ordering", "tree")
        if order != "tree":
            found.sort(key=lambda row: row["id"], reverse=order.startswith("-"))
            found.sort(key=sort_key(order), reverse=order.startswith("-"))
        return [row["id"] for row in found]

    def rows(self, ids: Collection[int]) -> list[Row]:
        """As `reading.rows`; contributors are those of today."""
        organisation, known = self.person.organisation, self.tree.known
        if known is None:
            goals = Goal.objects.filter(organisation_id=organisation.pk, pk__in=ids).order_by()
            details = list(goals.values(*DETAILS, **{name: F(path) for name, path in NAMES.items()}))
        else:
            details = past.rows_known(Goal.history, organisation, known, *NAMES.values(), ids=ids)
            details = [row | {name: row[path] for name, path in NAMES.items()} for row in details]
        contributors = contributors_of(ids)
        kpis = Counter(part.goal for part in self.tree.kpis)
        found = {row["id"]: self.row(row, contributors, kpis) for row in details if row["id"] in self.seen}
        return [found[pk] for pk in ids if pk in found]

    @exactly
    def row(self, row: Row, contributors: Mapping[int, list[int]], kpis: Counter) -> Row:
        pk, parent = row["id"], row["parent_id"]
        figures = self.figures[pk]
        weight, aligned = in_root(pk, self.shares)
        return row | {
            **{name: getattr(figures, name) for name in FIGURES},
            "status": str(figures.status),
            "share": self.share(pk, parent),
            "stale": bool(figures.stale_share),
            "aligned": aligned,
            "effective_weight": weight,
            "position": self.tree.told[pk]["position"],
            "depth": self.depths[pk],
            "contributors": contributors.get(pk, []),
            "kpi_count": kpis[pk],
            "child_count": sum(child in self.seen for child in self.children.get(pk, ())),
            "has_parent": parent is not None,
            "parent_id": parent if parent in self.seen else None,
            "rolled_up": True,
            "rolled_up_at": None,
        }


def passes(row: Row, query: Mapping[str, Any]) -> bool:
    for name, value in query.items():
        if name in EQUAL:
            wanted = None if value == "none" else getattr(value, "pk", value)
            if row[EQUAL[name]] != wanted:
                return False
        elif (name in AMONG and row[AMONG[name]] not in value) or (name in SAME and row[SAME[name]] is not value):
            return False
    words = query.get("search", "").casefold()
    since = query.get("updated_since")
    if words and not any(words in row[name].casefold() for name in ("title", "why", "external_id")):
        return False
    return since is None or row["updated_at"] >= since


def sort_key(order: str) -> Callable[[Row], Any]:
    """Rows without a value come last in both directions."""
    name, backwards = order.lstrip("-"), order.startswith("-")

    def key(row: Row) -> tuple[bool, Any]:
        value = row[name]
        return ((value is None) is not backwards, value if value is not None else 0)

    return key
