"""A value entered on the goal's page; what a KPI's page tells around it."""

import pytest
from django.test import Client
from django.urls import reverse

from kpis.models import KpiFigures
from tests.goals.measuring import kpi, rolled_up
from tests.pages.reading import read
from tests.planning import initiative, process, resource

HTMX = {"HX-Request": "true"}


@pytest.fixture
def measured(cast):
    goal = cast.goal("Grow", owner=cast.cy)
    made = kpi(goal, "calls", start=cast.works.today().replace(day=1))
    rolled_up(goal)
    return made


def ask(who, measured, value=None):
    client = Client()
    client.force_login(who)
    first = measured.start.isoformat()
    if value is None:
        return client.get(reverse("kpis:begin_value", args=[measured.pk]), headers=HTMX)
    address = reverse("kpis:enter_value", args=[measured.pk, first])
    return client.post(address, {"value": value, "seen": "0"}, headers=HTMX)


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("cy", 200), ("bo", 200), ("dee", 403), ("eve", 404)])
def test_who_may_record_begins_and_saves(cast, measured, who, status):
    person = getattr(cast, who)
    assert ask(person, measured).status_code == status
    assert ask(person, measured, "60").status_code == status
    assert measured.measurements.filter(value=60).count() == (status == 200)


def test_what_is_no_number_stays_in_the_form(cast, measured):
    answer = ask(cast.cy, measured, "many")

    assert answer.status_code == 422
    assert 'value="many"' in answer.content.decode()
    assert not measured.measurements.exists()


def test_a_kpi_that_is_not_measured_yet_has_no_period_to_enter(cast, measured):
    type(measured).objects.filter(pk=measured.pk).update(start="2999-01-01", due="2999-12-31")
    answer = ask(cast.cy, measured)
    assert (answer.status_code, answer.content.decode()) == (409, "Its first period has not begun.")


def test_the_page_of_a_kpi_tells_its_processes_the_work_meant_to_move_it_and_help_where_it_lags(cast, measured):
    secret = cast.goal("Secret", owner=cast.ada, visibility="private")
    process(cast, "Purchasing", kpis=[measured], owner=cast.bo)
    resource(cast, "A guide", kpis=[measured])
    initiative(cast, measured.goal, title="Call back", kpis=[measured])
    initiative(cast, secret, title="Hidden work", kpis=[measured])
    client = Client()
    client.force_login(cast.cy)

    def shown():
        return read(client.get(reverse("kpis:detail", args=[measured.pk]))).text

    KpiFigures.objects.filter(kpi=measured).update(status="on_track")
    text = shown()
    assert "Purchasing" in text
    assert "Call back" in text
    assert "Hidden work" not in text
    assert "A guide" not in text
    KpiFigures.objects.filter(kpi=measured).update(status="off_track")
    assert "A guide" in shown()
