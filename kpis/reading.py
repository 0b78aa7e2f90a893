"""KPIs as rows with their figures, now and at any date: the same rows for lists, pages and API.

The number of queries does not depend on the number of rows.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import F, Q

from goals import past
from goals.models import DirtyMark
from kpis.dated import DATED
from kpis.models import Kpi
from kpis.scoring import (
    COMES_FROM,
    DEFINITION,
    LIFE,
    STORED,
    asked,
    lives_known,
    score_of,
    stored_figures,
    values_then,
    with_life,
)
from people.models import Organisation, Person

Row = dict[str, Any]

OWN = (
    "id",
    "external_id",
    "version",
    "goal_id",
    "key",
    "name",
    "definition",
    "unit",
    *DEFINITION,
    "rebased_on",
    "targets",
    "indicator",
    *COMES_FROM[1:],
    "source_note",
    "data_owner_id",
    "state",
    "benchmark",
    "benchmark_source",
    "benchmark_on",
    "created_at",
    "updated_at",
)
# A row's `stretch` is the value aimed at, not how much of it is reached.
FIGURES = tuple(name for name in STORED if name not in ("stretch", "share"))

FORECAST = {"forecast_point": "forecast__point", "forecast_probability": "forecast__probability"}


def rows(person: Person, ids: Collection[int]) -> list[Row]:
    """These KPIs, in this order, without those the person may not see.

    Beside what people decided (OWN) and the stored figures (FIGURES, None before the first roll-up) a row has
    `measured_from` and `measured_until`, `stretch_progress`, `rolled_up` and `rolled_up_at`.
    """
    figures = {name: F(f"figures__{name}") for name in (*FIGURES, "rolled_up_at")}
    kpis = Kpi.objects.visible_to(person).filter(pk__in=ids).order_by()
    figures |= {name: F(held) for name, held in FORECAST.items()}
    found = {row["id"]: row for row in kpis.values(*OWN, *LIFE, stretch_progress=F("figures__stretch"), **figures)}
    pending = pending_kpis(person.organisation_id, found)
    for row in found.values():
        row["rolled_up"] = row["status"] is not None and not pending & {row["id"], None}
        row["reason"] = row["reason"] or None
        live(row)
    return [found[pk] for pk in ids if pk in found]


def rows_at(person: Person, ids: Collection[int], on: dt.date | None, known: dt.datetime | None) -> list[Row]:
    """The same with the figures of a date, from what had been recorded by a moment; KPIs that were not there yet are
    left out. Definitions, goals' dates and settings are those known then."""
    organisation = person.organisation
    settings = organisation if known is None else past.organisation_known(organisation, known)
    on = on or organisation.today()
    visible = set(Kpi.objects.visible_to(person).filter(pk__in=ids).values_list("pk", flat=True))
    found = {row["id"]: row for row in told(organisation, visible, known)}
    values, _ = values_then(organisation, [with_life(dict(row)) for row in found.values()], on, known)
    for row in found.values():
        then = asked(dict(row), on)
        score = score_of(settings, then, values[row["id"]], on)
        figures = stored_figures(score)
        row |= {name: then[name] for name in DATED}
        row |= {name: figures[name] for name in FIGURES}
        row |= dict.fromkeys(FORECAST)  # a forecast is made for the day it is made on
        row |= {"reason": score.reason, "stretch_progress": score.stretch, "rolled_up": True, "rolled_up_at": None}
        live(row)
    return [found[pk] for pk in ids if pk in found]


def told(organisation: Organisation, ids: Collection[int], known: dt.datetime | None) -> Iterable[Row]:
    """Definitions with the dates of their goal and cycle, now or as recorded by `known`."""
    if known is None:
        return Kpi.objects.filter(pk__in=ids).order_by().values(*OWN, *LIFE)
    kpis = past.rows_known(Kpi.history, organisation, known, ids=ids)
    lives = lives_known(organisation, known, {kpi["goal_id"] for kpi in kpis})
    return [{**kpi, **lives[kpi["goal_id"]]} for kpi in kpis if kpi["goal_id"] in lives]


def live(row: Row) -> None:
    """Names the KPI's life: its own dates, else the goal's, else the cycle's."""
    life = with_life(dict(row))
    row["measured_from"], row["measured_until"] = life["start"], life["due"]


def pending_kpis(organisation_id: int, ids: Iterable[int]) -> set[int | None]:
    """Those with something committed that has not been scored yet; None stands for all of them."""
    marks = DirtyMark.objects.filter(organisation_id=organisation_id).filter(Q(kpi_id__in=ids) | Q(goal=None))
    return set(marks.values_list("kpi_id", flat=True))
