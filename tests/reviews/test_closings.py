import pytest

from kpis.cycles import missing
from reviews.models import Review
from tests.kpis.cycles import last_year


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 1), ({"closing": False}, 0), ({"state": "signed"}, 0), ({"state": "cancelled"}, 0)],
)
def test_a_closing_review_that_nobody_signed_is_told_before_closing(cast, fields, count):
    past = last_year(cast)
    due = past.cycle.due
    told = {"name": "Q4", "first": past.day(10, 1), "end": due, "day": due, "closing": True, **fields}
    Review.objects.create(organisation=cast.works, goal=past.goal, owner=cast.ada, **told)
    found = {gap.code: gap for gap in missing.gaps(past.cycle)}
    assert found["closing_reviews"].count == count if count else "closing_reviews" not in found
    if count:
        [case] = found["closing_reviews"].cases
        assert (case.text, case.person) == ("Win customers", cast.ada)
