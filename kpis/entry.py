"""One value to be entered in a row of the line of sight: what the row shows before, while and after it is typed."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from cascade.numbers import as_typed
from kpis import sight_words as words
from kpis.paths import KpiOnPath
from kpis.sight import Task

LONGEST_UNIT_INSIDE = 5  # characters


@dataclass(frozen=True)
class EntryRow:
    """`seen` is the version of the value that stood there; `corrects`: changing it needs a reason, which goes into
    `note`. `errors` are sentences by the name of the field."""

    kpi_id: int
    name: str
    unit: str
    is_boolean: bool
    first: dt.date
    period: str
    seen: int = 0
    value: str = ""
    note: str = ""
    corrects: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)
    kpi: KpiOnPath | None = None
    days_late: int = 0
    more: int = 0
    interim: Decimal | None = None
    course: list[Decimal] = field(default_factory=list)

    @property
    def short_unit(self) -> str:
        """A unit that has room inside the field; a longer one stands before it."""
        return self.unit if len(self.unit) <= LONGEST_UNIT_INSIDE else ""

    @classmethod
    def of_task(cls, task: Task, on: dt.date) -> "EntryRow":
        """A value that is owed, with its KPI's newest values beside it."""
        kpi, first = task.kpi, task.due.period.first
        return cls(
            kpi_id=kpi.id,
            name=kpi.name,
            unit=kpi.unit,
            is_boolean=kpi.definition.is_boolean,
            first=first,
            period=words.period_words(task.due, str(kpi.definition.cadence)),
            seen=kpi.versions.get(first, 0),
            kpi=kpi,
            days_late=task.due.days_late,
            more=task.more,
            interim=task.due.interim,
            course=[held.value for _, held in sorted(kpi.values.items())],
        )

    @classmethod
    def of_form(cls, form) -> "EntryRow":
        """A form as it was sent and refused, or as it begins for a period that is not owed."""
        kpi, row = form.kpi, form.line
        sent = form.data if form.is_bound else {}
        held = "" if row.value is None else as_typed(row.value)
        return cls(
            kpi_id=kpi.pk,
            name=kpi.name,
            unit=kpi.unit,
            is_boolean=kpi.kind == "boolean",
            first=row.period.first,
            period=words.named(row.period, kpi.cadence, row.name),
            seen=sent.get("seen", form.initial["seen"]),
            value=sent.get("value", held),
            note=sent.get("note", ""),
            corrects=form.corrects or "note" in form.errors,
            errors={name: list(found) for name, found in form.errors.items()},
        )
