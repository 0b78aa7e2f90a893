"""Goals as rows with their figures, as one person may see them: the same rows for lists, pages and API.

The number of queries does not depend on the number of rows.
"""

from collections.abc import Collection, Container, Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from goals import structure
from goals.models import DirtyMark, Goal
from goals.nodes import ONE, exactly, stored
from people.models import Person

Row = dict[str, Any]

OWN = (
    "id",
    "external_id",
    "version",
    "cycle_id",
    "level_id",
    "parent_id",
    "position",
    "depth",
    "title",
    "description",
    "why",
    "contribution",
    "owner_id",
    "unit_id",
    "perspective_id",
    "weight",
    "rollup_method",
    "state",
    "visibility",
    "start",
    "due",
    "closed_on",
    "outcome",
    "closing_note",
    "created_at",
    "updated_at",
)
FIGURES = (
    "progress",
    "expected",
    "gap",
    "coverage",
    "stale_share",
    "share",
    "status",
    "trouble_below",
    "rolled_up_at",
)
NAMES = {
    "level_rank": "level__rank",
    "level_name": "level__name",
    "cycle_name": "cycle__name",
    "owner_name": "owner__name",
    "unit_name": "unit__name",
    "perspective_name": "perspective__name",
}


class Everything:
    """The ids a person sees who sees everything, also those of goals that were deleted since."""

    def __contains__(self, goal_id: object) -> bool:
        return True


def visible_ids(person: Person) -> Container[int]:
    """Which goals the person may see, to ask for many."""
    if person.sees_everything:
        return Everything()
    return set(Goal.objects.visible_to(person).values_list("pk", flat=True))


def rows(person: Person, ids: Collection[int], among: QuerySet[Goal] | None = None) -> list[Row]:
    """These goals, in this order, without those the person may not see (or that are not in `among`).

    Beside what people decided and the stored figures a row has the names behind its ids (NAMES), `contributors`,
    `stale`, `kpi_count`, `child_count` (goals the person may see), `rolled_up`, and what it has from above (`placed`).
    `parent_id` is None where the person may not see the parent; `has_parent` tells it from a root.
    """
    figures = {name: F(f"figures__{name}") for name in FIGURES}
    names = {name: F(path) for name, path in NAMES.items()}
    among = Goal.objects.visible_to(person) if among is None else among
    goals = counted(among.filter(pk__in=ids), person)
    found = {
        row["id"]: row
        for row in goals.order_by().values(*OWN, "tree_id", "kpi_count", "child_count", **figures, **names)
    }
    above = path_figures(found)
    seen = parents_seen(person, [row["parent_id"] for row in found.values()])
    pending = pending_trees(person.organisation_id)
    contributors = contributors_of(found)
    for row in found.values():
        row["rolled_up"] = row["status"] is not None and not pending & {row["tree_id"], None}
        row["status"] = row["status"] or status_before_roll_up(row["state"])
        row["stale"] = bool(row["stale_share"])
        row |= placed(row["id"], above)
        row["contributors"] = contributors.get(row["id"], [])
        row["has_parent"] = row["parent_id"] is not None
        row["parent_id"] = row["parent_id"] if row["parent_id"] in seen else None
    return [found[pk] for pk in ids if pk in found]


def row(person: Person, goal_id: int) -> Row | None:
    return next(iter(rows(person, [goal_id])), None)


def tops(person: Person) -> QuerySet[Goal]:
    """The goals where the person's view of the trees begins: roots, and goals whose parent the person may not see."""
    visible = Goal.objects.visible_to(person)
    if person.sees_everything:
        return visible.filter(parent=None)
    return visible.exclude(parent__in=Goal.objects.visible_to(person))


def counted(goals: QuerySet[Goal], person: Person) -> QuerySet[Goal]:
    """`kpi_count` and `child_count`."""
    kpis = Goal.objects.filter(pk=OuterRef("pk")).order_by().values("pk").annotate(n=Count("kpis")).values("n")
    children = Goal.objects.visible_to(person).filter(parent=OuterRef("pk")).order_by().values("parent")
    return goals.annotate(
        kpi_count=Coalesce(Subquery(kpis, IntegerField()), 0),
        child_count=Coalesce(Subquery(children.annotate(n=Count("pk")).values("n"), IntegerField()), 0),
    )


def path_figures(ids: Iterable[int]) -> dict[int, Row]:
    """Parent, share, level rank, perspective and last day of these goals and of all above them."""
    goals = Goal.objects.filter(pk__in=structure.ancestor_ids(ids)).order_by()
    names = {"share": F("figures__share"), "rank": F("level__rank"), "ends": Coalesce("due", "cycle__due")}
    return {row["id"]: row for row in goals.values("id", "parent_id", "perspective_id", **names)}


def placed(goal_id: int, above: dict[int, Row]) -> Row:
    """What a goal has from its place: `effective_weight` and `aligned` (`in_root`), `ends` and `parent_ends` (the due
    date, else that of the cycle), `has_perspective` (its own, else one above)."""
    path = [above[goal_id]]
    while path[-1]["parent_id"] is not None:
        path.append(above[path[-1]["parent_id"]])
    weight, aligned = in_root(goal_id, above)
    return {
        "effective_weight": weight,
        "aligned": aligned,
        "ends": path[0]["ends"],
        "parent_ends": path[1]["ends"] if len(path) > 1 else None,
        "has_perspective": any(goal["perspective_id"] for goal in path),
    }


@exactly
def in_root(goal_id: int, above: dict[int, Row]) -> tuple[Decimal | None, bool]:
    """The effective weight of a goal in its root, None before a roll-up, and whether that root is strategic."""
    weight: Decimal | None = ONE
    here = above[goal_id]
    while here["parent_id"] is not None:
        weight = None if weight is None or here["share"] is None else weight * here["share"]
        here = above[here["parent_id"]]
    return None if weight is None else stored(weight), here["rank"] == 0


def parents_seen(person: Person, parent_ids: Iterable[int | None]) -> Container[int]:
    if person.sees_everything:
        return Everything()
    ids = {pk for pk in parent_ids if pk}
    return set(Goal.objects.visible_to(person).filter(pk__in=ids).values_list("pk", flat=True))


def pending_trees(organisation_id: int) -> set[int | None]:
    """The trees with something committed that is not rolled up yet; None stands for all of them."""
    marks = DirtyMark.objects.filter(organisation_id=organisation_id)
    return set(marks.values_list("goal__tree_id", flat=True).distinct())


def contributors_of(ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    links = Goal.contributors.through.objects.filter(goal_id__in=ids).order_by("person_id")
    for goal_id, person_id in links.values_list("goal_id", "person_id"):
        found.setdefault(goal_id, []).append(person_id)
    return found


def status_before_roll_up(state: str) -> str:
    return "no_data" if state == Goal.State.ACTIVE else state
