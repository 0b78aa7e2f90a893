import datetime as dt

import pytest
import time_machine


@pytest.fixture
def april():
    """It is 10 April 2026 at noon. Name it before `cast`, whose cycle is the current year."""
    with time_machine.travel(dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC), tick=False) as clock:
        yield clock
