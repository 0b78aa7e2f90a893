"""Error pages: our own, plain, under the same content policy, and a sentence for htmx."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

import cascade.urls
from cascade.errors import Conflict, VersionMismatch

ERRORS = {
    "bad": SuspiciousOperation("a secret detail"),
    "forbidden": PermissionDenied("Only the owner may close this <goal>."),
    "forbidden-plain": PermissionDenied(),
    "conflict": Conflict("closed", "This goal is closed."),
    "version": VersionMismatch(7),
    "defect": RuntimeError("a secret detail"),
    "away": OperationalError("a secret detail"),
}


@login_not_required
def fail(request, name):
    raise ERRORS[name]


@login_not_required
def fine(request):
    return HttpResponse("fine")


urlpatterns = [path("fail/<name>/", fail), path("fine/", fine), *cascade.urls.urlpatterns]
handler400, handler403 = cascade.urls.handler400, cascade.urls.handler403
handler404, handler500 = cascade.urls.handler404, cascade.urls.handler500

PAGES = [
    ("bad", 400, "This request cannot be read"),
    ("forbidden", 403, "Only the owner may close this &lt;goal&gt;."),
    ("forbidden-plain", 403, "You may not do this."),
    ("conflict", 409, "This goal is closed."),
    ("version", 409, "It was changed by somebody else in the meantime."),
    ("defect", 500, "Something failed here"),
    ("away", 503, "Cascade is not available for a moment"),
]


@pytest.fixture
def client(cast, settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("name", "status", "sentence"), PAGES)
def test_an_error_is_a_plain_page_of_our_own(client, name, status, sentence):
    answer = client.get(f"/fail/{name}/")
    page = answer.content.decode()
    assert answer.status_code == status
    assert sentence in page
    assert "a secret detail" not in page
    assert 'href="/static/css/tokens.css"' in page
    assert "Main" not in page


def test_what_is_not_there_is_a_page_of_our_own_with_the_way_on_for_who_is_signed_in(cast, bo):
    answer = bo.get("/nothing-here/")
    assert answer.status_code == 404
    assert "It is not there, or you may not see it" in answer.content.decode()
    assert "Your account, Bo" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("forbidden", 403, "Only the owner may close this <goal>."),
        ("conflict", 409, "This goal is closed."),
        ("version", 409, "It was changed by somebody else in the meantime."),
    ],
)
def test_htmx_gets_the_sentence_alone(client, name, status, sentence):
    answer = client.get(f"/fail/{name}/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content.decode()) == (status, sentence)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_defect_names_the_request_that_the_log_names(client, caplog):
    page = client.get("/fail/defect/").content.decode()
    logged = next(record.msg for record in caplog.records if "request_failed" in str(record.msg))
    assert f"{logged['request_id']}</code>" in page


@pytest.mark.parametrize("path", ["/fine/", *(f"/fail/{name}/" for name in ERRORS), "/nowhere/", "/api/nowhere/"])
def test_every_answer_has_the_content_policy(client, path):
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_foreign_host_name_is_refused_with_the_policy_too(client):
    answer = client.get("/fine/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
