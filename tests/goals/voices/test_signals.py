"""Signals upward: who may, who must answer, who knows whose they are, what happens when nobody answers."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cascade.errors import Conflict, VersionMismatch
from goals.models import Goal, Signal
from goals.tasks import escalate_signals
from goals.voices import access, signals
from kpis.owed import asked_of
from people.models import Person
from tests.cast import person
from tests.goals.voices.telling import answered, line, signal, told, waited


def conflict(act) -> str:
    with pytest.raises(Conflict) as refused:
        act()
    return refused.value.code


def test_the_owner_is_told_answers_and_the_author_hears_it(cast):
    goal, _ = line(cast)
    made = signal(cast, goal, "  The numbers were set before the strike. ")
    assert told(cast.bo) == ["Cy signals on Grow: The numbers were set before the strike."]
    assert [each.pk for each in signals.to_answer(cast.bo)] == [made.pk]

    done = signals.answer(made, "kept", "They hold: we get two more people.", by=cast.bo, version=1)
    assert (done.state, done.outcome, done.version) == ("answered", "kept", 2)
    assert told(cast.cy) == ["Bo answers your signal on Grow: They hold: we get two more people."]
    assert signals.to_answer(cast.bo) == []


def test_only_who_works_below_and_does_not_own_it_may_signal(cast):
    goal, below = line(cast)
    assert access.can_signal(cast.cy, goal)
    assert not any(access.can_signal(who, goal) for who in (cast.bo, cast.ada, cast.dee, cast.eve))
    assert not access.can_signal(cast.cy, below)
    below.revise(by=cast.ada, contributors=[cast.dee])
    assert access.can_signal(cast.dee, goal)
    assert access.can_signal(cast.dee, below)
    Goal.objects.filter(pk=goal.pk).update(state="cancelled")
    assert not access.can_signal(cast.cy, Goal.objects.get(pk=goal.pk))


def test_one_open_signal_of_a_kind_and_another_after_the_answer(cast):
    goal, _ = line(cast)
    first = signal(cast, goal)
    assert conflict(lambda: signal(cast, goal, "Again")) == "already_open"
    signal(cast, goal, kind="wrong_measure")
    signals.answer(first, "agreed", "You are right", by=cast.bo)
    assert signal(cast, goal, "Again").state == Signal.State.OPEN


@pytest.mark.parametrize(("text", "code"), [(" \n ", "required"), ("x" * 4001, "max_length")])
def test_a_signal_and_an_answer_say_something_and_not_too_much(cast, text, code):
    goal, _ = line(cast)
    with pytest.raises(ValidationError) as refused:
        signal(cast, goal, text)
    assert refused.value.error_dict["text"][0].code == code
    made = signal(cast, goal)
    with pytest.raises(ValidationError):
        signals.answer(made, "kept", text, by=cast.bo)
    made.refresh_from_db()
    assert made.state == Signal.State.OPEN


def test_the_author_sends_it_again_once_and_every_answer_is_kept(cast):
    goal, _ = line(cast)
    made = answered(cast, goal)
    again = signals.reopen(made, "That does not help us", by=cast.cy)
    assert (again.state, again.outcome) == ("open", "")
    assert told(cast.bo)[-1] == "Cy is not content with the answer on Grow: That does not help us"
    signals.answer(again, "changed", "Lowered by a tenth", by=cast.bo)
    assert list(made.rounds.values_list("kind", "outcome", "text")) == [
        ("answered", "kept", "We stay with it"),
        ("reopened", "", "That does not help us"),
        ("answered", "changed", "Lowered by a tenth"),
    ]
    assert conflict(lambda: signals.reopen(made, "Still not", by=cast.cy)) == "reopened_before"


def test_what_is_not_open_is_not_answered_and_what_is_answered_is_not_taken_back(cast):
    goal, _ = line(cast)
    made = answered(cast, goal)
    assert conflict(lambda: signals.answer(made, "kept", "Again", by=cast.bo)) == "not_open"
    assert conflict(lambda: signals.withdraw(made)) == "not_open"
    other = signals.withdraw(signal(cast, goal))
    assert conflict(lambda: signals.reopen(other, "Again", by=cast.cy)) == "not_answered"
    with pytest.raises(VersionMismatch):
        signals.answer(other, "kept", "Late", by=cast.bo, version=1)


def test_sent_again_it_does_not_stand_beside_another_open_one(cast):
    goal, _ = line(cast)
    made = answered(cast, goal)
    signal(cast, goal, "A new one")
    assert conflict(lambda: signals.reopen(made, "And the old one", by=cast.cy)) == "already_open"


def test_whose_it_is_know_the_author_the_owner_and_those_above(cast):
    goal, _ = line(cast)
    mate = person(cast.works, "Max", "member", unit=cast.team)
    made = signal(cast, goal)

    def names(who: Person) -> list[bool]:
        return list(Signal.objects.visible_to(who).with_names(who).values_list("named", flat=True))

    assert [names(who) for who in (cast.cy, cast.bo, cast.ada, cast.dee)] == [[True]] * 4
    assert names(mate) == [False]
    assert names(cast.eve) == []
    boss = person(cast.works, "Zoe", "member")
    Person.objects.filter(pk=cast.bo.pk).update(manager=boss)
    assert names(boss) == [True]
    Goal.objects.filter(pk=goal.pk).update(visibility="private", unit=None)
    assert names(mate) == []
    assert made.author == cast.cy


def test_after_two_weeks_the_manager_is_told_once_and_owes_it_too(cast):
    goal, _ = line(cast)
    boss = person(cast.works, "Zoe", "member")
    Person.objects.filter(pk=cast.bo.pk).update(manager=boss)
    made, young = waited(signal(cast, goal), 15), waited(signal(cast, goal, kind="wrong_measure"), 13)
    assert signals.to_answer(boss) == []
    assert not access.can_answer_signal(boss, Signal.objects.get(pk=made.pk))
    escalate_signals()
    escalate_signals()

    assert told(boss) == ["A signal on Grow has waited 15 days for an answer by Bo: Too far away"]
    assert told(cast.bo)[-1].startswith("A signal on Grow has waited 15 days for your answer.")
    assert [each.pk for each in signals.to_answer(boss)] == [made.pk]
    assert [access.can_answer_signal(boss, Signal.objects.get(pk=each.pk)) for each in (made, young)] == [True, False]
    assert not access.can_answer_signal(cast.cy, Signal.objects.get(pk=made.pk))


def test_without_a_manager_the_owner_above_is_told_and_nothing_of_ended_goals(cast):
    goal, _ = line(cast)
    top = cast.goal("Top", owner=cast.dee, level=0)
    low = cast.goal("Low", top, owner=cast.bo, contributors=[cast.cy])
    waited(signal(cast, low), 20)
    waited(signal(cast, goal), 20)
    Goal.objects.filter(pk=goal.pk).update(state="cancelled")
    assert signals.escalate(timezone.now()) == 1
    assert len(told(cast.dee)) == 1
    assert [each.goal_id for each in signals.to_answer(cast.bo)] == [low.pk]


def test_a_goal_without_an_owner_is_answered_by_who_may_edit_it(cast):
    top = cast.goal("Top", owner=cast.dee)
    goal = cast.goal("Nobody's", top, contributors=[cast.cy], unit=cast.sales)
    made = signal(cast, goal)
    assert told(cast.dee) == ["Cy signals on Nobody's: Too far away"]
    assert [access.can_answer_signal(who, made) for who in (cast.bo, cast.cy)] == [True, False]


def test_the_agenda_has_the_longest_waiting_first(cast):
    goal, below = line(cast)
    below.revise(by=cast.ada, contributors=[cast.dee])
    young, old = signal(cast, goal), waited(signal(cast, below, by=cast.dee), 3)
    answered(cast, goal, kind="wrong_measure")
    found = signals.open_signals(Goal.objects.subtree(goal), cast.bo)
    assert [each.pk for each in found] == [old.pk, young.pk]
    assert found[0].waits_since < timezone.now() - dt.timedelta(days=2)


def test_what_waits_for_an_answer_is_owed_on_the_line_of_sight(cast):
    goal, _ = line(cast)
    signal(cast, goal)
    assert [(each.title, each.detail, each.late) for each in asked_of(cast.bo)] == [
        ("Grow", "Signal: not reachable. It came today.", False)
    ]
    waited(Signal.objects.get(), 15)
    escalate_signals()
    Person.objects.filter(pk=cast.bo.pk).update(manager=cast.dee)
    assert [(each.detail, each.late) for each in asked_of(Person.objects.get(pk=cast.dee.pk))] == [
        ("Signal: not reachable. Bo has not answered for 15 days.", True)
    ]
    assert asked_of(cast.cy) == []
