"""The page of one goal, its whole history, and taking it away."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cascade.errors import Conflict
from goals import advice, path, smart_panel, tree, trend, trend_chart, undo, words
from goals.access import Rights
from goals.detail import MOST_CHANGES, MOST_PARTS, Detail, Unknown
from goals.history import changes
from goals.kpi_source import source
from goals.models import Goal
from goals.nodes import ONE, Method
from goals.views import alignments, moments
from goals.voices import section

FOLD_AFTER = 8  # rows of a long table; print shows all of them
JOINED = ("organisation", "level", "owner__unit", "unit", "cycle", "perspective", "parent", "forecast")
NOTES = {
    Method.weighted_mean: gettext_lazy("Weight × progress = points. The points add up exactly"),
    Method.weakest_link: gettext_lazy("The weakest part decides"),
    Method.own_kpis: gettext_lazy("Only its own KPIs count. The points add up exactly"),
}


def seen(request: HttpRequest, pk: int) -> Goal:
    goals = Goal.objects.visible_to(request.user).select_related(*JOINED).with_freshness()
    return get_object_or_404(goals, pk=pk)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    goal, moment = seen(request, pk), moments.asked(request)
    try:
        shown = Detail(goal, request.user, moment)
    except Unknown:
        return render(request, "goals/not_then.html", {"goal": goal, "today_url": request.path}, status=404)
    above = path.above(goal, request.user)
    told = shown.nearby.told[goal.pk]
    parts, points = shown.line["parts"], shown.trend
    context = {
        "goal": goal,
        "detail": shown,
        "moment": moment,
        "today": goal.organisation.today(),
        "above": above,
        "title": told["title"],
        "why": told["why"],
        "owner": shown.owner,
        "figures": shown.figures,
        "fresh": None if shown.figures.stale_share is None else ONE - shown.figures.stale_share,
        "cost": shown.strategic_cost,
        "top": above[0] if above else None,
        "would_be": shown.would_be,
        "notice": shown.notice,
        "parts": parts[:MOST_PARTS] if len(parts) > 1 or not shown.kpis else [],
        "unlisted": shown.unlisted,
        "line": shown.line,
        "method_note": NOTES[Method(goal.rollup_method)],
        "kpis": [kpi_row(shown, row) for row in shown.kpis],
        "troubles": shown.troubles,
        "stops": shown.stops,
        "left_out": shown.left_out,
        "aligned": goal.level.rank == 0,
        "points": points if sum(point.progress is not None for point in points) > 1 else [],
        "figure": trend_chart.figure_of(points) if points else None,
        "months": trend.by_month(points),
        "trend_says": words.trend(points),
        "changes": shown.changes[:MOST_CHANGES],
        "more_changes": len(shown.changes) > MOST_CHANGES,
        "fold_after": FOLD_AFTER if max(len(shown.kpis), len(parts)) > FOLD_AFTER + 2 else MOST_PARTS,
        "pending": goal.pending and not moment.is_past,
        **doors(shown),
        **({} if moment.is_past else around(request, shown)),
    }
    return render(request, "goals/detail.html", context)


def around(request: HttpRequest, shown: Detail) -> dict[str, Any]:
    """What is planned and said around the goal, as it is now. `?initiative=7` opens one of the initiatives."""
    opened = request.GET.get("initiative", "")
    return {
        **source().around(shown.goal, shown.rights),
        "opened_initiative": int(opened) if opened.isascii() and opened.isdigit() else None,
        **alignments.context(shown.goal, shown.rights),
        **section.context(request, shown.goal, may_signal=shown.may_signal),
        "smart": smart_panel.on_page(advice.verdict(shown.goal), shown.goal, shown.may_edit),
    }


def kpi_row(shown: Detail, row: dict[str, Any]) -> dict[str, Any]:
    kpi, score = row["kpi"], row["score"]
    why = "" if score.progress is not None else shown.nearby.scores.calculation(kpi["id"]).steps[0].note
    return row | {
        "url": reverse("kpis:detail", args=[kpi["id"]]) + ("#record" if row["may_record"] else ""),
        "target": words.target(kpi),
        "why": why,
    }


def doors(shown: Detail) -> dict[str, Any]:
    """Where the reader may go from here to change something; only what the reader may do is offered."""
    goal, moment = shown.goal, shown.moment
    edit = reverse("goals:edit", args=[goal.pk]) if shown.may_edit else ""
    actions = [Door(_("Edit"), "pencil", edit)]
    more = [
        Door(_("Thank somebody"), "award", "" if moment.is_past else "?say=thanks"),
        Door(_("Send a signal"), "flag", "?say=signal" if shown.may_signal else ""),
        Door(_("Add a goal below"), "plus", reverse("goals:new", args=[goal.pk]) if shown.may_edit else ""),
        Door(
            _("Break down"),
            "split",
            reverse("kpis:break_down", args=[goal.pk]) if shown.may_edit and goal.is_open else "",
        ),
        Door(_("Change its state"), "play", reverse("goals:state", args=[goal.pk]) if shown.may_edit else ""),
        Door(_("See an earlier date"), "history", "" if moment.is_past else f"?as_of={shown.yesterday:%Y-%m-%d}"),
        Door(_("What changed"), "scale", reverse("kpis:changed", args=[goal.pk])),
        Door(_("What if"), "lab", "" if moment.is_past else f"{reverse('kpis:whatif')}?key=goal-{goal.pk}"),
        Door(_("Delete"), "close", reverse("goals:delete", args=[goal.pk]) if shown.may_delete else ""),
    ]
    return {
        "actions": [door for door in actions if door.url],
        "more": [door for door in more if door.url],
        "edit_url": edit,
        "add_kpi_url": reverse("kpis:new", args=[goal.pk]) if shown.may_edit else "",
    }


class Door(NamedTuple):
    words: str
    icon: str
    url: str


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    goal = seen(request, pk)
    context = {"goal": goal, "above": path.above(goal, request.user), "changes": changes(goal, request.user)}
    return render(request, "goals/history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    goal = seen(request, pk)
    if not Rights.of(request.user).can_edit(goal):
        raise PermissionDenied
    refusal = ""
    if request.method == "POST":
        try:
            with undo.act(request.user, _("“%(goal)s” deleted") % undo.called(goal.title)):
                tree.delete(goal, by=request.user)
        except (Conflict, ValidationError) as error:
            refusal = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        else:
            messages.success(request, _("%(title)s is deleted.") % {"title": goal.title})
            return redirect("goals:detail", goal.parent_id) if goal.parent_id else redirect("/")
    context = {"goal": goal, "above": path.above(goal, request.user), "refusal": refusal, "kpis": goal.kpis.count()}
    return render(request, "goals/delete.html", context, status=409 if refusal else 200)
