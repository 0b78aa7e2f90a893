"""One goal beside the tree: what it is for, how it stands, what it is made of."""

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goals import path, reading, words
from goals.models import Goal
from goals.outline import Outline
from goals.views import fetching
from people.models import Person


@require_safe
def panel(request: HttpRequest, goal_id: int) -> HttpResponse:
    person = request.user
    goal = fetching.seen(person, goal_id)
    (line,) = Outline(person, goal.cycle).named([goal.pk])
    above = path.above(goal, person)
    weight, _ = reading.in_root(goal.pk, reading.path_figures([goal.pk]))
    gap = line.figures.gap
    lift = gap * weight if gap is not None and weight is not None and above else None
    context = {
        "goal": goal,
        "line": line,
        "parent": above[-1] if above else None,
        "top": above[0] if above else None,
        "lift": lift,
        "lifts_by": "" if lift is None else words.of_points(lift),
        "kpis": goal.kpis.exclude(state="archived").select_related("figures").order_by("pk"),
        "children": statuses_below(goal, person),
    }
    return render(request, "goals/tree/panel.html" if request.htmx else "goals/panel.html", context)


def statuses_below(goal: Goal, person: Person) -> QuerySet:
    """How many children stand how, as pairs."""
    children = Goal.objects.visible_to(person).filter(parent=goal, figures__isnull=False).order_by()
    return children.values_list("figures__status").annotate(n=Count("pk")).order_by("-n")
