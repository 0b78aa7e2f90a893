"""Support beside the tree, on the goal's page: said and taken back in place."""

import re

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from goals import alignments, sections
from goals.access import Rights
from goals.beside import beside
from goals.models import Alignment, Goal

PART = "goals/detail/alignments.html"
ANCHOR = "alignments"
BY_NUMBER = re.compile(r".*#(\d{1,18})\)?\s*", re.ASCII | re.DOTALL)
SUGGESTED = 8


class GoalField(forms.CharField):
    """A goal among `goals`: its title, or the number that suggestions write behind it."""

    goals: QuerySet = Goal.objects.none()

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return None
        number = BY_NUMBER.fullmatch(text)
        found = list(self.goals.filter(pk=int(number[1]))[:1]) if number else []
        found = found or list(self.goals.filter(title__iexact=text)[:2])
        if not found:
            raise ValidationError(_("There is no goal to support that is called so."), "no_goal_called_so")
        if len(found) > 1:
            raise ValidationError(_("Several goals are called so: choose one from the list."), "several_called_so")
        return found[0]

    def run_validators(self, value):
        """`to_python` has found the goal; what is left is no text."""


class AlignmentForm(forms.Form):
    supports = GoalField(label=gettext_lazy("Which goal does it help?"), max_length=1000)
    note = forms.CharField(label=gettext_lazy("How does it help?"), max_length=2000, required=False)

    def __init__(self, *args, goal: Goal, person, **options):
        super().__init__(*args, auto_id="alignment-%s", **options)
        self.fields["supports"].goals = Goal.objects.visible_to(person)
        address = reverse("goals:alignment_goals", args=[goal.pk])
        label = _("Goals")
        self.fields["supports"].widget.attrs |= {
            "data-people": address,
            "data-list-label": label,
            "autocomplete": "off",
        }


def context(goal: Goal, rights: Rights, form: AlignmentForm | None = None) -> dict:
    supports, supported = beside(goal, rights)
    may = rights.can_edit(goal)
    form = form or (AlignmentForm(goal=goal, person=rights.person) if may else None)
    return {"supports": supports, "supported": supported, "alignment_form": form}


@require_http_methods(["GET", "HEAD", "POST"])
def all_of(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    if request.method != "POST":
        return sections.show(request, goal, PART, context(goal, rights))
    if not rights.can_edit(goal):
        raise PermissionDenied
    form = AlignmentForm(request.POST, goal=goal, person=request.user)
    if form.is_valid():
        try:
            alignments.create(goal, form.cleaned_data["supports"], by=request.user, note=form.cleaned_data["note"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return sections.done(request, goal, PART, context(goal, rights), ANCHOR)
    return sections.show(request, goal, PART, context(goal, rights, form), status=422)


@require_POST
def remove(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, rights = sections.seen(request.user, goal_id), Rights.of(request.user)
    both = [f"{end}__{name}" for end in ("goal", "supports") for name in ("unit", "owner__unit")]
    found = Alignment.objects.filter(goal=goal) | Alignment.objects.filter(supports=goal)
    alignment = get_object_or_404(found.select_related(*both), pk=pk)
    if not rights.can_remove(alignment):
        raise PermissionDenied
    alignment._history_user = request.user
    alignment.delete()
    return sections.done(request, goal, PART, context(goal, rights), ANCHOR)


@require_safe
def candidates(request: HttpRequest, goal_id: int) -> HttpResponse:
    """The goals it could support whose title has these letters."""
    goal = sections.seen(request.user, goal_id)
    text = request.GET.get("q", "").replace("\0", "")[:200]
    found = alignments.candidates(goal, request.user).filter(title__icontains=text).select_related("level", "owner")
    return render(request, "goals/detail/candidates.html", {"goals": found.order_by("title", "pk")[:SUGGESTED]})
