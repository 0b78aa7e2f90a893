"""Telling people what happened: once, the right ones, in words."""

import pytest

from people import notifications
from people.models import MutedKind, Notification
from people.notifications import notify

pytestmark = pytest.mark.usefixtures("hello")


def test_each_person_is_told_once_however_often_it_runs(cast):
    for _ in range(2):
        notify([cast.bo, cast.cy], "hello", "1", by="Ada", word="hello")
    notify([cast.bo], "hello", "2", by="Ada", word="again")
    assert [n.key for n in Notification.objects.visible_to(cast.bo).order_by("id")] == ["hello 1", "hello 2"]
    assert Notification.objects.visible_to(cast.cy).count() == 1


def test_the_sentence_takes_what_people_typed_literally(cast):
    notify([cast.bo], "hello", "1", by="100 % Ada %(word)s", word="<b>")
    assert notifications.sentence(Notification.objects.get()) == "100 % Ada %(word)s says <b>"


def test_who_left_is_not_told(cast):
    cast.cy.is_active = False
    cast.cy.save()
    notify([cast.cy], "hello", "1", by="Ada", word="bye")
    assert not Notification.objects.exists()


def test_a_muted_kind_arrives_as_read(cast):
    MutedKind.objects.create(person=cast.bo, kind="hello")
    notify([cast.bo, cast.cy], "hello", "1", by="Ada", word="hello")
    assert {n.person_id: n.read_at is None for n in Notification.objects.all()} == {cast.bo.pk: False, cast.cy.pk: True}


def test_a_kind_that_nobody_registered_is_a_mistake_of_the_program(cast):
    with pytest.raises(KeyError):
        notify([cast.bo], "unheard", "1")
    assert notifications.sentence(Notification(kind="gone", facts={})) == "Something changed."
