import pytest

from tests.ops.running import Running


@pytest.fixture
def start(tmp_path):
    """Starts `manage.py up`; whatever still runs when the test ends is stopped."""
    started = []

    def start(folder="data", **environment):
        started.append(Running(tmp_path / folder, **environment))
        return started[-1]

    yield start
    for cascade in started:
        if cascade.process.poll() is None:
            cascade.stop()
