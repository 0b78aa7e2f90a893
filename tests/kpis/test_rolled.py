"""KPIs that come from others, stored and at any date: the worked cases through the database, and what a change does."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import Conflict
from goals import lifecycle, past, progress, tree, undo
from goals.models import DirtyMark, Goal, GoalFigures
from kpis import definitions, reading, recording, supposing, trying
from kpis.models import Kpi, KpiFigures, KpiSource, Measurement
from kpis.sight import sight_of
from tests.engine.cases import CASES, day, goal_line, kpi_line
from tests.goals.loading import load, on
from tests.kpis.measuring import record

DERIVED = ["R19", "R19w", "R20"]
JANUARY, FEBRUARY, MARCH = dt.date(2026, 1, 15), dt.date(2026, 2, 15), dt.date(2026, 3, 15)


def made(cast, key: str, goal: Goal | None = None, **fields) -> Kpi:
    usual = {"name": key, "key": key, "baseline": Decimal(0), "target": Decimal(100), "aggregation": "sum"}
    return definitions.create(goal or cast.goal(), by=None, **{**usual, **fields})


def summed(cast, key: str, *kpis: Kpi, goal: Goal | None = None, **fields) -> Kpi:
    links = [{"source": kpi.pk} for kpi in kpis]
    return made(cast, key, goal, **{"source": "rollup", "method": "sum", "links": links, **fields})


def values(kpi: Kpi) -> dict[dt.date, Decimal]:
    return dict(kpi.measurements.values_list("period", "value"))


def rolled(organisation) -> None:
    progress.roll_up(organisation.pk)
    assert progress.differences(organisation) == []


@pytest.fixture
def shop(april, cast):
    """Orders and visits of two shops on goals of their own, and on the goal above them what comes of both."""
    top = cast.goal(title="Sell more")
    north, south = (cast.goal(parent=top, title=title) for title in ("North", "South"))
    cast.top, cast.north, cast.south = top, north, south
    cast.orders = [made(cast, f"orders_{goal.title.lower()}", goal) for goal in (north, south)]
    cast.visits = [made(cast, f"visits_{goal.title.lower()}", goal, target=Decimal(1000)) for goal in (north, south)]
    for kpi, first, second in zip([*cast.orders, *cast.visits], (3, 5, 100, 50), (4, 6, 100, 150), strict=True):
        record(kpi, JANUARY, str(first))
        record(kpi, FEBRUARY, str(second))
    return cast


def conversion(shop, **fields) -> Kpi:
    links = [
        {"source": orders.pk, "denominator": visits.pk} for orders, visits in zip(shop.orders, shop.visits, strict=True)
    ]
    usual = {"source": "rollup", "method": "ratio", "links": links, "scale": Decimal(100), "aggregation": "latest"}
    return made(shop, "conversion", shop.top, **{**usual, **fields})


@pytest.mark.parametrize("name", DERIVED)
def test_a_worked_case_is_stored_as_it_is_printed(db, name):
    with time_machine.travel(on(name), tick=False):
        loaded, expect = load(name), CASES[name]["expect"]
        figures = KpiFigures.objects.in_bulk([kpi.pk for kpi in loaded.kpis.values()])
        assert {key: kpi_line(as_score(figures[loaded.kpis[key].pk])) for key in expect["kpis"]} == expect["kpis"]
        stored = GoalFigures.objects.in_bulk([goal.pk for goal in loaded.goals.values()])
        assert {key: goal_line(stored[loaded.goals[key].pk]) for key in expect["goals"]} == expect["goals"]
        assert progress.differences(loaded.organisation) == []


def as_score(figures: KpiFigures) -> KpiFigures:
    figures.reason = figures.reason or None
    return figures


@pytest.mark.parametrize("name", DERIVED)
def test_a_worked_case_is_the_same_looked_back_on(db, name):
    with time_machine.travel(on(name), tick=False):
        loaded, expect = load(name), CASES[name]["expect"]
    found = past.tree_at(loaded.organisation, day(CASES[name]["date"])).scores.explained()
    lines = {key: kpi_line(found[loaded.kpis[key].pk]["score"]) for key in expect["kpis"]}
    assert lines == expect["kpis"]


def test_one_value_changes_everything_that_comes_from_it_in_one_job(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    double = made(shop, "double", shop.goal(), source="formula", formula="orders * 2", target=Decimal(50))
    rolled(shop.works)
    assert values(total) == {dt.date(2026, 1, 1): 8, dt.date(2026, 2, 1): 10}
    assert values(double) == {dt.date(2026, 1, 1): 16, dt.date(2026, 2, 1): 20}
    record(shop.orders[0], JANUARY, "13", note="miscounted")
    DirtyMark.objects.get()
    progress.roll_up(shop.works.pk)
    assert values(double)[dt.date(2026, 1, 1)] == 36
    assert GoalFigures.objects.get(goal=double.goal).progress == 1
    assert progress.differences(shop.works) == []
    record(shop.orders[0], JANUARY, "3", note="it was right")
    rolled(shop.works)
    assert values(double)[dt.date(2026, 1, 1)] == 16


def test_a_ratio_of_sums_is_no_mean_of_ratios(shop):
    rate = conversion(shop)
    rolled(shop.works)
    assert values(rate) == {
        dt.date(2026, 1, 1): Decimal("5.333333333333333333"),
        dt.date(2026, 2, 1): Decimal(4),
    }
    recording.record_one(shop.visits[0], JANUARY, None, by=None, note="the counter was broken")
    rolled(shop.works)
    assert values(rate) == {dt.date(2026, 2, 1): Decimal(4)}


def test_the_number_of_queries_depends_on_the_levels_alone(shop):
    below = [made(shop, f"part{number}", shop.north) for number in range(12)]
    first = [summed(shop, f"first{number}", *below, goal=shop.top) for number in range(6)]
    summed(shop, "second", *first, goal=shop.top)
    rolled(shop.works)
    counts = []
    for many in (12, 1, 12):
        entries = [recording.Entry(kpi.pk, FEBRUARY, Decimal(len(counts)), note="new") for kpi in below[:many]]
        recording.record(shop.works, entries, by=None)
        with CaptureQueriesContext(connection) as queries:
            progress.roll_up(shop.works.pk)
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_values_of_a_derived_kpi_are_not_entered(shop):
    total = summed(shop, "orders", *shop.orders)
    rolled(shop.works)
    with pytest.raises(ValidationError) as refused:
        record(total, JANUARY, "5")
    assert refused.value.error_dict["kpi"][0].code == "calculated"


def test_what_was_typed_before_counts_again_after(shop):
    total = made(shop, "orders", shop.top)
    record(total, JANUARY, "7")
    record(total, JANUARY, "8", note="recount")
    links = [{"source": kpi.pk} for kpi in shop.orders]
    total = definitions.revise(total, by=None, source="rollup", method="sum", links=links)
    rolled(shop.works)
    assert values(total) == {dt.date(2026, 1, 1): 8, dt.date(2026, 2, 1): 10}
    total = definitions.revise(total, by=None, source="manual")
    rolled(shop.works)
    assert values(total) == {dt.date(2026, 1, 1): 8}
    assert total.measurements.get().version == 2
    assert (total.links, total.method, KpiSource.objects.filter(kpi=total).count()) == ([], "", 0)


def test_an_earlier_date_and_an_earlier_moment_tell_the_values_of_then(april, shop):
    rate = conversion(shop)
    rolled(shop.works)
    then = dt.datetime(2026, 4, 10, 13, tzinfo=dt.UTC)
    april.move_to(dt.datetime(2026, 4, 12, 12, tzinfo=dt.UTC))
    record(shop.orders[0], FEBRUARY, "104", note="found more")
    record(shop.orders[0], MARCH, "9")
    definitions.revise(rate, by=None, source="formula", formula="orders_north + 1", links=[])
    rolled(shop.works)
    assert reading.rows(shop.ada, [rate.pk])[0]["latest_value"] == 10
    [known] = reading.rows_at(shop.ada, [rate.pk], None, then)
    assert (known["latest_value"], known["source"]) == (4, "rollup")
    [before] = reading.rows_at(shop.ada, [rate.pk], dt.date(2026, 1, 31), None)
    assert before["latest_value"] == 4
    scores = past.tree_at(shop.works, dt.date(2026, 2, 28), then).scores.explained()
    assert scores[rate.pk]["score"].latest_value == 4


def test_part_of_the_tree_looks_beyond_itself(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.goal(title="Elsewhere"))
    rolled(shop.works)
    found = past.subtree_at(total.goal).scores.explained()
    assert found[total.pk]["score"].actual == 18


def test_a_cancelled_goal_ends_its_links_and_taken_back_they_go_on(april, shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    rolled(shop.works)
    south = lifecycle.change_state(shop.south, "cancelled", by=shop.ada, reason="sold")
    record(shop.orders[0], MARCH, "9")
    april.move_to(dt.datetime(2026, 5, 12, 12, tzinfo=dt.UTC))
    record(shop.orders[0], dt.date(2026, 4, 20), "11")
    rolled(shop.works)
    assert values(total) == {dt.date(2026, 1, 1): 8, dt.date(2026, 2, 1): 10, dt.date(2026, 4, 1): 11}
    lifecycle.take_back(south, {"state": "active"}, by=shop.ada)
    rolled(shop.works)
    assert values(total) == {dt.date(2026, 1, 1): 8, dt.date(2026, 2, 1): 10}


def test_a_circle_is_refused_and_shown(shop):
    first = made(shop, "first", source="formula", formula="orders_north + 1")
    made(shop, "second", source="formula", formula="first * 2")
    with pytest.raises(Conflict) as refused:
        definitions.revise(first, by=shop.ada, formula="second / 2")
    assert refused.value.code == "kpi_cycle"
    assert "first > second > first" in str(refused.value)
    with pytest.raises(Conflict):
        definitions.revise(first, by=shop.ada, formula="first + 1")
    assert Kpi.objects.get(pk=first.pk).formula == "orders_north + 1"


def of(method: str, *names: str, **link) -> dict:
    return {"source": "rollup", "method": method, "links": [{"source": name, **link} for name in names]}


def by(formula: str, **fields) -> dict:
    return {"source": "formula", "formula": formula, **fields}


DONE = {"kind": "boolean", "cadence": "once", "target": Decimal(1), "aggregation": "latest", "baseline": None}


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        (by(""), "formula", "required"),
        (by("2 +"), "formula", "formula_invalid"),
        (by("1 + 1"), "formula", "formula_invalid"),
        (by("orders_north / nobody"), "formula", "unknown_key"),
        (by("quarter"), "formula", "coarser_cadence"),
        (by("a" * 501), "formula", "max_length"),
        (by("orders_north", **DONE), "source", "derived_boolean"),
        (of("", "orders_north"), "method", "required"),
        (of("sum"), "links", "required"),
        (of("sum", "nobody"), "links", "does_not_exist"),
        (of("ratio", "orders_north"), "links", "denominator_missing"),
        (of("sum", "orders_north", denominator="visits_north"), "links", "denominator_not_used"),
        (of("mean", "orders_north", weight="-1"), "links", "weight_negative"),
        (of("weighted_mean", "orders_north", weight="0"), "links", "weight_missing"),
        (of("sum", "orders_north", since="2026-03-01", until="2026-02-01"), "links", "dates_order"),
        (of("sum", "orders_north", "orders_north"), "links", "given_twice"),
        (of("sum", "quarter"), "links", "coarser_cadence"),
        (of("sum", "orders_north") | {"unit": "NOK"}, "links", "other_unit"),
    ],
)
def test_what_a_kpi_cannot_come_from_is_refused_at_its_field(shop, fields, field, code):
    made(shop, "quarter", cadence="quarterly")
    ids = {"nobody": 0, **dict(Kpi.objects.values_list("key", "pk"))}
    named = [{name: ids.get(value, value) for name, value in link.items()} for link in fields.get("links", [])]
    with pytest.raises(ValidationError) as refused:
        made(shop, "wrong", **{**fields, "links": named})
    assert [each.code for each in refused.value.error_dict[field]] == [code]


def test_a_kpi_of_another_organisation_is_like_none(shop):
    goal = tree.create(by=None, organisation=shop.elsewhere, cycle=shop.elsewhere.cycles.get(),
                       level=shop.elsewhere.levels.first(), title="Theirs")  # fmt: skip
    theirs = made(shop, "theirs", goal)
    with pytest.raises(ValidationError) as refused:
        made(shop, "mine", source="formula", formula="theirs")
    assert refused.value.error_dict["formula"][0].code == "unknown_key"
    with pytest.raises(ValidationError) as refused:
        summed(shop, "mine", theirs)
    assert refused.value.error_dict["links"][0].code == "does_not_exist"


def test_a_formula_names_only_what_its_writer_sees(shop):
    shop.north.revise(by=None, visibility="private")
    with pytest.raises(ValidationError) as refused:
        definitions.create(
            shop.south, by=shop.cy, name="x", baseline=Decimal(0), target=Decimal(1), **by("orders_north")
        )
    assert refused.value.error_dict["formula"][0].code == "unknown_key"


def test_formulas_follow_a_new_key(shop):
    half = made(shop, "half", source="formula", formula="orders_north / 2 + min(orders_north, 1)")
    definitions.revise(shop.orders[0], by=shop.ada, key="sold")
    half.refresh_from_db()
    assert (half.formula, half.version) == ("sold / 2 + min(sold, 1)", 2)
    rolled(shop.works)
    assert values(half)[dt.date(2026, 1, 1)] == Decimal("2.5")


def test_what_others_come_from_keeps_fitting_them(shop):
    bare = made(shop, "bare", shop.north)
    summed(shop, "total", bare)
    for fields in ({"cadence": "quarterly"}, {"unit": "NOK"}):
        with pytest.raises(ValidationError):
            definitions.revise(bare, by=None, **fields)
    with pytest.raises(Conflict) as refused:
        definitions.delete(bare, by=None)
    assert refused.value.code == "kpi_is_source"
    alone = shop.goal(title="Alone")
    summed(shop, "of_alone", made(shop, "in_alone", alone), goal=alone)
    tree.delete(alone, by=shop.ada)
    with pytest.raises(Conflict):
        tree.delete(bare.goal, by=shop.ada)


def test_a_huge_value_is_none(shop):
    big = made(shop, "big", source="formula", formula="orders_north * 1000000000000000000")
    rolled(shop.works)
    assert values(big) == {}
    assert Measurement.objects.filter(kpi=big).count() == 0


def supposing_of(kpi: Kpi, **fields) -> list:
    return [{"kind": "kpi", "id": kpi.pk, "set": fields, "was": {}}]


def test_what_if_follows_what_is_calculated(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    double = made(shop, "double", shop.goal(title="Elsewhere"), source="formula", formula="orders * 2")
    rolled(shop.works)
    found = supposing.trial(shop.works, supposing_of(shop.orders[0], values={"2026-02-01": "24"})).found
    assert found[double.goal_id].old.progress == Decimal("0.36")
    assert found[double.goal_id].new.progress == Decimal("0.76")
    assert found[shop.top.pk].new.progress > found[shop.top.pk].old.progress
    actual = supposing.trial(shop.works, supposing_of(shop.orders[0], actual="27")).found
    assert actual[double.goal_id].new.progress == Decimal("0.76")
    at_january = supposing.trial(shop.works, supposing_of(total, actual="50"), dt.date(2026, 1, 31)).found
    assert at_january[double.goal_id].new.progress == 1
    rolled(shop.works)
    assert values(double)[dt.date(2026, 2, 1)] == 20


def test_what_is_calculated_is_not_supposed_by_period(shop):
    total = summed(shop, "orders", *shop.orders, goal=shop.top)
    rolled(shop.works)
    trial = supposing.trial(shop.works, supposing_of(total, values={"2026-02-01": "24"}))
    assert trial.refused == {("kpi", total.pk): "calculated"}


def test_trying_a_value_shows_what_comes_of_it_above(shop):
    summed(shop, "orders", *shop.orders, goal=shop.top)
    shop.north.revise(by=None, owner=shop.cy)
    rolled(shop.works)
    sight = sight_of(shop.cy, shop.cy)
    [own] = [kpi for goal in sight.goals for kpi in goal.kpis if kpi.kpi.name == "orders_north"]
    found = trying.trial_of(sight.paths, own, Decimal(100)).figures
    alone = supposing.trial(shop.works, supposing_of(shop.orders[0], actual="100")).found
    assert found[shop.top.pk].new.progress == alone[shop.top.pk].new.progress


def test_a_deleted_goal_comes_back_with_what_is_left_of_its_sources(shop):
    goal, spare = shop.goal(title="Alone"), shop.goal(title="Spare")
    gone = made(shop, "gone", spare)
    total = summed(shop, "total", shop.orders[0], gone, goal=goal, missing="zero")
    with undo.act(shop.ada, "deleted") as done:
        tree.delete(goal, by=shop.ada)
    definitions.delete(gone, by=None)
    undo.take_back(done, shop.ada)
    total = Kpi.objects.get(pk=total.pk)
    assert set(total.needs.values_list("source_id", flat=True)) == {shop.orders[0].pk}
    rolled(shop.works)
    assert values(total)[dt.date(2026, 1, 1)] == 3
