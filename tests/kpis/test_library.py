"""Every template of the library makes a KPI or goal that Cascade accepts, and a good one."""

import dataclasses
import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from goals.smart import GoalFacts, verdict
from kpis import library
from kpis.attainment import KpiDefinition, validate
from kpis.forms import DONE_OR_NOT
from kpis.library import LEVELS, goals_in, kpis_in, matching
from kpis.models import Kpi
from kpis.periods import CALENDAR_YEAR
from kpis.smart import TOLD, facts

START, DUE = dt.date(2026, 1, 1), dt.date(2028, 12, 31)
EXAMPLES = {
    "increase": {"baseline": Decimal(50), "target": Decimal(60)},
    "decrease": {"baseline": Decimal(60), "target": Decimal(50)},
    "maintain": {"lower": Decimal(50), "upper": Decimal(60)},
}
ENGLISH = kpis_in("en")
DEFINED = [field.name for field in dataclasses.fields(KpiDefinition) if field.name != "milestones"]


def example(template) -> dict:
    """The KPI's row as the form makes it of the template, with values of its own."""
    values = dict.fromkeys(("baseline", "target", "lower", "upper")) | EXAMPLES[template.direction]
    if template.aggregation == "sum":
        values["baseline"] = None
    row = template.fills | values | {"weight": Decimal(1), "start": START, "due": DUE}
    return row | (DONE_OR_NOT if template.kind == "boolean" else {})


@pytest.mark.parametrize("template", ENGLISH, ids=lambda each: each.key)
def test_a_template_with_values_is_accepted_and_well_put(template):
    row = example(template)
    assert validate(KpiDefinition(**{name: row[name] for name in DEFINED if name in row})) == set()
    for name in ("kind", "direction", "cadence", "aggregation", "target_mode", "indicator"):
        assert getattr(template, name) in dict(Kpi._meta.get_field(name).choices)
    kpi = facts(
        {
            **{name: row[name] for name in TOLD},
            "id": 1,
            "source": "api",
            "data_owner_id": None,
            "start": START,
            "due": DUE,
        },
        CALENDAR_YEAR,
        START,
        [],
    )
    pair = verdict(GoalFacts("A goal of three words"), [kpi], START).pairs[0]
    assert 0 <= pair.score <= 100
    assert {"S2", "M1", "M2", "M3", "M4", "M5", "A1", "A3", "T3"}.isdisjoint(pair.not_full)


def test_there_are_templates_for_every_function():
    functions = {each.function for each in ENGLISH}
    assert len(ENGLISH) >= 60
    assert {
        "corporate",
        "support",
        "marketing",
        "sales",
        "people",
        "it",
        "production",
        "finance",
        "procurement",
        "quality",
        "hse",
        "product",
    } <= functions
    assert {"revenue_growth", "return_on_investment", "market_share", "net_promoter_score"} <= {
        each.key for each in ENGLISH
    }
    assert {each.indicator for each in ENGLISH} == {"lead", "lag"}
    assert all(each.pitfalls for each in ENGLISH)
    assert len({each.key for each in ENGLISH}) == len(ENGLISH) == len({each.name for each in ENGLISH})


def test_there_are_goals_for_every_level_with_kpis_that_are_there():
    found = goals_in("en")
    known = {each.key for each in ENGLISH}
    assert {each.level for each in found} == set(LEVELS)
    assert [LEVELS.index(each.level) for each in found] == sorted(LEVELS.index(each.level) for each in found)
    for each in found:
        assert each.factors
        assert set(each.kpis) <= known
        facts = GoalFacts(each.title, each.why)
        assert {"S1", "S4", "S5", "R2"}.isdisjoint(verdict(facts, [], START).pairs[0].not_full), each.key


def test_every_word_has_to_occur_and_names_come_first():
    assert [each.key for each in matching(ENGLISH, "NPS")] == ["net_promoter_score"]
    assert matching(ENGLISH, "ticket answer")[0].key == "first_response_time"
    assert {each.function for each in matching(ENGLISH, "procurement")} == {"procurement"}
    assert matching(ENGLISH, "revenue")[0].name == "Revenue growth"
    assert matching(ENGLISH, "no such thing") == []
    assert len(matching(ENGLISH, " ")) == len(ENGLISH)


def test_texts_are_in_the_readers_language_and_everything_else_is_the_same():
    with translation.override("nb"):
        assert library.kpi_template("availability").name == "Tilgjengelighet"
        assert library.goal_template("answer_in_time").factors[0] == "To stille timer om dagen"
    texts = ("name", "definition", "unit", "function_name", "pitfalls", "formula_in_words")
    for english, norwegian in zip(ENGLISH, kpis_in("nb"), strict=True):
        assert english == replace(norwegian, **{name: getattr(english, name) for name in texts})
        assert bool(english.formula_in_words) == bool(norwegian.formula_in_words)
        assert len(norwegian.definition) >= 20
        assert norwegian.name != english.name
    for english, norwegian in zip(goals_in("en"), goals_in("nb"), strict=True):
        assert english == replace(norwegian, title=english.title, why=english.why, factors=english.factors)
        assert len(english.factors) == len(norwegian.factors)


def test_a_language_without_texts_has_the_english_ones():
    assert kpis_in("xx") == ENGLISH


def test_translations_name_templates_that_are_there():
    keys = {each.key for each in (*ENGLISH, *goals_in("en"))} | {each.function for each in ENGLISH}
    for path in library.HERE.glob("*/texts.toml"):
        assert set(library.translations(path.parent.name)) <= keys
