"""The chart of a goal over time shows the points as they were known."""

import datetime as dt
from decimal import Decimal

from goals.trend import Point
from goals.trend_chart import figure_of

POINTS = [
    Point(dt.date(2026, 3, 1), Decimal("0.1"), Decimal("0.2"), Decimal(1), "at_risk"),
    Point(dt.date(2026, 4, 1), None, None, Decimal(0), "no_data"),
    Point(dt.date(2026, 5, 1), Decimal("0.5"), Decimal("0.4"), Decimal(1), "on_track"),
]


def test_progress_and_expected_hold_from_day_to_day_and_break_where_nothing_was_known():
    expected, progress = figure_of(POINTS)["data"]

    assert list(progress["x"]) == ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert list(progress["y"]) == [10, None, 50]
    assert list(expected["y"]) == [20, None, 40]
    assert progress["line"]["shape"] == expected["line"]["shape"] == "hv"
    assert list(progress["text"])[:2] == ["1 Mar 2026: 10%<br>Expected 20%", "1 Apr 2026: no data"]


def test_words_at_the_lines_ends_keep_apart():
    here, pace = figure_of(POINTS)["layout"]["annotations"]

    assert (here["text"], pace["text"]) == ("50%", "Expected")
    assert here["yshift"] > 0 > pace["yshift"]


def test_a_goal_that_ends_without_data_has_no_words_at_the_end():
    assert "annotations" not in figure_of(POINTS[:2])["layout"]
