"""The goal tree's page and the rows it asks for: who sees what, what is found, in how many queries."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from goals import advice, marks
from goals.models import Cycle, Goal
from goals.outline import ROWS
from tests.cast import signed_in
from tests.goals.asking import address, get, sentence
from tests.goals.measuring import kpi, rolled_up


@pytest.fixture
def branch(cast):
    top = cast.goal("Grow markets", owner=cast.bo, unit=cast.sales)
    low = cast.goal("Øk salget i nord", top, owner=cast.cy, unit=cast.team)
    other = cast.goal("Serve better")
    kpi(low, "calls", 10, name="Calls a day")
    rolled_up(kpi(other, "answers", 90).goal)
    return top, low, other


def json_of(answer) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', sentence(answer)).group(1))


def titles(answer) -> list[str]:
    return re.findall(r'class="tg-title"[^>]*>([^<]*)<', sentence(answer))


def test_the_page_shows_the_tops_with_their_children_and_how_they_stand(cast, branch):
    answer = get(cast.ada, "tree")
    assert titles(answer) == ["Grow markets", "Øk salget i nord", "Serve better"]
    assert "of 3 goals keep" in sentence(answer)
    assert 'aria-expanded="true"' in sentence(answer)


def test_without_data_the_first_sentence_says_so(cast):
    cast.goal("Grow")
    assert "1 goal; none has enough data yet" in sentence(get(cast.ada, "tree"))


def test_the_page_begins_with_the_open_cycle_of_today(cast, branch):
    year = cast.cycle.start.year
    for offset, state in ((-1, Cycle.State.CLOSED), (1, Cycle.State.PLANNING)):
        start, due = cast.cycle.start.replace(year=year + offset), cast.cycle.due.replace(year=year + offset)
        cast.works.cycles.create(name=str(year + offset), start=start, due=due, state=state)
    later = cast.works.cycles.get(name=str(year + 1))
    cast.goal("Next year", cycle=later, state=Goal.State.DRAFT)
    assert "Next year" not in titles(get(cast.ada, "tree"))
    assert titles(get(cast.ada, "tree", cycle=later.pk)) == ["Next year"]
    assert "Grow markets" in titles(get(cast.ada, "tree", cycle="nonsense"))


def test_nobody_sees_the_goals_of_another_organisation(cast, branch):
    assert titles(get(cast.eve, "tree")) == []
    assert titles(get(cast.eve, "rows", below=branch[0].pk, goals=branch[1].pk)) == []
    assert titles(get(cast.eve, "tree", cycle=cast.cycle.pk)) == []


def test_a_stranger_is_sent_to_sign_in(cast, client):
    assert client.get(address("tree")).status_code == 302
    assert client.get(address("rows")).status_code == 302


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "salget"}, ["Grow markets", "Øk salget i nord"]),
        ({"q": "øk SALGET i Nord".capitalize()}, ["Grow markets", "Øk salget i nord"]),
        ({"q": "calls a"}, ["Grow markets", "Øk salget i nord"]),
        ({"q": "cy"}, ["Grow markets", "Øk salget i nord"]),
        ({"q": "nothing like it"}, []),
        ({"owner": "me"}, []),
        ({"owner": "nobody"}, ["Serve better"]),
        ({"state": "draft"}, []),
        ({"status": "on_track"}, ["Serve better"]),
        ({"attention": "on"}, ["Grow markets", "Øk salget i nord"]),
        ({"stale": "on"}, []),
        ({"level": "does not exist"}, ["Grow markets", "Øk salget i nord", "Serve better"]),
        ({"q": "nul\0"}, ["Grow markets", "Øk salget i nord", "Serve better"]),
    ],
)
def test_what_is_looked_for_is_found_below_what_leads_to_it(cast, branch, query, expected):
    assert titles(get(cast.ada, "tree", **query)) == expected


def test_a_level_and_a_unit_with_those_below_it_are_filters(cast, branch):
    assert titles(get(cast.ada, "tree", level=cast.levels[0].pk)) == ["Grow markets", "Serve better"]
    assert titles(get(cast.ada, "tree", unit=cast.sales.pk)) == ["Grow markets", "Øk salget i nord"]
    assert titles(get(cast.ada, "tree", unit=cast.team.pk)) == ["Grow markets", "Øk salget i nord"]
    assert sentence(get(cast.ada, "tree", unit=cast.team.pk)).count("is-context") == 1


def test_nothing_found_says_so(cast, branch):
    assert "Nothing found" in sentence(get(cast.ada, "tree", q="nothing like it"))


def test_an_empty_cycle_asks_who_may_to_begin(cast):
    assert "Write the first strategic goal" in sentence(get(cast.ada, "tree"))
    assert "Write the first strategic goal" not in sentence(get(cast.cy, "tree"))
    cast.works.cycles.all().delete()
    assert "No cycle yet" in sentence(get(cast.ada, "tree"))
    assert get(cast.ada, "rows").status_code == 404


def test_rows_of_one_parent_are_asked_for_when_it_is_opened(cast, branch):
    top, low, other = branch
    assert titles(get(cast.ada, "rows", below=top.pk)) == ["Øk salget i nord"]
    assert titles(get(cast.ada, "rows", below="0")) == ["Grow markets", "Serve better"]
    assert sorted(titles(get(cast.ada, "rows", goals=f"{low.pk},{other.pk},x"))) == ["Serve better", "Øk salget i nord"]
    assert titles(get(cast.ada, "rows", below="9" * 30)) == []


def test_a_private_goal_is_a_line_without_a_name(cast, branch):
    top, *_ = branch
    cast.goal("Secret plan", top, visibility="private", owner=cast.ada)
    assert "Secret plan" not in sentence(get(cast.cy, "tree"))
    assert "1 restricted goal" in sentence(get(cast.cy, "rows", below=top.pk))


def test_only_what_was_written_since_is_told_again(cast, branch):
    top, low, other = branch
    before = timezone.now()
    assert json_of(get(cast.ada, "rows", since=before.isoformat()))["changed"] == []
    low.revise(by=cast.ada, title="Sell more")
    kpi(low, "visits", 100)
    waiting = get(cast.ada, "rows", since=before.isoformat())
    assert (json_of(waiting)["changed"], 'data-pending="true"' in sentence(waiting)) == ([], True)
    rolled_up(low)
    done = get(cast.ada, "rows", since=before.isoformat())
    assert (set(json_of(done)["changed"]), 'data-pending="false"' in sentence(done)) == ({top.pk, low.pk}, True)
    assert other.pk not in json_of(done)["changed"]


def test_who_may_not_change_a_goal_is_offered_nothing(cast, branch):
    low = branch[1]
    mine, theirs = sentence(get(cast.cy, "rows", goals=low.pk)), sentence(get(cast.dee, "rows", goals=low.pk))
    assert ("data-editable" in mine, "data-editable" in theirs) == (True, False)
    assert ("inline-edit" in mine, "inline-edit" in theirs) == (True, False)
    assert "data-add-top" not in sentence(get(cast.cy, "tree"))


def test_titles_of_any_kind_are_shown_as_written(cast):
    cast.goal("<b>=1+1</b> " + "W" * 480)
    text = sentence(get(cast.ada, "tree"))
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in text
    assert "<b>=1+1" not in text


def test_the_panel_tells_a_goal_and_hides_what_is_above(cast, branch):
    top, low, _ = branch
    assert "Counts for" in sentence(get(cast.ada, "panel", low, htmx=True))
    assert "Calls a day" in sentence(get(cast.ada, "panel", low, htmx=True))
    assert "<html" in sentence(get(cast.ada, "panel", low))
    top.revise(by=cast.ada, visibility=Goal.Visibility.PRIVATE)
    assert "Grow markets" not in sentence(get(cast.cy, "panel", low, htmx=True))
    assert get(cast.cy, "panel", top).status_code == 404
    assert get(cast.eve, "panel", low).status_code == 404


@pytest.mark.parametrize("name", ["ada", "cy"])
def test_the_number_of_queries_does_not_depend_on_the_rows(cast, branch, name):
    asking = signed_in(getattr(cast, name))

    def queries(url: str) -> int:
        asking.get(url)
        with CaptureQueriesContext(connection) as found:
            assert asking.get(url).status_code == 200
        return len(found)

    top, low, _ = branch
    urls = [
        address("tree"),
        f"{address('tree')}?q=s",
        f"{address('rows')}?below={top.pk}",
        f"{address('rows')}?goals={low.pk}&since=2020-01-01T00:00:00Z&open={top.pk}",
        address("panel", top),
    ]
    few = [queries(url) for url in urls]
    for number in range(3):
        kpi(cast.goal(f"Sell {number}", top, owner=cast.bo, unit=cast.sales), f"more{number}", 10)
        kpi(low, f"own{number}", 20)
    marks.ask(cast.works.pk)
    rolled_up(low)
    assert [queries(url) for url in urls] == few
    assert few[2] <= 10


def test_rows_of_many_parents_together_are_no_more_than_agreed(cast):
    tops = [cast.goal(f"Top {number}") for number in range(3)]
    for top in tops:
        for number in range(ROWS // 2):
            cast.goal(f"Part {number}", top)

    answer = get(cast.ada, "rows", below=",".join(str(top.pk) for top in tops))

    assert sentence(answer).count('id="goal-') == ROWS
    below = json_of(answer)["shape"]["below"]
    assert [len(below[str(top.pk)]) for top in tops] == [ROWS // 2] * 3


def test_after_a_huge_roll_up_every_changed_goal_is_named(cast, monkeypatch):
    top = cast.goal("Top")
    goals = [cast.goal(f"Part {number}", top) for number in range(ROWS + 5)]
    before = timezone.now()
    rolled_up(top)
    assert set(json_of(get(cast.ada, "rows", since=before.isoformat()))["changed"]) == {
        goal.pk for goal in (top, *goals)
    }
    assert json_of(get(cast.ada, "rows", since=timezone.now().isoformat()))["changed"] == []
    assert json_of(get(cast.eve, "rows", since=before.isoformat()))["changed"] == []
    monkeypatch.setattr("goals.views.tree.MOST_CHANGED", 10)
    assert json_of(get(cast.ada, "rows", since=before.isoformat()))["changed"] is True


@pytest.mark.parametrize("since", ["2026-13-01T00:00:00+00:00", "2026-01-01T00:00:00", "nonsense"])
def test_a_moment_that_cannot_be_read_is_not_asked_for(cast, branch, since):
    assert 'id="goal-' not in get(cast.ada, "rows", since=since).content.decode()


def test_a_goal_below_a_hidden_one_counts_for_a_restricted_goal(cast):
    hidden = cast.goal("Hidden", visibility="private", owner=cast.ada)
    leaf = cast.goal("Leaf", hidden, owner=cast.cy)

    html = get(cast.cy, "panel", leaf.pk).content.decode()

    assert "Counts for a restricted goal" in html
    assert "Not counted" not in html
    assert "Hidden" not in html


def test_how_well_goals_are_put_is_a_column_for_who_asks(cast):
    goal = cast.goal("Win ten new customers", owner=cast.cy)
    kpi(goal, "k")
    below = cast.goal("Win", goal)
    assert "tg-smart" not in sentence(get(cast.cy, "tree", open=goal.pk))
    scores = [str(advice.verdict(each).score) for each in (goal, below)]
    shown = [sentence(get(cast.cy, "tree", columns="smart,owner", open=goal.pk))]
    shown.append(sentence(get(cast.cy, "rows", columns="smart", goals=f"{goal.pk},{below.pk}", htmx=True)))
    for text in shown:
        assert re.findall(r'tg-smart quiet" role="gridcell">(\d+)', text) == scores
