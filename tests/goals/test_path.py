from goals import path
from goals.models import Goal


def test_the_goals_above_come_root_first_without_what_a_person_may_not_see(cast):
    root = cast.goal("Grow")
    hidden = cast.goal("Merge", root, visibility=Goal.Visibility.PRIVATE, owner=cast.ada)
    below = cast.goal("Sell", hidden)
    assert path.above(below, cast.ada) == [root, hidden]
    assert path.above(below, cast.cy) == [root, None]
    assert path.above(root, cast.cy) == []


def test_the_way_up_takes_the_same_queries_at_any_depth(cast, django_assert_num_queries):
    goal = cast.goal("Grow")
    for title in ("Sell", "Call", "Dial"):
        goal = cast.goal(title, goal)
    with django_assert_num_queries(3):
        path.above(goal.parent, cast.cy)
    with django_assert_num_queries(3):
        path.above(goal, cast.cy)
