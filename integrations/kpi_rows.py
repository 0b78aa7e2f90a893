"""Writes the KPIs of an import: new ones in bulk, known ones by their own door."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from cascade.errors import Conflict
from cascade.fields import plain
from goals import locks, marks
from goals.models import Goal
from integrations.folder import Folder
from integrations.goal_rows import told
from integrations.records import KPIS, KpiRecord
from integrations.spans import STATED, Span
from integrations.tables import Problem, Refused
from kpis import definitions
from kpis.attainment import ABSENT
from kpis.models import Kpi
from kpis.periods import Cadence, period_of
from kpis.scoring import fiscal_of
from people.models import Organisation, Person

BATCH = 1000
COLUMN_OF = {"definition": "description", "source_note": "source", "due": "frequency", "cadence": "frequency"}


def take_in(
    organisation: Organisation,
    folder: Folder,
    goals: Mapping[str, Goal],
    *,
    by: Person | None,
    reason: str,
    counts: Counter[str],
) -> dict[str, Kpi]:
    """The organisation's KPIs by their id in the files, after the rows were taken in."""
    kpis = {kpi.external_id: kpi for kpi in organisation.kpis.exclude(external_id="").select_related("goal__cycle")}
    known = [row for row in folder.kpis if row.id in kpis]
    counts["left"] = len(kpis) - len(known)
    added = add(organisation, folder, [row for row in folder.kpis if row.id not in kpis], goals)
    counts["new"] = len(added)
    Kpi.history.bulk_history_create(added, batch_size=BATCH, default_user=by, default_change_reason=reason)
    marks.mark(organisation.pk, kpis=[(kpi.pk, kpi.goal_id) for kpi in added])
    rows = {row.id: row for row in known}
    for key, kpi in list(kpis.items()):
        kpi.organisation = organisation
        goal = goals[rows[key].goal_id] if key in rows else kpi.goal
        found = changes(kpi, rows.get(key), folder.spans[key])
        if found or goal.pk != kpi.goal_id:
            kpis[key] = change(kpi, goal, found, rows.get(key), by=by, reason=reason)
            counts["changed"] += 1
    counts["unchanged"] = len(kpis) - counts["left"] - counts["changed"]
    return kpis | {kpi.external_id: kpi for kpi in added}


def said(row: KpiRecord, cadence: str) -> dict[str, Any]:
    """The fields about which the row says something."""
    words = [row.source]
    if row.frequency and STATED.get(row.frequency.lower()) != cadence:
        words.append(f"Frequency in the source: {row.frequency}")
    fields = {
        "name": row.name,
        "definition": row.description,
        "unit": row.unit,
        "direction": row.direction and row.direction.value,
        "baseline": row.baseline,
        "target": row.target,
        "aggregation": row.aggregation and row.aggregation.value,
        "source_note": "\n".join(filter(None, words)),
    }
    return {name: value for name, value in fields.items() if value not in (None, "")}


def add(organisation: Organisation, folder: Folder, rows: Iterable[KpiRecord], goals: Mapping[str, Goal]) -> list[Kpi]:
    """New KPIs. What the source does not say stays absent: no direction, no target and no baseline are made up."""
    taken = set(organisation.kpis.values_list("key", flat=True))
    added, problems = [], []
    for row in rows:
        cadence = folder.cadences[row.id]
        kpi = Kpi(
            organisation=organisation,
            goal=goals[row.goal_id],
            external_id=row.id,
            key=key_of(row.id, taken),
            cadence=cadence.value,
            **{"direction": None, **said(row, cadence)},
        )
        kpi.start, kpi.due = life(kpi, folder)
        kpi.milestones = start_of_plan(kpi, folder)
        kpi.trajectory = Kpi.Trajectory.MILESTONES if kpi.milestones else Kpi.Trajectory.LINEAR
        problems += wrong(kpi, row)
        with refused_at(row.line):
            locks.refuse_ended(kpi.goal.cycle, kpi.life[1])
        added.append(kpi)
    if problems:
        raise Refused(problems)
    return Kpi.objects.bulk_create(added, batch_size=BATCH)


def key_of(external_id: str, taken: set[str]) -> str:
    """The id as a name for formulas, made unique."""
    stem = re.sub(r"[^a-z0-9]+", "_", external_id.lower()).strip("_")[:90]
    stem = stem if stem[:1].isalpha() else f"kpi_{stem}".rstrip("_")
    number = 1
    while (key := definitions.keyed(stem, number)) in taken:
        number += 1
    taken.add(key)
    return key


@contextmanager
def refused_at(line: int) -> Iterator[None]:
    """What the stored cycle does not allow any more, at its place in the file."""
    try:
        yield
    except Conflict as error:
        raise Refused([Problem(KPIS, line, "", error.code, str(error))]) from None


def life(kpi: Kpi, folder: Folder) -> tuple[dt.date | None, dt.date | None]:
    """From the first period with a row to the last one, and on to the year of the target: that of targets.csv, else
    the due date of the goal. Without either the life of the goal and its cycle holds."""
    span = folder.spans[kpi.external_id]
    mark = folder.targets.get(kpi.external_id)
    due = None
    if mark is not None and mark.target_year and mark.target == kpi.target:
        due = dt.date(mark.target_year, 12, 31)
    elif kpi.target is not None and span.due:
        due = kpi.goal.due
    span = span.holding(None, due)
    return span.start, span.due


def start_of_plan(kpi: Kpi, folder: Folder) -> dict[str, str]:
    """Where the source names the year of the baseline, the plan rises from the end of that year on."""
    mark = folder.targets.get(kpi.external_id)
    if mark is None or mark.base_year is None or kpi.baseline is None or kpi.start is None or kpi.due is None:
        return {}
    base = period_of(dt.date(mark.base_year, 1, 1), kpi.cadence, fiscal_of(kpi.organisation))
    return {base.first.isoformat(): plain(kpi.baseline)} if kpi.start <= base.first and base.last < kpi.due else {}


def wrong(kpi: Kpi, row: KpiRecord) -> Iterator[Problem]:
    for code in sorted(definitions.wrong_with(kpi) - ABSENT):
        name, message = definitions.REFUSALS[code]
        yield Problem(KPIS, row.line, COLUMN_OF.get(name, name), code, message)


def changes(kpi: Kpi, row: KpiRecord | None, span: Span) -> dict[str, Any]:
    """What the files say differently, and the life that their values need."""
    found = said(row, Cadence(kpi.cadence)) if row else {}
    start, due = kpi.life
    wider = span.holding(start, due)
    if span.start and wider.start != start:
        found["start"] = wider.start
    if span.due and wider.due != due:
        found["due"] = wider.due
    return {name: value for name, value in found.items() if getattr(kpi, name) != value}


def change(
    kpi: Kpi, goal: Goal, found: Mapping[str, Any], row: KpiRecord | None, *, by: Person | None, reason: str
) -> Kpi:
    if goal.pk != kpi.goal_id:
        with refused_at(row.line if row else 0):
            locks.refuse_ended(kpi.goal.cycle, kpi.life[1])
        marks.mark(kpi.organisation_id, [kpi.goal_id], kpis=[(kpi.pk, goal.pk)])
        kpi.goal = goal
        kpi._history_user, kpi._change_reason = by, reason
        kpi.save(update_fields=["goal", "updated_at"])
    if not found:
        return kpi
    try:
        with refused_at(row.line if row else 0):
            return definitions.revise(kpi, by=by, reason=reason, **found)
    except ValidationError as error:
        raise Refused(told(error, KPIS, row.line if row else 0, COLUMN_OF)) from None
