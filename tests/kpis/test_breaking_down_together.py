"""Several people break one goal down, or answer one proposal, at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from cascade.errors import Conflict, VersionMismatch
from goals import tree
from goals.models import Goal
from kpis import catchball
from kpis.breakdown import Part, Plan, create, preview
from kpis.models import Kpi, Proposal, UnfinishedBreakDown
from tests import cast as company
from tests.kpis.measuring import made

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}


@pytest.fixture
def cast(transactional_db) -> company.Cast:
    return company.cast()


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, level=1)


@pytest.fixture
def leads(goal):
    return made(goal, target=Decimal(100), **LEADS)


def at_once(act, writers: int) -> list:
    """What each writer's `act(number)` gave; each has a connection of its own."""

    def alone(number):
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(alone, range(writers)))


def plan(goal, leads, *people, **said):
    found = Goal.objects.select_related("level", "organisation").get(pk=goal.pk)
    return Plan(found, [Part(owner=person) for person in people], Kpi.objects.get(pk=leads.pk), **said)


def test_the_target_is_given_away_once(cast, goal, leads):
    def act(number):
        try:
            create(plan(goal, leads, cast.cy, cast.dee), by=cast.bo)
        except ValidationError as refused:
            return refused.error_dict["parts"][0].code
        return "created"

    assert sorted(at_once(act, 4)) == ["created", "nothing_left", "nothing_left", "nothing_left"]
    assert sum(Kpi.objects.filter(goal__parent=goal).values_list("target", flat=True)) == 100
    assert list(tree.faults(cast.works.pk)) == []


def test_who_looked_before_somebody_else_created_is_told(cast, goal, leads):
    seen = preview(plan(goal, leads, cast.cy), cast.bo).seen

    def act(number):
        try:
            create(plan(goal, leads, cast.cy, seen=seen), by=cast.bo)
        except Conflict as refused:
            return refused.code
        return "created"

    assert sorted(at_once(act, 3)) == ["changed_meanwhile", "changed_meanwhile", "created"]


def test_a_proposal_is_answered_once(cast, goal, leads):
    done = create(plan(goal, leads, cast.cy, cast.dee), by=cast.bo)
    proposal = Proposal.objects.get(pk=done.proposals[done.goals[0].pk].pk)
    version = proposal.version

    def act(number):
        try:
            if number % 2:
                catchball.propose(proposal, by=cast.bo, number=Decimal(60), reason="More", version=version)
            else:
                catchball.accept(proposal, by=cast.cy, version=version)
        except VersionMismatch:
            return "too late"
        return "said"

    assert sorted(at_once(act, 4)) == ["said", "too late", "too late", "too late"]
    assert proposal.rounds.count() == 2


def test_a_form_that_is_sent_several_times_at_once_creates_once(cast, goal, leads):
    client, address = Client(), reverse("kpis:break_down", args=[goal.pk])
    client.force_login(cast.bo)
    client.post(address, {"step": "who", "do": f"add:p{cast.cy.pk}"})
    once = UnfinishedBreakDown.objects.get().said["once"]

    def act(number):
        again = Client()
        again.cookies = client.cookies
        return again.post(address, {"step": "review", "do": "create", "once": once}).status_code

    assert at_once(act, 4) == [302, 302, 302, 302]
    assert Goal.objects.filter(parent=goal).count() == 1
    assert not UnfinishedBreakDown.objects.exists()


def test_people_chosen_by_fast_clicks_are_all_chosen(cast, goal, leads):
    client, address = Client(), reverse("kpis:break_down", args=[goal.pk])
    client.force_login(cast.bo)
    people = [cast.ada, cast.bo, cast.cy, cast.dee]

    def act(number):
        again = Client()
        again.cookies = client.cookies
        again.post(address, {"step": "who", "do": f"add:p{people[number].pk}"})

    at_once(act, 4)
    assert sorted(UnfinishedBreakDown.objects.get().said["parts"]) == sorted(f"p{person.pk}" for person in people)
