"""The S.M.A.R.T. verdicts on stored goals: what the rules are told about them, in a fixed number of queries."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import advice, reading, smart_words
from goals.smart import RULES, Why
from kpis import recording
from kpis.models import Kpi
from kpis.smart import measured
from tests.goals.measuring import kpi

WHY = "Customers who wait less stay with us."


@pytest.fixture(autouse=True)
def february():
    with time_machine.travel("2026-02-15T12:00:00Z", tick=False):
        yield


@pytest.fixture
def strong(cast):
    """The strong goal of case M1, below a strategic one."""
    top = cast.goal("Keep our customers happy", due=dt.date(2026, 12, 31), perspective=cast.customer)
    goal = cast.goal(
        "Cut average response time from 10 to 8 hours",
        top,
        why=WHY,
        owner=cast.bo,
        start=dt.date(2026, 1, 1),
        due=dt.date(2026, 12, 31),
    )
    hours = kpi(
        goal,
        "hours",
        definition="Mean hours from question to answer, each month",
        unit="h",
        direction="decrease",
        baseline=Decimal(10),
        target=Decimal(8),
        source="api",
        cadence="weekly",
    )
    for week, value in enumerate(("10.2", "10.1", "9.9", "10.0", "9.8")):
        recording.record_one(hours, dt.date(2026, 1, 5) + dt.timedelta(weeks=week), Decimal(value), by=None)
    return goal


def rules(goal) -> list[str]:
    return [each.rule for each in advice.verdict(goal).advice]


def test_the_strong_goal_of_the_worked_case_is_full(strong):
    assert (advice.verdict(strong).score, rules(strong)) == (100, [])


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"why": ""}, ["R2"]),
        ({"owner": None}, ["S3"]),
        ({"weight": Decimal(0)}, ["R3"]),
        ({"start": None}, ["T1"]),
        ({"due": dt.date(2027, 1, 1)}, ["T2"]),
        ({"due": None}, []),  # the cycle ends with the goal above
    ],
)
def test_what_people_decide_about_the_goal_reaches_the_rules(cast, strong, changed, missed):
    assert rules(strong.revise(by=cast.ada, **changed)) == missed


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"definition": "Hours"}, ["S2"]),
        ({"source": "manual"}, ["M5"]),
        ({"cadence": "yearly"}, ["A2", "T3"]),  # 1.8 hours in the one year left
        ({"due": dt.date(2026, 2, 10)}, ["A2"]),
        ({"start": dt.date(2026, 12, 22)}, ["A2", "T3"]),
        ({"state": "archived"}, ["S2", "M1", "M2", "M3", "M4", "M5", "A1", "A2", "A3", "T3"]),
    ],
)
def test_what_people_decide_about_the_kpi_reaches_the_rules(strong, changed, missed):
    Kpi.objects.update(**changed)
    assert rules(strong) == missed


def test_a_goal_is_accepted_once_it_was_started(cast, strong):
    top = strong.parent
    told = {state: rules(cast.goal("Cut the cost of one unit", top, state=state)) for state in ("draft", "active")}
    assert set(told["draft"]) - set(told["active"]) == {"A4"}
    assert "A4" in rules(cast.goal("Cut the cost of one unit", top, state="proposed"))


def test_perspective_and_path_come_from_the_goals_above(cast, strong):
    below = cast.goal("Answer mails within two hours", strong)
    assert {"R1", "R4"}.isdisjoint(rules(below))
    lost = cast.goal("Answer mails within two hours", cast.goal("Service desk at night", level=1))
    assert {"R1", "R4"} <= set(rules(lost))


def test_an_organisation_has_a_list_of_vague_words_of_its_own(cast, strong):
    below = cast.goal("Improve the mails we write", strong)
    assert "S4" in rules(below)
    cast.works.vague_words = "ensure,\nDrive"
    cast.works.save()
    below.refresh_from_db()
    assert "S4" not in rules(below)
    assert "S4" in rules(cast.goal("Drive the mails we write", strong))


def test_only_the_last_24_values_are_history(strong):
    hours = Kpi.objects.get()
    start = dt.date(2025, 1, 6)
    Kpi.objects.update(start=start)
    for week in range(40):
        recording.record_one(Kpi.objects.get(), start + dt.timedelta(weeks=week), Decimal(100 - week), by=None)
    quarterly = kpi(strong, "other", cadence="quarterly", baseline=Decimal(1))
    recording.record_one(quarterly, dt.date(2026, 1, 1), Decimal(7), by=None)
    silent = kpi(strong, "silent")
    told = {
        each.id: each.history for each in measured(strong.organisation, [strong.pk], dt.date(2026, 2, 15))[strong.pk]
    }
    assert told[hours.pk] == [
        *(Decimal(100 - week) for week in range(21, 40)),
        *map(Decimal, ("10.2", "10.1", "9.9", "10", "9.8")),
    ]
    assert (told[quarterly.pk], told[silent.pk]) == ([Decimal(7)], [])


def test_a_withdrawn_value_is_no_history(strong):
    recording.record_one(Kpi.objects.get(), dt.date(2026, 1, 5), None, by=None, note="typo")
    recording.record_one(Kpi.objects.get(), dt.date(2026, 1, 12), None, by=None, note="typo")
    (found,) = advice.verdict(strong).advice
    assert (found.rule, found.points, found.why) == ("A2", 4, Why.few_values)


def test_rows_and_verdicts_agree_and_the_queries_do_not_grow(cast, strong):
    def asked(goals):
        ids = [goal.pk for goal in goals]
        with CaptureQueriesContext(connection) as queries:
            found = advice.verdicts(cast.works, ids)
        rows = advice.with_scores(cast.works, reading.rows(cast.ada, ids))
        assert [row["smart_score"] for row in rows] == [found[pk].score for pk in ids]
        return len(queries)

    one = asked([strong])
    more = [cast.goal(f"Answer question {number} faster", strong) for number in range(3)]
    for number, goal in enumerate(more):
        kpi(goal, f"k{number}", 10, cadence=("daily", "monthly", "quarterly")[number])
    assert one == asked([strong, *more]) == 5


def test_every_rule_has_its_words():
    assert set(smart_words.MESSAGES) == set(smart_words.EXAMPLES) == set(RULES)
