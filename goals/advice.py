"""The S.M.A.R.T. verdicts on goals as they are stored: the same for pages, lists, API, imports and activation.

The number of queries does not depend on the number of goals. Verdicts are about today; nothing is stored.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from goals import reading, smart
from goals.kpi_source import source
from goals.models import Cycle, Goal
from people.models import Organisation

Row = dict[str, Any]

TOLD = ("title", "why", "owner_id", "weight", "start", "state")
AGREED = (Goal.State.ACTIVE, Goal.State.PAUSED, Goal.State.CLOSED)
"""A goal comes into these states only when its owner has agreed to it."""


def verdicts(organisation: Organisation, ids: Collection[int]) -> dict[int, smart.Verdict]:
    """The verdicts on these goals of the organisation, in 5 queries."""
    facts = goal_facts(ids)
    measured = source().measured(organisation, list(facts), organisation.today())
    return {goal_id: judge(organisation, told, measured.get(goal_id, ())) for goal_id, told in facts.items()}


def verdict(goal: Goal) -> smart.Verdict:
    return verdicts(goal.organisation, [goal.pk])[goal.pk]


def once_accepted(goal: Goal) -> smart.Verdict:
    """The verdict on a goal that starts now: whoever starts it accepts its target."""
    told = goal_facts([goal.pk])[goal.pk]
    return judge(goal.organisation, replace(told, accepted=True), kpis_of(goal))


def kpis_of(goal: Goal) -> Sequence[smart.KpiFacts]:
    organisation = goal.organisation
    return source().measured(organisation, [goal.pk], organisation.today()).get(goal.pk, ())


def drafted(written: Mapping[str, Any], parent: Goal | None, cycle: Cycle, state: str) -> smart.GoalFacts:
    """The facts of a goal as somebody writes it; `written` lacks what cannot be read yet."""
    above = goal_facts([parent.pk])[parent.pk] if parent else None
    level = written.get("level")
    return smart.GoalFacts(
        title=written.get("title") or "",
        why=written.get("why") or "",
        owned=written.get("owner") is not None,
        weight=written.get("weight", Decimal(1)),
        aligned=above.aligned if above else level is not None and level.rank == 0,
        perspective=written.get("perspective") is not None or bool(above and above.perspective),
        start=written.get("start"),
        due=written.get("due") or cycle.due,
        is_root=parent is None,
        parent_due=above.due if above else None,
        accepted=state in AGREED,
    )


def judge(organisation: Organisation, goal: smart.GoalFacts, kpis: Sequence[smart.KpiFacts]) -> smart.Verdict:
    return smart.verdict(goal, kpis, organisation.today(), vague_words(organisation))


def with_scores(organisation: Organisation, rows: Sequence[Row]) -> list[Row]:
    """Rows of `goals.reading`, each with its `smart_score`: 2 queries more."""
    measured = source().measured(organisation, [row["id"] for row in rows], organisation.today())
    return [
        row
        | {"smart_score": judge(organisation, facts_of(row, not row["has_parent"]), measured.get(row["id"], ())).score}
        for row in rows
    ]


def vague_words(organisation: Organisation) -> Collection[str]:
    """The organisation's own list, else the usual one."""
    return organisation.vague_words.replace(",", " ").split() or smart.VAGUE


def goal_facts(ids: Collection[int]) -> dict[int, smart.GoalFacts]:
    above = reading.path_figures(ids)
    rows = Goal.objects.filter(pk__in=ids).order_by().values("id", "parent_id", *TOLD)
    return {row["id"]: facts_of(row | reading.placed(row["id"], above), row["parent_id"] is None) for row in rows}


def facts_of(row: Row, is_root: bool) -> smart.GoalFacts:
    return smart.GoalFacts(
        title=row["title"],
        why=row["why"],
        owned=row["owner_id"] is not None,
        weight=row["weight"],
        aligned=row["aligned"],
        perspective=row["has_perspective"],
        start=row["start"],
        due=row["ends"],
        is_root=is_root,
        parent_due=row["parent_ends"],
        accepted=row["state"] in AGREED,
    )
