"""The goal page's feedback: one section that joins comments, kudos and signals, with one place to write."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from goals.models import Comment, Goal
from goals.voices import access
from goals.voices.feedback import AT_FIRST, MOST, Feedback, Place
from goals.voices.forms import CommentForm, KudosForm, SignalForm
from people.models import Person

PART = "goals/feedback/section.html"
ANCHOR = "feedback"


def context(
    request: HttpRequest,
    goal: Goal,
    *,
    say: str = "",
    form: Form | None = None,
    editing: Comment | None = None,
    place: Place | None = None,
    may_signal: bool | None = None,
) -> dict[str, Any]:
    """What the part needs. `?comments=40` asks for more entries, `?comment=7` for all from that comment on, `?say=` for
    what is to be written, `?answer=7` for a signal's answer.

    `form`: one that was refused. It belongs to what is said (`say`), to the comment in `editing`, or to a `place`.
    """
    person = request.user
    most, since, answer = (asked(request, name) for name in ("comments", "comment", "answer"))
    if editing is not None:
        since = editing.pk if since is None else min(since, editing.pk)
    opened = {("answer", answer): None} if answer else {}
    opened |= {place: form} if place else {}
    ways = [("comment", _("Comment")), ("thanks", _("Thank"))]
    if access.can_signal(person, goal) if may_signal is None else may_signal:
        ways.append(("signal", _("Signal")))
    wanted = say or request.GET.get("say", "")
    chosen = wanted if wanted in dict(ways) else "comment"
    return {
        "feedback": Feedback(goal, person, max(AT_FIRST, min(most or 0, MOST)), since, opened),
        "ways": ways,
        "say": chosen,
        "written": form if say and form else composer(chosen, goal, person, focused=chosen == wanted),
        "editing": editing,
        "edit_form": form if editing else None,
    }


def composer(say: str, goal: Goal, person: Person, focused: bool) -> Form:
    if say == "thanks":
        form = KudosForm(goal=goal, by=person, auto_id="thanks-%s")
    else:
        form = (SignalForm if say == "signal" else CommentForm)(auto_id=f"{say}-%s")
    if focused:
        form.fields["text"].widget.attrs["autofocus"] = True
    return form


def asked(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
