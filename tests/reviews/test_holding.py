"""A review is opened, written down, signed off by somebody else and corrected beside what was signed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cascade.errors import Conflict, VersionMismatch
from people.models import Notification
from reviews import access, checking_in
from reviews.models import Correction, Review
from reviews.room import holding
from reviews.room.attending import attending
from tests.reviews.holding import at, room


@pytest.fixture
def held(cast):
    with at():
        yield room(cast)


def code(call, *args, **fields) -> str:
    with pytest.raises(Conflict) as refused:
        call(*args, **fields)
    return refused.value.code


def test_a_review_is_opened_once(held):
    review = held.opened()
    assert (review.state, review.opened_by, review.version) == ("open", held.cast.bo, 2)
    assert held.opened(held.cast.ada).opened_by == held.cast.bo
    assert review.history.first().history_user == held.cast.bo


def test_it_is_not_opened_before_its_period_nor_after_its_end(held):
    later = Review.objects.filter(goal=held.serve).latest("day")
    assert code(holding.begin, later, by=held.cast.bo) == "too_early"
    Review.objects.update(state="cancelled")
    assert code(holding.begin, held.review, by=held.cast.bo) == "review_over"


@pytest.mark.parametrize(("who", "may"), [("ada", True), ("bo", True), ("cy", False), ("dee", False), ("eve", False)])
def test_who_holds_a_review(held, who, may):
    person = getattr(held.cast, who)
    assert access.can_hold(person, held.review) is may
    if not may:
        with pytest.raises(PermissionDenied):
            held.opened(person)
        assert Review.objects.get(pk=held.review.pk).state == "planned"


def test_the_manager_of_who_owes_it_holds_it(held):
    review = Review.objects.select_related("goal").filter(goal=held.faster).first()
    held.cast.bo.role, held.cast.bo.unit = "member", None
    held.cast.bo.save()
    held.serve.revise(by=held.cast.ada, owner=held.cast.ada)
    assert access.can_hold(held.cast.bo, review)
    held.cast.cy.manager = None
    held.cast.cy.save()
    assert not access.can_hold(held.cast.bo, review)


def test_what_went_well_is_written_down(held):
    review = held.opened()
    written = holding.note(review, by=held.cast.bo, version=2, wins="Two depots stocked", notes="Short")
    assert (written.wins, written.notes, written.version) == ("Two depots stocked", "Short", 3)
    assert holding.note(review, by=held.cast.bo, wins="Two depots stocked").version == 3
    with pytest.raises(VersionMismatch):
        holding.note(review, by=held.cast.ada, version=2, wins="Old tab")
    assert (
        code(holding.note, Review.objects.filter(goal=held.faster).first(), by=held.cast.bo, wins="x")
        == "review_not_open"
    )


def test_somebody_else_signs_off(held):
    review = held.opened()
    checking_in.submit(review, held.cast.bo, confidence=3, comment="As it is")
    assert code(holding.sign_off, review, by=held.cast.bo) == "own_review"
    signed = holding.sign_off(review, by=held.cast.ada, version=2)
    assert (signed.state, signed.signed_by, signed.version) == ("signed", held.cast.ada, 3)
    assert set(signed.figures) == {str(goal.pk) for goal in (held.serve, held.faster, held.cheaper)}
    assert signed.figures[str(held.serve.pk)]["progress"] == "0.5"
    assert signed.figures[str(held.faster.pk)]["kpis"][0]["actual"] == "20"
    assert code(holding.sign_off, review, by=held.cast.ada) == "review_over"


def test_an_author_does_not_sign_even_when_somebody_else_owes_it(held):
    review = held.opened()
    held.serve.revise(by=held.cast.ada, contributors=[held.cast.ada])
    checking_in.submit(review, held.cast.ada, confidence=3, comment="As it is")
    assert code(holding.sign_off, review, by=held.cast.ada) == "own_review"
    assert Review.objects.get(pk=review.pk).state == "open"


@pytest.mark.parametrize("who", ["cy", "dee", "eve"])
def test_who_may_not_hold_it_does_not_sign(held, who):
    review = held.opened()
    with pytest.raises(PermissionDenied):
        holding.sign_off(review, by=getattr(held.cast, who))
    assert Review.objects.get(pk=review.pk).state == "open"


def test_a_planned_review_is_not_signed(held):
    assert code(holding.sign_off, held.review, by=held.cast.ada) == "review_not_open"


def signed(held) -> Review:
    return holding.sign_off(held.opened(), by=held.cast.ada)


def test_who_was_part_of_it_is_told(held):
    signed(held)
    assert [person.name for person in attending(Review.objects.get(pk=held.review.pk))] == ["Ada", "Bo", "Cy"]
    assert [row.person.name for row in Notification.objects.filter(kind="review_signed").order_by("pk")] == ["Bo", "Cy"]


def test_nobody_is_part_of_what_they_may_not_see(held):
    held.serve.revise(by=held.cast.ada, visibility="private", unit=None)
    assert [person.name for person in attending(Review.objects.get(pk=held.review.pk))] == ["Bo"]


def test_a_correction_stands_beside_what_was_signed(held):
    review = held.opened()
    check_in = checking_in.submit(review, held.cast.bo, confidence=3, comment="Two depots")
    with pytest.raises(Conflict):
        holding.correct(review, "Three", by=held.cast.ada)
    review = holding.sign_off(review, by=held.cast.ada)
    made = holding.correct(review, " Three depots ", by=held.cast.bo, check_in=check_in)
    assert (made.text, made.check_in.comment, list(Correction.objects.visible_to(held.cast.cy))) == (
        "Three depots",
        "Two depots",
        [made],
    )
    assert not Correction.objects.visible_to(held.cast.eve).exists()
    with pytest.raises(PermissionDenied):
        holding.correct(review, "Four", by=held.cast.cy)
    with pytest.raises(ValidationError):
        holding.correct(review, "  ", by=held.cast.ada)
