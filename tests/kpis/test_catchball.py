from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import Conflict, VersionMismatch
from goals import lifecycle
from goals.models import Goal
from kpis import access, catchball
from kpis.breakdown import Part, Plan, create
from kpis.models import Proposal
from people.models import Notification
from tests.kpis.measuring import made

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, level=1)


@pytest.fixture
def proposal(cast, goal):
    """Bo proposes Cy 60 of 100 leads, Dee the rest."""
    source = made(goal, target=Decimal(100), **LEADS)
    parts = [Part(owner=cast.cy, number=Decimal(60)), Part(owner=cast.dee)]
    done = create(Plan(Goal.objects.get(pk=goal.pk), parts, source), by=cast.bo)
    return done.proposals[done.goals[0].pk]


def said(proposal):
    return [(each.kind, each.by.name, each.number and int(each.number), each.reason) for each in proposal.rounds.all()]


def now(proposal):
    found = Proposal.objects.select_related("goal", "kpi").get(pk=proposal.pk)
    return found.state, found.goal.state, int(found.kpi.target)


def told(kind):
    return list(Notification.objects.filter(kind=kind).values_list("person__name", "facts__by"))


def test_accepting_makes_the_goal_active_and_tells_whoever_answers(cast, proposal):
    catchball.accept(proposal, by=cast.cy)

    assert now(proposal) == ("agreed", "active", 60)
    assert said(proposal) == [("proposed", "Bo", 60, ""), ("accepted", "Cy", 60, "")]
    assert told("proposal_accepted") == [("Bo", "Cy")]


def test_a_counter_waits_for_the_goal_above(cast, proposal):
    catchball.counter(proposal, by=cast.cy, number=Decimal(48), reason="Two of us are on leave")

    assert now(proposal) == ("countered", "proposed", 60)
    assert said(proposal)[1:] == [("countered", "Cy", 48, "Two of us are on leave")]
    assert told("proposal_countered") == [("Bo", "Cy")]


def test_agreeing_makes_the_counter_the_target_with_its_history(cast, proposal):
    catchball.counter(proposal, by=cast.cy, number=Decimal(48), reason="Leave")
    catchball.agree(proposal, by=cast.bo, reason="Fair")

    assert now(proposal) == ("agreed", "active", 48)
    kpi = proposal.goal.kpis.get()
    assert [(each.target, each.history_user, each.history_change_reason) for each in kpi.history.all()[:1]] == [
        (Decimal(48), cast.bo, "Fair")
    ]
    assert told("proposal_agreed") == [("Cy", "Bo")]


def test_sending_again_keeps_every_round_until_both_say_yes(cast, proposal):
    catchball.counter(proposal, by=cast.cy, number=Decimal(48), reason="Leave")
    catchball.propose(proposal, by=cast.bo, number=Decimal(55), reason="Di helps you")
    assert now(proposal) == ("proposed", "proposed", 55)
    catchball.accept(proposal, by=cast.cy)

    assert now(proposal) == ("agreed", "active", 55)
    assert [each[:3] for each in said(proposal)] == [
        ("proposed", "Bo", 60),
        ("countered", "Cy", 48),
        ("proposed", "Bo", 55),
        ("accepted", "Cy", 55),
    ]


def test_an_owner_who_countered_may_still_accept_what_was_proposed(cast, proposal):
    catchball.counter(proposal, by=cast.cy, number=Decimal(48), reason="Leave")
    catchball.accept(proposal, by=cast.cy)

    assert now(proposal) == ("agreed", "active", 60)


@pytest.mark.parametrize(
    ("number", "reason", "field", "code"),
    [
        ("48", "  ", "reason", "reason_required"),
        (None, "Leave", "number", "required"),
        ("60", "Leave", "number", "same_number"),
        ("0", "Leave", "number", "baseline_equals_target"),
        ("-5", "Leave", "number", "target_wrong_side"),
    ],
)
def test_a_counter_needs_another_possible_number_and_a_reason(cast, proposal, number, reason, field, code):
    with pytest.raises(ValidationError) as refused:
        catchball.counter(proposal, by=cast.cy, number=number and Decimal(number), reason=reason)

    assert [(name, errors[0].code) for name, errors in refused.value.error_dict.items()] == [(field, code)]
    assert now(proposal) == ("proposed", "proposed", 60)


def test_only_what_was_countered_is_agreed_to_and_nothing_is_said_once_it_is_decided(cast, proposal):
    with pytest.raises(Conflict) as refused:
        catchball.agree(proposal, by=cast.bo)
    assert refused.value.code == "not_countered"
    catchball.accept(proposal, by=cast.cy)
    for act in (
        lambda: catchball.accept(proposal, by=cast.cy),
        lambda: catchball.counter(proposal, by=cast.cy, number=Decimal(1), reason="Late"),
        lambda: catchball.agree(proposal, by=cast.bo),
        lambda: catchball.propose(proposal, by=cast.bo, number=Decimal(1)),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "not_open"
    assert len(said(proposal)) == 2


def test_nobody_answers_what_they_have_not_seen(cast, proposal):
    version = proposal.version
    catchball.propose(proposal, by=cast.bo, number=Decimal(90), reason="More")

    with pytest.raises(VersionMismatch):
        catchball.accept(proposal, by=cast.cy, version=version)
    assert now(proposal) == ("proposed", "proposed", 90)


def test_the_owner_alone_accepts_even_from_those_who_edit_everything(cast, proposal):
    with pytest.raises(Conflict) as refused:
        catchball.accept(proposal, by=cast.ada)

    assert refused.value.code == "owner_must_accept"


def test_who_may_answer_and_who_may_settle(cast, proposal):
    goal = Goal.objects.select_related("parent__unit", "parent__owner__unit").get(pk=proposal.goal_id)
    people = (cast.ada, cast.bo, cast.cy, cast.dee, cast.eve)

    assert [person.name for person in people if access.can_answer(person, goal)] == ["Cy"]
    assert [person.name for person in people if access.can_settle(person, goal)] == ["Ada", "Bo"]


def test_a_goal_proposed_by_hand_is_answered_about_its_only_kpi(cast, goal):
    by_hand = cast.goal("Call", goal, owner=cast.cy, state="proposed")
    kpi = made(by_hand, target=Decimal(30), **LEADS)
    proposal = catchball.counter(catchball.of_goal(by_hand), by=cast.cy, number=Decimal(20), reason="New here")

    assert (proposal.kpi, proposal.number, proposal.state) == (kpi, 20, "countered")
    assert told("proposal_countered") == [("Bo", "Cy")]
    catchball.agree(proposal, by=cast.bo)
    assert now(proposal) == ("agreed", "active", 20)


def test_a_goal_without_a_kpi_is_countered_with_words(cast, goal):
    by_hand = cast.goal("Call", goal, owner=cast.cy, state="proposed")
    with pytest.raises(ValidationError):
        catchball.counter(catchball.of_goal(by_hand), by=cast.cy, number=Decimal(20), reason="New here")
    proposal = catchball.counter(catchball.of_goal(by_hand), by=cast.cy, number=None, reason="Not before May")
    catchball.agree(proposal, by=cast.bo)

    assert [(each.kind, each.reason) for each in proposal.rounds.all()] == [
        ("countered", "Not before May"),
        ("agreed", ""),
    ]


def test_a_draft_is_proposed_to_its_owner_and_not_without_one(cast, goal):
    draft = cast.goal("Call", goal, owner=cast.cy, state="draft")
    made(draft, target=Decimal(30), **LEADS)
    proposal = catchball.propose(catchball.of_goal(draft), by=cast.bo, reason="Please")

    assert now(proposal) == ("proposed", "proposed", 30)
    assert told("proposal") == [("Cy", "Bo")]
    with pytest.raises(Conflict) as refused:
        catchball.propose(catchball.of_goal(cast.goal("Nobody's", goal, state="draft")), by=cast.bo)
    assert refused.value.code == "no_owner"


def test_an_owner_who_starts_the_goal_has_agreed(cast, proposal):
    lifecycle.change_state(proposal.goal, Goal.State.ACTIVE, by=cast.cy)
    proposal.goal.refresh_from_db()

    assert Proposal.objects.get(pk=proposal.pk).is_agreed
    assert not Proposal.objects.waiting().filter(pk=proposal.pk).exists()


def test_what_is_proposed_and_not_agreed_waits(cast, proposal):
    assert Proposal.objects.waiting().count() == 2
    catchball.accept(proposal, by=cast.cy)
    assert Proposal.objects.waiting().count() == 1
