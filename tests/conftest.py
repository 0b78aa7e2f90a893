import pytest
from hypothesis import HealthCheck, settings

from people import notifications
from tests import cast as company

pytest_plugins = ["tests.machine"]

settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy")  # a busy machine is slow, not wrong


@pytest.fixture
def cast(db) -> company.Cast:
    return company.cast()


@pytest.fixture
def hello():
    """A kind of notification for tests: somebody greets."""
    notifications.register(notifications.Kind("hello", "Somebody greets you", "%(by)s says %(word)s"))
    yield
    del notifications.KINDS["hello"]
