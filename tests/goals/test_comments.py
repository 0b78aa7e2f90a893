"""Comments: who is mentioned, who is told, what becomes of other words."""

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import VersionMismatch
from cascade.links import linked
from goals import access, comments
from goals.models import Comment
from people.models import Notification, Person
from people.notifications import sentence
from tests.cast import person
from tests.planning import comment


def told(who) -> list[str]:
    return [sentence(each) for each in Notification.objects.filter(person=who).order_by("pk")]


def mentioned(made: Comment) -> set[str]:
    return set(made.mentioned.values_list("name", flat=True))


def code(goal, text, by) -> str:
    with pytest.raises(ValidationError) as refused:
        comments.create(goal, text, by=by)
    return refused.value.error_dict["text"][0].code


def test_the_mentioned_and_the_owner_are_told_and_nobody_else(cast):
    goal = cast.goal("Grow", owner=cast.bo)
    made = comment(cast, goal, "  @Cy, look at this. ")

    assert made.text == "@Cy, look at this."
    assert told(cast.cy) == ["Ada mentions you on Grow: @Cy, look at this."]
    assert told(cast.bo) == ["Ada wrote on Grow: @Cy, look at this."]
    assert told(cast.ada) == told(cast.dee) == []


def test_an_owner_who_is_mentioned_is_told_once_and_authors_never(cast):
    comment(cast, cast.goal("Grow", owner=cast.bo), "@Bo and @Ada")

    assert told(cast.bo) == ["Ada mentions you on Grow: @Bo and @Ada"]
    assert told(cast.ada) == []


def test_who_may_not_see_the_goal_cannot_be_mentioned(cast):
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    made = comment(cast, secret, "@Cy @Eve @Dee")

    assert mentioned(made) == {"Dee"}
    assert told(cast.cy) == told(cast.eve) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Ann Lee Smith!", {"Ann Lee Smith"}),
        ("@Ann Lee, and you", {"Ann Lee"}),
        ("@ann lee", {"Ann Lee"}),
        ("@Ann Leeds", {"Ann"}),
        ("@Anna", set()),
        ("mail to me@Ann.example", set()),
        ("@ Ann", set()),
        ("(@Ann) @Ann", {"Ann"}),
        ("@Åse ß", {"Åse ß"}),
    ],
)
def test_the_longest_name_that_fits_is_meant(cast, text, names):
    for name, email in (("Ann", "1"), ("Ann Lee", "2"), ("Ann Lee Smith", "3"), ("Åse ß", "4")):
        made = person(cast.works, f"p{email}", "member")
        Person.objects.filter(pk=made.pk).update(name=name)

    assert mentioned(comment(cast, cast.goal(), text)) == names


def test_of_two_with_one_name_the_address_says_who_and_is_not_kept(cast):
    goal = cast.goal()
    other = person(cast.works, "Cyril", "member")
    Person.objects.filter(pk=other.pk).update(name="Cy")

    assert code(goal, "@Cy come", cast.ada) == "several_called_so"
    made = comments.create(goal, f"@Cy <{other.email}> come", by=cast.ada)
    assert (made.text, list(made.mentioned.all())) == ("@Cy come", [other])
    comments.edit(made, "@Cy, come")
    assert list(made.mentioned.all()) == [other]


def test_a_comment_says_something_and_not_too_much(cast):
    goal = cast.goal()

    assert code(goal, " \n ", cast.ada) == "required"
    assert code(goal, "x" * 10_001, cast.ada) == "max_length"


def test_other_words_are_marked_and_only_the_newly_mentioned_are_told(cast):
    made = comment(cast, cast.goal(owner=cast.bo), "@Cy look")
    edited = comments.edit(made, "@Cy and @Dee look", version=1)

    assert (edited.text, edited.version, edited.edited_at is not None) == ("@Cy and @Dee look", 2, True)
    assert [len(told(who)) for who in (cast.cy, cast.dee, cast.bo)] == [1, 1, 1]
    with pytest.raises(VersionMismatch):
        comments.edit(made, "Late", version=1)
    assert comments.edit(edited, "@Cy and @Dee look").version == 2


def test_a_deleted_comment_keeps_its_place_and_loses_its_words(cast):
    made = comments.delete(comment(cast, cast.goal(), "@Cy wrong"))

    assert (made.text, made.deleted_at is not None, mentioned(made)) == ("", True, set())
    assert comments.delete(made).version == made.version


def test_authors_change_their_own_and_the_administrator_may_delete(cast):
    made = comment(cast, cast.goal(), by=cast.cy)

    assert [access.can_edit_comment(who, made) for who in (cast.cy, cast.ada, cast.bo)] == [True, False, False]
    assert [access.can_delete_comment(who, made) for who in (cast.cy, cast.ada, cast.bo)] == [True, True, False]
    deleted = comments.delete(made)
    assert not access.can_edit_comment(cast.cy, deleted)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see https://a.example/x?y=1&z, ok", 'href="https://a.example/x?y=1&amp;z"'),
        ("mailto:me@a.example.", 'href="mailto:me@a.example"'),
        ("<b>http://a.example</b>", "&lt;b&gt;<a"),
    ],
)
def test_addresses_become_links_and_all_else_is_text(text, html):
    assert html in linked(text)


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "https://", "ftp://a.example", "//a.example"]
)
def test_other_addresses_stay_text(text):
    assert "<a" not in linked(text)
