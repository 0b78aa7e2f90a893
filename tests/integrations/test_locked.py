"""An import changes nothing in a cycle that is closed, and says where it would."""

import pytest

from goals.models import Cycle
from integrations.founding import Founding
from integrations.loading import load
from integrations.records import GOALS, KPIS, MEASUREMENTS
from integrations.tables import Refused
from people.models import Organisation
from tests.integrations.files import CHILD, GOAL, KPI, VALUES, folder, places

pytestmark = pytest.mark.django_db


@pytest.fixture
def port():
    found = load(folder(), Founding("Port", ("Strategic", "Department")), source="port").organisation
    Cycle.objects.filter(organisation=found).update(state="closed")
    return found


def again(port, files):
    return load(files, Organisation.objects.get(pk=port.pk), source="port")


def test_the_same_files_again_change_nothing_and_are_taken(port):
    assert again(port, folder()).changed_nothing


NEW = {"id": "G3", "parent_id": "G1", "level": "2", "title": "New"}
CHANGED = {
    "goal": ({"goals": [GOAL, {**CHILD, "title": "Sell less"}]}, GOALS),
    "new goal": ({"goals": [GOAL, CHILD, NEW]}, GOALS),
    "KPI": ({"kpis": [{**KPI, "target": "50"}]}, KPIS),
    "new KPI": ({"kpis": [KPI, {**KPI, "id": "K-2"}]}, KPIS),
    "value": ({"values": [*VALUES[:2], {**VALUES[2], "value": "99"}]}, MEASUREMENTS),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_is_refused_at_its_line_and_nothing_is_written(port, what):
    files, place = CHANGED[what]
    with pytest.raises(Refused) as refused:
        again(port, folder(**files))
    assert {(file, code) for file, _line, _column, code in places(refused.value.problems)} == {(place, "locked")}
    assert again(port, folder()).changed_nothing
