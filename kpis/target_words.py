"""What was asked of a KPI and why, in words."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cascade.templatetags.ui import exact
from kpis.models import Kpi
from kpis.targets import Decision
from kpis.words import within


@dataclass(frozen=True, slots=True)
class Asked:
    """One decision about the target. `start` is where a path that begins anew begins."""

    words: str
    since: dt.date | None
    holds: bool
    is_ahead: bool
    anew: bool
    start: str
    reason: str
    by: str
    at: dt.datetime


def told(kpi: Kpi, found: list[Decision]) -> list[Asked]:
    """The newest first."""
    on = kpi.organisation.today()
    return [
        Asked(
            words=asked(each.row, kpi.unit),
            since=each.since,
            holds=each.holds,
            is_ahead=each.since is not None and each.since > on,
            anew=each.since is not None and each.row["rebased_on"] == each.since,
            start=exact(each.row["baseline"] or 0, kpi.unit),
            reason=each.version.history_change_reason or "",
            by=each.version.history_user.name if each.version.history_user else "",
            at=each.version.history_date,
        )
        for each in reversed(found)
    ]


def asked(row: Mapping[str, Any], unit: str) -> str:
    """40 min, between 3 and 5 %, or that nothing is."""
    if row["direction"] == Kpi.Direction.MAINTAIN:
        return within(row["lower"], row["upper"], row["target"], unit) or _("No target")
    return _("No target") if row["target"] is None else exact(row["target"], unit)
