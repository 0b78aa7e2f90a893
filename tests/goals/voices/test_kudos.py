"""Kudos: who may be thanked, who is told, what becomes of what is taken back."""

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import VersionMismatch
from goals import tree, undo
from goals.models import GoalFigures, Kudos, Signal
from goals.voices import access, kudos, signals
from tests.goals.measuring import kpi, rolled_up
from tests.goals.voices.telling import kudo, line, signal, told


def code(goal, receivers, text, by) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        kudos.give(goal, receivers, text, by=by)
    ((field, errors),) = refused.value.error_dict.items()
    return field, errors[0].code


def test_the_thanked_are_told_and_nobody_else(cast):
    goal, _ = line(cast)
    made = kudos.give(goal, [cast.cy, cast.dee], " Nine calls in a row ", by=cast.ada)
    assert made.text == "Nine calls in a row"
    assert told(cast.cy) == told(cast.dee) == ["Ada thanks you for Grow: Nine calls in a row"]
    assert told(cast.bo) == told(cast.ada) == []


def test_kudos_change_no_figure(cast):
    goal, below = line(cast)
    kpi(below, value=40)
    before = GoalFigures.objects.filter(goal=rolled_up(goal)).values().get()
    kudo(cast, goal)
    assert GoalFigures.objects.filter(goal=rolled_up(goal)).values().get() == before


def test_what_is_refused(cast):
    goal, _ = line(cast)
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    assert code(goal, [], "Thanks", cast.bo) == ("receivers", "required")
    assert code(goal, [cast.bo], "Thanks", cast.bo) == ("receivers", "yourself")
    assert code(secret, [cast.cy], "Thanks", cast.ada) == ("receivers", "cannot_see_goal")
    assert code(goal, [cast.eve], "Thanks", cast.ada) == ("receivers", "cannot_see_goal")
    assert code(goal, [cast.cy], " ", cast.bo) == ("text", "required")
    assert code(goal, [cast.cy], "x" * 2001, cast.bo) == ("text", "max_length")
    assert not Kudos.objects.exists()


def test_the_author_changes_the_words_and_they_are_marked(cast):
    made = kudo(cast, line(cast)[0])
    assert [access.can_edit_kudos(who, made) for who in (cast.bo, cast.cy, cast.ada)] == [True, False, False]
    edited = kudos.edit(made, "Even better", version=1)
    assert (edited.text, edited.version, edited.edited_at is not None) == ("Even better", 2, True)
    assert kudos.edit(edited, "Even better").version == 2
    with pytest.raises(VersionMismatch):
        kudos.edit(made, "Late", version=1)


def test_taken_back_it_is_gone_with_what_was_told(cast):
    goal, _ = line(cast)
    made, other = kudo(cast, goal), kudo(cast, goal, "Stays")
    assert [access.can_withdraw_kudos(who, made) for who in (cast.bo, cast.cy, cast.ada, cast.dee, cast.eve)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    kudos.withdraw(made)
    assert list(Kudos.objects.visible_to(cast.bo)) == [other]
    assert (Kudos.objects.get(pk=made.pk).text, told(cast.cy)) == ("", ["Bo thanks you for Grow: Stays"])


def test_others_join_in_once_and_may_leave(cast):
    made = kudo(cast, line(cast)[0])
    assert [access.can_join_kudos(who, made) for who in (cast.ada, cast.bo, cast.cy)] == [True, False, False]
    for _ in range(2):
        kudos.join(made, cast.ada, joins=True)
    assert list(made.joined.all()) == [cast.ada]
    kudos.join(made, cast.ada, joins=False)
    assert not made.joined.exists()


def test_what_people_said_comes_back_with_a_goal_that_was_deleted(cast):
    _, below = line(cast)
    kudos.join(kudo(cast, below, by=cast.bo), cast.ada, joins=True)
    signals.answer(signal(cast, below, by=cast.dee), "kept", "We stay with it", by=cast.cy)
    with undo.act(cast.ada, "deleted") as act:
        tree.delete(below, by=cast.ada)
    assert not Kudos.objects.exists()
    undo.take_back(act, cast.ada)
    again = Kudos.objects.get()
    assert (list(again.receivers.all()), list(again.joined.all())) == ([cast.cy], [cast.ada])
    assert Signal.objects.get().rounds.get().text == "We stay with it"


def test_kudos_on_a_goal_that_is_hidden_are_hidden(cast):
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    kudos.give(secret, [cast.dee], "Quietly", by=cast.ada)
    assert [Kudos.objects.visible_to(who).count() for who in (cast.dee, cast.cy, cast.eve)] == [1, 0, 0]
