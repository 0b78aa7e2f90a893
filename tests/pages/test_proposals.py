import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals.models import Goal
from kpis import catchball
from kpis.breakdown import Part, Plan, create
from kpis.models import Proposal
from tests.kpis.measuring import made

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, level=1)


@pytest.fixture
def proposal(cast, goal):
    """Bo proposes Cy 60 leads, Dee the rest."""
    source = made(goal, target=Decimal(100), **LEADS)
    parts = [Part(owner=cast.cy, number=Decimal(60)), Part(owner=cast.dee)]
    done = create(Plan(Goal.objects.get(pk=goal.pk), parts, source), by=cast.bo)
    return done.proposals[done.goals[0].pk]


def say(client, proposal, word, **fields):
    seen = Proposal.objects.get(pk=proposal.pk).version
    return client.post(reverse("kpis:answer", args=[proposal.goal_id, word]), {"seen": seen, **fields})


def read(client, path="/"):
    page = client.get(path)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", page.content.decode().replace(NBSP, " "))


def goal_page(client, proposal):
    return read(client, reverse("goals:detail", args=[proposal.goal_id]))


def test_the_owner_finds_it_at_home_and_accepts_it_there(bo, cy, cast, proposal):
    page = read(cy)
    assert "To answer" in page
    assert "Bo proposes you 60 leads." in page
    answer = say(cy, proposal, "accept", next="/")

    assert answer.url == "/"
    assert Goal.objects.get(pk=proposal.goal_id).state == "active"
    assert "To answer" not in read(cy)


def test_a_counter_waits_at_home_of_the_goals_owner_above_and_is_agreed_to(bo, cy, ada, proposal):
    say(cy, proposal, "counter", number="48", reason="Two of us are on leave")

    assert "Cy answers with 48 leads." in read(bo)
    assert "Two of us are on leave" in goal_page(bo, proposal)
    assert "Agree to 48 leads" in goal_page(bo, proposal)
    assert "To answer" not in read(cy)
    assert "You answered with 48 leads." in goal_page(cy, proposal)
    assert "To answer" not in read(ada)
    say(bo, proposal, "agree")
    assert proposal.goal.kpis.get().target == 48
    assert "How the number was agreed" in goal_page(cy, proposal)


def test_sending_again_puts_it_back_to_the_owner(bo, cy, proposal):
    say(cy, proposal, "counter", number="48", reason="Leave")
    say(bo, proposal, "propose", number="55", reason="Di helps you")

    assert "Bo proposes you 55 leads." in read(cy)
    assert "To answer" not in read(bo)


def test_who_may_not_answer_sees_what_is_said_without_forms(dee, cast, proposal):
    other = goal_page(dee, proposal)

    assert "Cy has not answered yet: 60 leads." in other
    assert "Accept 60 leads" not in other
    assert "Send again" not in other


@pytest.mark.parametrize(
    ("who", "word", "status"),
    [
        ("ada", "accept", 403),
        ("bo", "accept", 403),
        ("bo", "counter", 403),
        ("dee", "accept", 403),
        ("cy", "agree", 403),
        ("cy", "propose", 403),
        ("eve", "accept", 404),
        ("eve", "agree", 404),
        ("cy", "refuse", 404),
    ],
)
def test_each_answer_is_for_its_own_side(ada, bo, cy, dee, eve, proposal, who, word, status):
    clients = {"ada": ada, "bo": bo, "cy": cy, "dee": dee, "eve": eve}

    assert say(clients[who], proposal, word, number="1", reason="x").status_code == status
    assert Proposal.objects.get(pk=proposal.pk).rounds.count() == 1


def test_a_hidden_goal_is_not_there(dee, cy, proposal):
    Goal.objects.filter(pk=proposal.goal_id).update(visibility="private")

    member = reverse("kpis:proposal", args=[proposal.goal.parent.children.exclude(pk=proposal.goal_id).get().pk])
    assert cy.get(reverse("kpis:proposal", args=[proposal.goal_id])).status_code == 200
    Goal.objects.exclude(pk=proposal.goal_id).filter(parent=proposal.goal.parent).update(visibility="private")
    assert cy.get(member).status_code == 404


def test_a_mistake_keeps_what_was_typed(cy, proposal):
    refused = say(cy, proposal, "counter", number="48", reason="")

    assert refused.status_code == 422
    page = refused.content.decode()
    assert 'value="48"' in page
    assert "Say why." in page
    assert Proposal.objects.get(pk=proposal.pk).state == "proposed"


def test_what_was_said_meanwhile_is_looked_at_first(bo, cy, proposal):
    old = {"seen": proposal.version}
    catchball.propose(proposal, by=proposal.goal.parent.owner, number=Decimal(90), reason="More")
    refused = cy.post(reverse("kpis:answer", args=[proposal.goal_id, "accept"]), old)

    assert refused.status_code == 422
    assert "Something was said about it meanwhile" in refused.content.decode()
    assert Goal.objects.get(pk=proposal.goal_id).state == "proposed"


def test_accepting_twice_says_that_it_is_decided(cy, proposal):
    seen = {"seen": proposal.version}
    address = reverse("kpis:answer", args=[proposal.goal_id, "accept"])
    assert cy.post(address, seen).status_code == 302
    assert cy.post(address, seen).status_code == 422
    assert cy.get(address).url == reverse("kpis:proposal", args=[proposal.goal_id])


def test_a_goal_proposed_by_hand_is_answered_too(bo, cy, cast, goal):
    by_hand = cast.goal("Call", goal, owner=cast.cy, state="proposed")
    made(by_hand, target=Decimal(30), **LEADS)
    assert "You are asked to take on 30 leads." in read(cy)
    cy.post(reverse("kpis:answer", args=[by_hand.pk, "counter"]), {"seen": 1, "number": "20", "reason": "New here"})

    assert "Cy answers with 20 leads." in read(bo)


def test_nothing_is_asked_on_the_page_of_an_ordinary_goal(bo, goal):
    assert 'id="proposal"' not in read(bo, reverse("goals:detail", args=[goal.pk]))


def test_home_takes_the_same_number_of_queries_for_one_and_three_proposals(cy, cast, goal, proposal):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            read(cy)
        return len(asked)

    one = queries()
    for title in ("Call", "Write"):
        made(cast.goal(title, goal, owner=cast.cy, state="proposed"), target=Decimal(30), **LEADS)
    assert queries() == one
