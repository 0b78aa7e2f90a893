"""The strategy map: the page, what stands beside it, drawing, changing and erasing links."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.errors import Conflict, VersionMismatch
from goals import linking
from goals.access import Rights
from goals.models import CausalLink, Cycle, Goal
from goals.views import answers, fetching
from kpis.strategy import measures, words
from kpis.strategy.chart import Asked, chart, levels_of
from kpis.strategy.forms import DrawForm, EditForm
from kpis.strategy.links import weighed
from kpis.strategy.panels import goal_panel, link_panel, measure_form, seen_goal, seen_link
from kpis.strategy.picture import picture
from people import access
from people.models import Unit

read_or_write = require_http_methods(["GET", "HEAD", "POST"])
WORDS = {
    "self": gettext_lazy("A goal cannot lead to itself."),
    "linked": gettext_lazy("These two goals are linked already."),
    "rights": gettext_lazy("A link is drawn by who may edit one of its two goals; you may edit neither."),
    "circle": gettext_lazy("That would be a circle: %s."),
    "drop": gettext_lazy("“%s” should lead to “%s”. Let go to say why."),
    "choose": gettext_lazy(
        "What should “%s” lead to? Choose a goal with the arrows or type its title, then press Enter. Escape ends it."
    ),
    "chosen": gettext_lazy("%s. Press Enter to link."),
    "ended": gettext_lazy("No link is drawn."),
    "nothing": gettext_lazy("No goal begins with “%s”."),
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    cycles = fetching.cycles(request.user)
    asked = asked_of(request, cycles)
    if asked is None:
        return render(request, "strategy/empty.html", {"may_start": access.can_administer(request.user)})
    context = stage(request, asked) | {
        "cycles": cycles,
        "levels": levels_of(request.user),
        "units": list(Unit.objects.visible_to(request.user)),
        "words": {name: str(text) for name, text in WORDS.items()},
        "panel": panel_asked(request),
    }
    return render(request, "strategy/map.html", context)


def asked_of(request: HttpRequest, cycles: list[Cycle]) -> Asked | None:
    """The filters in the address; those that name nothing are as if they were not there."""
    asked = request.GET
    cycle = fetching.chosen(cycles, asked.get("cycle", ""), request.user.organisation.today())
    if cycle is None:
        return None
    units = Unit.objects.visible_to(request.user)
    unit = units.filter(pk=number(asked.get("unit", ""))).first() if asked.get("unit") else None
    depth = number(asked["depth"]) if asked.get("depth", "").isdecimal() else 1
    return Asked(cycle, min(depth, 100), unit, asked.get("show") == "linked")


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def stage(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """The picture with all that stands around it."""
    found = chart(request.user, asked)
    return {
        "chart": found,
        "picture": picture(found),
        "asked": asked,
        "sentence": words.sentence(found.links),
        "keep": kept(asked),
        "may_draw": bool(found.may_edit),
        "today": request.user.organisation.today(),
        "selected_link": number(request.GET.get("link", "")),
        "selected_goal": number(request.GET.get("goal", "")),
    }


def kept(asked: Asked) -> str:
    """What keeps an address at this map."""
    told = {
        "cycle": asked.cycle.pk,
        "depth": asked.depth,
        "unit": asked.unit and asked.unit.pk,
        "show": asked.linked and "linked",
    }
    return urlencode({name: value for name, value in told.items() if value not in (None, False)})


def panel_asked(request: HttpRequest) -> dict[str, Any]:
    """The panel that the address names: a link, a goal or neither; what is not there (any more) is neither."""
    if pk := number(request.GET.get("link", "")):
        link = CausalLink.objects.visible_to(request.user).filter(pk=pk).exists()
        return {"kind": "link", **link_panel(request, seen_link(request, pk))} if link else {}
    if pk := number(request.GET.get("goal", "")):
        goal = Goal.objects.visible_to(request.user).filter(pk=pk).exists()
        return {"kind": "goal", **goal_panel(request, seen_goal(request, pk))} if goal else {}
    return {}


def beside(request: HttpRequest, kind: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A panel: alone for the map, else a page of its own."""
    asked = asked_of(request, fetching.cycles(request.user))
    context = {"panel": {"kind": kind, **context}, "keep": kept(asked) if asked else ""}
    template = "strategy/panel.html" if request.htmx else "strategy/alone.html"
    return render(request, template, context, status=status)


@require_safe
def nothing(request: HttpRequest) -> HttpResponse:
    """The panel with nothing chosen."""
    return beside(request, "", {})


@require_safe
def link(request: HttpRequest, pk: int) -> HttpResponse:
    return beside(request, "link", link_panel(request, seen_link(request, pk)))


@require_safe
def goal(request: HttpRequest, pk: int) -> HttpResponse:
    return beside(request, "goal", goal_panel(request, seen_goal(request, pk)))


@read_or_write
def draw(request: HttpRequest) -> HttpResponse:
    asked = asked_of(request, fetching.cycles(request.user))
    if asked is None:
        raise Http404
    goals = Goal.objects.visible_to(request.user).filter(cycle=asked.cycle).exclude(state=Goal.State.CANCELLED)
    goals = goals.select_related("level", "unit", "owner__unit").order_by("level__rank", "tree_id", "lft")
    initial = {name: request.GET.get(name) for name in ("cause", "effect")}
    form = DrawForm(fetching.sent(request), goals=goals, initial=initial, auto_id="link_%s")
    if form.is_valid():
        if not Rights.of(request.user).can_link(form.cleaned_data["cause"], form.cleaned_data["effect"]):
            raise PermissionDenied(str(WORDS["rights"]))
        try:
            made = linking.draw(by=request.user, **form.cleaned_data)
        except Conflict as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as refusal:
            for name, errors in refusal.error_dict.items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            return changed(request, made, _("The link is drawn."))
    return beside(request, "draw", {"form": form}, 422 if form.errors else 200)


@read_or_write
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    link = editable(request, pk)
    (found,) = weighed(request.user, [link])
    told = {name: getattr(link, name) for name in ("hypothesis", "strength", "lag", "version")}
    form = EditForm(fetching.sent(request), initial=told, cadence=found.cadence, auto_id="link_%s")
    if form.is_valid():
        try:
            link = linking.revise(link, by=request.user, **form.cleaned_data)
        except VersionMismatch:
            form.add_error(None, _("Somebody else changed this link in the meantime. Nothing is saved; open it anew."))
        else:
            return changed(request, link, _("The link is changed."))
    return beside(request, "edit", {"form": form, "link": link}, 422 if form.errors else 200)


@read_or_write
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    link = editable(request, pk)
    if request.method != "POST":
        return beside(request, "erase", {"link": link})
    linking.erase(link, by=request.user)
    return changed(request, link, _("The link is deleted."), gone=True)


@require_POST
def undo(request: HttpRequest, history_id: int) -> HttpResponse:
    """Takes one change of a link back, unless somebody changed it since."""
    told = get_object_or_404(CausalLink.history.filter(organisation_id=request.user.organisation_id), pk=history_id)
    goals = (
        Goal.objects.visible_to(request.user)
        .select_related("unit", "owner__unit")
        .in_bulk([told.cause_id, told.effect_id])
    )
    if len(goals) < 2:
        raise Http404
    cause, effect = goals[told.cause_id], goals[told.effect_id]
    if not Rights.of(request.user).can_link(cause, effect):
        raise PermissionDenied(str(WORDS["rights"]))
    try:
        link = linking.take_back(told, cause, effect, by=request.user)
    except Conflict as refusal:
        return answers.refused(refusal)
    except ValidationError as refusal:
        return answers.refused(" ".join(refusal.messages))
    return changed(request, link or told, _("It is as it was."), gone=link is None, undoable=False)


@require_POST
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    goal = seen_goal(request, pk)
    if not Rights.of(request.user).can_edit(goal):
        raise PermissionDenied
    form = measure_form(request, goal, None, request.POST)
    if form.is_valid():
        measures.choose(goal, form.cleaned_data["kpi"], by=request.user)
        return shown_again(request, {"goal": goal.pk}, _("The measure is chosen."), "")
    return answers.refused(_("That KPI cannot stand for this goal."), 422)


def editable(request: HttpRequest, pk: int) -> CausalLink:
    link = seen_link(request, pk)
    if not Rights.of(request.user).can_link(link.cause, link.effect):
        raise PermissionDenied(str(WORDS["rights"]))
    return link


def changed(request, link, text: str, *, gone: bool = False, undoable: bool = True) -> HttpResponse:
    """The map after a change of a link, with the way to take it back."""
    last = CausalLink.history.filter(id=link.id).order_by("-history_id").values_list("history_id", flat=True).first()
    undo = f"{reverse('strategy:undo', args=[last])}?{request.GET.urlencode()}" if undoable else ""
    return shown_again(request, {} if gone else {"link": link.id}, text, undo)


def shown_again(request: HttpRequest, chosen: dict[str, int], text: str, undo: str) -> HttpResponse:
    asked = asked_of(request, fetching.cycles(request.user))
    if not request.htmx:
        messages.success(request, text)
        return redirect(f"{reverse('strategy:map')}?{kept(asked)}&{urlencode(chosen)}".rstrip("&"))
    request.GET = request.GET.copy()
    for name in ("link", "goal"):
        request.GET.pop(name, None)
    request.GET.update({name: str(value) for name, value in chosen.items()})
    context = stage(request, asked) | {"panel": panel_asked(request), "text": text, "undo": undo}
    return render(request, "strategy/changed.html", context)
