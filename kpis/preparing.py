"""A break-down being prepared: what was chosen and typed so far, kept as it was typed, and the plan that it means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from cascade.fields import plain
from cascade.numbers import typed
from cascade.once import new_key
from goals.models import Goal
from kpis import breakdown
from kpis.breakdown import Counts, Line, Part, Plan, Preview, Start, Weighing
from kpis.models import Kpi, UnfinishedBreakDown
from kpis.split import Rule
from people.fields import PersonField
from people.models import Level, Person, Unit

KEY = re.compile(r"[pug]\d{1,18}", re.ASCII)
LONGEST = 600  # characters of one field
WHOLE = ("kpi", "rule", "rounding", "weighing", "counts", "start", "reason", "seen")
BY_ROW = ("number", "basis", "title", "level", "weight", "owner")
CHOICES = {"rule": list(Rule), "weighing": Weighing.values, "counts": Counts.values, "start": Start.values}


@dataclass
class Work:
    """What one person has prepared for a goal. `said` holds texts: of the whole by name, of a part by name and key.
    Keys are a letter and an id: p(erson), u(nit), g(oal below)."""

    goal: Goal
    person: Person
    said: dict[str, Any]
    kpis: list[Kpi]

    @classmethod
    def of(cls, person: Person, goal: Goal) -> "Work":
        """To look at; nothing is kept by it."""
        kept = UnfinishedBreakDown.objects.filter(person=person, goal=goal).first()
        return cls(goal, person, kept.said, breakdown.splittable(goal)) if kept else cls.begun(person, goal)

    @classmethod
    def held(cls, person: Person, goal: Goal) -> "Work":
        """To change: until the transaction ends nobody else changes it, so two clicks at once are two changes."""
        first = cls.begun(person, goal)
        rows = UnfinishedBreakDown.objects.filter(person=person, goal=goal)
        kept = rows.select_for_update(no_key=True).first()
        if kept is None:
            defaults = {"said": first.said, "organisation": goal.organisation}
            UnfinishedBreakDown.objects.get_or_create(person=person, goal=goal, defaults=defaults)
            kept = rows.select_for_update(no_key=True).get()
        return cls(goal, person, kept.said, first.kpis)

    @classmethod
    def begun(cls, person: Person, goal: Goal) -> "Work":
        work = cls(goal, person, {}, breakdown.splittable(goal))
        work.said = {"parts": [], "once": new_key(), **{name: {} for name in BY_ROW}}
        work.split_by(work.kpis[0] if work.kpis else None)
        return work

    def save(self) -> None:
        rows = UnfinishedBreakDown.objects.filter(person=self.person, goal=self.goal)
        rows.update(said=self.said, updated_at=timezone.now())

    def discard(self) -> None:
        UnfinishedBreakDown.objects.filter(person=self.person, goal=self.goal).delete()

    def split_by(self, source: Kpi | None) -> None:
        """Another KPI begins with its own rule; goals that took a part of it before take part again."""
        below = breakdown.proposals_below(self.goal, source)
        chosen = [key for key in self.parts if not key.startswith("g")]
        self.said["parts"] = [*(f"g{each.goal_id}" for each in below), *chosen]
        self.said |= {"kpi": str(source.pk) if source else "", "rounding": "", "counts": "", "number": {}}
        self.said["rule"] = str(breakdown.default_rule(source)) if source else ""

    @property
    def parts(self) -> list[str]:
        return self.said["parts"]

    @property
    def source(self) -> Kpi | None:
        return next((kpi for kpi in self.kpis if str(kpi.pk) == self.said.get("kpi")), None)

    def add(self, keys: Iterable[str]) -> int:
        """Adds parts that are not there yet, at the end; returns how many had no room."""
        new = [key for key in dict.fromkeys(keys) if KEY.fullmatch(key) and key not in set(self.parts)]
        room = breakdown.MOST_PARTS - len(self.parts)
        self.parts.extend(new[:room])
        return len(new[room:])

    def remove(self, keys: Iterable[str]) -> None:
        gone = set(keys)
        self.said["parts"] = [key for key in self.parts if key not in gone]
        for name in BY_ROW:
            self.said[name] = {key: text for key, text in self.said[name].items() if key not in gone}

    def free(self, keys: Iterable[str]) -> None:
        """Lets the split decide again about what was entered by hand."""
        for key in keys:
            self.said["number"].pop(key, None)

    def take(self, sent: QueryDict) -> None:
        """What a form says. A field that shows what was worked out, and was left so, says nothing."""
        if sent.get("kpi", self.said["kpi"]) != self.said["kpi"]:
            self.split_by(next((kpi for kpi in self.kpis if str(kpi.pk) == sent["kpi"]), None))
        shown = dict(line.split("=", 1) for line in sent.get("shown", "").splitlines() if "=" in line)
        for name in WHOLE[1:]:
            told = sent.get(name, shown.get(name))
            if told != shown.get(name) and told in CHOICES.get(name, [told]):
                self.said[name] = without_nul(told)[: 20_000 if name == "seen" else 2000]
        for key in self.parts:
            for name in BY_ROW:
                field_name = f"{name}-{key}"
                if field_name in sent:
                    self.take_field(name, key, without_nul(sent[field_name])[:LONGEST].strip(), shown.get(field_name))

    def take_field(self, name: str, key: str, text: str, shown: str | None) -> None:
        if shown is not None and text == shown.strip():
            return
        if text:
            self.said[name][key] = text
        else:
            self.said[name].pop(key, None)


def without_nul(text: str) -> str:
    return text.replace("\0", "")


@dataclass
class Row:
    """A part on the page: its line, the texts of its fields and what is wrong with them."""

    key: str
    line: Line
    said: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        part = self.line.part
        if part.unit is not None:
            return part.unit.name
        if part.owner is not None:
            return part.owner.name
        return part.goal.owner.name if part.goal.owner else part.goal.unit.name if part.goal.unit else part.goal.title

    @property
    def number(self) -> str:
        return self.said.get("number") or shown_number(self.line.number)

    @property
    def basis(self) -> str:
        return self.said.get("basis") or plain(self.line.basis)

    @property
    def title(self) -> str:
        return self.said.get("title") or self.line.title

    @property
    def weight(self) -> str:
        return self.said.get("weight") or plain(self.line.weight)

    @property
    def owner(self) -> str:
        return self.said.get("owner") or (self.line.owner.name if self.line.owner else "")

    @property
    def by_hand(self) -> bool:
        return "number" in self.said


def shown_number(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


@dataclass
class Prepared:
    """The plan with its preview and its rows."""

    preview: Preview
    rows: list[Row]

    @property
    def plan(self) -> Plan:
        return self.preview.plan

    @property
    def is_wrong(self) -> bool:
        return bool(self.preview.errors) or any(row.errors for row in self.rows)


def prepared(work: Work) -> Prepared:
    """What the texts mean, worked out; what they do not mean is told at their fields."""
    reader = Reader(work)
    plan, keys = reader.plan()
    found = breakdown.preview(plan, work.person)
    found.errors |= reader.errors.pop("", {})
    rows = []
    for at, (key, line) in enumerate(zip(keys, found.lines, strict=True)):
        said = {name: work.said[name][key] for name in BY_ROW if key in work.said[name]}
        errors = {name: " ".join(error.messages) for name, error in reader.errors.get(key, {}).items()}
        if at in found.row_errors:
            errors.setdefault("number", " ".join(found.row_errors[at].messages))
        rows.append(Row(key, line, said, errors))
    return Prepared(found, rows)


class Reader:
    """Reads what was typed; `errors` by key and field, those of the whole under ""."""

    def __init__(self, work: Work) -> None:
        self.work, self.said = work, work.said
        self.errors: dict[str, dict[str, ValidationError]] = {}
        self.unit = work.source.unit if work.source else ""

    def plan(self) -> tuple[Plan, list[str]]:
        work, said = self.work, self.said
        parts = self.parts()
        source = work.source
        return Plan(
            goal=work.goal,
            parts=list(parts.values()),
            source=source,
            rule=said["rule"] or Rule.same,
            step=self.decimal("", "step", said.get("rounding", "")),
            weighing=said.get("weighing") or Weighing.EQUAL,
            counts=said.get("counts", ""),
            start=said.get("start") or Start.PROPOSED,
            reason=said.get("reason", ""),
            seen=said.get("seen", ""),
        ), list(parts)

    def parts(self) -> dict[str, Part]:
        """In the order in which they were chosen; who or what is not there any more is left out."""
        person, ids = self.work.person, {letter: [] for letter in "pug"}
        for key in self.work.parts:
            ids[key[0]].append(int(key[1:]))
        people = Person.objects.visible_to(person).active().select_related("unit").in_bulk(ids["p"])
        units = Unit.objects.visible_to(person).select_related("head").in_bulk(ids["u"])
        below = Goal.objects.visible_to(person).filter(parent=self.work.goal)
        goals = (
            below.select_related("owner__unit", "unit__head", "level", "proposal").in_bulk(ids["g"]) if ids["g"] else {}
        )
        levels = {str(level.pk): level for level in Level.objects.filter(organisation_id=person.organisation_id)}
        among = Person.objects.visible_to(person).active()
        found = {}
        for key in self.work.parts:
            one = {"p": people, "u": units, "g": goals}[key[0]].get(int(key[1:]))
            if one is None:
                continue
            part = {"p": Part(owner=one), "u": Part(unit=one), "g": Part(goal=one)}[key[0]]
            part.number = self.decimal(key, "number", self.said["number"].get(key, ""))
            part.basis = self.basis(key)
            part.weight = self.decimal(key, "weight", self.said["weight"].get(key, ""))
            part.title = self.said["title"].get(key, "")
            part.level = levels.get(self.said["level"].get(key, ""))
            if key in self.said["owner"] and key[0] == "u":
                part.owner = self.owner(key, among)
            found[key] = part
        return found

    def basis(self, key: str) -> Decimal | None:
        if self.said.get("weighing") != Weighing.GIVEN:
            return None
        return self.decimal(key, "basis", self.said["basis"].get(key, ""))

    def decimal(self, key: str, name: str, text: str) -> Decimal | None:
        if not text.strip():
            return None
        try:
            return typed(text, self.unit if name == "number" else "")
        except ValidationError as error:
            self.errors.setdefault(key, {})[name] = error
            return None

    def owner(self, key: str, among) -> Person | None:
        try:
            return PersonField(people=among).clean(self.said["owner"][key])
        except ValidationError as error:
            self.errors.setdefault(key, {})["owner"] = error
            return None
