"""Answering what is proposed: a small form of the goal page and of the home page for each answer, and a page of its own
where something is to be put right."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cascade.errors import Conflict, VersionMismatch
from cascade.numbers import NumberField
from goals import path
from goals.models import Goal
from goals.views.answers import came_from
from kpis import catchball
from kpis.answers import GOAL, Exchange, exchange_of
from kpis.models import Proposal

DONE = {
    "accept": gettext_lazy("You have accepted. The goal is active now."),
    "counter": gettext_lazy("Your answer is on its way."),
    "agree": gettext_lazy("Agreed. The goal is active now."),
    "propose": gettext_lazy("It is proposed again."),
}


class AnswerForm(forms.Form):
    """`seen` is the version of the proposal that the person looked at."""

    seen = forms.IntegerField(min_value=0)
    reason = forms.CharField(max_length=2000, required=False)

    def __init__(self, data, *, exchange: Exchange) -> None:
        super().__init__(data)
        self.fields["number"] = NumberField(required=False, unit=exchange.kpi.unit if exchange.kpi else "")


def found(request: HttpRequest, goal_id: int) -> Goal:
    return get_object_or_404(
        Goal.objects.visible_to(request.user).select_related(*GOAL, "cycle", "organisation"), pk=goal_id
    )


@require_http_methods(["GET", "HEAD"])
def proposal(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = found(request, goal_id)
    return page(request, exchange_of(goal, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, goal_id: int, word: str) -> HttpResponse:
    goal = found(request, goal_id)
    if word not in ANSWERS:
        raise Http404
    if request.method != "POST":
        return redirect("kpis:proposal", goal.pk)
    exchange = exchange_of(goal, request.user)
    if not (exchange.answers if word in ("accept", "counter") else exchange.settles):
        raise PermissionDenied
    form = AnswerForm(request.POST, exchange=exchange)
    if form.is_valid() and say(request, form, word, goal):
        return redirect(came_from(request, goal) if request.POST.get("next") else f"{goal_address(goal)}#proposal")
    exchange = exchange_of(found(request, goal_id), request.user)
    exchange.errors = {
        "whole" if name == NON_FIELD_ERRORS else name: " ".join(map(str, errors))
        for name, errors in form.errors.items()
    }
    exchange.typed = {name: request.POST.get(name, "") for name in ("number", "reason")}
    return page(request, exchange, status=422)


def goal_address(goal: Goal) -> str:
    return reverse("goals:detail", args=[goal.pk])


def say(request: HttpRequest, form: AnswerForm, word: str, goal: Goal) -> bool:
    """False when it was refused, with the reasons in the form."""
    told = form.cleaned_data
    version = told["seen"] or None
    try:
        ANSWERS[word](catchball.of_goal(goal), by=request.user, version=version, told=told)
    except VersionMismatch:
        form.add_error(None, _("Something was said about it meanwhile. Look at it again."))
    except Conflict as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as refusal:
        for name, errors in refusal.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        messages.success(request, str(DONE[word]))
        return True
    return False


def accepted(now: Proposal, *, by, version, told) -> Proposal:
    return catchball.accept(now, by=by, version=version)


def countered(now: Proposal, *, by, version, told) -> Proposal:
    return catchball.counter(now, by=by, version=version, number=told["number"], reason=told["reason"])


def agreed(now: Proposal, *, by, version, told) -> Proposal:
    return catchball.agree(now, by=by, version=version, reason=told["reason"])


def sent_again(now: Proposal, *, by, version, told) -> Proposal:
    return catchball.propose(now, by=by, version=version, number=told["number"], reason=told["reason"])


ANSWERS: dict[str, Callable] = {"accept": accepted, "counter": countered, "agree": agreed, "propose": sent_again}


def page(request: HttpRequest, exchange: Exchange, status: int = 200) -> HttpResponse:
    above = path.above(exchange.goal, request.user)
    context = {"goal": exchange.goal, "exchange": exchange, "above": above, "place": "own"}
    return render(request, "kpis/proposal.html", context, status=status)
