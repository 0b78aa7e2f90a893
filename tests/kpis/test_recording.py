"""Values come in through one door: what is refused, what is a correction, what changes nothing, what is kept."""

import datetime as dt
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cascade.errors import VersionMismatch
from goals import progress
from goals.models import DirtyMark
from kpis import definitions, recording
from kpis.models import Kpi, KpiFigures, Measurement, MeasurementRevision
from kpis.recording import Entry, record, record_one

TODAY = date(2026, 7, 15)
JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def goal(cast):
    return cast.goal("Grow")


@pytest.fixture
def sales(goal) -> Kpi:
    return kpi(goal)


def kpi(goal, **fields) -> Kpi:
    return definitions.create(goal, by=None, **{"name": "Sales", "baseline": 0, "target": Decimal(100), **fields})


def milestone(goal, **fields) -> Kpi:
    return kpi(goal, kind="boolean", cadence="once", target=Decimal(1), baseline=None, **fields)


def outcome(kpi, *entries, **options) -> recording.Outcome:
    """The outcome of (date, value, {more}) for one KPI."""
    told = [
        Entry(kpi.pk, entry[0], entry[1], row=row, **(entry[2] if entry[2:] else {}))
        for row, entry in enumerate(entries, 1)
    ]
    return record(kpi.organisation, told, by=None, **options)


def counts(found: recording.Outcome) -> tuple[int, int, list[str]]:
    return found.accepted, found.unchanged, [refusal.code for refusal in found.refusals]


def current(kpi) -> list[tuple]:
    return list(kpi.measurements.order_by("period").values_list("period", "value", "observed_on", "version"))


def revisions(kpi) -> list[tuple]:
    return list(kpi.revisions.order_by("id").values_list("period", "value", "observed_on", "note"))


REFUSED = {
    "not_a_number": ({}, JUNE, Decimal("NaN"), {}, "value"),
    "not_a_number, infinite": ({}, JUNE, Decimal("-Infinity"), {}, "value"),
    "not_a_number, signalling": ({}, JUNE, Decimal("sNaN"), {}, "value"),
    "too_many_digits, before the point": ({}, JUNE, Decimal(10) ** 18, {}, "value"),
    "too_many_digits, after the point": ({}, JUNE, Decimal("0.00000000001"), {}, "value"),
    "too_many_digits, more than a context holds": (
        {},
        JUNE,
        Decimal("1" + "0" * 17 + "." + "0" * 17 + "1"),
        {},
        "value",
    ),
    "future_period": ({}, date(2026, 8, 1), Decimal(1), {}, "date"),
    "future_period, of a KPI that starts later in this month": ({"start": date(2026, 7, 20)}, TODAY, 1, {}, "date"),
    "future_period, of one measured once": ({"start": date(2026, 8, 1), "cadence": "once"}, TODAY, 1, {}, "date"),
    "outside_kpi_life": ({}, date(2025, 12, 31), Decimal(1), {}, "date"),
    "outside_kpi_life, after it": ({"due": date(2026, 5, 31)}, JUNE, Decimal(1), {}, "date"),
    "outside_kpi_life, far from it": ({}, date.max, Decimal(1), {}, "date"),
    "outside_kpi_life, of one measured once": ({"cadence": "once"}, date(2024, 12, 1), Decimal(1), {}, "date"),
    "observed_in_future": ({}, JUNE, Decimal(1), {"observed_on": date(2026, 7, 16)}, "observed_on"),
    "observed_before_period": ({}, JUNE, Decimal(1), {"observed_on": date(2026, 5, 31)}, "observed_on"),
    "below_min": ({"min_value": Decimal("0.5")}, JUNE, Decimal("0.4999999999"), {}, "value"),
    "above_max": ({"max_value": Decimal(100)}, JUNE, Decimal("100.0000000001"), {}, "value"),
    "kpi_not_active": ({"state": "paused"}, JUNE, Decimal(1), {}, "kpi"),
    "kpi_not_active, archived": ({"state": "archived"}, JUNE, Decimal(1), {}, "kpi"),
    "nothing_to_withdraw": ({}, JUNE, None, {"note": "wrong"}, "value"),
    "reason_required": ({}, JUNE, None, {}, "note"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_which_field_and_why(goal, case):
    definition, day, value, more, field = REFUSED[case]
    found = outcome(kpi(goal, **definition), (day, None if value is None else Decimal(value), more))
    code = case.split(",")[0]
    assert [(r.row, r.field, r.code) for r in found.refusals] == [(1, field, code)]
    assert found.refusals[0].message
    assert not Measurement.objects.exists()
    assert not MeasurementRevision.objects.exists()


def test_done_or_not_takes_1_and_0_alone(goal):
    done = milestone(goal)
    assert counts(outcome(done, (TODAY, Decimal("0.5")))) == (0, 0, ["not_a_boolean"])
    assert counts(outcome(done, (TODAY, Decimal(1)))) == (1, 0, [])


def test_a_kpi_that_is_gone_or_of_another_organisation_is_not_there(cast, sales):
    missing = Entry(sales.pk + 1, JUNE, Decimal(1), row=7)
    assert record(cast.works, [missing], by=None).refusals[0].code == "does_not_exist"
    foreign = record(cast.elsewhere, [Entry(sales.pk, JUNE, Decimal(1))], by=cast.eve)
    assert [refusal.code for refusal in foreign.refusals] == ["does_not_exist"]
    assert not Measurement.objects.exists()


def test_one_value_is_refused_with_its_field(sales):
    with pytest.raises(ValidationError) as refused:
        record_one(sales, date(2026, 8, 1), Decimal(1), by=None)
    assert {name: [e.code for e in found] for name, found in refused.value.error_dict.items()} == {
        "date": ["future_period"]
    }


def test_a_value_is_kept_with_its_revision(cast, sales):
    found = record_one(sales, date(2026, 6, 17), Decimal("12.50"), by=cast.ada, note="=1+1")
    assert (found.kpi_id, found.period, found.value, found.observed_on) == (sales.pk, JUNE, 12.5, date(2026, 6, 30))
    assert (found.recorded_by, found.note, found.version, found.organisation) == (cast.ada, "=1+1", 1, cast.works)
    revision = MeasurementRevision.objects.get()
    shared = ("organisation_id", "kpi_id", "period", "value", "observed_on", "recorded_at", "recorded_by_id", "note")
    assert [getattr(revision, name) for name in shared] == [getattr(found, name) for name in shared]


@pytest.mark.parametrize(
    "value",
    [
        "999999999999999999.9999999999",
        "-999999999999999999.9999999999",
        "0.0000000001",
        "1.50000000000000",
        "-0",
        "1E+3",
    ],
)
def test_every_digit_is_kept(sales, value):
    assert record_one(sales, JUNE, Decimal(value), by=None).value == Decimal(value)
    assert str(MeasurementRevision.objects.get().value.normalize()) != "-0"


@pytest.mark.parametrize("note", ["=cmd|'/c'!A0", "æøå 😀 \u202e ‘\"'’ \\ % %s {0}", "x" * 100_000, "a\r\nb\tc"])
def test_a_note_is_kept_as_typed(sales, note):
    assert record_one(sales, JUNE, Decimal(1), by=None, note=note).note == note
    assert MeasurementRevision.objects.get().note == note


def test_a_running_period_takes_interim_values_without_a_reason(sales, clock):
    outcome(sales, (TODAY, Decimal(10)))
    clock.move_to(dt.datetime(2026, 7, 20, tzinfo=dt.UTC))
    assert counts(outcome(sales, (date(2026, 7, 31), Decimal(14)))) == (1, 0, [])
    assert current(sales) == [(date(2026, 7, 1), 14, date(2026, 7, 20), 2)]
    assert [row[1:3] for row in revisions(sales)] == [(10, TODAY), (14, date(2026, 7, 20))]


def test_the_final_value_needs_no_reason_and_its_correction_does(sales, clock):
    outcome(sales, (TODAY, Decimal(10)))
    clock.move_to(dt.datetime(2026, 8, 3, tzinfo=dt.UTC))
    assert counts(outcome(sales, (TODAY, Decimal(20)))) == (1, 0, [])
    assert current(sales)[0][1:3] == (20, date(2026, 7, 31))
    assert counts(outcome(sales, (TODAY, Decimal(21)))) == (0, 0, ["reason_required"])
    assert counts(outcome(sales, (TODAY, Decimal(21), {"note": "recount"}))) == (1, 0, [])
    assert revisions(sales)[-1] == (date(2026, 7, 1), 21, date(2026, 7, 31), "recount")


def test_the_same_value_again_changes_nothing(sales):
    outcome(sales, (JUNE, Decimal(10)))
    assert counts(outcome(sales, (date(2026, 6, 30), Decimal("10.0")))) == (0, 1, [])
    assert counts(outcome(sales, (JUNE, Decimal(10), {"note": "again", "observed_on": date(2026, 6, 30)}))) == (
        0,
        1,
        [],
    )
    assert len(revisions(sales)) == 1


def test_the_same_value_seen_on_another_day_is_a_revision(sales):
    outcome(sales, (JUNE, Decimal(10)))
    assert counts(outcome(sales, (JUNE, Decimal(10), {"observed_on": date(2026, 7, 2)}))) == (1, 0, [])
    assert current(sales) == [(JUNE, 10, date(2026, 7, 2), 2)]


def test_the_same_value_confirms_an_interim_one_once_the_period_is_over(sales, clock):
    outcome(sales, (TODAY, Decimal(10)))
    clock.move_to(dt.datetime(2026, 7, 30, tzinfo=dt.UTC))
    assert counts(outcome(sales, (TODAY, Decimal(10)))) == (0, 1, [])
    clock.move_to(dt.datetime(2026, 8, 20, tzinfo=dt.UTC))
    progress.roll_up(sales.organisation_id)
    assert KpiFigures.objects.get().stale
    assert counts(outcome(sales, (TODAY, Decimal(10)))) == (1, 0, [])
    assert counts(outcome(sales, (TODAY, Decimal(10)))) == (0, 1, [])
    progress.roll_up(sales.organisation_id)
    assert not KpiFigures.objects.get().stale


def test_a_withdrawn_value_is_gone_and_its_history_stays(sales):
    outcome(sales, (JUNE, Decimal(10)))
    assert counts(outcome(sales, (JUNE, None))) == (0, 0, ["reason_required"])
    assert counts(outcome(sales, (JUNE, None, {"note": "wrong KPI"}))) == (1, 0, [])
    assert current(sales) == [(JUNE, None, date(2026, 6, 30), 2)]
    assert counts(outcome(sales, (JUNE, None, {"note": "again"}))) == (0, 0, ["nothing_to_withdraw"])
    assert counts(outcome(sales, (JUNE, Decimal(11)))) == (1, 0, [])
    assert [row[1] for row in revisions(sales)] == [10, None, 11]
    progress.roll_up(sales.organisation_id)
    assert KpiFigures.objects.get().latest_value == 11


def test_revisions_are_never_changed_or_deleted(sales):
    seen = []
    for value, note in [(10, ""), (12, "recount"), (None, "withdrawn"), (11, ""), (11, "same"), (9, "")]:
        outcome(sales, (JUNE, value if value is None else Decimal(value), {"note": note}))
        now = list(MeasurementRevision.objects.order_by("id").values())
        assert now[: len(seen)] == seen
        seen = now
    assert [row["value"] for row in seen] == [10, 12, None, 11]
    assert current(sales)[0][3] == len(seen)


def test_of_two_entries_for_one_period_the_last_one_counts(sales):
    entries = [(JUNE, Decimal(10)), (date(2026, 5, 1), Decimal(5)), (date(2026, 6, 30), Decimal(12))]
    assert counts(outcome(sales, *entries)) == (2, 1, [])
    assert [row[:2] for row in current(sales)] == [(date(2026, 5, 1), 5), (JUNE, 12)]
    assert counts(outcome(sales, *entries)) == (0, 3, [])
    assert len(revisions(sales)) == 2


def test_an_entry_that_is_wrong_is_refused_even_when_another_follows(sales):
    found = outcome(sales, (JUNE, Decimal("NaN")), (JUNE, Decimal(12)), on_error="skip")
    assert counts(found) == (1, 0, ["not_a_number"])


MIXED = [(JUNE, Decimal(10)), (date(2026, 9, 1), Decimal(5)), (date(2026, 5, 1), Decimal(7)), (JUNE, None)]


def test_one_bad_entry_refuses_all(sales):
    DirtyMark.objects.all().delete()
    found = outcome(sales, *MIXED)
    assert (found.accepted, [(r.row, r.code) for r in found.refusals]) == (
        0,
        [(2, "future_period"), (4, "reason_required")],
    )
    assert not MeasurementRevision.objects.exists()
    assert not DirtyMark.objects.exists()


def test_bad_entries_are_left_out_when_asked(sales):
    found = outcome(sales, *MIXED, on_error="skip")
    assert counts(found) == (2, 0, ["future_period", "reason_required"])
    assert [row[:2] for row in current(sales)] == [(date(2026, 5, 1), 7), (JUNE, 10)]


@pytest.mark.parametrize("on_error", ["reject", "skip"])
def test_a_dry_run_says_the_same_and_writes_nothing(sales, on_error):
    DirtyMark.objects.all().delete()
    tried = outcome(sales, *MIXED, on_error=on_error, dry_run=True)
    assert not Measurement.objects.exists()
    assert not MeasurementRevision.objects.exists()
    assert not DirtyMark.objects.exists()
    assert outcome(sales, *MIXED, on_error=on_error) == tried


def test_what_changed_is_promised_to_the_roll_up_and_nothing_else(goal, sales):
    other = kpi(goal, name="Other")
    outcome(other, (JUNE, Decimal(1)))
    DirtyMark.objects.all().delete()
    entries = [Entry(sales.pk, JUNE, Decimal(1)), Entry(sales.pk, TODAY, Decimal(2)), Entry(other.pk, JUNE, Decimal(1))]
    assert counts(record(goal.organisation, entries, by=None)) == (2, 1, [])
    assert list(DirtyMark.objects.values_list("kpi_id", "goal_id", "organisation_id")) == [
        (sales.pk, goal.pk, goal.organisation_id)
    ]


def test_a_version_names_the_value_that_is_meant(sales):
    assert record_one(sales, JUNE, Decimal(10), by=None, version=0).version == 1
    assert record_one(sales, JUNE, Decimal(11), by=None, note="recount", version=1).version == 2
    with pytest.raises(VersionMismatch) as refused:
        record_one(sales, JUNE, Decimal(12), by=None, note="recount", version=1)
    assert refused.value.current == 2
    with pytest.raises(VersionMismatch):
        record_one(sales, date(2026, 5, 1), Decimal(12), by=None, version=1)
    assert len(revisions(sales)) == 2


def test_a_clock_that_went_back_does_not_make_an_older_value_the_latest(cast, sales, clock):
    outcome(sales, (JUNE, Decimal(10)))
    clock.move_to(dt.datetime(2026, 7, 15, 11, tzinfo=dt.UTC))
    outcome(sales, (JUNE, Decimal(20), {"note": "recount"}))
    progress.roll_up(cast.works.pk)
    assert KpiFigures.objects.get().actual == 20
    assert progress.differences(cast.works) == []


def test_a_one_time_measure_has_one_period(goal):
    once = kpi(goal, cadence="once", start=date(2026, 3, 1), due=date(2026, 6, 30))
    assert counts(outcome(once, (date(2026, 3, 1), Decimal(1)))) == (1, 0, [])
    assert counts(outcome(once, (date(2026, 7, 4), Decimal(2), {"note": "recount"}))) == (1, 0, [])
    assert current(once) == [(date(2026, 3, 1), 2, date(2026, 7, 4), 2)]


@pytest.mark.parametrize(
    ("day", "seen"),
    [
        (date(2026, 5, 2), date(2026, 5, 2)),  # the day it happened
        (date(2026, 7, 4), date(2026, 7, 4)),  # after the due date
        (date(2026, 3, 1), TODAY),  # only the name of the period
        (date(2026, 12, 1), TODAY),
    ],
)
def test_a_one_time_measure_was_seen_on_the_day_it_happened(goal, day, seen):
    once = kpi(goal, cadence="once", start=date(2026, 3, 1), due=date(2026, 6, 30))
    assert record_one(once, day, Decimal(1), by=None).observed_on == seen


def test_what_was_done_in_time_is_not_late_when_said_again_later(goal, clock):
    done = milestone(goal, start=date(2026, 3, 1), due=date(2026, 7, 20))
    outcome(done, (TODAY, Decimal(1)))
    clock.move_to(dt.datetime(2026, 8, 3, tzinfo=dt.UTC))
    assert counts(outcome(done, (date(2026, 3, 1), Decimal(1)))) == (0, 1, [])
    progress.roll_up(done.organisation_id)
    assert (KpiFigures.objects.get().status, KpiFigures.objects.get().late) == ("achieved", False)


def test_a_number_measured_once_is_confirmed_after_its_due_date(goal, clock):
    once = kpi(goal, cadence="once", start=date(2026, 3, 1), due=date(2026, 7, 20))
    outcome(once, (TODAY, Decimal(5)))
    clock.move_to(dt.datetime(2026, 8, 3, tzinfo=dt.UTC))
    assert counts(outcome(once, (TODAY, Decimal(5)))) == (0, 1, [])
    assert counts(outcome(once, (date(2026, 8, 2), Decimal(5)))) == (1, 0, [])


PERIODS = {
    "a fiscal quarter": ("quarterly", 4, date(2026, 6, 30), date(2026, 4, 1), date(2026, 6, 30)),
    "the quarter before the fiscal year": ("quarterly", 4, date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31)),
    "a fiscal quarter from February": ("quarterly", 2, date(2026, 4, 30), date(2026, 2, 1), date(2026, 4, 30)),
    "a fiscal year": ("yearly", 4, date(2026, 4, 1), date(2026, 4, 1), TODAY),
    "the year before": ("yearly", 7, date(2026, 6, 30), date(2025, 7, 1), date(2026, 6, 30)),
    "the week of New Year": ("weekly", 1, date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 4)),
    "the day before it in the same week": ("weekly", 1, date(2025, 12, 31), date(2025, 12, 29), date(2026, 1, 4)),
    "a day": ("daily", 1, date(2026, 3, 29), date(2026, 3, 29), date(2026, 3, 29)),
    "this month": ("monthly", 1, date(2026, 7, 31), date(2026, 7, 1), TODAY),
}


@pytest.mark.parametrize("case", PERIODS)
def test_a_date_falls_into_its_period(cast, goal, case):
    cadence, month, day, first, seen = PERIODS[case]
    cast.works.fiscal_start_month = month
    cast.works.save()
    found = record_one(kpi(goal, cadence=cadence), day, Decimal(1), by=None)
    assert (found.period, found.observed_on) == (first, seen)


def test_a_life_from_the_first_day_of_the_calendar_can_be_reckoned_with(cast, goal):
    cast.works.fiscal_start_month = 4
    cast.works.save()
    ancient = kpi(goal, cadence="yearly", start=date.min)
    assert record_one(ancient, date(1, 1, 5), Decimal(1), by=None).period == date.min
    progress.roll_up(cast.works.pk)
    assert KpiFigures.objects.get().latest_period == date.min


def test_the_last_period_ends_with_the_kpi(goal):
    short = kpi(goal, due=date(2026, 6, 10))
    found = record_one(short, date(2026, 6, 30), Decimal(1), by=None)
    assert (found.period, found.observed_on) == (JUNE, date(2026, 6, 10))
    assert counts(outcome(short, (JUNE, Decimal(2)))) == (0, 0, ["reason_required"])


def test_leap_day(cast, clock):
    clock.move_to(dt.datetime(2028, 3, 1, 12, tzinfo=dt.UTC))
    goal = cast.goal("Leap", start=date(2028, 1, 1), due=date(2028, 12, 31))
    daily, monthly = kpi(goal, cadence="daily"), kpi(goal, name="Monthly")
    assert record_one(daily, date(2028, 2, 29), Decimal(1), by=None).period == date(2028, 2, 29)
    assert record_one(monthly, date(2028, 2, 29), Decimal(1), by=None).observed_on == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        ("2026-03-28T22:59:59", date(2026, 3, 28)),
        ("2026-03-28T23:00:00", date(2026, 3, 29)),  # the clocks go forward this night
        ("2026-03-29T21:59:59", date(2026, 3, 29)),
        ("2026-03-29T22:00:00", date(2026, 3, 30)),
        ("2026-10-25T22:59:59", date(2026, 10, 25)),  # and back this one
        ("2026-10-25T23:00:00", date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_the_organisations_midnight(cast, goal, clock, moment, today):
    cast.works.timezone = "Europe/Oslo"
    cast.works.save()
    daily = kpi(goal, cadence="daily")
    clock.move_to(dt.datetime.fromisoformat(f"{moment}+00:00"))
    tomorrow = today + dt.timedelta(days=1)
    assert counts(outcome(daily, (tomorrow, Decimal(1)))) == (0, 0, ["future_period"])
    assert record_one(daily, today, Decimal(1), by=None).observed_on == today


def many(goal, kpis: int) -> list[Kpi]:
    return Kpi.objects.bulk_create(
        [Kpi(organisation=goal.organisation, goal=goal, key=f"k{n}", name=f"K{n}", target=100) for n in range(kpis)]
    )


@pytest.mark.parametrize(("few", "more"), [(3, 300)])
@pytest.mark.parametrize("spread", ["one KPI", "a KPI each"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_entries(cast, goal, few, more, spread):
    def queries(number, value):
        kpis = made[:number] if spread == "a KPI each" else made[:1] * number
        days = (
            [date(2026, 1, 1)] * number if spread == "a KPI each" else [start + dt.timedelta(n) for n in range(number)]
        )
        entries = [Entry(kpi.pk, day, Decimal(value), note="n") for kpi, day in zip(kpis, days, strict=True)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert record(cast.works, entries, by=cast.ada).accepted == number
        return len(captured)

    start = date(2025, 9, 1)
    goal.start = start
    goal.save()
    made = many(goal, more)
    Kpi.objects.update(cadence="daily")
    DirtyMark.objects.all().delete()
    assert queries(few, 1) == queries(more, 2) <= 8
