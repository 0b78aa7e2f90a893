"""Asking for a path to the strategy, and the page on which it is answered."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from goals.models import Goal
from kpis import path_requests
from kpis.forms import ReasonField, Refusing
from kpis.models import PathRequest
from kpis.paths import goals_of
from people.models import Person

LONGEST = 2000


class AnswerForm(Refusing):
    given = forms.TypedChoiceField(label=gettext_lazy("Goal"), required=False, coerce=int, empty_value=None)
    text = ReasonField(label=gettext_lazy("In words"), required=False)

    def __init__(self, *args, asked: PathRequest, by: Person, **options):
        super().__init__(*args, auto_id="answer-%s", **options)
        self.asked, self.places = asked, {goal.pk: goal for goal in path_requests.places(asked, by)}
        shown = [(pk, "\N{EM SPACE}" * goal.depth + goal.title) for pk, goal in self.places.items()]
        self.fields["given"].choices = [("", _("None")), *shown]
        self.fields["given"].label = _("Place it below") if asked.goal_id else _("Let them contribute to")

    def save(self, *, by: Person) -> PathRequest:
        given = self.places.get(self.cleaned_data["given"])
        return path_requests.answer(self.asked, by=by, given=given, text=self.cleaned_data["text"])


@require_POST
def ask(request):
    """For the goal in `goal`, or for having none."""
    goal, wanted = None, request.POST.get("goal", "")
    if wanted:
        mine = goals_of(request.user).filter(pk__in=Goal.objects.visible_to(request.user).values("pk"))
        goal = get_object_or_404(mine, pk=int(wanted)) if wanted.isdecimal() and len(wanted) < 19 else None
        if goal is None:
            raise Http404
    path_requests.ask(request.user, goal, request.POST.get("text", "").strip()[:LONGEST])
    messages.success(request, _("Your question is on its way."))
    return redirect(f"{reverse('home')}?goal={goal.pk}#sight" if goal else reverse("home"))


def answer(request, pk):
    requests = PathRequest.objects.visible_to(request.user).select_related(
        "asker", "answered_by", "given", "organisation"
    )
    asked = get_object_or_404(requests, pk=pk)
    if asked.goal_id:
        asked.goal = Goal.objects.select_related("level", "unit", "owner__unit", "cycle").get(pk=asked.goal_id)
    form = None
    if asked.answered_at is None and asked.asker_id != request.user.pk:
        form = AnswerForm(request.POST or None, asked=asked, by=request.user)
        if request.method == "POST" and saved(request, form):
            messages.success(request, _("%(name)s sees your answer.") % {"name": asked.asker.name})
            return redirect("kpis:path_request", pk)
    elif request.method == "POST":
        return redirect("kpis:path_request", pk)
    context = {"asked": asked, "form": form, "mine": asked.asker_id == request.user.pk}
    return render(request, "kpis/path_request.html", context, status=422 if form and form.errors else 200)


def saved(request, form: AnswerForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(by=request.user)
    except ValidationError as refusal:
        form.refuse(refusal if hasattr(refusal, "error_dict") else ValidationError({"given": refusal}))
        return False
    return True
