"""Who may enter values: asked for one KPI and for many, the answer is the same."""

from decimal import Decimal

import pytest

from kpis import access, definitions
from people.models import ApiToken


@pytest.fixture
def kpis(cast):
    """By name: KPIs that stand in different relations to people."""
    top = cast.goal("Top", owner=cast.ada)
    own = cast.goal("Cy's", top, owner=cast.cy)
    below = cast.goal("Below Cy's", own)
    unit = cast.goal("Of the unit", top, unit=cast.team)
    helped = cast.goal("Helped by Cy", top)
    helped.contributors.add(cast.cy)
    goals = {"top": top, "own": own, "below": below, "unit": unit, "helped": helped}
    made = {name: definitions.create(goal, by=None, name=name, target=Decimal(1)) for name, goal in goals.items()}
    made["data"] = definitions.create(top, by=None, name="data", target=Decimal(1), data_owner=cast.cy)
    return made


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("ada", {"top", "own", "below", "unit", "helped", "data"}),
        ("bo", {"own", "unit"}),
        ("cy", {"own", "below", "helped", "data"}),
        ("dee", set()),
        ("eve", set()),
    ],
)
def test_who_may_enter_values(cast, kpis, who, where):
    person = getattr(cast, who)
    assert {name for name, kpi in kpis.items() if access.can_record(person, kpi)} == where
    found = access.recordable_among(person, [kpi.pk for kpi in kpis.values()])
    assert {name for name, kpi in kpis.items() if kpi.pk in found} == where


def test_a_token_for_named_kpis_is_for_these_alone(cast, kpis):
    token = ApiToken(kpi_ids=[kpis["own"].pk, kpis["unit"].pk])
    ids = [kpi.pk for kpi in kpis.values()]
    assert access.recordable_among(cast.cy, ids, token) == {kpis["own"].pk}
    assert access.recordable_among(cast.ada, ids, token) == {kpis["own"].pk, kpis["unit"].pk}
    assert [access.token_names(token, kpis[name]) for name in ("own", "data")] == [True, False]
    assert access.token_names(None, kpis["data"])


@pytest.mark.parametrize(("who", "queries"), [("ada", 3), ("bo", 3), ("cy", 3)])
def test_rights_for_many_kpis_take_a_fixed_number_of_queries(cast, kpis, who, queries, django_assert_num_queries):
    ids = [kpi.pk for kpi in kpis.values()]
    for some in (ids[:1], ids):
        with django_assert_num_queries(queries):
            access.recordable_among(getattr(cast, who), some)
