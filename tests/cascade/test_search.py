"""Finding goals, KPIs, people and pages: as written, misspelt, and only what the reader may see."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cascade.search import search
from goals.models import Goal
from tests.goals.measuring import kpi


def found(person, text) -> dict[str, list[str]]:
    return {group.title: [one.text for one in group.found] for group in search(person, text)}


@pytest.fixture
def company(cast):
    top = cast.goal("Raise customer satisfaction", owner=cast.ada)
    kpi(cast.goal("Answer within 8 hours", top, owner=cast.bo), "response time", 5)
    cast.goal("Ålesund opens in March", top, owner=cast.cy)
    return cast


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("customer", "Raise customer satisfaction"),
        ("SATISFACTION raise", "Raise customer satisfaction"),
        ("custmer satisfation", "Raise customer satisfaction"),
        ("ålesund", "Ålesund opens in March"),
        ("ÅLESUND", "Ålesund opens in March"),
        ("8 hours", "Answer within 8 hours"),
    ],
)
def test_goals_are_found_as_written_and_as_meant(company, text, title):
    assert found(company.ada, text)["Goals"] == [title]


def test_kpis_people_and_pages_are_found(company):
    assert found(company.ada, "response time")["KPIs"] == ["response time"]
    assert found(company.ada, "respnse")["KPIs"] == ["response time"]
    assert found(company.ada, "Bo")["People"] == ["Bo"]
    assert found(company.ada, "dashbord")["Pages"] == ["Dashboard"]


def test_what_begins_with_the_text_comes_first(cast):
    for title in ("Unsold stock", "We sold more", "Sold out"):
        cast.goal(title)
    assert found(cast.ada, "sold")["Goals"] == ["Sold out", "We sold more", "Unsold stock"]


def test_nothing_like_it_is_nothing(company):
    assert found(company.ada, "zzzzzz") == {}
    assert found(company.ada, "%") == {}
    assert found(company.ada, "_______") == {}


def test_without_text_ones_own_goals_and_the_pages(company):
    assert found(company.cy, "")["Goals"] == ["Ålesund opens in March"]
    assert "Dashboard" in found(company.cy, "")["Pages"]
    assert "People" not in found(company.cy, "")


@pytest.mark.parametrize("text", ["secret", "sercet", "margin"])
def test_hidden_goals_and_other_organisations_are_not_found(company, text):
    hidden = company.goal("Secret plan", owner=company.ada, visibility=Goal.Visibility.PRIVATE)
    kpi(hidden, "secret margin", 3)
    assert found(company.cy, text) == {}
    assert found(company.eve, text) == {}
    assert found(company.ada, text)


def test_people_of_other_organisations_are_not_found(company):
    assert "People" not in found(company.eve, "Bo")


def test_somebody_one_may_not_follow_leads_to_their_goals(company):
    ada = next(one for group in search(company.cy, "Ada") for one in group.found if group.title == "People")
    cy = next(one for group in search(company.ada, "Cy") for one in group.found if group.title == "People")
    assert ada.url == f"{reverse('goals:tree')}?q=Ada"
    assert cy.url == reverse("kpis:line_of_sight", args=[company.cy.pk])


def test_as_many_queries_whatever_there_is(cast):
    client = Client()
    client.force_login(cast.ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            answer = client.get(reverse("search"), {"q": "sales"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return len(made)

    kpi(cast.goal("Sales grow"), "sales", 5)
    one = queries()
    for number in range(4):
        kpi(cast.goal(f"Sales of {number}"), f"sales {number}", 5)
    assert queries() <= one


@pytest.mark.parametrize("text", ["", " ", "\x00", "'", "%", "\\", "a" * 5000, "🙂", "(", "*"])
def test_odd_text_is_no_error(company, text):
    client = Client()
    client.force_login(company.ada)
    assert client.get(reverse("search"), {"q": text}).status_code == 200
