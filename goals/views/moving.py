"""Moving a goal: where it may go, what that would do, doing it, and taking it back."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cascade.errors import Conflict
from cascade.templatetags.ui import percent_text
from cascade.wire import MOST_ROWS
from goals import moves, tree, undo
from goals.access import Rights
from goals.filters import written
from goals.models import Act, Goal
from goals.views import answers, fetching
from goals.views.editing import read_or_write

PLACES = 30


@read_or_write
def move(request: HttpRequest, goal_id: int) -> HttpResponse:
    """Asked: the dialog "Move to...". Sent: moves below `parent` (empty: the top), `before` or `after` a sibling."""
    goal = fetching.editable(request.user, goal_id)
    if request.method != "POST":
        context = {"goal": goal, **places(request, goal)}
        return render(request, "goals/tree/move.html" if request.htmx else "goals/move.html", context)
    parent, before = target(request)
    if why := moves.against(Rights.of(request.user), goal, parent):
        return answers.refused(why, 403 if why in (moves.MAY_NOT, moves.MAY_NOT_BELOW) else 409)
    old_parent = goal.parent
    effects = moves.effects([goal], parent, request.user) if parent != old_parent else []
    done = where(goal, parent, old_parent)
    try:
        with undo.act(request.user, done) as act:
            moved = tree.move(goal, parent, before=before, by=request.user)
    except (ValidationError, Conflict) as refusal:
        return answers.refused(sentence(refusal))
    below = [old_parent and old_parent.pk, parent and parent.pk]
    return answers.changed(request, moved, f"{done}.{what_followed(effects)}", below=below, act=act)


@require_safe
def preview(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = fetching.seen(request.user, goal_id)
    parent = target(request)[0]
    why = moves.against(Rights.of(request.user), goal, parent)
    effects = [] if why else moves.effects([goal], parent, request.user)
    return render(request, "goals/tree/effects.html", {"goal": goal, "parent": parent, "why": why, "effects": effects})


@read_or_write
def move_together(request: HttpRequest) -> HttpResponse:
    """Asked: where these goals may go. Sent: moves them below `parent`, one after the other, as one act."""
    goals = several(request)
    if request.method != "POST":
        ids = ",".join(str(goal.pk) for goal in goals)
        context = {"goal": goals[0], "goals": goals, "ids": ids, **places(request, *goals)}
        return render(request, "goals/tree/move.html", context)
    parent, before = target(request)
    rights = Rights.of(request.user)
    for goal in goals:
        if why := moves.against(rights, goal, parent):
            return answers.refused(f"{answers.called(goal)}: {why}", 403 if not rights.can_edit(goal) else 409)
    effects = moves.effects(goals, parent, request.user)
    below = [parent and parent.pk, *(goal.parent_id for goal in goals)]
    done = moved_words(len(goals), parent)
    try:
        with undo.act(request.user, done) as act:
            for goal in goals:
                tree.move(goal, parent, before=before, by=request.user)
    except (ValidationError, Conflict) as refusal:
        return answers.refused(sentence(refusal))
    text = f"{done}.{what_followed(effects)}"
    return answers.changed_together(request, goals, text, below=below, act=act)


@require_safe
def preview_together(request: HttpRequest) -> HttpResponse:
    goals, (parent, _before) = several(request), target(request)
    why = against(Rights.of(request.user), goals, parent)
    effects = [] if why else moves.effects(goals, parent, request.user)
    context = {"goal": goals[0], "parent": parent, "why": why, "effects": effects}
    return render(request, "goals/tree/effects.html", context)


def several(request: HttpRequest) -> list[Goal]:
    """The goals a request names, in tree order, without those that stand below another of them; 404 without any."""
    ids = [number(text) for text in (request.POST or request.GET).get("goals", "").split(",")][:MOST_ROWS]
    seen = Goal.objects.visible_to(request.user).filter(pk__in=ids).select_related(*fetching.JOINED).in_tree_order()
    goals: list[Goal] = []
    for goal in seen:
        above = goals[-1] if goals else None
        if above is None or above.tree_id != goal.tree_id or above.rght < goal.lft:
            goals.append(goal)
    if not goals:
        raise Http404
    return goals


def moved_words(count: int, parent: Goal | None) -> str:
    if parent is None:
        return ngettext("%(count)d goal stands at the top now", "%(count)d goals stand at the top now", count) % {
            "count": count
        }
    words = ngettext("%(count)d goal stands below %(goal)s now", "%(count)d goals stand below %(goal)s now", count)
    return words % {"count": count, "goal": answers.called(parent)}


@require_POST
def take_back(request: HttpRequest, act_id: int) -> HttpResponse:
    """Undoes an act of this person, all of it or nothing."""
    act = get_object_or_404(Act.objects.visible_to(request.user), pk=act_id)
    try:
        return answers.taken_back(request, undo.take_back(act, request.user))
    except Conflict as refusal:
        return answers.refused(refusal)


def target(request: HttpRequest) -> tuple[Goal | None, Goal | None]:
    """The parent and the goal to stand before, of what a request names; 404 when it names what nobody may see."""
    sent = request.POST or request.GET
    parent = fetching.seen(request.user, number(sent["parent"])) if sent.get("parent") else None
    if sent.get("before"):
        return parent, fetching.seen(request.user, number(sent["before"]))
    if sent.get("after"):
        return parent, tree.neighbour_after(fetching.seen(request.user, number(sent["after"])))
    return parent, None


def places(request: HttpRequest, *goals: Goal) -> dict:
    """Goals of the cycle below which these may stand, or not and why; those that they may first."""
    person, text = request.user, request.GET.get("q", "").replace("\0", "").strip()[:200]
    rights = Rights.of(person)
    highest = min(goal.level.rank for goal in goals)
    found = Goal.objects.visible_to(person).filter(cycle=goals[0].cycle, level__rank__lte=highest).open()
    for goal in goals:
        found = found.exclude(Q(tree_id=goal.tree_id, lft__gte=goal.lft, rght__lte=goal.rght))
    if text:
        found = found.filter(written(text))
    found = found.select_related("level", "unit", "owner__unit", "parent").in_tree_order()[:PLACES]
    here = {goal.parent_id for goal in goals}
    told = [(place, against(rights, goals, place)) for place in found if here != {place.pk}]
    can_top = here != {None} and not against(rights, goals, None)
    return {"q": text, "places": sorted(told, key=lambda place: bool(place[1])), "can_top": can_top}


def against(rights: Rights, goals: Iterable[Goal], parent: Goal | None) -> str:
    """Why not all of these may go there; empty when they may."""
    return next((why for goal in goals if (why := moves.against(rights, goal, parent))), "")


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def where(goal: Goal, parent: Goal | None, old: Goal | None) -> str:
    if parent == old:
        words = _("%(goal)s has another place among its siblings")
    else:
        words = _("%(goal)s stands below %(parent)s now") if parent else _("%(goal)s stands at the top now")
    return words % {"goal": answers.called(goal), "parent": parent and answers.called(parent)}


def what_followed(effects: list[moves.Effect]) -> str:
    """What the move makes of the nearest goals above, said with the move."""
    sentence = _("%(goal)s goes from %(before)s to %(after)s.")
    told = [
        {
            "goal": answers.called(effect.goal),
            "before": percent_text(effect.before),
            "after": percent_text(effect.after),
        }
        for effect in effects
        if effect.difference
    ]
    return "".join(f" {sentence % each}" for each in told[:2])


def sentence(refusal: ValidationError | Conflict) -> str:
    return " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
