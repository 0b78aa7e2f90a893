import pytest
from django.core.exceptions import ValidationError

from cascade.once import make_once, new_key
from goals.models import Perspective


def made(cast, key: str, who=None) -> int:
    return make_once(who or cast.ada, key, lambda: Perspective.objects.create(organisation=cast.works, name=new_key()))


def test_a_form_sent_twice_makes_one_row(cast):
    key = new_key()
    assert made(cast, key) == made(cast, key)
    assert Perspective.objects.filter(organisation=cast.works).count() == 2


def test_another_form_or_person_makes_another_row(cast):
    key = new_key()
    assert len({made(cast, key), made(cast, new_key()), made(cast, key, cast.bo)}) == 3


def test_a_refused_form_can_be_sent_again(cast):
    def refuse():
        raise ValidationError("no")

    with pytest.raises(ValidationError):
        make_once(cast.ada, "k", refuse)
    assert made(cast, "k")
