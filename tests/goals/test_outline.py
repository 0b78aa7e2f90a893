"""The goal tree in lines: order, shares, what is hidden, what is left for later."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from goals import lifecycle, outline
from goals.models import Goal
from goals.outline import Outline
from tests.goals.measuring import kpi, rolled_up


def shape(entries) -> list:
    """Title and level of each goal; what else stands there by its kind."""
    return [(entry.goal.title if entry.kind == "goal" else entry.kind, entry.level) for entry in entries]


@pytest.fixture
def branch(cast):
    """Top > A (> A1), B; another top, Side."""
    top = cast.goal("Top")
    a = cast.goal("A", top, weight=Decimal(3))
    a1 = cast.goal("A1", a)
    b = cast.goal("B", top, weight=Decimal(1))
    return top, a, a1, b, cast.goal("Side")


def test_the_first_look_opens_every_top(cast, branch):
    entries = Outline(cast.ada, cast.cycle).tree(None).entries
    assert shape(entries) == [("Top", 1), ("A", 2), ("B", 2), ("Side", 1)]
    assert [entry.expanded for entry in entries] == [True, False, None, None]
    assert [(entry.place, entry.among) for entry in entries] == [(1, 2), (1, 2), (2, 2), (2, 2)]
    assert [entry.spot.inside for entry in entries] == [3, 1, 0, 0]


def test_only_what_is_opened_is_shown(cast, branch):
    top, a, *_ = branch
    lines = Outline(cast.ada, cast.cycle)
    assert shape(lines.tree([]).entries) == [("Top", 1), ("Side", 1)]
    assert shape(lines.tree([top.pk, a.pk]).entries) == [("Top", 1), ("A", 2), ("A1", 3), ("B", 2), ("Side", 1)]
    assert shape(lines.tree([a.pk]).entries) == [("Top", 1), ("Side", 1)]


def test_another_cycle_has_its_own_tree(cast, branch):
    year = cast.cycle.start.year + 1
    later = cast.works.cycles.create(
        name=str(year), start=cast.cycle.start.replace(year=year), due=cast.cycle.due.replace(year=year)
    )
    cast.goal("Next", cycle=later)
    assert shape(Outline(cast.ada, later).tree(None).entries) == [("Next", 1)]


def test_a_share_is_of_the_counting_parts_and_the_kpis_of_the_goal_above(cast, branch):
    top, a, _, b, _ = branch
    kpi(top, "own", 40, weight=Decimal(4))
    lines = {line.goal.title: line for line in Outline(cast.ada, cast.cycle).tree(None).entries}
    assert [lines[title].share for title in ("Top", "A", "B")] == [None, Decimal("0.375"), Decimal("0.125")]
    lifecycle.change_state(b, "paused", by=cast.ada)
    lines = {line.goal.title: line for line in Outline(cast.ada, cast.cycle).tree(None).entries}
    assert (lines["A"].share, lines["B"].share) == (Decimal(3) / 7, None)
    assert lines["B"].why_not == "Not counted: paused"
    top.revise(by=cast.ada, rollup_method=Goal.Method.OWN_KPIS)
    assert next(line for line in Outline(cast.ada, cast.cycle).tree(None).entries if line.goal == a).share is None


def test_hidden_goals_leave_their_weight_and_what_is_below_them_stands_at_the_top(cast):
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility="private", owner=cast.ada, weight=Decimal(3))
    cast.goal("Low", secret)
    cast.goal("Plain", top)
    entries = Outline(cast.cy, cast.cycle).tree(None).entries
    assert shape(entries) == [("Top", 1), ("Plain", 2), ("restricted", 2), ("Low", 1)]
    assert (entries[1].share, entries[2].share, entries[2].count) == (Decimal("0.25"), Decimal("0.75"), 1)
    assert entries[3].share is None
    assert shape(Outline(cast.cy, cast.cycle).tree([top.pk, secret.pk]).entries) == shape(entries)
    assert shape(Outline(cast.ada, cast.cycle).tree(None).entries) == [("Top", 1), ("Secret", 2), ("Plain", 2)]


def test_one_answer_has_a_limit_and_the_shape_names_the_rest(cast, branch, monkeypatch):
    top, a, a1, b, side = branch
    monkeypatch.setattr(outline, "ROWS", 2)
    lines = Outline(cast.ada, cast.cycle)
    part = lines.tree([top.pk, a.pk])
    assert shape(part.entries) == [("Top", 1), ("A", 2)]
    assert (part.left, part.total) == (3, 5)
    below = {0: [[top.pk, 1, 0], [side.pk, 0, 0]], top.pk: [[a.pk, 1, 0], [b.pk, 0, 0]], a.pk: [[a1.pk, 0, 0]]}
    assert part.shape == {"below": below, "hidden": {}}
    assert shape(lines.tree([top.pk, a.pk], at=2).entries) == [("A1", 3), ("B", 2)]
    assert shape(lines.tree([top.pk, a.pk], at=4).entries) == [("Side", 1)]
    assert lines.below([top]).shape["below"] == {0: [], top.pk: [[a.pk, 1, 0], [b.pk, 0, 0]]}
    assert shape(lines.tree(outline.Everything(), at=2).entries) == [("A1", 3), ("B", 2)]


def test_siblings_are_ordered_by_what_was_asked_for_and_those_without_come_last(cast):
    top = cast.goal("Top")
    for title, owner, weight in (("b", cast.cy, 2), ("C", None, 3), ("a", cast.ada, 1)):
        kpi(cast.goal(title, top, owner=owner, weight=Decimal(weight)), title, weight * 10)
    cast.goal("d", top)
    rolled_up(top)

    def titles(order: str) -> str:
        return "".join(line.goal.title for line in Outline(cast.ada, cast.cycle, order).tree([top.pk]).entries[1:])

    assert [titles(order) for order in ("title", "-title", "owner", "-weight")] == ["abCd", "dCba", "abCd", "Cbad"]
    assert [titles(order) for order in ("progress", "-progress", "nonsense", "")] == ["abCd", "Cbad", "bCad", "bCad"]
    found = Outline(cast.ada, cast.cycle, "-title").found(Goal.objects.filter(parent=top))
    assert [line.goal.title for line in found.entries] == ["Top", "d", "C", "b", "a"]


def test_what_is_found_stands_below_what_leads_to_it(cast, branch):
    lines = Outline(cast.ada, cast.cycle)
    entries = lines.found(Goal.objects.filter(title__in=["A1", "Side"])).entries
    assert shape(entries) == [("Top", 1), ("A", 2), ("A1", 3), ("Side", 1)]
    assert [entry.context for entry in entries] == [True, True, False, False]
    assert entries[1].share == Decimal("0.75")


def test_figures_are_those_of_the_last_roll_up(cast, branch):
    _, _, a1, *_ = branch
    assert Outline(cast.ada, cast.cycle).tree(None).entries[0].status == "no_data"
    kpi(a1, "k", 40)
    rolled_up(a1)
    (line,) = Outline(cast.ada, cast.cycle).named([a1.pk])
    assert (line.figures.progress, line.goal.kpi_count) == (Decimal("0.4"), 1)
    assert line.goal.measured_on == cast.works.today()


@pytest.mark.parametrize("who", ["ada", "bo", "cy"])
def test_the_number_of_queries_does_not_depend_on_the_rows(cast, who):
    person = getattr(cast, who)

    def reading(ask) -> int:
        with CaptureQueriesContext(connection) as queries:
            ask(Outline(person, cast.cycle))
        return len(queries)

    top = cast.goal("Top")
    cast.goal("A", top)
    questions = [
        lambda lines: lines.tree(None).entries,
        lambda lines: lines.below([top], tops=True),
        lambda lines: lines.found(Goal.objects.filter(title__startswith="A")),
        lambda lines: lines.named([top.pk]),
    ]
    few = [reading(ask) for ask in questions]
    for number in range(3):
        cast.goal(f"A{number}", top, visibility="private" if number else "organisation", owner=cast.cy, unit=cast.team)
        kpi(cast.goal(f"Other {number}"), f"k{number}", 10)
    assert [reading(ask) for ask in questions] == few
    assert few[1] <= 3, "one for rights, one for the places, one for the rows"


def test_a_state_is_shown_before_its_roll_up(cast, branch):
    _, _, a1, *_ = branch
    kpi(a1, "k", 40)
    rolled_up(a1)
    lifecycle.change_state(a1, "paused", by=cast.ada)
    assert Outline(cast.ada, cast.cycle).named([a1.pk])[0].status == "paused"
    rolled_up(a1)
    lifecycle.change_state(a1, "active", by=cast.ada)
    assert Outline(cast.ada, cast.cycle).named([a1.pk])[0].status == "no_data"
