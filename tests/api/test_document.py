"""The OpenAPI document is valid, complete and true to the router."""

import io
import re

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver
from drf_spectacular.drainage import GENERATOR_STATS

from cascade import api
from tests.api.calling import Caller

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def told(db):
    response = Caller().get("openapi.json")
    assert response.status_code == 200
    return response.body


def operations(told):
    for path, item in told["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def routed(patterns, prefix=""):
    """Every address of the router, its parameters written as the document does."""
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routed(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern) and "rest" not in here:
            plain = re.sub(r"\(\?P<(\w+)>.*?\)(?=[/$\\]|$)", r"{\1}", here.replace("^", "").replace("\\Z", ""))
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", plain).replace("$", "").replace("\\", "")


def test_it_is_valid_and_made_without_a_warning(db):
    GENERATOR_STATS.reset()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_openapi_3_1(told):
    assert told["openapi"].startswith("3.1")
    assert told["info"]["title"]


def test_it_tells_every_address_of_the_router_and_no_other(told):
    addresses = {path for path in routed(api.urlpatterns) if path.startswith("v1/") and "openapi" not in path}
    assert {f"/api/{path}".replace("{pk}", "{id}") for path in addresses} == set(told["paths"])


def test_every_operation_is_described_and_named_once(told):
    found = dict(operations(told))
    undescribed = [name for name, each in found.items() if not (each.get("summary") and each.get("description"))]
    assert undescribed == []
    names = [each["operationId"] for each in found.values()]
    assert len(names) == len(set(names)) > 50


def test_every_operation_tells_its_refusals_as_problems(told):
    for name, each in operations(told):
        codes = set(each["responses"])
        wanted = {"400", "401", "403", "429"} | ({"404"} if "{" in name else set())
        assert wanted <= codes, name
        for code in codes & wanted:
            content = each["responses"][code]["content"]
            assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}, name


def test_a_list_that_is_paged_says_how(told):
    for name, each in operations(told):
        parameters = {parameter["name"] for parameter in each.get("parameters", ())}
        schema = str(each["responses"].get("200", {}).get("content", {}))
        assert ("Page'" in schema) == ({"page_size", "cursor"} <= parameters), name


def examples(node, told):
    """(schema, example) of every example in the document."""
    if isinstance(node, dict):
        if "examples" in node and isinstance(node["examples"], list):
            yield from ((node, example) for example in node["examples"])
        if "schema" in node:
            named = node.get("examples", {})
            yield from ((node["schema"], example["value"]) for example in named.values() if isinstance(named, dict))
            if "example" in node:
                yield node["schema"], node["example"]
        for value in node.values():
            yield from examples(value, told)
    elif isinstance(node, list):
        for value in node:
            yield from examples(value, told)


def test_every_example_is_one(told):
    found = list(examples(told, told))
    for schema, example in found:
        whole = {**schema, "components": told["components"]}
        jsonschema.Draft202012Validator(whole).validate(example)
    assert len(found) > 10


def test_answers_are_as_the_document_says(cast, told):
    from tests.api.measuring import kpi, rolled_up

    ada = Caller(cast.ada)
    goal = cast.goal("Grow", cast.goal("Top"), owner=cast.cy, contributors=[cast.bo])
    kpi(goal)
    rolled_up(cast.works)
    ids = {"id": goal.pk}
    asked = {
        "/api/v1/goals/": "",
        "/api/v1/goals/{id}/": "",
        "/api/v1/goals/tree/": "?depth=3&as_of=2026-01-01",
        "/api/v1/goals/{id}/ancestors/": "",
        "/api/v1/goals/{id}/descendants/": "",
        "/api/v1/goals/{id}/explain/": "",
        "/api/v1/goals/{id}/contributions/": "",
        "/api/v1/goals/{id}/history/": "",
        "/api/v1/goals/{id}/change/": "?from=2026-01-01&to=2026-01-02&known=2100-01-01T00:00:00Z",
        "/api/v1/goals/{id}/trend/": "?from=2026-01-01&to=2026-02-02",
        "/api/v1/kpis/": "",
        "/api/v1/levels/": "",
        "/api/v1/me/": "",
        "/api/v1/organisation/": "",
        "/api/v1/dashboard/": "",
        "/api/v1/me/line-of-sight/": "",
    }
    for path, query in asked.items():
        response = ada.get(path.format(**ids) + query)
        assert response.status_code == 200, (path, response.body)
        schema = told["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": told["components"]}).validate(response.body)
