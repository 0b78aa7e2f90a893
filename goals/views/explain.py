"""Where a goal's number comes from: the page, and the same as a file."""

import csv
import datetime as dt
from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cascade.templatetags.ui import exact
from goals import path, sheet, waterfall
from goals.calculation import Row, Table
from goals.detail import Unknown
from goals.views import addresses, moments
from goals.views.detail import seen

TERMS = 5
MOST_OPEN = 200


@require_safe
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    goal, moment = seen(request, pk), moments.asked(request)
    opened, how = (addresses.ids(request.GET.get(name), MOST_OPEN) for name in ("open", "how"))
    try:
        table = Table(goal, request.user, moment, opened, how or [], addresses.skip(request))
    except Unknown:
        return render(request, "goals/not_then.html", {"goal": goal, "today_url": request.path}, status=404)
    figures = table.nearby.figures[goal.pk]
    stored = None if moment.is_past else getattr(goal, "figures", None)
    terms = table.terms
    context = {
        "goal": goal,
        "title": table.nearby.told[goal.pk]["title"],
        "moment": moment,
        "today": goal.organisation.today(),
        "yesterday": table.nearby.on - dt.timedelta(days=1),
        "table": table,
        "figures": figures,
        "line": table.line,
        "figure": waterfall.figure_of(table.line),
        "terms": terms[:TERMS],
        "other_terms": terms[TERMS:],
        "others": sum(line["shown"] for line in terms[TERMS:]),
        "rows": [(row, marks(request, row, table, how or [])) for row in table.rows],
        "stored": stored,
        "proof": None if figures.progress is None else exact(figures.progress * 100),
        "agrees": stored is not None and stored.progress == figures.progress,
        "pending": goal.pending and not moment.is_past,
        "above": path.above(goal, request.user),
        "csv_url": reverse("goals:explain_csv", args=[pk]) + moment.query,
        "organisation": goal.organisation,
    }
    return render(request, "goals/explain.html", context)


def marks(request: HttpRequest, row: Any, table: Table, how: Collection[int]) -> dict[str, str]:
    """Where a row's mark leads: the same page with the row opened or closed, or further parts."""
    if row.kind == "goal":
        return {"toggle": toggled(request, "open", row, table.opened, how)}
    if row.kind == "kpi":
        return {"toggle": toggled(request, "how", row, table.opened, how)}
    return {}


def toggled(request: HttpRequest, name: str, row: Row, opened: Collection[int], how: Collection[int]) -> str:
    lists = {"open": list(opened), "how": list(how)}
    held, pk = lists[name], row.line["id"]
    lists[name] = [each for each in held if each != pk] if pk in held else [*held, pk]
    query = request.GET.copy()
    for each, ids in lists.items():
        query[each] = ",".join(map(str, ids))
    return f"?{query.urlencode(safe=',')}#{row.line['kind']}-{pk}"


@require_safe
def explain_csv(request: HttpRequest, pk: int) -> HttpResponse:
    goal, moment = seen(request, pk), moments.asked(request)
    try:
        rows = sheet.rows(goal, request.user, moment)
    except Unknown:
        return render(request, "goals/not_then.html", {"goal": goal, "today_url": request.path}, status=404)
    writer = csv.writer(Echo())
    content = (writer.writerow(cells) for cells in [sheet.COLUMNS, *map(sheet.cells, rows)])
    answer = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="goal-{pk}-calculation.csv"'
    return answer


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
