"""The calendar of reviews: month by month, or a fiscal year at once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reviews import access, schedule
from reviews.calendar import finding, year
from reviews.calendar.finding import MONTHS, MOST, ReviewFilter, moved


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    wanted = ReviewFilter(request.GET, person=request.user)
    shown = year_of if wanted.view == "year" else list_of
    context = {
        "filter": wanted,
        "today": wanted.today,
        "may_choose": access.can_choose(request.user),
        "whose": [(each, wanted.query(whose=each)) for each in ("mine", "all")],
        "views": [(each, wanted.query(view=each, **{"from": ""})) for each in finding.VIEWS],
        "cleared": wanted.query(unit="", level="", state="", goal=""),
        **shown(wanted),
    }
    return render(request, "reviews/calendar/calendar.html", context)


def list_of(wanted: ReviewFilter) -> dict[str, Any]:
    """What is overdue, and what is reviewed in three months from the one that the address names."""
    rows, first = wanted.reviews(), wanted.first
    late = finding.overdue(rows, wanted.today)
    within = rows if wanted.is_whole else rows.filter(day__gte=first, day__lt=moved(first, MONTHS))
    apart = not wanted.cleaned_data.get("state") and not wanted.is_whole and not wanted.data.get("from")
    months = finding.by_month(within.exclude(pk__in=late) if apart else within, wanted.person)
    counted = late.count()
    return {
        "owed": finding.for_lines(late, wanted.person)[:MOST] if apart and counted else [],
        "owed_count": counted,
        "months": months,
        "left": max(0, sum(month.count for month in months) - MOST),
        "most": MOST,
        "earlier": address(wanted, moved(first, -MONTHS)),
        "later": address(wanted, moved(first, MONTHS)),
    }


def address(wanted: ReviewFilter, first) -> tuple[Any, str]:
    return first, wanted.query(**{"from": f"{first:%Y-%m}"})


def year_of(wanted: ReviewFilter) -> dict[str, Any]:
    fiscal = schedule.fiscal_of(wanted.person.organisation)
    shown = year.year_around(wanted.first, fiscal)
    lanes = year.lanes(wanted.reviews(), shown, wanted.today)
    others = [year.year_around(moved(shown.first, months), fiscal) for months in (-12, 12)]
    return {
        "year": shown,
        "lanes": lanes,
        "total": year.summed(lanes),
        "now": shown.place(wanted.today) if shown.holds(wanted.today) else "",
        "earlier": (others[0].name, address(wanted, others[0].first)[1]),
        "later": (others[1].name, address(wanted, others[1].first)[1]),
        "has_goals": any(lane.goals for lane in lanes),
        "to_list": wanted.query(view="list", level="", goal="", **{"from": ""}),
    }
