from datetime import date
from decimal import Decimal

import pytest

from integrations.folder import Known, understand
from integrations.records import GOALS, KPIS, MEASUREMENTS
from kpis.periods import Cadence
from tests.integrations.files import CHILD, GOAL, KPI, VALUES, folder, places

FOUNDED = Known(people=None)


def problems(known=FOUNDED, *, rounding=False, **files):
    found = understand(folder(**files), known, rounding=rounding).problems
    assert all(each.message for each in found)
    return places(found)


def value(date="2025-01-01", value="1", kpi_id="K-1", note=""):
    return {"kpi_id": kpi_id, "date": date, "value": value, "note": note}


def test_a_good_folder_has_no_problems():
    found = understand(folder(), FOUNDED)
    assert found.problems == []
    assert [row.id for row in found.goals] == ["G1", "G2"]
    assert found.cadences == {"K-1": Cadence.monthly}
    assert (found.spans["K-1"].start, found.spans["K-1"].due) == (date(2025, 1, 1), date(2025, 3, 31))


def test_a_missing_file_is_named():
    assert places(understand({}, FOUNDED).problems) == [
        (GOALS, 0, "", "missing_file"),
        (KPIS, 0, "", "missing_file"),
        (MEASUREMENTS, 0, "", "missing_file"),
    ]


@pytest.mark.parametrize(
    ("cell", "column", "code"),
    [
        ({"id": ""}, "id", "required"),
        ({"id": "x" * 201}, "id", "too_long"),
        ({"title": ""}, "title", "required"),
        ({"title": "å" * 501}, "title", "too_long"),
        ({"level": ""}, "level", "required"),
        ({"level": "0"}, "level", "unknown_level"),
        ({"level": "21"}, "level", "unknown_level"),
        ({"level": "١"}, "level", "unknown_level"),
        ({"level": "Vision"}, "level", "unknown_level"),
        ({"weight": "-1"}, "weight", "out_of_range"),
        ({"weight": "1e12"}, "weight", "out_of_range"),
        ({"weight": "0.1234567"}, "weight", "too_many_digits"),
        ({"start": "2025-02-30"}, "start", "not_a_date"),
        ({"start": "20250228"}, "start", "not_a_date"),
        ({"due": "2025-W01-1"}, "due", "not_a_date"),
        ({"due": "9999-12-31"}, "due", "date_out_of_range"),
        ({"start": "2026-01-01", "due": "2025-12-31"}, "due", "dates_order"),
        ({"owner": "Kari"}, "owner", "unknown_owner"),
        ({"parent_id": "G9"}, "parent_id", "unknown_parent"),
        ({"parent_id": "G1"}, "parent_id", "goal_cycle"),
    ],
)
def test_a_wrong_goal_is_told_by_line_and_column(cell, column, code):
    assert problems(goals=[{**GOAL, **cell}], kpis=[], values=[]) == [(GOALS, 2, column, code)]


@pytest.mark.parametrize(
    ("cell", "column", "code"),
    [
        ({"id": ""}, "id", "required"),
        ({"goal_id": "G9"}, "goal_id", "unknown_goal"),
        ({"name": "x" * 501}, "name", "too_long"),
        ({"unit": "x" * 101}, "unit", "too_long"),
        ({"direction": "sideways"}, "direction", "unknown_direction"),
        ({"aggregation": "median"}, "aggregation", "unknown_aggregation"),
        ({"target": "many"}, "target", "not_a_number"),
        ({"baseline": "1,5"}, "baseline", "not_a_number"),
    ],
)
def test_a_wrong_kpi_is_told_by_line_and_column(cell, column, code):
    assert problems(kpis=[{**KPI, **cell}], values=[]) == [(KPIS, 2, column, code)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("NaN", "not_a_number"),
        ("-inf", "not_a_number"),
        ("1_000", "not_a_number"),
        ("１２", "not_a_number"),
        ("0x10", "not_a_number"),
        ("=1+1", "not_a_number"),
        ("1e309", "too_many_digits"),
        ("1e9999", "too_many_digits"),
        ("1" + "0" * 18, "too_many_digits"),
        ("1e-11", "too_many_digits"),
        ("0.12345678901", "too_many_digits"),
        ("123456789012345678.12345678901", "too_many_digits"),
    ],
)
def test_a_value_that_is_no_number_of_ours_is_refused(cell, code):
    assert problems(values=[value(value=cell)]) == [(MEASUREMENTS, 2, "value", code)]


@pytest.mark.parametrize(
    "cell", ["0", "-1.5", "+3", ".5", "7.", "1e3", "1.2300000000000000", "999999999999999999.9999999999", "0e-30"]
)
def test_every_way_to_write_a_number_keeps_it_exactly(cell):
    [row] = understand(folder(values=[value(value=cell)]), FOUNDED).values
    assert row.value == Decimal(cell)


def test_rounding_is_done_only_when_asked_for_and_is_counted():
    found = understand(
        folder(values=[value(value="123456789012345678.00000000005"), value("2025-02-01", "1e-99")]),
        FOUNDED,
        rounding=True,
    )
    assert found.problems == []
    assert [row.value for row in found.values] == [Decimal("123456789012345678"), 0]
    assert found.rounded == 2


def test_every_wrong_cell_of_every_file_is_told_at_once():
    assert problems(
        goals=[{**GOAL, "title": "", "weight": "x"}], kpis=[{**KPI, "name": ""}], values=[value("x", "y", "")]
    ) == [
        (GOALS, 2, "title", "required"),
        (GOALS, 2, "weight", "not_a_number"),
        (KPIS, 2, "name", "required"),
        (MEASUREMENTS, 2, "date", "not_a_date"),
        (MEASUREMENTS, 2, "value", "not_a_number"),
        (MEASUREMENTS, 2, "kpi_id", "required"),
    ]


def test_an_id_stands_once_in_a_file():
    assert problems(goals=[GOAL, CHILD, CHILD], kpis=[KPI, KPI]) == [
        (GOALS, 4, "id", "duplicate_id"),
        (KPIS, 3, "id", "duplicate_id"),
    ]


def test_a_circle_of_goals_is_told_once_with_its_path():
    goals = [
        {**GOAL, "id": "A", "parent_id": "C"},
        {**GOAL, "id": "B", "parent_id": "A"},
        {**GOAL, "id": "C", "parent_id": "B"},
        {**GOAL, "id": "D", "parent_id": "C"},
    ]
    [problem] = understand(folder(goals, [], []), FOUNDED).problems
    assert (problem.line, problem.code) == (2, "goal_cycle")
    assert problem.message.endswith("A > C > B > A.")


def test_a_circle_through_a_goal_that_is_only_in_the_organisation_is_found():
    known = Known(goals={"OLD": ("G1", 0)}, levels=("Strategic", "Team"))
    assert problems(known, goals=[{**GOAL, "parent_id": "OLD"}], kpis=[], values=[]) == [
        (GOALS, 2, "parent_id", "goal_cycle")
    ]


def test_a_goal_stands_on_or_below_its_parents_level():
    goals = [{**GOAL, "level": "2"}, {**CHILD, "level": "1"}]
    assert problems(goals=goals, kpis=[], values=[]) == [(GOALS, 3, "level", "level_above_parent")]


def test_a_known_goal_does_not_end_above_a_parent_that_steps_down():
    known = Known(goals={"G1": ("", 0), "OLD": ("G1", 0)}, levels=("Strategic", "Team"))
    assert problems(known, goals=[{**GOAL, "level": "2"}], kpis=[], values=[]) == [
        (GOALS, 2, "level", "level_above_parent")
    ]


def test_a_blank_parent_leaves_a_known_goal_where_it_is():
    known = Known(goals={"TOP": ("", 1), "G1": ("TOP", 1)}, levels=("Strategic", "Team"))
    assert problems(known, goals=[{**GOAL, "level": "2"}], kpis=[], values=[]) == []
    assert problems(known, goals=[GOAL], kpis=[], values=[]) == [(GOALS, 2, "level", "level_above_parent")]


def test_levels_go_by_number_or_name():
    known = Known(levels=("Strategic", "Team"))
    goals = [{**GOAL, "level": "strategic"}, {**CHILD, "level": "2"}, {**CHILD, "id": "G3", "level": "3"}]
    found = understand(folder(goals, [], []), known)
    assert [row.rank for row in found.goals] == [0, 1, 0]
    assert places(found.problems) == [(GOALS, 4, "level", "unknown_level")]


def test_owners_are_people_of_the_organisation():
    known = Known(people=frozenset({"ada@works.example"}), levels=("Strategic",))
    goals = [{**GOAL, "owner": "Ada@Works.example"}, {**GOAL, "id": "G2", "owner": "eve@elsewhere.example"}]
    assert problems(known, goals=goals, kpis=[], values=[]) == [(GOALS, 3, "owner", "unknown_owner")]


def test_values_belong_to_kpis_of_the_files_or_the_organisation():
    known = Known(kpis={"OLD": Cadence.yearly})
    values = [value(kpi_id="OLD"), value(kpi_id="NEW")]
    assert problems(known, goals=[], kpis=[], values=values) == [(MEASUREMENTS, 3, "kpi_id", "unknown_kpi")]


def test_two_values_for_one_period_are_refused_and_the_same_one_twice_is_kept_once():
    values = [*VALUES, VALUES[0], value("2025-02-20", "99")]
    found = understand(folder(values=values), FOUNDED)
    assert places(found.problems) == [(MEASUREMENTS, 6, "date", "two_values_one_period")]
    assert (len(found.values), found.repeated) == (3, 1)


def test_a_blank_value_is_counted_and_not_kept():
    found = understand(folder(values=[*VALUES, value("2025-04-01", "")]), FOUNDED)
    assert (len(found.values), found.blank, found.rows) == (3, 1, 4)
    assert found.spans["K-1"].due == date(2025, 4, 30)
