"""What people owe, of all KPIs at once: the same as each one's line of sight says."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import Kpi
from kpis.outstanding import outstanding
from kpis.recording import record_one

NOW = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def kpi(cast, goal, name: str, **fields) -> Kpi:
    fields = {"baseline": 0, "target": 100, "cadence": "monthly", **fields}
    return Kpi.objects.create(organisation=cast.works, goal=goal, key=name, name=name, **fields)


def told(cast) -> list[tuple[str, str, int]]:
    names = dict(Kpi.objects.values_list("pk", "name"))
    return [(names[each.kpi_id], each.due.name, each.recorder_id) for each in outstanding(cast.works, NOW.date())]


def test_periods_that_are_over_and_the_next_one(cast):
    goal = cast.goal("Faster", owner=cast.cy)
    speed = kpi(cast, goal, "speed")
    kpi(cast, goal, "counted", data_owner=cast.bo)
    record_one(speed, dt.date(2026, 1, 31), Decimal(5), by=cast.cy)
    assert told(cast) == [
        ("speed", "2026-02", cast.cy.pk),
        ("speed", "2026-03", cast.cy.pk),
        ("counted", "2026-02", cast.bo.pk),
        ("counted", "2026-01", cast.bo.pk),
        ("counted", "2026-03", cast.bo.pk),
    ]


def test_nobody_is_asked_for_what_is_not_theirs_to_enter(cast):
    kpi(cast, cast.goal("Sent", owner=cast.cy), "sent", source=Kpi.Source.API)
    kpi(cast, cast.goal("Draft", owner=cast.cy, state="draft"), "draft")
    kpi(cast, cast.goal("Nobody's"), "nobodys")
    kpi(cast, cast.goal("Retired", owner=cast.cy), "retired", state=Kpi.State.ARCHIVED)
    assert told(cast) == []


def test_two_queries_however_many(cast):
    goal = cast.goal("Faster", owner=cast.cy)
    for number in range(3):
        kpi(cast, goal, f"kpi_{number}")
        with CaptureQueriesContext(connection) as queries:
            list(outstanding(cast.works, NOW.date()))
        assert len(queries) == 2
