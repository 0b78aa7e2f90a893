"""What people decide about a goal: changed with version, history and marks, or refused."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import VersionMismatch
from goals import progress
from goals.models import DirtyMark, Goal, GoalFigures
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def goal(cast):
    return rolled_up(cast.goal("Grow", cast.goal("Top"), weight=Decimal(2)))


def test_a_change_is_versioned_and_recorded(cast, goal):
    changed = goal.revise(by=cast.bo, reason="Clearer", title="Grow in the north", owner=cast.cy)
    last = changed.history.first()
    assert (changed.version, last.title, last.owner_id) == (2, "Grow in the north", cast.cy.pk)
    assert (last.history_user, last.history_change_reason) == (cast.bo, "Clearer")


def test_what_is_so_already_is_no_change(cast, goal):
    goal.contributors.set([cast.cy])
    again = goal.revise(by=cast.ada, title="Grow", weight=Decimal("2.0"), contributors=[cast.cy])
    assert (again.version, again.history.count()) == (1, 1)


def test_contributors_are_a_change_of_their_own(cast, goal):
    assert goal.revise(by=cast.ada, contributors=[cast.cy, cast.bo]).version == 2
    assert set(goal.contributors.all()) == {cast.cy, cast.bo}


def test_a_lost_update_is_refused(cast, goal):
    goal.revise(by=cast.ada, title="First")
    with pytest.raises(VersionMismatch) as error:
        goal.revise(by=cast.bo, version=1, title="Second")
    assert error.value.current == 2


def test_only_what_moves_figures_is_marked(cast, goal):
    goal.revise(by=cast.ada, title="Renamed")
    assert not DirtyMark.objects.exists()
    goal.revise(by=cast.ada, weight=Decimal(3))
    assert set(DirtyMark.objects.values_list("goal_id", flat=True)) == {goal.pk, goal.parent_id}


def test_another_due_date_changes_the_score_of_kpis_without_their_own(cast, goal):
    year = cast.works.today().year
    kpi(goal, "k", 10, start=dt.date(year, 1, 1))
    rolled_up(goal)
    before = GoalFigures.objects.get(goal=goal).expected
    goal.revise(by=cast.ada, due=dt.date(year + 3, 12, 31))
    progress.roll_up(cast.works.pk)
    assert GoalFigures.objects.get(goal=goal).expected < before
    assert progress.differences(cast.works) == []


def refused(goal, **fields) -> dict[str, str]:
    with pytest.raises(ValidationError) as error:
        goal.revise(by=None, **fields)
    return {field: found[0].code for field, found in error.value.error_dict.items()}


def test_a_level_stands_between_those_above_and_below(cast, goal):
    cast.goal("Below", goal, level=2)
    assert refused(goal, level=cast.levels[3]) == {"level": "level_above_parent"}
    assert refused(goal.parent, level=cast.levels[2]) == {"level": "level_above_parent"}
    assert goal.revise(by=None, level=cast.levels[2]).level == cast.levels[2]


def test_a_tree_belongs_to_one_cycle(cast, goal):
    other = cast.works.cycles.create(name="Next", start=dt.date(2030, 1, 1), due=dt.date(2030, 12, 31))
    assert refused(goal, cycle=other) == {"cycle": "other_cycle"}
    assert refused(goal.parent, cycle=other) == {"cycle": "other_cycle"}
    assert cast.goal("Alone").revise(by=None, cycle=other).cycle == other


def test_wrong_fields_are_refused_with_their_codes(cast, goal):
    cast.goal("Taken", external_id="G-7")
    assert refused(goal, title="") == {"title": "blank"}
    assert refused(goal, weight=Decimal(-1)) == {"weight": "weight_negative"}
    assert refused(goal, start=dt.date(2026, 3, 1), due=dt.date(2026, 2, 1)) == {"due": "dates_order"}
    assert refused(goal, external_id="G-7") == {"external_id": "external_id_taken"}
    assert refused(goal, owner=cast.eve) == {"owner": "other_organisation"}


def test_a_reason_may_be_as_long_as_it_takes(cast, goal):
    reason = "Because " * 50
    changed = goal.revise(by=cast.ada, reason=reason, title="Renamed")
    assert changed.history.first().history_change_reason == reason
    assert not Goal.history.model._meta.get_field("history_change_reason").max_length
