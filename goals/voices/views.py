"""Signals and kudos on the goal's page, and the wall of all kudos."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from cascade.once import make_once
from goals import sections
from goals.models import Goal, Kudos, Signal
from goals.voices import access, kudos, signals, wall
from goals.voices.forms import AnswerForm, KudosForm, ReopenForm, Said, SignalForm, WordsForm
from goals.voices.section import ANCHOR, PART, context


def saved(form: Said, save: Callable[[dict], object]) -> bool:
    if not form.is_valid():
        return False
    try:
        save(form.cleaned_data)
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    return True


def answer_with(request: HttpRequest, goal: Goal, is_saved: bool, anchor: str = ANCHOR, **form) -> HttpResponse:
    """The section as it is now, or with the form that was refused."""
    if is_saved:
        return sections.done(request, goal, PART, context(request, goal), anchor)
    return sections.show(request, goal, PART, context(request, goal, **form), status=422)


@require_safe
def feedback(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = sections.seen(request.user, goal_id)
    return sections.show(request, goal, PART, context(request, goal))


@require_POST
def send_signal(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, person = sections.seen(request.user, goal_id), request.user
    if not access.can_signal(person, goal):
        raise PermissionDenied
    form = SignalForm(request.POST, auto_id="signal-%s")

    def save(told: dict) -> None:
        make_once(person, told["once"], lambda: signals.send(goal, told["kind"], told["text"], by=person))

    return answer_with(request, goal, saved(form, save), say="signal", form=form)


def found(request: HttpRequest, goal_id: int, pk: int) -> tuple[Goal, Signal]:
    goal = sections.seen(request.user, goal_id)
    rows = Signal.objects.visible_to(request.user).filter(goal=goal).select_related(*signals.JOINED)
    return goal, get_object_or_404(rows, pk=pk)


@require_POST
def answer_signal(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, signal = found(request, goal_id, pk)
    if not access.can_answer_signal(request.user, signal):
        raise PermissionDenied
    form = AnswerForm(request.POST, auto_id=f"answer-{pk}-%s")
    done = saved(form, lambda told: signals.answer(signal, told["outcome"], told["text"], by=request.user))
    return answer_with(request, goal, done, f"signal-{pk}", place=("answer", pk), form=form)


@require_POST
def reopen_signal(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, signal = found(request, goal_id, pk)
    if not access.can_withdraw_signal(request.user, signal):
        raise PermissionDenied
    form = ReopenForm(request.POST, auto_id=f"reopen-{pk}-%s")
    done = saved(form, lambda told: signals.reopen(signal, told["text"], by=request.user))
    return answer_with(request, goal, done, f"signal-{pk}", place=("reopen", pk), form=form)


@require_POST
def withdraw_signal(request: HttpRequest, goal_id: int, pk: int) -> HttpResponse:
    goal, signal = found(request, goal_id, pk)
    if not access.can_withdraw_signal(request.user, signal):
        raise PermissionDenied
    signals.withdraw(signal)
    return answer_with(request, goal, True)


@require_POST
def thank(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal, person = sections.seen(request.user, goal_id), request.user
    form = KudosForm(request.POST, goal=goal, by=person, auto_id="thanks-%s")

    def save(told: dict) -> None:
        make_once(person, told["once"], lambda: kudos.give(goal, form.people(), told["text"], by=person))

    return answer_with(request, goal, saved(form, save), say="thanks", form=form)


def given(request: HttpRequest, pk: int) -> Kudos:
    return get_object_or_404(kudos.shown(Kudos.objects.visible_to(request.user)), pk=pk)


@require_POST
def edit_kudos(request: HttpRequest, pk: int) -> HttpResponse:
    made = given(request, pk)
    if not access.can_edit_kudos(request.user, made):
        raise PermissionDenied
    form = WordsForm(request.POST, auto_id=f"words-{pk}-%s")
    done = saved(form, lambda told: kudos.edit(made, told["text"]))
    goal = sections.seen(request.user, made.goal_id)
    return answer_with(request, goal, done, f"kudos-{pk}", place=("words", pk), form=form)


@require_POST
def withdraw_kudos(request: HttpRequest, pk: int) -> HttpResponse:
    made = given(request, pk)
    if not access.can_withdraw_kudos(request.user, made):
        raise PermissionDenied
    kudos.withdraw(made)
    return back(request, made, answer_with(request, sections.seen(request.user, made.goal_id), True))


@require_POST
def join_kudos(request: HttpRequest, pk: int) -> HttpResponse:
    """Thanks too; with `leave` no longer."""
    made = given(request, pk)
    if not access.can_join_kudos(request.user, made):
        raise PermissionDenied
    kudos.join(made, request.user, joins="leave" not in request.POST)
    if request.htmx:
        (one,) = wall.thanked([given(request, pk)], request.user)
        return render(request, "goals/feedback/join.html", {"each": one})
    return back(request, made, redirect(kudos.address(made)))


def back(request: HttpRequest, made: Kudos, otherwise: HttpResponse) -> HttpResponse:
    """To the wall, when it was done there."""
    wanted = request.POST.get("back", "")
    return redirect(wanted) if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else otherwise


@require_safe
def kudos_wall(request: HttpRequest) -> HttpResponse:
    whose = request.GET.get("whose", "")
    before = request.GET.get("before", "")
    shown = wall.page(request.user, whose, int(before) if before.isascii() and before.isdigit() else None)
    return render(request, "goals/kudos.html", {"wall": shown, "whose": whose if whose in wall.WHOSE else ""})
