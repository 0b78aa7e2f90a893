from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kpis.attainment import KpiDefinition, validate
from tests.engine.cases import CHECKS

VALID = KpiDefinition(
    baseline=Decimal(0), target=Decimal(100), start=date(2026, 1, 1), due=date(2026, 12, 31), cadence="monthly"
)
BOOLEAN = replace(VALID, kind="boolean", cadence="once", target=Decimal(1))
BAND = replace(VALID, direction="maintain", lower=Decimal(95), upper=Decimal(105), target=None)


def changed(valid, **fields):
    numbers = ("baseline", "target", "lower", "upper", "fade", "stretch", "weight", "zero_at")
    return replace(
        valid,
        **{name: Decimal(value) if name in numbers and value is not None else value for name, value in fields.items()},
    )


REFUSED = [
    changed(VALID, baseline=100),
    changed(VALID, baseline=100, target=90),
    changed(VALID, direction="decrease", baseline=5, target=9),
    changed(VALID, aggregation="sum", baseline=3),
    changed(VALID, aggregation="sum", direction="decrease", target=-5),
    changed(VALID, direction="maintain", lower=5, upper=3, target=4),
    changed(VALID, direction="maintain", lower=3, upper=5, target=9),
    changed(VALID, stretch=90),
    changed(VALID, weight=-1),
    changed(VALID, due=date(2025, 12, 31)),
    changed(VALID, target_mode="each_period", zero_at=100),
    changed(VALID, milestones={date(2026, 12, 1): Decimal(90), date(2027, 1, 1): Decimal(1)}),
    VALID,
]


def test_definitions_are_refused_with_the_codes_of_case_v2():
    assert [sorted(validate(definition)) for definition in REFUSED] == CHECKS["V2"]


@pytest.mark.parametrize(
    ("definition", "codes"),
    [
        (changed(VALID, target=None), {"target_missing"}),
        (changed(VALID, direction=None), {"direction_missing"}),
        (changed(VALID, start=None), {"dates_missing"}),
        (changed(VALID, due=date(2026, 1, 1)), {"dates_order"}),
        (changed(VALID, due=date(2026, 1, 1), cadence="once"), set()),
        (changed(VALID, direction="decrease", baseline=100, target=0, stretch=10), {"stretch_not_beyond_target"}),
        (changed(VALID, direction="decrease", baseline=100, target=0, stretch=-10), set()),
        (changed(VALID, target_mode="each_period", baseline=100), set()),
        (changed(VALID, target_mode="each_period", zero_at=60), set()),
        (changed(VALID, milestones={date(2026, 12, 1): Decimal(100), date(2026, 6, 1): Decimal(10)}), set()),
        (BOOLEAN, set()),
        (changed(BOOLEAN, baseline=None), set()),
        (changed(BOOLEAN, cadence="monthly"), {"boolean_shape"}),
        (changed(BOOLEAN, target=2), {"boolean_shape"}),
        (changed(BOOLEAN, direction="decrease"), {"boolean_shape"}),
        (changed(BOOLEAN, target_mode="each_period"), {"boolean_shape"}),
        (BAND, set()),
        (changed(BAND, upper=None), set()),
        (changed(BAND, lower=None, upper=None), {"target_missing"}),
        (changed(BAND, fade=0), {"fade_not_positive"}),
        (changed(BAND, aggregation="sum"), {"maintain_sum_by_due"}),
        (changed(BAND, aggregation="sum", target_mode="each_period"), set()),
        (changed(BAND, stretch=110), {"stretch_on_maintain"}),
    ],
)
def test_each_rule_of_a_definition_has_its_code(definition, codes):
    assert validate(definition) == codes
