"""The first page of an empty Cascade."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client

from goals import founding
from goals.models import Cycle, Perspective, RollupState
from people.models import Level, Organisation, Person

ANSWERS = {
    "organisation": "Aurdal <Systems>",
    "timezone": "Europe/Oslo",
    "fiscal_start_month": "7",
    "name": "Ruth",
    "email": "Ruth@Aurdal.example",
    "password": "a long way up",
    "again": "a long way up",
}


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/change/"])
@pytest.mark.django_db
def test_while_nobody_is_there_every_page_leads_to_the_first_one(path):
    assert Client().get(path).url == "/welcome/"


@pytest.mark.django_db
def test_the_api_answers_as_always_while_nobody_is_there():
    assert Client().get("/api/v1/me/").status_code == 401


@pytest.mark.django_db
def test_the_first_page_makes_the_organisation_and_signs_its_administrator_in():
    client = Client()
    assert client.post("/welcome/", ANSWERS).url == "/"
    works, ruth = Organisation.objects.get(), Person.objects.get()
    assert (works.name, works.timezone, works.fiscal_start_month) == ("Aurdal <Systems>", "Europe/Oslo", 7)
    assert (ruth.email, ruth.role, ruth.organisation, ruth.timezone) == (
        "ruth@aurdal.example",
        "admin",
        works,
        "Europe/Oslo",
    )
    assert client.session["_auth_user_id"] == str(ruth.pk)
    assert [level.name for level in Level.objects.all()] == list(Level.DEFAULTS)
    assert [lane.name for lane in Perspective.objects.all()] == list(Perspective.DEFAULTS)
    assert RollupState.objects.get().organisation == works
    cycle = Cycle.objects.get()
    assert (cycle.state, cycle.start.month, cycle.due.month) == ("open", 7, 6)
    assert cycle.start <= works.today() <= cycle.due
    assert "Aurdal &lt;Systems&gt;" in client.get("/accounts/password/change/").content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"organisation": " "}, "This field is required."),
        ({"timezone": "Moon/Base"}, "Select a valid choice."),
        ({"fiscal_start_month": "13"}, "Select a valid choice."),
        ({"email": "ruth"}, "Enter a valid email address."),
        ({"again": "another way up"}, "The two passwords differ."),
        ({"password": "password1", "again": "password1"}, "This password is too common."),
        ({"password": "ruth@aurdal", "again": "ruth@aurdal"}, "The password is too similar to the email."),
    ],
)
@pytest.mark.django_db
def test_what_is_wrong_is_said_and_nothing_is_made(change, sentence):
    answer = Client().post("/welcome/", {**ANSWERS, **change})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert 'value="Ruth"' in page
    assert not Organisation.objects.exists()


def test_once_somebody_is_there_the_first_page_is_gone(cast):
    for client in (Client(), Client()):
        assert client.get("/welcome/").status_code == 404
        assert client.post("/welcome/", ANSWERS).status_code == 404
    assert Organisation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_make_one_organisation():
    clients, start, answers = [Client(), Client()], threading.Barrier(2), []

    def send(client, name):
        start.wait()
        answers.append(client.post("/welcome/", {**ANSWERS, "email": f"{name}@aurdal.example"}).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=pair) for pair in zip(clients, ("ruth", "mina"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert (Organisation.objects.count(), Person.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("month", "named_by", "on", "name", "start", "due"),
    [
        (1, "end", "2026-11-24", "2026", "2026-01-01", "2026-12-31"),
        (4, "end", "2026-03-31", "FY2026", "2025-04-01", "2026-03-31"),
        (4, "end", "2026-04-01", "FY2027", "2026-04-01", "2027-03-31"),
        (4, "start", "2026-04-01", "FY2026", "2026-04-01", "2027-03-31"),
        (3, "end", "2028-02-29", "FY2028", "2027-03-01", "2028-02-29"),
    ],
)
@pytest.mark.django_db
def test_the_first_cycle_is_the_fiscal_year_that_holds_the_day(month, named_by, on, name, start, due):
    works = founding.found("Works", fiscal_start_month=month, fiscal_year_named_by=named_by)
    cycle = founding.open_year(works, dt.date.fromisoformat(on))
    assert (cycle.name, str(cycle.start), str(cycle.due)) == (name, start, due)
