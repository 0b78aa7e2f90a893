"""Factors, initiatives, processes and resources: what they refuse, who may change and who sees them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import VersionMismatch
from goals import progress
from goals.access import Rights
from goals.models import Goal
from kpis import access, factors, initiatives, resources
from kpis.models import Initiative, Kpi, Milestone, Resource, SuccessFactor
from tests.goals.measuring import kpi, rolled_up
from tests.planning import factor, initiative, process, resource

NAMES = ("ada", "bo", "cy", "dee", "eve")


def who_may(cast, predicate, *args) -> set[str]:
    return {name for name in NAMES if predicate(Rights.of(getattr(cast, name)), *args)}


def who_sees(cast, row) -> set[str]:
    return {name for name in NAMES if type(row).objects.visible_to(getattr(cast, name)).filter(pk=row.pk).exists()}


def codes(refused) -> set[tuple[str, str]]:
    return {(name, error.code) for name, errors in refused.value.error_dict.items() for error in errors}


@pytest.fixture
def goal(cast):
    return cast.goal("Grow", owner=cast.bo)


@pytest.fixture
def secret(cast):
    return cast.goal("Secret", owner=cast.ada, visibility="private")


def test_a_factor_is_covered_by_an_active_kpi_with_data(cast, goal):
    silent, paused = kpi(goal, "silent"), kpi(goal, "paused", 40)
    Kpi.objects.filter(pk=paused.pk).update(state="paused")
    made = factor(cast, goal, kpis=[silent, paused])

    def covered():
        return SuccessFactor.objects.with_coverage().get(pk=made.pk).covered

    assert not covered()
    Kpi.objects.filter(pk=paused.pk).update(state="active")
    assert covered()
    factors.remove_kpi(made, paused, by=cast.ada)
    assert not covered()
    factors.add_kpi(made, paused, by=cast.ada)
    factors.add_kpi(made, paused, by=cast.ada)
    assert covered()
    assert made.links.count() == 2


def test_a_factor_is_seen_with_its_goal(cast, goal, secret):
    assert who_sees(cast, factor(cast, goal)) == {"ada", "bo", "cy", "dee"}
    assert who_sees(cast, factor(cast, secret)) == {"ada", "dee"}


def test_an_initiative_is_for_a_goal_at_least(cast, goal):
    with pytest.raises(ValidationError) as refused:
        initiative(cast)
    assert codes(refused) == {("goals", "required")}
    made = initiative(cast, goal)
    with pytest.raises(ValidationError) as refused:
        initiatives.revise(made, by=cast.ada, goals=[])
    assert codes(refused) == {("goals", "required")}


def test_an_initiative_is_seen_with_one_of_its_goals_and_by_its_owner(cast, goal, secret):
    assert who_sees(cast, initiative(cast, goal, secret)) == {"ada", "bo", "cy", "dee"}
    assert who_sees(cast, initiative(cast, secret)) == {"ada", "dee"}
    assert who_sees(cast, initiative(cast, secret, owner=cast.cy)) == {"ada", "dee", "cy"}


def test_an_initiative_is_changed_by_its_owner_and_the_editors_of_its_goals(cast, goal):
    assert who_may(cast, access.can_edit_initiative, initiative(cast, goal)) == {"ada", "bo"}
    assert who_may(cast, access.can_edit_initiative, initiative(cast, goal, owner=cast.cy)) == {"ada", "bo", "cy"}
    assert who_may(cast, access.can_plan, [goal]) == {"ada", "bo"}


def test_done_has_a_day_and_going_on_has_none(cast, goal):
    made = initiatives.tick(initiative(cast, goal), done=True, by=cast.ada)

    assert (made.state, made.done_on) == ("done", cast.works.today())
    made = initiatives.tick(made, done=False, by=cast.ada)
    assert (made.state, made.done_on) == ("doing", None)
    assert [each.state for each in made.history.order_by("history_id")] == ["planned", "done", "doing"]


def test_what_is_overdue_is_open_and_past_its_date(cast, goal):
    late = initiative(cast, goal, title="Late", due=dt.date(2020, 1, 1))
    initiative(cast, goal, title="Done", due=dt.date(2020, 1, 1), state="done")
    initiative(cast, goal, title="Some time")
    initiative(cast, goal, title="Today", due=cast.works.today())

    assert list(Initiative.objects.overdue(cast.works.today())) == [late]
    assert late.is_overdue(cast.works.today())


def test_milestones_are_kept_by_id_and_the_first_done_begins_the_work(cast, goal):
    made = initiative(cast, goal, milestones=[{"title": "Order"}, {"title": "Fill", "due": dt.date(2026, 9, 1)}])
    order, fill = made.milestones.all()
    initiatives.tick_milestone(order, dt.date(2026, 8, 1), by=cast.bo)
    made.refresh_from_db()
    assert made.state == "doing"
    told = [{"id": fill.pk, "title": "Fill both", "due": None}, {"title": "Count"}]
    initiatives.revise(made, by=cast.ada, milestones=told)

    assert [(each.title, each.due) for each in made.milestones.all()] == [("Fill both", None), ("Count", None)]
    assert Milestone.history.filter(id=order.pk).latest().history_type == "-"
    with pytest.raises(ValidationError) as refused:
        initiatives.revise(made, by=cast.ada, milestones=[{"id": order.pk, "title": "Gone"}])
    assert codes(refused) == {("milestones", "unknown_milestone")}


def test_an_initiative_moves_no_figure(cast, goal):
    kpi(goal, "k", 40)
    rolled_up(goal)
    before = Goal.objects.get(pk=goal.pk).figures.progress
    initiatives.tick(initiative(cast, goal, kpis=list(goal.kpis.all())), done=True, by=cast.ada)
    progress.roll_up(cast.works.pk, everything=True)

    assert Goal.objects.get(pk=goal.pk).figures.progress == before


def test_somebody_elses_change_is_not_overwritten(cast, goal):
    made = initiative(cast, goal)
    initiatives.revise(made, by=cast.ada, title="Other", version=1)
    with pytest.raises(VersionMismatch):
        initiatives.revise(made, by=cast.bo, title="Mine", version=1)


def test_what_belongs_to_another_organisation_is_refused(cast, goal):
    with pytest.raises(ValidationError) as refused:
        initiative(cast, goal, owner=cast.eve)
    assert codes(refused) == {("owner", "other_organisation")}
    with pytest.raises(ValidationError) as refused:
        process(cast, owner=cast.eve)
    assert codes(refused) == {("owner", "other_organisation")}


def test_a_resource_has_something_to_read_and_a_safe_address(cast):
    with pytest.raises(ValidationError) as refused:
        resource(cast, text="")
    assert codes(refused) == {("text", "nothing_to_read")}
    with pytest.raises(ValidationError) as refused:
        resource(cast, url="javascript:alert(1)")
    assert codes(refused) == {("url", "link_not_safe")}


def test_a_resource_is_seen_by_whom_it_may_help(cast, goal, secret):
    level = cast.levels[0]

    assert who_sees(cast, resource(cast)) == {"ada", "bo", "cy", "dee"}
    assert who_sees(cast, resource(cast, levels=[level], goals=[secret])) == {"ada", "bo", "cy", "dee"}
    assert who_sees(cast, resource(cast, goals=[secret])) == {"ada", "dee"}
    assert who_sees(cast, resource(cast, kpis=[kpi(secret, "hidden")])) == {"ada", "dee"}


def test_resources_are_managed_by_the_strategy_office_and_by_editors_of_all_they_are_for(cast, goal, secret):
    measured = kpi(goal, "k")

    assert who_may(cast, access.can_edit_resource, resource(cast, goals=[goal], kpis=[measured])) == {"ada", "bo"}
    assert who_may(cast, access.can_edit_resource, resource(cast, goals=[goal, secret])) == {"ada"}
    assert who_may(cast, access.can_edit_resource, resource(cast, goals=[goal], levels=[cast.levels[0]])) == {"ada"}
    assert who_may(cast, access.can_edit_resource, resource(cast)) == {"ada"}


def test_what_a_resource_is_for_can_be_exchanged(cast, goal, secret):
    made = resource(cast, goals=[goal])
    resources.revise(made, by=cast.ada, goals=[secret], levels=[cast.levels[1]])

    assert resources.held(made, "goals") == [secret]
    assert resources.held(made, "levels") == [cast.levels[1]]
    assert Resource.history.filter(id=made.pk).count() == 2


def test_processes_are_read_by_everybody_and_changed_by_their_owner(cast, goal):
    made = process(cast, owner=cast.cy, kpis=[kpi(goal, "k")])

    assert who_sees(cast, made) == {"ada", "bo", "cy", "dee"}
    assert who_may(cast, access.can_edit_process, made) == {"ada", "cy"}
    assert who_may(cast, access.can_describe, list(goal.kpis.all())) == {"ada", "bo"}
    assert who_may(cast, access.can_describe, []) == {"ada", "eve"}  # in the own organisation
