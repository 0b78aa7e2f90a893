"""The library beside an empty form: searched, chosen, filled in, nothing saved."""

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from goals.models import Goal
from kpis.models import Kpi


@pytest.fixture
def goal(cast):
    return cast.goal("Answer faster", owner=cast.bo, unit=cast.sales)


def get(person, name, *args, htmx=True, **query):
    client = Client()
    client.force_login(person)
    headers = {"HX-Request": "true"} if htmx else {}
    return client.get(reverse(name, args=args), query, headers=headers)


def picks(answer) -> dict[str, dict]:
    """What a click writes, by the words clicked."""
    assert answer.status_code == 200
    found = re.findall(r'data-fill="([^"]+)"[^>]*>([^<]+)</a>', answer.content.decode())
    return {html.unescape(name): json.loads(html.unescape(fills)) for fills, name in found}


def test_a_kpi_template_is_found_by_words_and_fills_the_form(cast, goal):
    found = picks(get(cast.bo, "kpis:kpi_templates", goal.pk, q="first response"))
    assert found["First response time"] == {
        "name": "First response time",
        "definition": (
            "Median minutes from the arrival of a ticket to the first answer by a person, within opening hours."
        ),
        "unit": "min",
        "kind": "number",
        "direction": "decrease",
        "cadence": "weekly",
        "aggregation": "latest",
        "target_mode": "by_due",
        "indicator": "lead",
    }
    assert len(picks(get(cast.bo, "kpis:kpi_templates", goal.pk))) >= 60
    assert picks(get(cast.bo, "kpis:kpi_templates", goal.pk, q="\0nothing like it")) == {}


def test_each_function_stands_once_however_its_templates_are_found(cast, goal):
    found = get(cast.bo, "kpis:kpi_templates", goal.pk, q="time")
    names = [name for name, _ in found.context["groups"]]
    assert len(names) == len(set(names)) > 3
    assert sum(len(choices) for _, choices in found.context["groups"]) == len(picks(found))


def test_without_scripts_a_template_is_chosen_on_a_page_and_in_the_forms_address(cast, goal):
    page = get(cast.bo, "kpis:kpi_templates", goal.pk, htmx=False).content.decode()
    address = reverse("kpis:new", args=[goal.pk])
    assert f'href="{address}?template=availability"' in page
    form = get(cast.bo, "kpis:new", goal.pk, htmx=False, template="availability").context["form"]
    assert (form["name"].value(), form["unit"].value(), form["target_mode"].value()) == (
        "Availability",
        "%",
        "each_period",
    )
    unknown = get(cast.bo, "kpis:new", goal.pk, htmx=False, template="unknown")
    assert unknown.context["form"]["name"].value() == ""
    assert not Kpi.objects.exists()


def test_goals_of_the_level_below_come_first(cast, goal):
    department = list(picks(get(cast.bo, "kpis:goal_templates", goal.pk)))
    strategic = list(picks(get(cast.ada, "kpis:goal_templates")))
    assert set(department) == set(strategic)
    assert department[0].startswith("Deliver … of 100 orders")
    assert strategic[0].startswith("Grow revenue")
    text = get(cast.ada, "kpis:goal_templates", q="margin").content.decode()
    assert "Revenue growth, Operating margin" in text


def test_a_goal_template_fills_title_and_why(cast, goal):
    (title, fills), *_ = picks(get(cast.bo, "kpis:goal_templates", goal.pk, q="right first")).items()
    assert fills == {"title": title, "why": "Rework is paid twice and sold once."}
    form = get(cast.bo, "goals:new", goal.pk, htmx=False, **fills).context["form"]
    assert (form["title"].value(), form["why"].value()) == (title, fills["why"])
    assert form["level"].value() == cast.levels[1].pk
    assert Goal.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("bo", 200), ("cy", 403), ("dee", 403), ("eve", 404)])
def test_the_library_is_for_who_may_add_something_there(cast, goal, who, status):
    person = getattr(cast, who)
    assert get(person, "kpis:kpi_templates", goal.pk).status_code == status
    assert get(person, "kpis:goal_templates", goal.pk).status_code == status
    assert get(cast.bo, "kpis:goal_templates").status_code == 403
