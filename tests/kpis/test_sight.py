"""The line of sight through the database: case A5, what is owed, what is hidden, and how many queries it takes."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from goals import lifecycle, progress
from goals.models import Goal
from kpis.models import Kpi
from kpis.recording import record_one
from kpis.sight import sight_at, sight_of
from tests.cast import person
from tests.engine.cases import CHECKS, shown
from tests.goals.loading import load

JUNE_30 = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
START, END = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


@pytest.fixture
def june(db):
    with time_machine.travel(JUNE_30, tick=False):
        yield JUNE_30


@pytest.fixture
def cast(june, cast):
    return cast


def kpi(cast, goal, key="k", **fields):
    fields = {"baseline": Decimal(0), "target": Decimal(100), "name": key, "start": START, "due": END, **fields}
    return Kpi.objects.create(organisation=cast.works, goal=goal, key=key, **fields)


def measured(cast, kpi, **months):
    for month, value in months.items():
        number = ["jan", "feb", "mar", "apr", "may", "jun"].index(month) + 1
        record_one(kpi, dt.date(2026, number, 1), Decimal(value), by=None)


def given(loaded, goal, **fields):
    """Kari, to whom a goal of a loaded case belongs."""
    kari = person(loaded.organisation, "Kari", "member")
    loaded.goals[goal] = loaded.goals[goal].revise(by=loaded.ada, owner=kari, **fields)
    return kari


def test_the_line_of_sight_of_kari_is_that_of_case_a5(june):
    loaded = load("R01")
    kari = given(loaded, "I1", why="To answer")
    [own] = sight_of(kari, kari).goals
    titles = {goal.pk: name for name, goal in loaded.goals.items()}
    [tick] = own.kpis

    assert [[titles[step.goal], shown(step.effective_weight), shown(step.headroom)] for step in tick.steps] == CHECKS[
        "A5"
    ]
    assert [[titles[stop.goal.id], shown(stop.effective_weight), shown(stop.headroom)] for stop in own.path] == CHECKS[
        "A5"
    ]
    assert own.goal.why == "To answer"
    assert own.aligned


def told(sight):
    return [
        (
            own.goal.title,
            [(stop.goal.id, *figures_of(stop.goal), stop.effective_weight, stop.headroom) for stop in own.path],
            [(own_kpi.kpi.name, own_kpi.kpi.actual, own_kpi.steps, own_kpi.owed) for own_kpi in own.kpis],
        )
        for own in sight.goals
    ]


def figures_of(goal):
    return [getattr(goal.figures, name) for name in ("progress", "expected", "coverage", "status")]


@pytest.mark.parametrize(("case", "goal"), [("R01", "I1"), ("R07", "C")])
def test_the_stored_figures_and_the_whole_tree_say_the_same(june, case, goal):
    kari = given(load(case), goal)

    assert told(sight_of(kari, kari)) == told(sight_at(kari, kari, None, None))


def test_the_past_is_told_as_it_was(june):
    kari = given(load("R01"), "I1")
    march = sight_at(kari, kari, dt.date(2026, 3, 31), None)

    assert shown(march.goals[0].path[0].goal.figures.progress) == "0.9000"
    assert march.owes == []
    assert march.next.due.name == "2026-04"


def test_what_was_not_yet_recorded_is_not_told(june):
    kari = given(load("R01"), "I1")

    assert sight_at(kari, kari, None, JUNE_30 - dt.timedelta(days=1)).goals == []


def owes(sight):
    return [(task.kpi.name, task.due.name, task.due.days_late, task.more) for task in sight.owes]


def test_a_value_is_owed_by_its_data_owner_else_by_the_goals_owner(cast):
    goal = cast.goal("Sell", owner=cast.bo)
    kpi(cast, goal, "deals", data_owner=cast.cy)
    kpi(cast, goal, "calls")

    assert owes(sight_of(cast.cy, cast.cy)) == [("deals", "2026-06", 0, 5)]
    assert owes(sight_of(cast.bo, cast.bo)) == [("calls", "2026-06", 0, 5)]


def test_what_is_longest_late_comes_first_and_the_next_one_is_told(cast):
    goal = cast.goal("Sell", owner=cast.cy)
    for key, start in (("new", dt.date(2026, 6, 1)), ("once", START)):
        kpi(cast, goal, key, start=start)
    quarterly = kpi(cast, goal, "quarterly", cadence="quarterly")
    with time_machine.travel(dt.datetime(2026, 7, 20, 12, tzinfo=dt.UTC), tick=False):
        record_one(quarterly, dt.date(2026, 4, 1), Decimal(1), by=None)
        record_one(quarterly, dt.date(2026, 1, 1), Decimal(1), by=None)
        sight = sight_of(cast.cy, cast.cy)

    assert owes(sight) == [("new", "2026-06", 13, 0), ("once", "2026-06", 13, 5)]
    assert (sight.next.kpi.name, sight.next.due.name, sight.next.due.since) == ("new", "2026-07", dt.date(2026, 7, 31))


@pytest.mark.parametrize(
    "changes",
    [{"state": Kpi.State.PAUSED}, {"source": Kpi.Source.API}, {"data_owner": None}],
    ids=["paused", "sent by another system", "the owner's"],
)
def test_what_is_not_asked_of_a_person_is_not_owed(cast, changes):
    made = kpi(cast, cast.goal("Sell", owner=cast.bo), data_owner=cast.cy)
    assert len(owes(sight_of(cast.cy, cast.cy))) == 1
    Kpi.objects.filter(pk=made.pk).update(**changes)

    assert owes(sight_of(cast.cy, cast.cy)) == []


@pytest.mark.parametrize("state", [Goal.State.DRAFT, Goal.State.PAUSED, Goal.State.CANCELLED])
def test_a_goal_that_is_not_active_asks_for_nothing(cast, state):
    kpi(cast, cast.goal("Sell", owner=cast.cy, state=state))

    assert owes(sight_of(cast.cy, cast.cy)) == []


def test_a_recorded_value_is_owed_no_more(cast):
    made = kpi(cast, cast.goal("Sell", owner=cast.cy))
    record_one(made, dt.date(2026, 6, 1), Decimal(3), by=cast.cy)

    assert owes(sight_of(cast.cy, cast.cy)) == []


def test_only_open_goals_of_open_cycles_are_on_it(cast):
    closed = cast.goal("Closed", owner=cast.cy)
    cast.goal("Open", owner=cast.cy)
    lifecycle.change_state(closed, Goal.State.CLOSED, by=cast.ada)
    assert [own.goal.title for own in sight_of(cast.cy, cast.cy).goals] == ["Open"]
    cast.cycle.state = cast.cycle.State.CLOSED
    cast.cycle.save()

    assert sight_of(cast.cy, cast.cy).goals == []


def test_goals_one_contributes_to_come_after_ones_own(cast):
    shared = cast.goal("Shared")
    shared.contributors.add(cast.cy)
    cast.goal("Own", owner=cast.cy)

    assert [(own.goal.title, own.owns) for own in sight_of(cast.cy, cast.cy).goals] == [
        ("Own", True),
        ("Shared", False),
    ]


def test_the_goal_that_owes_comes_first_then_the_one_with_most_to_bring(cast):
    top = cast.goal("Top")
    for title, value in (("Done", 100), ("Open", 10), ("Half", 50)):
        measured(cast, kpi(cast, cast.goal(title, top, owner=cast.cy), title.lower()), jun=value)
    kpi(cast, cast.goal("Owing", top, owner=cast.cy, weight=Decimal(0)), "owing")
    progress.roll_up(cast.works.pk)

    assert [own.goal.title for own in sight_of(cast.cy, cast.cy).goals] == ["Owing", "Open", "Half", "Done"]


def test_a_hidden_goal_on_the_way_shows_only_what_is_weighed_in_it(cast):
    top = cast.goal("Top")
    secret = cast.goal("Merge", top, visibility=Goal.Visibility.PRIVATE, owner=cast.ada, why="Nobody knows")
    own = cast.goal("Mine", secret, owner=cast.cy)
    measured(cast, kpi(cast, own), jun=50)
    measured(cast, kpi(cast, secret, "other"), jun=90)
    progress.roll_up(cast.works.pk)
    [found] = sight_of(cast.cy, cast.cy).goals

    assert [(stop.goal and stop.goal.title, stop.effective_weight) for stop in found.path] == [
        ("Mine", Decimal(1)),
        (None, Decimal("0.5")),
        ("Top", Decimal("0.5")),
    ]
    assert [stop.headroom for stop in found.path] == [Decimal("0.5"), None, Decimal("0.25")]
    assert [step.goal for step in found.kpis[0].steps] == [own.pk, top.pk]
    assert [stop.goal.title for stop in sight_of(cast.cy, cast.ada).goals[0].path] == ["Mine", "Merge", "Top"]


def test_who_looks_at_somebody_elses_line_sees_only_what_they_may(cast):
    kpi(cast, cast.goal("Secret", visibility=Goal.Visibility.PRIVATE, owner=cast.bo))
    cast.goal("Open", owner=cast.bo)
    sight = sight_of(cast.bo, cast.cy)

    assert [own.goal.title for own in sight.goals] == ["Open"]
    assert sight.owes == []


def test_a_path_that_ends_below_the_strategy_is_not_aligned(cast):
    cast.goal("Alone", level=2, owner=cast.cy)

    assert [own.aligned for own in sight_of(cast.cy, cast.cy).goals] == [False]


def test_a_goal_of_nobody_and_of_another_organisation_is_not_on_it(cast):
    cast.goal("Nobody's")

    assert sight_of(cast.eve, cast.eve).goals == []
    assert sight_of(cast.cy, cast.cy).goals == []


def test_what_waits_for_a_roll_up_is_said(cast):
    made = kpi(cast, cast.goal("Sell", owner=cast.cy))
    progress.roll_up(cast.works.pk)
    assert not sight_of(cast.cy, cast.cy).pending
    record_one(made, dt.date(2026, 6, 1), Decimal(3), by=cast.cy)

    assert sight_of(cast.cy, cast.cy).pending


@pytest.mark.parametrize("goals", [1, 4])
def test_it_takes_four_queries_whatever_the_goals(cast, django_assert_num_queries, goals):
    top = cast.goal("Top")
    for number in range(goals):
        middle = cast.goal(f"Middle {number}", top)
        own = cast.goal(f"Own {number}", middle, owner=cast.cy)
        for key in range(number + 1):
            measured(cast, kpi(cast, own, f"k{number}_{key}"), may=50)
    progress.roll_up(cast.works.pk)
    cast.cy.organisation  # noqa: B018  fetched with the person
    with django_assert_num_queries(4):
        assert len(sight_of(cast.cy, cast.cy).goals) == goals


def test_who_has_no_goal_costs_one_query(cast, django_assert_num_queries):
    cast.cy.organisation  # noqa: B018  fetched with the person
    with django_assert_num_queries(1):
        sight_of(cast.cy, cast.cy)
