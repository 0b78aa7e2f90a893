"""Writing about a goal: all of it on a page, one cell in the tree, a new line below a goal."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cascade.fields import plain
from goals import forms
from goals.models import Goal
from goals.outline import Outline, total, with_kpis
from goals.views import answers, fetching, smart
from people import fields
from people.models import Person

read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@read_or_write
def edit(request: HttpRequest, goal_id: int) -> HttpResponse:
    goal = fetching.editable(request.user, goal_id)
    form = forms.GoalForm(fetching.sent(request), person=request.user, goal=goal)
    if form.is_valid() and (saved := form.save()):
        return answers.changed(
            request,
            saved,
            _("%(goal)s is saved.") % {"goal": answers.called(saved)},
            below=[saved.parent_id],
            act=form.act,
        )
    context = {"form": form, "goal": goal, "parent": goal.parent, "next": request.GET.get("next", "")}
    context |= {"smart": smart.panel_of(form), "smart_url": reverse("goals:smart", args=[goal.pk])}
    return render(request, "goals/form.html", context, status=422 if form.errors else 200)


@read_or_write
def new(request: HttpRequest, goal_id: int | None = None) -> HttpResponse:
    parent = fetching.parent_of_new(request.user, goal_id)
    cycle = parent.cycle if parent else fetching.cycle(request)
    given = {name: request.GET[name] for name in ("title", "why") if name in request.GET}  # of a template
    form = forms.NewGoalForm(fetching.sent(request), person=request.user, parent=parent, cycle=cycle, initial=given)
    if form.is_valid() and (goal := form.save()):
        return answers.changed(request, goal, added(goal), below=[goal.parent_id], act=form.act)
    context = {"form": form, "goal": None, "parent": parent, "next": ""}
    context |= {"smart": smart.panel_of(form), "smart_url": smart.url_of_new(parent, cycle)}
    return render(request, "goals/form.html", context, status=422 if form.errors else 200)


def added(goal: Goal) -> str:
    return _("%(goal)s is added as a draft.") % {"goal": answers.called(goal)}


@read_or_write
def cell(request: HttpRequest, goal_id: int, name: str) -> HttpResponse:
    if name not in forms.CELLS:
        raise Http404
    goal = fetching.editable(request.user, goal_id)
    told = {name: getattr(goal, name), "version": goal.version}
    form = forms.CELLS[name](fetching.sent(request), person=request.user, goal=goal, initial=told, auto_id="cell_%s")
    if form.is_valid() and (saved := form.save()):
        below = [saved.parent_id] if name == "weight" else ()
        return answers.changed(request, saved, below=below, act=form.act)
    if not request.htmx and request.method == "GET":
        return redirect("goals:edit", goal.pk)
    context = {"form": form, "goal": goal, "field": form[name], "name": name, "theirs": form.conflicts.get(name)}
    if name == "weight" and goal.parent_id:
        context["others"] = plain(weight_of_others(request.user, goal))
    return render(request, "goals/tree/cell.html", context, status=422 if form.errors else 200)


def weight_of_others(person: Person, goal: Goal):
    """What the other parts of the goal above weigh together, to show the share of a weight as it is typed."""
    spots = Outline(person, goal.cycle).spots([goal.parent_id], tops=False)
    own = sum(spot.counted for spot in spots[goal.parent_id] if spot.id == goal.pk)
    return total(with_kpis(Goal.objects.filter(pk=goal.parent_id))[goal.parent_id], spots) - own


@read_or_write
def add(request: HttpRequest, goal_id: int | None = None) -> HttpResponse:
    """A line of the tree in which a goal is written; sent, it adds the goal and answers the next empty line."""
    parent = fetching.parent_of_new(request.user, goal_id)
    cycle = parent.cycle if parent else fetching.cycle(request)
    form = forms.ChildForm(fetching.sent(request), person=request.user, parent=parent, cycle=cycle, auto_id="add_%s")
    context = {"form": form, "parent": parent, "cycle": cycle}
    if form.is_valid() and (goal := form.save()):
        context["form"] = forms.ChildForm(person=request.user, parent=parent, cycle=cycle, auto_id="add_%s")
        below = [goal.parent_id]
        return answers.changed(request, goal, added(goal), below=below, act=form.act, line=context)
    if not request.htmx:
        return redirect("goals:new", parent.pk) if parent else redirect("goals:new")
    return render(request, "goals/tree/add.html", context, status=422 if form.errors else 200)


@require_safe
def owners(request: HttpRequest) -> HttpResponse:
    """The people whose name or e-mail address has these letters."""
    people = Person.objects.visible_to(request.user).active()
    found = fields.called(request.GET.get("q", "").replace("\0", "")[:200], people)
    people = [(person, fields.written(person, namesake=person.namesake)) for person in found]
    return render(request, "goals/tree/owners.html", {"people": people})
