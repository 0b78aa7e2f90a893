"""Whatever a draft holds: what it promises is to the digit what is stored once it is applied and rolled up, and two
people at once never make half of it."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from cascade.errors import Conflict, RowsRefused
from goals import progress, tree
from goals.models import Draft, Goal, GoalFigures
from kpis import applying, draft_lines
from kpis.models import Kpi, Measurement
from people.models import Person
from tests.cast import cast as make_cast
from tests.company import grow
from tests.goals.measuring import kpi, rolled_up

SEEDS = range(5)
GOAL_STATES = ("paused", "cancelled", "closed", "active")


def supposed(chance: random.Random, works) -> list[tuple[draft_lines.Key, dict]]:
    """Some lines about goals and KPIs of a company."""
    goals = list(Goal.objects.filter(organisation=works).order_by("pk"))
    kpis = list(Kpi.objects.filter(organisation=works).order_by("pk"))
    found = {}
    for goal in chance.sample(goals, 6):
        given = {"weight": str(chance.randint(0, 9))}
        if chance.random() < 0.5:
            given = {"parent": chance.choice([None, *[each.pk for each in goals]])}
        if chance.random() < 0.3:
            given["rollup_method"] = chance.choice(Goal.Method.values)
        if chance.random() < 0.3:
            given["state"] = chance.choice(GOAL_STATES)
        found["goal", goal.pk] = given
    for row in chance.sample(kpis, 5):
        given = {"target": str(chance.choice([-50, 40, 120])), "weight": str(chance.randint(0, 9))}
        if chance.random() < 0.3:
            given["state"] = "paused"
        if chance.random() < 0.4:
            given["values"] = {f"{works.today().year}-01-01": str(chance.randint(0, 90))}
        found["kpi", row.pk] = given
    return list(found.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_what_random_drafts_promise_is_what_is_stored(db, seed):
    works = grow(60, roots=2, kpis_a_goal=2, months=3, seed=seed)
    progress.roll_up(works.pk, everything=True)
    ada = Person.objects.get(organisation=works)
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    for number in range(5):
        lines = draft_lines.build([], ada, supposed(chance, works))
        draft = Draft.objects.create(organisation=works, owner=ada, name=f"Draft {number}", changes=lines)
        while (wrong := refused(draft, ada)) is not None:
            draft.changes = [line for place, line in enumerate(draft.changes, 1) if place not in wrong]
            draft.save()
        draft.refresh_from_db()
        assert len(draft.changes) > 3
        progress.roll_up(works.pk)
        stored = dict(GoalFigures.objects.values_list("goal_id", "progress"))
        for row in draft.effects:
            assert (row["after"] and Decimal(row["after"])) == stored[row["goal"]], (seed, number, row)
        assert progress.differences(works) == []
        assert list(tree.faults(works.pk)) == []


def refused(draft: Draft, ada: Person) -> set[int] | None:
    """The lines that cannot be applied, and then nothing was; None once it is applied."""
    before = decided()
    try:
        applying.apply(draft, by=ada, reason="So", record_values=True)
    except (Conflict, RowsRefused) as refusal:
        wrong = {error["row"] for error in refusal.errors}
    else:
        return None
    assert decided() == before
    assert wrong
    return wrong


def decided() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Goal, Kpi, Measurement)]


@pytest.mark.django_db(transaction=True)
def test_a_move_at_the_same_time_leaves_all_of_the_draft_or_nothing():
    """Whoever comes first: the draft as a whole, or the move and nothing of the draft."""
    outcomes = set()
    cast = make_cast()
    for number in range(4):
        top = cast.goal(f"Top {number}")
        goals = [cast.goal(f"{name} {number}", top) for name in ("One", "Two", "Three")]
        moving = cast.goal(f"Moving {number}", goals[0], level=2)
        kpi(moving, f"k{number}", 40)
        rolled_up(top)
        given = [
            (("goal", goals[1].pk), {"weight": "7"}),
            (("goal", moving.pk), {"parent": goals[1].pk}),
            (("goal", goals[2].pk), {"state": "paused"}),
        ]
        lines = draft_lines.build([], cast.ada, given)
        draft = Draft.objects.create(organisation=cast.works, owner=cast.ada, name="Race", changes=lines)
        outcomes.add(race(draft, cast.ada, moving, goals[2]))
        now = [Goal.objects.get(pk=goal.pk) for goal in (*goals, moving)]
        progress.roll_up(cast.works.pk)
        applied = Draft.objects.get(pk=draft.pk).state == Draft.State.APPLIED
        assert [now[1].weight, now[2].state] == ([7, "paused"] if applied else [1, "active"])
        assert now[3].parent_id == goals[2].pk  # the other one's move, before or after
        assert progress.differences(cast.works) == []
    assert outcomes <= {"applied", "cannot_apply"}


def race(draft: Draft, ada: Person, moving: Goal, elsewhere: Goal) -> str:
    start = Barrier(2)

    def apply() -> str:
        start.wait()
        try:
            applying.apply(draft, by=ada, reason="So")
            return "applied"
        except Conflict as refusal:
            return refusal.code
        finally:
            connection.close()

    def move() -> None:
        start.wait()
        try:
            tree.move(moving, elsewhere, by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        told, done = both.submit(apply), both.submit(move)
        done.result()
        return told.result()
