import pytest
from django.core.cache import cache

from tests.api.calling import Caller


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def ada(cast) -> Caller:
    return Caller(cast.ada)


@pytest.fixture
def cy(cast) -> Caller:
    return Caller(cast.cy)


@pytest.fixture
def eve(cast) -> Caller:
    return Caller(cast.eve)
