"""Two published sets of real figures: what their README counts is what stands in the database."""

import pytest
from django.db import transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Length

from goals import progress, tree
from integrations.founding import Founding
from integrations.loading import load
from integrations.tables import Refused
from kpis.models import Measurement
from tests.integrations.files import BARCELONA, CANADA, contents

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sets(django_db_setup, django_db_blocker):
    """Both sets in two organisations, loaded once for the module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        barcelona = load(contents(BARCELONA), Founding("Barcelona", ("Goal", "Target", "Commitment")), source="bcn")
        canada = load(contents(CANADA), Founding("Canada"), source="cif", rounding=True)
        yield {"barcelona": barcelona, "canada": canada}
        transaction.set_rollback(True)


def counts(report):
    """Goals by level and with a due date; KPIs, with values, targets, baselines; values, negative."""
    goals, kpis = report.organisation.goals, report.organisation.kpis
    levels = goals.values_list("level__rank").annotate(Count("pk")).order_by("level__rank")
    values = Measurement.objects.filter(organisation=report.organisation)
    return {
        "levels": [count for _, count in levels],
        "due": goals.exclude(due=None).count(),
        "kpis": kpis.count(),
        "measured": values.values("kpi").distinct().count(),
        "targets": kpis.exclude(target=None).count(),
        "baselines": kpis.exclude(baseline=None).count(),
        "values": values.count(),
        "negative": sum(value < 0 for value in values.values_list("value", flat=True)),
        "notes": values.exclude(note="").count(),
        "rows": report.folder.rows,
        "blank": report.folder.blank,
    }


def test_barcelona_is_all_there(sets):
    assert counts(sets["barcelona"]) == {
        "levels": [17, 139, 130],
        "due": 94,
        "kpis": 488,
        "measured": 430,
        "targets": 151,
        "baselines": 0,
        "values": 2711,
        "negative": 7,
        "notes": 379,
        "rows": 2733,
        "blank": 18,
    }
    assert sets["barcelona"].folder.repeated == 4


def test_canada_is_all_there(sets):
    assert counts(sets["canada"]) == {
        "levels": [17, 34, 34],
        "due": 19,
        "kpis": 1090,
        "measured": 1086,
        "targets": 41,
        "baselines": 7,
        "values": 8304,
        "negative": 150,
        "notes": 709,
        "rows": 8462,
        "blank": 158,
    }
    assert sets["canada"].folder.rounded == 89


def test_canada_is_not_rounded_behind_anybodys_back(sets):
    with pytest.raises(Refused) as refused:
        load(contents(CANADA), Founding("Exact"), source="cif")
    assert {problem.code for problem in refused.value.problems} == {"too_many_digits"}
    assert len(refused.value.problems) == 89


@pytest.mark.parametrize("name", ["barcelona", "canada"])
def test_their_trees_and_figures_are_sound(sets, name):
    organisation = sets[name].organisation
    assert list(tree.faults(organisation.pk)) == []
    assert progress.differences(organisation) == []


def test_without_a_direction_nothing_in_barcelona_has_a_score(sets):
    kpis = sets["barcelona"].organisation.kpis.all()
    assert set(kpis.values_list("direction", "baseline", "figures__progress", "figures__reason")) == {
        (None, None, None, "missing_direction")
    }


def test_of_canada_only_what_has_direction_target_and_baseline_has_a_score(sets):
    scored = sets["canada"].organisation.kpis.exclude(figures__progress=None)
    assert scored.count() == 6
    assert not scored.filter(Q(direction=None) | Q(target=None) | Q(baseline=None)).exists()


def test_titles_units_and_periods_are_as_the_source_has_them(sets):
    organisation = sets["barcelona"].organisation
    assert organisation.goals.aggregate(longest=Max(Length("title")))["longest"] == 477
    assert organisation.kpis.aggregate(longest=Max(Length("name")))["longest"] == 283
    assert {"Percentage", "Percentatge", "µg/m3", "x1000 tons of CO2"} <= set(
        organisation.kpis.values_list("unit", flat=True)
    )
    odd = Measurement.objects.get(kpi__external_id="K3-3-1", kpi__organisation=organisation, value=7481)
    assert odd.note == "period in source: 21/12/2020-30/09/2021"


@pytest.mark.parametrize("name", ["barcelona", "canada"])
def test_a_second_import_changes_nothing(sets, name):
    path = {"barcelona": BARCELONA, "canada": CANADA}[name]
    second = load(contents(path), sets[name].organisation, source="again", rounding=True)
    assert second.changed_nothing
