"""Moving a goal: where it may go, what that would do, doing it, and taking it back."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cascade.errors import Conflict
from cascade.templatetags.ui import percent_text
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
    effects = moves.effects(goal, parent, request.user) if parent != old_parent else []
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
    effects = [] if why else moves.effects(goal, parent, request.user)
    return render(request, "goals/tree/effects.html", {"goal": goal, "parent": parent, "why": why, "effects": effects})


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


def places(request: HttpRequest, goal: Goal) -> dict:
    """Goals of the cycle below which it may stand, or not and why; those that it may first."""
    person, text = request.user, request.GET.get("q", "").replace("\0", "").strip()[:200]
    rights = Rights.of(person)
    found = Goal.objects.visible_to(person).filter(cycle=goal.cycle, level__rank__lte=goal.level.rank)
    found = found.exclude(Q(tree_id=goal.tree_id, lft__gte=goal.lft, rght__lte=goal.rght)).open()
    if text:
        found = found.filter(written(text))
    found = found.select_related("level", "unit", "owner__unit", "parent").in_tree_order()[:PLACES]
    told = [(place, moves.against(rights, goal, place)) for place in found if place.pk != goal.parent_id]
    return {"q": text, "places": sorted(told, key=lambda place: bool(place[1])), "can_top": top(rights, goal)}


def top(rights: Rights, goal: Goal) -> bool:
    return goal.parent_id is not None and not moves.against(rights, goal, None)


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
