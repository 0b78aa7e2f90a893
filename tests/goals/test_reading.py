"""Goals as rows with figures: what a person may see, in a fixed number of queries."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import reading
from goals.models import Goal
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def tree(cast):
    """Top has a secret part and a visible one; below the secret one stands a visible goal again."""
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility="private", weight=Decimal(3), owner=cast.ada)
    low = cast.goal("Low", secret)
    plain = cast.goal("Plain", top, contributors=[cast.cy, cast.bo])
    kpi(low, "low", 40)
    kpi(plain, "plain", 80)
    rolled_up(top)
    return top, secret, low, plain


def test_a_row_tells_figures_names_and_place(cast, tree):
    top, _, _, plain = tree
    first, last = reading.rows(cast.ada, [plain.pk, top.pk])
    assert (first["id"], first["progress"], first["effective_weight"]) == (plain.pk, Decimal("0.8"), Decimal("0.25"))
    assert (first["kpi_count"], first["child_count"], first["contributors"]) == (1, 0, [cast.bo.pk, cast.cy.pk])
    assert (first["level_name"], first["cycle_name"], first["parent_id"]) == ("Department", cast.cycle.name, top.pk)
    assert (last["progress"], last["effective_weight"], last["child_count"]) == (Decimal("0.5"), 1, 2)
    assert last["rolled_up"]
    assert last["aligned"]


def test_a_parent_that_may_not_be_seen_is_not_named(cast, tree):
    top, secret, low, _ = tree
    (row,) = reading.rows(cast.cy, [secret.pk, low.pk])
    assert (row["id"], row["parent_id"], row["has_parent"]) == (low.pk, None, True)
    assert row["effective_weight"] == Decimal("0.75")
    assert reading.row(cast.cy, top.pk)["child_count"] == 1
    assert reading.row(cast.eve, top.pk) is None


def test_the_view_begins_below_what_is_hidden(cast, tree):
    top, _, low, _ = tree
    assert set(reading.tops(cast.cy)) == {top, low}
    assert set(reading.tops(cast.ada)) == {top}


def test_what_is_committed_but_not_rolled_up_is_told(cast, tree):
    top, _, low, _ = tree
    other = rolled_up(cast.goal("Other"))
    low.revise(by=cast.ada, weight=Decimal(9))
    assert [row["rolled_up"] for row in reading.rows(cast.ada, [top.pk, other.pk])] == [False, True]
    fresh = cast.goal("Fresh")
    row = reading.row(cast.ada, fresh.pk)
    assert (row["status"], row["rolled_up"], row["progress"]) == ("no_data", False, None)


def test_a_mark_for_everything_reaches_every_tree(cast, tree):
    from goals import marks

    marks.mark_everything(cast.works)
    assert not reading.row(cast.ada, tree[0].pk)["rolled_up"]
    assert Goal.objects.with_freshness().get(pk=tree[0].pk).pending


@pytest.mark.parametrize("who", ["ada", "cy"])
def test_the_number_of_queries_does_not_depend_on_the_rows(cast, tree, who):
    counts = []
    for ids in ([tree[3].pk], [goal.pk for goal in tree]):
        with CaptureQueriesContext(connection) as queries:
            reading.rows(getattr(cast, who), ids)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
