"""The picture of the whole cascade: as wide as things weigh, bounded, and silent about what a reader may not see."""

from decimal import Decimal

from goals import icicle as pictures
from goals.charts import icicle_figure, trend_figure
from goals.icicle import icicle
from goals.lines import lines_now
from goals.models import Goal
from goals.trend import Point
from tests.goals.measuring import kpi, rolled_up


def lines(cast, who=None):
    return lines_now(who or cast.ada, cast.cycle)


def told(picture):
    return [(block.line.id, block.depth, block.weight, block.tint, block.inner) for block in picture.blocks]


def grown(cast):
    """Top (weight 3) over Left (weight 1, on pace) and Right (3, at 0); Other (weight 1)."""
    top, other = cast.goal("Top", weight=Decimal(3)), cast.goal("Other")
    left, right = cast.goal("Left", top), cast.goal("Right", top, weight=Decimal(3))
    life = {"target_mode": "each_period"}
    for goal, value in ((left, 100), (right, 0), (other, 100)):
        kpi(goal, f"k{goal.pk}", value, cadence="daily", **life)
    return top, other, left, right


def test_each_goal_is_as_wide_as_it_weighs(cast):
    top, other, left, right = grown(cast)
    rolled_up(top)

    assert told(icicle(lines(cast))) == [
        (top.pk, 0, Decimal("0.75"), "n3", True),
        (other.pk, 0, Decimal("0.25"), "0", False),
        (left.pk, 1, Decimal("0.1875"), "0", False),
        (right.pk, 1, Decimal("0.5625"), "n3", False),
    ]


def test_a_picture_can_begin_with_any_goal(cast):
    top, _, left, right = grown(cast)
    rolled_up(top)
    found = lines(cast)

    assert [(block.line.id, block.weight) for block in icicle(found, found.by_id[top.pk]).blocks] == [
        (top.pk, 1),
        (left.pk, Decimal("0.25")),
        (right.pk, Decimal("0.75")),
    ]


def test_it_stops_after_its_levels_and_its_widest_goals(cast, monkeypatch):
    top, other, _, right = grown(cast)
    below = cast.goal("Below", right)
    kpi(cast.goal("Deepest", below), "deepest", 1)
    kpi(below, "below", 1)
    rolled_up(top)
    assert [block.line.id for block in icicle(lines(cast)).blocks if block.inner] == [top.pk, right.pk, below.pk]
    assert max(block.depth for block in icicle(lines(cast)).blocks) == pictures.LEVELS - 1
    monkeypatch.setattr(pictures, "MOST", 3)
    picture = icicle(lines(cast))

    assert [block.line.id for block in picture.blocks] == [top.pk, other.pk, right.pk]
    assert picture.left_out == 2


def test_at_most_so_many_strategic_goals_stand_side_by_side(cast, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_TOPS", 1)
    top, other, *_ = grown(cast)
    rolled_up(top)
    picture = icicle(lines(cast))

    assert [block.weight for block in picture.blocks if block.parent is None] == [1]
    assert other.pk not in [block.line.id for block in picture.blocks]


def test_what_does_not_count_has_no_width(cast):
    top, _, left, _ = grown(cast)
    Goal.objects.filter(pk=left.pk).update(state=Goal.State.PAUSED)
    rolled_up(top)

    assert left.pk not in [block.line.id for block in icicle(lines(cast)).blocks]


def test_a_hidden_goal_is_a_block_without_title_and_figures(cast):
    top, _, _, right = grown(cast)
    Goal.objects.filter(pk=right.pk).update(visibility=Goal.Visibility.PRIVATE, owner=cast.ada)
    rolled_up(top)
    picture = icicle(lines(cast, cast.cy))
    [hidden] = [block for block in picture.blocks if not block.seen]
    figure = icicle_figure(picture, {top.pk: "Top"})
    trace = figure["data"][0]
    place = trace["ids"].index(str(right.pk))

    assert (hidden.line.id, hidden.weight, hidden.tint) == (right.pk, Decimal("0.5625"), "none")
    assert trace["labels"][place] == "Restricted"
    assert trace["customdata"][place] == "56.2% of all that is drawn"
    assert trace["texttemplate"][place] == "Restricted"


def test_the_parts_of_a_block_are_never_wider_than_it(cast):
    top, *_ = grown(cast)
    for number in range(7):
        kpi(cast.goal(f"Third {number}", top, weight=Decimal(number + 1)), f"t{number}", 5)
    rolled_up(top)
    trace = icicle_figure(icicle(lines(cast)), {})["data"][0]
    within = [v for v, parent in zip(trace["values"], trace["parents"], strict=True) if parent == str(top.pk)]

    assert 0 < sum(within) <= trace["values"][trace["ids"].index(str(top.pk))]


def test_titles_are_text_and_no_template(cast):
    top, *_ = grown(cast)
    rolled_up(top)
    trace = icicle_figure(icicle(lines(cast)), {top.pk: "<b>%{label}</b>"})["data"][0]

    assert trace["labels"][0] == "&lt;b&gt;%{label}&lt;/b&gt;"
    assert "%{" not in trace["texttemplate"][0]


def test_a_trend_shows_only_what_is_known_and_ends_in_words(cast):
    today, start = cast.works.today(), cast.cycle.start
    points = [
        Point(start, None, None, Decimal(0), "no_data"),
        Point(today, Decimal("0.4"), Decimal("0.5"), Decimal(1), "at_risk"),
    ]
    figure = trend_figure(points, start, cast.cycle.due)

    assert [trace["x"] for trace in figure["data"]] == [[today.isoformat()]] * 2
    assert figure["layout"]["annotations"][0]["text"] == "40%"
    assert trend_figure(points[:1], start, cast.cycle.due)["layout"].get("annotations") is None
