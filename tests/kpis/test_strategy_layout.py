"""The drawing of a strategy map: nothing overlaps, nothing is lost, the same goals give the same drawing."""

import re
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.strategy.layout import HEIGHT, LABELS, PER_ROW, WIDTH, draw
from kpis.strategy.lettering import MORE, width_of, wrapped


@st.composite
def maps(draw_from):
    count = draw_from(st.integers(1, 24))
    lanes = [[] for _ in range(draw_from(st.integers(1, 5)))]
    for goal in range(1, count + 1):
        lanes[draw_from(st.integers(0, len(lanes) - 1))].append(goal)
    pairs = st.tuples(st.integers(1, count), st.integers(1, count)).filter(lambda pair: pair[0] < pair[1])
    return lanes, draw_from(st.lists(pairs, max_size=30, unique=True)) if count > 1 else []


def boxes_of(drawing):
    return {goal: (x, y, x + WIDTH, y + HEIGHT) for goal, (x, y) in drawing.boxes.items()}


@settings(max_examples=80, deadline=None)
@given(maps())
def test_goals_stand_in_their_lanes_and_on_nobody_else(given_map):
    lanes, links = given_map
    drawing = draw(lanes, links)
    boxes = boxes_of(drawing)
    assert boxes.keys() == {goal for lane in lanes for goal in lane}
    for lane, band in zip(lanes, drawing.lanes, strict=True):
        for goal in lane:
            left, top, right, bottom = boxes[goal]
            assert band.top < top < bottom < band.top + band.height
            assert LABELS <= left < right <= drawing.width
    for one, other in combinations(boxes.values(), 2):
        apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
        assert apart


@settings(max_examples=80, deadline=None)
@given(maps())
def test_every_link_has_a_way_that_runs_over_no_goal(given_map):
    lanes, links = given_map
    drawing = draw(lanes, links)
    assert drawing.routes.keys() == set(links)
    for (cause, effect), route in drawing.routes.items():
        knots = points_of(route.path)
        for goal, (left, top, right, bottom) in boxes_of(drawing).items():
            if goal not in (cause, effect):
                assert not any(left < x < right and top < y < bottom for x, y in knots)


def points_of(path):
    """Points along a path, twenty a curve."""
    numbers = [tuple(map(float, pair.split())) for pair in re.findall(r"-?[\d.e-]+ -?[\d.e-]+", path)]
    here, found = numbers[0], []
    for n in range(1, len(numbers), 3):
        one, two, end = numbers[n : n + 3]
        for step in range(21):
            t = step / 20
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(
                tuple(sum(s * p[axis] for s, p in zip(shares, (here, one, two, end), strict=True)) for axis in (0, 1))
            )
        here = end
    return found


@settings(max_examples=30, deadline=None)
@given(maps())
def test_the_same_map_is_drawn_the_same(given_map):
    assert draw(*given_map) == draw(*given_map)


def test_an_effect_stands_above_its_cause_where_a_lane_has_several_rows():
    lane = list(range(1, PER_ROW + 4))
    drawing = draw([lane], [(1, 2), (2, 3)])
    assert drawing.boxes[3][1] < drawing.boxes[1][1]


def test_crossed_links_are_untangled():
    assert draw([[1, 2, 3], [4, 5, 6]], [(4, 3), (5, 2), (6, 1)]).crossings == 0


def test_links_to_goals_that_are_not_drawn_are_left_out():
    assert draw([[1], [2]], [(2, 1), (2, 9)]).routes.keys() == {(2, 1)}


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_lines_of_a_title_are_not_wider_than_their_box(title):
    lines = wrapped(title, 140, 12.75, 3)
    assert len(lines) <= 3
    assert all(width_of(line, 12.75) <= 140 for line in lines)


def test_a_title_is_broken_between_words_and_cut_with_a_sign():
    assert wrapped("Reduce average response time by 20%", 140, 12.75, 3) == ["Reduce average", "response time by 20%"]
    assert wrapped("word " * 40, 140, 12.75, 2)[-1].endswith(MORE)
    assert len(wrapped("x" * 60, 140, 12.75, 3)) == 3
