"""What an organisation cannot work without, made together."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from goals.models import Cycle, Perspective, RollupState
from people.models import Level, Organisation


def found(
    name: str,
    *,
    levels: Iterable[str] = Level.DEFAULTS,
    perspectives: Iterable[str] = Perspective.DEFAULTS,
    **fields,
) -> Organisation:
    """An organisation with its levels from the strategy down, its perspectives, and the state of its roll-up."""
    with transaction.atomic():
        organisation = Organisation(name=name, **fields)
        organisation.full_clean()
        organisation.save()
        RollupState.objects.create(organisation=organisation)
        Level.objects.bulk_create(
            Level(organisation=organisation, name=name, rank=rank) for rank, name in enumerate(levels)
        )
        Perspective.objects.bulk_create(
            Perspective(organisation=organisation, name=name, position=place) for place, name in enumerate(perspectives)
        )
        return organisation


def open_year(organisation: Organisation, on: dt.date) -> Cycle:
    """An open cycle for the organisation's fiscal year that holds a date (docs/domain.md section 3)."""
    month = organisation.fiscal_start_month
    year = on.year if on.month >= month else on.year - 1
    following = dt.date(year + 1, month, 1)
    last = following - dt.timedelta(days=1)
    named = last.year if organisation.fiscal_year_named_by == Organisation.NamedBy.END else year
    return Cycle.objects.create(
        organisation=organisation,
        name=str(year) if month == 1 else f"FY{named}",
        start=dt.date(year, month, 1),
        due=last,
    )
