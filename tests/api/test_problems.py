"""Every error is application/problem+json, and nothing a client sends is a 500."""

import pytest
from django.db import IntegrityError
from django.test import Client

from cascade import problems
from tests.api.calling import Caller, codes

ODD_BODIES = {
    "not json": b"{",
    "not utf-8": b'{"name": "\xff"}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "NUL": b'{"name": "a\\u0000"}',
    "NUL in a key": b'{"a\\u0000": 1}',
    "NaN": b'{"rank": NaN}',
    "a number of 5000 digits": b'{"rank": ' + b"9" * 5000 + b"}",
    "a huge exponent": b'{"rank": 1e999999999}',
    "nested 100,000 deep": b"[" * 100_000,
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a huge rank": b'{"name": "x", "rank": 99999999999999999999}',
    "a negative rank": b'{"name": "x", "rank": -1}',
    "a name of the wrong type": b'{"name": 7}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_odd_bodies_are_bad_input(ada, body):
    response = ada.call("POST", "levels/", raw=body)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "errors"} <= response.body.keys()


@pytest.mark.parametrize(
    "path", ["nothing/", "levels/0/", "levels/999999999/", "levels/" + "9" * 400 + "/", "levels/x/", "levels", "../x"]
)
def test_what_is_not_there_is_a_problem_too(ada, path):
    response = ada.get(path)
    assert (response.status_code, response.body["status"]) == (404, 404)
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["kpis/9999999999999999999/", "kpis/" + "9" * 400 + "/measurements/"])
def test_ids_beyond_all_numbers_are_not_there(ada, path):
    assert ada.get(path).status_code == 404


def test_what_is_not_there_is_a_problem_in_a_browser_session_too(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ada)
    response = client.patch("/api/v1/kpis/x/", b"", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_an_unknown_parameter_is_refused(ada):
    response = ada.get("levels/?nmae=x")
    assert response.status_code == 400
    assert codes(response) == {("nmae", "unknown_parameter")}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page_size=0", "min_value"),
        ("page_size=501", "max_value"),
        ("page_size=x", "invalid"),
        ("page_size=" + "9" * 5000, "invalid"),
        ("page_size=1&page_size=2", "given_twice"),
        ("count=maybe", "invalid"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=W10:1:1", "invalid_cursor"),
        ("ordering=colour", "invalid_choice"),
        ("external_id=%00", "null_characters_not_allowed"),
    ],
)
def test_odd_parameters_are_bad_input(ada, query, code):
    response = ada.get(f"levels/?{query}")
    assert response.status_code == 400
    assert {found for _, found in codes(response)} == {code}


@pytest.mark.parametrize("text", ["", "csc_wrong", "x y z", "\u00e9\u00e9", "\x01"])
def test_a_wrong_token_is_not_authenticated(db, text):
    response = Caller().get("levels/", Authorization=f"Bearer {text}")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.body["code"] == "not_authenticated"


def test_no_token_is_not_authenticated(db):
    assert Caller().get("me/").status_code == 401


def test_a_method_that_is_not_there(ada):
    response = ada.put("levels/", {})
    assert (response.status_code, response.body["code"]) == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_another_content_type(ada):
    response = ada.call("POST", "levels/", raw=b"name=x", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.body["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large(ada, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = ada.post("levels/", {"name": "x" * 2000})
    assert (response.status_code, response.body["code"]) == (413, "too_large")


def test_what_clashes_in_the_database_is_a_conflict(ada):
    response = ada.post("levels/", {"name": "Team"})
    assert (response.status_code, response.body["code"]) == (409, "conflict")


def test_an_unforeseen_clash_says_nothing_about_the_table():
    answer = problems.handle(IntegrityError("UNIQUE constraint failed: people_level.name"), {})
    assert answer.status_code == 409
    assert "people_level" not in answer.data["detail"]


def test_a_defect_of_ours_rises():
    assert problems.handle(ZeroDivisionError(), {}) is None


def test_a_defect_is_answered_without_its_trace(ada, monkeypatch):
    from people.api import Levels

    monkeypatch.setattr(Levels, "visible", lambda self: 1 / 0)
    ada.client.raise_request_exception = False
    response = ada.get("levels/")
    assert (response.status_code, response.body["code"]) == (500, "server_error")
    assert "division" not in response.content.decode()


def test_a_browser_session_needs_the_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ada)
    assert client.get("/api/v1/levels/").status_code == 200
    response = client.post("/api/v1/levels/", {"name": "Squad"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
