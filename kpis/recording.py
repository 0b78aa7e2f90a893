"""The one door through which measurements come in: page, API, bulk and import (docs/domain.md section 5).

Nothing is overwritten: each act adds a revision; `Measurement` keeps the value that counts now. The KPIs' rows are
locked in the order of their ids, so two writers of one KPI follow each other and deadlock with nobody; moves and
roll-ups hold other rows.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from goals import marks
from kpis import periods
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.scoring import fiscal_of
from people.models import Organisation, Person

LARGEST = Decimal(10) ** 18
FINEST = -10
LONGEST_PERIOD = 366  # days


@dataclass(frozen=True, slots=True)
class Entry:
    """One value for the period of `kpi` that holds `date`; value None withdraws. Row numbers the caller's line."""

    kpi: Kpi
    date: dt.date
    value: Decimal | None
    observed_on: dt.date | None = None
    note: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    row: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the entries: `accepted` made a revision, `unchanged` held that value already."""

    accepted: int
    unchanged: int
    refusals: list[Refusal]
    measurements: dict[tuple[int, dt.date], Measurement]


def record(
    organisation: Organisation,
    entries: Iterable[Entry],
    *,
    by: Person | None,
    on_error: str = "reject",
    dry_run: bool = False,
) -> Outcome:
    """Records many values in a constant number of queries and one transaction.

    on_error "reject" writes nothing when one entry is refused, "skip" leaves the refused ones out. Two entries for one
    period: the later one counts. Refusal codes: not_a_number, too_many_digits, future_period, outside_kpi_life,
    observed_in_future, observed_before_period, below_min, above_max, not_a_boolean, kpi_not_active, reason_required,
    nothing_to_withdraw, does_not_exist.
    """
    today = organisation.today()
    calendar = fiscal_of(organisation)
    entries = list(entries)
    with transaction.atomic():
        kpis = locked({entry.kpi.pk for entry in entries})
        refusals, dated = [], []
        for entry in entries:
            kpi = kpis.get(entry.kpi.pk)
            if kpi is None:
                refusals.append(Refusal(entry.row, "kpi", "does_not_exist", "The KPI is not there any more."))
            elif is_far(entry.date, kpi):
                refusals.append(outside_life(entry.row, kpi))
            else:
                entry = replace(entry, kpi=kpi)
                dated.append((entry, period_of(entry, calendar)))
        current = {
            (m.kpi_id, m.period): m
            for m in Measurement.objects.filter(kpi_id__in=kpis, period__in={period.first for _, period in dated})
        }
        now = timezone.now()
        changed, revisions, unchanged = {}, [], 0
        for entry, period in dated:
            key = (entry.kpi.pk, period.first)
            held = changed.get(key) or current.get(key)
            refusal = refuse(entry, period, held, today)
            if refusal:
                refusals.append(refusal)
                continue
            observed_on = entry.observed_on or default_observed_on(entry.kpi, period, today)
            if held and held.value == entry.value and (entry.observed_on is None or held.observed_on == observed_on):
                unchanged += 1
                continue
            values = {
                "organisation_id": organisation.pk,
                "kpi_id": entry.kpi.pk,
                "period": period.first,
                "value": entry.value,
                "observed_on": observed_on,
                "recorded_at": now,
                "recorded_by": by,
                "note": entry.note,
            }
            revisions.append(MeasurementRevision(**values))
            changed[key] = Measurement(**values, version=held.version + 1 if held else 1)
        refusals.sort(key=lambda refusal: refusal.row)
        if dry_run or (refusals and on_error == "reject"):
            return Outcome(0 if refusals and on_error == "reject" else len(revisions), unchanged, refusals, {})
        write(changed.values(), revisions)
        marks.mark(organisation.pk, kpis={(kpi_id, kpis[kpi_id].goal_id) for kpi_id, _ in changed})
    return Outcome(len(revisions), unchanged, refusals, {**current, **changed})


def record_one(kpi: Kpi, date: dt.date, value: Decimal | None, *, by: Person | None, **options) -> Measurement:
    """Records one value; raises ValidationError naming the field."""
    organisation = kpi.organisation
    outcome = record(organisation, [Entry(kpi, date, value, **options)], by=by)
    if outcome.refusals:
        refusal = outcome.refusals[0]
        raise ValidationError({refusal.field: ValidationError(refusal.message, code=refusal.code)})
    return next(iter(outcome.measurements.values()))


def locked(kpi_ids: Iterable[int]) -> dict[int, Kpi]:
    """The KPIs as they are now, held until the transaction ends."""
    kpis = Kpi.objects.select_for_update(no_key=True, of=("self",)).select_related("goal__cycle")
    return {kpi.pk: kpi for kpi in kpis.filter(pk__in=kpi_ids).order_by("pk")}


def write(measurements, revisions) -> None:
    fields = ["value", "observed_on", "recorded_at", "recorded_by", "note", "version"]
    Measurement.objects.bulk_create(
        measurements, batch_size=2000, update_conflicts=True, unique_fields=["kpi", "period"], update_fields=fields
    )
    MeasurementRevision.objects.bulk_create(revisions, batch_size=2000)


def period_of(entry: Entry, calendar: periods.Fiscal) -> periods.Period:
    """The KPI's period that holds the entry's date; it may lie outside the KPI's life, which `refuse` tells."""
    start, due = entry.kpi.life
    if entry.kpi.cadence == Kpi.Cadence.ONCE:
        return periods.Period(start, due, start, due)
    first, last, _, _ = periods.period_of(entry.date, entry.kpi.cadence, calendar)
    return periods.Period(first, last, max(first, start), min(last, due))


def is_far(date: dt.date, kpi: Kpi) -> bool:
    """More than a year outside the KPI's life: in no period of it, nor in a calendar that can be reckoned with."""
    start, due = kpi.life
    return not start.toordinal() - LONGEST_PERIOD <= date.toordinal() <= due.toordinal() + LONGEST_PERIOD


def outside_life(row: int, kpi: Kpi) -> Refusal:
    start, due = kpi.life
    return Refusal(row, "date", "outside_kpi_life", f"The KPI is measured from {start} to {due}.")


def default_observed_on(kpi: Kpi, period: periods.Period, today: dt.date) -> dt.date:
    """The day of entry, or the end of the period when that is over; a one-time measure: the day it happened."""
    return today if kpi.cadence == Kpi.Cadence.ONCE else min(today, period.life_end)


def refuse(entry: Entry, period: periods.Period, held: Measurement | None, today: dt.date) -> Refusal | None:
    kpi, value = entry.kpi, entry.value
    start, due = kpi.life

    def because(field, code, message):
        return Refusal(entry.row, field, code, message)

    if kpi.state != Kpi.State.ACTIVE:
        return because("kpi", "kpi_not_active", f"{kpi.name} is {kpi.get_state_display().lower()}; it takes no values.")
    if period.first > today:
        return because("date", "future_period", "The period has not begun yet.")
    if period.last < start or period.first > due:
        return outside_life(entry.row, kpi)
    if entry.observed_on and entry.observed_on > today:
        return because("observed_on", "observed_in_future", "It cannot have been observed after today.")
    if entry.observed_on and entry.observed_on < period.first:
        return because("observed_on", "observed_before_period", f"The period begins on {period.first}.")
    if value is None:
        if held is None or held.value is None:
            return because("value", "nothing_to_withdraw", "There is no value to withdraw.")
        return None if entry.note else because("note", "reason_required", "Say why the value is withdrawn.")
    if not value.is_finite():
        return because("value", "not_a_number", "Enter a number.")
    if abs(value) >= LARGEST or value.normalize().as_tuple().exponent < FINEST:
        return because("value", "too_many_digits", "At most 18 digits before and 10 after the point.")
    if kpi.kind == Kpi.Kind.BOOLEAN and value not in (0, 1):
        return because("value", "not_a_boolean", "Enter 1 for done or 0 for not done.")
    if kpi.min_value is not None and value < kpi.min_value:
        return because("value", "below_min", f"The lowest possible value is {kpi.min_value.normalize():f}.")
    if kpi.max_value is not None and value > kpi.max_value:
        return because("value", "above_max", f"The highest possible value is {kpi.max_value.normalize():f}.")
    corrects = (
        held is not None and held.value is not None and held.value != value and held.observed_on >= period.life_end
    )
    if corrects and not entry.note:
        return because("note", "reason_required", "The period is over and has a value: say why it changes.")
    return None
