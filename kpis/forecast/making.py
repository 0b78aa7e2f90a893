"""Makes an organisation's forecasts anew where something changed: rows in, the pure engine in the middle, figures out.

It takes no lock: marks that come while it works stay and ask again. The trees with a mark are taken as wholes, since a
goal's chance is drawn from all KPIs below it. The number of queries does not depend on the number of goals. Only the
worker imports this module: it loads scipy.
"""

import datetime as dt
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils import timezone

from goals import past
from goals.kpi_source import source
from goals.models import Goal
from goals.nodes import stored
from kpis.forecast.arriving import Arrival, arrivals
from kpis.forecast.drawn import Seed, drawn_progress, with_drawn_spread
from kpis.forecast.trend import Forecast, State, forecast, is_spread_known
from kpis.models import ForecastMark, ForecastRun, GoalForecast, Kpi, KpiForecast
from kpis.scoring import current, definition_of, fiscal_of
from people.models import Organisation

BATCH = 2000
MOST_ON_PATH = 60
KPI_FIGURES = ("slope", "intercept", "point", "progress", "sd", "low", "high", "probability")
GOAL_FIGURES = ("progress", "share", "low", "high", "mostly", "wholly")
KPI_FIELDS = ("state", "n", "needed", "is_drawn", *KPI_FIGURES, "path", "due", "on")
GOAL_FIELDS = (*GOAL_FIGURES, "on")

Row = dict[str, Any]


def make(organisation_id: int) -> int:
    """Brings the forecasts up to date with all roll-ups committed before; returns how many changed."""
    marks = list(ForecastMark.objects.filter(organisation_id=organisation_id))
    if not marks:
        return 0
    organisation, began = Organisation.objects.get(pk=organisation_id), time.monotonic()
    changed = renew(organisation, organisation.today(), marked(organisation, marks))
    ForecastMark.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    run = {"made_at": timezone.now(), "took": time.monotonic() - began}
    ForecastRun.objects.update_or_create(organisation=organisation, defaults=run)
    return changed


def marked(organisation: Organisation, marks: Collection[ForecastMark]) -> list[int] | None:
    """All goals of the trees with a mark; None: all of the organisation."""
    if any(mark.kpi_id is None and mark.goal_id is None for mark in marks):
        return None
    kpis = Kpi.objects.filter(organisation_id=organisation.pk, pk__in={mark.kpi_id for mark in marks if mark.kpi_id})
    touched = {mark.goal_id for mark in marks if mark.goal_id} | set(kpis.values_list("goal_id", flat=True))
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    trees = goals.filter(pk__in=touched).values("tree_id")
    return list(goals.filter(tree_id__in=trees).order_by().values_list("pk", flat=True))


def renew(organisation: Organisation, on: dt.date, goal_ids: Collection[int] | None) -> int:
    """Makes the forecasts of these goals (None: all), which are whole trees, and of their KPIs."""
    goals = Goal.objects.filter(organisation_id=organisation.pk)
    if goal_ids is not None:
        goals = goals.filter(pk__in=goal_ids)
    nodes = past.nodes(list(goals.order_by("pk").values(*past.COLUMNS)))
    scores = source().stored(organisation, on, (), goal_ids)
    active = {pk: row for pk, row in scores.rows.items() if row["state"] == Kpi.State.ACTIVE}
    found = foretold(organisation, active, on, None if goal_ids is None else list(active))

    def draw(goal: Any, kpi: Any) -> Any:
        return drawn_progress(found[kpi], Seed(organisation.pk, goal, on), kpi)

    foreseen = {pk: each.progress for pk, each in found.items() if each.progress is not None}
    arrived = arrivals(nodes, scores.parts, foreseen, draw, on, past.thresholds(organisation))
    now = timezone.now()
    least = organisation.forecast_from
    kpi_rows = {pk: kpi_row(each, active[pk]["due"], on, least) for pk, each in found.items()}
    goal_rows = {pk: goal_row(each, on) for pk, each in arrived.items()}
    return keep(organisation, KpiForecast, "kpi", KPI_FIELDS, kpi_rows, list(scores.rows), now) + keep(
        organisation, GoalForecast, "goal", GOAL_FIELDS, goal_rows, [node.id for node in nodes], now
    )


def foretold(
    organisation: Organisation, rows: Mapping[int, Row], on: dt.date, only: Collection[int] | None
) -> dict[int, Forecast]:
    values, fiscal = current(organisation, only), fiscal_of(organisation)
    found = {}
    for pk, row in rows.items():
        made = forecast(definition_of(row), values[pk], on, fiscal, organisation.grace, organisation.forecast_from)
        found[pk] = with_drawn_spread(made, Seed(organisation.pk, row["goal_id"], on), pk)
    return found


def kpi_row(made: Forecast, due: dt.date | None, on: dt.date, least: int) -> Row:
    figures = {name: kept(getattr(made, name)) for name in KPI_FIGURES}
    is_drawn = made.course is not None and not is_spread_known(made.course.definition)
    told = {"state": str(made.state), "n": made.n, "needed": least, "is_drawn": is_drawn, "due": due, "on": on}
    return told | figures | {"path": path(made) if made.state == State.ok else []}


def path(made: Forecast) -> list[list[str]]:
    """The way ahead, of many periods some, the last one always."""
    step = -(-len(made.path) // MOST_ON_PATH) or 1
    shown = made.path[::-1][::step][::-1]
    return [[each.period.life_end.isoformat(), *(str(value) for value in each[1:])] for each in shown]


def goal_row(arrival: Arrival, on: dt.date) -> Row:
    return {name: kept(getattr(arrival, name)) for name in GOAL_FIGURES} | {"on": on}


def kept(value: Any) -> Any:
    return None if value is None else stored(value)


def keep(
    organisation: Organisation,
    model: type[Model],
    about: str,
    fields: Sequence[str],
    rows: Mapping[int, Row],
    considered: Collection[int],
    now: dt.datetime,
) -> int:
    """Writes what changed and takes away what is foretold no longer."""
    held = model.objects.filter(organisation_id=organisation.pk).values(f"{about}_id", *fields)
    before = {row.pop(f"{about}_id"): row for row in held}
    changed = {pk: row for pk, row in sorted(rows.items()) if row != before.get(pk)}
    still_there = set((Kpi if about == "kpi" else Goal).objects.filter(pk__in=changed).values_list("pk", flat=True))
    model.objects.bulk_create(
        [
            model(**{f"{about}_id": pk}, organisation_id=organisation.pk, made_at=now, **row)
            for pk, row in changed.items()
            if pk in still_there
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[about],
        update_fields=[*fields, "made_at"],
    )
    gone = (set(considered) & before.keys()) - rows.keys()
    model.objects.filter(pk__in=gone).delete()
    return len(changed) + len(gone)
