"""Advice beside a KPI's form: the S.M.A.R.T. check and targets from its history, of what is written, nothing saved."""

import datetime as dt
import html
import json
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kpis.models import Kpi
from tests.kpis.measuring import made, record

WRITTEN = {"name": "Hours", "kind": "number", "direction": "decrease", "cadence": "monthly", "aggregation": "latest",
           "target_mode": "by_due", "source": "manual", "weight": "1"}  # fmt: skip


@pytest.fixture(autouse=True)
def july():
    with time_machine.travel(dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def goal(cast):
    return cast.goal("Answer faster", owner=cast.bo, unit=cast.sales)


def ask(person, name, pk, **sent) -> str:
    client = Client()
    client.force_login(person)
    answer = client.post(reverse(f"kpis:{name}", args=[pk]), {**WRITTEN, **sent})
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def fills(text: str) -> list[dict]:
    return [json.loads(html.unescape(found)) for found in re.findall(r'data-fill="([^"]+)"', text)]


def test_the_check_is_of_the_kpi_as_it_is_written(cast, goal):
    bare = ask(cast.bo, "smart_new", goal.pk)
    whole = ask(cast.bo, "smart_new", goal.pk, definition="Mean hours from question to answer", unit="h",
                baseline="10", target="8", data_owner="Cy")  # fmt: skip
    for field in ("definition", "unit", "target", "baseline", "data_owner"):
        assert f'href="#id_{field}"' in bare
    assert 'href="#id_' not in whole.replace("#id_target", "", 1)  # too few values to judge its pace
    assert not Kpi.objects.exists()


def test_its_history_suggests_targets_with_where_they_come_from(cast, goal):
    kpi = made(goal, baseline=10, target=8)
    for month, value in enumerate(("10", "9.5", "9", "8.5", "8"), 1):
        record(kpi, dt.date(2026, month, 1), value)
    text = ask(cast.bo, "smart", kpi.pk, baseline="10", target="7,5", unit="h")
    assert fills(text) == [{"target": "9"}, {"target": "4.5"}, {"target": "7.6"}, {"target": "7.2"}]
    assert "median of its last 5 values is 9" in text
    assert fills(ask(cast.bo, "smart", kpi.pk, baseline="8.5", target="7")) == [
        {"target": each} for each in ("4.5", "7.6", "7.2")
    ]
    assert "no target that asks for more" in ask(cast.bo, "smart", kpi.pk, baseline="1", target="0")
    kpi.refresh_from_db()
    assert (kpi.target, kpi.version) == (8, 1)


def test_the_form_shows_both_at_once(cast, goal):
    kpi = made(goal)
    client = Client()
    client.force_login(cast.bo)
    page = client.get(reverse("kpis:edit", args=[kpi.pk])).content.decode()
    assert "Define the KPI in at least 20 characters" in page
    assert 'id="suggested"' in page


def test_only_who_may_write_it_is_told(cast, goal):
    kpi = made(goal)
    for who, status in ((cast.cy, "403"), (cast.dee, "403"), (cast.eve, "404")):
        assert ask(who, "smart", kpi.pk) == status
        assert ask(who, "smart_new", goal.pk) == status


def test_a_benchmark_has_a_source_and_a_date(cast, goal):
    kpi = made(goal, benchmark=7, benchmark_source="Trade association", benchmark_on=dt.date(2025, 12, 31))
    client = Client()
    client.force_login(cast.cy)
    page = client.get(reverse("kpis:detail", args=[kpi.pk])).content.decode()
    assert "Trade association" in page
    assert "31 Dec 2025" in page
