"""Explanations agree with the figures shown, also for a person who may not see every part."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from goals import explaining
from goals.models import GoalFigures
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def tree(cast):
    """Top = 3 x Secret (0.4) + 1 x Plain (0.8) + 1 x a KPI (0.5), and a secret part without data."""
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility="private", weight=Decimal(3), owner=cast.ada)
    empty = cast.goal("Empty", top, visibility="private", weight=Decimal(5), owner=cast.ada)
    plain = cast.goal("Plain", top)
    kpi(secret, "secret", 40)
    kpi(plain, "plain", 80)
    kpi(top, "own", 50)
    rolled_up(top)
    return top, secret, empty, plain


def kinds(line):
    return [(part["kind"], part["id"]) for part in line["parts"]]


def test_an_administrator_sees_every_part(cast, tree):
    top, secret, empty, plain = tree
    line = explaining.explain(top, cast.ada)
    own = line["parts"][0]
    assert kinds(line) == [("kpi", own["id"]), ("goal", secret.pk), ("goal", empty.pk), ("goal", plain.pk)]
    assert (own["title"], own["progress"], own["calculation"]["score"].actual) == ("own", Decimal("0.5"), 50)
    assert (line["parts"][2]["reason"], line["parts"][2]["counted"]) == ("empty", True)
    assert line["progress"] == GoalFigures.objects.get(goal=top).progress


def test_hidden_parts_are_one_line_and_the_sums_agree(cast, tree):
    top, *_, plain = tree
    line = explaining.explain(top, cast.cy)
    own = line["parts"][0]
    assert kinds(line) == [("kpi", own["id"]), ("goal", plain.pk), ("restricted", None), ("restricted", None)]
    hidden, silent = line["parts"][2:]
    assert {name: hidden[name] for name in ("title", "status", "method", "stale")} == dict.fromkeys(
        ("title", "status", "method", "stale")
    )
    assert (hidden["weight"], hidden["share"], silent["weight"], silent["reason"]) == (3, Decimal("0.6"), 5, "no_data")
    contributing = [part for part in line["parts"] if part["contributes"]]
    assert sum(part["share"] for part in contributing) == 1
    assert sum(part["share"] * part["progress"] for part in contributing) == line["progress"]
    counted = [part for part in line["parts"] if part["counted"]]
    weight = sum(part["weight"] for part in counted)
    assert sum(part["weight"] * part["coverage"] for part in counted) / weight == line["coverage"]


def test_hidden_parts_of_a_weakest_link_keep_its_progress_and_gap(cast):
    top = cast.goal("Top", rollup_method="weakest_link")
    for number, value in enumerate((40, 90)):
        kpi(cast.goal(f"Secret {number}", top, visibility="private"), f"s{number}", value)
    line = explaining.explain(rolled_up(top), cast.cy)
    (hidden,) = line["parts"]
    assert (hidden["progress"], hidden["gap"]) == (line["progress"], line["gap"])


def test_a_hidden_draft_is_not_told_at_all(cast, tree):
    cast.goal("Plan", tree[0], visibility="private", state="draft")
    assert len(explaining.explain(tree[0], cast.cy)["parts"]) == 4


def test_contributions_sum_to_the_progress_with_hidden_ones_merged(cast, tree):
    top = tree[0]
    everything, partly = explaining.contributions(top, cast.ada), explaining.contributions(top, cast.cy)
    assert [line["title"] for line in everything] == ["secret", "plain", "own"]
    assert [line["title"] for line in partly] == ["plain", "own", None]
    for lines in (everything, partly):
        assert sum(line["points"] for line in lines) == Decimal("0.5")
        assert sum(line["effective_weight"] for line in lines) == 1
    assert (partly[-1]["kind"], partly[-1]["points"], partly[-1]["goal_id"]) == ("restricted", Decimal("0.24"), None)


def test_a_change_sums_exactly_and_hides_what_may_not_be_seen(cast):
    year = cast.works.today().year
    first, last = dt.datetime(year, 3, 31, 12, tzinfo=dt.UTC), dt.datetime(year, 6, 30, 12, tzinfo=dt.UTC)
    with time_machine.travel(first, tick=False):
        top = cast.goal("Top")
        secret, plain = cast.goal("Secret", top, visibility="private"), cast.goal("Plain", top)
        kpi(secret, "secret", 10)
        measured = kpi(plain, "plain", 20)
    with time_machine.travel(last, tick=False):
        from kpis.recording import record_one

        record_one(measured, last.date(), Decimal(60), by=cast.ada)
        plain.revise(by=cast.ada, weight=Decimal(3))
        told = explaining.change(top, cast.cy, first.date(), last.date())
    assert (told["before"], told["after"]) == (Decimal("0.15"), Decimal("0.475"))
    assert [line["title"] for line in told["effects"]] == ["plain", None]
    assert sum(line["value"] + line["mix"] for line in told["effects"]) == Decimal("0.325")
    assert told["effects"][0]["mix"] != 0


def test_a_goal_that_was_not_there_yet_has_no_explanation(cast, tree):
    past = cast.works.end_of(cast.works.today() - dt.timedelta(days=3))
    assert explaining.explain(tree[0], cast.ada, known=past) is None
    assert explaining.contributions(tree[0], cast.ada, known=past) is None
