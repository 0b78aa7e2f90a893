"""Fixtures for pages: a signed-in client for each of the cast, and browsers that refuse to overlook a mistake."""

import os

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from people.models import Person
from tests.cast import signed_in
from tests.pages.browsing import LAUNCH, Visitor

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs a loop; the tests still use the ORM beside it
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def ada(cast) -> Client:
    return signed_in(cast.ada)


@pytest.fixture
def bo(cast) -> Client:
    return signed_in(cast.bo)


@pytest.fixture
def cy(cast) -> Client:
    return signed_in(cast.cy)


@pytest.fixture
def dee(cast) -> Client:
    return signed_in(cast.dee)


@pytest.fixture
def eve(cast) -> Client:
    return signed_in(cast.eve)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return LAUNCH


@pytest.fixture
def visit(live_server, browser):
    """visit(person) opens a browser for a person, visit() for a stranger; at the end each must have had no problem.

    Tests that use it are marked `browser`.
    """
    visitors = []

    def begin(person: Person | None = None, **options) -> Visitor:
        visitors.append(Visitor(browser, live_server.url, signed_in(person) if person else None, **options))
        return visitors[-1]

    yield begin
    problems = [problem for visitor in visitors for problem in visitor.finish()]
    assert problems == []
