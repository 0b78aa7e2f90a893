"""The one door through which measurements come in: page, API, bulk and import (docs/domain.md section 5).

Nothing is overwritten: each act adds a revision; `Measurement` keeps the value that counts now. The KPIs' rows are
locked in the order of their ids, so two writers of one KPI follow each other and deadlock with nobody; moves and
roll-ups hold other rows.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cascade.errors import Conflict, VersionMismatch
from cascade.numbers import as_typed
from cascade.recordset import insert, rows_of
from goals import locks, marks
from goals.models import Cycle
from kpis import periods
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.periods import Cadence, Fiscal, Period
from kpis.scoring import LIFE, fiscal_of, with_life
from people.models import Organisation, Person

LARGEST = Decimal(10) ** 18
DECIMALS = 10
LONGEST_PERIOD = 366  # days
MEASURED = ("id", "goal_id", "name", "state", "source", "kind", "cadence", "min_value", "max_value", "start", "due")
LOCK = ("goal__cycle__state", "goal__cycle__locked_until", "goal__cycle__name")
TOLD = {"kpi_id": "bigint", "period": "date", "value": "numeric", "observed_on": "date", "note": "text"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One value for the period of a KPI that holds `date`; value None withdraws.

    `row` numbers the caller's line. `version` is that of the value meant to be replaced, 0 for none; without it the
    last writer wins.
    """

    kpi_id: int
    date: dt.date
    value: Decimal | None
    observed_on: dt.date | None = None
    note: str = ""
    row: int = 0
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    row: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the entries: `accepted` made a revision; `unchanged` held that value already or were followed by
    another entry for the same period."""

    accepted: int
    unchanged: int
    refusals: list[Refusal]


class Measured(NamedTuple):
    """What recording needs to know of a KPI; `start` and `due` are its life, of `cycle` only what is locked."""

    id: int
    goal_id: int
    name: str
    state: str
    source: str
    kind: str
    cadence: str
    min_value: Decimal | None
    max_value: Decimal | None
    start: dt.date
    due: dt.date
    cycle: Cycle


class Held(NamedTuple):
    """The value that counts now for a period, None when it was withdrawn."""

    value: Decimal | None
    observed_on: dt.date
    recorded_at: dt.datetime
    version: int


class Told(NamedTuple):
    """A new revision, in the columns of TOLD."""

    kpi_id: int
    period: dt.date
    value: Decimal | None
    observed_on: dt.date
    note: str


def record(
    organisation: Organisation,
    entries: Iterable[Entry],
    *,
    by: Person | None,
    on_error: str = "reject",
    dry_run: bool = False,
) -> Outcome:
    """Records many values in a constant number of queries and one transaction.

    on_error "reject" writes nothing when one entry is refused, "skip" leaves the refused ones out. Of several entries
    for one period the last one counts. Refusal codes: not_a_number, too_many_digits, future_period, outside_kpi_life,
    observed_in_future, observed_before_period, below_min, above_max, not_a_boolean, kpi_not_active, calculated,
    reason_required, nothing_to_withdraw, does_not_exist, locked. Raises VersionMismatch when an entry names another
    version than the stored one.
    """
    today, fiscal = organisation.today(), fiscal_of(organisation)
    entries = list(entries)
    refusals: list[Refusal] = []
    with transaction.atomic():
        kpis = locked(organisation, {entry.kpi_id for entry in entries})
        last: dict[tuple[int, dt.date], tuple[Entry, Period]] = {}
        for entry in entries:
            kpi = kpis.get(entry.kpi_id)
            period = kpi and period_of(kpi, entry.date, fiscal)
            refusal = wrong(entry, kpi, period, today)
            if refusal:
                refusals.append(refusal)
            else:
                last[entry.kpi_id, period.first] = entry, period
        unchanged = len(entries) - len(refusals) - len(last)
        held = held_values(last)
        told = []
        for key, (entry, period) in last.items():
            kpi, before = kpis[entry.kpi_id], held.get(key)
            refuse_other_version(entry, before)
            observed_on = entry.observed_on or default_observed_on(kpi, period, entry.date, today)
            same = is_same(entry, kpi, period, before, observed_on)
            locked_out = None if same else wrong_when_locked(entry, kpi, period, observed_on)
            if refusal := locked_out or wrong_now(entry, period, before):
                refusals.append(refusal)
            elif same:
                unchanged += 1
            else:
                told.append(Told(entry.kpi_id, period.first, entry.value, observed_on, entry.note))
        refusals.sort(key=lambda refusal: refusal.row)
        if refusals and on_error == "reject":
            return Outcome(0, unchanged, refusals)
        if told and not dry_run:
            now = max([timezone.now(), *(each.recorded_at for each in held.values())])  # clocks may disagree
            write(organisation, told, by, now)
            marks.mark(organisation.pk, kpis={(kpi_id, kpis[kpi_id].goal_id) for kpi_id, *_ in told})
    return Outcome(len(told), unchanged, refusals)


def record_one(kpi: Kpi, date: dt.date, value: Decimal | None, *, by: Person | None, **options) -> Measurement:
    """Records one value and returns what counts now; raises ValidationError naming the field."""
    organisation = kpi.organisation
    with transaction.atomic():
        outcome = record(organisation, [Entry(kpi.pk, date, value, **options)], by=by)
        raise_first(outcome.refusals)
        return Measurement.objects.get(kpi_id=kpi.pk, period=first_of(kpi, date))


def raise_first(refusals: Sequence[Refusal]) -> None:
    """The first refusal, if there is one, as a ValidationError that names the field; Conflict where it is locked."""
    for refusal in refusals[:1]:
        if refusal.code == locks.CODE:
            raise Conflict(refusal.code, refusal.message)
        raise ValidationError({refusal.field: ValidationError(refusal.message, code=refusal.code)})


def first_of(kpi: Kpi, date: dt.date) -> dt.date | None:
    """The first day of the KPI's period that holds a date; None when the date is far from its life."""
    found = period_of(measured_of(kpi), date, fiscal_of(kpi.organisation))
    return found and found.first


def locked(organisation: Organisation, kpi_ids: Collection[int]) -> dict[int, Measured]:
    """The KPIs as they are now, held until the transaction ends."""
    kpis = Kpi.objects.filter(organisation_id=organisation.pk, pk__in=kpi_ids).order_by("pk")
    list(kpis.select_for_update(no_key=True).values_list("pk"))
    rows = map(with_life, kpis.order_by().values(*MEASURED, *LIFE, *LOCK))
    return {row["id"]: Measured(*(row[name] for name in MEASURED), lock_of(row)) for row in rows}


def lock_of(row: dict[str, Any]) -> Cycle:
    state, until, name = (row[column] for column in LOCK)
    return Cycle(state=state, locked_until=until, name=name)


def measured_of(kpi: Kpi) -> Measured:
    start, due = kpi.life
    return Measured(*(getattr(kpi, name) for name in MEASURED), kpi.goal.cycle)._replace(start=start, due=due)


def held_values(keys: Iterable[tuple[int, dt.date]]) -> dict[tuple[int, dt.date], Held]:
    kpi_ids, days = {kpi_id for kpi_id, _ in keys}, {first for _, first in keys}
    rows = Measurement.objects.filter(kpi_id__in=kpi_ids, period__in=days).order_by()
    return {
        (kpi_id, period): Held(*held) for kpi_id, period, *held in rows.values_list("kpi_id", "period", *Held._fields)
    }


def period_of(kpi: Measured, date: dt.date, fiscal: Fiscal) -> Period | None:
    """The KPI's period that holds the date, which may lie outside the KPI's life; None far from it."""
    begins, ends = kpi.start.toordinal() - LONGEST_PERIOD, kpi.due.toordinal() + LONGEST_PERIOD
    if not begins < date.toordinal() < ends:
        return None
    if kpi.cadence == Cadence.once:
        return Period(kpi.start, kpi.due, kpi.start, kpi.due)
    first, last, _, _ = periods.period_of(date, kpi.cadence, fiscal)
    return Period(first, last, max(first, kpi.start), min(last, kpi.due))


def default_observed_on(kpi: Measured, period: Period, date: dt.date, today: dt.date) -> dt.date:
    """The day of entry, or the end of the period when that is over. A one-time measure: the day it happened, which is
    the date it was entered for unless that only names the period."""
    if kpi.cadence == Cadence.once:
        return date if period.first < date <= today else today
    return min(today, period.life_end)


def wrong(entry: Entry, kpi: Measured | None, period: Period | None, today: dt.date) -> Refusal | None:
    """What is wrong with an entry, whatever is stored for its period."""
    value = entry.value

    def because(field, code, message):
        return Refusal(entry.row, field, code, message)

    if kpi is None:
        return because("kpi", "does_not_exist", _("The KPI is not there any more."))
    if kpi.source in Kpi.DERIVED:
        return because("kpi", "calculated", _("%(kpi)s is calculated from other KPIs.") % {"kpi": kpi.name})
    if kpi.state != Kpi.State.ACTIVE:
        state = Kpi.State(kpi.state).label.lower()
        return because(
            "kpi", "kpi_not_active", _("%(kpi)s is %(state)s; it takes no values.") % {"kpi": kpi.name, "state": state}
        )
    if period is None or period.last < kpi.start or period.first > kpi.due:
        life = {"start": kpi.start.isoformat(), "due": kpi.due.isoformat()}
        return because("date", "outside_kpi_life", _("The KPI is measured from %(start)s to %(due)s.") % life)
    if period.life_start > today:
        return because("date", "future_period", _("The period has not begun yet."))
    if entry.observed_on and entry.observed_on > today:
        return because("observed_on", "observed_in_future", _("It cannot have been observed after today."))
    if entry.observed_on and entry.observed_on < period.first:
        begins = {"date": period.first.isoformat()}
        return because("observed_on", "observed_before_period", _("The period begins on %(date)s.") % begins)
    if value is None:
        return None if entry.note else because("note", "reason_required", _("Say why the value is withdrawn."))
    if not value.is_finite():
        return because("value", "not_a_number", _("Enter a number."))
    if abs(value) >= LARGEST or has_more_decimals(value, DECIMALS):
        return because("value", "too_many_digits", _("At most 18 digits before and 10 after the point."))
    if kpi.kind == Kpi.Kind.BOOLEAN and value not in (0, 1):
        return because("value", "not_a_boolean", _("Enter 1 for done or 0 for not done."))
    if kpi.min_value is not None and value < kpi.min_value:
        lowest = {"value": as_typed(kpi.min_value)}
        return because("value", "below_min", _("The lowest possible value is %(value)s.") % lowest)
    if kpi.max_value is not None and value > kpi.max_value:
        highest = {"value": as_typed(kpi.max_value)}
        return because("value", "above_max", _("The highest possible value is %(value)s.") % highest)
    return None


def wrong_now(entry: Entry, period: Period, held: Held | None) -> Refusal | None:
    """What is wrong with an entry beside the value its period has."""
    has_value = held is not None and held.value is not None
    if entry.value is None:
        if not has_value:
            return Refusal(entry.row, "value", "nothing_to_withdraw", _("There is no value to withdraw."))
    elif has_value and held.value != entry.value and held.observed_on >= period.life_end and not entry.note:
        message = _("The period is over and has a value: say why it changes.")
        return Refusal(entry.row, "note", "reason_required", message)
    return None


def wrong_when_locked(entry: Entry, kpi: Measured, period: Period, observed_on: dt.date) -> Refusal | None:
    """Neither a value of the locked time nor one that would have been known in it."""
    through = kpi.cycle.locked_through
    if through is None or min(period.life_end, observed_on) > through:
        return None
    return Refusal(entry.row, "date", locks.CODE, locks.sentence(through, kpi.cycle.name))


def refuse_other_version(entry: Entry, held: Held | None) -> None:
    version = held.version if held else 0
    if entry.version is not None and entry.version != version:
        raise VersionMismatch(version)


def is_same(entry: Entry, kpi: Measured, period: Period, held: Held | None, observed_on: dt.date) -> bool:
    """Nothing new is said. The same number is new when it was seen on another day, or confirms after the end of the
    period what was entered while it ran."""
    if held is None or held.value != entry.value:
        return False
    if entry.observed_on is not None or kpi.kind == Kpi.Kind.BOOLEAN:
        return entry.observed_on in (None, held.observed_on)
    return not held.observed_on < period.life_end <= observed_on


def has_more_decimals(value: Decimal, most: int) -> bool:
    """More decimals than `most`, beside zeros at the end, whatever the context's precision."""
    _, digits, exponent = value.as_tuple()
    return exponent < -most and any(digits[-(-exponent - most) :])


def write(organisation: Organisation, told: Collection[Told], by: Person | None, now: dt.datetime) -> None:
    """Adds the revisions and makes them the values that count; the KPIs are locked."""
    same = {"organisation_id": organisation.pk, "recorded_at": now, "recorded_by_id": by and by.pk}
    rows = rows_of(TOLD, told)
    insert(MeasurementRevision, TOLD, rows, same=same)
    insert(Measurement, TOLD, rows, same={**same, "version": 1}, replaces=("kpi_id", "period"))
