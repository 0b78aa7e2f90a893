import inspect
import re
from dataclasses import asdict
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from cascade.errors import Conflict, VersionMismatch
from goals.models import DirtyMark
from kpis import attainment, definitions
from kpis.models import Kpi, Measurement, MeasurementRevision
from people.models import Person
from tests.engine.cases import CHECKS
from tests.engine.test_validation import REFUSED


@pytest.fixture
def goal(cast):
    return cast.goal("Answer faster")


def made(goal, **fields) -> Kpi:
    return definitions.create(goal, by=None, **{"name": "Response time", "target": Decimal(100), **fields})


def measured(kpi: Kpi, period: date, value: str) -> None:
    told = {
        "organisation": kpi.organisation,
        "kpi": kpi,
        "period": period,
        "value": Decimal(value),
        "observed_on": period,
        "recorded_at": kpi.created_at,
    }
    Measurement.objects.create(**told)
    MeasurementRevision.objects.create(**told)


def codes(error: ValidationError) -> dict[str, list[str]]:
    return {name: sorted(each.code for each in found) for name, found in error.error_dict.items()}


def refusal(call, *args, **fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        call(*args, **fields)
    return codes(refused.value)


@pytest.mark.parametrize(("definition", "expected"), list(zip(REFUSED, CHECKS["V2"], strict=True)))
def test_the_definitions_of_case_v2_are_refused_with_their_codes(goal, definition, expected):
    fields = {name: value for name, value in asdict(definition).items() if value not in (None, ())}
    if expected:
        found = refusal(made, goal, **fields)
        assert sorted(code for each in found.values() for code in each) == expected
        assert not Kpi.objects.exists()
    else:
        assert made(goal, **fields).pk


def test_every_code_of_a_refused_definition_has_a_field_and_words():
    told = inspect.getsource(attainment).partition("ABSENT = ")[2]
    assert set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', told)) == set(definitions.REFUSALS)
    assert {field for field, _ in definitions.REFUSALS.values()} <= {field.name for field in Kpi._meta.fields}


def test_a_new_kpi_is_recorded_and_marked(cast, goal):
    kpi = definitions.create(goal, by=cast.bo, name="Response time", target=Decimal(40), reason="From the strategy")
    history = kpi.history.get()
    assert (history.history_user, history.history_change_reason) == (cast.bo, "From the strategy")
    assert list(DirtyMark.objects.filter(kpi_id=kpi.pk).values_list("goal_id", flat=True)) == [goal.pk]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("First response, minutes", "first_response_minutes"),
        ("92 of 100", "kpi_92_of_100"),
        ("Élan à l'école", "elan_a_lecole"),
        ("響應時間", "kpi"),
        ("x" * 500, "x" * 80),
    ],
)
def test_a_key_is_made_from_the_name(goal, name, key):
    assert made(goal, name=name).key == key


def test_made_keys_never_clash(goal):
    assert [made(goal).key for _ in range(3)] == ["response_time", "response_time_2", "response_time_3"]


def test_a_given_key_that_is_taken_is_refused(goal):
    made(goal, key="nps")
    assert refusal(made, goal, key="nps") == {"key": ["key_taken"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"min_value": Decimal(5), "max_value": Decimal(4)}, {"max_value": ["bounds_order"]}),
        ({"target": Decimal("NaN")}, {"target": ["invalid"]}),
        ({"target": Decimal("1e18")}, {"target": ["max_whole_digits"]}),
        ({"target": Decimal("0.12345678901")}, {"target": ["max_decimal_places"]}),
        ({"name": ""}, {"name": ["blank"]}),
        ({"cadence": "hourly"}, {"cadence": ["invalid_choice"]}),
        ({"milestones": {"2026-13-01": "1"}}, {"milestones": ["milestone_unknown_period"]}),
        ({"milestones": {"2026-06-01": "many"}}, {"milestones": ["not_a_number"]}),
        ({"milestones": {"2026-06-01": "Infinity"}}, {"milestones": ["not_a_number"]}),
    ],
)
def test_a_field_that_cannot_be_is_named_with_a_code(goal, fields, expected):
    found = refusal(made, goal, **fields)
    assert {name: found.get(name) for name in expected} == expected


def test_a_person_of_another_organisation_cannot_own_the_data(cast, goal):
    assert refusal(made, goal, data_owner=cast.eve) == {"data_owner": ["other_organisation"]}


def test_milestones_are_kept_in_order_as_plain_numbers(cast, goal):
    year = cast.cycle.start.year
    kpi = made(goal, milestones={date(year, 9, 1): Decimal("70.50"), f"{year}-03-01": "10"}, trajectory="milestones")
    assert list(kpi.milestones.items()) == [(f"{year}-03-01", "10"), (f"{year}-09-01", "70.5")]


def test_a_change_is_recorded_with_who_and_why_and_marked(cast, goal):
    kpi = made(goal)
    DirtyMark.objects.all().delete()
    changed = definitions.revise(kpi, by=cast.bo, version=1, reason="Agreed in the review", target=Decimal(90))
    last = changed.history.first()
    assert (changed.version, changed.target) == (2, 90)
    assert (last.history_user, last.history_change_reason, last.prev_record.target) == (
        cast.bo,
        "Agreed in the review",
        100,
    )
    assert DirtyMark.objects.filter(kpi_id=kpi.pk, goal=goal).count() == 1


def test_a_change_of_words_asks_for_no_roll_up(goal):
    kpi = made(goal)
    DirtyMark.objects.all().delete()
    definitions.revise(kpi, by=None, name="First response")
    assert not DirtyMark.objects.exists()


def test_a_change_meant_for_an_older_version_changes_nothing(goal):
    kpi = made(goal)
    definitions.revise(kpi, by=None, target=Decimal(90))
    with pytest.raises(VersionMismatch) as refused:
        definitions.revise(kpi, by=None, version=1, target=Decimal(80))
    kpi.refresh_from_db()
    assert (refused.value.current, kpi.target) == (2, 90)


def test_what_imported_data_lacks_may_stay_absent_but_not_become_so(cast, goal):
    imported = Kpi.objects.create(
        organisation=cast.works, goal=goal, key="noise", name="Noise", direction=None, target=None
    )
    assert definitions.revise(imported, by=None, name="Noise at night").version == 2
    complete = made(goal)
    assert refusal(definitions.revise, complete, by=None, target=None) == {"target": ["target_missing"]}


def test_cadence_and_kind_are_fixed_by_the_first_value(cast, goal):
    kpi = made(goal)
    definitions.revise(kpi, by=None, cadence="quarterly")
    measured(kpi, cast.cycle.start, "12")
    assert refusal(definitions.revise, kpi, by=None, cadence="weekly") == {"cadence": ["has_values"]}
    assert definitions.revise(kpi, by=None, target=Decimal(120)).target == 120


def test_a_once_measured_kpi_with_a_value_keeps_its_start(cast, goal):
    start = cast.cycle.start
    kpi = made(goal, cadence="once", start=start)
    measured(kpi, start, "12")
    moved = start.replace(month=2)
    assert refusal(definitions.revise, kpi, by=None, start=moved) == {"start": ["has_values"]}


def test_an_archived_kpi_keeps_its_values_and_is_rolled_up_again(cast, goal):
    kpi = made(goal)
    measured(kpi, cast.cycle.start, "12")
    DirtyMark.objects.all().delete()
    assert definitions.archive(kpi, by=cast.ada, reason="Nobody looks at it").state == "archived"
    assert (kpi.measurements.count(), DirtyMark.objects.filter(kpi_id=kpi.pk).count()) == (1, 1)


def test_a_kpi_without_values_can_be_deleted(cast, goal):
    kpi = made(goal)
    DirtyMark.objects.all().delete()
    definitions.delete(kpi, by=cast.ada, version=1)
    assert not Kpi.objects.exists()
    assert Kpi.history.filter(id=kpi.pk).first().history_user == cast.ada
    assert DirtyMark.objects.get().goal_id == goal.pk


def test_a_kpi_with_values_is_never_deleted(cast, goal):
    kpi = made(goal)
    measured(kpi, cast.cycle.start, "12")
    with pytest.raises(Conflict, match="archive it instead"):
        definitions.delete(kpi, by=None)
    assert Kpi.objects.exists()


def test_the_first_value_becomes_the_baseline_on_demand(cast, goal):
    kpi = made(goal)
    measured(kpi, cast.cycle.start.replace(month=2), "30")
    measured(kpi, cast.cycle.start, "20")
    changed = definitions.use_first_value_as_baseline(kpi, by=cast.ada)
    last = changed.history.first()
    assert (changed.baseline, last.history_user, cast.cycle.start.isoformat() in last.history_change_reason) == (
        20,
        cast.ada,
        True,
    )


def test_a_first_value_that_is_the_target_cannot_be_the_baseline(cast, goal):
    kpi = made(goal)
    measured(kpi, cast.cycle.start, "100")
    assert refusal(definitions.use_first_value_as_baseline, kpi, by=None) == {"target": ["baseline_equals_target"]}


def test_there_is_no_first_value_to_use_where_none_is_or_a_baseline_stands(goal):
    with pytest.raises(Conflict, match="no value"):
        definitions.use_first_value_as_baseline(made(goal), by=None)
    with pytest.raises(Conflict, match="0 already"):
        definitions.use_first_value_as_baseline(made(goal, baseline=Decimal(0)), by=None)


def test_only_what_people_decide_can_be_changed(goal):
    with pytest.raises(TypeError, match="organisation"):
        definitions.revise(made(goal), by=None, organisation=Person())
