"""The demo company on awkward days. Without a database, but for one load on 29 February."""

import random
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine

from goals import progress, tree
from integrations.demo import company, courses, loading, plan, strategy
from integrations.demo.timeline import Timeline
from kpis.attainment import KpiDefinition, validate
from kpis.periods import period_of, periods

PLAN = plan.read()
KPIS = [(each, False) for goal in PLAN.goals for each in goal.kpis]
KPIS += [(each, True) for goal in PLAN.earlier for each in goal.kpis]
DAYS = [
    datetime(2027, 1, 1, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 8, 31, 9, tzinfo=UTC),
    datetime(2027, 3, 1, 5, tzinfo=UTC),
]


def chance(seed):
    return random.Random(seed)  # noqa: S311  repeatable, not secret


@pytest.fixture(params=DAYS, ids=str)
def time(request):
    return Timeline(request.param, ZoneInfo("Europe/Oslo"))


def span(told, is_earlier, time):
    start = time.first_used if told.before is not None or is_earlier else time.start
    return start, time.start - timedelta(days=1) if is_earlier else time.due


def acts(told, is_earlier, time):
    life = list(periods(*span(told, is_earlier, time), told.every, strategy.fiscal(time)))
    return courses.course(told, life, time, time.now, chance(told.key))


def test_the_cycle_has_had_eight_months_on_every_day(time):
    assert time.month(8) <= time.today < time.month(9)
    assert time.start.day == 1
    assert time.due == time.month(12) - timedelta(days=1)


def test_every_definition_is_valid_on_every_day(time):
    for told, is_earlier in KPIS:
        start, due = span(told, is_earlier, time)
        aim = strategy.aim(told, time)
        aim["milestones"] = {
            date.fromisoformat(day): Decimal(value) for day, value in aim.get("milestones", {}).items()
        }
        known = {each.name for each in fields(KpiDefinition)}
        given = {name: value for name, value in aim.items() if name in known}
        given |= {"start": start, "due": due, "cadence": told.every, "stretch": told.stretch}
        definition = KpiDefinition(**given)
        assert validate(definition, strategy.fiscal(time)) == set(), told.key


def test_values_come_in_after_they_were_seen_and_never_from_the_future(time):
    for told, is_earlier in KPIS:
        start, due = span(told, is_earlier, time)
        for act in acts(told, is_earlier, time):
            assert start <= act.observed_on <= due, told.key
            assert act.observed_on <= act.recorded_at.date() <= time.today, told.key
            assert act.recorded_at <= time.now, told.key
            if told.every != "once":
                assert period_of(act.period, told.every, strategy.fiscal(time)).first == act.period, told.key


def test_the_last_value_is_where_the_plan_says_it_stands(time):
    for told, is_earlier in KPIS:
        last = {act.period: act.value for act in acts(told, is_earlier, time)}
        if last and told.type == "sum":
            assert sum(last.values()) == told.now, told.key
            assert min(last.values()) >= 0, told.key
        elif last and told.type != "done":
            assert last[max(last)] == told.now, told.key


def test_the_same_day_gives_the_same_company(time):
    assert [acts(*each, time) for each in KPIS] == [acts(*each, time) for each in KPIS]
    assert list(company.staff(PLAN, chance(1))) == list(company.staff(PLAN, chance(1)))


def test_everybody_has_a_name_and_an_address_of_their_own():
    staff = list(company.staff(PLAN, chance(loading.SEED)))
    assert len({each.name for each in staff}) == len(staff) == sum(unit.size for unit in PLAN.units)
    taken: set[str] = set()
    for each in staff:
        taken.add(company.address(each.name, taken))
    assert len(taken) == len(staff)
    assert all(email.isascii() and " " not in email for email in taken)
    assert company.address("Øystein Hagen", {"oystein.hagen@aurdal.example"}) == "oystein.hagen2@aurdal.example"


@pytest.mark.django_db
def test_it_loads_on_29_february():
    with time_machine.travel(DAYS[1], tick=False):
        aurdal = loading.load()
        assert list(tree.faults(aurdal.pk)) == []
        assert progress.differences(aurdal) == []
        assert aurdal.goals.filter(figures__status="on_track").count() > 30
