import pytest

from tests import cast as company

pytest_plugins = ["tests.machine"]


@pytest.fixture
def cast(db) -> company.Cast:
    return company.cast()
