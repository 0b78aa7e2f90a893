import pytest

from goals import tree
from goals.models import Goal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("first", [False, True])
def test_a_strategic_goal_moves_below_another_one_with_all_that_stands_below_it(cast, first):
    grow, sibling = cast.goal("Grow"), None
    sibling = cast.goal("Sell", grow, level=0)
    other = cast.goal("Serve")
    below = cast.goal("Answer", other)
    tree.move(other, grow, before=sibling if first else None, by=cast.ada)
    assert list(tree.faults(cast.works.pk)) == []
    order = [other, below, sibling] if first else [sibling, other, below]
    assert list(Goal.objects.in_tree_order()) == [grow, *order]
    assert Goal.objects.get(pk=other.pk).parent_id == grow.pk
