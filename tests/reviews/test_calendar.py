"""The calendar's list and year: what is found, what each line tells, in how many queries, whatever is asked."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kpis.periods import Fiscal
from reviews import access
from reviews.calendar import moving
from reviews.calendar.finding import for_lines
from reviews.calendar.year import year_around
from reviews.models import Review
from reviews.schedule import work_out
from tests.cast import signed_in
from tests.pages.reading import read
from tests.reviews.test_schedule import noon


@pytest.fixture
def clock():
    with time_machine.travel(noon("2026-01-01"), tick=False) as clock:
        yield clock


@pytest.fixture
def goals(clock, cast):
    """Strategic, Bo's; a team's in Sales, Cy's; the strategic one's first review is overdue."""
    top = cast.goal("Top", owner=cast.bo)
    team = cast.goal("Calls", top, level=2, owner=cast.cy, unit=cast.team)
    work_out(cast.works)
    clock.move_to(noon("2026-04-20"))
    Review.objects.filter(goal=team, day__lt="2026-04-01").update(state="signed")
    return top, team


def page(person, **query):
    answer = signed_in(person).get(reverse("reviews:calendar"), query)
    assert answer.status_code == 200
    return answer


def text(person, **query) -> str:
    return read(page(person, **query)).text


def shown(person, **query) -> list[str]:
    """The reviews on the list."""
    told = page(person, **query).context
    rows = [*told["owed"], *(review for month in told["months"] for review in month.reviews)]
    return [f"{review.goal.title} {review.name}" for review in rows]


def test_filters_stand_in_the_address(goals, cast):
    top, team = goals
    assert shown(cast.ada, whose="mine") == []
    assert shown(cast.ada) == shown(cast.ada, whose="all")  # who has none of their own
    assert shown(cast.ada, whose="all", state="overdue") == ["Top FY2026-Q1", "Calls 2026-03"]
    assert shown(cast.ada, whose="all", level=cast.levels[2].pk, state="overdue") == ["Calls 2026-03"]
    assert shown(cast.ada, whose="all", unit=cast.team.pk, **{"from": "2026-05"}) == [
        "Calls 2026-04", "Calls 2026-05", "Calls 2026-06"
    ]  # fmt: skip
    assert shown(cast.bo, **{"from": "2026-07"}) == ["Top FY2026-Q2"]
    assert shown(cast.cy, state="signed", **{"from": "2026-01"}) == ["Calls 2026-01", "Calls 2026-02"]
    assert shown(cast.cy, goal=top.pk) == [f"Top FY2026-Q{n}" for n in (1, 2, 3, 4)]
    assert shown(cast.eve, whose="all", goal=team.pk) == []


def test_nonsense_in_the_address_is_not_looked_for(goals, cast):
    usual = shown(cast.bo)
    odd = {"unit": "x", "level": "999999", "state": "?", "goal": "-1", "whose": "?", "view": "?", "from": "9999-99"}
    assert shown(cast.bo, **odd) == usual
    assert "FY2026" in text(cast.bo, view="year", **{"from": "0001-01"})


def test_overdue_ones_stand_first_and_once(goals, cast):
    assert shown(cast.bo, whose="all")[:3] == ["Top FY2026-Q1", "Calls 2026-03", "Calls 2026-04"]
    assert "2 reviews are overdue." in text(cast.bo, whose="all")


def test_what_stays_with_a_former_owner_says_so(goals, cast, clock):
    goals[0].revise(by=cast.ada, owner=cast.cy)
    work_out(cast.works)
    assert "stays with Bo; the goal is Cy’s now" in text(cast.bo)


def test_what_was_moved_and_called_off_tells_why(goals, cast):
    second = Review.objects.select_related("goal").get(name="FY2026-Q2")
    moving.move(second, cast.bo, dt.date(2026, 5, 20), "<b>Board</b>")
    assert "Top moved FY2026-Q2 · Bo · <b>Board</b>" in text(cast.bo)
    moving.call_off(second, cast.bo, "No board")
    assert "FY2026-Q2" not in text(cast.bo)
    assert "Top called off FY2026-Q2 · Bo · No board" in text(cast.bo, state="cancelled")


def test_only_who_may_move_a_review_is_offered_to(goals, cast):
    assert "Move to another day" in text(cast.cy)
    assert "Move to another day" not in text(cast.dee, whose="all")


def test_the_list_offers_what_the_rule_allows(goals, cast):
    for title, owner in (("Beside", cast.ada), ("Further on", cast.cy)):
        cast.goal(title, goals[0], level=2, owner=owner)
    work_out(cast.works)
    for person in (cast.ada, cast.bo, cast.cy, cast.dee, cast.eve):
        rows = for_lines(Review.objects.select_related("goal__unit", "goal__owner__unit"), person)
        assert {row.pk: row.may_hold for row in rows} == {row.pk: access.can_hold(person, row) for row in rows}


def test_the_year_counts_by_level_and_kind(goals, cast):
    told = page(cast.ada, whose="all", view="year").context
    found = [
        (lane.name, lane.count, lane.counts["signed"], lane.counts["overdue"], lane.months[:5])
        for lane in told["lanes"]
    ]
    assert found == [("Strategic", 3, 0, 1, [0, 0, 0, 1, 0]), ("Team", 11, 2, 1, [0, 1, 1, 1, 1])]
    assert [(lane.title, [mark.kind for mark in lane.marks][:4]) for lane in told["lanes"][1].goals] == [
        ("Calls", ["signed", "signed", "overdue", "planned"])
    ]
    assert "FY2026: 2 of 14 reviews are signed off. 2 are overdue." in text(cast.ada, whose="all", view="year")


def test_a_year_without_reviews_says_what_to_do(goals, cast):
    assert "No review in this year" in text(cast.eve, view="year")
    filtered = text(cast.ada, whose="all", view="year", level=cast.levels[3].pk)
    assert "Take a filter away, or look at another year. Clear the filters" in filtered


def test_months_of_a_fiscal_year_are_equally_wide():
    year = year_around(dt.date(2026, 11, 25), Fiscal(4))
    assert (year.name, year.first, year.last, year.months[0], year.months[11]) == (
        "FY2027", dt.date(2026, 4, 1), dt.date(2027, 3, 31), dt.date(2026, 4, 1), dt.date(2027, 3, 1)
    )  # fmt: skip
    places = {day: year.place(dt.date.fromisoformat(day)) for day in ("2026-04-01", "2026-05-16", "2027-03-31")}
    assert places == {"2026-04-01": "0.139%", "2026-05-16": "12.500%", "2027-03-31": "99.866%"}


@pytest.mark.parametrize("view", ["list", "year"])
def test_as_many_queries_whatever_the_reviews(goals, cast, view):
    ada = signed_in(cast.ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert ada.get(reverse("reviews:calendar"), {"whose": "all", "view": view}).status_code == 200
        return len(found)

    one = queries()
    for number in range(3):
        cast.goal(f"More {number}", level=2, owner=cast.bo, unit=cast.sales)
    work_out(cast.works)
    assert queries() == one
