"""Requests made from the OpenAPI document, good and bad, to every operation: never a 500, always as documented.

Each operation gets a number of cases that is the same in every run, so the test is bounded and can be repeated.
"""

import os

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cascade.wsgi import application
from goals import linking
from goals.voices import kudos, signals
from reviews.models import Review
from reviews.room import deciding, holding
from reviews.schedule import work_out
from tests.cast import token
from tests.goals.measuring import kpi, rolled_up
from tests.planning import alignment, comment, factor, initiative, process, resource

CASES = int(os.environ.get("SCHEMATHESIS_CASES", "15"))  # good ones of each operation, and as many bad ones
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
TELLS_WRONG_ROWS = {"/api/v1/measurements/bulk/"}  # with "skip" the answer is 200 and names the rows left out
BOUNDED = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection():
    """As Django's own test client: a request does not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(cast, one_connection):
    """A company with something in it for every address, and its administrator's token."""
    goal = cast.goal("Grow", cast.goal("Top"), owner=cast.ada, contributors=[cast.cy])
    sales, other = kpi(goal, "sales", 40), cast.goal("Other")
    kpi(other, "calls", 7)
    alignment(cast, goal, other)
    comment(cast, goal, "@Cy")
    kudos.give(goal, [cast.cy], "Well done", by=cast.ada)
    signals.send(goal.parent, "not_reachable", "Too far", by=cast.cy)
    initiative(cast, goal, kpis=[sales], milestones=[{"title": "Begin"}])
    factor(cast, goal, kpis=[sales])
    process(cast, kpis=[sales])
    resource(cast, goals=[goal], levels=cast.levels, kpis=[sales])
    rolled_up(goal)
    linking.draw(goal, goal.parent, by=cast.ada, hypothesis="It shows.")
    work_out(cast.works)
    review = holding.begin(Review.objects.filter(goal=goal).earliest("day"), by=cast.ada)
    deciding.decide(review, "keep", by=cast.ada, goal=goal, reason="It keeps pace")
    return {"Authorization": f"Bearer {token(cast.ada)}"}


def test_every_operation_keeps_to_the_document(headers, capsys):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    made, broken = 0, []

    def check(operation, mode):
        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def holds(case):
            nonlocal made
            made += 1
            cache.clear()  # the limits are tested elsewhere
            response = case.call(headers=headers)
            # A wrong version is told before a wrong body.
            lenient = operation.path in TELLS_WRONG_ROWS or response.status_code == 412
            checks = [each for each in CHECKS if not (lenient and each is negative_data_rejection)]
            case.validate_response(response, checks=checks, headers=headers)

        holds()

    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                check(operation, mode)
            except* schemathesis.errors.SchemathesisError as skipped:
                if "Unsatisfiable" not in str(skipped.exceptions):
                    raise
            except* AssertionError as failed:
                broken.append(f"{operation.label}: {failed.exceptions}")
    with capsys.disabled():
        print(f"\nschemathesis: {made} cases at {len(operations)} operations")
    assert broken == []
    assert made > 5 * len(operations)
