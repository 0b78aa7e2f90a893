"""The library: templates of KPIs by function and of goals by level, to begin from instead of an empty form.

The texts stand in the TOML files beside this one, a file for each function, in English; a folder named after a language
has translations of the texts by key, as far as there are some.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import get_language

HERE = Path(__file__).parent
LEVELS = ("strategic", "department", "team", "individual")


@dataclass(frozen=True)
class KpiTemplate:
    """How something is usually measured. The target, the baseline and the dates are the reader's own to find."""

    key: str
    function: str
    function_name: str
    name: str
    definition: str
    unit: str
    direction: str
    cadence: str
    indicator: str
    pitfalls: str
    kind: str = "number"
    aggregation: str = "latest"
    target_mode: str = "by_due"
    formula_in_words: str = ""

    FORM = ("name", "definition", "unit", "kind", "direction", "cadence", "aggregation", "target_mode", "indicator")

    @property
    def fills(self) -> dict[str, str]:
        """What it writes into the form of a KPI."""
        return {name: getattr(self, name) for name in self.FORM}

    @property
    def words(self) -> str:
        told = (self.name, self.key, self.function_name, self.definition, self.unit, self.formula_in_words)
        return " ".join(told).casefold()


@dataclass(frozen=True)
class GoalTemplate:
    """A goal as it is often set on a level, with the KPIs that fit and what has to go well. A blank is written as …."""

    key: str
    level: str
    title: str
    why: str
    kpis: tuple[str, ...]
    factors: tuple[str, ...]

    @property
    def fills(self) -> dict[str, str]:
        return {"title": self.title, "why": self.why}

    @property
    def words(self) -> str:
        return f"{self.title} {self.key} {self.why} {' '.join(self.factors)}".casefold()


Template = TypeVar("Template", KpiTemplate, GoalTemplate)


def kpi_templates() -> tuple[KpiTemplate, ...]:
    """All of them in the reader's language, function by function."""
    return kpis_in(get_language() or "en")


def goal_templates() -> tuple[GoalTemplate, ...]:
    """All of them in the reader's language, from the strategic level down."""
    return goals_in(get_language() or "en")


def kpi_template(key: str) -> KpiTemplate | None:
    return next((each for each in kpi_templates() if each.key == key), None)


def goal_template(key: str) -> GoalTemplate | None:
    return next((each for each in goal_templates() if each.key == key), None)


def matching(templates: Iterable[Template], words: str) -> list[Template]:
    """Those in which every one of the words occurs; those with all of them in the name or title first."""
    wanted = words.casefold().split()
    found = [each for each in templates if all(word in each.words for word in wanted)]
    return sorted(found, key=lambda each: not all(word in named(each) for word in wanted))


def named(template: KpiTemplate | GoalTemplate) -> str:
    return (template.name if isinstance(template, KpiTemplate) else template.title).casefold()


@cache
def kpis_in(language: str) -> tuple[KpiTemplate, ...]:
    told = translations(language)
    found = []
    for path in sorted(HERE.glob("*.toml")):
        content = tomllib.loads(path.read_text())
        function = {"function": path.stem, "function_name": told.get(path.stem, {}).get("name", content["name"])}
        found += [translated(KpiTemplate(**function, **row), told) for row in content["kpi"]]
    return tuple(found)


@cache
def goals_in(language: str) -> tuple[GoalTemplate, ...]:
    told = translations(language)
    rows = tomllib.loads((HERE / "goals" / "goals.toml").read_text())["goal"]
    found = [GoalTemplate(**row | {name: tuple(row[name]) for name in ("kpis", "factors")}) for row in rows]
    return tuple(translated(each, told) for each in sorted(found, key=lambda each: LEVELS.index(each.level)))


def translated(template: Template, told: Mapping[str, Mapping[str, Any]]) -> Template:
    texts = told.get(template.key, {})
    known = {field.name for field in fields(template)}
    told_so = {name: tuple(text) if isinstance(text, list) else text for name, text in texts.items() if name in known}
    return replace(template, **told_so)


def translations(language: str) -> dict[str, dict[str, Any]]:
    """Texts by the key of a template or function; of a language without translations none."""
    path = HERE / language / "texts.toml"
    return tomllib.loads(path.read_text()) if path.is_file() else {}
