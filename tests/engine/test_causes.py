"""Links form no circle, and a circle is told in its order."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from goals.causes import circle, closing, way
from tests.engine.cases import CHECKS

links = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True)


def test_case_e2_the_first_circle():
    straight = [("learn", "process"), ("process", "customer"), ("customer", "money")]
    assert [circle(straight), circle([("a", "b"), ("b", "c"), ("c", "a")])] == CHECKS["E2"]


def test_a_goal_that_leads_to_itself_is_a_circle():
    assert circle([("a", "a")]) == ["a", "a"]


def test_the_circle_that_a_new_link_would_close_begins_with_it():
    assert closing([("a", "b"), ("b", "c"), ("a", "c")], "c", "a") == ["c", "a", "c"]
    assert closing([("a", "b"), ("b", "c")], "a", "c") is None


@settings(max_examples=80, deadline=None)
@given(links)
def test_links_without_a_circle_have_an_order_and_a_circle_is_made_of_links(given_links):
    found = circle(given_links)
    if found is None:
        remaining, causes = set(given_links), {node for link in given_links for node in link}
        while causes:  # one after the other, the goals that nothing leads to any more
            first = next(node for node in sorted(causes) if all(effect != node for _, effect in remaining))
            causes.discard(first)
            remaining = {link for link in remaining if link[0] != first}
        assert not remaining
    else:
        assert found[0] == found[-1]
        assert len(set(found)) == len(found) - 1
        assert all(link in given_links for link in itertools.pairwise(found))


@settings(max_examples=80, deadline=None)
@given(links, st.integers(0, 7), st.integers(0, 7))
def test_a_way_is_made_of_links_from_start_to_end(given_links, start, end):
    found = way(given_links, start, end)
    if found is not None:
        assert (found[0], found[-1]) == (start, end)
        assert all(link in given_links for link in itertools.pairwise(found))
