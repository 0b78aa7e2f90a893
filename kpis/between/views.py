"""The page that says what changed about a goal between two days."""

import datetime as dt
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from goals import path
from goals.views.detail import seen
from kpis.between.reading import Effect, between

DAYS_BACK = 30


@require_safe
def changed(request: HttpRequest, pk: int) -> HttpResponse:
    goal = seen(request, pk)
    today = goal.organisation.today()
    until = day(request.GET.get("to"), today)
    since = day(request.GET.get("from"), until - dt.timedelta(days=DAYS_BACK))
    problem = wrong(since, until, today)
    if problem:
        until, since = today, today - dt.timedelta(days=DAYS_BACK)
    found = between(goal, request.user, since, until)
    if found is None:
        return render(request, "goals/not_then.html", {"goal": goal, "today_url": request.path}, status=404)
    above = path.above(goal, request.user)
    rows = [(each, bar(each, found.widest)) for each in found.all]
    context = {"goal": goal, "between": found, "rows": rows, "above": above, "today": today, "problem": problem}
    return render(request, "kpis/between.html", context, status=400 if problem else 200)


def bar(effect: Effect, widest: Decimal) -> dict[str, str]:
    """Where an effect's bar stands in a drawing from 0 to 100: from the middle to the right for what it gave."""
    width = float(abs(effect.together) / widest * 50) if widest else 0.0
    x = 50.0 if effect.together > 0 else 50.0 - width
    return {"x": f"{x:.2f}", "width": f"{width:.2f}", "tone": "gave" if effect.together > 0 else "took"}


def day(text: str | None, otherwise: dt.date) -> dt.date | None:
    """None where it is no date."""
    if not text:
        return otherwise
    try:
        return parse_date(text)
    except ValueError:
        return None


def wrong(since: dt.date | None, until: dt.date | None, today: dt.date) -> str:
    if since is None or until is None:
        return _("Give both days as dates.")
    if until > today:
        return _("The second day lies in the future.")
    return "" if since < until else _("The first day has to lie before the second.")
