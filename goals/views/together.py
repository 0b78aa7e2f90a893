"""Changing one thing of many goals, moving many goals: asked first, done in one act."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cascade.errors import RowsRefused
from goals.together import FORMS, Together
from goals.views import answers


@require_POST
def change(request: HttpRequest, name: str) -> HttpResponse:
    """The dialog for many goals; with `told`, how many it said would change, it changes them."""
    if name not in FORMS:
        raise Http404
    is_sent = name in request.POST
    form = FORMS[name](request.POST if is_sent else None, person=request.user)
    goals = Together(request.user, versions(request.POST.get("goals", "")), form)
    problem = ""
    if "told" in request.POST and form.is_valid():
        try:
            if request.POST["told"] == str(len(goals.changing)) and goals.changing:
                return done(request, goals)
            problem = _("Look again before you go on: not the same goals would change as a moment ago.")
        except RowsRefused:
            goals = Together(request.user, goals.versions, form, goals.refused)
            problem = _("Some of the goals could not be written, so none was. This is how it stands now.")
    context = {"name": name, "form": form, "field": form[name], "together": goals, "problem": problem}
    context["goals"] = ",".join(f"{pk}:{version}" for pk, version in goals.versions.items())
    is_refused = problem or ("told" in request.POST and form.errors)
    return render(request, "goals/tree/together.html", context, status=422 if is_refused else 200)


def done(request: HttpRequest, goals: Together) -> HttpResponse:
    act = goals.apply()
    text = goals.form.done % {"count": len(goals.changing)}
    parents = [goal.parent_id for goal in goals.changing]
    return answers.changed_together(request, goals.changing, text[:1].upper() + text[1:] + ".", below=parents, act=act)


def versions(text: str) -> dict[int, int | None]:
    """Ids with the versions they were seen with: `12:3,14`."""
    found: dict[int, int | None] = {}
    for part in text.split(","):
        pk, _colon, version = part.partition(":")
        if pk.isdecimal() and len(pk) < 19:
            found[int(pk)] = int(version) if version.isdecimal() and len(version) < 10 else None
    return found
