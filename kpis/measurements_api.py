"""The REST API of measurements: the values of one KPI by period, their revisions, and many values at once."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

import msgspec
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework.decorators import action
from rest_framework.response import Response

from cascade import versions
from cascade.errors import RowsRefused
from cascade.paging import by
from cascade.resource import Resource, operation, refuse
from cascade.wire import AsOfQuery
from goals import past
from kpis import access, bulk, periods, reading, recording
from kpis import serializers as shapes
from kpis.attainment import CurrentValue
from kpis.models import Kpi, Measurement, MeasurementRevision
from kpis.periods import Cadence
from kpis.scoring import fiscal_of, values_then, with_life
from people.models import Scope

Values = Mapping[dt.date, CurrentValue]


def calculated_then(kpi: Kpi, query: Mapping) -> Values | None:
    """The values of then, where they came from other KPIs then."""
    organisation, on, known = kpi.organisation, query.get("as_of"), query.get("known")
    if not (on or known):
        return None
    rows = [with_life(dict(row)) for row in reading.told(organisation, [kpi.pk], known)]
    if not rows or rows[0]["source"] not in Kpi.DERIVED:
        return None
    settings = organisation if known is None else past.organisation_known(organisation, known)
    values, _ = values_then(settings, rows, on or organisation.today(), known)
    return values[kpi.pk]


def days(values: Values, query: Mapping, resource: "Measurements") -> list[int]:
    """The periods asked for, by the ordinals of their first days."""
    since, until = query.get("from"), query.get("to")
    begin = resource.beginning(since) if since else dt.date.min
    end = resource.beginning(until) if until else dt.date.max
    found = sorted(first.toordinal() for first in values if begin <= first <= end)
    return found[::-1] if query["ordering"].startswith("-") else found


class Measurements(Resource):
    """A period is named by any date in it; answers name it by its first day."""

    lookup_field, lookup_value_regex = "date", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    write_scope = Scope.MEASUREMENTS

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        kpis = Kpi.objects.visible_to(self.person)
        self.kpi = get_object_or_404(
            kpis.select_related("goal__cycle", "goal__unit", "goal__owner__unit"), pk=kwargs["id"]
        )
        self.kpi.organisation = self.person.organisation
        self.first = self.period(kwargs["date"]) if "date" in kwargs else None

    def period(self, text: str) -> dt.date | None:
        """The first day of the period that holds the date in the address; None when the KPI has none there."""
        try:
            self.date = dt.date.fromisoformat(text)
        except ValueError:
            refuse("date", "invalid", f"{text} is no date.")
        return recording.first_of(self.kpi, self.date)

    def may_record(self) -> None:
        allowed = access.token_names(self.request.auth, self.kpi) and access.can_record(self.person, self.kpi)
        self.may(allowed, "You may not enter values of this KPI.")

    @operation(query=shapes.MeasurementQuery, answer=shapes.MeasurementRow, page=True)
    def list(self, request, id):
        """The value of each period, now, or as it was on a date (`as_of`) and had been recorded (`known`).

        Values of a KPI that is calculated from others are calculated from what those had then.
        """
        calculated = calculated_then(self.kpi, self.query)
        if calculated is not None:
            return self.paged_computed(days(calculated, self.query, self), partial(self.filled_from, calculated))
        rows, order = self.values(), by("period", descending=self.query["ordering"].startswith("-"))
        if since := self.query.get("from"):
            rows = rows.filter(period__gte=self.beginning(since))
        if until := self.query.get("to"):
            rows = rows.filter(period__lte=until)
        return self.paged(rows, order, partial(self.filled, rows))

    def values(self):
        """The rows that count: current values, or the last revision of each period by then."""
        on, known = self.query.get("as_of"), self.query.get("known")
        if not (on or known):
            return self.kpi.measurements.exclude(value=None)
        recorded = MeasurementRevision.objects.filter(kpi=self.kpi)
        recorded = recorded.filter(recorded_at__lte=known) if known else recorded
        seen = recorded.filter(observed_on__lte=on) if on else recorded
        same = {"kpi": OuterRef("kpi"), "period": OuterRef("period")}
        after = Q(recorded_at__gt=OuterRef("recorded_at")) | Q(
            recorded_at=OuterRef("recorded_at"), id__gt=OuterRef("id")
        )
        count = recorded.filter(**same).order_by().values("period").annotate(n=Count("pk")).values("n")
        last = seen.filter(~Exists(seen.filter(after, **same)), value__isnull=False)
        return last.annotate(version=Subquery(count, IntegerField()))

    def filled_from(self, values, days):
        """What is answered for days (as ordinals) of calculated values; nobody recorded them."""
        shape, now = shapes.MeasurementRow(), timezone.now()
        same = {"kpi_id": self.kpi.pk, "note": "", "recorded_at": now, "recorded_by_id": None, "version": 1}
        firsts = map(dt.date.fromordinal, days)
        rows = ({**same, "period": first, **values[first]._asdict()} for first in firsts)
        return [shape.to_representation(self.named(row)) for row in rows]

    def beginning(self, date: dt.date) -> dt.date:
        """The first day of the calendar period that holds a date; what is measured once has one from start to due."""
        start, due = self.kpi.life
        if self.kpi.cadence == Cadence.once:
            return start if date <= due else date
        return periods.period_of(date, self.kpi.cadence, fiscal_of(self.kpi.organisation)).first

    def filled(self, rows, ids):
        derived = ("period_name", "period_end", "final")
        columns = [name for name in shapes.MeasurementRow.columns() if name not in derived]
        found = {row["pk"]: self.named(row) for row in rows.filter(pk__in=ids).values("pk", *columns)}
        shape = shapes.MeasurementRow()
        return [shape.to_representation(found[pk]) for pk in ids if pk in found]

    def named(self, row: dict) -> dict:
        fiscal, cadence = fiscal_of(self.kpi.organisation), self.kpi.cadence
        _, due = self.kpi.life
        last = due if cadence == Cadence.once else min(periods.period_of(row["period"], cadence, fiscal).last, due)
        name = periods.period_name(row["period"], cadence, fiscal)
        return {**row, "period_name": name, "period_end": last, "final": row["observed_on"] >= last}

    def shown(self, status: int = 200) -> Response:
        rows = self.values()
        pk = rows.filter(period=self.first).values_list("pk", flat=True).first()
        if pk is None:
            raise Http404
        return Response(self.filled(rows, [pk])[0], status)

    @operation(query=AsOfQuery, answer=shapes.MeasurementRow)
    def retrieve(self, request, id, date):
        """The value of the period that holds the date, now or at any date."""
        calculated = calculated_then(self.kpi, self.query)
        if calculated is None:
            return self.shown()
        if self.first not in calculated:
            raise Http404
        return Response(self.filled_from(calculated, [self.first.toordinal()])[0])

    @operation(body=shapes.MeasurementNew, answer=shapes.MeasurementRow, status=201, also=200)
    def create(self, request, id):
        """Record the value of a period: 201 when it was recorded, 200 when the period held that value already.

        A correction of a final value needs a `note`. Codes: those of `PUT`, and `not_a_period`.
        """
        self.may_record()
        body = self.body()
        period = body.pop("period", None)
        self.date = body.pop("date", period)
        self.first = recording.first_of(self.kpi, self.date)
        if period and self.first not in (None, period):
            refuse("period", "not_a_period", f"The period that holds this day begins on {self.first}.")
        return self.shown(201 if self.record(**body) else 200)

    @operation(body=shapes.MeasurementChange, answer=shapes.MeasurementRow, also=201, versioned=True)
    def update(self, request, id, date):
        """The value of the period that holds the date, whatever it was: 201 when it had none, else 200.

        The same value again is no new revision. A correction of a final value needs a `note`. Codes: not_a_number,
        too_many_digits, future_period, outside_kpi_life, observed_in_future, observed_before_period, below_min,
        above_max, not_a_boolean, kpi_not_active, calculated, reason_required.
        """
        self.may_record()
        held = self.held()
        version = versions.expected(request, held.version if held else 0)
        self.record(**self.body(), version=version)
        return self.shown(200 if held and held.value is not None else 201)

    @operation(query=shapes.WithdrawQuery, status=204, versioned=True)
    def destroy(self, request, id, date):
        """Withdraw the value of a period, with a reason; its revisions stay.

        The reason may also come in a body: `{"reason": "..."}`.
        """
        self.may_record()
        held = self.held()
        if held is None or held.value is None:
            raise Http404
        version = versions.expected(request, held.version)
        reason = self.query.get("reason") or (request.data.get("reason") if isinstance(request.data, dict) else "")
        if not isinstance(reason, str) or not reason.strip():
            refuse("reason", "reason_required", "Say why the value is withdrawn.")
        self.record(value=None, note=reason, version=version)
        return Response(status=204)

    def held(self) -> Measurement | None:
        return self.kpi.measurements.filter(period=self.first).first()

    def record(self, **entry) -> int:
        outcome = recording.record(
            self.kpi.organisation, [recording.Entry(self.kpi.pk, self.date, **entry)], by=self.person
        )
        recording.raise_first(outcome.refusals)
        return outcome.accepted

    @action(detail=True)
    @operation(query=shapes.RevisionQuery, answer=shapes.RevisionRow, page=True)
    def revisions(self, request, id, date):
        """Everything that was recorded for the period that holds the date: values, corrections, withdrawals."""
        rows = self.kpi.revisions.filter(period=self.first)
        if not rows.exists():
            raise Http404
        order = by("recorded_at", descending=self.query["ordering"].startswith("-"))
        return self.paged(rows, order, partial(shapes.RevisionRow.filled, rows))


class Bulk(Resource):
    write_scope = Scope.MEASUREMENTS
    parser_classes = (bulk.JsonRows, bulk.CsvRows)

    @operation(
        query=shapes.BulkQuery,
        body={"application/json": shapes.BulkNew, "text/csv": OpenApiTypes.STR},
        answer=shapes.BulkAnswer,
    )
    def create(self, request):
        """Up to 10,000 values at once, in one transaction; the same rows twice change nothing the second time.

        A CSV has the columns `kpi` or `kpi_external_id`, `date`, `value` and, if there are any, `note` and
        `observed_on`. With `on_error=reject` a bad row is answered with 400 (403 when it may not be written), the
        same `errors` by row, and nothing is written.
        """
        batch = request.data
        if not isinstance(batch, bulk.Batch):
            refuse("rows", "required", "Send the rows.")
        if len(batch.rows) > bulk.MOST_ROWS:
            refuse("rows", "max_length", f"At most {bulk.MOST_ROWS} rows at once.")
        on_error = batch.on_error or self.query["on_error"]
        dry_run = self.query["dry_run"] if batch.dry_run is msgspec.UNSET else batch.dry_run
        taken = asdict(bulk.take_in(self.person, batch.rows, token=request.auth, on_error=on_error, dry_run=dry_run))
        if taken["errors"] and on_error == "reject":
            raise RowsRefused(**taken)
        return Response(taken)
