import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from goals import progress
from goals.models import Goal
from kpis import sight_words, words
from kpis.course import course_of
from kpis.models import Kpi
from tests.kpis.measuring import made, record

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 1) for month in (1, 2, 3))
NUMBER = {"direction": "increase", "baseline": None, "target": Decimal(100), "unit": "leads"}
EACH = {**NUMBER, "target_mode": "each_period"}
BAND = {"direction": "maintain", "target": None, "baseline": None, "lower": Decimal(80), "upper": Decimal(120)}
DONE = {"kind": "boolean", "direction": "increase", "cadence": "once", "target": Decimal(1), "baseline": None}


def said(cast, fields, values=()) -> str:
    kpi = made(cast.goal("Answer faster"), **fields)
    for day, value in values:
        record(kpi, day, value)
    return sentence(kpi)


def sentence(kpi: Kpi) -> str:
    found = course_of(Kpi.objects.select_related("goal__cycle", "organisation").get(pk=kpi.pk))
    return words.sentence(found).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("fields", "values", "expected"),
    [
        ({"start": dt.date(2026, 6, 1)}, (), "Measuring starts on 1 Jun 2026."),
        ({}, (), "No value yet; the first was due on 31 Jan 2026."),
        ({"cadence": "yearly"}, (), "No value yet. The first year ends on 31 Dec 2026."),
        ({}, [(MARCH, "48")], "48 min, 20% of the way from 50 to 40 min, 4.7 points behind the plan."),
        ({}, [(MARCH, "45")], "45 min, 50% of the way from 50 to 40 min, 25.3 points ahead of the plan."),
        ({}, [(MARCH, "39.5")], "39.5 min: the target of 40 min is reached."),
        (
            {"baseline": None},
            [(MARCH, "48")],
            "48 min in 2026-03. It has no start to measure progress from, so it has no score.",
        ),
        (EACH, [(MARCH, "80")], "80 leads in 2026-03: 80% of the target."),
        (EACH, [(MARCH, "130")], "130 leads in 2026-03: 130% of the target."),
        (
            {**EACH, "aggregation": "sum"},
            [(FEBRUARY, "80"), (MARCH, "90")],
            "170 of 200 leads in 2 months: 85% of the targets.",
        ),
        ({**EACH, "aggregation": "mean"}, [(MARCH, "80")], "80% of the target on average of 1 month."),
        (
            {**EACH, "aggregation": "min"},
            [(FEBRUARY, "70"), (MARCH, "90")],
            "70% of the target in the worst month of 2 months.",
        ),
        (BAND, [(MARCH, "100")], "100 min: where it should stay, between 80 and 120 min."),
        (BAND, [(MARCH, "130")], "130 min, but it should stay between 80 and 120 min."),
        ({**BAND, "upper": None}, [(MARCH, "130")], "130 min: where it should stay, at or above 80 min."),
        ({**BAND, "lower": None}, [(MARCH, "130")], "130 min, but it should stay at or below 120 min."),
        (
            {**BAND, "lower": None, "upper": None, "target": Decimal(9)},
            [(MARCH, "9")],
            "9 min: where it should stay, at 9 min.",
        ),
        (DONE, (), "Not done yet. It is due on 31 Dec 2026."),
        (DONE, [(JANUARY, "1")], "Done on 10 Apr 2026."),
        ({**DONE, "due": MARCH}, (), "Not done. It was due on 1 Mar 2026."),
        ({**DONE, "due": MARCH}, [(JANUARY, "1")], "Done on 10 Apr 2026, after it was due."),
    ],
)
def test_a_kpi_says_how_it_stands(april, cast, fields, values, expected):
    assert said(cast, fields, values) == expected


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        ({"target": None}, "48 min in 2026-03. It has no target, so its values are shown without a score."),
        ({"direction": None}, "48 min in 2026-03. It does not say whether more or less is good, so it has no score."),
    ],
)
def test_what_imported_data_lacks_is_said(april, cast, lacks, expected):
    kpi = made(cast.goal("Answer faster"))
    record(kpi, MARCH, "48")
    Kpi.objects.filter(pk=kpi.pk).update(**lacks)
    assert sentence(kpi) == expected


def test_an_end_is_said_with_its_day(april, cast):
    kpi = made(cast.goal("Answer faster"), due=dt.date(2026, 3, 1))
    found = course_of(Kpi.objects.select_related("goal__cycle", "organisation").get(pk=kpi.pk))
    assert words.told(found)["ending"] == "Its due date, 1 Mar 2026, has passed."


@pytest.mark.parametrize(
    ("was", "expected"),
    [
        (Decimal("0.1"), "Lifts Answer faster from 10% to 20%."),
        (Decimal("0.3"), "Lowers Answer faster from 30% to 20%."),
        (Decimal("0.2"), "Answer faster stays at 20%."),
        (Decimal("0.20001"), "Answer faster moves by less than 0.1 points and stays at 20%."),
        (None, "Answer faster stands at 20% now."),
    ],
)
def test_what_a_value_did_to_its_goal_is_said(april, cast, was, expected):
    kpi = made(cast.goal("Answer faster"))
    record(kpi, MARCH, "48")
    progress.roll_up(cast.works.pk)
    assert words.effect(Goal.objects.select_related("figures").get(), was) == expected


def test_nothing_is_said_of_a_goal_without_progress(cast):
    assert words.effect(cast.goal("Answer faster"), None) == ""


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "evening"), (3, "evening"), (4, "morning"), (12, "afternoon"), (18, "evening")]
)
def test_the_greeting_goes_by_the_readers_clock(cast, hour, part):
    with time_machine.travel(dt.datetime(2026, 4, 10, hour, tzinfo=dt.UTC), tick=False):
        assert sight_words.greeting(cast.bo) == f"Good {part}, Bo."
