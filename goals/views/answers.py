"""What a change of a goal answers: a sentence, and which rows of the tree are not what they were."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from goals.models import Act, Goal
from goals.undo import Undone, last

MOST_NAMED = 200  # ids in a header
LONGEST = 60  # letters of a title in a sentence


def changed(
    request: HttpRequest,
    goal: Goal,
    text: str = "",
    *,
    below: Iterable[int | None] = (),
    act: Act | None = None,
    line: dict | None = None,
) -> HttpResponse:
    """To a page: go on. To the tree: `text`, a sentence about what became of the goal, and what to read anew, the goal
    and everything `below` these parents (None: the top).

    `act` is what can be taken back now, `line` the next line to write a goal in.
    """
    if not request.htmx:
        messages.success(request, text)
        return redirect(came_from(request, goal))
    answer = render(request, "goals/tree/said.html", {"text": text, "undo": address(act), **(line or {})})
    return told(answer, [goal.pk], below, undoable(act))


def changed_together(
    request: HttpRequest, goals: Iterable[Goal], text: str, *, below: Iterable[int | None], act: Act | None
) -> HttpResponse:
    """As `changed`, for many goals."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("goals:tree")
    answer = render(request, "goals/tree/said.html", {"text": text, "undo": address(act)})
    return told(answer, [goal.pk for goal in goals], below, undoable(act))


def taken_back(request: HttpRequest, undone: Undone) -> HttpResponse:
    """What an undone act answers: the tree reads its goals anew, and the act before it can be taken back."""
    text = _("Taken back: %(act)s") % {"act": undone.words}
    if not request.htmx:
        messages.success(request, text)
        return redirect("goals:tree")
    answer = render(request, "goals/tree/said.html", {"text": text})
    earlier = {"undo": "", "act": "", **undoable(last(request.user))}
    return told(answer, undone.goals, undone.below, earlier)


def told(answer: HttpResponse, goals: list[int], below: Iterable[int | None], undo: dict[str, str]) -> HttpResponse:
    """Tells the tree which goals to read anew, and everything below which parents; all of it when a header cannot hold
    them."""
    parents = tops(below)
    if len(goals) + len(parents) > MOST_NAMED:
        return trigger_client_event(answer, "goals:changed", {"goals": [], "below": [], "everything": True, **undo})
    return trigger_client_event(answer, "goals:changed", {"goals": goals, "below": parents, **undo})


def tops(parents: Iterable[int | None]) -> list[int]:
    """Parents as the tree names them: 0 is the top."""
    return sorted({parent or 0 for parent in parents})


def undoable(act: Act | None) -> dict[str, str]:
    return {"undo": address(act), "act": act.words} if act and act.pk else {}


def address(act: Act | None) -> str:
    """Where an act is taken back; empty when it left nothing to take back."""
    return reverse("goals:undo", args=[act.pk]) if act and act.pk else ""


def called(goal: Goal) -> str:
    """A goal's title in a sentence, short enough for it."""
    return f"“{Truncator(goal.title).chars(LONGEST)}”"


def refused(sentence: object, status: int = 409) -> HttpResponse:
    """A refusal in words, shown by the page that asked."""
    return HttpResponse(str(sentence), status=status, content_type="text/plain; charset=utf-8")


def came_from(request: HttpRequest, goal: Goal) -> str:
    """Where to go on without JavaScript: the page named by `next`, else the goal in the tree."""
    url = request.POST.get("next", "")
    if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return tree_at(goal)


def tree_at(goal: Goal) -> str:
    opened = ",".join(str(above.pk) for above in goal.ancestors())
    return f"{reverse('goals:tree')}?cycle={goal.cycle_id}&open={opened}#goal-{goal.pk}"
