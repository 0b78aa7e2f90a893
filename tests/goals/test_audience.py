"""Who sees a goal, read from the goal's side, is who `visible_to` lets see it."""

import itertools

import pytest

from goals.audience import people_who_see
from goals.models import Goal
from people.models import Person, Unit
from tests.cast import person


@pytest.fixture
def everybody(cast):
    lone = Unit.objects.create(organisation=cast.works, name="Factory")
    person(cast.works, "Flo", "unit_manager", unit=lone)
    boss = person(cast.works, "Gil", "member", unit=lone)
    person(cast.works, "Hal", "member", unit=cast.team, manager=person(cast.works, "Ira", "member", manager=boss))
    person(cast.works, "Jo", "strategy_office")
    person(cast.works, "Kim", "hr", unit=cast.sales)
    return list(Person.objects.filter(organisation__in=[cast.works, cast.elsewhere]).select_related("unit"))


def test_it_names_exactly_those_who_see_the_goal(cast, everybody):
    owners = [None, *(each for each in everybody if each.organisation_id == cast.works.pk)]
    checked = 0
    for visibility, owner, unit in itertools.product(Goal.Visibility.values, owners, [None, cast.sales, cast.team]):
        goal = cast.goal("A goal", visibility=visibility, owner=owner, unit=unit, contributors=[everybody[-1]])
        who = {each.pk for each in everybody if Goal.objects.visible_to(each).filter(pk=goal.pk).exists()}
        assert set(people_who_see(goal).values_list("pk", flat=True)) == who, (visibility, owner, unit)
        checked += 1
    assert checked > 80


def test_who_left_is_not_among_them(cast):
    Person.objects.filter(pk=cast.cy.pk).update(is_active=False)

    assert cast.cy not in people_who_see(cast.goal())
    assert cast.bo in people_who_see(cast.goal())
