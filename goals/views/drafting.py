"""The goal tree in a draft: moves are collected instead of made, and shown as if they were."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from goals import columns, drafted, drafts
from goals.access import Rights
from goals.drafted import DraftOutline, Shape, moves_of
from goals.models import Draft, Goal
from goals.outline import ROWS, Line, Part
from goals.views import answers, fetching, panel
from goals.views.addresses import ids, skip
from goals.views.editing import read_or_write
from goals.views.moving import number, places
from goals.views.tree import MOST_GROUPS, freshness, shown_open

COLUMNS = columns.chosen("owner,weight,progress,status")
WHY_NOT = {
    "forbidden": gettext_lazy("You may not move this goal there."),
    "goal_cycle": gettext_lazy("A goal cannot stand below itself."),
    "other_cycle": gettext_lazy("The two goals belong to different cycles."),
    "parent_ended": gettext_lazy("The goal above has ended; nothing open can stand below it."),
    "level_above_parent": gettext_lazy("Its level stands above the level of that goal."),
}


def own(request: HttpRequest, draft_id: int) -> Draft:
    mine = Draft.objects.visible_to(request.user).filter(owner=request.user, state=Draft.State.OPEN)
    return get_object_or_404(mine, pk=draft_id)


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    person = request.user
    name = _("Re-organisation, %(day)s") % {"day": date_format(person.organisation.today(), "j M")}
    draft = Draft.objects.create(organisation=person.organisation, owner=person, name=name)
    return redirect(f"{reverse('goals:draft', args=[draft.pk])}?cycle={fetching.cycle(request).pk}")


@require_safe
def page(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft, cycle = own(request, draft_id), fetching.cycle(request)
    moves = moves_of(draft)
    outline = DraftOutline(request.user, cycle, moves)
    opened = ids(request.GET.get("open"))
    part = outline.tree(outline.beginning() if opened is None else opened, skip(request))
    context = {
        "draft": draft,
        "cycle": cycle,
        "entries": told(part.entries, outline),
        "part": part,
        "next": skip(request) + ROWS if part.left else None,
        "columns": COLUMNS,
        "open": ",".join(map(str, shown_open(part))),
        "today": request.user.organisation.today(),
        **bar(draft),
        **freshness(request.user),
    }
    return render(request, "goals/draft.html", context)


def bar(draft: Draft) -> dict:
    """How many moves there are, and the last one, which can be taken back."""
    moves = drafts.moves(draft.changes)
    last = next(reversed(moves.values()), None)
    undo = reverse("goals:draft_back", args=[draft.pk]) if last else ""
    return {"draft": draft, "count": len(moves), "undo": undo, "last": last["title"] if last else ""}


def told(entries: list, outline: DraftOutline) -> list:
    """Each line with where it stands today, if it is to stand elsewhere."""
    moved = [line for line in entries if isinstance(line, Line) and line.spot.id in outline.moved]
    homes = outline.visible.in_bulk([line.goal.parent_id for line in moved if line.goal.parent_id])
    for line in moved:
        home = homes.get(line.goal.parent_id)
        line.moved = True
        line.home = home.title if home else _("a restricted goal") if line.goal.parent_id else _("the top")
    return entries


@require_safe
def rows(request: HttpRequest, draft_id: int) -> HttpResponse:
    """What the tree asks for, as goals.views.tree.rows answers it."""
    draft, cycle = own(request, draft_id), fetching.cycle(request)
    outline = DraftOutline(request.user, cycle, moves_of(draft))
    below = ids(request.GET.get("below")) or []
    parents = list(outline.visible.filter(pk__in=below, cycle=cycle)[:MOST_GROUPS])
    part = outline.below(parents, tops=0 in below) if parents or 0 in below else Part()
    named = set((ids(request.GET.get("goals")) or [])[:ROWS])
    lines = [*part.entries, *(outline.named(named) if named else [])]
    context = {
        "draft": draft,
        "cycle": cycle,
        "entries": told(lines, outline),
        "told": {"shape": part.shape, "changed": []},
        "columns": COLUMNS,
        "today": request.user.organisation.today(),
        **freshness(request.user),
    }
    return render(request, "goals/tree/draft_rows.html", context)


@read_or_write
def move(request: HttpRequest, draft_id: int, goal_id: int) -> HttpResponse:
    """Asked: the dialog. Sent: the draft holds that the goal stands below `parent` (empty: at the top), `before` or
    `after` a sibling."""
    draft, goal = own(request, draft_id), fetching.seen(request.user, goal_id)
    if request.method != "POST":
        context = {"goal": goal, "draft": draft, **places(request, goal)}
        return render(request, "goals/tree/draft_move.html", context)
    parent, given = target(request, draft, goal)
    shape = Shape(moves_of(draft))
    if why := drafted.against(shape, Rights.of(request.user), goal, parent):
        return answers.refused(WHY_NOT[why], 403 if why == "forbidden" else 409)
    subject, here = drafts.goal_subject(goal), shape.parents.get(goal.pk, goal.parent_id)

    def suppose(lines: list) -> list:
        placed = drafts.with_subject(drafts.without(lines, subject.key, ("before",)), subject, given)
        return [line for line in placed if line["set"] or drafts.key(line) != subject.key]

    text = _("%(goal)s is moved in the draft.") % {"goal": answers.called(goal)}
    return changed(request, draft, suppose, [goal.pk], {here, parent and parent.pk}, text)


def target(request: HttpRequest, draft: Draft, goal: Goal) -> tuple[Goal | None, dict]:
    """The parent that is meant, and the place as a draft keeps it."""
    sent = request.POST or request.GET
    parent = fetching.seen(request.user, number(sent["parent"])) if sent.get("parent") else None
    given = {"parent": parent and parent.pk}
    if sent.get("before"):
        given["before"] = fetching.seen(request.user, number(sent["before"])).pk
    elif sent.get("after"):
        sibling = fetching.seen(request.user, number(sent["after"]))
        outline = DraftOutline(request.user, goal.cycle, moves_of(draft))
        given["before"] = outline.after(sibling.pk, given["parent"])
    return parent, given


def changed(
    request: HttpRequest, draft: Draft, change: Callable[[list], list], goals: list[int], below: set, text: str
) -> HttpResponse:
    draft = draft.revise(change=change)
    if not request.htmx:
        return redirect("goals:draft", draft.pk)
    context = bar(draft)
    answer = render(request, "goals/tree/draft_said.html", {"text": text, **context})
    event = {"goals": goals, "below": answers.tops(below), "undo": context["undo"], "act": context["last"]}
    return trigger_client_event(answer, "goals:changed", event)


@require_POST
def back(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Takes the last move out of the draft, or that of the goal named."""
    draft = own(request, draft_id)
    moves = drafts.moves(draft.changes)
    wanted = number(request.GET.get("goal", "")) or next(reversed(moves), 0)
    if wanted not in moves:
        return answers.refused(_("This move is not in the draft any more."))
    shape, key = Shape(moves_of(draft)), ("goal", wanted)

    def unplace(lines: list) -> list:
        left = drafts.without(lines, key, ("parent", "before"))
        return [line for line in left if line["set"] or drafts.key(line) != key]

    home = Goal.objects.filter(pk=wanted).values_list("parent_id", flat=True).first()
    text = _("%(goal)s stands where it stood.") % {"goal": f"“{moves[wanted]['title']}”"}
    return changed(request, draft, unplace, [wanted], {home, shape.parents.get(wanted)}, text)


@require_safe
def preview(request: HttpRequest, draft_id: int, goal_id: int) -> HttpResponse:
    draft, goal = own(request, draft_id), fetching.seen(request.user, goal_id)
    parent, _given = target(request, draft, goal)
    moves = moves_of(draft)
    why = drafted.against(Shape(moves), Rights.of(request.user), goal, parent)
    effects = [] if why else drafted.effects(moves, goal, parent, request.user)
    context = {"goal": goal, "parent": parent, "why": WHY_NOT.get(why, ""), "effects": effects}
    return render(request, "goals/tree/effects.html", context)


@require_safe
def details(request: HttpRequest, draft_id: int, goal_id: int) -> HttpResponse:
    own(request, draft_id)
    return panel.panel(request, goal_id)


@require_safe
def actions(request: HttpRequest, draft_id: int, goal_id: int) -> HttpResponse:
    draft, goal = own(request, draft_id), fetching.seen(request.user, goal_id)
    context = {
        "draft": draft,
        "goal": goal,
        "moved": goal.pk in drafts.moves(draft.changes),
        "editable": Rights.of(request.user).can_edit(goal),
    }
    return render(request, "goals/tree/draft_actions.html", context)
