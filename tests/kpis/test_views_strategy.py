"""The strategy map as a page: what it shows to whom, drawing, changing and erasing links, taking it back."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from goals import linking
from goals.models import CausalLink, Perspective
from kpis.models import ChosenMeasure
from kpis.strategy.chart import Asked, chart
from tests.cast import signed_in
from tests.goals.measuring import rolled_up
from tests.kpis.comparing import CAUSE, EFFECT, measured

HTMX = {"HX-Request": "true"}
MAP = "/strategy-map/"


@pytest.fixture
def goals(cast):
    """Top stands in Customer; Own (Cy's) and Beside below it; Secret is private to Ada; Deep is of a team."""
    top = cast.goal("Top", perspective=cast.customer)
    own = cast.goal("Own <b>", top, owner=cast.cy)
    made = {"top": top, "own": own, "beside": cast.goal("Beside", top)}
    made["secret"] = cast.goal("Secret", top, owner=cast.ada, visibility="private")
    made["deep"] = cast.goal("Deep", own)
    measured(top, EFFECT)
    measured(own, CAUSE)
    rolled_up(top)
    return made


@pytest.fixture
def link(goals):
    return linking.draw(goals["own"], goals["top"], by=None, hypothesis="Because <i>", lag=1)


def sent(goals, cause="own", effect="top", **fields):
    return {
        "cause": goals[cause].pk,
        "effect": goals[effect].pk,
        "hypothesis": "So it is",
        "strength": 3,
        "lag": 1,
    } | fields


def text(response) -> str:
    return response.content.decode()


def test_the_map_shows_goals_links_and_evidence(cast, goals, link):
    page = text(signed_in(cast.ada).get(MAP))
    assert "1 of 1 link is supported by the figures so far" in page
    assert 'class="ev ev-supports' in page
    assert ">0.98</text>" in page
    assert "Own &lt;b&gt;" in page
    assert "<b>Own" not in page
    assert "Because &lt;i&gt;" in page
    assert "Deep" not in page
    assert "Deep" in text(signed_in(cast.ada).get(f"{MAP}?depth=2"))


def test_goals_stand_in_the_lane_of_the_nearest_goal_above_with_a_perspective(cast, goals):
    growth = Perspective.objects.create(organisation=cast.works, name="Growth", position=1)
    goals["own"].revise(by=None, perspective=growth)
    bare = cast.goal("Bare")
    found = chart(cast.ada, Asked(cast.cycle, depth=2))
    lanes = {lane.perspective and lane.perspective.name: {goal.title for goal in lane.goals} for lane in found.lanes}
    assert lanes == {
        "Customer": {"Top", "Beside", "Secret"},
        "Growth": {"Own <b>", "Deep"},
        None: {bare.title},
    }


def test_what_one_may_not_see_leaves_no_trace(cast, goals, link):
    linking.draw(goals["secret"], goals["top"], by=None, hypothesis="Hidden words")
    linking.draw(goals["own"], goals["secret"], by=None, hypothesis="Hidden words")
    seen, told = (text(signed_in(who).get(f"{MAP}?depth=3")) for who in (cast.ada, cast.cy))
    assert "Hidden words" in seen
    assert "Secret" in seen
    assert "Hidden words" not in told
    assert "Secret" not in told
    assert "more link" not in told
    panel = text(signed_in(cast.cy).get(f"/strategy-map/goals/{goals['own'].pk}/", headers=HTMX))
    assert "Secret" not in panel
    assert "Top" in panel


def test_links_to_goals_that_are_filtered_out_are_counted(cast, goals, link):
    linking.draw(goals["deep"], goals["top"], by=None, hypothesis="x")
    assert "1 more link leads to a goal that is not shown here." in text(signed_in(cast.ada).get(MAP))


def test_filters_choose_goals(cast, goals, link):
    def titles(**asked):
        return {goal.title for goal in chart(cast.ada, Asked(cast.cycle, **asked)).goals.values()}

    assert titles() == {"Top", "Own <b>", "Beside", "Secret"}
    assert titles(depth=0) == {"Top"}
    assert titles(linked=True) == {"Top", "Own <b>"}
    assert titles(unit=cast.team) == {"Top", "Own <b>"}


@pytest.mark.parametrize(
    "query", ["?cycle=x&depth=&unit=9e9&show=1", "?link=99999999999999999999", "?goal=0&depth=999999"]
)
def test_an_address_that_means_nothing_shows_the_map(cast, goals, query):
    assert signed_in(cast.ada).get(f"{MAP}{query}").status_code == 200


def test_the_queries_do_not_grow_with_goals_and_links(cast, goals, link):
    client = signed_in(cast.bo)
    client.get(MAP)
    with CaptureQueriesContext(connection) as few:
        client.get(MAP)
    for n in range(6):
        linking.draw(cast.goal(f"G{n}", goals["top"]), goals["top"], by=None, hypothesis="x")
    with CaptureQueriesContext(connection) as many:
        client.get(MAP)
    assert len(few) == len(many)


def test_a_page_without_links_or_goals_says_what_to_do(cast, goals, eve_client):
    assert "No links yet." in text(signed_in(cast.ada).get(MAP))
    assert "There is no cycle yet" in text(eve_client.get(MAP)) or "No goal stands on this map" in text(
        eve_client.get(MAP)
    )


@pytest.fixture
def eve_client(cast) -> Client:
    return signed_in(cast.eve)


def test_the_panel_of_a_link_says_what_the_figures_say(cast, goals, link):
    page = text(signed_in(cast.dee).get(f"{MAP}?link={link.pk}"))
    assert "They moved together over 10 months, one month later: agreement 0.98." in page
    assert "not proof of cause" in page
    assert "Edit link" not in page
    assert "Edit link" in text(signed_in(cast.cy).get(f"/strategy-map/links/{link.pk}/", headers=HTMX))


def test_a_link_is_drawn_by_a_form_without_scripts(cast, goals):
    client = signed_in(cast.cy)
    answer = client.post("/strategy-map/links/new/", sent(goals))
    made = CausalLink.objects.get()
    assert (answer.status_code, f"link={made.pk}" in answer["Location"]) == (302, True)
    assert (made.hypothesis, made.strength, made.lag, made.history.get().history_user) == ("So it is", 3, 1, cast.cy)


def test_who_edits_neither_goal_draws_changes_and_erases_nothing(cast, goals, link):
    client = signed_in(cast.dee)
    for path, data in (
        ("links/new/", sent(goals, "beside", "top")),
        (f"links/{link.pk}/edit/", {"hypothesis": "x", "strength": 1, "lag": 1, "version": 1}),
        (f"links/{link.pk}/delete/", {}),
        (f"goals/{goals['own'].pk}/measure/", {"kpi": ""}),
    ):
        assert client.post(MAP + path, data).status_code == 403, path
    assert [(each.hypothesis, each.version) for each in CausalLink.objects.all()] == [("Because <i>", 1)]


def test_a_hidden_link_is_not_there(cast, goals):
    link = linking.draw(goals["secret"], goals["top"], by=None, hypothesis="x")
    last = link.history.get().pk
    client = signed_in(cast.cy)
    for path in (
        f"links/{link.pk}/",
        f"links/{link.pk}/edit/",
        f"links/{link.pk}/delete/",
        f"goals/{goals['secret'].pk}/",
    ):
        assert client.get(MAP + path).status_code == 404, path
    assert client.post(f"{MAP}changes/{last}/undo/").status_code == 404
    refused = client.post(f"{MAP}links/new/", sent(goals, "secret", "own"))
    assert refused.status_code == 422
    assert CausalLink.objects.count() == 1


def test_a_refused_circle_is_told_in_words(cast, goals, link):
    refused = signed_in(cast.ada).post(f"{MAP}links/new/", sent(goals, "top", "own"), headers=HTMX)
    assert refused.status_code == 422
    assert "That would be a circle: “Top” → “Own &lt;b&gt;” → “Top”." in text(refused)


def test_a_change_by_somebody_else_in_the_meantime_is_not_lost(cast, goals, link):
    linking.revise(link, by=cast.ada, hypothesis="Ada's words")
    data = {"hypothesis": "Mine", "strength": 1, "lag": 1, "version": 1}
    refused = signed_in(cast.cy).post(f"{MAP}links/{link.pk}/edit/", data)
    assert refused.status_code == 422
    assert "Somebody else changed this link" in text(refused)
    assert CausalLink.objects.get().hypothesis == "Ada's words"


def undo_of(answer) -> str:
    page = text(answer)
    start = page.index('hx-post="/strategy-map/changes/') + 9
    return page[start : page.index('"', start)].replace("&amp;", "&")


def test_each_change_is_taken_back(cast, goals):
    client = signed_in(cast.cy)
    back = undo_of(client.post(f"{MAP}links/new/", sent(goals), headers=HTMX))
    made = CausalLink.objects.get()
    changed = {"hypothesis": "Other", "strength": 1, "lag": 2, "version": 1}
    edited = undo_of(client.post(f"{MAP}links/{made.pk}/edit/", changed, headers=HTMX))
    assert client.post(back, headers=HTMX).status_code == 409  # it was changed since
    assert client.post(edited, headers=HTMX).status_code == 200
    assert CausalLink.objects.get().hypothesis == "So it is"
    erased = undo_of(client.post(f"{MAP}links/{made.pk}/delete/", headers=HTMX))
    assert not CausalLink.objects.exists()
    assert client.post(erased, headers=HTMX).status_code == 200
    again = CausalLink.objects.get()
    assert (again.hypothesis, again.strength, again.lag) == ("So it is", 3, 1)


def test_the_measure_of_a_goal_is_chosen_beside_the_map(cast, goals, link):
    other = measured(goals["own"], EFFECT, "other", weight=0)
    client = signed_in(cast.cy)
    answer = client.post(f"{MAP}goals/{goals['own'].pk}/measure/", {"kpi": other.pk}, headers=HTMX)
    assert "The measure is chosen." in text(answer)
    assert ChosenMeasure.objects.get().kpi == other
    foreign = client.post(f"{MAP}goals/{goals['own'].pk}/measure/", {"kpi": goals["top"].kpis.get().pk})
    assert foreign.status_code == 422


def test_reading_writes_nothing_and_writing_is_no_get(cast, goals, link):
    client = signed_in(cast.ada)
    assert client.get(f"{MAP}links/{link.pk}/delete/").status_code == 200
    assert client.get(f"{MAP}changes/{link.history.get().pk}/undo/").status_code == 405
    assert client.get(f"{MAP}goals/{goals['own'].pk}/measure/").status_code == 405
    assert CausalLink.objects.count() == 1
