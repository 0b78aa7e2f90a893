import pytest

from people import notifications
from tests import cast as company

pytest_plugins = ["tests.machine"]


@pytest.fixture
def cast(db) -> company.Cast:
    return company.cast()


@pytest.fixture
def hello():
    """A kind of notification for tests: somebody greets."""
    notifications.register(notifications.Kind("hello", "Somebody greets you", "%(by)s says %(word)s"))
    yield
    del notifications.KINDS["hello"]
