"""Writers who change what is calculated from what at the same moment."""

from decimal import Decimal

import pytest

from cascade.errors import Conflict
from goals import progress
from kpis import definitions
from kpis.models import Kpi
from kpis.recording import Entry, record
from tests import cast as company
from tests.kpis.test_recording_together import at_once, january

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kpis(transactional_db):
    cast = company.cast()
    goal = cast.goal("Grow")
    return [
        definitions.create(goal, by=None, name=f"k{n}", key=f"k{n}", baseline=0, target=Decimal(100)) for n in range(4)
    ]


def test_writers_never_make_a_circle_together(kpis):
    def derive(number):
        try:
            definitions.revise(kpis[number], by=None, source="formula", formula=f"k{(number + 1) % 4} + 1")
        except Conflict as refused:
            return refused.code
        return ""

    for _ in range(3):
        assert sorted(at_once(derive, 4)) == ["", "", "", "kpi_cycle"]
        for kpi in Kpi.objects.all():
            definitions.revise(kpi, by=None, source="manual", formula="")
            kpi.refresh_from_db()
        kpis[:] = Kpi.objects.order_by("pk")


def test_values_and_roll_ups_beside_a_change_of_the_source_end_right(kpis):
    organisation = kpis[0].organisation

    def act(number):
        if number == 0:
            for formula in ("k1 + 1", "k1 * 2", "k1 + k2"):
                definitions.revise(Kpi.objects.get(pk=kpis[0].pk), by=None, source="formula", formula=formula)
        elif number == 1:
            for _ in range(4):
                progress.roll_up(organisation.pk)
        else:
            for value in range(4):
                record(organisation, [Entry(kpis[number - 1].pk, january(kpis[0]), Decimal(value), note="w")], by=None)

    at_once(act, 4)
    progress.roll_up(organisation.pk)
    assert progress.differences(organisation) == []
    assert kpis[0].measurements.get().value == 6
