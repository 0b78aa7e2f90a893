"""The page of a goal: what it says of each state, who sees it, at which date, in how many queries."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cascade.templatetags.ui import WORDS, percent_text
from goals import lifecycle, tree
from goals.detail import MOST_PARTS
from goals.models import Goal, GoalSnapshot
from goals.progress import snapshot
from kpis.models import Kpi
from kpis.recording import record_one
from tests.cast import signed_in
from tests.engine.cases import CASES
from tests.goals.loading import load, on
from tests.goals.measuring import kpi, rolled_up
from tests.pages.reading import read


def page(person, goal, status=200, **query):
    answer = signed_in(person).get(reverse("goals:detail", args=[goal.pk]), query)
    assert answer.status_code == status
    return read(answer)


def queries(person, goal, **query) -> int:
    client = signed_in(person)
    address = reverse("goals:detail", args=[goal.pk])
    client.get(address, query)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address, query).status_code == 200
    return len(found)


@pytest.mark.parametrize("case", ["R01", "R03", "R04", "R05", "R06", "R07"])
def test_every_goal_of_a_worked_case_shows_its_printed_figures(db, case):
    with time_machine.travel(on(case), tick=False):
        loaded = load(case)
        for name, printed in CASES[case]["full"]["goals"].items():
            shown = page(loaded.ada, loaded.goals[name])
            assert str(WORDS[printed["status"]]) in shown.text
            if printed["progress"] is not None:
                progress, expected = (percent_text(Decimal(printed[each])) for each in ("progress", "expected"))
                assert f"{progress} is reached" in shown.text
                assert f"{expected} expected by now" in shown.text or "as much as was expected" in shown.text


@pytest.fixture
def family(cast):
    """Top is 40 % Left (0.2) and 60 % Right (0.9), owned by Bo and Cy."""
    top = cast.goal("Top", why="Because it matters", owner=cast.ada)
    left = cast.goal("Left", top, weight=Decimal(40), owner=cast.bo, unit=cast.sales)
    right = cast.goal("Right", top, weight=Decimal(60), owner=cast.cy)
    kpi(left, "left_kpi", 20, unit="h")
    kpi(right, "right_kpi", 90)
    rolled_up(top)
    return top, left, right


def test_the_parts_add_up_to_the_progress(cast, family):
    rows = page(cast.ada, family[0]).tables["dc-table"]
    parts, total = rows[1:-1], rows[-1]

    assert [(row.cells[0].text, row.by_label("Counts").text) for row in parts] == [("Left", "40%"), ("Right", "60%")]
    assert [row.by_label("Points").text for row in parts] == ["8.00", "54.00"]
    assert sum(Decimal(row.by_label("Points").value) for row in parts) == Decimal(total.by_label("Points").value)


def test_points_that_are_rounded_still_add_up_to_what_is_shown(cast):
    top = cast.goal("Top")
    for number in range(3):
        kpi(top, f"k{number}", 100 if number else 1)
    rows = page(cast.ada, rolled_up(top)).tables["dc-table"]
    points = [Decimal(row.by_label("Points").text) for row in rows[1:]]

    assert sum(points[:-1]) == points[-1] == Decimal("67.00")
    assert sorted(points[:-1]) == [Decimal("0.34"), Decimal("33.33"), Decimal("33.33")]


def test_many_parts_are_summed_up_in_one_row(cast):
    top = cast.goal("Top")
    for number in range(MOST_PARTS + 3):
        kpi(top, f"k{number}", number)
    rows = page(cast.ada, rolled_up(top)).tables["dc-table"][1:]

    assert rows[-2].cells[0].text == "3 more parts"
    assert len(rows) == MOST_PARTS + 2
    points = [row.by_label("Points") for row in rows]
    assert sum(Decimal(cell.value) for cell in points[:-1]) == Decimal(points[-1].value)
    assert sum(Decimal(cell.text) for cell in points[:-1]) == Decimal(points[-1].text)


def test_a_goal_says_what_it_gives_to_the_goals_above(cast, family):
    top, left, _ = family
    below = cast.goal("Below", left)
    kpi(below, "deep", 60)
    rolled_up(top)
    shown = page(cast.ada, below).text

    assert "This goal gives 30.0 of its 40.0 points. At full target it would stand 20.0 points higher." in shown
    assert "This goal gives 12.0 of its 70.0 points, weighing 20% there." in shown
    assert "↑ counts 50%" in shown
    assert "↑ counts 40%" in shown


def test_a_hidden_goal_above_is_restricted_and_what_lies_above_it_is_not(cast, family):
    top, left, _ = family
    below = cast.goal("Below", left, owner=cast.cy)
    kpi(below, "deep", 60)
    left.revise(by=cast.ada, visibility="private", owner=cast.ada, unit=None)
    rolled_up(top)
    shown = page(cast.cy, below).text

    assert "Left" not in shown
    assert "Restricted goal" in shown
    assert "of its 70.0 points" in shown
    assert "of its 40.0 points" not in shown


def test_a_hidden_part_is_one_line_with_its_weight_and_the_points_agree(cast, family):
    top, left, _ = family
    left.revise(by=cast.ada, visibility="private", owner=cast.ada, unit=None)
    shown = page(cast.cy, rolled_up(top))
    rows = shown.tables["dc-table"]

    assert "Left" not in shown.text
    assert [row.cells[0].text for row in rows[1:-1]] == ["Right", "Restricted goals"]
    assert [row.by_label("Points").text for row in rows[1:]] == ["54.00", "8.00", "62.00"]
    assert rows[2].by_label("Status").text == rows[2].by_label("Owner").text == ""


@pytest.mark.parametrize("who", ["cy", "eve"])
def test_who_may_not_see_a_goal_is_told_that_it_is_not_there(cast, who):
    secret = cast.goal("Secret", visibility="private", owner=cast.ada)

    page(getattr(cast, who), secret, status=404)
    page(cast.ada, secret)


def test_only_who_may_edit_is_offered_to(cast, family):
    _, left, _ = family

    assert "Delete" in page(cast.bo, left).text
    assert "Delete" not in page(cast.dee, left).text
    assert "Delete" not in page(cast.ada, family[0]).text


STATES = {
    "draft": "A draft.",
    "proposed": "Proposed.",
    "paused": "It counts nowhere above while it is paused",
    "cancelled": "nothing below it does through it",
}


@pytest.mark.parametrize(("state", "words"), STATES.items())
def test_a_state_outside_the_roll_up_says_what_it_means(cast, family, state, words):
    top, left, _ = family
    Goal.objects.filter(pk=left.pk).update(state=state)
    lifecycle.marks.mark(cast.works.pk, [left.pk])
    rolled_up(top)
    shown = page(cast.ada, left).text

    assert words in shown
    assert f"It gives nothing to the goal above: {'still a draft' if state == 'draft' else ''}" in shown
    assert ("1 paused, weight 40 taken out" in page(cast.ada, top).text) == (state == "paused")


def test_a_closed_goal_shows_its_final_figures_and_what_they_would_be_now(cast, family):
    top, left, _ = family
    lifecycle.change_state(left, "closed", by=cast.ada)
    record_one(Kpi.objects.get(key="left_kpi"), cast.works.today(), Decimal(50), by=cast.ada)
    rolled_up(top)
    shown = page(cast.ada, left).text

    assert "Closed on" in shown
    assert "as missed" in shown
    assert "20% is reached" in shown
    assert "Would now be 50%" in shown


def test_the_parts_of_a_closed_goal_are_what_they_would_give_now(cast, family):
    top, left, _ = family
    kpi(left, "another", 60)
    rolled_up(top)
    lifecycle.change_state(left, "closed", by=cast.ada)
    record_one(Kpi.objects.get(key="left_kpi"), cast.works.today(), Decimal(50), by=cast.ada, note="Late")
    shown = page(cast.ada, rolled_up(left))

    assert "40% is reached" in shown.text
    assert "What its parts say now The goal's own figures are frozen" in shown.text
    assert [row.by_label("Points").text for row in shown.tables["dc-table"][1:]] == ["25.00", "30.00", "55.00"]


def test_a_goal_without_anything_to_measure_says_what_comes_next(cast):
    shown = page(cast.ada, rolled_up(cast.goal("Empty"))).text

    assert "Nothing to measure it by." in shown
    assert "There is no figure yet." in shown


def test_a_goal_whose_kpis_have_no_value_yet_says_so(cast):
    goal = cast.goal("Silent")
    kpi(goal)

    assert "No data yet." in page(cast.ada, rolled_up(goal)).text


def test_too_little_data_is_not_judged_and_says_how_little(cast):
    goal = cast.goal("Thin")
    with time_machine.travel(dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)):
        kpi(goal, "known", 50, weight=Decimal(1))
        kpi(goal, "unknown", weight=Decimal(3))
        shown = page(cast.ada, rolled_up(goal)).text

    assert "Only 25% of its weight has data." in shown
    assert "Too little data" in shown


def test_a_goal_that_starts_later_says_when(cast):
    goal = cast.goal("Later", start=dt.date(2999, 1, 1), due=dt.date(2999, 12, 31))

    assert "Nothing is measured before 1 Jan 2999." in page(cast.ada, rolled_up(goal)).text


def test_what_needs_attention_is_ranked_by_what_it_costs(cast, family):
    top, _left, right = family
    worst = cast.goal("Worst", right, weight=Decimal(1))
    kpi(worst, "worst", 0)
    rolled_up(top)
    shown = page(cast.ada, top).text
    attention = shown[shown.index("What needs attention below") :]

    costs = [float(part.split(" points")[0]) for part in attention.split("of this goal −")[1:]]
    assert costs == sorted(costs, reverse=True)
    assert len(costs) >= 2


def test_hidden_trouble_is_not_named(cast, family):
    top, left, _ = family
    left.revise(by=cast.ada, visibility="private", owner=cast.ada, unit=None)
    rolled_up(top)

    assert "What needs attention below" in page(cast.ada, top).text
    assert "What needs attention below" not in page(cast.cy, top).text


def test_the_page_of_a_past_date_shows_what_was_so_then_and_offers_no_change(cast):
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)):
        goal = cast.goal("Grow", owner=cast.ada)
        measured = kpi(goal, "k", 10, start=dt.date(2026, 1, 1), due=dt.date(2026, 12, 31))
        rolled_up(goal)
    with time_machine.travel(dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC)):
        record_one(
            measured,
            dt.date(2026, 3, 1),
            Decimal(15),
            by=cast.ada,
            note="Counted again",
            observed_on=dt.date(2026, 3, 10),
        )
        goal.revise(by=cast.ada, title="Grow faster")
        rolled_up(goal)
        corrected = page(cast.ada, goal, as_of="2026-03-31").text
        then = page(cast.ada, goal, as_of="2026-03-31", known="2026-03-31").text
        now = page(cast.ada, goal).text

    assert "This page shows 31 Mar 2026. With every correction made since." in corrected
    assert "15% is reached" in corrected
    assert "Grow faster" in corrected
    assert "Only what had been recorded by then." in then
    assert "10% is reached" in then
    assert "Grow faster" not in then
    assert "Delete" in now
    assert "Delete" not in corrected


def test_a_goal_that_was_not_there_yet_says_so(cast, family):
    shown = page(cast.ada, family[0], status=404, as_of="2020-01-01", known="2020-01-01")

    assert "This goal was not there yet" in shown.text


@pytest.mark.parametrize("query", [{"as_of": "soon"}, {"as_of": "2999-01-01"}, {"as_of": "2026-02-30"}, {"known": "x"}])
def test_a_date_that_is_none_is_refused(cast, family, query):
    page(cast.ada, family[0], status=400, **query)


def test_history_says_who_changed_what_from_what_to_what_and_why(cast, family):
    _, left, right = family
    left = left.revise(by=cast.bo, contributors=[cast.dee, cast.ada])
    left = left.revise(by=cast.bo, weight=Decimal(45), owner=cast.cy, reason="Cy takes over", contributors=[cast.dee])
    tree.move(right, left, by=cast.ada, reason="It belongs there")

    changed = "Bo changed the owner from Bo to Cy, the weight from 40 to 45, the contributors from Ada, Dee to Dee"
    assert f"{changed} Cy takes over" in page(cast.ada, left).text
    assert "Ada changed the goal above from Top to Left It belongs there" in page(cast.ada, right).text


def test_long_history_is_shown_in_full_on_a_page_of_its_own(cast, family):
    _, left, _ = family
    for weight in range(1, 15):
        left = left.revise(by=cast.bo, weight=Decimal(weight))
    address = reverse("goals:history", args=[left.pk])
    first, all_of_it = page(cast.ada, left).text, read(signed_in(cast.ada).get(address)).text

    assert "Show all" in first
    assert "from 2 to 3" not in first
    assert "from 2 to 3" in all_of_it
    assert "added the goal" in all_of_it
    assert signed_in(cast.eve).get(address).status_code == 404


def test_names_of_hidden_goals_do_not_leak_through_the_history(cast, family):
    top, left, right = family
    secret = cast.goal("Secret plan", top, visibility="private", owner=cast.ada)
    tree.move(right, secret, by=cast.ada)
    tree.move(right, left, by=cast.ada)

    assert "Secret plan" in page(cast.ada, right).text
    shown = page(cast.cy, right).text
    assert "Secret plan" not in shown
    assert "a restricted goal" in shown


def test_progress_over_time_is_what_was_known_on_each_day(cast):
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)) as clock:
        goal = cast.goal("Grow")
        measured = kpi(goal, "k", 10, start=dt.date(2026, 1, 1), due=dt.date(2026, 12, 31))
        rolled_up(goal)
        snapshot(cast.works, dt.date(2026, 3, 10))
        clock.shift(dt.timedelta(days=60))
        record_one(measured, dt.date(2026, 4, 1), Decimal(30), by=cast.ada, observed_on=dt.date(2026, 4, 30))
        rolled_up(goal)
        shown = page(cast.ada, goal)

    assert GoalSnapshot.objects.filter(goal=goal).count() == 1
    assert "Progress rose from 10% to 30% since 10 Mar 2026" in shown.text
    assert [row.texts[:2] for row in shown.tables["table"][1:]] == [["May 2026", "30%"], ["March 2026", "10%"]]


def test_a_change_that_waits_for_the_roll_up_is_announced(cast, family):
    _top, left, _ = family
    record_one(Kpi.objects.get(key="left_kpi"), cast.works.today(), Decimal(50), by=cast.ada)

    assert "Figures are being updated" in page(cast.ada, left).text
    assert "Figures are being updated" not in page(cast.ada, left, as_of="2026-01-31").text


def test_what_people_typed_is_shown_and_never_run(cast):
    nasty = '<script>alert("1")</script> =1+1 \u202e' + "x" * 400
    goal = cast.goal(nasty, why=nasty, description=nasty, contribution=nasty)
    kpi(goal, "k", 10, unit="<b>").__class__.objects.update(name=nasty)
    answer = signed_in(cast.ada).get(reverse("goals:detail", args=[rolled_up(goal).pk])).content.decode()

    assert '<script>alert("1")' not in answer
    assert "&lt;script&gt;alert" in answer
    assert "&lt;b&gt;" in answer


def test_the_number_of_queries_does_not_grow_with_what_is_around(cast):
    top = cast.goal("Top", owner=cast.ada)
    goal = cast.goal("Goal", top, owner=cast.bo)

    def add(number):
        for each in range(number):
            child = cast.goal(f"Child {each}", goal, owner=cast.cy)
            deep = cast.goal(f"Deep {each}", child)
            kpi(deep, f"deep{Goal.objects.count()}", 1)
            kpi(goal, f"own{Goal.objects.count()}", 20)
            cast.goal(f"Beside {each}", top)
        rolled_up(goal)

    add(1)
    counts = [queries(person, goal) for person in (cast.ada, cast.bo, cast.cy)]
    past = queries(cast.cy, goal, as_of=cast.works.today().isoformat())
    add(3)

    assert [queries(person, goal) for person in (cast.ada, cast.bo, cast.cy)] == counts
    assert queries(cast.cy, goal, as_of=cast.works.today().isoformat()) == past
    assert max(counts) <= 60


def test_deleting_asks_first_and_then_takes_the_goal_away(cast, family):
    _, left, _ = family
    goal = cast.goal("Mistaken", left)
    client, address = signed_in(cast.bo), reverse("goals:delete", args=[goal.pk])

    assert "Delete this goal?" in read(client.get(address)).text
    assert Goal.objects.filter(pk=goal.pk).exists()
    assert client.post(address)["Location"] == reverse("goals:detail", args=[left.pk])
    assert not Goal.objects.filter(pk=goal.pk).exists()


def test_a_goal_that_was_measured_is_not_deleted(cast, family):
    answer = signed_in(cast.bo).post(reverse("goals:delete", args=[family[1].pk]))

    assert answer.status_code == 409
    assert "cancel the goal instead" in read(answer).text


def test_a_goal_with_goals_below_is_not_deleted(cast, family):
    client, address = signed_in(cast.ada), reverse("goals:delete", args=[family[0].pk])
    answer = client.post(address)

    assert answer.status_code == 409
    assert "Move or delete the goals below it first." in read(answer).text


@pytest.mark.parametrize(("who", "status"), [("cy", 403), ("dee", 403), ("eve", 404)])
def test_who_may_not_delete(cast, family, who, status):
    client, address = signed_in(getattr(cast, who)), reverse("goals:delete", args=[family[1].pk])

    assert client.post(address).status_code == client.get(address).status_code == status


def test_the_doors_of_a_goal_lead_to_pages_that_are_there(cast, family):
    _, left, _ = family
    html = signed_in(cast.bo).get(reverse("goals:detail", args=[left.pk])).content.decode()
    measured = Kpi.objects.get(key="left_kpi")
    doors = [reverse(f"goals:{name}", args=[left.pk]) for name in ("edit", "new", "state", "delete", "explain")]
    doors += [reverse("kpis:new", args=[left.pk]), f"{reverse('kpis:detail', args=[measured.pk])}#record"]

    for address in doors:
        assert f'href="{address}"' in html
        assert signed_in(cast.bo).get(address).status_code == 200, address


def test_a_long_list_of_kpis_is_folded_and_whole_in_print(cast):
    goal = cast.goal("Long")
    for number in range(12):
        kpi(goal, f"k{number}", number)
    answer = signed_in(cast.ada).get(reverse("goals:detail", args=[rolled_up(goal).pk]))
    rows = [row for row in read(answer).tables["kpi-table"][1:] if "kpi-entry" not in row.classes]

    assert len(rows) == 12
    assert [("is-folded" in row.classes) for row in rows] == [False] * 8 + [True] * 4
    assert answer.content.decode().count("Show all 12") == 2
    short = cast.goal("Short")
    for number in range(9):
        kpi(short, f"s{number}", number)
    assert "Show all" not in page(cast.ada, rolled_up(short)).text
