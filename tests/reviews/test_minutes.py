"""The minutes of a review: what they tell to whom, as a page, as a document and by mail."""

import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from goals import progress
from kpis.recording import record_one
from people.models import Person
from reviews import checking_in, tasks
from reviews.models import MailedMinutes, Review
from reviews.room import deciding, holding, mailing
from tests.goals.test_views_board import signed_in
from tests.pages.reading import read
from tests.reviews.holding import OPENED, at, room

TODAY = OPENED.date()


@pytest.fixture
def held(cast):
    """Serve's review, opened, with Cy's check-in about Faster."""
    with at():
        made = room(cast)
        review = Review.objects.filter(goal=made.faster).earliest("day")
        given = {"comment": "Two depots without parts", "blockers": "No parts", "next_steps": "Stock them"}
        checking_in.submit(review, cast.cy, confidence=2, reported_status="at_risk", **given)
        made.review = made.opened()
        holding.note(made.review, by=cast.bo, wins="Six weeks below <4> hours", notes="Short")
        yield made


def decided(held) -> None:
    target = {"kpi": held.speed, "since": TODAY, "target": Decimal(40)}
    deciding.decide(held.review, "adjust_target", by=held.cast.bo, goal=held.faster, reason="Parts come late", **target)
    action = {"title": "Stock two depots", "owner": held.cast.cy, "due": TODAY}
    deciding.decide(held.review, "add_action", by=held.cast.bo, goal=held.serve, reason="Agreed", **action)


def signed(held) -> Review:
    decided(held)
    return holding.sign_off(held.review, by=held.cast.ada)


def page(person: Person, review: Review, name: str = "minutes", status: int = 200):
    answer = signed_in(person).get(reverse(f"reviews:{name}", args=[review.pk]))
    assert answer.status_code == status
    return answer


def text(person: Person, review: Review) -> str:
    return read(page(person, review)).text


def document(person: Person, review: Review) -> str:
    pages = PdfReader(io.BytesIO(page(person, review, "minutes_document").content)).pages
    return " ".join(" ".join(each.extract_text() for each in pages).split())


def test_they_tell_what_was_said_and_decided(held):
    review = signed(held)
    told = text(held.cast.bo, review)
    assert "Signed off by Ada on 10 Apr 2026; the figures are those of that day." in told
    assert "3 present or concerned: Ada, Bo, Cy" in told
    assert "Six weeks below <4> hours Notes Short" in told
    assert "Faster On track 50% expected 27.4%" in told
    assert "Cy · Confidence 2 of 5 · Reported At risk" in told
    assert "Two depots without parts Next: Stock them In the way: No parts" in told
    assert "Target speed: 100 becomes 40 from 10 Apr 2026 Faster Parts come late" in told
    assert "Action Stock two depots Serve · Cy, until 10 Apr 2026 Agreed" in told


def test_what_was_signed_stays_when_figures_and_words_change(held):
    review = signed(held)
    before = text(held.cast.bo, review)
    record_one(held.speed, TODAY, Decimal(30), by=None, note="Counted again")
    progress.roll_up(held.cast.works.pk)
    own = Review.objects.filter(goal=held.faster).earliest("day")
    checking_in.submit(own, held.cast.cy, comment="Changed afterwards")
    with at(days=1):
        assert text(held.cast.bo, review) == before
    holding.correct(review, "It was three depots", by=held.cast.ada)
    assert "Corrected after sign-off corrected It was three depots Ada, 10 Apr 2026" in text(held.cast.bo, review)


def test_until_then_they_tell_how_it_stands(held):
    assert "Not signed off yet" in text(held.cast.bo, held.review)


def test_the_document_says_the_same_with_pages_and_tags(held):
    review = signed(held)
    told = document(held.cast.bo, review)
    for words in (
        "Signed off by Ada on 10 April 2026",
        "Two depots without parts",
        "In the way: No parts",
        "Confidence 2 of 5",
        "speed: 100 becomes 40 from 10 Apr 2026",
        "“Parts come late”",
        "Six weeks below <4> hours",
        "1 of ",
        "Works · Review of Serve",
    ):
        assert words in told
    content = page(held.cast.bo, review, "minutes_document").content
    catalog = PdfReader(io.BytesIO(content)).trailer["/Root"]
    assert "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en"


def test_confidence_blockers_and_private_goals_are_not_for_everybody(held):
    held.cheaper.revise(by=held.cast.ada, visibility="private", owner=held.cast.bo, unit=None)
    review = signed(held)
    other = Person.objects.create_user("fi@works.example", organisation=held.cast.works, name="Fi", role="member")
    for told in (text(other, review), document(other, review)):
        assert "Two depots without parts" in told
        for hidden in ("No parts", "Confidence 2", "Cheaper"):
            assert hidden not in told
    assert "Cheaper" in text(held.cast.bo, review)
    page(held.cast.eve, review, status=404)
    page(held.cast.eve, review, "minutes_document", status=404)


def test_everybody_who_was_part_of_it_gets_them_once(held, mailoutbox, monkeypatch, django_capture_on_commit_callbacks):
    held.cheaper.revise(by=held.cast.ada, visibility="private", owner=held.cast.bo, unit=None)
    asked = []
    monkeypatch.setattr(tasks.mail_minutes, "delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        review = signed(held)
    assert asked == [review.pk]
    monkeypatch.setattr(tasks.mail_minutes_to, "delay", tasks.mail_minutes_to)
    for _ in range(2):
        tasks.mail_minutes(review.pk)
    assert sorted(message.to[0] for message in mailoutbox) == [
        f"{name} <{name.lower()}@works.example>" for name in ("Ada", "Bo", "Cy")
    ]
    to_cy = next(message for message in mailoutbox if "cy@" in message.to[0])
    assert to_cy.subject == f"Minutes: Serve, {review.name}"
    assert "speed: 100 becomes 40 from 10 Apr 2026" in to_cy.body
    assert f"/reviews/{review.pk}/minutes/" in to_cy.body
    [(name, content, kind)] = to_cy.attachments
    assert (name.endswith(".pdf"), kind) == (True, "application/pdf")
    told = " ".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages)
    assert "Two depots" in told
    assert "Cheaper" not in told
    assert not mailing.send(review, held.cast.cy)
    assert MailedMinutes.objects.count() == len(mailoutbox) == 3


def test_a_review_that_is_not_signed_is_mailed_to_nobody(held, mailoutbox):
    tasks.mail_minutes(held.review.pk)
    assert mailoutbox == []


def test_they_read_in_the_language_and_on_the_clock_of_who_gets_them(held, mailoutbox):
    review = signed(held)
    held.cast.cy.language = "nb"
    held.cast.cy.save()
    tasks.mail_minutes_to(review.pk, held.cast.cy.pk)
    [message] = mailoutbox
    content = PdfReader(io.BytesIO(message.attachments[0][1]))
    assert content.trailer["/Root"]["/Lang"] == "nb"


def test_as_many_queries_whatever_was_decided(held):
    review = signed(held)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page(held.cast.bo, review)
        return len(found)

    queries()
    one = queries()
    Review.objects.filter(pk=review.pk).update(state="open")
    decided_again(held)
    Review.objects.filter(pk=review.pk).update(state="signed")
    assert queries() == one


def decided_again(held) -> None:
    for title in ("One", "Two", "Three"):
        action = {"title": title, "owner": held.cast.cy, "due": TODAY}
        deciding.decide(held.review, "add_action", by=held.cast.bo, goal=held.cheaper, reason="x", **action)
