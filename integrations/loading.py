"""Takes a folder of CSV files into an organisation, in one transaction: all of it or nothing.

The files are the truth for what they say and silent about the rest: a blank cell and a row that is gone leave alone
what is there. A second run with the same files therefore changes nothing.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from goals import advice, progress, structure
from goals.models import Cycle, Goal
from goals.smart import Verdict
from integrations import goal_rows, kpi_rows
from integrations.folder import Folder, Known, understand
from integrations.founding import Founding, found, strangers
from integrations.records import MEASUREMENTS
from integrations.spans import Span, period_for, whole_years
from integrations.tables import Problem, Refused
from kpis import recording
from kpis.models import Kpi, Measurement
from kpis.periods import Cadence
from kpis.scoring import fiscal_of
from people.models import Organisation, Person

CHUNK = 5000

Tell = Callable[[str, int, int], None]
"""Told of each stage: its name, how much is done, how much there is."""


@dataclass
class Report:
    """What an import did, or would do, in numbers of rows: new, changed, unchanged, and left alone because the files
    do not hold them."""

    organisation: Organisation
    founded: bool
    folder: Folder
    goals: Counter[str] = field(default_factory=Counter)
    kpis: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    verdicts: list[tuple[str, Verdict]] = field(default_factory=list)
    """The titles of the open goals in the files, each with how well it is put."""

    @property
    def changed_nothing(self) -> bool:
        return not self.founded and not any(
            count["new"] or count["changed"] for count in (self.goals, self.kpis, self.values)
        )


def load(
    files: Mapping[str, bytes],
    into: Organisation | Founding,
    *,
    source: str,
    by: Person | None = None,
    cycle: str = "",
    rounding: bool = False,
    dry_run: bool = False,
    tell: Tell = lambda stage, done, total: None,
) -> Report:
    """Imports the files; `source` names them in the history. With `dry_run` everything is tried and nothing kept.

    Raises Refused with every problem found: those of `folder.understand`, of a refused definition and of a refused
    value (`kpis.recording.record`).
    """
    tell("Reading", 0, 1)
    founded = isinstance(into, Founding)
    known = Known(levels=into.levels) if isinstance(into, Founding) else known_of(into)
    folder = understand(files, known, rounding=rounding)
    if founded:
        folder.problems += strangers(folder)
    if folder.problems:
        raise Refused(folder.problems)
    with transaction.atomic():
        organisation = found(into, folder) if isinstance(into, Founding) else into
        with structure.lock(organisation.pk):
            report = Report(organisation, founded, folder)
            write(report, source=source, by=by, cycle=cycle, tell=tell)
        if dry_run:
            transaction.set_rollback(True)
    return report


def known_of(organisation: Organisation) -> Known:
    goals = Goal.objects.filter(organisation=organisation).exclude(external_id="")
    kpis = Kpi.objects.filter(organisation=organisation).exclude(external_id="")
    return Known(
        goals={
            key: (parent or "", rank)
            for key, parent, rank in goals.values_list("external_id", "parent__external_id", "level__rank")
        },
        kpis={key: Cadence(cadence) for key, cadence in kpis.values_list("external_id", "cadence")},
        people=frozenset(organisation.people.values_list("email", flat=True)),
        levels=tuple(organisation.levels.values_list("name", flat=True)),
        fiscal=fiscal_of(organisation),
    )


def write(report: Report, *, source: str, by: Person | None, cycle: str, tell: Tell) -> None:
    organisation, folder = report.organisation, report.folder
    reason = f"Imported from {source}"
    home = cycle_of(organisation, folder, cycle)
    tell("Goals", 0, len(folder.goals))
    goals = goal_rows.take_in(organisation, folder.goals, home, by=by, reason=reason, counts=report.goals)
    tell("KPIs", 0, len(folder.kpis))
    kpis = kpi_rows.take_in(organisation, folder, goals, by=by, reason=reason, counts=report.kpis)
    record(report, kpis, by=by, reason=reason, tell=tell)
    report.verdicts = verdicts(organisation, [goals[row.id] for row in folder.goals])
    tell("Rolling up", 0, 1)
    progress.roll_up(organisation.pk)


def verdicts(organisation: Organisation, goals: Iterable[Goal]) -> list[tuple[str, Verdict]]:
    found = {goal.pk: goal.title for goal in goals if goal.is_open}
    return [(found[pk], each) for pk, each in advice.verdicts(organisation, list(found)).items()]


def cycle_of(organisation: Organisation, folder: Folder, name: str) -> Cycle:
    """The cycle of new strategic goals: the one named, else that of the goals imported before, else a new one that
    holds every date in the files and is called after its years."""
    if not name:
        known = Goal.objects.filter(organisation=organisation).exclude(external_id="").order_by("pk").first()
        if known is not None:
            return known.cycle
    start, due = whole_years(whole_span(folder), organisation.today())
    years = f"{start.year}–{due.year}" if start.year < due.year else str(start.year)
    cycle, _ = Cycle.objects.get_or_create(
        organisation=organisation, name=name or years, defaults={"start": start, "due": due}
    )
    return cycle


def whole_span(folder: Folder) -> Span:
    span = Span()
    for row in folder.goals:
        span = span.holding(row.start, row.due)
    for each in folder.spans.values():
        span = span.holding(each.start, each.due)
    for mark in folder.targets.values():
        span = span.holding(None, dt.date(mark.target_year, 12, 31) if mark.target_year else None)
    return span


def record(report: Report, kpis: Mapping[str, Kpi], *, by: Person | None, reason: str, tell: Tell) -> None:
    """Takes the values in through `kpis.recording`, as corrections where another one is held."""
    organisation, folder = report.organisation, report.folder
    held = dict(current(kpis.values()))
    entries = []
    for row in folder.values:
        kpi, cadence = kpis[row.kpi_id], folder.cadences[row.kpi_id]
        period = period_for(row.date, cadence, fiscal_of(organisation), Span(*kpi.life))
        before = held.pop((kpi.pk, period.first), None)
        report.values["new"] += before is None
        note = row.note if before in (None, row.value) else " · ".join(filter(None, [row.note, reason]))
        entries.append(recording.Entry(kpi.pk, row.date, row.value, note=note, row=row.line))
    report.values["left"] = len(held)
    accepted, problems = 0, []
    for done in range(0, len(entries), CHUNK):
        tell("Measurements", done, len(entries))
        outcome = recording.record(organisation, entries[done : done + CHUNK], by=by)
        accepted += outcome.accepted
        report.values["unchanged"] += outcome.unchanged
        problems += [
            Problem(MEASUREMENTS, each.row, "kpi_id" if each.field == "kpi" else each.field, each.code, each.message)
            for each in outcome.refusals
        ]
    if problems:
        raise Refused(problems)
    report.values["changed"] = accepted - report.values["new"]


def current(kpis: Iterable[Kpi]) -> Iterator[tuple[tuple[int, dt.date], Decimal]]:
    """The values held, by KPI and period."""
    rows = Measurement.objects.filter(kpi__in=[kpi.pk for kpi in kpis]).exclude(value=None)
    for kpi_id, period, value in rows.order_by().values_list("kpi_id", "period", "value"):
        yield (kpi_id, period), value
