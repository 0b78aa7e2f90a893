"""The picture of a calculation says the same as its table."""

from decimal import Decimal

import pytest

from goals import nearby, parts, waterfall
from goals.reading import Everything
from tests.goals.measuring import kpi, rolled_up


def drawn(goal):
    line = parts.lines(nearby.live(goal.organisation, [goal.pk]), goal.pk, Everything())
    figure = waterfall.figure_of(line)
    return figure and {trace["name"]: trace for trace in figure["data"]}


@pytest.fixture
def goal(cast):
    goal = cast.goal("Grow")
    kpi(goal, "a", 50, weight=Decimal(60), name="<b>Bold</b> & long enough to be broken into two lines at the most")
    kpi(goal, "b", 100, weight=Decimal(40))
    kpi(goal, "out", 90, weight=Decimal(0))
    return rolled_up(goal)


def test_each_part_begins_where_the_one_before_ends(goal):
    traces = drawn(goal)

    assert list(traces["before"]["x"]) == [0, 30, 0]
    assert list(traces["given"]["x"]) == [30, 40, 70]
    assert list(traces["room"]["x"]) == [30, 0, 0]
    assert list(traces["room"]["text"]) == ["+30.00", "+40.00", "70.00"]


def test_names_are_broken_into_two_lines_and_never_read_as_markup(goal):
    name, *_ = drawn(goal)["given"]["y"]

    assert name == "&lt;b&gt;Bold&lt;/b&gt; &amp; long<br>enough to be broken …"


@pytest.mark.parametrize("parts_of_it", [1, 9])
def test_too_few_or_too_many_parts_are_not_drawn(cast, parts_of_it):
    goal = cast.goal("Grow")
    for number in range(parts_of_it):
        kpi(goal, f"k{number}", 50)

    assert drawn(rolled_up(goal)) is None
