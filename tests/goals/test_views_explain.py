"""Where a number comes from: recomputing what the page and its file say gives the shown figure."""

import csv
import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cascade.templatetags.ui import of_100
from goals.calculation import MOST_PARTS
from goals.models import Goal, GoalFigures
from goals.nodes import stored
from goals.progress import roll_up
from kpis.models import Kpi
from kpis.recording import record_one
from people.models import Person
from tests.company import grow
from tests.engine.cases import CASES
from tests.goals.loading import load, on
from tests.goals.measuring import kpi, rolled_up
from tests.goals.test_views_detail import signed_in
from tests.kpis.test_calculation import computed
from tests.pages.reading import read

POINTS = "Points in its parent"
CASES_SHOWN = ["R01", "R02", "R03", "R04", "R05", "R06", "R07", "R09", "R10", "R11", "R12", "R13", "R16", "R17", "R18c"]


def page(person, goal, status=200, **query):
    answer = signed_in(person).get(reverse("goals:explain", args=[goal.pk]), query)
    assert answer.status_code == status
    return read(answer)


def sheet(person, goal, **query) -> list[dict]:
    answer = signed_in(person).get(reverse("goals:explain_csv", args=[goal.pk]), query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def number(text) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.parametrize("case", CASES_SHOWN)
def test_the_page_of_every_goal_of_a_worked_case_ends_in_its_printed_figures(db, case):
    with time_machine.travel(on(case), tick=False):
        loaded = load(case)
        for name, printed in CASES[case]["full"]["goals"].items():
            shown = page(loaded.ada, loaded.goals[name])
            if "calc" in shown.tables and printed["progress"]:
                total = shown.tables["calc"][-1]
                assert total.by_label("Progress").text == of_100(Decimal(printed["progress"]))
                assert total.by_label("Expected").text == of_100(Decimal(printed["expected"]))


@pytest.mark.parametrize("case", ["R01", "R03", "R04", "R06", "R07"])
def test_recomputing_the_rows_of_the_page_gives_the_shown_figure(db, case):
    """From what a reader sees: weight set and progress of the rows that are not left out."""
    with time_machine.travel(on(case), tick=False):
        loaded = load(case)
        for goal in loaded.goals.values():
            shown = page(loaded.ada, goal, open="")
            parts = shown.tables.get("calc", [])[1:-1]
            rows = [row for row in parts if row.by_label(POINTS).text != "0"]
            if not rows:
                continue
            weights = [Fraction(row.by_label("Weight set").text) for row in rows]
            progress = [Fraction(row.by_label("Progress").value) for row in rows]
            total = shown.tables["calc"][-1].by_label("Progress")
            mean = sum(w * p for w, p in zip(weights, progress, strict=True)) / sum(weights)
            assert stored(Decimal(mean.numerator) / mean.denominator) == Decimal(total.value)
            points = [Decimal(row.by_label(POINTS).text) for row in rows]
            assert sum(points) == Decimal(total.text)


@pytest.mark.parametrize("case", CASES_SHOWN)
def test_recomputing_the_file_gives_every_figure_to_the_last_digit(db, case):
    with time_machine.travel(on(case), tick=False):
        loaded = load(case)
        roots = [goal for goal in loaded.goals.values() if goal.parent_id is None]
        rows = [row for goal in roots for row in sheet(loaded.ada, goal)]
        on_day = dt.date.fromisoformat(CASES[case]["date"])

    parts = defaultdict(list)
    for row in rows:
        if row["kind"] in ("goal", "kpi"):
            parts[row["parent"]].append(row)
    goals = [row for row in rows if row["kind"] == "goal"]
    assert {int(row["id"]) for row in goals} == set(Goal.objects.values_list("pk", flat=True))
    for row in goals:
        found = GoalFigures.objects.get(goal=row["id"])
        assert number(row["progress"]) == found.progress
        if row["status"] == "closed":
            continue
        own = parts[row["id"]]
        contributing = [part for part in own if part["contributes"] == "True"]
        assert recomputed(row["method"], contributing, "progress") == found.progress
        if row["method"] != "weakest_link":
            assert recomputed(row["method"], contributing, "expected") == found.expected
        counted = [part for part in own if part["counted"] == "True"]
        if found.progress is not None:
            assert recomputed("weighted_mean", counted, "coverage") == found.coverage
            assert sum(Decimal(part["points"]) for part in own) == found.progress
    assert on_day


def recomputed(method, parts, name) -> Decimal | None:
    held = [(Fraction(part["weight"]), Fraction(part[name])) for part in parts]
    if not held:
        return None
    if method == "weakest_link":
        exact = min(value for _, value in held)
    else:
        exact = sum(weight * value for weight, value in held) / sum(weight for weight, _ in held)
    with_60_digits = Decimal(exact.numerator) / Decimal(exact.denominator)
    return stored(with_60_digits)


@pytest.mark.parametrize("case", CASES_SHOWN)
def test_the_formulas_of_the_file_give_the_kpis_progress(db, case):
    with time_machine.travel(on(case), tick=False):
        loaded = load(case)
        roots = [goal for goal in loaded.goals.values() if goal.parent_id is None]
        rows = [row for goal in roots for row in sheet(loaded.ada, goal)]
    steps = {(row["parent"], row["step"]): row for row in rows if row["kind"] == "step"}

    for row in rows:
        if row["kind"] == "kpi" and row["progress"]:
            reached = steps[row["id"], "Reached"]
            last = steps.get((row["id"], "Progress"), reached)
            assert Decimal(last["value"]) == Decimal(row["progress"])
            if reached["formula"]:
                assert abs(computed(reached["formula"]) - Fraction(reached["value"])) < Fraction(1, 10**6)


def test_a_kpi_opens_into_its_calculation_and_its_values(db):
    with time_machine.travel(on("R01"), tick=False):
        loaded = load("R01")
        nps = loaded.kpis["nps"]
        shown = page(loaded.ada, loaded.goals["S1"], how=nps.pk)

    steps = shown.tables["steps-table"]
    names = [row.cells[0].text for row in steps]
    assert names == ["Value that counts", "Reached", "Expected by now", "Gap to the pace"]
    assert steps[1].texts[1:3] == ["(41 − 30) ÷ (50 − 30) =", "55.00%"]
    assert "FY2026-Q1" in shown.text
    assert "FY2026-Q2" in shown.text


def test_goals_open_one_after_the_other_and_close_again(cast):
    top = cast.goal("Top")
    middle = cast.goal("Middle", top)
    low = cast.goal("Low", middle)
    kpi(low, "deep", 30)
    rolled_up(top)

    def names(**query):
        return [row.cells[0].text.split(",")[0].strip() for row in page(cast.ada, top, **query).tables["calc"][1:-1]]

    assert names() == ["Middle", "Low"]
    assert names(open="") == ["Middle"]
    assert names(open=f"{middle.pk},{low.pk}") == ["Middle", "Low", "deep"]
    assert names(open=low.pk) == ["Middle"]
    assert f"open={middle.pk},{low.pk}" in toggles(cast.ada, top)[1]


def toggles(person, goal):
    html = signed_in(person).get(reverse("goals:explain", args=[goal.pk])).content.decode()
    return re.findall(r'class="tg-twist" id="[^"]*" href="([^"]*)"', html)


def test_points_in_the_top_goal_are_handed_down_and_add_up(cast):
    top = cast.goal("Top")
    left, right = cast.goal("Left", top, weight=Decimal(1)), cast.goal("Right", top, weight=Decimal(2))
    for number_, goal in enumerate((left, left, left, right)):
        kpi(goal, f"k{number_}", 10 + 7 * number_)
    rows = page(cast.ada, rolled_up(top)).tables["calc"]
    label = next(cell.label for cell in rows[1].cells if re.match(r"Points in \d", cell.label))
    points = [Decimal(row.by_label(label).text) for row in rows[1:-1]]

    assert sum(points[1:4]) == points[0]
    assert points[5] == points[4]
    assert points[0] + points[4] == Decimal(rows[-1].by_label("Progress").text)


def test_what_is_left_out_says_why(cast):
    top = cast.goal("Top")
    kpi(top, "counts", 40)
    kpi(top, "paused", 10)
    Kpi.objects.filter(key="paused").update(state="paused")
    kpi(top, "weightless", 10, weight=Decimal(0))
    cast.goal("Draft", top, state="draft")
    shown = page(cast.ada, rolled_up(top)).text

    for words in (
        "paused gives nothing. Paused or archived. Its weight of 1 is shared by the others.",
        "weightless gives nothing. Weight 0: followed, not counted.",
        "Draft gives nothing. Still a draft.",
    ):
        assert words in shown


def test_a_weakest_link_names_the_part_that_decides(db):
    with time_machine.travel(on("R07"), tick=False):
        loaded = load("R07")
        shown = page(loaded.ada, loaded.goals["W"])

    assert "another part is weaker and decides" in shown.text
    assert "100.00% × 30.00" in shown.text


def test_restricted_parts_are_one_line_and_the_sum_agrees(cast):
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility="private", owner=cast.ada, weight=Decimal(3))
    also = cast.goal("Also secret", top, visibility="private", owner=cast.ada)
    plain = cast.goal("Plain", top)
    for number_, goal in enumerate((secret, also, plain)):
        kpi(goal, f"hidden{number_}", 20 + number_)
    rolled_up(top)
    shown, rows = page(cast.cy, top), sheet(cast.cy, top)

    assert "ecret" not in shown.text.replace("Restricted", "")
    assert "Something is restricted." in shown.text
    assert [row["kind"] for row in rows if row["depth"] == "1"] == ["goal", "restricted"]
    assert all("ecret" not in value for row in rows for value in row.values())
    restricted = shown.tables["calc"][-2]
    assert restricted.cells[0].text.startswith("Restricted goals")
    assert restricted.by_label("Weight set").text == "4"
    plainly = next(row for row in shown.tables["calc"] if row.cells[0].text.startswith("Plain"))
    assert sum(Decimal(row.by_label(POINTS).text) for row in (plainly, restricted)) == Decimal("20.60")


def test_a_hidden_goal_cannot_be_opened(cast):
    top = cast.goal("Top")
    secret = cast.goal("Secret", top, visibility="private", owner=cast.ada)
    kpi(secret, "whispered", 20)
    rolled_up(top)

    assert "whispered" in page(cast.ada, top, open=secret.pk).text
    assert "whispered" not in page(cast.cy, top, open=secret.pk).text


@pytest.mark.parametrize("name", ["goals:explain", "goals:explain_csv"])
@pytest.mark.parametrize("who", ["cy", "eve"])
def test_who_may_not_see_the_goal_is_told_that_it_is_not_there(cast, name, who):
    secret = cast.goal("Secret", visibility="private", owner=cast.ada)

    assert signed_in(getattr(cast, who)).get(reverse(name, args=[secret.pk])).status_code == 404


def test_the_past_is_recomputed_as_corrected_since_or_as_known_then(cast):
    with time_machine.travel(dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)):
        goal = cast.goal("Grow")
        measured = kpi(goal, "k", 10, start=dt.date(2026, 1, 1), due=dt.date(2026, 12, 31))
        rolled_up(goal)
    with time_machine.travel(dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC)):
        day = dt.date(2026, 3, 10)
        record_one(measured, dt.date(2026, 3, 1), Decimal(15), by=cast.ada, note="Counted again", observed_on=day)
        rolled_up(goal)
        corrected = page(cast.ada, goal, as_of="2026-03-31")
        then = page(cast.ada, goal, as_of="2026-03-31", known="2026-03-31T23:59:00Z")
        file = sheet(cast.ada, goal, as_of="2026-03-31", known="2026-03-31")

    assert "Where 15% comes from" in corrected.text
    assert "Where 10% comes from" in then.text
    assert "Calculated just now from what was so on that day: 10." in then.text
    assert file[0]["progress"] == "0.1"


def test_the_page_says_that_it_agrees_with_the_stored_figure_or_that_this_follows(cast):
    goal = cast.goal("Grow")
    measured = kpi(goal, "k", 10)
    rolled_up(goal)
    assert "agrees with the stored figure to the last of 18 decimals" in page(cast.ada, goal).text

    record_one(measured, cast.works.today(), Decimal(33), by=cast.ada)
    shown = page(cast.ada, goal).text
    assert "the inputs below give 33, the stored figure follows" in shown
    assert "Figures are being updated" in shown


def test_texts_in_the_file_are_no_formulas(cast):
    goal = cast.goal("=HYPERLINK(1)")
    for number_, name in enumerate(("+1", "-1", "@SUM(A1)", "\tx")):
        kpi(goal, f"k{number_}", 10, unit="=1+1")
        Kpi.objects.filter(key=f"k{number_}").update(name=name)
    rows = sheet(cast.ada, rolled_up(goal))

    texts = [row["title"] for row in rows if row["title"]] + [row["unit"] for row in rows if row["unit"]]
    assert all(text.startswith("'") for text in texts)
    assert {row["kind"] for row in rows} == {"goal", "kpi", "step", "value"}


def test_many_parts_are_paged_and_still_add_up(cast):
    top = cast.goal("Top")
    Kpi.objects.bulk_create(
        Kpi(organisation=cast.works, goal=top, key=f"k{n}", name=f"k{n}", baseline=0, target=100, weight=Decimal(1))
        for n in range(MOST_PARTS + 7)
    )
    for measured in Kpi.objects.all()[: MOST_PARTS + 7 : 10]:
        record_one(measured, cast.works.today(), Decimal(measured.pk), by=cast.ada)
    roll_up(cast.works.pk, everything=True)
    first, second = page(cast.ada, top), page(cast.ada, top, skip=MOST_PARTS)

    assert len(first.tables["calc"]) == MOST_PARTS + 3
    assert "7 more parts: the next 7" in first.text
    assert f"{MOST_PARTS} more parts, the first ones" in second.text
    for shown in (first, second):
        rows = shown.tables["calc"][1:-1]
        points = [Decimal(row.by_label(POINTS).text) for row in rows]
        assert sum(points) == Decimal(shown.tables["calc"][-1].by_label("Progress").text)


def test_thousands_of_goals_below_make_few_rows(db):
    works = grow(1500, roots=1, kpis_a_goal=1, months=2)
    roll_up(works.pk, everything=True)
    root, ada = Goal.objects.get(parent=None), Person.objects.get(role="admin")
    shown = page(ada, root)

    assert len(shown.tables["calc"]) <= MOST_PARTS + 3
    assert "agrees with the stored figure" in shown.text


def test_the_number_of_queries_does_not_grow_with_the_parts(cast):
    top = cast.goal("Top")

    def add(number):
        for each in range(number):
            child = cast.goal(f"Child {each}", top, owner=cast.cy)
            kpi(child, f"deep{Goal.objects.count()}", 1)
            kpi(top, f"own{Goal.objects.count()}", 20)
        rolled_up(top)

    def queries(person, name, **query):
        client, address = signed_in(person), reverse(name, args=[top.pk])
        client.get(address, query)
        with CaptureQueriesContext(connection) as found:
            b"".join(client.get(address, query))
        return len(found)

    def all_of_them():
        today = cast.works.today().isoformat()
        return [
            queries(person, name, **query)
            for person in (cast.ada, cast.cy)
            for name in ("goals:explain", "goals:explain_csv")
            for query in ({}, {"as_of": today}, {"as_of": today, "known": today})
        ]

    add(1)
    before = all_of_them()
    add(3)
    assert all_of_them() == before
    assert max(before) <= 25
