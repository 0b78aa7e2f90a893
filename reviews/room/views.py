"""The room in which a review is held."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cascade.errors import Conflict, VersionMismatch
from cascade.once import make_once
from goals import progress
from goals.models import Goal
from kpis.models import Kpi
from reviews import access
from reviews.models import CheckIn, Decision, Review
from reviews.room import deciding, effects, holding, page, words
from reviews.room.acts import Act, AdjustTarget
from reviews.room.forms import FORMS, ChangedTarget, CorrectionForm, NotesForm, ReverseForm

RELATED = ("organisation", "goal__level", "goal__unit", "goal__owner__unit", "goal__figures", "owner", "opened_by")
read_or_write = require_http_methods(["GET", "HEAD", "POST"])


def found(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(Review.objects.visible_to(request.user).select_related(*RELATED, "signed_by"), pk=pk)


def holder(request: HttpRequest, pk: int) -> Review:
    """The review, when the reader may hold it."""
    review = found(request, pk)
    if not access.can_hold(request.user, review):
        raise PermissionDenied(_("Its owner, the managers above and the strategy office hold this review."))
    return review


def show(request: HttpRequest, review: Review, status: int = 200, **more: Any) -> HttpResponse:
    """The room; `more` are the forms that are open in it."""
    context = page.context(review, request.user)
    if context["room"].may_decide:
        context["notes"] = NotesForm(review=review)
        context["refusal"] = holding.against_signing(request.user, review)
    context["rest_is_open"] = any(shown.item.goal.pk == more.get("open_goal") for shown in context["rest"])
    return render(request, "reviews/room.html", {**context, **more}, status=status)


def room_at(review: Review, anchor: str = "") -> HttpResponse:
    return redirect(f"{reverse('reviews:room', args=[review.pk])}{anchor}")


@require_safe
def room(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, found(request, pk))


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    review = holding.begin(holder(request, pk), by=request.user)
    return room_at(review)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    review = holder(request, pk)
    form = NotesForm(request.POST, review=review)
    if form.is_valid():
        given = form.cleaned_data
        try:
            holding.note(review, by=request.user, version=given.pop("version"), **given)
        except VersionMismatch as other:
            form.data = {**form.data.dict(), "version": str(other.current)}
            message = _("Somebody else wrote in the meantime: “%(wins)s” “%(notes)s”. Save again to keep your words.")
            now = found(request, pk)
            form.add_error(None, forms.ValidationError(message % {"wins": now.wins, "notes": now.notes}))
        else:
            messages.success(request, _("Written down."))
            return room_at(review, "#went-well")
    return show(request, review, 422, notes=form)


@require_POST
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    review = holding.sign_off(holder(request, pk), by=request.user)
    messages.success(request, _("The review is signed off."))
    return room_at(review, "#sign-off")


@read_or_write
def decide(request: HttpRequest, pk: int, goal_id: int, kind: str) -> HttpResponse:
    """The form of one kind of decision in its place; sent, it decides."""
    review, goal, form = asked(request, pk, goal_id, kind)
    if request.method == "POST" and "see" not in request.POST:
        if form.is_valid() and decided(request, review, goal, kind, form):
            messages.success(request, _("Decided."))
            return room_at(review, f"#goal-{goal.pk}")
        return show(request, review, 422, **opened(request, review, goal, kind, form), refused=True)
    if request.htmx:
        choices = page.choices(page.Rights.of(request.user), goal)
        part = {"review": review, "goal": goal, "choices": choices, **opened(request, review, goal, kind, form)}
        return render(request, "reviews/room/deciding.html", part)
    return show(request, review, **opened(request, review, goal, kind, form))


def opened(request: HttpRequest, review: Review, goal: Goal, kind: str, form: Any) -> dict[str, Any]:
    return {"open_goal": goal.pk, "open_kind": kind, "form": form, **told(review, goal, kind, form, request)}


@require_safe
def effect(request: HttpRequest, pk: int, goal_id: int, kind: str) -> HttpResponse:
    """What a decision would do, while it is typed; nothing is saved."""
    review, goal, form = asked(request, pk, goal_id, kind)
    return render(request, "reviews/room/effect.html", told(review, goal, kind, form, request))


def asked(request: HttpRequest, pk: int, goal_id: int, kind: str) -> tuple[Review, Goal, forms.Form]:
    """The review, a goal that it covers, and the form of a kind of decision with what was typed so far."""
    review = holder(request, pk)
    if kind not in FORMS:
        raise Http404
    covered = Goal.objects.visible_to(request.user).select_related("unit", "owner__unit", "organisation", "parent")
    goal = get_object_or_404(covered, pk=goal_id)
    if review.goal_id not in (goal.pk, goal.parent_id):
        raise Http404
    sent = request.POST if request.method == "POST" else request.GET if "once" in request.GET else None
    if kind == Decision.Kind.ADJUST_TARGET:
        return review, goal, target_form(request, goal, sent)
    return review, goal, FORMS[kind](sent, goal=goal, review=review, person=request.user)


def target_form(request: HttpRequest, goal: Goal, sent: Any) -> ChangedTarget:
    """For the KPI that is named, else the goal's first."""
    related = ("organisation", "goal__cycle", "goal__unit", "goal__owner__unit")
    kpis = Kpi.objects.visible_to(request.user).active().filter(goal=goal).exclude(kind=Kpi.Kind.BOOLEAN)
    kpis = list(kpis.select_related(*related).order_by("pk"))
    named = request.POST.get("kpi") or request.GET.get("kpi") or (str(kpis[0].pk) if kpis else "")
    kpi = next((each for each in kpis if str(each.pk) == named), None)
    if kpi is None:
        raise Http404
    return ChangedTarget(sent, kpi=kpi, kpis=kpis)


def told(review: Review, goal: Goal, kind: str, form: Any, request: HttpRequest) -> dict[str, Any]:
    """The effect of what is in the form, or why there is none."""
    if not form.is_bound or not form.can_be_tried:
        return {}
    try:
        act = deciding.promised(review, kind, by=request.user, goal=goal, **form.asked())
    except ValidationError as refusal:
        codes = {error.code for errors in refusal.error_dict.values() for error in errors}
        return {} if "nothing_changes" in codes else {"why": refusal.messages[0]}
    except (Conflict, PermissionDenied) as refusal:
        return {"why": str(refusal)}
    return in_words(act, request)


def in_words(act: Act, request: HttpRequest) -> dict[str, Any]:
    since = act.columns.get("since")
    ahead = since if since and since > act.review.organisation.today() else None
    eased = act.eased_before if isinstance(act, AdjustTarget) else 0
    moved = effects.moved(request.user, act.effect)
    moves = any(each.delta or each.was != each.status for each in moved)
    return {"moved": moved if moves else [], "still": not moves, "ahead": ahead, "eased": eased}


def decided(request: HttpRequest, review: Review, goal: Goal, kind: str, form: Any) -> bool:
    """Whether it was decided; a refusal stands in the form."""
    given = {"reason": form.cleaned_data["reason"], "version": form.seen, **form.asked()}
    try:
        make_once(
            request.user,
            form.cleaned_data["once"],
            lambda: deciding.decide(review, kind, by=request.user, goal=goal, **given),
        )
    except ValidationError as refusal:
        form.refuse(refusal)
    except VersionMismatch:
        form.meet(_("Somebody changed it in the meantime. Look at the effect, and decide again if it is right."))
    except Conflict as refusal:
        form.add_error(None, forms.ValidationError(str(refusal), refusal.code))
    else:
        progress.roll_up(review.organisation_id)
        return True
    return False


@read_or_write
def take_back(request: HttpRequest, pk: int, decision_id: int) -> HttpResponse:
    """Takes a decision back by deciding the opposite, in this review."""
    review = holder(request, pk)
    decisions = Decision.objects.visible_to(request.user).select_related(*deciding.RELATED)
    decision = get_object_or_404(decisions.filter(review__goal=review.goal_id), pk=decision_id)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and taken_back(request, review, decision, form):
        messages.success(request, _("Taken back."))
        return room_at(review, "#decisions")
    seen = page.seen_among(request.user, [decision])
    context = {"review": review, "decision": decision, "words": words.sentence(decision, seen), "form": form}
    try:
        context |= in_words(deciding.reverse_of(decision, review, by=request.user), request)
    except Conflict as refusal:
        context["why"] = str(refusal)
    return render(request, "reviews/take_back.html", context, status=422 if form.errors else 200)


def taken_back(request: HttpRequest, review: Review, decision: Decision, form: ReverseForm) -> bool:
    given = {"review": review, "by": request.user, "reason": form.cleaned_data["reason"]}
    try:
        make_once(request.user, form.cleaned_data["once"], lambda: deciding.take_back(decision, **given))
    except ValidationError as refusal:
        form.refuse(refusal)
    except Conflict as refusal:
        form.add_error(None, forms.ValidationError(str(refusal), refusal.code))
    else:
        progress.roll_up(review.organisation_id)
        return True
    return False


@read_or_write
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts right what a signed review says, beside it."""
    review = found(request, pk)
    check_ins = CheckIn.objects.submitted().filter(review=review).select_related("author").order_by("pk")
    if not access.can_hold(request.user, review):
        check_ins = check_ins.filter(author=request.user)
        if not check_ins.exists():
            raise PermissionDenied(_("Who held the review corrects it, and authors their own check-ins."))
    form = CorrectionForm(request.POST or None, check_ins=check_ins, own=not access.can_hold(request.user, review))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        make_once(
            request.user,
            given["once"],
            lambda: holding.correct(review, given["text"], by=request.user, check_in=given["check_in"]),
        )
        messages.success(request, _("The correction stands beside what was signed."))
        return room_at(review, "#corrections")
    return render(request, "reviews/correct.html", {"review": review, "form": form}, status=422 if form.errors else 200)
