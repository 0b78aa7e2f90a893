import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from goals import undo
from goals.models import Act, Goal
from kpis import definitions
from kpis.models import UnfinishedBreakDown
from people.models import Person
from tests import cast as company
from tests.kpis.measuring import made

LEADS = {"name": "Qualified leads", "unit": "leads", "direction": "increase", "baseline": None, "aggregation": "sum"}


@pytest.fixture
def goal(cast):
    return cast.goal("Generate 100 leads", cast.goal("Grow"), owner=cast.bo, unit=cast.sales, level=1)


@pytest.fixture
def leads(goal):
    return made(goal, target=Decimal(100), **LEADS)


@pytest.fixture
def crowd(cast):
    return [cast.cy, *(company.person(cast.works, f"Person{n:02}", "member", unit=cast.team) for n in range(5))]


def url(goal):
    return reverse("kpis:break_down", args=[goal.pk])


def said(response, name):
    """A hidden or typed text of the page."""
    page = response.content.decode()
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'name="{name}"[^>]*>\n?([^<]*)<', page
    )
    return found[1]


def choose_everybody(client, goal, cast):
    return client.post(url(goal), {"step": "who", "do": f"people:{cast.team.pk}"})


def form(client, goal, step, **fields):
    """What the page's form holds, with some fields typed over."""
    response = client.get(f"{url(goal)}?step={step}")
    page = response.content.decode()
    found = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page))
    found |= {"shown": said(response, "shown")}
    for name in ("rule", "weighing", "start"):
        chosen = re.search(rf'name="{name}" value="([^"]*)" checked', page)
        found |= {name: chosen[1]} if chosen else {}
    selected = re.findall(r'<select[^>]*name="([^"]+)".*?<option value="([^"]*)" selected', page, re.DOTALL)
    return {**found, **dict(selected), **fields}


def numbers(response):
    return re.findall(r'name="number-[pu]\d+"[^>]*value="([^"]*)"', response.content.decode())


def test_everybody_of_a_unit_is_chosen_at_once_and_the_target_is_split(bo, cast, goal, leads, crowd):
    assert choose_everybody(bo, goal, cast).url == f"{url(goal)}?step=who"
    split = bo.get(f"{url(goal)}?step=split")

    assert numbers(split) == ["17", "17", "17", "17", "16", "16"]
    assert "100 of 100\N{NO-BREAK SPACE}leads" in split.content.decode()


def test_who_may_break_down_sees_the_page_and_others_do_not(cast, ada, bo, cy, dee, eve, goal):
    pages = {"ada": ada, "bo": bo, "cy": cy, "dee": dee, "eve": eve}

    assert {name: client.get(url(goal)).status_code for name, client in pages.items()} == {
        "ada": 200,
        "bo": 200,
        "cy": 403,
        "dee": 403,
        "eve": 404,
    }
    assert [client.post(url(goal), {"do": "create"}).status_code for client in (cy, eve)] == [403, 404]
    Goal.objects.filter(pk=goal.pk).update(visibility="private")
    assert cy.get(url(goal)).status_code == 404


def test_looking_keeps_nothing_and_an_ended_goal_is_not_broken_down(bo, goal, leads):
    bo.get(url(goal))
    bo.get(f"{url(goal)}?step=split")
    assert not UnfinishedBreakDown.objects.exists()
    Goal.objects.filter(pk=goal.pk).update(state="cancelled")
    assert bo.get(url(goal)).status_code == 409


def test_what_is_typed_is_fixed_and_kept_and_can_be_freed_again(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    key = f"p{crowd[0].pk}"
    bo.post(url(goal), form(bo, goal, "split", **{f"number-{key}": "50", "do": "refresh"}))
    assert numbers(bo.get(f"{url(goal)}?step=split")) == ["50", "10", "10", "10", "10", "10"]
    bo.post(url(goal), form(bo, goal, "split", do=f"free:{key}"))
    assert numbers(bo.get(f"{url(goal)}?step=split")) == ["17", "17", "17", "17", "16", "16"]


def test_nothing_typed_is_lost_by_a_mistake(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    key = f"p{crowd[0].pk}"
    bo.post(url(goal), form(bo, goal, "split", **{f"number-{key}": "many <b>", "do": "go:review"}))
    page = bo.get(f"{url(goal)}?step=split").content.decode()

    assert 'value="many &lt;b&gt;"' in page
    assert "Enter a number, such as 12.5." in page
    refused = bo.post(url(goal), form(bo, goal, "review", do="create"))
    assert refused.status_code == 422
    assert not goal.children.exists()


def test_goals_are_created_once_however_often_the_form_is_sent(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    sent = form(bo, goal, "review", do="create")
    first = bo.post(url(goal), sent)
    again = bo.post(url(goal), sent)

    assert Goal.objects.filter(parent=goal).count() == 6
    assert (
        first.url
        == again.url
        == f"{reverse('goals:tree')}?cycle={goal.cycle_id}&open={goal.parent_id},{goal.pk}#goal-{goal.pk}"
    )
    assert not UnfinishedBreakDown.objects.exists()


def test_titles_owners_levels_and_weights_are_edited_before(bo, cast, goal, leads):
    bo.post(url(goal), {"step": "who", "do": f"add:u{cast.team.pk}"})
    key = f"u{cast.team.pk}"
    fields = {"title": "Call «everybody»", "owner": "Cy", "level": str(cast.levels[3].pk), "weight": "2,5"}
    bo.post(
        url(goal), form(bo, goal, "review", do="create", **{f"{name}-{key}": text for name, text in fields.items()})
    )
    below = Goal.objects.get(parent=goal)

    assert (below.title, below.owner, below.level, below.weight, below.state) == (
        "Call «everybody»",
        cast.cy,
        cast.levels[3],
        Decimal("2.5"),
        "proposed",
    )


def test_a_title_that_was_left_alone_follows_its_number(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    bo.post(url(goal), form(bo, goal, "review", do="go:split"))
    key = f"p{crowd[0].pk}"
    bo.post(url(goal), form(bo, goal, "split", **{f"number-{key}": "50", "do": "go:review"}))

    assert said(bo.get(f"{url(goal)}?step=review"), f"title-{key}") == "Generate 50 leads, Cy"


def test_an_open_rest_needs_somebody_or_a_reason(bo, cast, goal, leads, crowd):
    bo.post(url(goal), {"step": "who", "do": f"add:p{cast.cy.pk}"})
    key = f"p{cast.cy.pk}"
    bo.post(url(goal), form(bo, goal, "split", **{f"number-{key}": "92", "do": "refresh"}))
    page = bo.get(f"{url(goal)}?step=split").content.decode()
    assert "92 of 100\N{NO-BREAK SPACE}leads" in page
    assert "8\N{NO-BREAK SPACE}leads still open" in page
    assert bo.post(url(goal), form(bo, goal, "review", do="create")).status_code == 422
    bo.post(url(goal), form(bo, goal, "split", reason="A new colleague comes in May", do="go:review"))
    bo.post(url(goal), form(bo, goal, "review", do="create"))
    assert Goal.objects.get(parent=goal).kpis.get().target == 92


def test_the_rest_is_given_to_one_in_one_click(bo, cast, goal, leads, crowd):
    bo.post(url(goal), {"step": "who", "do": f"add:p{cast.cy.pk}"})
    key = f"p{cast.cy.pk}"
    bo.post(url(goal), form(bo, goal, "split", **{f"number-{key}": "92", "do": "refresh"}))
    bo.post(url(goal), form(bo, goal, "split", do=f"give:{key}"))

    assert numbers(bo.get(f"{url(goal)}?step=split")) == ["100"]


def test_what_others_changed_meanwhile_is_looked_at_again(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    sent = form(bo, goal, "review", do="create")
    definitions.revise(leads, by=cast.ada, target=Decimal(200))
    refused = bo.post(url(goal), sent)

    assert refused.status_code == 409
    assert "Look at the numbers again" in refused.content.decode()
    assert numbers(refused) == ["34", "34", "33", "33", "33", "33"]
    assert not goal.children.exists()


def test_all_of_it_is_taken_back_in_one_step(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    bo.post(url(goal), form(bo, goal, "review", do="create"))
    act = Act.objects.get()
    undo.take_back(act, cast.bo)

    assert act.words == "“Generate 100 leads” broken down"
    assert not Goal.objects.filter(parent=goal).exists()


def test_a_break_down_is_thrown_away(bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)
    assert bo.post(url(goal), form(bo, goal, "review", do="discard")).url == reverse("goals:detail", args=[goal.pk])
    assert not UnfinishedBreakDown.objects.exists()


def test_each_prepares_their_own(ada, bo, cast, goal, leads, crowd):
    choose_everybody(bo, goal, cast)

    assert numbers(ada.get(f"{url(goal)}?step=split")) == []


def test_nobody_of_another_organisation_is_chosen(bo, cast, goal, leads):
    bo.post(url(goal), {"step": "who", "do": f"add:p{cast.eve.pk}"})
    bo.post(url(goal), {"step": "who", "do": "add:p99999999"})
    bo.post(url(goal), {"step": "who", "do": "add:x1"})

    assert numbers(bo.get(f"{url(goal)}?step=split")) == []
    assert "Eve" not in bo.get(f"{url(goal)}?step=who&q=eve").content.decode().split('id="found"')[1]


def test_units_and_people_are_found_by_a_part_of_their_name(bo, cast, goal, crowd):
    found = bo.get(f"{url(goal)}?step=who&q=son03").content.decode()
    units = bo.get(f"{url(goal)}?step=who&q=inside").content.decode()
    opened = bo.get(f"{url(goal)}?step=who&unit={cast.team.pk}").content.decode()

    assert re.findall(r'value="add:(\w+)"', found) == [f"p{crowd[4].pk}"]
    assert re.findall(r'value="add:(\w+)"', units) == [f"u{cast.team.pk}"]
    assert len(re.findall(r'value="add:p\d+"', opened)) == 6


def test_three_hundred_people_fit_into_the_form(bo, cast, goal, leads):
    Person.objects.bulk_create(
        Person(organisation=cast.works, name=f"P{n}", email=f"p{n}@works.example", unit=cast.team) for n in range(300)
    )
    choose_everybody(bo, goal, cast)
    bo.post(url(goal), form(bo, goal, "split", rounding="0.01", do="refresh"))
    bo.post(url(goal), form(bo, goal, "review", do="create"))

    assert Goal.objects.filter(parent=goal).count() == 301
    assert sum(Goal.objects.filter(parent=goal).values_list("kpis__target", flat=True)) == 100


def test_the_pages_take_the_same_number_of_queries_for_few_and_many(bo, cast, goal, leads, crowd):
    counts = []
    for people in (2, 40):
        Person.objects.bulk_create(
            Person(organisation=cast.works, name=f"Q{people}{n}", email=f"q{people}{n}@works.example", unit=cast.team)
            for n in range(people)
        )
        choose_everybody(bo, goal, cast)
        counts.append([queries(bo, f"{url(goal)}?step={step}") for step in ("who", "split", "review")])

    assert counts[0] == counts[1]


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
