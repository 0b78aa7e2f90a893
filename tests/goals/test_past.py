"""The worked cases of corrections and of the tree as it was known, against what the database remembers."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import past, tree
from goals.models import Cycle, Goal
from kpis import definitions
from kpis.models import Kpi
from kpis.recording import record_one
from people.models import Organisation
from tests.engine.cases import CASES, CHECKS, goal_line, kpi_line

MONTHS = ("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01")
K1 = {
    "goals": [
        {"id": "P", "parent": None, "weight": "1"},
        {"id": "A", "parent": "P", "weight": "1"},
        {"id": "B", "parent": "P", "weight": "1"},
        {"id": "C", "parent": "A", "weight": "1", "level": "team"},
    ],
    "kpis": [
        {"id": "b", "goal": "B", "weight": "1", "values": dict(zip(MONTHS, ("10", "20", "30", "40"), strict=True))},
        {
            "id": "c",
            "goal": "C",
            "weight": "1",
            "values": dict(zip(MONTHS, ("40", "50", "60"), strict=False)),
            "revisions": [
                {"period": "2026-03-01", "value": "80", "observed": "2026-03-31", "recorded": "2026-04-11"},
            ],
        },
    ],
}
LEVELS = {"strategic": 0, "department": 1, "team": 2, "individual": 3}


def noon(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), dt.UTC)


def at(day: str):
    return time_machine.travel(noon(day), tick=False)


@pytest.fixture
def year(cast):
    Cycle.objects.filter(pk=cast.cycle.pk).update(start=dt.date(2026, 1, 1), due=dt.date(2026, 12, 31))
    Organisation.history.update(history_date=noon("2026-01-01"))
    cast.cycle.refresh_from_db()
    return cast


def planted(cast, case) -> tuple[dict[str, Goal], dict[str, Kpi]]:
    """A worked case's tree in the database, every value recorded at its period's end or as given (section 20)."""
    goals: dict[str, Goal] = {}
    kpis: dict[str, Kpi] = {}
    with at("2026-01-01"):
        for told in case["tree"]["goals"]:
            level = LEVELS[told.get("level", "strategic")]
            parent = goals.get(told["parent"])
            goals[told["id"]] = cast.goal(told["id"], parent, level, weight=Decimal(told["weight"]))
        for told in case["tree"]["kpis"]:
            fields = {name: Decimal(told[name]) for name in ("baseline", "target") if name in told}
            fields = {"baseline": Decimal(0), "target": Decimal(100), **fields, "weight": Decimal(told["weight"])}
            kpis[told["id"]] = definitions.create(goals[told["goal"]], by=None, name=told["id"], **fields)
    entries = []
    for told in case["tree"]["kpis"]:
        for period, value in told.get("values", {}).items():
            first = dt.date.fromisoformat(period)
            end = ((first.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)).isoformat()
            entries.append((end, told["id"], first, value, end))
        for each in told.get("revisions", ()):
            first = dt.date.fromisoformat(each["period"])
            entries.append((each["recorded"], told["id"], first, each["value"], each["observed"]))
    for recorded, name, first, value, observed in sorted(entries, key=lambda entry: entry[0]):
        with at(recorded):
            record_one(
                kpis[name],
                first,
                None if value is None else Decimal(value),
                by=None,
                note="as told",
                observed_on=dt.date.fromisoformat(observed),
            )
    return goals, kpis


@pytest.mark.parametrize("name", ["R21a", "R21b", "R21c", "R21d", "R21e"])
def test_a_correction_is_seen_from_the_day_it_was_observed_and_known(year, name):
    case = CASES[name]
    planted(year, {"tree": CASES["R21a"]["tree"]})
    on = dt.date.fromisoformat(case["date"])
    known = year.works.end_of(dt.date.fromisoformat(case["known"])) if case.get("known") else None
    scores = past.tree_at(year.works, on, known).scores.explained()
    assert {told["name"]: kpi_line(told["score"]) for told in scores.values()} == case["expect"]["kpis"]


def test_the_tree_as_it_was_known(year):
    """Case K1: weight, move, correction and target follow one another; each day shows what was known on it."""
    goals, kpis = planted(year, {"tree": K1})
    with at("2026-03-10"):
        goals["A"].revise(by=None, weight=Decimal(3))
    with at("2026-04-10"):
        tree.move(goals["C"], goals["B"], by=None)
    with at("2026-04-12"):
        definitions.revise(kpis["b"], by=None, target=Decimal(50), reason="Lower")
    for day, *expected in CHECKS["K1"]:
        on = dt.date.fromisoformat(day)
        known = year.works.end_of(on)
        figures = past.tree_at(year.works, on, known).figures()
        assert [goal_line(figures[goals[name].pk]) for name in "PAB"] == expected
        for name in "PAB":
            below = past.subtree_at(goals[name], on, known).figures()
            assert below[goals[name].pk].progress == figures[goals[name].pk].progress
            assert past.whole_tree_at(goals[name], on, known).figures() == figures


def test_settings_are_those_of_the_time(year):
    goals, _ = planted(year, {"tree": K1})
    with at("2026-05-10"):
        year.works.on_track = Decimal("-0.01")
        year.works.at_risk = Decimal("-0.02")
        year.works.min_coverage = Decimal("0.9")
        year.works.save()
    then, now = (past.tree_at(year.works, dt.date(2026, 4, 30), known) for known in (noon("2026-05-01"), None))
    assert then.thresholds.min_coverage == Decimal("0.5")
    assert now.thresholds.min_coverage == Decimal("0.9")
    before_anything = past.tree_at(year.works, dt.date(2026, 4, 30), noon("2020-01-01"))
    assert (before_anything.goals, before_anything.thresholds) == ([], then.thresholds)
    assert goals["P"].pk in then.told


def test_a_deleted_goal_is_still_there_in_the_past(year):
    goals, _ = planted(year, {"tree": K1})
    with at("2026-04-15"):
        mistaken = year.goal("Mistaken", goals["P"])
    with at("2026-05-10"):
        tree.delete(mistaken, by=None)
    then = past.tree_at(year.works, dt.date(2026, 4, 30), noon("2026-05-09"))
    assert then.told[mistaken.pk]["title"] == "Mistaken"
    assert mistaken.pk not in past.tree_at(year.works, dt.date(2026, 4, 30), noon("2026-05-11")).told


def test_the_number_of_queries_does_not_depend_on_the_tree(year):
    goals, _ = planted(year, {"tree": K1})
    for known in (None, noon("2026-05-01")):
        counts = set()
        for name in "PC":
            with CaptureQueriesContext(connection) as queries:
                past.subtree_at(goals[name], dt.date(2026, 4, 30), known).figures()
            counts.add(len(queries))
        assert len(counts) == 1
