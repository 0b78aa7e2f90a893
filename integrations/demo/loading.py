"""Loads the demo company, with its past, as if it had used Cascade since ten months before the running cycle."""

import random
import zoneinfo
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from cascade.recordset import insert, rows_of
from goals import linking, progress, structure
from goals.models import CausalLink, RollupState
from integrations.demo import around, company, endings, lives, plan, reviewing, story, strategy, voices
from integrations.demo.courses import Recorded, course
from integrations.demo.timeline import DAY, Timeline
from kpis import recording
from kpis.models import Kpi, Measurement, MeasurementRevision
from people.models import Organisation
from reviews import schedule

EXTERNAL_ID = "demo-aurdal"
ZONE = zoneinfo.ZoneInfo("Europe/Oslo")
SEED = "aurdal"
COLUMNS = {
    "kpi_id": "bigint",
    "period": "date",
    "value": "numeric",
    "observed_on": "date",
    "note": "text",
    "recorded_at": "timestamptz",
    "recorded_by_id": "bigint",
}


def load() -> Organisation | None:
    """The demo company, or None when it is there already."""
    if Organisation.objects.filter(external_id=EXTERNAL_ID).exists():
        return None
    told, time = plan.read(), Timeline(timezone.now(), ZONE)
    with transaction.atomic():
        works = company.found(told, time, EXTERNAL_ID, random.Random(SEED))  # noqa: S311  repeatable, not secret
        with structure.lock(works.organisation.pk):
            written = strategy.write(told, works, time)
            of_goals, of_kpis = lives.changes(told, written, works, time)
            story.tell(list(written.goals.values()), of_goals)
            story.tell(list(written.kpis.values()), of_kpis)
            record(works.organisation, told, written, time)
            link(told, written, time)
            endings.close(told, written, works, time)
            around.Around(works, written, time).write()
            for day in time.snapshot_days():
                progress.snapshot(works.organisation, day)
            RollupState.objects.filter(organisation=works.organisation).update(snapshot_on=time.today - DAY)
            progress.roll_up(works.organisation.pk, everything=True)
            reviewing.Reviewing(told, works, written, time).write()
            voices.Voices(works, written, time).write()
            schedule.work_out(works.organisation)
    return works.organisation


def link(told: plan.Plan, written: strategy.Written, time: Timeline) -> None:
    """The strategy map as the workshop before the cycle drew it."""
    for each in told.links:
        goals = written.goals[each.cause], written.goals[each.effect]
        by = goals[1].owner
        linking.draw(*goals, by=by, hypothesis=each.because, strength=each.strength, lag=each.lag)
    at = time.at(time.start - 12 * DAY, 15, 0)
    links = CausalLink.objects.filter(cause__in=written.goals.values())
    links.update(created_at=at, updated_at=at)
    CausalLink.history.filter(id__in=links.values("pk")).update(history_date=at)


def record(organisation: Organisation, told: plan.Plan, written: strategy.Written, time: Timeline) -> None:
    """Every act of recording in the past, as a revision, and the last one of each period as the value that counts."""
    acts = []
    for each in (*told.earlier, *told.goals):
        for kpi_plan in each.kpis:
            kpi = written.kpis[kpi_plan.key]
            chance = random.Random(f"{SEED} {kpi_plan.key}")  # noqa: S311  repeatable, not secret
            found = course(kpi_plan, strategy.life(kpi, time), time, lives.until(each, kpi_plan, time), chance)
            acts += rows(kpi, found)
    acts.sort(key=lambda act: act[5])
    insert(MeasurementRevision, COLUMNS, rows_of(COLUMNS, acts), same={"organisation_id": organisation.pk})
    last: dict[tuple, tuple] = {}
    versions: dict[tuple, int] = {}
    for act in acts:
        last[act[:2]] = act
        versions[act[:2]] = versions.get(act[:2], 0) + 1
    counting = [(*act, versions[key]) for key, act in last.items()]
    columns = {**COLUMNS, "version": "integer"}
    insert(Measurement, columns, rows_of(columns, counting), same={"organisation_id": organisation.pk})


def rows(kpi: Kpi, found: list[Recorded]) -> Iterator[tuple]:
    """The acts as rows, each checked as one that comes in today would be."""
    by = None if kpi.source == Kpi.Source.API else kpi.data_owner_id
    measured = recording.measured_of(kpi)._replace(state=Kpi.State.ACTIVE)
    for act in found:
        entry = recording.Entry(kpi.pk, act.period, act.value, act.observed_on, act.note)
        period = recording.period_of(measured, act.period, recording.fiscal_of(kpi.organisation))
        if refusal := recording.wrong(entry, measured, period, act.recorded_at.astimezone(ZONE).date()):
            raise ValueError(f"{kpi.key} {act}: {refusal.message}")
        yield kpi.pk, act.period, act.value, act.observed_on, act.note, act.recorded_at, by
