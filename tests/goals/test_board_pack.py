"""The board pack: the dashboard's figures as a document, of what the reader may see, on today or a past date."""

import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from goals import progress
from goals.models import Goal
from tests.goals.measuring import rolled_up
from tests.goals.test_views_board import daily


def document(person, **query) -> PdfReader:
    client = Client()
    client.force_login(person)
    answer = client.get("/dashboard/board-pack.pdf", query)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(answer.content))


def text(person, **query) -> str:
    return " ".join(" ".join(page.extract_text() for page in document(person, **query).pages).split())


@pytest.fixture
def company(cast):
    """Serve at 60 % off track through Faster; Win at 100 %."""
    serve, win = cast.goal("Serve", owner=cast.ada, weight=Decimal(3)), cast.goal("Win")
    faster = cast.goal("Faster", serve, owner=cast.bo, unit=cast.sales)
    daily(faster, "speed", 60)
    daily(win, "wins", 100)
    return [rolled_up(goal) for goal in (serve, win, faster)]


def test_it_says_what_the_dashboard_says(cast, company):
    said = text(cast.cy)
    assert "One of two strategic goals keeps pace." in said
    assert "Serve Ada · 75% of the strategy · 1 below in trouble 60%" in said
    assert "1 Faster Bo · Sales · Serve −40 −40 Off track" in said
    assert "Sales 60%" in said
    assert "100% of the strategy's weight has data." in said


def test_each_page_is_numbered_and_says_whose_it_is(cast, company):
    pages = document(cast.cy).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        said = " ".join(page.extract_text().split())
        assert f"{number} of {len(pages)}" in said
        assert f"Works · {cast.cycle.name}" in said


def test_it_holds_only_what_the_reader_may_see(cast, company):
    hidden = cast.goal("Secret merger", company[0], owner=cast.ada, visibility=Goal.Visibility.PRIVATE)
    daily(hidden, "steps", 10)
    progress.roll_up(cast.works.pk)
    assert "Secret merger" in text(cast.ada)
    assert "Secret merger" not in text(cast.cy)
    assert "Serve" not in text(cast.eve)


def test_a_past_date_says_so(cast, company):
    yesterday = cast.cycle.start.isoformat()
    assert "This document shows a past date." in text(cast.cy, as_of=yesterday)
    assert "past date" not in text(cast.cy)


def test_what_people_type_is_text_and_no_markup(cast):
    goal = cast.goal('#panic("x") *bold* $1$ @here <script> \\ [ "quoted" ] ' + "very long title " * 20)
    daily(goal, "k", 50)
    rolled_up(goal)
    assert '#panic("x") *bold* $1$ @here <script> \\ [ "quoted" ]' in text(cast.ada)


def test_an_empty_organisation_gets_a_document_too(cast):
    assert "There is no strategic goal yet." in text(cast.ada)


def test_as_many_queries_whatever_the_goals(cast, company):
    client = Client()
    client.force_login(cast.ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/dashboard/board-pack.pdf").status_code == 200
        return len(found)

    few = queries()
    for number in range(4):
        daily(cast.goal(f"More {number}", cast.goal(f"Top {number}"), unit=cast.team), f"m{number}", 20)
    progress.roll_up(cast.works.pk)
    assert queries() == few


def test_the_document_is_tagged_for_screen_readers(cast, company):
    assert document(cast.cy).trailer["/Root"]["/MarkInfo"]["/Marked"]
