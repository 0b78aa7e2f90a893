"""Taking a goal to another state, and everything else one can do with it."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cascade.errors import Conflict
from goals import lifecycle, undo
from goals.access import Rights
from goals.models import Act, Goal
from goals.views import answers, fetching
from goals.views.editing import read_or_write
from people.models import Person

State = Goal.State


@dataclass(frozen=True)
class Change:
    """A change of state as people name it. `asks`: a reason and what becomes of the goals below are asked first."""

    state: str
    words: str
    done: str
    icon: str
    asks: bool = False
    explained: str = ""


REOPEN = Change(
    State.ACTIVE,
    _("Reopen"),
    _("%(goal)s is open again"),
    "undo",
    asks=True,
    explained=_("Its progress counts again as it is now."),
)
START = Change(State.ACTIVE, _("Start"), _("%(goal)s is active"), "play")
RESUME = Change(State.ACTIVE, _("Resume"), _("%(goal)s goes on"), "play")
CHANGES = {
    State.ACTIVE: START,
    State.PROPOSED: Change(
        State.PROPOSED, _("Propose to its owner"), _("%(goal)s is proposed to its owner"), "message"
    ),
    State.DRAFT: Change(State.DRAFT, _("Back to draft"), _("%(goal)s is a draft again"), "pencil"),
    State.PAUSED: Change(State.PAUSED, _("Pause"), _("%(goal)s is paused and counts for nothing above"), "pause"),
    State.CLOSED: Change(
        State.CLOSED,
        _("Close"),
        _("%(goal)s is closed"),
        "flag",
        asks=True,
        explained=_("Its figures of today are kept and go on counting."),
    ),
    State.CANCELLED: Change(
        State.CANCELLED,
        _("Cancel"),
        _("%(goal)s is cancelled"),
        "close",
        asks=True,
        explained=_("It counts for nothing from now on. It can be taken back for a day, not reopened later."),
    ),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=2000, required=False, label=_("Reason"), widget=forms.Textarea({"rows": 3}))
    with_descendants = forms.BooleanField(required=False, label=_("With all goals below it"))
    despite_smart = forms.BooleanField(
        required=False, label=_("Start it all the same; the reason stays in its history")
    )

    ASKED_AT = {"live_descendants": "with_descendants", "smart_too_low": "despite_smart"}

    @property
    def asks_despite_smart(self) -> bool:
        return bool(self.errors.get("despite_smart") or self.data.get("despite_smart"))


def change_of(goal: Goal, state: str) -> Change:
    if state == State.ACTIVE and goal.state in (State.CLOSED, State.PAUSED):
        return REOPEN if goal.state == State.CLOSED else RESUME
    return CHANGES[State(state)]


def open_to(goal: Goal, person: Person) -> list[Change]:
    """The changes that this person may make of it now."""
    allowed = set(lifecycle.ALLOWED[State(goal.state)])
    if goal.state in lifecycle.AGREED_BY_OWNER and goal.owner_id not in (None, person.pk):
        allowed.discard(State.ACTIVE)
    return [change_of(goal, state) for state in CHANGES if state in allowed]


@require_safe
def actions(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = fetching.seen(request.user, goal_id)
    editable = Rights.of(request.user).can_edit(goal)
    context = {"goal": goal, "editable": editable, "changes": open_to(goal, request.user) if editable else []}
    return render(request, "goals/tree/actions.html" if request.htmx else "goals/actions.html", context)


@read_or_write
def change(request: HttpRequest, goal_id: int, state: str) -> HttpResponse:
    if state not in State.values:
        raise Http404
    goal = fetching.editable(request.user, goal_id)
    wanted = change_of(goal, state)
    form = ReasonForm(fetching.sent(request))
    if request.method == "POST" and form.is_valid() and (act := apply(form, goal, wanted, request)):
        return answers.changed(request, goal, f"{done(goal, wanted)}.", below=[goal.parent_id, goal.pk], act=act)
    below = Goal.objects.subtree(goal).exclude(pk=goal.pk).open().count()
    context = {"goal": goal, "change": wanted, "form": form, "below": below}
    page = "goals/tree/state.html" if request.htmx else "goals/state.html"
    return render(request, page, context, status=422 if form.errors else 200)


def done(goal: Goal, wanted: Change) -> str:
    return wanted.done % {"goal": answers.called(goal)}


def apply(form: ReasonForm, goal: Goal, wanted: Change, request: HttpRequest) -> Act | None:
    """Takes the goal to its new state, as an act; None when refused, with the reasons in the form."""
    try:
        with undo.act(request.user, done(goal, wanted)) as act:
            lifecycle.change_state(goal, wanted.state, by=request.user, **form.cleaned_data)
        return act
    except Conflict as refusal:
        form.add_error(form.ASKED_AT.get(refusal.code), str(refusal))
    except ValidationError as refusal:
        form.add_error(None, refusal) if not hasattr(refusal, "error_dict") else add(form, refusal)
    return None


def add(form: ReasonForm, refusal: ValidationError) -> None:
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
