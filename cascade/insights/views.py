"""The page of the gaps in an organisation's goals: what to mend first, and how far the strategy reaches."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cascade.insights import checks, reading
from cascade.insights.coverage import coverage
from cascade.insights.lines import shown
from cascade.insights.words import TOLD
from goals.board import cycles_of
from goals.models import Cycle
from goals.views import addresses
from goals.views.board import picked
from kpis.models import Kpi

FEW, PAGE = 4, 50
MOST_LEDGER = 8


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every check that found something, with the first lines of each."""
    cycles, cycle = asked_cycle(request)
    if cycle is None:
        return render(request, "insights/overview.html", {"cycles": cycles, "cycle": None})
    company = reading.company(request.user, cycle)
    results = checks.run(company)
    worst = checks.worst_first(results)
    found = coverage(company)
    context = {
        "cycles": cycles,
        "cycle": cycle,
        "groups": grouped(shown(request.user, worst, FEW)),
        "checks": len(worst),
        "well": [TOLD[result.check.name].title for result in results if not result.count],
        "coverage": found,
        "ledger": ledger(found.ledger),
        "ledger_more": max(0, len(found.ledger) - MOST_LEDGER),
    }
    return render(request, "insights/overview.html", context)


@require_safe
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Everything that one check found."""
    check, cycle = checks.BY_NAME.get(name), asked_cycle(request)[1]
    if check is None or cycle is None:
        raise Http404
    company = reading.company(request.user, cycle, scores=check.name == "weakly_put")
    at = addresses.skip(request)
    [found] = shown(request.user, [checks.result_of(company, check)], PAGE, at)
    left = found.result.count - at - len(found.lines)
    context = {"cycle": cycle, "found": found, "next": at + PAGE if left > 0 else None, "left": left, "at": at}
    return render(request, "insights/one.html", context)


def grouped(found: list) -> list[tuple[str, list]]:
    """By how much they matter, the worst group first."""
    groups: dict[str, list] = {}
    for each in found:
        groups.setdefault(each.result.check.matters.name.lower(), []).append(each)
    return list(groups.items())


def ledger(rows: list) -> list[tuple[Kpi, Any]]:
    """The targets that were divided, those that fall short first."""
    order = sorted(rows, key=lambda row: (row.verdict != "short", row.source))[:MOST_LEDGER]
    kpis = Kpi.objects.select_related("goal").in_bulk([row.source for row in order])
    return [(kpis[row.source], row) for row in order if row.source in kpis]


def asked_cycle(request: HttpRequest) -> tuple[list[Cycle], Cycle | None]:
    cycles = list(cycles_of(request.user))
    return cycles, picked(request, cycles)
