"""Writers of the same KPIs at the same moment: nothing is lost, nothing is double, nobody waits for ever."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from cascade.errors import VersionMismatch
from goals import progress
from kpis import definitions
from kpis.models import Measurement, MeasurementRevision
from kpis.recording import Entry, record
from tests import cast as company

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db) -> company.Cast:
    return company.cast()


@pytest.fixture
def kpis(cast):
    goal = cast.goal("Grow")
    return [definitions.create(goal, by=None, name=f"K{n}", baseline=0, target=Decimal(100)) for n in range(4)]


def at_once(act, writers: int) -> list:
    """What each writer's `act(number)` gave; each has a connection of its own."""

    def alone(number):
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(alone, range(writers)))


def january(kpi) -> date:
    return kpi.life[0]


def test_every_value_of_many_writers_of_one_kpi_is_kept(cast, kpis):
    kpi, writers, values = kpis[0], 6, 8

    def write(number):
        entries = [Entry(kpi.pk, january(kpi), Decimal(number * values + n), note="w") for n in range(values)]
        return sum(record(cast.works, [entry], by=None).accepted for entry in entries)

    accepted = sum(at_once(write, writers))
    told = list(MeasurementRevision.objects.order_by("recorded_at", "id").values_list("value", flat=True))
    assert accepted == len(told) == writers * values
    assert sorted(told) == list(range(writers * values))
    held = Measurement.objects.get()
    assert (held.value, held.version) == (told[-1], len(told))
    progress.roll_up(cast.works.pk, everything=True)
    assert progress.differences(cast.works) == []


def test_writers_of_many_kpis_in_different_order_all_get_through(cast, kpis):
    def write(number):
        chance = random.Random(number)  # noqa: S311  reproducible, not secret
        for turn in range(8):
            mixed = chance.sample(kpis, len(kpis))
            record(
                cast.works,
                [Entry(kpi.pk, january(kpi), Decimal(number * 8 + turn), note="w") for kpi in mixed],
                by=None,
            )
        return 8

    written = sum(at_once(write, 5))
    assert MeasurementRevision.objects.count() == written * len(kpis)
    assert set(Measurement.objects.values_list("version", flat=True)) == {written}


def test_the_same_value_sent_by_many_is_recorded_once(cast, kpis):
    entry = Entry(kpis[0].pk, january(kpis[0]), Decimal(7))
    accepted = at_once(lambda number: record(cast.works, [entry], by=None).accepted, 6)
    assert sorted(accepted) == [0, 0, 0, 0, 0, 1]
    assert MeasurementRevision.objects.count() == 1


def test_of_many_who_mean_the_same_version_one_wins(cast, kpis):
    def write(number):
        entry = Entry(kpis[0].pk, january(kpis[0]), Decimal(number), version=0)
        try:
            return record(cast.works, [entry], by=None).accepted
        except VersionMismatch:
            return 0

    assert sum(at_once(write, 6)) == 1
    assert Measurement.objects.get().version == MeasurementRevision.objects.count() == 1


def test_a_kpi_is_not_deleted_under_a_writer(cast, kpis):
    def act(number):
        if number % 2:
            return record(cast.works, [Entry(kpis[number].pk, january(kpis[number]), Decimal(1))], by=None).accepted
        try:
            definitions.delete(kpis[number + 1], by=None)
        except definitions.Conflict:
            return 0
        return 10

    found = at_once(act, 4)
    for deleted, recorded in (found[:2], found[2:]):
        assert (deleted == 10) is (recorded == 0)
    assert MeasurementRevision.objects.count() == sum(found[1::2])
