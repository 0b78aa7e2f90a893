"""Recording from a mail: what a link does, and everything that it must not do."""

import datetime as dt
import html
from decimal import Decimal

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client

from goals.models import Goal
from kpis import definitions, record_links
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.record_links import record_link
from tests.kpis.measuring import made, record

MARCH = dt.date(2026, 3, 1)


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def goal(april, cast) -> Goal:
    return cast.goal("Answer faster", owner=cast.bo, why="A secret why")


@pytest.fixture
def kpi(cast, goal) -> Kpi:
    kpi = made(goal, data_owner=cast.cy, definition="A secret definition")
    record(kpi, dt.date(2026, 2, 1), "43.21")
    return kpi


@pytest.fixture
def link(cast, kpi) -> str:
    return path_of(cast.cy, kpi)


def path_of(person, kpi, first=MARCH) -> str:
    return "/" + record_link(person, kpi, first).split("/", 3)[3]


def words(response) -> str:
    return html.unescape(" ".join(response.content.decode().split())).replace("\N{NO-BREAK SPACE}", " ")


def send(path: str, value: str = "45.5", seen: int = 0, client: Client | None = None):
    return (client or Client()).post(path, {"value": value, "seen": seen})


def values() -> list[Decimal]:
    return list(Measurement.objects.filter(period=MARCH).values_list("value", flat=True))


def test_a_value_is_recorded_without_signing_in_as_that_person(cast, kpi, link):
    page = Client().get(link)
    assert page.status_code == 200
    for told in ("Response time", "March 2026", "40 min", "recorded as Cy"):
        assert told in words(page)
    done = send(link)
    assert (done.status_code, "45.5 min for March 2026" in words(done)) == (200, True)
    revision = MeasurementRevision.objects.get(kpi=kpi, period=MARCH)
    assert (revision.value, revision.recorded_by) == (Decimal("45.5"), cast.cy)


def test_looking_at_it_writes_nothing(kpi, link, django_assert_num_queries):
    client = Client()
    before = MeasurementRevision.objects.count()
    client.get(link)
    client.head(link)
    assert MeasurementRevision.objects.count() == before
    assert not client.session.keys()


def test_nothing_else_is_told(kpi, link):
    page = words(Client().get(link))
    for secret in ("43.21", "A secret why", "A secret definition", "Answer faster"):
        assert secret not in page.partition("<main")[2], secret


def test_the_same_value_again_is_the_same_and_another_one_is_refused(kpi, link):
    assert [send(link).status_code for _ in range(2)] == [200, 200]
    assert MeasurementRevision.objects.filter(period=MARCH).count() == 1
    again = send(link, "99", seen=1)
    assert (again.status_code, "Recorded already" in words(again)) == (409, True)
    later = Client().get(link)
    assert (later.status_code, "45.5" in words(later)) == (200, False)
    assert values() == [Decimal("45.5")]


def test_a_link_records_neither_another_kpi_nor_another_period(cast, goal, kpi, link):
    other = made(goal, name="Another")
    send(link + f"?kpi={other.pk}&period=2026-02-01")
    assert not other.measurements.exists()
    assert [str(row.period) for row in kpi.measurements.exclude(period=dt.date(2026, 2, 1))] == ["2026-03-01"]


@pytest.mark.parametrize("place", [0, 10, -30, -1])
def test_a_link_that_was_changed_is_none(kpi, link, place):
    token = list(link.split("/")[2])
    token[place] = "A" if token[place] != "A" else "B"
    forged = f"/record/{''.join(token)}/"
    for response in (Client().get(forged), send(forged)):
        assert (response.status_code, "does not work" in words(response)) == (404, True)
    assert values() == []


def test_what_was_signed_for_another_purpose_is_none(cast, kpi):
    told = [cast.cy.pk, kpi.pk, MARCH.isoformat(), record_links.stamp(cast.cy)]
    forged = f"/record/{signing.dumps(told, salt='another purpose')}/"
    assert send(forged).status_code == 404
    assert values() == []


def test_it_ends_after_two_weeks(kpi, link, april):
    april.shift(dt.timedelta(days=13, hours=23))
    assert Client().get(link).status_code == 200
    april.shift(dt.timedelta(hours=2))
    assert refused(link)


def refused(link: str) -> bool:
    responses = [Client().get(link), send(link)]
    assert [response.status_code for response in responses] == [410, 410]
    assert all("works no more" in words(response) and "Response time" not in words(response) for response in responses)
    return values() == []


def test_it_ends_with_the_person(cast, kpi, link):
    cast.cy.is_active = False
    cast.cy.save()
    assert refused(link)


def test_it_ends_with_a_new_password(cast, kpi, link):
    cast.cy.set_password("another one, quite long")
    cast.cy.save()
    assert refused(link)


def test_it_ends_with_the_right_to_record(cast, kpi, link):
    definitions.revise(kpi, by=cast.ada, data_owner=cast.bo)
    assert refused(link)


def test_it_ends_when_the_goal_may_not_be_seen_any_more(cast, goal, kpi, link):
    Kpi.objects.filter(pk=kpi.pk).update(data_owner=cast.dee)
    dees = path_of(cast.dee, kpi)
    assert Client().get(dees).status_code == 200
    Goal.objects.filter(pk=goal.pk).update(visibility=Goal.Visibility.PRIVATE, owner=cast.ada)
    Kpi.objects.filter(pk=kpi.pk).update(data_owner=cast.bo)
    assert refused(dees)
    assert refused(link)


def test_it_ends_with_the_kpi(cast, kpi, link):
    definitions.archive(kpi, by=cast.ada)
    assert refused(link)


def test_who_is_signed_in_records_nothing_as_themselves(cast, kpi, link):
    client = Client()
    client.force_login(cast.dee)
    send(link, client=client)
    assert MeasurementRevision.objects.get(period=MARCH).recorded_by == cast.cy


def test_no_cache_and_no_other_site_learns_of_it(kpi, link):
    for response in (Client().get(link), send(link), Client().get("/record/nonsense/")):
        assert response.headers["Cache-Control"] == "no-store, private"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_form_from_elsewhere_is_refused(kpi, link):
    assert send(link, client=Client(enforce_csrf_checks=True)).status_code == 403
    assert values() == []


@pytest.mark.parametrize("value", ["", "many", "1,234"])
def test_what_is_no_number_is_refused_at_its_field(kpi, link, value):
    assert send(link, value).status_code == 422
    assert values() == []


def test_an_interim_value_is_replaced(kpi, cast, link):
    with_interim = path_of(cast.cy, kpi, dt.date(2026, 4, 1))
    record(kpi, dt.date(2026, 4, 5), "47")
    assert send(with_interim, "46", seen=1).status_code == 200
    assert kpi.measurements.get(period=dt.date(2026, 4, 1)).value == 46


def test_guessing_and_hammering_are_limited(kpi, link):
    assert [Client().get(f"/record/guess{number}/").status_code for number in range(31)][-2:] == [404, 429]
    assert [Client().get(link).status_code for _ in range(21)][-2:] == [200, 429]
